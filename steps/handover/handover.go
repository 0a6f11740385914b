// Package handover is one admin's sealed key file: what stands in it, sealing it
// for one reader or to a passphrase, opening it again, and checking what was opened
// against the team's repository.
//
// What does not live here: making and replacing the key (steps 2 and package
// onboard), and writing the file (package files).
package handover

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// Version is the newest format of a handover. Version 1 had no expiry.
const Version = 2

// Handover is what one sealed key file holds for one admin. Its JSON form
// exists in memory and under the seal only.
type Handover struct {
	Version int    `json:"version"`
	User    string `json:"user"`
	Account string `json:"account"`
	// AccessKeyID and SecretAccessKey hold references until AWS has made the key.
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	// Blueprint is the text of stateroom.hcl, for a clone that lacks it.
	Blueprint string `json:"blueprint"`
	// SealedAt is the time of sealing in RFC 3339, UTC.
	SealedAt string `json:"sealed_at"`
	// Expires is when it may no longer be used, in RFC 3339, UTC; empty in
	// version 1, which never expires.
	Expires string `json:"expires,omitempty"`
}

// New is a handover of the key that a change of this id makes.
func New(a *blueprint.Answers, user, change string) Handover {
	return Handover{
		Version: Version, User: user, Account: a.AdminAccount,
		AccessKeyID: awsops.Ref(change, "id"), SecretAccessKey: awsops.Ref(change, "secret"),
		Blueprint: string(a.HCL()), SealedAt: awsops.Ref(change, "sealed_at"), Expires: awsops.Ref(change, "expires"),
	}
}

// Template is the handover's JSON with its references still to be filled.
func (h Handover) Template() string {
	return plan.JSON(h, "  ") + "\n"
}

// Seal encrypts text for one reader. Without a recipient it makes up a
// passphrase, which the caller shows once and forgets.
func Seal(text, recipient string) (sealed []byte, passphrase secret.Secret, err error) {
	to, passphrase, err := RecipientFor(recipient)
	if err != nil {
		return nil, passphrase, err
	}
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		return nil, passphrase, fmt.Errorf("the handover cannot be sealed: %w", err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return nil, passphrase, fmt.Errorf("the handover cannot be sealed: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, passphrase, fmt.Errorf("the handover cannot be sealed: %w", err)
	}
	if err := armored.Close(); err != nil {
		return nil, passphrase, fmt.Errorf("the handover cannot be sealed: %w", err)
	}
	return out.Bytes(), passphrase, nil
}

// RecipientFor reads the public key of whom a handover is sealed for. Without one it
// makes a passphrase, which is returned as well.
func RecipientFor(recipient string) (age.Recipient, secret.Secret, error) {
	switch {
	case recipient == "":
		return passphraseRecipient()
	case strings.HasPrefix(recipient, "ssh-"):
		to, err := agessh.ParseRecipient(recipient)
		if err != nil {
			return nil, secret.Secret{}, fmt.Errorf("recipient %q: %w", recipient, err)
		}
		return to, secret.Secret{}, nil
	}
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, secret.Secret{}, fmt.Errorf("recipient %q: %w", recipient, err)
	}
	return to, secret.Secret{}, nil
}

// passphraseRecipient makes a passphrase of 120 random bits in six groups of
// four letters and digits, which can be read over the telephone.
func passphraseRecipient() (age.Recipient, secret.Secret, error) {
	random := make([]byte, 15)
	_, _ = rand.Read(random) // never fails (crypto/rand, Go 1.24)
	letters := strings.ToLower(base32.StdEncoding.EncodeToString(random))
	var groups []string
	for i := 0; i < len(letters); i += 4 {
		groups = append(groups, letters[i:i+4])
	}
	passphrase := strings.Join(groups, "-")
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, secret.Secret{}, fmt.Errorf("the handover cannot be sealed: %w", err)
	}
	return to, secret.New(passphrase), nil
}
