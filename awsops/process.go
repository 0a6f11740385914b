package awsops

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// overheard gives a configuration whose credentials come from a program
// (credential_process) providers that keep what the program says on its standard error.
// The SDK's own let it write across the screen, and name its exit code alone
// (processcreds.DefaultNewCommandBuilder); they cannot be told otherwise.
func (s *Sessions) overheard(cfg aws.Config, chain *chainEndpoint) aws.Config {
	from, ok := cfg.Credentials.(aws.CredentialProviderSource)
	if !ok || !slices.Contains(from.ProviderSources(), aws.CredentialSourceProfileProcess) {
		return cfg
	}
	for _, source := range cfg.ConfigSources {
		if shared, ok := source.(config.SharedConfig); ok {
			cfg.Credentials = aws.NewCredentialsCache(s.asProfile(cfg, &shared, chain))
		}
	}
	return cfg
}

// asProfile is what the SDK makes of a profile whose credentials, or whose source's, come
// from a program (config v1.33.15, resolveCredsFromProfile and credsFromAssumeRole).
func (s *Sessions) asProfile(cfg aws.Config, profile *config.SharedConfig, chain *chainEndpoint) aws.CredentialsProvider {
	var provider aws.CredentialsProvider
	if profile.Source != nil {
		provider = s.asProfile(cfg, profile.Source, chain)
	} else {
		provider = program{command: profile.CredentialProcess, console: s.console}
	}
	if profile.RoleARN == "" {
		return provider
	}
	cfg = cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(provider)
	return stscreds.NewAssumeRoleProvider(roleAsker{sts.NewFromConfig(cfg), chain}, profile.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = profile.RoleSessionName
		if d := profile.RoleDurationSeconds; d != nil && *d/time.Minute > 15 {
			o.Duration = *d
		}
		if profile.ExternalID != "" {
			o.ExternalID = &profile.ExternalID
		}
		if profile.MFASerial != "" {
			o.SerialNumber = &profile.MFASerial
		}
		s.asker(profile.Profile)(o)
	})
}

// program is the program of credential_process. With a console it may speak and ask there,
// as without us; else it is heard only when it fails.
type program struct {
	command string
	console io.Writer
}

// programEnds bounds how long the last words of a program that has ended are waited for:
// what it left running may still hold its standard error.
const programEnds = 500 * time.Millisecond

// Retrieve implements [aws.CredentialsProvider].
func (p program) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var said lastWords
	ended := make(chan struct{})
	read, write, err := os.Pipe()
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("a pipe for credential_process: %w", err)
	}
	go func() {
		defer close(ended)
		_, _ = io.Copy(said.and(p.console), read) // what is lost of it is lost
		_ = read.Close()
	}()
	c, err := processcreds.NewProviderCommand(processcreds.NewCommandBuilderFunc(func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := processcreds.DefaultNewCommandBuilder{Args: []string{p.command}}.NewCommand(ctx)
		if err != nil {
			return nil, err //nolint:wrapcheck // the SDK's own caller gets it
		}
		cmd.Stderr = write
		if p.console == nil {
			cmd.Stdin = nil
		}
		return cmd, nil
	})).Retrieve(ctx)
	_ = write.Close()
	select {
	case <-ended:
	case <-time.After(programEnds):
	}
	if line := said.line(); err != nil && line != "" {
		return c, fmt.Errorf("%w, after it had said: %s", err, line)
	}
	return c, err //nolint:wrapcheck // the SDK's own, as it would be without us
}

// lastWords keeps the end of what is written to it.
type lastWords struct {
	mu  sync.Mutex
	end []byte
}

// and writes to a console, too, where there is one.
func (w *lastWords) and(console io.Writer) io.Writer {
	if console == nil {
		return w
	}
	return io.MultiWriter(w, console)
}

// lastKept bounds what is kept, in bytes, and lastShown what is shown of its last line.
const (
	lastKept  = 4 << 10
	lastShown = 300
)

// Write implements [io.Writer].
func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = append(w.end, p...)
	w.end = w.end[max(0, len(w.end)-lastKept):]
	return len(p), nil
}

// styling are the codes by which a program colours its words.
var styling = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// line is the last line with anything in it, without what a terminal would act on.
func (w *lastWords) line() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range slices.Backward(bytes.FieldsFunc(w.end, func(r rune) bool { return r == '\n' || r == '\r' })) {
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, styling.ReplaceAllString(strings.ToValidUTF8(string(line), ""), ""))
		if text = strings.TrimSpace(text); text != "" {
			return strings.ToValidUTF8(text[:min(len(text), lastShown)], "")
		}
	}
	return ""
}
