package session

import (
	"context"
	"os"

	"stateroom/awsops"
	"stateroom/steps/files"
)

// openAWS reads the AWS configuration, once it is known that every file of it
// is one: the SDK opens what it is told to, and waits for a pipe's writer for
// ever.
func openAWS(ctx context.Context, config awsops.Config) (*awsops.Sessions, error) {
	if err := files.CheckAWS(ctx, os.Getenv); err != nil {
		return nil, err
	}
	return awsops.Open(ctx, config)
}
