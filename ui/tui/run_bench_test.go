package tui

import (
	"fmt"
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// thousandChecks is troubleshooting at its largest: a thousand checks, every
// fourth of them with a finding, and every fourth finding with a change.
func thousandChecks(b *testing.B) *root {
	r := plan.Review{Checks: manyChecks(1000, 250)}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Verdict != plan.Failed {
			continue
		}
		c.Finding = "assume-role-denied"
		f := plan.Finding{ID: c.Finding, Of: plan.NoStep, Subject: c.Subject, Severity: plan.Failure, Evidence: "user/alice may not assume role/TerraformAdmin there.", Remedy: "Send the report to alice.", Details: someReport}
		r.Findings = append(r.Findings, f)
		if i%16 == 2 {
			r.Changes = append(r.Changes, plan.Change{ID: fmt.Sprint("trust.", i), Step: 2, Action: plan.Update, Title: "Let the admins assume the role in " + c.Subject, Fixes: []string{f.Key()}})
		}
	}
	return lookedAt(b, benchLook, Troubleshoot, Options{}, r)
}

// largeTable is onboarding to ten thousand environments, four checks of each; in
// one in a hundred something is wrong.
func largeTable(b *testing.B) *root {
	r := plan.Review{Checks: tableChecks(4)}
	for _, c := range r.Checks {
		if c.Finding == "" {
			continue
		}
		r.Findings = append(r.Findings, plan.Finding{ID: c.Finding, Of: plan.NoStep, Subject: c.Subject, Severity: plan.Failure, Evidence: "user/bob may not assume role/TerraformAdmin there.", Remedy: "Send the report to alice."})
	}
	return lookedAt(b, benchLook, Onboard, Options{}, r)
}

// tableChecks are some of every one of ten thousand environments.
func tableChecks(each int) []plan.Check {
	const subjects = 10000
	list := manyChecks(each*subjects, subjects)
	for i := range list {
		if list[i].Verdict = plan.Passed; i%100 == 0 {
			list[i].Verdict, list[i].Finding = plan.Failed, "assume-role-denied"
		}
	}
	return list
}

// BenchmarkChecks is one key and one frame on a thousand checks.
func BenchmarkChecks(b *testing.B) { run(b, thousandChecks(b), "down") }

// BenchmarkChecksOpen is opening one of a thousand checks' findings, and closing
// it.
func BenchmarkChecksOpen(b *testing.B) { run(b, thousandChecks(b), "space") }

// BenchmarkTable is one key and one frame on ten thousand subjects.
func BenchmarkTable(b *testing.B) { run(b, largeTable(b), "down") }

// BenchmarkTableEnd goes from one end of ten thousand subjects to the other.
func BenchmarkTableEnd(b *testing.B) { run(b, largeTable(b), "end", "home") }

// BenchmarkTableOpen is opening one of ten thousand subjects, and closing it.
func BenchmarkTableOpen(b *testing.B) { run(b, largeTable(b), "space") }

// BenchmarkLooking is one check that ended, after a thousand others, and one
// frame.
func BenchmarkLooking(b *testing.B) { lookingAt(b, Troubleshoot, manyChecks(1000, 250)) }

// BenchmarkLookingAtTable is one check that ended, after those of ten thousand
// subjects, and one frame.
func BenchmarkLookingAtTable(b *testing.B) { lookingAt(b, Onboard, tableChecks(2)) }

func lookingAt(b *testing.B, mode *Mode, checks []plan.Check) {
	m := opened(b, benchLook, mode, Options{})
	answerWith(m, engine.Opened{Flow: fakeFlow(b, healthy())}, nil)
	for i := range checks {
		m.run.review.checks.add(checks[i])
	}
	again := checks[0]
	frames(b, func(int) {
		tell(m, plan.Event{Kind: plan.EventCheck, Check: &again})
		m.run.refresh()
		_ = m.View()
	})
}
