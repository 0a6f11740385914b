package words

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"stateroom/steps/plan"
)

var (
	now      = time.Date(2026, 11, 29, 14, 3, 0, 0, time.Local)
	three    = []string{"staging", "preprod", "production"}
	complete = plan.SetUp{Environments: three, Admin: "alice", Begun: true}
	bobs     = plan.Sealed{User: "bob", Path: "handover/bob.age", Until: time.Date(2026, 12, 4, 9, 0, 0, 0, time.Local)}
	asAlice  = plan.Proof{State: plan.Proven, As: "alice", With: plan.WithTerraform, Version: "1.11.4", At: now}
	operator = plan.Proof{State: plan.ProvenAsOperator, As: "user/operator", With: plan.WithTerraform, Version: "1.11.4", At: now}
	wrong    = []plan.Finding{{ID: "key.disabled", Severity: plan.Failure, Lead: "The state encryption key is disabled."}}
	passed   = []plan.Check{{Name: "identity", Verdict: plan.Passed}, {Name: "key state", Verdict: plan.Passed}}
)

func places(reaches ...plan.Reach) (all []plan.Place) {
	for i, r := range reaches {
		all = append(all, plan.Place{Environment: three[i], Reach: r})
	}
	return all
}

// TestEveryEndingOpensWithWhatIsSoForAPerson has every way through the program end in
// every way in which it can.
func TestEveryEndingOpensWithWhatIsSoForAPerson(t *testing.T) {
	withKey := complete
	withKey.Sealed = []plan.Sealed{bobs}
	unfetched := complete
	unfetched.Unfetched = []string{"common-staging", "common-production"}
	guarded, allGuarded := complete, complete
	guarded.MFA, allGuarded.MFA = []string{"production"}, three
	carol := plan.Departure{User: "carol", Account: "111111111111", Deny: plan.Denies, Open: true, Until: time.Date(2026, 11, 29, 18, 40, 0, 0, time.UTC), Now: time.Date(2026, 11, 29, 14, 3, 0, 0, time.UTC)}
	left, still, slow, gone := carol, carol, carol, carol
	left.Open, still.Deny, slow.Deny, gone.Deny, gone.Open = false, plan.NotDenied, plan.NotInForce, plan.Gone, false
	for name, c := range map[string]struct {
		s    plan.Summary
		mark Mark
		want string // the first lines, joined
	}{
		"setup made":                 {plan.Summary{Outcome: withKey, Proof: asAlice, Applied: 42}, Works, "Alice can run Terraform in staging, preprod and production. Bob's key waits in handover/bob.age until 4 December. Proven as alice, with Terraform 1.11.4, at 14:03. 42 changes made, 0 failed, 0 left out."},
		"setup there already":        {plan.Summary{Outcome: complete, Proof: asAlice}, Works, "Alice can run Terraform in staging, preprod and production. Proven as alice, with Terraform 1.11.4, at 14:03. Nothing was changed."},
		"setup without providers":    {plan.Summary{Outcome: unfetched, Proof: asAlice, Applied: 42}, Works, "Alice can use the state and the roles of staging, preprod and production. terraform init still has to download providers in 2 projects."},
		"setup with MFA in one":      {plan.Summary{Outcome: guarded, Proof: asAlice}, Works, "Alice can run Terraform in staging and preprod. The role of production requires MFA and was not tested. Proven as alice, with Terraform 1.11.4, at 14:03. Nothing was changed."},
		"setup with MFA in all":      {plan.Summary{Outcome: allGuarded, Proof: asAlice}, Works, "Alice can use the state. The roles of staging, preprod and production require MFA and were not tested. Proven as alice"},
		"setup by the operator":      {plan.Summary{Outcome: complete, Proof: operator, Applied: 42}, OperatorOnly, "The setup for staging, preprod and production is complete, but no admin has used it yet. Proven as the operator only (user/operator), with Terraform 1.11.4, at 14:03: that does not show what an admin may do."},
		"setup with something wrong": {plan.Summary{Outcome: complete, Proof: operator, Applied: 42, Findings: []plan.Finding{{Severity: plan.Failure}}}, Wrong, "The setup for staging, preprod and production is not complete: fix what the findings describe. Proven as the operator only"},
		"setup unproven":             {plan.Summary{Outcome: complete, Proof: plan.Unproved(plan.ProofNeedsAdmin), Applied: 42}, Unshown, "The setup for staging, preprod and production is complete, but it is not proven. Not proven: the operator does not have an admin's permissions, and no admin's profile is on this laptop."},
		"setup interrupted":          {plan.Summary{Outcome: complete, Proof: plan.Unproved(plan.ProofInterrupted), Applied: 42, Stopped: true}, Unshown, "Interrupted after every change was made. The setup for staging, preprod and production is complete. Not proven: the run was interrupted. Again to prove it. 42 changes made, 0 failed."},
		"interrupted, no proof":      {plan.Summary{Outcome: plan.Health{}, Applied: 1, Stopped: true, Stale: true}, Unshown, "Interrupted after every change was made: the result is not proven. Again to prove it."},
		"made without Terraform":     {plan.Summary{Outcome: complete, Proof: plan.Proof{State: plan.Proven, As: "alice", With: plan.WithSDK, At: now}, Applied: 42}, Works, "Alice can use the state and the roles of staging, preprod and production. There is no Terraform on this laptop to run. Proven as alice, with the AWS SDK alone, at 14:03."},
		"setup left by Ctrl-C":       {plan.Summary{Outcome: complete, Proof: asAlice, Applied: 42, Stopped: true, Ended: true}, Works, "Alice can run Terraform in staging, preprod and production. Proven as alice, with Terraform 1.11.4, at 14:03. 42 changes made, 0 failed, 0 left out."},
		"setup failed":               {plan.Summary{Outcome: complete, Proof: plan.Unproved(plan.ProofFailed), Applied: 40, Failed: 1, Skipped: 1, Due: 2}, Wrong, "The setup for staging, preprod and production is not complete: 2 changes are still to be made."},
		"setup left out":             {plan.Summary{Outcome: complete, Proof: plan.Unproved(plan.ProofLeftOut), Applied: 41, Excluded: 1}, Waits, "The setup for staging, preprod and production is not complete: 1 change is left out. Not proven: changes that it needs were left out. 41 changes made, 0 failed, 1 left out."},
		"setup rehearsed":            {plan.Summary{Outcome: plan.SetUp{Environments: three}, Proof: plan.Unproved(plan.NotTried), DryRun: true, Due: 42}, Waits, "Nothing was changed: this was a dry run. Terraform cannot run in staging, preprod and production yet: none of the setup exists. 42 changes create it."},
		"setup partly planned":       {plan.Summary{Outcome: plan.SetUp{Environments: three}, Left: true, Due: 12, Excluded: 30, Barred: 1, NotOurs: make([]plan.Change, 2)}, Waits, "Nothing was changed: you left before applying. Terraform cannot run in staging, preprod and production yet: none of the setup exists. 12 changes are still to be made, 30 are left out, 1 is stopped by a finding and 2 need your confirmation."},
		"setup planned not at all":   {plan.Summary{Outcome: plan.SetUp{Environments: three}, Left: true, Excluded: 42}, Waits, "Nothing was changed: you left before applying. Terraform cannot run in staging, preprod and production yet: none of the setup exists. 42 changes are left out."},
		"setup stopped by a finding": {plan.Summary{Outcome: complete, Proof: asAlice, Applied: 3, Barred: 2, Findings: wrong}, Wrong, "The setup for staging, preprod and production is not complete: 2 changes are stopped by findings. Proven as alice, with Terraform 1.11.4, at 14:03. 3 changes made, 0 failed, 0 left out."},
		"setup partly failed":        {plan.Summary{Outcome: complete, Proof: plan.Unproved(plan.ProofLeftOut), Applied: 8, Failed: 1, Skipped: 3, Due: 4, Excluded: 30}, Wrong, "The setup for staging, preprod and production is not complete: 4 changes are still to be made and 30 are left out. Not proven: changes that it needs were left out. 8 changes made, 1 failed, 3 not begun, 30 left out."},
		"setup partly broken off":    {plan.Summary{Outcome: complete, Applied: 5, Skipped: 7, Excluded: 30, Stopped: true, Stale: true}, Wrong, "Interrupted: what is done stays, the rest was not begun or not finished. Again to go on from here. 5 changes made, 0 failed, 7 not begun, 30 left out."},

		"setup not looked at": {plan.Summary{Outcome: complete, Applied: 9, Stale: true, Ended: true}, Look, "Whether it works now was not checked again. 9 changes made, 0 failed, 0 left out."},

		"on board":               {plan.Summary{Outcome: plan.Aboard{User: "bob", Own: true, Places: places(plan.Planned, plan.Planned, plan.Planned)}, Proof: asAlice, Applied: 9}, Works, "Bob can run Terraform in staging, preprod and production."},
		"on board in one":        {plan.Summary{Outcome: plan.Aboard{User: "bob", Own: true, Places: places(plan.Planned, plan.Refused)}, Proof: plan.Unproved(plan.ProofFailed), Findings: wrong, Applied: 9}, Wrong, "Bob can run Terraform in staging. It does not work in preprod. Not proven: it was tested and did not work."},
		"on board without plan":  {plan.Summary{Outcome: plan.Aboard{User: "bob", Own: true, Places: places(plan.Entered)}, Proof: plan.Unproved(plan.ProofNoProviders), Due: 3, DueRun: 3, Applied: 9}, Unshown, "Bob's access works in staging; terraform plan has not run there. Not proven: Terraform's providers could not be downloaded, so it was not run. 9 changes made, 0 failed, 0 left out. 3 changes are due again where Terraform's providers can be downloaded."},
		"not on board":           {plan.Summary{Outcome: plan.Aboard{User: "bob"}, Due: 9, Declined: true}, Waits, "Nothing was changed: you did not confirm. Bob cannot run Terraform on this laptop yet: 9 changes make it ready."},
		"with a key still":       {plan.Summary{Outcome: plan.Aboard{Leaving: "bob"}, Due: 7, DryRun: true}, Waits, "Nothing was changed: this was a dry run. Terraform uses bob's access key on this laptop: 7 changes move it to Identity Center."},
		"not on board, in part":  {plan.Summary{Outcome: plan.Aboard{User: "bob"}, Due: 7, Excluded: 2, DryRun: true}, Waits, "Nothing was changed: this was a dry run. Bob cannot run Terraform on this laptop yet: 7 changes are still to be made and 2 are left out."},
		"to sign in":             {plan.Summary{Outcome: plan.Aboard{User: "bob", Own: true, SignIn: true, Places: places(plan.Untried)}, Proof: plan.Unproved(plan.ProofSignedOut)}, Waits, "Bob has to sign in before Terraform can run: stateroom login."},
		"on board broken off":    {plan.Summary{Outcome: plan.Aboard{User: "bob"}, Applied: 2, Skipped: 7, Stopped: true, Stale: true}, Wrong, "Interrupted: what is done stays, the rest was not begun or not finished. Again to go on from here. Whether bob can run Terraform was not checked again."},
		"stopped before anybody": {plan.Summary{Outcome: plan.Aboard{}, Applied: 2, Skipped: 7, Stopped: true, Stale: true}, Wrong, "Interrupted: what is done stays, the rest was not begun or not finished. Again to go on from here. Whether you can run Terraform was not checked again."},

		"handed over":                {plan.Summary{Outcome: plan.Delivery{User: "bob", Sealed: &bobs}, Applied: 1}, Works, "Bob's key waits in handover/bob.age until 4 December. 1 change made, 0 failed, 0 left out."},
		"sealed for emergencies":     {plan.Summary{Outcome: plan.Delivery{User: "eve", Sealed: &plan.Sealed{User: "eve", Path: "handover/eve.age", Safe: true}}, Applied: 1}, Works, "Eve's key is sealed in handover/eve.age, for emergencies: move that into a safe. 1 change made"},
		"handed over in a rehearsal": {plan.Summary{Outcome: plan.Delivery{User: "bob", Sealed: &plan.Sealed{User: "bob", Until: bobs.Until}}, Applied: 1}, Works, "Bob's key is sealed, and bob alone can open it. A real run leaves it for you to send, as bob.age in the folder handover. 1 change made"},
		"handed over already":        {plan.Summary{Outcome: plan.Delivery{User: "bob", Sealed: &bobs}, NotOurs: make([]plan.Change, 2)}, Works, "Bob's key waits in handover/bob.age until 4 December. Nothing was changed. 2 changes are left for you to decide."},
		"nothing handed over":        {plan.Summary{Outcome: plan.Delivery{User: "bob"}, Due: 1, Next: "stateroom handover bob --yes"}, Waits, "Nothing was changed: nobody could be asked here. No key waits for bob yet."},

		"seen off":              {plan.Summary{Outcome: carol, Applied: 4, NotOurs: make([]plan.Change, 5), Proof: plan.Proof{State: plan.Proven, With: plan.WithSimulator, At: now}}, Works, "Carol has no access left; sessions that are open end by 18:40 UTC. Proven with IAM's policy simulator, at 14:03. 4 changes made, 0 failed, 0 left out. 5 changes are left for you to decide."},
		"seen off for good":     {plan.Summary{Outcome: left, Applied: 4, Proof: plan.Proof{State: plan.Proven, With: plan.WithSimulator, At: now}}, Works, "Carol has no access left. Proven"},
		"seen off and deleted":  {plan.Summary{Outcome: gone, Applied: 9}, Works, "Carol is deleted from account 111111111111 and has no access left."},
		"not seen off":          {plan.Summary{Outcome: still, Declined: true, Due: 4}, Waits, "Nothing was changed: you did not confirm. Carol still has access: 4 changes take it away."},
		"not seen off, in part": {plan.Summary{Outcome: still, Left: true, Due: 3, Excluded: 1}, Waits, "Nothing was changed: you left before applying. Carol still has access: 3 changes are still to be made and 1 is left out."},
		"deny failed":           {plan.Summary{Outcome: still, Failed: 1, Due: 1, Findings: wrong}, Wrong, "Carol still has access."},
		"deny not in force":     {plan.Summary{Outcome: slow, Applied: 4, Findings: wrong, Proof: plan.Unproved(plan.ProofFailed)}, Wrong, "Carol still has access: the deny is not in force yet."},
		"seeing off stopped":    {plan.Summary{Outcome: still, Applied: 1, Skipped: 3, Stopped: true, Stale: true}, Wrong, "Interrupted: what is done stays, the rest was not begun or not finished. Again to go on from here. Carol may still have access."},

		"signed in":      {plan.Summary{Outcome: plan.SignedIn{User: "bob", Profile: "admin_iam", Wanted: true, Open: true}, Applied: 1}, Works, "Bob is signed in: Terraform can use profile admin_iam."},
		"not signed in":  {plan.Summary{Outcome: plan.SignedIn{User: "bob", Profile: "admin_iam", Wanted: true}, Declined: true, Due: 1}, Waits, "Nothing was changed: you did not confirm. Bob is not signed in: a code from the MFA device opens a session."},
		"no second step": {plan.Summary{Outcome: plan.SignedIn{User: "bob", Profile: "admin_iam"}}, Works, "Bob needs no MFA: Terraform can use profile admin_iam as it is."},

		"healthy":     {plan.Summary{Outcome: plan.Health{}, Checks: passed}, Works, "Nothing is wrong: all 2 checks passed. Nothing was changed."},
		"fixed":       {plan.Summary{Outcome: plan.Health{}, Checks: passed, Applied: 1}, Works, "Nothing is wrong any more: all 2 checks passed. 1 change made, 0 failed, 0 left out."},
		"a clone":     {plan.Summary{Outcome: plan.Health{}, Checks: append([]plan.Check{{Verdict: plan.Failed}}, passed...), Findings: []plan.Finding{{Severity: plan.Info, Lead: "This directory is not initialized."}}}, Works, "Nothing is wrong, but 1 of 3 checks did not pass. This directory is not initialized. Nothing was changed."},
		"ill":         {plan.Summary{Outcome: plan.Health{}, Checks: passed, Findings: wrong, Due: 1, DryRun: true}, Wrong, "Nothing was changed: this was a dry run. One thing is wrong. The state encryption key is disabled."},
		"still ill":   {plan.Summary{Outcome: plan.Health{}, Checks: passed, Findings: append(wrong, wrong...), Applied: 1}, Wrong, "2 things are still wrong."},
		"undecided":   {plan.Summary{Outcome: plan.Health{}, Checks: []plan.Check{{Verdict: plan.Undecided}}}, Unshown, "Nothing wrong was found, but 1 check could not be made."},
		"only a text": {plan.Summary{Outcome: plan.Health{TextOnly: true}}, Works, "The text reports no error."},

		"blocked":          {plan.Summary{Outcome: complete, Findings: []plan.Finding{{Severity: plan.Failure, Blocks: true}}, Due: 1}, Wrong, "Nothing was changed: fix what the findings describe first. The setup for staging, preprod and production is not complete: 1 change is still to be made."},
		"stopped at once":  {plan.Summary{Stopped: true}, Wrong, "Interrupted: nothing was changed."},
		"nobody is told":   {plan.Summary{}, Works, "Everything already matches: nothing was changed."},
		"nobody was asked": {plan.Summary{Next: "stateroom setup --yes"}, Works, "Nothing was changed: nobody could be asked here."},
	} {
		t.Run(name, func(t *testing.T) {
			e := Outcome(&c.s, "Again", OnScreen)
			if got := strings.Join(e.Lines(), " "); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if e.Mark != c.mark {
				t.Errorf("marked %d, not %d", e.Mark, c.mark)
			}
		})
	}
}

// TestAProofInLinesNamesItsZone: lines are handed on, and read where the clock is another.
func TestAProofInLinesNamesItsZone(t *testing.T) {
	if got, want := Proof(asAlice, InLines), "Proven as alice, with Terraform 1.11.4, at "+now.Format("15:04 MST")+"."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestANameThatEndsInAnSOwnsThingsByAnApostrophe, and whoever has no name is spoken to.
func TestANameThatEndsInAnSOwnsThingsByAnApostrophe(t *testing.T) {
	for user, want := range map[string]string{"bob": "Bob's access", "chris": "Chris' access", "": "Your access"} {
		s := plan.Summary{Outcome: plan.Aboard{User: user, Own: true, Places: places(plan.Refused)}}
		if got := Outcome(&s, "Again", OnScreen).Lead[0]; got != want+" does not work in staging." {
			t.Error(got)
		}
	}
}

// TestEveryReasonWhyNothingIsProvenHasWords: a reason without words would leave a
// sentence without its end.
func TestEveryReasonWhyNothingIsProvenHasWords(t *testing.T) {
	for _, why := range []plan.WhyNot{
		plan.NotTried, plan.ProofInterrupted, plan.ProofFailed, plan.ProofLeftOut, plan.ProofNeedsAdmin,
		plan.ProofSignedOut, plan.ProofNoEngine, plan.ProofNoProviders, plan.ProofNotAllowed,
	} {
		if unprovedFor[why] == "" {
			t.Errorf("%s has no words", why)
		}
	}
}

// TestAProofIsNoBetterThanItsWeakestPart: what one part does not show, the whole does
// not.
func TestAProofIsNoBetterThanItsWeakestPart(t *testing.T) {
	roles := plan.Proof{State: plan.Proven, As: "alice"}
	leftOut := plan.Proof{State: plan.NotProven, Why: plan.ProofLeftOut, Because: "because \"Create the lock table\" was left out"}
	if got := Proof(leftOut, OnScreen); got != "Not proven, because \"Create the lock table\" was left out." {
		t.Error(got)
	}
	for name, c := range map[string]struct{ a, b, want plan.Proof }{
		"both, with the tool": {roles, asAlice, asAlice},
		"operator":            {asAlice, operator, operator},
		"one failed":          {operator, plan.Unproved(plan.ProofFailed), plan.Unproved(plan.ProofFailed)},
		"one needs none":      {plan.Proof{}, asAlice, asAlice},
		"failed, left out":    {leftOut, plan.Unproved(plan.ProofFailed), plan.Unproved(plan.ProofFailed)},
		"nothing, left out":   {leftOut, plan.Unproved(plan.NotTried), leftOut},
	} {
		for _, got := range []plan.Proof{c.a.Weaker(c.b), c.b.Weaker(c.a)} {
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

// TestOnlyAPlainNameGetsACapital: others are written as they are spelled.
func TestOnlyAPlainNameGetsACapital(t *testing.T) {
	for name, want := range map[string]string{"alice": "Alice", "bob.smith": "bob.smith", "Carol": "Carol", "d4": "d4", "": ""} {
		if got := Named(name); got != want {
			t.Errorf("%q became %q", name, got)
		}
	}
}
