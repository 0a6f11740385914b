package words

import (
	"fmt"
	"slices"
	"time"

	"stateroom/steps/plan"
)

// Mark is how an ending is to look: each has a sign and a colour of its own.
type Mark int

// The marks.
const (
	// Works is what is so and was shown to be so, or needs no showing.
	Works Mark = iota
	// OperatorOnly is what is so, and was shown with the operator's rights alone.
	OperatorOnly
	// Unshown is what is so as far as can be seen, and was not shown to work.
	Unshown
	// Waits is what waits for changes to be made.
	Waits
	// Look is what somebody should look at.
	Look
	// Wrong is what does not work, or was broken off.
	Wrong
)

// Ending is how a run ended, or how things stand before it, for a person.
type Ending struct {
	Mark Mark
	// Lead is what is so now, in a few sentences, each of a fact of its own.
	Lead []string
	// Proof says how far that was shown to work; empty where there is nothing to show.
	Proof string
	// Counts are what was made and what was not, in sentences.
	Counts []string
}

// Lines are all of its sentences, the most important one first.
func (e Ending) Lines() []string {
	lines := slices.Clone(e.Lead)
	if e.Proof != "" {
		lines = append(lines, e.Proof)
	}
	return append(lines, e.Counts...)
}

// Clock is how the time of a proof is written.
type Clock string

// The clocks: a screen is read where it is shown, lines are handed on.
const (
	OnScreen Clock = "15:04"
	InLines  Clock = "15:04 MST"
)

// Outcome is how a run ended. Again says how to go on from there: "Run it again".
func Outcome(s *plan.Summary, again string, clock Clock) Ending {
	e := Ending{Mark: markOf(s), Counts: counts(s, again)}
	made := s.Begun() > 0
	ended := brokenOff(s, again)
	if s.CarriedOut() || made {
		e.Proof = Proof(s.Proof, clock)
	}
	if s.Unproven() && e.Proof != "" {
		e.Proof += fmt.Sprintf(" %s to prove it.", again)
	}
	stands := stands(s)
	if ended == "" && len(stands) == 0 {
		ended = inPlace(s, made)
	}
	if ended != "" {
		e.Lead = append(e.Lead, ended)
	}
	e.Lead = append(e.Lead, stands...)
	return e
}

// Stands is how things stand before anything is made, as a review shows them.
func Stands(s *plan.Summary) Ending {
	e := Ending{Mark: markOf(s), Lead: stands(s)}
	switch {
	case len(e.Lead) > 0:
	case Attention(s.Findings) > 0:
		e.Lead = []string{thingsWrong(s, Attention(s.Findings))}
	case s.Due+len(s.NotOurs) > 0:
		e.Lead = []string{Plural(s.Due+len(s.NotOurs), "change") + " to make."}
	default:
		e.Lead = []string{"Everything already matches."}
	}
	return e
}

// brokenOff says why nothing was changed, or not all of it; empty for a run that came
// to its end.
func brokenOff(s *plan.Summary, again string) string {
	made := s.Begun() > 0
	switch {
	case s.Unasked():
		return "Nothing was changed: nobody could be asked here."
	case s.DryRun:
		return "Nothing was changed: this was a dry run."
	case s.Declined:
		return "Nothing was changed: you did not confirm."
	case s.Left:
		return "Nothing was changed: you left before applying."
	case s.BrokenOff() && !made:
		return "Interrupted: nothing was changed."
	case s.Unproven() && s.Proof.State == plan.NotProven:
		return "Interrupted after every change was made." // how far it is proven has a line of its own
	case s.Unproven():
		return fmt.Sprintf("Interrupted after every change was made: the result is not proven. %s to prove it.", again)
	case s.BrokenOff():
		return fmt.Sprintf("Interrupted: what is done stays, the rest was not begun or not finished. %s to go on from here.", again)
	case plan.Blocking(s.Findings) && !made:
		return "Nothing was changed: fix what the findings describe first."
	}
	return ""
}

// inPlace is said where the flow tells nothing of how things stand.
func inPlace(s *plan.Summary, made bool) string {
	switch {
	case s.Failed+s.Unknown > 0:
		return "Not everything was made."
	case made:
		return fmt.Sprintf("%s made.", Plural(s.Applied, "change"))
	case Attention(s.Findings) > 0:
		return fmt.Sprintf("Nothing was changed: %s to review.", Plural(Attention(s.Findings), "finding"))
	}
	return "Everything already matches: nothing was changed."
}

// counts are what was made of the plan, in sentences.
func counts(s *plan.Summary, again string) []string {
	var lines []string
	if s.Applied+s.Failed > 0 {
		line := fmt.Sprintf("%s made, %d failed", Plural(s.Applied, "change"), s.Failed)
		if s.Skipped > 0 {
			line += fmt.Sprintf(", %d not begun", s.Skipped)
		}
		if s.Excluded > 0 || s.Skipped == 0 && !s.BrokenOff() {
			line += fmt.Sprintf(", %d left out", s.Excluded)
		}
		lines = append(lines, line+".")
	}
	if s.Unknown > 0 {
		lines = append(lines, fmt.Sprintf("The answer to %s was lost. %s: it looks at what is there first, so nothing is made twice.", Plural(s.Unknown, "change"), again))
	}
	if s.CarriedOut() && s.Begun() == 0 && s.Outcome != nil && !plan.Blocking(s.Findings) {
		lines = append(lines, "Nothing was changed.")
	}
	if _, is := s.Outcome.(plan.SetUp); is && !s.Stale {
		return lines // which tells itself what is not made
	}
	if s.Unfetched() { // terraform init is done in part
		return append(lines, changes(s.Due, "is due again", "are due again")+" where Terraform's providers can be downloaded.")
	}
	if s.CarriedOut() && s.Due > 0 {
		lines = append(lines, changes(s.Due, "is still to be made", "are still to be made")+".")
	}
	if n := len(s.NotOurs); n > 0 {
		lines = append(lines, Unconfirmed(n, s))
	}
	return lines
}

// Unconfirmed counts what needs a consent of its own: where the run has come to what it is
// for without it, it is only offered.
func Unconfirmed(n int, s *plan.Summary) string {
	switch s.Outcome.(type) {
	case plan.Delivery, plan.Departure:
		if !unfinished(s) {
			return changes(n, "is left for you to decide", "are left for you to decide") + "."
		}
	}
	return changes(n, "needs your confirmation", "need your confirmation") + "."
}

// markOf is how a summary is to look.
func markOf(s *plan.Summary) Mark {
	switch {
	case s.Unproven() && worst(s.Findings) != plan.Failure:
		return Unshown
	case s.Failed+s.Unknown > 0 || s.BrokenOff() || worst(s.Findings) == plan.Failure:
		return Wrong
	case worst(s.Findings) == plan.Warning || s.Stale:
		return Look
	case unfinished(s):
		return Waits
	case s.Proof.State == plan.ProvenAsOperator:
		return OperatorOnly
	case s.Proof.State == plan.NotProven, countOf(s.Checks, plan.Undecided) > 0 && s.Proof.State == plan.NothingToProve:
		return Unshown
	}
	return Works
}

// unfinished tells whether the outcome is not what the run is for. What only waits for
// an agreement of its own is no part of that where the outcome is there without it.
func unfinished(s *plan.Summary) bool {
	switch o := s.Outcome.(type) {
	case plan.Delivery:
		return o.Sealed == nil
	case plan.Departure:
		return o.Deny == plan.NotDenied || s.Due > 0
	case plan.SignedIn:
		return o.Wanted && !o.Open
	case plan.Aboard:
		return !o.Own || o.SignIn || s.Due > 0 && s.Proof.State != plan.Proven && s.Begun() == 0
	}
	return s.Due+s.Excluded+s.Barred+len(s.NotOurs) > 0
}

// worst is the severity that asks for the most.
func worst(findings []plan.Finding) plan.Severity {
	worst := plan.Info
	for _, f := range findings {
		if f.Severity == plan.Failure {
			return f.Severity
		}
		if f.Severity == plan.Warning {
			worst = f.Severity
		}
	}
	return worst
}

// countOf is how many checks came to a verdict.
func countOf(checks []plan.Check, v plan.Verdict) (n int) {
	for _, c := range checks {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// Proof is how far a result was shown to work, in a sentence; empty where there is
// nothing to show.
func Proof(p plan.Proof, clock Clock) string {
	with := tool(p)
	at := ""
	if !p.At.IsZero() {
		at = ", at " + p.At.Local().Format(string(clock))
	}
	switch p.State {
	case plan.Proven:
		if p.As != "" {
			return "Proven as " + p.As + ", " + with + at + "."
		}
		return "Proven " + with + at + "."
	case plan.ProvenAsOperator:
		return "Proven as the operator only (" + p.As + "), " + with + at + ": that does not show what an admin may do."
	case plan.NotProven:
		if p.Because != "" {
			return "Not proven, " + p.Because + "."
		}
		return "Not proven: " + unprovedFor[p.Why] + "."
	case plan.NothingToProve:
	}
	return ""
}

// tool is what a proof was made with.
func tool(p plan.Proof) string {
	switch p.With {
	case plan.WithTerraform:
		return "with Terraform " + p.Version
	case plan.WithOpenTofu:
		return "with OpenTofu " + p.Version
	case plan.WithSimulator:
		return "with IAM's policy simulator"
	case plan.WithSDK:
	}
	return "with the AWS SDK alone"
}

// unprovedFor are the reasons in words.
var unprovedFor = map[plan.WhyNot]string{
	plan.NotTried:         "nothing has tested it",
	plan.ProofInterrupted: "the run was interrupted",
	plan.ProofFailed:      "it was tested and did not work",
	plan.ProofLeftOut:     "changes that it needs were left out",
	plan.ProofNeedsAdmin:  "the operator does not have an admin's permissions, and no admin's profile is on this laptop",
	plan.ProofSignedOut:   "there is no session to test it with; stateroom login opens one",
	plan.ProofNoEngine:    "there is no Terraform here to run it",
	plan.ProofNoProviders: "Terraform's providers could not be downloaded, so it was not run",
	plan.ProofNotAllowed:  "AWS may not be asked what it decides",
}

// Named is a user's name as a sentence begins with it: one that is a plain word gets
// its capital, any other stays as it is spelled.
func Named(user string) string {
	for _, r := range user {
		if r < 'a' || r > 'z' {
			return user
		}
	}
	if user == "" {
		return user
	}
	return plan.Capital(user)
}

// by is a time as people read it, in the zone that it is given in: of today the time
// alone.
func by(at, now time.Time) string {
	y, m, d := at.Date()
	if ny, nm, nd := now.In(at.Location()).Date(); y == ny && m == nm && d == nd {
		return at.Format("15:04 MST")
	}
	return at.Format("15:04 MST on 2 January")
}
