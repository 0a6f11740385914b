package plan

import "time"

// ProofState is how far a result was shown to work.
type ProofState int

// The states. What is shown differs for each of them: in words, mark and colour.
const (
	// NothingToProve is the state of a run whose result needs no proof.
	NothingToProve ProofState = iota
	// NotProven says that nothing has shown that the result works.
	NotProven
	// ProvenAsOperator says that the operator used it: that shows nothing of what the
	// admins may do.
	ProvenAsOperator
	// Proven says that it was used as the person whom it is for uses it.
	Proven
)

// Tool is what a proof was made with.
type Tool string

// The tools.
const (
	WithTerraform Tool = "terraform"
	WithOpenTofu  Tool = "opentofu"
	// WithSDK is this program's own calls, where there is no Terraform.
	WithSDK Tool = "aws-sdk"
	// WithSimulator is IAM's policy simulator (iam:SimulatePrincipalPolicy), which
	// says what AWS decides without anybody trying it.
	WithSimulator Tool = "iam-policy-simulator"
)

// WhyNot says why a result is not proven.
type WhyNot string

// The reasons.
const (
	// NotTried says that nobody has asked for the proof, or that there is nothing yet
	// to prove.
	NotTried WhyNot = "not-tried"
	// ProofInterrupted says that the run was stopped before or in it.
	ProofInterrupted WhyNot = "interrupted"
	// ProofFailed says that it was tried and did not work; a finding says why.
	ProofFailed WhyNot = "failed"
	// ProofLeftOut says that changes that it needs were left out.
	ProofLeftOut WhyNot = "left-out"
	// ProofNeedsAdmin says that the operator has not the rights that it takes, and
	// that no admin's profile is on this laptop.
	ProofNeedsAdmin WhyNot = "needs-admin"
	// ProofSignedOut says that the admin's session has run out, or was never opened.
	ProofSignedOut WhyNot = "signed-out"
	// ProofNoEngine says that it takes Terraform, and there is none here.
	ProofNoEngine WhyNot = "no-engine"
	// ProofNoProviders says that Terraform's providers could not be had.
	ProofNoProviders WhyNot = "no-providers"
	// ProofNotAllowed says that AWS may not be asked.
	ProofNotAllowed WhyNot = "not-allowed"
)

// Proof says how far a result was shown to work: as whom, with what, and when. The
// zero value is that of a run whose result needs none.
type Proof struct {
	State ProofState
	// As is the user who used it.
	As string
	// With is what it was used with, and Version that tool's; empty where it has none.
	With    Tool
	Version string
	At      time.Time
	// Why is set where it is not proven; Because, where changes that it needs were left
	// out, is the clause that names what left them out ([Obstacle.Because]).
	Why     WhyNot
	Because string
}

// Unproved is the proof that was not made.
func Unproved(why WhyNot) Proof { return Proof{State: NotProven, Why: why} }

// Obstructed is the proof that was not made for what stands in its way.
func Obstructed(by Obstacle) Proof {
	return Proof{State: NotProven, Why: ProofLeftOut, Because: by.Because()}
}

// Weaker is the one of two proofs of parts that says less: what both of them show.
// A part that needs no proof takes nothing away.
func (p Proof) Weaker(other Proof) Proof {
	switch {
	case p.State == NothingToProve:
		return other
	case other.State == NothingToProve || p.State < other.State:
		return p
	case other.State < p.State:
		return other
	case other.Why == ProofFailed, p.With == "" && p.Because == "" && p.Why != ProofFailed: // of two that are as good the one that says more
		return other
	}
	return p
}
