package handover

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// sealFor seals a text as the operator's side does.
func sealFor(t *testing.T, text string, to age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	heldID     = "AKIAIOSFODNN7EXAMPLE"
	heldSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

func sample() Handover {
	return Handover{
		Version: Version, User: "bob", Account: "111111111111", AccessKeyID: heldID, SecretAccessKey: heldSecret,
		Blueprint: "version = 1\n", SealedAt: "2026-01-02T15:04:05Z", Expires: "2026-01-09T15:04:05Z",
	}
}

func text(t *testing.T, h Handover) string {
	t.Helper()
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// sshPair is an ssh-ed25519 recipient and the text of its private key file,
// with a passphrase of its own or none.
func sshPair(t *testing.T, passphrase string) (age.Recipient, []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := agessh.NewEd25519Recipient(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return recipient, pem.EncodeToMemory(block)
}

// scrypt is a recipient that is quick to make, where age's own takes a second.
func scrypt(t *testing.T, passphrase string, work int) age.Recipient {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(work)
	return to
}

func x25519(t *testing.T) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestAHandoverOpensForWhomItWasSealed(t *testing.T) {
	me := x25519(t)
	sshTo, sshKey := sshPair(t, "")
	for name, c := range map[string]struct {
		to   age.Recipient
		with Unlock
	}{
		"age":         {me.Recipient(), Unlock{Identity: []byte("# created: today\n" + me.String() + "\n")}},
		"ssh-ed25519": {sshTo, Unlock{Identity: sshKey}},
		"passphrase":  {scrypt(t, "abcd-efgh", 10), Unlock{Passphrase: secret.New(" abcd-efgh\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			sealed := sealFor(t, text(t, sample()), c.to)
			asks, err := NeedsPassphrase(sealed)
			if err != nil || asks != (name == "passphrase") {
				t.Errorf("needs a passphrase: %t, %v", asks, err)
			}
			for _, form := range [][]byte{sealed, append([]byte("\n\r\n"), sealed...), bytes.ReplaceAll(sealed, []byte("\n"), []byte("\r\n"))} {
				h, err := Open(form, c.with)
				if err != nil || *h != sample() {
					t.Errorf("%+v, %v", h, err)
				}
			}
		})
	}
}

func TestAnOlderHandoverOpensAndNeverExpires(t *testing.T) {
	old := sample()
	old.Version, old.Expires = 1, ""
	me := x25519(t)
	h, err := Open(sealFor(t, text(t, old), me.Recipient()), Unlock{Identity: []byte(me.String())})
	if err != nil || *h != old {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := expired(h, time.Now().AddDate(10, 0, 0)); err != nil {
		t.Error(err)
	}
}

func TestAHandoverThatCannotBeOpenedSaysWhyInOneSentence(t *testing.T) {
	me, somebody := x25519(t), x25519(t)
	mine := Unlock{Identity: []byte(me.String())}
	sealed := sealFor(t, text(t, sample()), me.Recipient())
	worded := sealFor(t, text(t, sample()), scrypt(t, "abcd-efgh", 10))
	_, locked := sshPair(t, "own")
	newer, nobody, short := sample(), sample(), sample()
	newer.Version, nobody.User, short.SecretAccessKey = Version+1, "", "abc"
	for name, c := range map[string]struct {
		sealed  []byte
		with    Unlock
		finding string
		says    string
	}{
		"a wrong passphrase":               {worded, Unlock{Passphrase: secret.New("abcd-efgi")}, "onboard.handover-wrong-passphrase", "does not open"},
		"no passphrase":                    {worded, mine, "onboard.passphrase-missing", "sealed to a passphrase"},
		"another identity":                 {sealed, Unlock{Identity: []byte(somebody.String())}, "onboard.handover-wrong-identity", "different key"},
		"no identity":                      {sealed, Unlock{Passphrase: secret.New("abcd-efgh")}, "onboard.identity-missing", "none was given"},
		"a public key":                     {sealed, Unlock{Identity: []byte(me.Recipient().String())}, "onboard.identity-unreadable", "public key"},
		"a locked ssh key":                 {sealed, Unlock{Identity: locked}, "onboard.identity-unreadable", "passphrase of its own"},
		"a broken ssh key":                 {sealed, Unlock{Identity: []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n")}, "onboard.identity-unreadable", "cannot be read"},
		"an identity that is none":         {sealed, Unlock{Identity: []byte("hello")}, "onboard.identity-unreadable", "neither an age identity"},
		"a file that is none":              {[]byte("PK\x03\x04"), mine, "onboard.handover-none", "not sealed by age"},
		"an empty file":                    {nil, mine, "onboard.handover-none", "not sealed by age"},
		"a huge file":                      {make([]byte, MaxHandover+1), mine, "onboard.handover-none", "not sealed by age"},
		"a cut file":                       {sealed[:len(sealed)/2], mine, "onboard.handover-altered", "truncated or changed"},
		"a cut header":                     {sealed[:60], mine, "onboard.handover-altered", "truncated or changed"},
		"an altered file":                  {flipped(sealed, len(sealed)-120), mine, "onboard.handover-altered", "truncated or changed"},
		"more work than a passphrase's is": {headed(t, worded, " 10\n", " 30\n"), Unlock{Passphrase: secret.New("abcd-efgh")}, "onboard.handover-altered", "2 to the power of 30"},
		"work beyond all numbers":          {headed(t, worded, " 10\n", " 99999999999999999999\n"), Unlock{Passphrase: secret.New("abcd-efgh")}, "onboard.handover-altered", "2 to the power of"},
		"another version of age's format":  {headed(t, sealed, "/v1\n", "/v2\n"), mine, "onboard.handover-newer", "version of age's format"},
		"a letter":                         {sealFor(t, "Dear Bob", me.Recipient()), mine, "onboard.handover-none", "not a handover of stateroom's"},
		"other JSON":                       {sealFor(t, `{"a":1}`, me.Recipient()), mine, "onboard.handover-none", "not a handover of stateroom's"},
		"a newer format":                   {sealFor(t, text(t, newer), me.Recipient()), mine, "onboard.handover-newer", "newer version of stateroom"},
		"for nobody":                       {sealFor(t, text(t, nobody), me.Recipient()), mine, "onboard.handover-none", "not a handover of stateroom's"},
		"a secret that is none":            {sealFor(t, text(t, short), me.Recipient()), mine, "onboard.handover-none", "not a handover of stateroom's"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Open(c.sealed, c.with)
			refuses(t, err, c.finding, c.says)
			if h != nil {
				t.Error("a handover was given all the same")
			}
		})
	}
}

// TestAHandoversHeaderIsJudgedBeforeAPassphraseIsAskedFor holds that what costs too
// much is never tried, nor anybody asked what to try.
func TestAHandoversHeaderIsJudgedBeforeAPassphraseIsAskedFor(t *testing.T) {
	sealed := sealFor(t, text(t, sample()), scrypt(t, "abcd-efgh", 10))
	for work, refused := range map[string]bool{" 10\n": false, " 20\n": false, " 21\n": true, " 30\n": true} {
		if _, err := NeedsPassphrase(headed(t, sealed, " 10\n", work)); (err != nil) != refused {
			t.Errorf("a work factor of%s: %v", strings.TrimRight(work, "\n"), err)
		}
	}
}

// headed is a sealed file with something else in its header.
func headed(t *testing.T, sealed []byte, old, header string) []byte {
	t.Helper()
	raw, err := dearmored(sealed)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(raw, []byte(old), []byte(header), 1)
}

// flipped changes one letter of the text.
func flipped(sealed []byte, at int) []byte {
	out := bytes.Clone(sealed)
	for out[at] == '\n' || out[at] == '=' {
		at--
	}
	if out[at]++; out[at] > 'z' {
		out[at] = 'a'
	}
	return out
}

// refuses fails the test unless err is the refusal of that id, with one sentence
// and one remedy.
func refuses(t *testing.T, err error, id, part string) {
	t.Helper()
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%v is no refusal", err)
	}
	if refusal.Finding != id {
		t.Errorf("%s, want %s: %v", refusal.Finding, id, err)
	}
	if !strings.Contains(refusal.What, part) {
		t.Errorf("the message does not say %q:\n%s", part, refusal.What)
	}
	if strings.Count(refusal.What, ". ") > 0 || !strings.HasSuffix(refusal.What, ".") || !strings.HasSuffix(refusal.Remedy, ".") {
		t.Errorf("not one sentence and one remedy: %q %q", refusal.What, refusal.Remedy)
	}
	if strings.Contains(err.Error(), heldSecret) {
		t.Error("the secret stands in the message")
	}
}

func TestAPastedKeyIsReadWithItsEdgesTrimmed(t *testing.T) {
	pair, err := ParseKeyPair("\t"+heldID+" \n", " "+heldSecret+"\r\n")
	if err != nil || pair.ID != heldID || pair.Secret.Reveal() != heldSecret {
		t.Errorf("%+v, %v", pair, err)
	}
	for name, c := range map[string]struct{ id, key, finding, says string }{
		"swapped":          {strings.Repeat("a", 20) + strings.Repeat("B", 20), heldID, "onboard.key-swapped", "wrong way round"},
		"temporary":        {"ASIAIOSFODNN7EXAMPLE", heldSecret, "onboard.key-temporary", "temporary"},
		"no id":            {"", heldSecret, "onboard.key-form", "not an access key id"},
		"a name as id":     {"bob", heldSecret, "onboard.key-form", "not an access key id"},
		"a role's id":      {"AROAIOSFODNN7EXAMPLE", heldSecret, "onboard.key-form", "begins with AKIA"},
		"a cut secret":     {heldID, heldSecret[:39], "onboard.secret-form", "40 letters"},
		"a secret in two":  {heldID, heldSecret[:20] + " " + heldSecret[21:], "onboard.secret-form", "40 letters"},
		"a secret and all": {heldID, "aws_secret_access_key = " + heldSecret, "onboard.secret-form", "40 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKeyPair(c.id, c.key)
			refuses(t, err, c.finding, c.says)
			if strings.Contains(err.Error(), c.key) && c.key != heldID {
				t.Errorf("what was pasted as secret stands in %q", err)
			}
		})
	}
}

func TestAHandoverMustAgreeWithTheRepository(t *testing.T) {
	ours := blueprint.New()
	ours.AdminAccount, ours.Bucket.Name = "111111111111", "acme-terraform-state"
	ours.FillDefaults()
	h := sample()
	h.Blueprint = string(ours.HCL())
	at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	respelled, err := blueprint.Parse("x", []byte("# ours\n"+strings.ReplaceAll(h.Blueprint, "  ", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	for _, repository := range []*blueprint.Blueprint{ours, respelled} {
		if b, err := Check(&h, repository, "", at); err != nil || b != repository {
			t.Errorf("%+v, %v", b, err)
		}
	}
	if b, err := Check(&h, nil, " 111111111111 ", at); err != nil || string(b.HCL()) != h.Blueprint {
		t.Errorf("%+v, %v", b, err)
	}
	other, moved := ours.Clone(), ours.Clone()
	other.AdminAccount, moved.Bucket.Name = "999999999999", "other-bucket"
	broken, foreign := h, h
	broken.Blueprint, foreign.Account = "version =", "999999999999"
	for name, c := range map[string]struct {
		h          *Handover
		repository *blueprint.Blueprint
		typed      string
		at         time.Time
		finding    string
		says       string
	}{
		"another account":    {&h, other, "", at, "onboard.handover-other-account", "999999999999"},
		"another blueprint":  {&h, moved, "", at, "onboard.handover-other-blueprint", "other-bucket"},
		"nobody typed":       {&h, nil, "", at, "onboard.account-untold", "no blueprint here"},
		"another was typed":  {&h, nil, "999999999999", at, "onboard.handover-other-account", "was typed"},
		"expired":            {&h, ours, "", at.AddDate(0, 0, 5), "onboard.handover-expired", "9 January 2026"},
		"no blueprint in it": {&broken, ours, "", at, "onboard.handover-none", "not a handover"},
		"two accounts in it": {&foreign, nil, "999999999999", at, "onboard.handover-none", "not a handover"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Check(c.h, c.repository, c.typed, c.at)
			refuses(t, err, c.finding, c.says)
		})
	}
}
