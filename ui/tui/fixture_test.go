package tui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
)

// look is how a test's terminal looks.
type look struct {
	width, height int
	colour, dark  bool
	utf8          bool
}

var plainLook = look{width: 120, height: 36, utf8: true}

// newTestRoot is a program whose commands nobody runs: a test hands it the
// messages that they would bring.
func newTestRoot(t testing.TB, l look, o Options) *root {
	t.Helper()
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.Ascii)
	if l.colour {
		r.SetColorProfile(termenv.TrueColor)
	}
	r.SetHasDarkBackground(l.dark)
	m := newRoot(t.Context(), o, theme.New(r, l.utf8))
	m.paint = r.SetHasDarkBackground
	m.engine.ended = true
	m.Update(tea.WindowSizeMsg{Width: l.width, Height: l.height})
	return m
}

// press sends keys by their names; what they answer with is delivered as long as
// it is a message between screens.
func press(m *root, names ...string) {
	for _, name := range names {
		deliver(m, m.key(keyNamed(name)))
	}
}

// keyNamed is pressed, with "space" for what is hard to read in a list.
func keyNamed(name string) tea.KeyMsg {
	if name == "space" {
		name = " "
	}
	return pressed(name)
}

// deliver runs a command and hands on its message, as the program does. The
// engine's commands end at once: it has ended before it began.
func deliver(m *root, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, spinner.TickMsg:
	case tea.QuitMsg, tea.SuspendMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			deliver(m, c)
		}
	default:
		_, next := m.Update(msg)
		deliver(m, next)
	}
}

// team is a blueprint with one environment and one project.
func team() *blueprint.Answers {
	b := blueprint.New()
	b.AdminAccount = "111111111111"
	b.Bucket.Name = "acme-terraform-state"
	b.Groups = []blueprint.Group{{Name: "admins", Users: []string{"alice", "bob"}}}
	e := blueprint.NewEnvironment("production")
	e.Account = "444444444444"
	b.Environments = []blueprint.Environment{e}
	b.Projects = []blueprint.Project{{Name: "common-production", Environment: "production"}}
	b.FillDefaults()
	return &blueprint.Answers{Blueprint: b, Me: "alice"}
}

const somePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"],"Resource":"arn:aws:iam::444444444444:role/TerraformAdmin"}]}`

// fresh is a look that nothing was made of yet. The engine carries out none but its
// own.
type fresh struct{}

func (fresh) Fresh() bool { return true }

// theTeams is the set-up of the fixtures' team.
func theTeams() plan.SetUp {
	return plan.SetUp{Environments: []string{"production"}, Admin: "alice"}
}

// at is when the fixtures' proofs were made.
var at = time.Date(2026, 11, 29, 14, 3, 0, 0, time.Local)

// asAlice is a proof by the admin whose laptop it is.
func asAlice() plan.Proof {
	return plan.Proof{State: plan.Proven, As: "alice", With: plan.WithTerraform, Version: "1.11.4", At: at}
}

// proposed is a small proposed with every kind of change.
func proposed() plan.Review {
	r := plan.Review{
		Looked: fresh{}, Outcome: theTeams(), Proof: plan.Unproved(plan.NotTried),
		Actor: plan.Actor{Account: "111111111111", Name: "acme-admin", Identity: "user/operator"},
		Changes: []plan.Change{
			{
				ID: "iam.user.alice", Step: 2, Action: plan.Create, Title: "Create the user alice", Target: "arn:aws:iam::111111111111:user/alice",
				Fields: []plan.Field{{Name: "name", After: "alice"}},
				Calls:  []awsops.Call{{Service: "iam", Operation: "CreateUser", Input: &struct{ UserName string }{"alice"}}},
				Undo:   "aws iam delete-user --user-name alice",
			},
			{
				ID: "iam.policy.assume", Step: 2, Action: plan.Create, Title: "Create the policy stateroom-admins-assume-1", Needs: []string{"iam.user.alice"},
				Fields: []plan.Field{{Name: "policy", After: somePolicy}},
			},
			{
				ID: "key.create", Step: 4, Action: plan.Create, Title: "Create the state encryption key", Cents: 100, Cost: "about 1 USD a month",
				Fields: []plan.Field{{Name: "arn", After: plan.KnownAfterApply}},
			},
			{
				ID: "bucket.versioning", Step: 5, Action: plan.Update, Title: "Keep every version of the state", Target: "arn:aws:s3:::acme-terraform-state",
				Fields: []plan.Field{{Name: "versioning", Before: "Suspended", After: "Enabled"}}, Needs: []string{"key.create"},
				Risk: "Old versions are kept and paid for until the lifecycle lets them expire, which for a state of a few kilobytes is next to nothing.",
			},
			{
				ID: "files.backend", Step: 7, Action: plan.WriteFile, Title: "Write backend.tf of project common-production", Target: "/work/live/production/backend.tf",
				Write: &plan.Write{Edit: files.Edit{}, Diff: "--- a\n+++ b\n@@ -0,0 +1,3 @@\n+terraform {\n+  backend \"s3\" {}\n+}\n"}, Needs: []string{"key.create"},
			},
			{
				ID: "init.common-production", Step: 8, Action: plan.RunCommand, Title: "Initialize project common-production",
				Run: &plan.Run{Command: plan.Init{}, Project: "common-production", Dir: "/work/live/production", Lines: []string{"terraform init"}}, Needs: []string{"files.backend"},
			},
		},
		NotOurs: []plan.Change{{
			ID: "lock.pitr", Step: 6, Action: plan.Update, Title: "Turn on point-in-time recovery of the lock table",
			Target: "arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks", NotOurs: "arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks",
		}},
		Findings: []plan.Finding{
			{ID: "lock.not-ours", Step: 6, Severity: plan.Warning, Evidence: "The table terraform_locks exists already and does not carry this blueprint's tag.", Remedy: "Adopt it, or choose another name."},
			{ID: "account.others", Step: 1, Severity: plan.Info, Evidence: "The admin account holds 3 other resources.", Remedy: "Nothing has to be done."},
		},
	}
	r.Changes[0].Judge(plan.Gives(plan.WidensUser, "alice", "alice becomes a user of account 111111111111."))
	return r
}

// stepCount is how many steps set-up has.
var stepCount = len(steps.Outline())

// newOperator is the opening of somebody with an organization of three accounts and
// no blueprint.
func newOperator() *steps.Opening {
	o := openingOf(&blueprint.Answers{Blueprint: blueprint.New()})
	o.All = true
	o.Found = &blueprint.Discovery{Account: "111111111111", Identity: operator}
	for _, a := range manyAccounts(3) {
		o.Found.Accounts = append(o.Found.Accounts, awsops.Account{ID: a.ID, Name: a.Name, Email: a.Email, State: "ACTIVE"})
	}
	return o
}

var operator = awsops.Identity{ARN: "arn:aws:iam::111111111111:user/operator", Account: "111111111111", Partition: "aws"}

// openingOf is set-up's opening with these answers; nothing behind it is looked at.
func openingOf(a *blueprint.Answers) *steps.Opening {
	return &steps.Opening{
		Answers: a, Answered: func(string) bool { return false },
		World: func(context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error) { return &engine.Env{}, nil },
	}
}

func sandboxNote(*plan.Summary) string { return "This was the sandbox." }

// follow brings what the opening makes of the answers so far.
func follow(t testing.TB, m *root, o *steps.Opening) {
	t.Helper()
	opened, err := o.Open(t.Context(), m.run.asked.given, plan.Asks{})
	answerWith(m, opened, err)
}

// asked is set-up at its first question.
func asked(t testing.TB, l look, o *steps.Opening) *root {
	m := newTestRoot(t, l, Options{})
	m.Update(begunMsg{start: &Start{}})
	follow(t, m, o)
	return m
}

// begun has its answers; looking is under way.
func begun(t testing.TB, l look, o Options) *root {
	m := newTestRoot(t, l, o)
	m.Update(begunMsg{start: &Start{Note: sandboxNote}})
	follow(t, m, openingOf(team()))
	m.run.flow.Env.Dir = t.TempDir()
	return m
}

// inspected says how a step's inspection ended.
func inspected(m *root, step int, err error) {
	tell(m, plan.Event{Kind: plan.EventInspected, Step: step, Err: err})
}

// seen is what the look of the fixtures finds.
func seen(m *root) plan.Outline {
	out := m.run.flow.Outline()
	out.Who, out.Partition = "111111111111  user/operator", "aws"
	out.Stages[0].Facts = []plan.Fact{
		{Name: "You are", Value: operator.ARN},
		{Name: "Organization", Value: "o-abcdefghij, management account 111111111111"},
		{Name: "Environments", Value: "production (444444444444)"},
	}
	out.Stages[1].Facts = []plan.Fact{{Name: "Admins to make", Value: "alice, bob"}, {Name: "You", Value: "alice, whose key goes into this laptop's own profile"}}
	out.Stages[6].Facts = []plan.Fact{{Name: "Project", Value: "common-production in live/production, for production"}}
	return out
}

// shown has looked, and shows the review.
func shown(m *root, r plan.Review, out plan.Outline) {
	for n := 1; n <= stepCount; n++ {
		inspected(m, n, nil)
	}
	m.Update(reviewedMsg{flow: m.run.flow, review: r, outline: out})
}

// reviewingRoot shows the plan.
func reviewingRoot(t testing.TB, l look, o Options) *root {
	m := begun(t, l, o)
	shown(m, proposed(), seen(m))
	return m
}

// applyingRoot is in the middle: one done, one failed, one running.
func applyingRoot(t testing.TB, l look) *root {
	m := reviewingRoot(t, l, Options{Sandbox: true})
	m.run.apply(0)
	c := m.run.review.Changes
	tell(m, plan.Event{Kind: plan.EventStarted, Change: &c[0]}, plan.Event{Kind: plan.EventApplied, Change: &c[0], Took: 12 * time.Millisecond},
		plan.Event{Kind: plan.EventStarted, Change: &c[1]},
		plan.Event{Kind: plan.EventFailed, Change: &c[1], Err: errors.New("iam:CreatePolicy as arn:aws:iam::111111111111:user/operator: AccessDenied (request 4711)")},
		plan.Event{Kind: plan.EventStarted, Change: &c[2]},
		plan.Event{Kind: plan.EventLine, Change: &c[5], Text: "Initializing the backend..."},
		plan.Event{Kind: plan.EventLine, Change: &c[5], Text: "Error: Failed to get existing workspaces"})
	m.run.refresh()
	return m
}

func tell(m *root, events ...plan.Event) {
	for _, e := range events {
		m.Update(e)
	}
}

// finished is the last screen after everything was made.
func finished(t testing.TB, l look) *root {
	m := applyingRoot(t, l)
	summary := &plan.Summary{
		Add: 5, Change: 1, Applied: 6, Outcome: complete(), Proof: asAlice(),
		Notes: []string{"State: s3://acme-terraform-state in eu-west-1.", "Cost: about 1 USD a month for the key."}, Then: "commit stateroom.hcl",
	}
	m.Update(madeMsg{summary: summary, review: plan.Review{Looked: fresh{}, Outcome: summary.Outcome, Proof: summary.Proof}, outline: seen(m)})
	return m
}

// complete is the team's set-up once it is there, with bob's key to collect.
func complete() plan.SetUp {
	o := theTeams()
	o.Begun, o.Sealed = true, []plan.Sealed{{User: "bob", Path: "handover/bob.age", Until: at.AddDate(0, 0, 7)}}
	return o
}

// manyAccounts is a large organization.
func manyAccounts(n int) []plan.Account {
	list := make([]plan.Account, n)
	for i := range list {
		id, name := fmt.Sprintf("5%011d", i+1), fmt.Sprintf("team-%04d", i+1)
		list[i] = plan.Account{ID: id, Name: name, Email: name + "@example.com", Pair: name + "=" + id}
	}
	return list
}
