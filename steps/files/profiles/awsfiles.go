package profiles

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"stateroom/steps/files"
)

// CheckAWS says which file that the AWS SDK would read is no regular file of a
// size that it could have. Whether it is there and what it says is the SDK's own
// to judge; the null device is what many name for "no file".
func CheckAWS(ctx context.Context, getenv func(string) string) error {
	paths := []string{getenv("AWS_CA_BUNDLE"), getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")}
	credentials, credentialsErr := CredentialsPath(getenv)
	config, configErr := ConfigPath(getenv)
	for _, file := range []struct {
		kind Kind
		path string
		err  error
	}{{Credentials, credentials, credentialsErr}, {Config, config, configErr}} {
		if file.err != nil {
			continue // the SDK goes on without a file; who edits it says what is wrong
		}
		text, err := loadAWS(ctx, file.path)
		if err != nil {
			return err
		}
		for _, p := range All(file.kind, files.Snapshot{Path: file.path, Bytes: text, Exists: true}) {
			paths = append(paths, p.Get("ca_bundle"), p.Get("web_identity_token_file"))
		}
	}
	for _, path := range paths {
		if _, err := loadAWS(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func loadAWS(ctx context.Context, path string) ([]byte, error) {
	if path == "" || path == os.DevNull {
		return nil, nil
	}
	text, err := files.Load(ctx, path, files.Limit{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}
