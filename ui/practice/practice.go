// Package practice is the lab in which set-up is rehearsed: the AWS inside
// the process, a scratch home with the operator's credentials, and answers that
// need no typing. Every presenter starts the same lab.
//
// What does not live here: the sandbox itself (awsops/sandbox) and anything
// that is shown.
package practice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
)

// Options are the knobs of a lab.
type Options struct {
	// Dir is where the scratch files go; it must be new or empty. Empty means a
	// new folder among the system's temporary ones.
	Dir string
	// Accounts is the number of sub-accounts; 0 means the article's three.
	Accounts int
	// Latency is added to every call.
	Latency time.Duration
	// Region is where the lab is, [blueprint.DefaultStateRegion] by default: see
	// [RegionOf].
	Region string
	// Environ is the callers' environment, whose AWS the rehearsal knows nothing of.
	Environ engine.Environment
}

// region is where the lab is.
func (o Options) region() string { return cmp.Or(o.Region, blueprint.DefaultStateRegion) }

// logged bounds what the lab remembers of its requests, a few kilobytes each: a set-up of
// ten thousand accounts makes more than fifty thousand.
const logged = 250

func (o Options) sandbox() sandbox.Options {
	return sandbox.Options{Accounts: o.Accounts, Latency: o.Latency, Region: o.region(), Logged: logged}
}

// RegionOf is the first of these regions that a lab can be in, whose partition is then
// that of all accounts; empty without any. It has to be one that every account has.
func RegionOf(wanted ...string) string {
	for _, region := range wanted {
		if slices.Contains(sandbox.Regions(region), region) {
			return region
		}
	}
	return ""
}

// Configured is the region of the command line or else of the callers' environment, as
// far as a lab can be there.
func Configured(flag string, callers engine.Environment) string {
	return RegionOf(flag, callers.Get("AWS_REGION"), callers.Get("AWS_DEFAULT_REGION"))
}

// Lab is one rehearsal: a sandbox that serves and the scratch files that go
// with it. Whoever closes the lab says whether the files stay.
type Lab struct {
	// Root is the scratch folder: blueprint, projects, handovers, and home/.aws.
	Root string
	// WorkDir is the folder that is worked in, the root or the new admin's clone, and
	// Environ the environment there.
	WorkDir string
	Environ engine.Environment
	// Me is the user whose key goes into the scratch home.
	Me string
	// SignIn is how the team signs in.
	SignIn SignIn
	// Server is the lab's AWS.
	Server *sandbox.Server

	accounts  int
	recipient string
	region    string
	// ownRoot says that Start made up the folder.
	ownRoot bool
}

// credentialsFile and configFile lie below the lab's root, as they do below a
// home.
var (
	credentialsFile = filepath.Join("home", ".aws", "credentials")
	configFile      = filepath.Join("home", ".aws", "config")
	identityFile    = filepath.Join("home", "bob.identity")
	stateHome       = filepath.Join("home", ".local", "state")
)

// The users of the rehearsal: the first is the operator as an admin, the second
// one who collects a handover.
const (
	me    = "alice"
	other = "bob"
)

// Start serves a new sandbox on a free loopback port and makes its scratch files.
func Start(ctx context.Context, o Options) (*Lab, error) {
	root, err := scratch(o.Dir)
	if err != nil {
		return nil, err
	}
	l := &Lab{
		Root: root, WorkDir: root, Me: me, accounts: o.Accounts, ownRoot: o.Dir == "", region: o.region(),
		Server: sandbox.New(o.sandbox()),
	}
	if err := l.Server.Start(ctx, "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("the sandbox cannot be started: %w", err)
	}
	if err := l.writeHome(); err != nil {
		return nil, errors.Join(err, l.Close(false))
	}
	l.Environ = environment(o.Environ, l.Root, l.Endpoint(), l.region)
	return l, nil
}

// scratch makes the folder. One that holds something is refused: nothing real
// is touched.
func scratch(dir string) (string, error) {
	if dir == "" {
		made, err := os.MkdirTemp("", "stateroom-sandbox-")
		if err != nil {
			return "", fmt.Errorf("the scratch folder cannot be made: %w", err)
		}
		return made, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the scratch folder cannot be read: %w", err)
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty, and the sandbox touches nothing real: name a new folder with --dir, or leave it out", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("the scratch folder cannot be made: %w", err)
	}
	return dir, nil
}

// writeHome writes the scratch home: the operator's credentials as the default
// profile, and the identity with which the other user opens a handover.
func (l *Lab) writeHome() error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("no identity for %s: %w", other, err)
	}
	l.recipient = identity.Recipient().String()
	operator := l.Server.Operator()
	for path, text := range map[string]string{
		credentialsFile: fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", operator.AccessKeyID, operator.SecretAccessKey),
		configFile:      "[default]\nregion = " + l.region + "\n",
		identityFile:    identity.String() + "\n",
	} {
		path = filepath.Join(l.Root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("the scratch home cannot be made: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("the scratch home cannot be written: %w", err)
		}
	}
	return nil
}

// Endpoint is where the sandbox answers for every service.
func (l *Lab) Endpoint() string { return l.Server.URL() }

// Keeps tells whether the scratch files outlive the lab: where keep says so, and always
// where the caller chose the folder.
func (l *Lab) Keeps(keep bool) bool { return keep || !l.ownRoot }

// Note says what becomes of the scratch files: where they are if keep says so, or if
// the caller chose the folder, else that they go.
func (l *Lab) Note(keep bool) string {
	if !l.Keeps(keep) {
		return "This was the sandbox: nothing real was touched. Its files are not kept; add --keep-files to keep them."
	}
	return fmt.Sprintf("This was the sandbox: nothing real was touched. Its files are kept in %s. Delete the folder when you are done.", l.Root)
}

// Close stops the sandbox. The scratch files stay if keep says so, and always where
// the caller chose the folder.
func (l *Lab) Close(keep bool) error {
	err := l.Server.Close()
	if !l.Keeps(keep) {
		err = errors.Join(err, os.RemoveAll(l.Root))
	}
	if err != nil {
		return fmt.Errorf("the sandbox cannot be cleared away: %w", err)
	}
	return nil
}

// Token is a token of a pipeline's platform, whose issuer the lab is as well.
func (l *Lab) Token(issuer, audience, subject, project string) (secret.Secret, error) {
	claims := map[string]any{"iss": issuer, "aud": audience, "sub": subject}
	if project != "" {
		claims["project_id"] = project
	}
	token, err := l.Server.Token(claims)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("a token of %s: %w", issuer, err)
	}
	return secret.New(token), nil
}
