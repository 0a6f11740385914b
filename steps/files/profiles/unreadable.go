package profiles

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// Unreadable is why the AWS SDK, and so Terraform, takes nothing of a profile: a setting
// of it is not valid, wherever its credentials come from. It is empty where all are, and
// where the profile, or what it refers to, is not there.
func Unreadable(ctx context.Context, credentials, configuration, name string) string {
	_, err := config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = []string{credentials}, []string{configuration}
	})
	if err == nil || !strings.Contains(err.Error(), "from shared config") { // the SDK has no type for it (shared_config.go)
		return ""
	}
	return err.Error()
}
