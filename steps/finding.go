package steps

import "fmt"

// Severity says what a finding asks for.
type Severity string

// The severities. Only Info lets a run end healthy (exit code 0).
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Failure Severity = "error"
)

// Finding is one observed fact with its evidence and its remedy. The id is
// step.subject-problem ("bucket.versioning-off") or one of the error diagnoses.
type Finding struct {
	ID string `json:"id"`
	// Subject is the environment or the project that it is about, as in [Check];
	// empty where it is about the whole set-up.
	Subject  string   `json:"subject,omitempty"`
	Step     int      `json:"step"`
	Severity Severity `json:"severity"`
	// Evidence is what was seen, naming the resource and, where a call failed,
	// the call, the identity and the request id.
	Evidence string `json:"evidence"`
	// Remedy is the one thing to do.
	Remedy string `json:"remedy"`
	// Details is a longer text to hand on, such as a CloudFormation template.
	Details string `json:"details,omitempty"`
	// Blocks marks a finding with which no change may be made at all.
	Blocks bool `json:"-"`
}

// String is the finding as one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s %s", f.ID, f.Evidence, f.Remedy)
}

// Key tells the finding from others of the same id: "bucket.versioning-off", or
// with a subject "assume-role-denied@production".
func (f Finding) Key() string {
	if f.Subject == "" {
		return f.ID
	}
	return f.ID + "@" + f.Subject
}

// NeedsAttention tells whether any finding keeps the run from being healthy.
func NeedsAttention(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity != Info {
			return true
		}
	}
	return false
}
