package onboard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// phone is an authenticator app, and the person who reads it off.
type phone struct {
	*company
	// before are the codes that are typed first, one for a session and two for a
	// device, whatever the app shows.
	before [][]string
	// gone says that the person goes away at the next question.
	gone bool

	signIns    []plan.SignIn
	enrolments []plan.Enrolment
	// last is the code that was typed last.
	last string
}

var errGone = errors.New("nobody answers")

func (p *phone) asks() plan.Asks {
	return plan.Asks{
		SignIn: func(_ context.Context, s plan.SignIn) (string, error) {
			p.signIns = append(p.signIns, s)
			codes, err := p.codes(s.Device, 1)
			if err != nil {
				return "", err
			}
			return codes[0], nil
		},
		Enrol: func(_ context.Context, e plan.Enrolment) (string, string, error) {
			p.enrolments = append(p.enrolments, e)
			codes, err := p.codes("arn:aws:iam::"+e.Account+":mfa/"+e.User, 2)
			if err != nil {
				return "", "", err
			}
			return codes[0], codes[1], nil
		},
	}
}

func (p *phone) codes(device string, n int) ([]string, error) {
	if p.gone {
		return nil, errGone
	}
	var codes []string
	if len(p.before) > 0 {
		codes, p.before = p.before[0], p.before[1:]
	} else {
		codes = p.server.Codes(device, n)
	}
	if len(codes) < n {
		return nil, errors.New("the app shows no more codes")
	}
	p.last = codes[n-1]
	return codes, nil
}

// guarded is a company whose production asks for a second factor.
func guarded(t testing.TB) *company {
	t.Helper()
	return founded(t, func(b *blueprint.Blueprint) {
		for i := range b.Environments {
			b.Environments[i].MFA = b.Environments[i].Name == "production"
		}
	})
}

// with is a flow whose person has a phone.
func with(p *phone, f *engine.Flow) *engine.Flow {
	f.Env.Asks = p.asks()
	return f
}

const (
	longTerm = "admin_iam-long-term"
	bobs     = "arn:aws:iam::111111111111:mfa/bob"
)

// ready is bob's laptop once bob is on board with a device and a session.
func ready(t testing.TB, c *company) (*laptop, *phone) {
	t.Helper()
	l, p := c.laptop("bob"), &phone{company: c}
	l.onBoard(l.run(with(p, l.withHandover())))
	return l, p
}

// devices are those that are bob's second factor.
func (c *company) devices() []string {
	c.t.Helper()
	all, err := c.iam().MFADevices(context.Background(), "bob")
	c.must(err)
	var serials []string
	for _, d := range all {
		serials = append(serials, d.Serial)
	}
	return serials
}

// orphans are virtual devices that are nobody's.
func (c *company) orphans() []string {
	c.t.Helper()
	all, err := c.iam().UnassignedMFADevices(context.Background())
	c.must(err)
	return all
}

// assumes tells whether a profile's credentials may assume production's role.
func (l *laptop) assumes(profile string) error {
	l.t.Helper()
	s, err := l.profile(profile)
	l.must(err)
	_, err = s.Assume(context.Background(), "arn:aws:iam::444444444444:role/"+blueprint.DefaultRole)
	return err
}

// quiet fails the test where a secret stands in what was told, or in any file but
// the credentials and their backups.
func (l *laptop) quiet() {
	l.t.Helper()
	for _, e := range l.events {
		l.secretFree("an event of "+string(e.Kind), rendered(l.t, e))
	}
	l.must(filepath.WalkDir(filepath.Dir(l.home), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		info, statErr := d.Info()
		l.must(statErr)
		if strings.HasPrefix(d.Name(), "credentials") {
			if info.Mode().Perm()&0o077 != 0 {
				l.t.Errorf("%s has mode %o", path, info.Mode().Perm())
			}
			return err
		}
		l.secretFree(path, data)
		return err
	}))
}

// announced are the operations of the changes that were told before any was made.
func (l *laptop) announced() []string {
	var calls []string
	for _, e := range l.events {
		if e.Kind == plan.EventChange {
			for _, c := range e.Change.Calls {
				if c.Mutating() {
					calls = append(calls, c.Service+":"+c.Operation)
				}
			}
		}
	}
	return calls
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func TestANewAdminOfAGuardedEnvironmentIsEnrolledAndLoggedIn(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c}
	mark := len(c.server.Log())
	summary := l.run(with(p, l.withHandover()))
	l.onBoard(summary)
	l.mine(longTerm)
	if made, told := sorted(c.mutations(mark)), sorted(l.announced()); !slices.Equal(made, told) {
		t.Errorf("made %v\ntold %v", made, told)
	}
	if got := c.devices(); !slices.Equal(got, []string{bobs}) {
		t.Errorf("devices %v", got)
	}
	if len(p.enrolments) != 1 || p.enrolments[0].Seed.IsZero() || p.enrolments[0].User != "bob" || p.enrolments[0].Problem != "" {
		t.Errorf("asked to enrol %+v", p.enrolments)
	}
	if len(p.signIns) != 1 || p.signIns[0].Device != bobs || p.signIns[0].Note == "" {
		t.Errorf("asked to sign in %+v", p.signIns)
	}
	if err := l.assumes("admin_iam"); err != nil {
		t.Errorf("after the login: %v", err)
	}
	if err := l.assumes(longTerm); !awsops.IsAccessDenied(err) {
		t.Errorf("with the key alone: %v", err)
	}
	for _, name := range []string{checkRole, checkWhere, checkRead} {
		if v := verdict(summary, "production", name); v != plan.Passed {
			t.Errorf("%s of production: %q", name, v)
		}
	}
	says(t, strings.Join(summary.Notes, "\n"), "Session: profile admin_iam holds one until", "stateroom login", longTerm)
	says(t, l.read(".aws/config"), "[profile "+longTerm+"]", "source_profile = admin_iam\n")
	l.quiet()

	mark, l.events = len(c.server.Log()), nil
	before := l.read(".aws/credentials")
	again := l.run(with(p, l.comingBack()))
	l.onBoard(again)
	if calls := c.mutations(mark); len(calls) > 0 || again.Applied > 0 || l.read(".aws/credentials") != before {
		t.Errorf("coming back made %v and applied %d", calls, again.Applied)
	}
	if len(p.signIns)+len(p.enrolments) != 2 {
		t.Error("coming back asked for codes")
	}
}

// The device is enrolled and the session opened with a profile that carries the
// token until the config file is edited.
func TestATokenLeftInTheKeysOwnProfileIsGoneBeforeAnythingSignsAsIt(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c}
	l.write(".aws/config", "[profile "+longTerm+"]\naws_session_token = of-a-session-that-is-over\n")
	l.onBoard(l.run(with(p, l.withHandover())))
	l.mine(longTerm)
	if text := l.read(".aws/config"); strings.Contains(text, "aws_session_token") {
		t.Errorf("the token is still there:\n%s", text)
	}
	for _, e := range l.events {
		if edit := plan.FileID(l.path(".aws/config")); e.Kind == plan.EventChange && e.Change.Profile == longTerm && !slices.Contains(e.Change.Needs, edit) {
			t.Errorf("%s signs as %s and does not wait for %s: %v", e.Change.ID, longTerm, edit, e.Change.Needs)
		}
	}
}

// comingBack is an onboarding of who comes back.
func (l *laptop) comingBack() *engine.Flow {
	_, f := l.onboarding(nil)
	return f
}

func TestADryRunOfAGuardedEnvironmentMakesNothing(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c}
	f := with(p, l.withHandover())
	f.DryRun = true
	mark := len(c.server.Log())
	summary := l.run(f)
	for _, e := range c.server.Log()[mark:] {
		if e.Mutating || e.Operation == "GetSessionToken" {
			t.Errorf("a dry run sent %s", e.Operation)
		}
	}
	if l.read(".aws/credentials") != "" || len(p.signIns)+len(p.enrolments) > 0 {
		t.Error("a dry run wrote or asked")
	}
	told := l.announced()
	for _, call := range []string{"iam:CreateVirtualMFADevice", "iam:EnableMFADevice"} {
		if !slices.Contains(told, call) {
			t.Errorf("the preview %v lacks %s", told, call)
		}
	}
	if summary.Add+summary.Change == 0 {
		t.Error("the preview counts nothing")
	}
	l.quiet()
}

func TestAWrongPairOfCodesIsAskedForAgain(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c, before: [][]string{{"12345", "123456"}, {"000000", "000000"}}}
	l.onBoard(l.run(with(p, l.withHandover())))
	if len(p.enrolments) != 3 {
		t.Fatalf("asked %d times", len(p.enrolments))
	}
	says(t, p.enrolments[1].Problem, "six digits")
	says(t, p.enrolments[2].Problem, "did not accept these two codes", "clock")
	var refused int
	for _, e := range c.server.Log() {
		if e.Operation == "EnableMFADevice" && e.Code == "InvalidAuthenticationCode" {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("AWS refused %d pairs, and what has no six digits need not be sent", refused)
	}
}

func TestCodesThatAreNeverRightEndTheQuestionAndTheNextRunBeginsAnew(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c}
	for range 5 {
		p.before = append(p.before, []string{"000000", "000000"})
	}
	summary := l.run(with(p, l.withHandover()))
	if len(p.enrolments) != 5 || summary.Failed != 1 || summary.ExitCode(false) != plan.ExitFailed {
		t.Fatalf("asked %d times, failures %v", len(p.enrolments), summary.Failures)
	}
	says(t, summary.Failures[0].Err.Error(), bobs, "5 times", "InvalidAuthenticationCode")
	if got := c.orphans(); !slices.Equal(got, []string{bobs}) || len(c.devices()) > 0 {
		t.Fatalf("left %v, enabled %v", got, c.devices())
	}
	l.mine(longTerm)
	old := p.enrolments[0].Seed.Reveal()
	mark := len(c.server.Log())
	l.onBoard(l.run(with(p, l.comingBack())))
	want := []string{"iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:EnableMFADevice"}
	if calls := sorted(c.mutations(mark)); !slices.Equal(calls, want) {
		t.Errorf("made %v, want %v", calls, want)
	}
	if p.enrolments[len(p.enrolments)-1].Seed.Reveal() == old || len(c.orphans()) > 0 {
		t.Error("the old seed was shown again, or the old device is still there")
	}
	l.quiet()
}

func TestARunCutShortWhileADeviceIsMadeIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"CreateVirtualMFADevice", "EnableMFADevice", "GetSessionToken"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			c := guarded(t)
			l, p := c.laptop("bob"), &phone{company: c}
			ctx, cut := context.WithCancel(t.Context())
			c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation != at {
					return sandbox.Fault{}
				}
				return sandbox.Fault{After: func(sandbox.Entry) { cut() }}
			})
			if summary, err := with(p, l.withHandover()).Run(ctx); err == nil && !summary.Stopped {
				t.Fatalf("it was not cut short: %+v", summary)
			}
			c.server.Intercept(nil)
			l.onBoard(l.run(with(p, l.comingBack())))
			if got := c.devices(); !slices.Equal(got, []string{bobs}) || len(c.orphans()) > 0 {
				t.Errorf("devices %v, left %v", got, c.orphans())
			}
			l.mine(longTerm)
			if err := l.assumes("admin_iam"); err != nil {
				t.Error(err)
			}
			l.quiet()
		})
	}
}

func TestALostAnswerLetsTheNextRunMakeTheDeviceAnew(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := c.laptop("bob"), &phone{company: c}
	lost := false
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		drop := e.Operation == "CreateVirtualMFADevice" && !lost
		lost = lost || drop
		return sandbox.Fault{DropAnswer: drop}
	})
	first := l.run(with(p, l.withHandover()))
	if finding(first, "onboard.not-confirmed") == nil || first.ExitCode(false) != plan.ExitFindings || len(p.enrolments) > 0 {
		t.Errorf("exit %d, asked %d times, findings %v", first.ExitCode(false), len(p.enrolments), first.Findings)
	}
	l.onBoard(l.run(with(p, l.comingBack())))
	if got := c.devices(); !lost || !slices.Equal(got, []string{bobs}) || len(p.enrolments) != 1 {
		t.Errorf("devices %v, asked %d times", got, len(p.enrolments))
	}
}

func TestWithoutAnyoneToAskTheRestGoesOn(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l := c.laptop("bob")
	summary := l.run(l.withHandover())
	f := finding(summary, "onboard.mfa-missing")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "bob", "production")
	says(t, f.Remedy, "in a terminal")
	l.mine(longTerm)
	if v := verdict(summary, "staging", checkRole); v != plan.Passed {
		t.Errorf("staging's role: %q", v)
	}
	if v := verdict(summary, "production", checkRole); v != plan.Undecided {
		t.Errorf("production's role: %q", v)
	}
	p := &phone{company: c}
	l.onBoard(l.run(with(p, l.comingBack())))
}

func TestRenewingTheKeyKeepsDeviceAndSession(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	l, p := ready(t, c)
	held := l.heldKey(longTerm)
	o := &Onboarding{Answers: l.answers(), Rotate: true, Now: time.Now}
	mark := len(c.server.Log())
	l.onBoard(l.run(with(p, l.flow(o, awsops.KeyPair{}))))
	l.mine(longTerm)
	if l.heldKey(longTerm) == held || len(p.enrolments)+len(p.signIns) != 2 {
		t.Errorf("the key is %s as before, or codes were asked for", held)
	}
	for _, call := range c.mutations(mark) {
		if strings.Contains(call, "MFA") {
			t.Errorf("renewing the key made %s", call)
		}
	}
}

// setUpAgain runs the nine steps as the operator, on bob's laptop.
func (l *laptop) setUpAgain() *plan.Summary {
	l.t.Helper()
	a := l.answers()
	a.Me = "bob"
	return l.nineSteps(l.env(l.shell(*enginetest.Pair(l.server.Operator())), l.root), a)
}

func TestASetUpKnowsWhoseLaptopItIsByTheKeyBesideASession(t *testing.T) {
	t.Parallel()
	c := guarded(t)
	c.made("bob") // the second of two, which must not be taken for one that is in the way
	l, p := c.laptop("bob"), &phone{company: c}
	f := with(p, l.withHandover())
	f.Answers.Adopt = c.keys("bob")
	l.onBoard(l.run(f))
	c.made("bob")
	mark := len(c.server.Log())
	summary := l.setUpAgain()
	for _, id := range []string{"iam.two-keys", "iam.key-elsewhere", "init.admin-unusable", "init.probe-failed"} {
		if f := finding(summary, id); f != nil {
			t.Errorf("finding %s", f)
		}
	}
	if calls := c.mutations(mark); len(calls) > 0 || summary.Applied > 0 {
		t.Errorf("the setup made %v and applied %d", calls, summary.Applied)
	}
	if f := finding(summary, "iam.role-needs-mfa"); f == nil || !strings.Contains(f.Remedy, "stateroom login") {
		t.Errorf("findings %v", summary.Findings)
	}
	old, err := c.server.Session("111111111111", "bob", time.Now().Add(-2*time.Hour))
	l.must(err)
	l.session("admin_iam", old.AccessKeyID, old.SecretAccessKey, old.SessionToken)
	summary = l.setUpAgain()
	unusable := finding(summary, "init.admin-unusable")
	if unusable == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, unusable.String(), "run out", "stateroom login")
}
