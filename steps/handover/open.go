package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/plan"
)

// MaxHandover bounds a handover, sealed or open: a blueprint of ten thousand
// environments stays far below it.
const MaxHandover = 16 << 20

// maxWorkFactor bounds what a passphrase's file may cost to open, as a power of
// two: each step doubles it. Ours has age's 18, a second and 256 MiB.
const maxWorkFactor = 20

// ageVersion begins the only format of age's that there is, and scryptStanza is the
// recipient of a passphrase with what one try of it costs. Both are looked at before
// anything is tried: the header is anybody's.
const ageVersion = "age-encryption.org/v1\n"

var scryptStanza = regexp.MustCompile(`\n-> scrypt \S+ (\d+)\n`)

// Unlock is what opens a handover; the one that it was sealed to is used.
type Unlock struct {
	// Identity is the text of an age identity file or of an ssh-ed25519 private
	// key without a passphrase of its own.
	Identity []byte
	// Passphrase is the one that was shown when the handover was made.
	Passphrase secret.Secret
}

// NeedsPassphrase tells whether a handover was sealed to a passphrase, and not to
// a public key. The error is a [*plan.Refusal], as Open's is.
func NeedsPassphrase(sealed []byte) (bool, error) {
	raw, err := dearmored(sealed)
	if err != nil {
		return false, err
	}
	return byPassphrase(raw)
}

// byPassphrase is [NeedsPassphrase] of the binary form.
func byPassphrase(raw []byte) (bool, error) {
	if !bytes.HasPrefix(raw, []byte(ageVersion)) {
		return false, &plan.Refusal{
			Finding: "onboard.handover-newer", What: "The handover was sealed in a version of age's format that this version of stateroom does not know.",
			Remedy: "Install the version that the operator has.",
		}
	}
	header, err := age.ExtractHeader(bytes.NewReader(raw))
	if err != nil {
		return false, altered(err)
	}
	for _, stanza := range scryptStanza.FindAllSubmatch(header, -1) {
		if factor, err := strconv.Atoi(string(stanza[1])); err != nil || factor > maxWorkFactor {
			return true, &plan.Refusal{
				Finding: "onboard.handover-altered",
				What:    fmt.Sprintf("One try of a passphrase would cost 2 to the power of %.8s with this handover, and no stateroom seals with more than 2 to the power of %d.", stanza[1], maxWorkFactor),
				Remedy:  AskAgain,
			}
		}
	}
	return bytes.Contains(header, []byte("\n-> scrypt ")), nil
}

// Open unseals a handover. Who sealed it is not known: see [Check]. Every error
// is a [*plan.Refusal] of one clear sentence and one remedy.
func Open(sealed []byte, with Unlock) (*Handover, error) {
	raw, err := dearmored(sealed)
	if err != nil {
		return nil, err
	}
	passphrase, err := byPassphrase(raw)
	if err != nil {
		return nil, err
	}
	identities, wrong, err := with.identities(passphrase)
	if err != nil {
		return nil, err
	}
	opened, err := age.Decrypt(bytes.NewReader(raw), identities...)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		wrong.Err = err
		return nil, wrong
	}
	if err != nil {
		return nil, altered(err)
	}
	text, err := io.ReadAll(io.LimitReader(opened, MaxHandover))
	if err != nil {
		return nil, altered(err)
	}
	return decode(text)
}

// KeyPair is the access key that a handover holds.
func KeyPair(h *Handover) awsops.KeyPair {
	return awsops.KeyPair{ID: h.AccessKeyID, Secret: secret.New(h.SecretAccessKey)}
}

// AskAgain is the remedy of a handover that is of no use.
const AskAgain = "Ask the operator for a new one, made with stateroom handover USER."

func altered(err error) *plan.Refusal {
	return &plan.Refusal{
		Finding: "onboard.handover-altered", Err: err,
		What:   "The handover was truncated or changed after it was sealed.",
		Remedy: "Download it again, as a file; if that does not help, ask the operator to make a new one with stateroom handover USER.",
	}
}

func notOne() *plan.Refusal {
	return &plan.Refusal{
		Finding: "onboard.handover-none", What: "The file is not a handover: it is not sealed by age.",
		Remedy: "Name the file USER.age that the operator sent.",
	}
}

// dearmored gives the binary form of a sealed file.
func dearmored(sealed []byte) ([]byte, error) {
	if len(sealed) > MaxHandover {
		return nil, notOne()
	}
	text := bytes.TrimSpace(sealed)
	switch {
	case bytes.HasPrefix(text, []byte(armor.Header)):
		raw, err := io.ReadAll(armor.NewReader(bytes.NewReader(text)))
		if err != nil {
			return nil, altered(err)
		}
		return raw, nil
	case bytes.HasPrefix(sealed, []byte("age-encryption.org/")):
		return sealed, nil
	}
	return nil, notOne()
}

// identities are what age tries, and the refusal for when none of them opens.
func (u Unlock) identities(byPassphrase bool) ([]age.Identity, *plan.Refusal, error) {
	if byPassphrase {
		return u.passphrase()
	}
	wrong := &plan.Refusal{
		Finding: "onboard.handover-wrong-identity", What: "The handover was sealed for a different key than the one that was given to open it.",
		Remedy: "Name the private key whose public half is your recipient in the blueprint.",
	}
	text := bytes.TrimSpace(u.Identity)
	switch {
	case len(text) == 0:
		return nil, nil, &plan.Refusal{
			Finding: "onboard.identity-missing", What: "The handover was sealed for a key of yours, and none was given to open it.",
			Remedy: "Name your age identity file or your ssh-ed25519 private key.",
		}
	case bytes.HasPrefix(text, []byte("age1")), bytes.HasPrefix(text, []byte("ssh-")):
		return nil, nil, unreadable("is a public key, which opens nothing", nil)
	case bytes.HasPrefix(text, []byte("-----BEGIN")):
		identity, err := agessh.ParseIdentity(text)
		var locked *ssh.PassphraseMissingError
		switch {
		case errors.As(err, &locked):
			return nil, nil, unreadable("is protected by a passphrase of its own, which is not asked for here", err)
		case err != nil:
			return nil, nil, unreadable("cannot be read as an ssh-ed25519 private key", err)
		}
		return []age.Identity{identity}, wrong, nil
	}
	identities, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, nil, unreadable("holds neither an age identity nor an ssh-ed25519 private key", err)
	}
	return identities, wrong, nil
}

func unreadable(why string, err error) *plan.Refusal {
	return &plan.Refusal{
		Finding: "onboard.identity-unreadable", Err: err, What: "The key that was given to open the handover " + why + ".",
		Remedy: "Name an age identity file or an ssh-ed25519 private key without a passphrase, or ask the operator for a handover that a passphrase opens.",
	}
}

func (u Unlock) passphrase() ([]age.Identity, *plan.Refusal, error) {
	passphrase := strings.TrimSpace(u.Passphrase.Reveal())
	if passphrase == "" {
		return nil, nil, &plan.Refusal{
			Finding: "onboard.passphrase-missing", What: "The handover was sealed to a passphrase, and none was given.",
			Remedy: "Ask the operator for it, over a different channel than the file.",
		}
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, nil, altered(err) // only an empty passphrase is refused
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	return []age.Identity{identity}, &plan.Refusal{
		Finding: "onboard.handover-wrong-passphrase", What: "The passphrase does not open this handover.",
		Remedy: "Type it again: six groups of four letters and digits, with hyphens between them.",
	}, nil
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// decode reads what was under the seal.
func decode(text []byte) (*Handover, error) {
	var h Handover
	if err := json.Unmarshal(text, &h); err != nil || h.Version < 1 {
		return nil, notOurs(nil)
	}
	if h.Version > Version {
		return nil, &plan.Refusal{
			Finding: "onboard.handover-newer", What: "The handover was made by a newer version of stateroom than this one.",
			Remedy: "Install the version that the operator has.",
		}
	}
	pair, err := ParseKeyPair(h.AccessKeyID, h.SecretAccessKey)
	if err != nil || h.User == "" || !accountID.MatchString(h.Account) {
		return nil, notOurs(err)
	}
	h.AccessKeyID, h.SecretAccessKey = pair.ID, pair.Secret.Reveal()
	return &h, nil
}

func notOurs(err error) *plan.Refusal {
	return &plan.Refusal{
		Finding: "onboard.handover-none", Err: err, What: "The file opens, but what is in it is not a handover of stateroom's.",
		Remedy: AskAgain,
	}
}
