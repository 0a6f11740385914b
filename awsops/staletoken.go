package awsops

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// errStaleToken marks credentials of which AWS would refuse every call: the
// access key of a user beside a session's token.
var errStaleToken = errors.New("the access key of a user with a session token")

// IsStaleToken says that the configuration gave the access key of a user
// together with the token of a session, which is left from another key.
func IsStaleToken(err error) bool { return errors.Is(err, errStaleToken) }

// unmixed keeps such credentials from being sent: AWS's own answer
// (InvalidClientTokenId, "The security token included in the request is
// invalid") names neither the token's place nor that there is one.
type unmixed struct {
	aws.CredentialsProvider
	who, profile string
}

// Retrieve implements [aws.CredentialsProvider].
func (u unmixed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := u.CredentialsProvider.Retrieve(ctx)
	if err != nil || c.SessionToken == "" || !strings.HasPrefix(c.AccessKeyID, "AKIA") {
		return c, err //nolint:wrapcheck // the SDK's own, as it would be without us
	}
	e := &Error{
		Operation: readingConfiguration, Identity: u.who, Err: errStaleToken,
		Message: fmt.Sprintf("access key %s is a user's own and comes with a session token", c.AccessKeyID),
		Meaning: "The token is left over from another key, and AWS refuses every call that carries both (InvalidClientTokenId).",
		Remedy:  "Delete aws_session_token from the profile, in the config file or the credentials file; stateroom troubleshoot names the line.",
	}
	if u.profile != "" {
		e.Remedy = "Delete aws_session_token from profile " + u.profile + ", in the config file or the credentials file; stateroom troubleshoot names the line."
	}
	if c.Source == config.CredentialsSourceName {
		e.Remedy = "Run: unset AWS_SESSION_TOKEN"
	}
	return aws.Credentials{}, e
}
