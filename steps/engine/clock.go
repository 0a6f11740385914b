package engine

import (
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// clockLimit is how far a clock may be off before AWS refuses what it signed
// (IAM User Guide, "Signature Version 4").
const clockLimit = 5 * time.Minute

// ClockOff refuses to work with a clock that is off, by what AWS has answered to
// the session's first question; nil where it is right, or nothing was answered.
// The SDK corrects a call that AWS refuses for it, but for a HEAD, whose refusal
// has no words: Terraform's init then says 403 and no more.
func ClockOff(s *awsops.Session) error {
	skew, known := s.ClockSkew()
	if !known || skew.Abs() < clockLimit {
		return nil
	}
	behind := "behind"
	if skew < 0 {
		behind = "ahead of"
	}
	return &plan.Refusal{
		Finding: diagnosis.ClockSkew.ID,
		What:    fmt.Sprintf("This machine's clock is %s %s AWS's.", skew.Abs().Round(time.Second), behind),
		Remedy:  "Set the clock, for example with NTP, and run the command again.",
	}
}
