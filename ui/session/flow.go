package session

import (
	"context"

	"stateroom/steps"
)

// flow runs one flow to its end: shown, asked about and told as a set-up is. A
// run that can neither ask nor was told to apply only looks.
func (s *session) flow(ctx context.Context, f *steps.Flow) (*steps.Summary, error) {
	s.DryRun = s.DryRun || !s.ask && !s.yes
	f.Emit, f.Confirm, f.DryRun, f.Stop = s.emit, s.confirm, s.DryRun, s.sys.Stop
	return f.Run(ctx)
}
