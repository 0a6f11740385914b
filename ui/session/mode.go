package session

import (
	"context"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/tui"
)

// Mode is one way through the program: its command, its words and what it shows,
// and what opens it.
type Mode struct {
	*tui.Mode
	// open is made once the lab stands, where there is one.
	open opener
	// piped says that with --plain a pipe may answer its questions.
	piped bool
	// tells says that its findings are a result of their own: where nobody can
	// consent to a change it looks all the same. Only whoever declines a set-up has
	// failed, whatever it has found.
	tells bool
}

// opener gives the questions of a flow, and then the flow itself, and the answers
// that flags have given.
type opener func(s *session, ctx context.Context) (engine.Open, plan.Given, error)

// The modes.
var (
	SetUp        = &Mode{Mode: tui.SetUp, open: (*session).settingUp}
	Onboard      = &Mode{Mode: tui.Onboard, open: (*session).onboarding, piped: true}
	Troubleshoot = &Mode{Mode: tui.Troubleshoot, open: (*session).troubleshooting, piped: true, tells: true}
	Handover     = &Mode{Mode: tui.Handover, open: handingOver, piped: true}
	Offboard     = &Mode{Mode: tui.Offboard, open: offboarding, piped: true}
	Login        = &Mode{Mode: tui.Login, open: (*session).loggingIn, piped: true}
)

// exitCode is the summary's; findings that nobody wanted mended remain.
func (m *Mode) exitCode(s *plan.Summary, detailed bool) int {
	if s.Declined && m.Stages == nil && plan.NeedsAttention(s.Findings) {
		return plan.ExitFindings
	}
	return s.ExitCode(detailed)
}
