package plain

import (
	"bytes"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

func TestChecksOfAFlowTellTheirAnswerAndAFailedOneWhatWasAsked(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	passed := plan.Check{Name: "identity", Asked: "sts:GetCallerIdentity as profile admin_iam", Answer: "arn:aws:iam::111111111111:user/alice", Verdict: plan.Passed}
	failed := plan.Check{Name: "key state", Subject: "common-staging", Asked: "kms:DescribeKey on alias/terraform", Answer: "the key is disabled", Verdict: plan.Failed}
	for _, c := range []plan.Check{passed, failed, passed} {
		l.Emit(plan.Event{Kind: plan.EventCheck, Check: &c})
	}
	l.Emit(plan.Event{Kind: plan.EventSummary, Summary: &plan.Summary{}})
	got := out.String()
	for _, want := range []string{
		"  ok   identity\n         sts:GetCallerIdentity as profile admin_iam:\n         arn:aws:iam::111111111111:user/alice\n",
		"  FAIL key state: common-staging\n         the key is disabled\n         asked: kms:DescribeKey on alias/terraform\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "ok   identity") != 1 {
		t.Errorf("a check that was looked at again with the same answer is told twice:\n%s", got)
	}
}

func TestPassedChecksOfOneNameAreToldTogether(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		l.check(plan.Check{Name: "permission to assume the role", Subject: name, Asked: "sts:AssumeRole in " + name, Answer: "yes", Verdict: plan.Passed})
	}
	l.showChecks()
	want := "  ok   permission to assume the role: a, b, c, and 2 more\n         sts:AssumeRole in a: yes\n         … and 4 answers like it\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFlowTellsFindingsBeforeThePlanAndNamesNoStep(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	change := plan.Change{ID: "key.enable", Step: 4, Action: plan.Update, Title: "Enable the key", Target: "arn:k"}
	l.Emit(plan.Event{Kind: plan.EventFinding, Finding: &plan.Finding{ID: "kms-disabled", Severity: plan.Failure, Evidence: "It is off.", Remedy: "Enable it."}})
	l.Emit(plan.Event{Kind: plan.EventChange, Change: &change})
	l.Review(plan.Review{Changes: []plan.Change{change}, Findings: []plan.Finding{{ID: "kms-disabled", Severity: plan.Failure}}})
	got := out.String()
	finding, plan := strings.Index(got, "ERROR: kms-disabled"), strings.Index(got, "~ Enable the key")
	if finding < 0 || plan < finding {
		t.Errorf("the finding does not stand before what fixes it:\n%s", got)
	}
	if strings.Contains(got, "nothing to change") || strings.Count(got, "kms-disabled") != 1 {
		t.Errorf("steps are listed, or the finding is told twice:\n%s", got)
	}
}

func TestTableShowsTheWorstOfEachCellAndNothingWithoutSubjects(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	l.table([]plan.Check{{Name: "identity", Verdict: plan.Passed}})
	if out.Len() != 0 {
		t.Errorf("a table without rows: %q", out.String())
	}
	l.table([]plan.Check{
		{Name: "role", Subject: "staging", Verdict: plan.Passed},
		{Name: "role", Subject: "production", Verdict: plan.Failed},
		{Name: "read", Subject: "staging", Verdict: plan.Passed},
		{Name: "read", Subject: "staging", Verdict: plan.Undecided},
	})
	want := "\n  A  role\n  B  read\n\n             A    B\n  staging    ok   ?\n  production FAIL -\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestTypedConsentTakesTheNameAndNoYes(t *testing.T) {
	review := plan.Review{NotOurs: []plan.Change{{ID: "lock.release", Action: plan.Delete, Title: "Release the lock", NotOurs: "abc-123", ConfirmByName: true}}}
	for typed, adopted := range map[string]int{"yes\n": 0, "abc-123\nyes\n": 1, "\n": 0} {
		var out bytes.Buffer
		d, err := NewPrompt(strings.NewReader(typed), &out).Confirm(t.Context(), review)
		if err != nil || len(d.Adopt) != adopted {
			t.Errorf("after %q: adopted %v, %v; want %d", typed, d.Adopt, err, adopted)
		}
		if !strings.Contains(out.String(), "Type abc-123 to agree") {
			t.Errorf("it does not say what to type:\n%s", out.String())
		}
	}
}

func TestUnsettledChecksOfOneAnswerAreToldTogether(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	for _, c := range []plan.Check{
		{Name: "initialized", Subject: "a", Asked: "live/a", Answer: "to be run", Verdict: plan.Undecided},
		{Name: "initialized", Subject: "b", Asked: "live/b", Answer: "to be run", Verdict: plan.Undecided},
		{Name: "initialized", Subject: "c", Asked: "live/c", Answer: "it failed", Verdict: plan.Failed},
	} {
		l.check(c)
	}
	l.showChecks()
	want := "  ?    initialized: a, b\n         to be run\n         asked: live/a\n         … and 1 answer like it\n" +
		"  FAIL initialized: c\n         it failed\n         asked: live/c\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsWaitedForIsSaid(t *testing.T) {
	var out bytes.Buffer
	NewLines(&out).Emit(plan.Event{Kind: plan.EventProgress, Text: "The key may be too new."})
	if got := out.String(); got != "  The key may be too new.\n" {
		t.Errorf("%q", got)
	}
}

// What is wrong and what to do stand before the evidence; checks that passed are a count.
func TestFindingsStandFirstAndPassingChecksAreACount(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	l.Brief = true
	f := plan.Finding{
		ID: "lock-held", Severity: plan.Warning, Lead: "bob has held the lock for 3 days.", Evidence: "bob has held the lock for 3 days. Item x of arn:aws:dynamodb:eu-west-1:1:table/t.",
		Quote: "Lock Info", Remedy: "Ask bob.",
	}
	checks := []plan.Check{
		{Name: "identity", Answer: "alice", Verdict: plan.Passed},
		{Name: "holder", Subject: "a", Answer: "bob holds it", Verdict: plan.Failed, Finding: "lock-held"},
		{Name: "holder", Subject: "b", Answer: "bob holds it", Verdict: plan.Failed, Finding: "lock-held"},
		{Name: "table", Answer: "not read", Verdict: plan.Undecided},
	}
	for i := range checks {
		l.Emit(plan.Event{Kind: plan.EventCheck, Check: &checks[i]})
	}
	l.Emit(plan.Event{Kind: plan.EventFinding, Finding: &f})
	l.Emit(plan.Event{Kind: plan.EventSummary, Summary: &plan.Summary{DryRun: true, Findings: []plan.Finding{f}, Checks: checks}})
	want := `
WARNING: lock-held
    bob has held the lock for 3 days.
    What to do: Ask bob.
      Item x of arn:aws:dynamodb:eu-west-1:1:table/t. Terraform said: Lock Info

Checks: 1 passed, 2 failed, 1 undecided (--verbose shows them all).
  FAIL holder: a, b
         bob holds it
  ?    table
         not read

Nothing was changed: this was a dry run.
1 finding needs attention.
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
