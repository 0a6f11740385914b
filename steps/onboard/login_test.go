package onboard

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// login is stateroom login, as a new process would start it.
func (l *laptop) login(p *phone) (*Login, *engine.Flow) {
	l.t.Helper()
	in := &Login{Answers: l.answers(), Now: time.Now}
	f := in.Flow(l.env(l.shell(awsops.KeyPair{}), l.root))
	f.Emit = l.keep
	f.Confirm = enginetest.Agree
	if p != nil {
		f.Env.Asks = p.asks()
	}
	return in, f
}

func (l *laptop) loggedIn(p *phone) *plan.Summary {
	l.t.Helper()
	_, f := l.login(p)
	return l.run(f)
}

// forget takes the session out of Terraform's profile.
func (l *laptop) forget() {
	l.t.Helper()
	file, err := files.Read(l.path(".aws/credentials"))
	l.must(err)
	edit, err := profiles.Edit(profiles.Credentials, file, profiles.Wanted{
		Name: "admin_iam", Remove: []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token"},
	})
	l.must(err)
	_, err = files.Write(context.Background(), edit, l.t.TempDir())
	l.must(err)
}

// guest is a profile of the user's own that nothing may touch.
const guest = "# mine\n[acme.prod]\naws_access_key_id=AKIAEXAMPLEEXAMPLE00   \nregion = us-east-1 ; near\n"

// untouched fails the test unless the credentials file still holds a text.
func (l *laptop) untouched(text string) {
	l.t.Helper()
	if !strings.Contains(l.read(".aws/credentials"), text) {
		l.t.Errorf("the credentials file no longer holds\n%s", text)
	}
}

func TestLoggingInOpensTheGuardedRole(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	l.forget()
	l.write(".aws/credentials", guest+l.read(".aws/credentials"))
	l.events = nil
	mark := len(c.server.Log())
	summary := l.loggedIn(p)
	l.onBoard(summary)
	if err := l.assumes("admin_iam"); err != nil {
		t.Error(err)
	}
	if calls := c.mutations(mark); len(calls) > 0 {
		t.Errorf("logging in changed AWS: %v", calls)
	}
	l.untouched(guest)
	l.mine(longTerm)
	says(t, strings.Join(summary.Notes, "\n"), "holds one until", time.Now().Add(12*time.Hour).Format("2 January 2006"), "credentials.stateroom-")
	l.quiet()

	before := l.read(".aws/credentials")
	again := l.loggedIn(p)
	l.onBoard(again)
	if again.Applied > 0 || l.read(".aws/credentials") != before || len(p.signIns) != 2 {
		t.Errorf("a second login applied %d and asked %d times", again.Applied, len(p.signIns)-1)
	}
	says(t, strings.Join(again.Notes, "\n"), "holds one until")
}

func TestADryLoginMakesNothing(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	l.forget()
	before, asked, mark := l.read(".aws/credentials"), len(p.signIns), len(c.server.Log())
	_, f := l.login(p)
	f.DryRun = true
	summary := l.run(f)
	for _, e := range c.server.Log()[mark:] {
		if e.Mutating || e.Operation == "GetSessionToken" {
			t.Errorf("a dry run sent %s", e.Operation)
		}
	}
	if summary.Change != 1 || l.read(".aws/credentials") != before || len(p.signIns) != asked {
		t.Errorf("planned %d changes, or wrote, or asked", summary.Change)
	}
	l.quiet()
}

func TestACodeIsTakenOnlyOnce(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	l.forget()
	p.before = [][]string{{p.last}}
	asked := len(p.signIns)
	l.onBoard(l.loggedIn(p))
	if len(p.signIns) != asked+2 {
		t.Fatalf("asked %d times", len(p.signIns)-asked)
	}
	says(t, p.signIns[asked+1].Note, "only once", "next one")
	var refused string
	for _, e := range c.server.Log() {
		if e.Operation == "GetSessionToken" && e.Code != "" {
			refused = e.Code
		}
	}
	if refused != "AccessDenied" {
		t.Errorf("the used code was refused with %q", refused)
	}
}

func TestCodesThatAreNeverTakenLeaveTheFileAlone(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	l.forget()
	before, asked := l.read(".aws/credentials"), len(p.signIns)
	p.before = [][]string{{"000000"}, {"000000"}, {"000000"}, {"000000"}, {"000000"}, {"000000"}}
	summary := l.loggedIn(p)
	if summary.Failed != 1 || len(p.signIns)-asked != 5 || l.read(".aws/credentials") != before {
		t.Fatalf("failures %v, asked %d times", summary.Failures, len(p.signIns)-asked)
	}
	says(t, summary.Failures[0].Err.Error(), bobs, "5 times", "check the clock")
	if strings.Contains(summary.Failures[0].Err.Error(), "Grant ") {
		t.Errorf("a wrong code is told as a missing right: %v", summary.Failures[0].Err)
	}
}

func TestASessionThatDoesNotLastIsOpenedAnew(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(l *laptop, p *phone, in *Login){
		"expired": func(l *laptop, _ *phone, _ *Login) {
			old, err := l.server.Session("111111111111", "bob", time.Now().Add(-2*time.Hour))
			l.must(err)
			l.session("admin_iam", old.AccessKeyID, old.SecretAccessKey, old.SessionToken)
		},
		"about to end": func(_ *laptop, _ *phone, in *Login) {
			in.Now = func() time.Time { return time.Now().Add(11*time.Hour + 30*time.Minute) }
		},
		"unknown": func(l *laptop, _ *phone, _ *Login) {
			l.session("admin_iam", "ASIAEXAMPLEEXAMPLE00", "secret", "token")
		},
		"without MFA": func(l *laptop, _ *phone, _ *Login) {
			key, err := l.profile(longTerm)
			l.must(err)
			out, err := key.Do(l.t.Context(), awsops.GetSessionToken("", "", 12*time.Hour))
			l.must(err)
			l.session("admin_iam", out.Values["id"], out.Secret.Reveal(), out.Token.Reveal())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := guarded(t)
			l, p := ready(t, c)
			in, f := l.login(p)
			spoil(l, p, in)
			asked := len(p.signIns)
			summary := l.run(f)
			if summary.Applied != 1 || len(p.signIns) != asked+1 || summary.Failed > 0 {
				t.Fatalf("applied %d, asked %d times, findings %v", summary.Applied, len(p.signIns)-asked, summary.Findings)
			}
			if err := l.assumes("admin_iam"); err != nil {
				t.Error(err)
			}
		})
	}
}

// session puts a session into a profile.
func (l *laptop) session(profile, id, key, token string) {
	l.t.Helper()
	file, err := files.Read(l.path(".aws/credentials"))
	l.must(err)
	edit, err := profiles.Edit(profiles.Credentials, file, profiles.Wanted{Name: profile, Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", id), profiles.KV("aws_secret_access_key", key), profiles.KV("aws_session_token", token),
	}})
	l.must(err)
	_, err = files.Write(context.Background(), edit, l.t.TempDir())
	l.must(err)
}

func TestTheKeyMovesOutOfTerraformsProfileWhenASecondFactorIsAskedFor(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	l.write(".aws/credentials", guest)
	l.onBoard(l.come(l.handed()))
	held := l.heldKey("admin_iam")
	c.demand(l)

	summary := l.loggedIn(&phone{company: c})
	if f := finding(summary, "login.no-device"); f == nil || summary.Applied > 0 {
		t.Fatalf("without a device: %v", summary.Findings)
	}
	p := &phone{company: c}
	l.enrol(p)
	l.events = nil
	mark := len(c.server.Log())
	summary = l.loggedIn(p)
	l.onBoard(summary)
	if l.heldKey(longTerm) != held || l.heldKey("admin_iam") == held {
		t.Errorf("key %s: %s in %s, %s in admin_iam", held, l.heldKey(longTerm), longTerm, l.heldKey("admin_iam"))
	}
	l.mine(longTerm)
	l.untouched(guest)
	if calls := c.mutations(mark); len(calls) > 0 || summary.Applied != 2 {
		t.Errorf("applied %d with %v", summary.Applied, calls)
	}
	if err := l.assumes("admin_iam"); err != nil {
		t.Error(err)
	}
	l.quiet()
	l.onBoard(l.run(with(p, l.comingBack())))
}

func TestComingBackMovesTheKeyAndEnrols(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	l.onBoard(l.come(l.handed()))
	held := l.heldKey("admin_iam")
	c.demand(l)
	p := &phone{company: c}
	l.onBoard(l.run(with(p, l.comingBack())))
	if l.heldKey(longTerm) != held || len(p.enrolments) != 1 || len(p.signIns) != 1 {
		t.Errorf("the key is %s and was %s; asked %d and %d times", l.heldKey(longTerm), held, len(p.enrolments), len(p.signIns))
	}
	if err := l.assumes("admin_iam"); err != nil {
		t.Error(err)
	}
	says(t, l.read(".aws/config"), "[profile "+longTerm+"]")
}

// demand lets the operator ask for a second factor in production, and the laptop
// pull the new blueprint.
func (c *company) demand(l *laptop) {
	c.t.Helper()
	for i := range c.blueprint.Environments {
		c.blueprint.Environments[i].MFA = c.blueprint.Environments[i].Name == "production"
	}
	c.setUp(&blueprint.Answers{Blueprint: c.blueprint})
	c.must(os.WriteFile(filepath.Join(l.root, "stateroom.hcl"), c.blueprint.HCL(), 0o600))
}

// enrol lets bob enrol a device in the console.
func (l *laptop) enrol(p *phone) {
	l.t.Helper()
	s := l.iam()
	_, err := s.Do(l.t.Context(), awsops.CreateVirtualMFADevice("bob"))
	l.must(err)
	codes := p.server.Codes(bobs, 2)
	_, err = s.Do(l.t.Context(), awsops.EnableMFADevice("bob", bobs, codes[0], codes[1]))
	l.must(err)
}

func TestAKeyOfSomebodyElsesInTerraformsProfileTakesConsent(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	l.forget()
	other := c.made("alice")
	l.replaceKey(other)
	before := l.read(".aws/credentials")
	summary := l.loggedIn(p)
	f := finding(summary, "onboard.profile-taken")
	if f == nil || summary.Applied > 0 || l.read(".aws/credentials") != before {
		t.Fatalf("applied %d, findings %v", summary.Applied, summary.Findings)
	}
	says(t, f.Evidence, other.ID, "admin_iam", "bob's")
	says(t, f.String(), "--adopt "+other.ID)
	_, flow := l.login(p)
	flow.Answers.Adopt = []string{other.ID}
	if summary = l.run(flow); summary.Applied != 1 || l.assumes("admin_iam") != nil {
		t.Errorf("with consent: applied %d, findings %v", summary.Applied, summary.Findings)
	}
}

func TestASessionOfSomebodyElsesTakesConsent(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	other, err := c.server.Session("111111111111", "alice", time.Now())
	c.must(err)
	l.session("admin_iam", other.AccessKeyID, other.SecretAccessKey, other.SessionToken)
	summary := l.loggedIn(p)
	f := finding(summary, "onboard.profile-taken")
	if f == nil || summary.Applied > 0 || l.heldKey("admin_iam") != other.AccessKeyID {
		t.Fatalf("applied %d, findings %v", summary.Applied, summary.Findings)
	}
	says(t, f.Evidence, "a session of arn:aws:iam::111111111111:user/alice")
}

func (l *laptop) replaceKey(key awsops.KeyPair) {
	l.t.Helper()
	file, err := files.Read(l.path(".aws/credentials"))
	l.must(err)
	edit, err := profiles.Edit(profiles.Credentials, file, profiles.Wanted{Name: "admin_iam", Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", key.ID), {Key: "aws_secret_access_key", Value: key.Secret},
	}})
	l.must(err)
	_, err = files.Write(context.Background(), edit, l.t.TempDir())
	l.must(err)
}

func TestWhatKeepsALoginFromBeginningIsOneSentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(l *laptop)
		finding string
		says    []string
	}{
		"inactive key": {func(l *laptop) {
			l.do(awsops.UpdateAccessKey("bob", l.heldKey(longTerm), "Inactive"))
		}, "key-invalid", []string{"deleted or made inactive"}},
		"no device": {func(l *laptop) {
			l.do(awsops.DeactivateMFADevice("bob", bobs))
			l.do(awsops.DeleteVirtualMFADevice(bobs))
		}, "login.no-device", []string{"bob has no MFA device", "stateroom onboard"}},
		"no key": {func(l *laptop) {
			l.write(".aws/credentials", "")
		}, "onboard.no-key", []string{"admin_iam", "stateroom onboard --handover"}},
		"clock": {func(l *laptop) {
			l.server.SetClock(10 * time.Minute)
		}, "clock-skew", []string{"clock"}},
		"another way to credentials": {func(l *laptop) {
			l.forget()
			l.write(".aws/config", strings.Replace(l.read(".aws/config"), "[profile admin_iam]\n", "[profile admin_iam]\ncredential_process = vault\n", 1))
		}, "onboard.profile-conflict", []string{"admin_iam", "credential_process"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := guarded(t)
			l, p := ready(t, at)
			l.forget()
			c.prepare(l)
			before, asked := l.read(".aws/credentials"), len(p.signIns)
			summary := l.loggedIn(p)
			at.server.SetClock(0)
			f := finding(summary, c.finding)
			if f == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Fatalf("exit code %d, findings %v", summary.ExitCode(false), summary.Findings)
			}
			says(t, f.String(), c.says...)
			if summary.Applied > 0 || len(p.signIns) > asked || l.read(".aws/credentials") != before {
				t.Errorf("applied %d, asked %d times", summary.Applied, len(p.signIns)-asked)
			}
		})
	}
}

func TestWithoutAnybodyToAskALoginSaysSo(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, _ := ready(t, c)
	l.forget()
	summary := l.loggedIn(nil)
	if f := finding(summary, "login.nobody-to-ask"); f == nil || summary.Applied > 0 {
		t.Errorf("findings %v", summary.Findings)
	}
}

func TestWhereNothingAsksForASecondFactorThereIsNothingToLogInTo(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	l.onBoard(l.come(l.handed()))
	before := l.read(".aws/credentials")
	summary := l.loggedIn(&phone{company: c})
	l.onBoard(summary)
	if o, is := summary.Outcome.(plan.SignedIn); !is || o.User != "bob" || o.Profile != "admin_iam" || o.Wanted || len(summary.Notes) > 0 {
		t.Errorf("outcome %+v, notes %q", summary.Outcome, summary.Notes)
	}
	if summary.Applied > 0 || l.read(".aws/credentials") != before {
		t.Error("it wrote something")
	}
}
