//go:build integration && linux

package session_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/terraform/mirror"
)

func TestPracticeGoesToItsEndOnTheScreen(t *testing.T) {
	l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
	l.folder = l.base
	stage := filepath.Join(l.base, "stage")
	p := l.sits("onboard", "--sandbox", "--dir", stage)
	p.Until("Which day do you want to practice?")
	p.Type("\r")
	p.applies()
	p.leaves("Bob can run Terraform in staging, preprod and production.")
	says(t, p.Text(), "Proven as bob, with Terraform", "Next: terraform plan in")
	_, secret, _ := strings.Cut(l.mustRead(filepath.Join(stage, "laptop-of-bob", "home", ".aws", "credentials")), "aws_secret_access_key = ")
	if secret = strings.TrimSpace(secret); len(secret) != 40 || strings.Contains(p.Text(), secret) {
		t.Error("the secret is not there, or was shown")
	}
}

// passphrase is one as handing over shows it.
var passphrase = regexp.MustCompile(`[a-z0-9]{4}(?:-[a-z0-9]{4}){5}`)

// TestAPassphraseIsTypedAndNeverEchoed hands two users a file that a passphrase
// opens; one comes on board by screens and one by lines, each mistyping it first.
func TestAPassphraseIsTypedAndNeverEchoed(t *testing.T) {
	c := founded(t)
	operator := c.operator()
	for user, comes := range map[string]func(*laptop, string) *terminal{"carol": onScreens, "dave": inLines} {
		hands := operator.sits("handover", user, "--endpoint-url", c.server.URL())
		hands.applies()
		hands.Until("I have written it down")
		told := passphrase.FindString(hands.Text())
		hands.Type("\r")
		hands.leaves("key waits in handover/" + user + ".age until")
		if told == "" {
			t.Fatalf("no passphrase was shown:\n%s", hands.Text())
		}
		l := c.laptop(user).clone()
		p := comes(l, told)
		l.secretFree(p.Text(), told)
		plan := l.byHand("staging")
		if plan.code != 0 {
			t.Errorf("terraform plan by hand: %+v", plan)
		}
	}
}

// mistyped is a passphrase that opens nothing.
const mistyped = "aaaa-bbbb-cccc-dddd-eeee-ffff"

func onScreens(l *laptop, told string) *terminal {
	p := l.sits("onboard", "--handover", l.sealed(), "--endpoint-url", l.server.URL())
	p.Until("Passphrase of the handover")
	p.Type(mistyped + "\r")
	p.Until("does not open this handover")
	p.Type("\x15" + told + "\r") // ctrl+u clears the field
	p.applies()
	p.leaves("Carol can run Terraform in staging, preprod and production.")
	if strings.Contains(p.Text(), mistyped) {
		p.t.Error("what was typed was shown")
	}
	return p
}

func inLines(l *laptop, told string) *terminal {
	p := l.sits("onboard", "--plain", "--handover", l.sealed(), "--endpoint-url", l.server.URL())
	p.Until("Passphrase of the handover: ")
	p.Type(mistyped + "\r")
	p.Until("does not open this handover")
	p.Until("Passphrase of the handover: ")
	p.Type(told + "\r")
	p.Until("Only 'yes' is accepted")
	p.Type("yes\r")
	p.Until("Next: terraform plan in")
	p.Ended(plan.ExitDone)
	if strings.Contains(p.Text(), mistyped) {
		p.t.Error("what was typed was shown")
	}
	return p
}

// TestASecondFactorIsEnrolledAtATerminalAndTerraformPlansWithItsSession enrols a
// device and plans, by hand too, where one is asked for.
func TestASecondFactorIsEnrolledAtATerminalAndTerraformPlansWithItsSession(t *testing.T) {
	c := founded(t, "production")
	l := c.laptop("bob").clone()
	p := l.sits("onboard", "--plain", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity"), "--endpoint-url", c.server.URL())
	p.Until("Only 'yes' is accepted")
	p.Type("yes\r")
	p.Until("Code that the app shows now")
	seed := regexp.MustCompile(`seed: ([A-Z2-7]+)`).FindStringSubmatch(p.Text())
	codes := c.server.Codes("arn:aws:iam::111111111111:mfa/bob", 3)
	if seed == nil || len(codes) < 3 {
		t.Fatalf("no seed was shown, or there are no codes: %v\n%s", codes, p.Text())
	}
	for i, asked := range []string{"The next code", "Code of arn:aws:iam", "Next: terraform plan in"} {
		p.Type(codes[i] + "\r")
		p.Until(asked)
	}
	p.Ended(plan.ExitDone)
	for _, e := range environments {
		plan := l.byHand(e[0])
		if plan.code != 0 {
			t.Errorf("terraform plan by hand in %s: %+v", e[0], plan)
		}
		says(t, plan.out, "arn:aws:sts::"+e[1]+":assumed-role/"+blueprint.DefaultRole+"/")
	}
	mark := len(c.server.Log())
	again := l.stateroom("", "onboard", "--plain")
	l.onBoard(again)
	in := l.stateroom("", "login", "--plain")
	if in.code != plan.ExitDone {
		t.Errorf("login: %+v", in)
	}
	says(t, again.out, "Bob can run Terraform in staging, preprod and production.", "Nothing was changed.")
	says(t, strings.Join(strings.Fields(in.out), " "), "Bob is signed in until", "Terraform can use profile admin_iam.", "holds one until")
	if calls := c.mutations(mark); len(calls) > 0 {
		t.Errorf("coming back made %v", calls)
	}
	l.secretFree(strings.ReplaceAll(p.Text(), seed[1], "") + again.out + in.out)
}
