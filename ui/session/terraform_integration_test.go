//go:build integration

package session_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/terraform/mirror"
)

// whoami is a configuration that asks the environment who is there.
const whoami = "data \"aws_caller_identity\" \"me\" {}\noutput \"who\" { value = data.aws_caller_identity.me.arn }\n"

// founded is a company with a finished set-up, and Terraform on every laptop;
// guarded names the environments that ask for a second factor.
func founded(t *testing.T, guarded ...string) *company {
	t.Helper()
	c := opened(t, mirror.With(t), guarded...)
	c.found()
	for _, e := range environments {
		c.must(os.WriteFile(filepath.Join(c.dir, "live", e[0], "main.tf"), []byte(whoami), 0o600))
	}
	return c
}

// mutations are the mutating calls since mark that are not Terraform's or a
// probe's.
func (c *company) mutations(mark int) []string {
	var calls []string
	for _, e := range c.server.Log()[mark:] {
		if e.Mutating && !slices.Contains(probing, e.Operation) {
			calls = append(calls, e.Operation)
		}
	}
	return calls
}

func (l *laptop) read(rel string) string {
	l.t.Helper()
	data, err := os.ReadFile(filepath.Join(l.home, filepath.FromSlash(rel)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.t.Fatal(err)
	}
	return string(data)
}

// byHand plans in a project as a person does who knows of no stateroom.
func (l *laptop) byHand(environment string) outcome {
	l.t.Helper()
	return l.in(filepath.Join(l.folder, "live", environment), "", nil, filepath.Join(l.path, "terraform"), "plan", "-no-color")
}

// tree is every file below a directory, by its path; what Terraform installed is
// left out.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "providers":
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// secretFree fails the test where a secret stands in what was printed, in how a
// child was started, or in any file but the credentials. A backup of those holds
// what they held, and is as closed as they are; what nobody keeps, such as what was
// handed over, is in none of them either.
func (l *laptop) secretFree(shown string, nobodys ...string) {
	l.t.Helper()
	secrets := l.server.Secrets()
	if len(secrets) < 3 {
		l.t.Fatalf("only %d secrets are known", len(secrets))
	}
	texts := tree(l.t, l.base)
	if starts := len(tree(l.t, l.spied)); starts < 3 {
		l.t.Errorf("only %d starts of Terraform were noted", starts)
	}
	texts["what was printed"] = shown
	for name, text := range texts {
		looked := append(slices.Clone(nobodys), secrets...)
		// The credentials file and, in the state directory, what it held before.
		if strings.HasPrefix(name, "home/.aws/credentials") || strings.Contains(name, ".local/state/stateroom/files/") && strings.Contains(name, "/.aws/credentials.") {
			l.closed(filepath.Join(l.base, name))
			looked = nobodys
		}
		for _, s := range looked {
			if strings.Contains(text, s) {
				l.t.Errorf("%s holds a secret", name)
			}
		}
	}
}

// closed fails the test unless files that may hold a secret, or tell of one, are
// their owner's alone.
func (l *laptop) closed(paths ...string) {
	l.t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		l.must(err)
		if info.Mode().Perm() != 0o600 {
			l.t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
	}
}
