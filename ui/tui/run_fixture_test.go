package tui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/ui/learn"
)

const (
	someKey    = "arn:aws:kms:eu-west-1:111111111111:key/3dff4815-1b77-4c54-9cbe-03cdb4cd512c"
	someLock   = "7f6c9a1e-52b1-0e1d-6f3a-4d0c2f0e8b11"
	someReport = `Identity     arn:aws:iam::111111111111:user/alice
Failed call  sts:AssumeRole on arn:aws:iam::444444444444:role/TerraformAdmin

The role's trust policy lacks this statement:

{
  "Effect": "Allow",
  "Action": "sts:AssumeRole",
  "Principal": {"AWS": "arn:aws:iam::111111111111:root"}
}`
)

// ill is what troubleshooting finds: a cause that a change mends, something that
// takes a typed consent, something to be mended by hand, and something to know.
func ill() plan.Review {
	r := plan.Review{
		Looked: fresh{}, Outcome: plan.Health{},
		Checks: []plan.Check{
			{Name: "credentials file exists", Asked: "/home/alice/.aws/credentials", Answer: "it is there; profiles in it: 2", Verdict: plan.Passed},
			{Name: "identity", Asked: "sts:GetCallerIdentity with profile admin_iam", Answer: "arn:aws:iam::111111111111:user/alice", Verdict: plan.Passed},
			{Name: "key state", Asked: "kms:DescribeKey on " + someKey, Answer: "KeyState: Disabled", Verdict: plan.Failed, Finding: "kms-disabled"},
			{Name: "key permissions", Asked: "kms:GenerateDataKey as user/alice", Answer: "A disabled key answers before it looks at permissions.", Verdict: plan.Undecided},
			{Name: "lock holder", Subject: "common-production", Asked: "dynamodb:GetItem", Answer: "held since 17:02 by bob@laptop", Verdict: plan.Failed, Finding: "lock-held"},
			{Name: "state digest", Subject: "common-production", Asked: "dynamodb:GetItem and s3:HeadObject", Answer: "It matches the state.", Verdict: plan.Passed},
			{Name: "region and .terraform", Subject: "common-staging", Asked: "backend.tf", Answer: "backend: eu-west-1", Verdict: plan.Passed},
			{Name: "permission to assume the role", Subject: "production", Asked: "sts:AssumeRole", Answer: "AccessDenied", Verdict: plan.Failed, Finding: "assume-role-denied"},
		},
		Findings: []plan.Finding{
			{ID: "lock.pitr-off", Of: plan.NoStep, Severity: plan.Info, Evidence: "Point-in-time recovery of the lock table is off.", Remedy: "Nothing has to be done."},
			{ID: "kms-disabled", Of: plan.NoStep, Severity: plan.Failure, Evidence: "The state encryption key " + someKey + " is disabled.", Quote: "api error KMS.DisabledException", Remedy: "Confirm the change."},
			{ID: "lock-held", Subject: "common-production", Of: plan.NoStep, Severity: plan.Failure, Evidence: "The state of common-production has been locked since 17:02 by bob@laptop.", Remedy: "Release it when nothing runs any more."},
			{ID: "assume-role-denied", Subject: "production", Of: plan.NoStep, Severity: plan.Failure, Evidence: "user/alice may not assume role/TerraformAdmin.", Remedy: "Send the report to whoever may change IAM in account 444444444444.", Details: someReport},
		},
		Changes: []plan.Change{
			{
				ID: "key.enable", Step: 4, Action: plan.Update, Title: "Enable the state encryption key", Target: someKey, Fixes: []string{"kms-disabled"},
				Fields: []plan.Field{{Name: "enabled", Before: "false", After: "true"}}, Undo: "aws kms disable-key",
				Calls: []awsops.Call{{Service: "kms", Operation: "EnableKey", Input: &struct{ KeyID string }{someKey}}},
			},
			{
				ID: "files.backend", Step: 7, Action: plan.WriteFile, Title: "Write backend.tf of common-staging", Target: "live/staging/backend.tf", Needs: []string{"key.enable"},
				Write: &plan.Write{Diff: "--- a\n+++ b\n@@ -1 +1 @@\n-  region = \"us-east-1\"\n+  region = \"eu-west-1\"\n"},
			},
		},
		NotOurs: []plan.Change{{
			ID: "lock.release", Step: 6, Action: plan.Delete, Title: "Release the lock of common-production", Fixes: []string{"lock-held@common-production"},
			NotOurs: someLock, ConfirmByName: true, Risk: "Whoever still runs Terraform there may write over your state.",
		}},
	}
	r.Changes[0].Judge(plan.Gives(plan.WidensKeyPolicy, "key "+someKey, "The key may be used again by anyone whom its policy and the account's policies allow."))
	return r
}

// unasked is what a run without credentials is told.
func unasked() *plan.Refusal {
	return &plan.Refusal{
		Finding: "credentials-missing", Title: "You are not signed in to AWS.",
		What:   "No credentials were found in the environment, the shared files or the machine.",
		Remedy: "Sign in to the admin account in another window, then try again.",
		Commands: []plan.ShellCommand{
			{Does: "Start again with profile work", Line: "stateroom setup --profile work"},
			{Does: "Sign in with IAM Identity Center", Line: "aws configure sso"},
			{Does: "Store an access key", Line: "aws configure"},
		},
		Tried: []plan.Fact{
			{Name: "Environment", Value: "AWS_ACCESS_KEY_ID is not set"},
			{Name: "Profile default", Value: "in neither ~/.aws/credentials nor ~/.aws/config"},
			{Name: "This machine", Value: "its metadata service gives no role"},
		},
	}
}

// noOrganization is what a set-up says in an account that is in none.
func noOrganization(t testing.TB) *plan.Refusal {
	t.Helper()
	who := awsops.Identity{Account: "111111111111", ARN: "arn:aws:iam::111111111111:user/operator"}
	opening := steps.Opening{
		Answers: &blueprint.Answers{Blueprint: blueprint.New()}, All: true, Answered: func(string) bool { return false },
		Found: &blueprint.Discovery{Alone: true, Account: who.Account, Identity: who},
	}
	_, err := opening.Open(t.Context(), plan.Given{}, plan.Asks{})
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	return refusal
}

// refusing is a run that could not begin.
func refusing(t testing.TB, l look, mode *Mode, refusal *plan.Refusal) *root {
	m := opened(t, l, mode, Options{})
	answerWith(m, engine.Opened{}, refusal)
	return m
}

// refusedAfterAnswers is an onboarding whose answers could not be tried yet.
func refusedAfterAnswers(t testing.TB, l look) *root {
	m := opened(t, l, Onboard, Options{})
	answerWith(m, engine.Opened{Questions: handoverQuestions()}, nil)
	press(m, "enter", "a secret", "enter")
	m.engine.start.Kept = func() bool { return true }
	answerWith(m, engine.Opened{}, &plan.Refusal{
		Finding: "network-unreachable", Title: "AWS could not be reached.", What: "No connection to the endpoint could be made.",
		Remedy:   "Check the network, the proxy and --endpoint-url.",
		Commands: []plan.ShellCommand{{Does: "Check the way to AWS without stateroom", Line: "curl --head https://sts.eu-west-1.amazonaws.com"}},
		Tried:    []plan.Fact{{Name: "Asked", Value: "sts:GetCallerIdentity in eu-west-1"}, {Name: "Answer", Value: "dial tcp: lookup sts.eu-west-1.amazonaws.com: no such host."}},
	})
	return m
}

// healthy is a look that finds nothing.
func healthy() plan.Review {
	return plan.Review{Looked: fresh{}, Outcome: plan.Health{}, Checks: []plan.Check{
		{Name: "credentials file exists", Asked: "the file", Answer: "it is there; profiles in it: 2", Verdict: plan.Passed},
		{Name: "identity", Asked: "sts:GetCallerIdentity", Answer: "arn:aws:iam::111111111111:user/alice", Verdict: plan.Passed},
	}}
}

// aboard is what onboarding finds at its end: one environment refuses.
func aboard() plan.Review {
	r := plan.Review{
		Looked: fresh{}, Proof: plan.Unproved(plan.ProofFailed), Outcome: plan.Aboard{User: "bob", Own: true, Places: []plan.Place{
			{Environment: "staging", Reach: plan.Planned}, {Environment: "production", Reach: plan.Refused},
		}},
		Checks: []plan.Check{{Name: "handover", Asked: "handover/bob.age", Answer: "no longer needed", Verdict: plan.Passed}},
		Findings: []plan.Finding{{
			ID: "assume-role-denied", Subject: "production", Of: plan.NoStep, Severity: plan.Failure, Details: someReport,
			Evidence: "user/bob may not assume role/TerraformAdmin: its trust policy does not name you.", Remedy: "Send the report to alice, who can add you.",
		}},
	}
	for _, e := range []string{"staging", "production"} {
		verdict, finding := plan.Passed, ""
		if e == "production" {
			verdict, finding = plan.Failed, "assume-role-denied"
		}
		r.Checks = append(r.Checks, plan.Check{Name: "role assumed", Subject: e, Asked: "sts:AssumeRole", Answer: "told", Verdict: verdict, Finding: finding})
		if verdict == plan.Passed {
			for _, name := range []string{"in the account", "read allowed"} {
				r.Checks = append(r.Checks, plan.Check{Name: name, Subject: e, Asked: "s3:ListAllMyBuckets", Answer: "told", Verdict: verdict})
			}
		}
		for _, name := range []string{"files match", "initialized", "state readable", "key usable", "lock works", "terraform plan"} {
			verdict := plan.Passed
			if e == "production" && name == "terraform plan" {
				verdict = plan.Undecided
			}
			r.Checks = append(r.Checks, plan.Check{Name: name, Subject: "common-" + e, Asked: name, Answer: "told", Verdict: verdict})
		}
	}
	return r
}

// coming is what onboarding would change.
func coming() plan.Review {
	r := plan.Review{Looked: fresh{}, Outcome: plan.Aboard{User: "bob", Places: []plan.Place{{Environment: "staging"}}}, Proof: plan.Unproved(plan.NotTried), Checks: aboard().Checks[:1]}
	for i, title := range []string{"Create a second access key, which nobody has seen", "Write profile admin_iam", "Write the role profile admin_iam-production"} {
		r.Changes = append(r.Changes, plan.Change{ID: fmt.Sprint("c", i), Step: 7, Action: plan.Create, Title: title})
	}
	return r
}

// manyChecks is a look of n checks over subjects.
func manyChecks(n, subjects int) []plan.Check {
	list := make([]plan.Check, n)
	for i := range list {
		list[i] = plan.Check{
			Name: fmt.Sprintf("check %d", i/subjects), Subject: fmt.Sprintf("team-%05d", i%subjects), Asked: "sts:AssumeRole",
			Answer: "assumed", Verdict: []plan.Verdict{plan.Passed, plan.Passed, plan.Failed, plan.Undecided}[i%4],
		}
	}
	return list
}

// teamOfTwo is the team with a second environment.
func teamOfTwo() *blueprint.Answers {
	a := team()
	e := blueprint.NewEnvironment("staging")
	e.Account = "222222222222"
	a.Environments = append(a.Environments, e)
	a.Projects = append(a.Projects, blueprint.Project{Name: "common-staging", Environment: "staging"})
	return a
}

// fakeFlow is a flow whose looks give the reviews one after the other, the last
// one from then on. Its changes have nothing to send.
func fakeFlow(t testing.TB, reviews ...plan.Review) *engine.Flow {
	looks := 0
	return &engine.Flow{
		Env:     &engine.Env{Dir: t.TempDir(), Parallel: 2, Emit: func(plan.Event) {}},
		Answers: teamOfTwo(),
		Steps:   steps.Order(),
		Look: func(_ context.Context, env *engine.Env) (plan.Review, error) {
			r := reviews[min(looks, len(reviews)-1)]
			looks++
			for i := range r.Checks {
				env.Emit(plan.Event{Kind: plan.EventCheck, Check: &r.Checks[i]})
			}
			return r, nil
		},
		Close: func(s *plan.Summary) (notes []string, then string) {
			if s.Applied > 0 {
				notes = []string{"Backups: /home/alice/.aws/credentials.bak"}
			}
			return notes, "run terraform plan in live/production"
		},
	}
}

// opened is a run that has begun; nobody has answered anything.
func opened(t testing.TB, l look, mode *Mode, o Options) *root {
	o.Modes = []*Mode{mode}
	m := newTestRoot(t, l, o)
	m.Update(begunMsg{start: &Start{Open: func(context.Context, plan.Given, plan.Asks) (engine.Opened, error) {
		return engine.Opened{}, errors.New("nobody runs this")
	}, Note: sandboxNote}})
	return m
}

// answerWith brings what follows from the answers.
func answerWith(m *root, o engine.Opened, err error) {
	_, cmd := m.Update(openedMsg{opened: o, err: err})
	deliver(m, cmd)
}

// lookedAt is a run with its review on the screen.
func lookedAt(t testing.TB, l look, mode *Mode, o Options, r plan.Review) *root {
	m := opened(t, l, mode, o)
	flow := fakeFlow(t, r)
	answerWith(m, engine.Opened{Flow: flow}, nil)
	msg := reviewedMsg{flow: flow, review: r}
	if len(r.Changes)+len(r.NotOurs) == 0 {
		msg.settled = &plan.Summary{Outcome: r.Outcome, Proof: r.Proof, Findings: r.Findings, Checks: r.Checks}
		msg.settled.Notes, msg.settled.Then = flow.Close(msg.settled)
	}
	m.Update(msg)
	return m
}

// onFinding puts the cursor on a finding.
func onFinding(m *root, id string) {
	m.run.list.find(func(it item) bool { f, is := it.(*findingItem); return is && f.ID == id })
}

// looking is a run in the middle of its checks.
func looking(t testing.TB, l look, o Options) *root {
	m := opened(t, l, Troubleshoot, o)
	answerWith(m, engine.Opened{Flow: fakeFlow(t, ill())}, nil)
	checks := ill().Checks
	for i := range checks[:6] {
		tell(m, plan.Event{Kind: plan.EventCheck, Check: &checks[i]})
	}
	m.run.refresh()
	return m
}

// mending is a run whose changes are being made: one failed, one is under way.
func mending(t testing.TB, l look) *root {
	m := lookedAt(t, l, Troubleshoot, Options{Sandbox: true}, ill())
	press(m, "enter", "down", "enter")
	c := m.run.review.Changes
	tell(m, plan.Event{Kind: plan.EventStarted, Change: &c[0]},
		plan.Event{Kind: plan.EventFailed, Change: &c[0], Err: errors.New("kms:EnableKey as user/alice: AccessDenied (request 4711)")},
		plan.Event{Kind: plan.EventStarted, Change: &c[1]})
	m.run.refresh()
	return m
}

// mendedRoot is the last screen: the key is enabled, the rest remains.
func mendedRoot(t testing.TB, l look) *root {
	m := lookedAt(t, l, Troubleshoot, Options{Sandbox: true}, ill())
	press(m, "enter", "down", "enter")
	c, after := m.run.review.Changes, ill()
	for i := range c {
		tell(m, plan.Event{Kind: plan.EventStarted, Change: &c[i]}, plan.Event{Kind: plan.EventApplied, Change: &c[i], Took: 12 * time.Millisecond})
	}
	after.Changes, after.Findings = nil, append(after.Findings[:1:1], after.Findings[2:]...)
	after.Checks[2].Answer = "KeyState: Enabled"
	after.Checks[2].Verdict, after.Checks[2].Finding, after.Checks[3].Verdict = plan.Passed, "", plan.Passed
	m.Update(madeMsg{review: after, summary: &plan.Summary{
		Change: 2, Applied: 2, NotOurs: after.NotOurs, Outcome: after.Outcome, Checks: after.Checks, Findings: after.Findings, Notes: []string{"Backups: live/staging/backend.tf.bak"}, Then: "run terraform plan in live/staging",
	}})
	return m
}

// ways are the three of troubleshooting, the longest that a terminal of 80 takes.
func ways() []plan.Question {
	options := []string{"Check everything: files, identity, key, bucket, lock, roles, state", "Paste what Terraform printed, and check what it points to", "Let Terraform run init and plan, and read what it says"}
	return []plan.Question{{Path: "way", Prompt: "What do you want to begin with?", Kind: plan.Choice, Options: options, Default: options[0], Help: "The checks are the same each time."}}
}

// pasteQuestion asks for an error text.
func pasteQuestion() []plan.Question {
	return []plan.Question{{Path: "error", Prompt: "What Terraform printed", Kind: plan.Lines, Required: true, Help: "Paste all of it."}}
}

// handoverQuestions are onboarding's first page.
func handoverQuestions() []plan.Question {
	return []plan.Question{
		{Path: "handover", Prompt: "Handover file", Kind: plan.Text, Default: "handover/bob.age", Required: true, Help: "The operator gave it to you."},
		{Path: "passphrase", Prompt: "Its passphrase", Kind: plan.Secret, Required: true, Help: "Six groups of four."},
	}
}

// someProjects is somebody who joins in a clone without a blueprint, and nothingTold in a
// folder without anything.
func someProjects() *onboard.Start {
	b := blueprint.New()
	b.AdminAccount, b.Bucket.Name = "111111111111", "acme-terraform-state"
	for _, name := range []string{"production", "staging"} {
		b.Projects = append(b.Projects, blueprint.Project{Name: "live-" + name, Dir: "live/" + name, Environment: name})
	}
	return &onboard.Start{Projects: b}
}

func nothingTold() *onboard.Start {
	return &onboard.Start{
		Untold: "no project in /home/alice has both a backend \"s3\" with bucket, key, region and kms_key_id, and a provider \"aws\" with an assume_role",
		Tells:  func(string) error { return errors.New("there is no such folder") },
	}
}

// joining is an onboarding that has come to the page after an answer, the first without one.
func joining(t testing.TB, l look, s *onboard.Start, way ...string) *root {
	t.Helper()
	m, given := opened(t, l, Onboard, Options{}), plan.Given{}
	for _, w := range append(way, "") {
		questions, err := s.Questions(given)
		if err != nil {
			t.Fatal(err)
		}
		answerWith(m, engine.Opened{Questions: questions, Stage: s.Stage()}, nil)
		for i := 0; w != "" && questions[0].Options[i] != w; i++ {
			press(m, "down")
		}
		if w != "" {
			press(m, "enter")
			given[onboard.PathWay] = secret.New(w)
		}
	}
	return m
}

// pasted is a bracketed paste.
func pasted(text string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}
}

// errorText is what Terraform prints, n lines of it.
func errorText(n int) string {
	return strings.Repeat("│ Error: Failed to save state\r", n) + "╵"
}

func someEnrolment() plan.Enrolment {
	return plan.Enrolment{User: "bob", Account: "111111111111", Seed: secret.New(strings.Repeat("QVRZ4K7MHDSE2XJA", 4))}
}

// someCourse are two chapters of faults to practise.
func someCourse() []learn.Chapter {
	first := []learn.Fault{
		{
			Name: "bucket-missing", Text: "The state bucket was deleted.", Goal: "terraform plan works again in live/staging.",
			Says: "Error: S3 bucket \"acme-terraform-state\" does not exist.", Short: "S3 bucket does not exist", Fix: "Correct the name in the backend, or create the bucket with stateroom setup.",
			Hints: []string{"Compare two names: the bucket in the backend, and the ones that exist.", "Run aws s3 ls, and grep bucket live/staging/backend.tf.", "The state bucket was deleted."},
		},
		{
			Name: "kms-disabled", Text: "Somebody disabled the state encryption key.", Goal: "terraform plan works again in live/staging.",
			Says: "Error: api error KMS.DisabledException: " + someKey + " is disabled.", Short: "KMS.DisabledException", Fix: "Enable the key.",
			Hints: []string{"Nobody's permissions have changed. Look at the key itself.", "Run aws kms describe-key --key-id alias/terraform, and look at KeyState.", "Somebody disabled the state encryption key."},
		},
		{
			Name: "lock-held", Text: "A lock was left behind by a laptop that was closed in the middle of an apply.", Goal: "Find out who holds the lock.", Find: true,
			Says: "Error: Error acquiring the state lock", Short: "Error acquiring the state lock", Fix: "Wait for the holder.", Hints: []string{"Who holds it?", "Read Who and Created.", "It was left behind."},
		},
	}
	var more []learn.Fault
	for i := range 30 {
		more = append(more, learn.Fault{
			Name: fmt.Sprintf("fault-%02d", i), Text: "Something else that goes wrong with a finished setup.", Goal: "It works again.",
			Says: "Error: something", Short: "Something else", Hints: []string{"Look.", "Try.", "It is broken."}, Fix: "Fix it.",
		})
	}
	return []learn.Chapter{
		{Title: "The bucket and its key", About: "What protects the state, and what to do when it is in the way.", Faults: first},
		{Title: "The rare ones", About: "What few will ever meet.", Faults: more},
	}
}

// lessonRoot is the lesson of the second fault of the first chapter, whose rehearsal is
// there; what is learned is booked in memory.
func lessonRoot(t testing.TB, l look) *root {
	learned := learn.Progress{Points: map[string]int{"bucket-missing": 3}, Surprises: 2, Won: 5}
	m := newTestRoot(t, l, Options{
		Modes: []*Mode{Troubleshoot}, Sandbox: true, Course: someCourse(), Progress: learned,
		Learned: func(fault string, points int, surprise bool) (learn.Progress, error) {
			learned.Points = maps.Clone(learned.Points)
			learned.Points[fault] = points
			if surprise {
				learned.Surprises, learned.Won = learned.Surprises+1, learned.Won+points
			}
			return learned, nil
		},
	})
	press(m, "enter", "enter")
	rehearsed(m, fakeFlow(t, ill()))
	return m
}

// rehearsed brings the rehearsal of the fault that was chosen.
func rehearsed(m *root, flow *engine.Flow) {
	for _, msg := range []tea.Msg{
		begunMsg{start: &Start{
			Open: func(context.Context, plan.Given, plan.Asks) (engine.Opened, error) {
				return engine.Opened{}, errors.New("nobody runs this")
			},
			Terminal: []string{". /tmp/stateroom-sandbox-1/terminal.sh", "cd /tmp/stateroom-sandbox-1/live/staging", "terraform plan"}, Note: sandboxNote,
		}},
		openedMsg{opened: engine.Opened{Flow: flow}},
	} {
		_, cmd := m.Update(msg)
		deliver(m, cmd)
	}
}

// saw brings what a look has found.
func saw(m *root, r plan.Review) {
	msg := reviewedMsg{flow: m.run.flow, review: r}
	if len(r.Changes) == 0 {
		msg.settled = &plan.Summary{Findings: r.Findings, Checks: r.Checks}
	}
	_, cmd := m.Update(msg)
	deliver(m, cmd)
}
