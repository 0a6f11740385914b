package session

import (
	"context"

	"stateroom/awsops"
	"stateroom/steps/files/profiles"
)

// openAWS reads the AWS configuration, once it is known that every file of it
// is one: the SDK opens what it is told to, and waits for a pipe's writer for
// ever. No call to AWS is made.
func (s *session) openAWS(ctx context.Context, config awsops.Config) (*awsops.Sessions, error) {
	if err := profiles.CheckAWS(ctx, s.environ().Get); err != nil {
		return nil, err
	}
	sessions, err := awsops.Open(ctx, config)
	if err == nil {
		sessions.OnWaiting(func(w awsops.Waiting) { s.say("  " + w.String()) }) // until a run reports it
	}
	return sessions, err
}
