package plan

// StepName names a step of the article. Which number it has is its place in the list
// of package steps alone.
type StepName string

// The names of the steps, for what is found or changed outside of them: by the
// engine, onboarding and the health check. NoStep is for what belongs to none, such
// as a text that nobody knows.
const (
	StepAccount StepName = "account"
	StepIAM     StepName = "iam"
	StepRegion  StepName = "region"
	StepKey     StepName = "key"
	StepBucket  StepName = "bucket"
	StepLock    StepName = "lock"
	StepFiles   StepName = "files"
	StepInit    StepName = "init"
	StepDone    StepName = "done"
	NoStep      StepName = "none"
)
