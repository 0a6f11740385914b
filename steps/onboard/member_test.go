package onboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	identitytypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// team whose admins sign in with Identity Center, and alice at the browser.
func signingIn(t testing.TB) *company {
	t.Helper()
	b := enginetest.Team(nil, "staging", "production")
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{blueprint.Everything}}}
	c := newCompany(t, b, nil, nil)
	server := sandboxtest.Start(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Pending: 1, Interval: 10 * time.Millisecond}})
	c.must(server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}, "Others": {"carol@acme.com"}}))
	c.must(server.SignIn("alice@acme.com"))
	c.movesIn(server)
	if s := c.setUp(&blueprint.Answers{Blueprint: c.blueprint}); s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("the setup ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
	}
	return c
}

// person is somebody who signs in.
type person struct {
	visits []plan.Visit
	// opens is what the browser does with an address; nil is no browser.
	opens func(address string) error
	// shows is what is done with a page that is shown, until it ends.
	shows func(context.Context, plan.Visit) error
}

// browser opens an address and goes where it is sent.
func browser(address string) error {
	page, err := http.Get(address)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, page.Body)
	return errors.Join(err, page.Body.Close())
}

func (p *person) asks() plan.Asks {
	asks := plan.Asks{Visit: func(ctx context.Context, v plan.Visit) error {
		p.visits = append(p.visits, v)
		if p.shows != nil {
			return p.shows(ctx, v)
		}
		<-ctx.Done()
		return nil
	}}
	if p.opens != nil {
		asks.Browser = func(_ context.Context, address string) error { return p.opens(address) }
	}
	return asks
}

// comesAsMember is an onboarding as it begins in a clone, with nothing but that.
func (l *laptop) comesAsMember(p *person) (*Onboarding, *engine.Flow) {
	l.t.Helper()
	return l.comesAs("", p)
}

// comesAs is one with --me.
func (l *laptop) comesAs(me string, p *person) (*Onboarding, *engine.Flow) {
	l.t.Helper()
	start := &Start{Repository: l.answers().Blueprint, Me: me, Now: time.Now}
	start.Member, start.Portal = PortalHere(l.shell(awsops.KeyPair{}).Environ().Get, l.answers())
	questions, err := start.Questions(plan.Given{})
	l.must(err)
	if len(questions) > 0 {
		l.t.Fatalf("asked %v", questions)
	}
	o, pair, err := start.Begin(plan.Given{})
	l.must(err)
	f := l.flow(o, pair)
	f.Env.Asks = p.asks()
	return o, f
}

func (l *laptop) tokenFile() string {
	l.t.Helper()
	return l.env(l.shell(awsops.KeyPair{}), l.root).TokenPath("stateroom-111111111111")
}

// news are the states of the sign-in that were told, one after the other.
func (l *laptop) news() (states []plan.SignInState) {
	for _, e := range l.events {
		if e.Kind == plan.EventSignIn {
			states = append(states, e.SignIn.State)
		}
	}
	return states
}

// TestAMemberComesOnBoardByTheBrowserAlone: no handover, no key and no secret shown; a second
// run changes nothing, and another session's token stays.
func TestAMemberComesOnBoardByTheBrowserAlone(t *testing.T) {
	t.Parallel()
	for name, opens := range map[string]func(string) error{"browser": browser, "another device": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := signingIn(t)
			l := c.laptop("")
			l.write(".aws/sso/cache/other.json", "{}")
			l.write(".aws/config", "# mine\n[profile acme.prod]\nregion = us-east-1 ; near\n")
			p := &person{opens: opens}
			_, f := l.comesAsMember(p)
			s := l.run(f)
			if s.ExitCode(false) != plan.ExitDone || len(s.Failures) > 0 {
				t.Fatalf("ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
			}
			if news := l.news(); !slices.Equal(news, []plan.SignInState{plan.SignInVisit, plan.SignInDone}) {
				t.Errorf("told %v", news)
			}
			if len(p.visits) != 1 || (p.visits[0].Code == "") != (opens != nil) {
				t.Errorf("was shown %v", p.visits)
			}
			for _, e := range []string{"staging", "production"} {
				if v := verdict(s, e, checkRole); v != plan.Passed {
					t.Errorf("%s: %v", e, v)
				}
			}
			if v := verdict(s, "common-staging", checkLock); v != plan.Passed {
				t.Errorf("the lock: %v, of %v", v, s.Checks)
			}
			if out, is := s.Outcome.(plan.Aboard); !is || out.User != "alice@acme.com" || !out.Own || out.SignIn {
				t.Errorf("came to %+v", s.Outcome)
			}
			says(t, l.read(".aws/config"), "# mine\n[profile acme.prod]\nregion = us-east-1 ; near\n", "[sso-session stateroom-111111111111]", "sso_role_name = Terraform-admins", "[profile admin_iam-production]")
			info, err := os.Stat(l.tokenFile())
			l.must(err)
			if info.Mode().Perm() != 0o600 || l.read(".aws/sso/cache/other.json") != "{}" || l.read(".aws/credentials") != "" {
				t.Errorf("mode %v, the other session holds %q, the credentials %q", info.Mode(), l.read(".aws/sso/cache/other.json"), l.read(".aws/credentials"))
			}
			for _, e := range l.events {
				l.secretFree("an event", rendered(t, e))
			}
			l.secretFree("the summary", rendered(t, s))

			before, err := os.ReadFile(l.tokenFile())
			l.must(err)
			_, f = l.comesAsMember(&person{})
			again := l.run(f)
			after, err := os.ReadFile(l.tokenFile())
			l.must(err)
			if again.ExitCode(false) != plan.ExitDone || again.Applied > 0 || string(before) != string(after) {
				t.Errorf("a second run applied %d: %v", again.Applied, again.Findings)
			}
		})
	}
}

// logsIn is stateroom login of a member.
func (l *laptop) logsIn(p *person) (*plan.Summary, error) {
	l.t.Helper()
	f := (&Login{Answers: l.answers(), Now: time.Now}).Flow(l.env(l.shell(awsops.KeyPair{}), l.root))
	f.Emit, f.Confirm, f.Env.Asks = l.keep, enginetest.Agree, p.asks()
	return f.Run(context.Background())
}

// aboard is a member's laptop that is set up.
func aboard(t *testing.T) *laptop {
	t.Helper()
	l := signingIn(t).laptop("")
	_, f := l.comesAsMember(&person{opens: browser})
	if s := l.run(f); s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
	}
	return l
}

// ages lets the token run out in a while.
func (l *laptop) ages(left time.Duration) (was string) {
	l.t.Helper()
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	token, at := awsops.ReadPortalToken(text)
	token.Expires = time.Now().Add(left)
	aged, err := token.Cached(at)
	l.must(err)
	l.must(os.WriteFile(l.tokenFile(), aged, 0o600))
	return token.Access.Reveal()
}

// TestLoginRenewsBeforeTerraformHasTo: without anybody at the browser, before the token runs
// out and after it; one that lasts is left as it is.
func TestLoginRenewsBeforeTerraformHasTo(t *testing.T) {
	t.Parallel()
	l := aboard(t)
	for left, renews := range map[time.Duration]bool{time.Hour: false, engine.RenewLeft / 2: true, -time.Minute: true} {
		was := l.ages(left)
		l.events = nil
		s, err := l.logsIn(&person{})
		l.must(err)
		text, err := os.ReadFile(l.tokenFile())
		l.must(err)
		token, _ := awsops.ReadPortalToken(text)
		if s.ExitCode(false) != plan.ExitDone || (token.Access.Reveal() != was) != renews || renews && !token.Valid(time.Now(), engine.RenewLeft) {
			t.Errorf("with %s left: ended with %d, a new token: %t, of %v %v", left, s.ExitCode(false), token.Access.Reveal() != was, s.Failures, s.Findings)
		}
		if news := l.news(); renews != slices.Equal(news, []plan.SignInState{plan.SignInRenewed}) {
			t.Errorf("with %s left told %v", left, news)
		}
		if out := s.Outcome.(plan.SignedIn); !out.Open || out.User != "alice@acme.com" {
			t.Errorf("with %s left came to %+v", left, out)
		}
	}
}

// TestAtTheEndOfAPortalsSessionSomebodySignsIn: a token that is renewed then lasts no moment.
func TestAtTheEndOfAPortalsSessionSomebodySignsIn(t *testing.T) {
	t.Parallel()
	l := aboard(t)
	l.ages(-time.Minute)
	l.server.SetClock(8*time.Hour - 30*time.Second) // AWS's default session, but for half a minute
	p := &person{opens: func(address string) error {
		l.server.SetClock(0)
		return browser(address)
	}}
	s, err := l.logsIn(p)
	l.must(err)
	if out := s.Outcome.(plan.SignedIn); len(p.visits) != 1 || !out.Open || s.ExitCode(false) != plan.ExitDone {
		t.Errorf("was shown %d pages, and came to %+v with %d", len(p.visits), out, s.ExitCode(false))
	}
}

// TestWhatStandsAgainstASignInWritesNothing: refused at the browser, an answer with a wrong
// state, given up, and a person who is not in the group.
func TestWhatStandsAgainstASignInWritesNothing(t *testing.T) {
	t.Parallel()
	gaveUp := errors.New("given up")
	for name, c := range map[string]struct {
		prepare func(*company)
		person  *person
		says    string
	}{
		"refused at the browser": {func(c *company) { c.server.RefuseSignIn() }, &person{opens: browser}, "refused in the browser"},
		"refused on a device":    {func(c *company) { c.server.RefuseSignIn() }, &person{}, "refused in the browser"},
		"given up":               {nil, &person{opens: func(string) error { return nil }, shows: func(context.Context, plan.Visit) error { return gaveUp }}, "given up"},
		"a stranger's answer": {nil, &person{opens: func(address string) error {
			u, err := url.Parse(address)
			if err != nil {
				return err
			}
			for _, query := range []string{"?code=x&state=y", "?code=x", "?error=access_denied", ""} {
				page, err := http.Get(u.Query().Get("redirect_uri") + query)
				if err != nil {
					return err
				}
				_ = page.Body.Close()
				if page.StatusCode != http.StatusBadRequest {
					return fmt.Errorf("a stranger was answered %s", page.Status)
				}
			}
			return nil
		}, shows: func(context.Context, plan.Visit) error { return gaveUp }}, "given up"},
		"nobody is let in from here": {func(c *company) {
			c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "RegisterClient" {
					return sandbox.Fault{Code: "AccessDeniedException"}
				}
				return sandbox.Fault{}
			})
		}, &person{opens: browser}, "VPC endpoint"},
		"a start page that is nobody's": {func(c *company) {
			c.blueprint.IdentityCenter = blueprint.IdentityCenter{StartURL: "https://d-0000000000.awsapps.com/start", Region: "eu-central-1", SessionDuration: "PT1H"}
			c.must(os.WriteFile(filepath.Join(c.dir, "stateroom.hcl"), c.blueprint.HCL(), 0o600))
		}, &person{}, "no start page of that address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			company := signingIn(t)
			if c.prepare != nil {
				c.prepare(company)
			}
			l := company.laptop("")
			_, f := l.comesAsMember(c.person)
			s := l.run(f)
			if _, err := os.Stat(l.tokenFile()); err == nil || s.ExitCode(false) == plan.ExitDone || len(s.Failures) == 0 {
				t.Fatalf("ended with %d, %v", s.ExitCode(false), err)
			}
			says(t, s.Failures[0].Err.Error(), c.says)
			ended := plan.SignInFailed
			if strings.HasPrefix(name, "refused") {
				ended = plan.SignInRefused
			}
			if news := l.news(); len(news) == 0 || news[len(news)-1] != ended || len(news) > 1 != (len(c.person.visits) > 0) {
				t.Errorf("told %v", news)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(l.tokenFile()), "*")); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// TestWhoIsNotInTheGroupIsToldWhoCanHelp after a sign-in that the portal took.
func TestWhoIsNotInTheGroupIsToldWhoCanHelp(t *testing.T) {
	t.Parallel()
	c := signingIn(t)
	c.must(c.server.SignIn("carol@acme.com"))
	l := c.laptop("")
	_, f := l.comesAsMember(&person{opens: browser})
	s := l.run(f)
	told := finding(s, "onboard.not-assigned")
	if told == nil || s.ExitCode(false) == plan.ExitDone {
		t.Fatalf("ended with %d: %v", s.ExitCode(false), s.Findings)
	}
	says(t, told.Remedy, "PlatformAdmins")
}

// TestASignInThatIsEndedAtThePortalIsMadeAnew by login, though the file still looks good.
func TestASignInThatIsEndedAtThePortalIsMadeAnew(t *testing.T) {
	t.Parallel()
	l := aboard(t)
	l.ages(-time.Minute)
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	l.must(os.WriteFile(l.tokenFile(), []byte(strings.ReplaceAll(string(text), `"refreshToken":"`, `"refreshToken":"x`)), 0o600))
	p := &person{opens: browser}
	s, err := l.logsIn(p)
	l.must(err)
	if out := s.Outcome.(plan.SignedIn); !out.Open || len(p.visits) != 1 {
		t.Errorf("came to %+v after %d visits: %v", out, len(p.visits), s.Failures)
	}
}

// TestWithoutAPortalInTheBlueprintItIsAskedFor, and a group where there are several.
func TestWithoutAPortalInTheBlueprintItIsAskedFor(t *testing.T) {
	t.Parallel()
	b := blueprint.New()
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins"}, {Name: "dev", IdentityCenter: "Developers"}}
	paths := func(s *Start, given plan.Given) (asked []string) {
		questions, err := s.Questions(given)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions {
			asked = append(asked, q.Path)
		}
		return asked
	}
	if asked := paths(&Start{Repository: b}, plan.Given{}); !slices.Equal(asked, []string{PathGroup, PathStartURL, PathRegion}) {
		t.Errorf("asked %v", asked)
	}
	known := blueprint.IdentityCenter{StartURL: "https://acme.awsapps.com/start", Region: "eu-central-1"}
	if asked := paths(&Start{Repository: b, Portal: known, Me: "dev"}, plan.Given{}); len(asked) > 0 {
		t.Errorf("a member of a group that is named is asked %v", asked)
	}
	b.Groups = append(b.Groups, blueprint.Group{Name: "others", Users: []string{"bob"}})
	if asked := paths(&Start{Repository: b, Portal: known}, plan.Given{}); !slices.Equal(asked, []string{PathWay}) {
		t.Errorf("in a team with users, asked %v", asked)
	}
}

// TestOffboardingTakesTheMembershipAndNeverTheAssignment, and says until when sessions live.
func TestOffboardingTakesTheMembershipAndNeverTheAssignment(t *testing.T) {
	t.Parallel()
	c := signingIn(t)
	c.must(c.server.Directory(map[string][]string{"PlatformAdmins": {"dave@acme.com"}}))
	leaves := func(user string) (*plan.Summary, error) {
		f := (&Offboard{Answers: &blueprint.Answers{Blueprint: c.blueprint}, User: user, Now: time.Now}).Flow(c.env(c.desk, c.dir))
		f.Emit, f.Confirm = func(plan.Event) {}, enginetest.Agree
		return f.Run(context.Background())
	}
	mark := len(c.server.Log())
	s, err := leaves("dave@acme.com")
	c.must(err)
	if calls := c.mutations(mark); !slices.Equal(calls, []string{"identitystore:DeleteGroupMembership"}) {
		t.Errorf("called %v", calls)
	}
	out := s.Outcome.(plan.Departure)
	if out.Deny != plan.NotMember || s.ExitCode(false) != plan.ExitDone {
		t.Errorf("came to %+v with %d: %v", out, s.ExitCode(false), s.Findings)
	}
	if !out.Open || out.Until.Sub(out.Now) != 2*time.Hour { // that of the set, and a role's at its end
		t.Errorf("sessions live until %s, from %s", out.Until, out.Now)
	}
	if told := finding(s, "offboard.sessions-live"); told == nil || !strings.Contains(told.Evidence, "within 2 hours of leaving") {
		t.Errorf("of sessions it is told %v", told)
	}
	mark = len(c.server.Log())
	if _, err = leaves("dave@acme.com"); err != nil || len(c.mutations(mark)) > 0 {
		t.Errorf("a second run: %v, %v", err, c.mutations(mark))
	}
	var refusal *plan.Refusal
	if _, err := leaves("nobody@acme.com"); !errors.As(err, &refusal) || refusal.Finding != "offboard.unknown-user" {
		t.Errorf("nobody leaves: %v", err)
	}
	l := c.laptop("") // everybody else's access stays
	_, f := l.comesAsMember(&person{opens: browser})
	if s := l.run(f); s.ExitCode(false) != plan.ExitDone {
		t.Errorf("alice ended with %d: %v", s.ExitCode(false), s.Findings)
	}
}

// TestWhatElseGivesThePermissionSetIsTold: of a group of the directory that the blueprint named
// before, while the one that two of its groups name now is left once; and sessions last as long
// as the set says that is there.
func TestWhatElseGivesThePermissionSetIsTold(t *testing.T) {
	t.Parallel()
	c := signingIn(t)
	c.must(c.server.Directory(map[string][]string{"PlatformAdmins": {"dave@acme.com"}, "New": {"dave@acme.com"}}))
	b := *c.blueprint
	b.Groups = []blueprint.Group{
		{Name: "admins", IdentityCenter: "New", Environments: []string{blueprint.Everything}},
		{Name: "stagers", IdentityCenter: "New", Environments: []string{"staging"}},
	}
	env := c.env(c.desk, c.dir)
	home := env.Sessions.Home("eu-central-1")
	found, err := home.IdentityCenters(t.Context())
	c.must(err)
	sets, err := home.PermissionSets(t.Context(), found[0].ARN, "111111111111", []string{"Terraform-admins"})
	c.must(err)
	longer := awsops.UpdatePermissionSet(found[0].ARN, sets["Terraform-admins"].ARN, "PT12H").Input.(*ssoadmin.UpdatePermissionSetInput)
	who := c.server.Operator()
	_, err = ssoadmin.New(ssoadmin.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(c.server.URL()), Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, ""),
	}).UpdatePermissionSet(t.Context(), longer)
	c.must(err)
	f := (&Offboard{Answers: &blueprint.Answers{Blueprint: &b}, User: "dave@acme.com", Now: time.Now}).Flow(env)
	f.Emit, f.Confirm = func(plan.Event) {}, enginetest.Agree
	mark := len(c.server.Log())
	s, err := f.Run(t.Context())
	c.must(err)
	if calls := c.mutations(mark); !slices.Equal(calls, []string{"identitystore:DeleteGroupMembership"}) {
		t.Errorf("called %v", calls)
	}
	if out := s.Outcome.(plan.Departure); out.Deny != plan.NotDenied || s.ExitCode(false) != plan.ExitFindings {
		t.Errorf("came to %+v with %d", out, s.ExitCode(false))
	}
	told := finding(s, "offboard.left-over")
	if told == nil || !strings.Contains(told.Evidence, `Terraform-admins in account 111111111111 by the group "PlatformAdmins"`) || len(told.Commands) != 1 {
		t.Errorf("told %v", told)
	}
	if told := finding(s, "offboard.sessions-live"); told == nil || !strings.Contains(told.Evidence, "within 13 hours of leaving") {
		t.Errorf("of sessions it is told %v", told)
	}
}

// TestWhomAnIdentityProviderKeepsIsTakenOutThere and not here.
func TestWhomAnIdentityProviderKeepsIsTakenOutThere(t *testing.T) {
	t.Parallel()
	b := enginetest.Team(nil, "staging")
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{blueprint.Everything}}}
	c := newCompany(t, b, nil, nil)
	server := sandboxtest.Start(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Issuer: "https://idp.example"}})
	c.must(server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}}))
	c.movesIn(server)
	f := (&Offboard{Answers: &blueprint.Answers{Blueprint: c.blueprint}, User: "alice@acme.com", Now: time.Now}).Flow(c.env(c.desk, c.dir))
	f.Emit, f.Confirm = func(plan.Event) {}, enginetest.Agree
	mark := len(server.Log())
	s, err := f.Run(context.Background())
	c.must(err)
	if told := finding(s, "offboard.identity-provider"); told == nil || !strings.Contains(told.Remedy, "identity provider") || len(c.mutations(mark)) > 0 {
		t.Errorf("found %v, called %v", s.Findings, c.mutations(mark))
	}
}

// TestWhatAnIdentityProviderDoesNotKeepIsTakenAllTheSame: of two groups of the person one is
// the provider's, which is said with who can take the person out, and the other one's
// membership goes.
func TestWhatAnIdentityProviderDoesNotKeepIsTakenAllTheSame(t *testing.T) {
	t.Parallel()
	b := enginetest.Team(nil, "staging", "production")
	b.Groups = []blueprint.Group{
		{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{"staging"}},
		{Name: "locals", IdentityCenter: "Locals", Environments: []string{"production"}},
	}
	c := newCompany(t, b, nil, nil)
	server := sandboxtest.Start(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Issuer: "https://idp.example"}})
	c.must(server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}}))
	c.movesIn(server)
	env := c.env(c.desk, c.dir)
	center, err := env.Sessions.Home("eu-central-1").IdentityCenters(context.Background())
	c.must(err)
	store := center[0].Store
	home := env.Sessions.Home("eu-central-1")
	alice, err := home.StoreUser(context.Background(), store, "alice@acme.com")
	c.must(err)
	who := server.Operator()
	directory := identitystore.New(identitystore.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(server.URL()), Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, ""),
	})
	group, err := directory.CreateGroup(context.Background(), &identitystore.CreateGroupInput{IdentityStoreId: aws.String(store), DisplayName: aws.String("Locals")})
	c.must(err)
	_, err = directory.CreateGroupMembership(context.Background(), &identitystore.CreateGroupMembershipInput{
		IdentityStoreId: aws.String(store), GroupId: group.GroupId, MemberId: &identitytypes.MemberIdMemberUserId{Value: alice.ID},
	})
	c.must(err)
	f := (&Offboard{Answers: &blueprint.Answers{Blueprint: c.blueprint}, User: "alice@acme.com", Now: time.Now}).Flow(env)
	f.Emit, f.Confirm = func(plan.Event) {}, enginetest.Agree
	mark := len(server.Log())
	s, err := f.Run(context.Background())
	c.must(err)
	if calls := c.mutations(mark); !slices.Equal(calls, []string{"identitystore:DeleteGroupMembership"}) {
		t.Errorf("called %v", calls)
	}
	told := finding(s, "offboard.identity-provider")
	if told == nil || told.Subject != "admins" || !strings.Contains(told.Remedy, `Ask whoever manages your identity provider to take alice@acme.com out of "PlatformAdmins"`) {
		t.Errorf("found %v", s.Findings)
	}
	if out := s.Outcome.(plan.Departure); out.Deny != plan.NotDenied || s.ExitCode(false) != plan.ExitFindings {
		t.Errorf("came to %+v with %d", out, s.ExitCode(false))
	}
}

// TestNobodyTakesTheirOwnMembership: who has signed in as the person that is to leave is
// told so, whatever the case of the name.
func TestNobodyTakesTheirOwnMembership(t *testing.T) {
	t.Parallel()
	const session = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Terraform-admins_0123456789abcdef/alice@example.com"
	for name, c := range map[string]struct {
		who  awsops.Identity
		want bool
	}{
		"herself":              {awsops.Identity{ARN: session, Kind: awsops.KindRole, Name: "AWSReservedSSO_Terraform-admins_0123456789abcdef"}, true},
		"a role of that name":  {awsops.Identity{ARN: "arn:aws:sts::111111111111:assumed-role/Ops/alice@example.com", Kind: awsops.KindRole, Name: "Ops"}, false},
		"a user":               {awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice@example.com", Kind: awsops.KindUser, Name: "alice@example.com"}, false},
		"somebody else's sign": {awsops.Identity{ARN: strings.Replace(session, "alice", "bob", 1), Kind: awsops.KindRole, Name: "AWSReservedSSO_Terraform-admins_0123456789abcdef"}, false},
	} {
		if got := signedInAs(c.who, "Alice@example.com"); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// ended signs the person out at the portal, as on another laptop; the file still looks good.
func (l *laptop) ended() {
	l.t.Helper()
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	token, at := awsops.ReadPortalToken(text)
	_, err = sso.New(sso.Options{Region: at.Region, BaseEndpoint: aws.String(l.server.URL())}).Logout(l.t.Context(), &sso.LogoutInput{AccessToken: aws.String(token.Access.Reveal())})
	l.must(err)
}
