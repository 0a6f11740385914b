//go:build integration && linux

package session_test

import (
	"testing"

	"stateroom/steps/plan"
	"stateroom/steps/terraform/mirror"
)

// TestANewcomerSolvesAFaultIsLedToTheNextAndFindsItSolvedAnotherDay goes through the
// course at 80 columns and 24 lines.
func TestANewcomerSolvesAFaultIsLedToTheNextAndFindsItSolvedAnotherDay(t *testing.T) {
	l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
	l.folder = l.base
	begin := func() *terminal {
		p := l.sits("troubleshoot", "--sandbox")
		p.Resize(80, 24)
		p.Until("Learn to find what is wrong")
		return p
	}
	p := begin()
	p.Type("\x1b[B\r") // the second chapter
	p.Until("403 from S3, where there is no state")
	p.Type("\r")
	p.Until("Goal: terraform init works again in live/preprod")
	p.Type("\r")
	p.applies()
	p.Until("Solved: 403 from S3, where there is no state (2 of 3 points).")
	p.Type("\r")
	p.Until("1 of 8 solved")
	p.Type("\r")
	p.Until("Goal: terraform plan works again in live/staging.")
	p.Type("\x03")
	p.Ended(plan.ExitInterrupted)
	again := begin()
	again.Finds(`1 of 67 solved so far`)
	again.Finds(`2 Four reasons for a 403 +1 of 8`)
	again.Type("\x03")
	again.Ended(plan.ExitInterrupted)
}
