package plan

// Verdict is what a check came to.
type Verdict string

// The verdicts.
const (
	Passed Verdict = "passed"
	// Failed means that the check found what is wrong; a finding says more.
	Failed Verdict = "failed"
	// Undecided means that it could not be told from here: a right is missing,
	// or another answer is needed first.
	Undecided Verdict = "undecided"
)

// Check is one question put to AWS, to Terraform or to a file, with what came
// back.
type Check struct {
	// Name is what is checked, in the article's words: "profile is in the file".
	Name string `json:"name"`
	// Subject is the environment or the project that it is about; empty where it
	// is about the whole set-up.
	Subject string `json:"subject,omitempty"`
	// Asked names the call or the file with the identity that asked.
	Asked string `json:"asked"`
	// Answer is what came back, without secrets.
	Answer  string  `json:"answer"`
	Verdict Verdict `json:"verdict"`
	// Finding is the id of the finding that a broken check leads to.
	Finding string `json:"finding,omitempty"`
	// Remedy is the one thing to do about this check, where several lead to
	// findings of the same id.
	Remedy string `json:"remedy,omitempty"`
}
