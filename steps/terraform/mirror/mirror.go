//go:build integration

// Package mirror gives tests a provider hashicorp/aws without its registry: it
// builds the stub (the module in testdata/stubprovider) and serves it to a real
// Terraform or OpenTofu from a filesystem mirror. It is there with the build tag
// integration only, so that the program cannot come to need it.
package mirror

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Version is the provider's version in the mirror, the last of the real one's
// version 5.
const Version = "5.100.0"

// With gives the variables with which an engine finds hashicorp/aws in a mirror
// of this test's own, and no other provider. They are for terraform.Command and
// for Setenv alike. The first test of a process builds the stub, which takes
// seconds, or a minute where Go's build cache is cold.
func With(t testing.TB) map[string]string {
	t.Helper()
	binary, err := stub()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(root, registry, "hashicorp", "aws", Version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "terraform-provider-aws_v"+Version+"_x5")
		if err := os.WriteFile(name, binary, 0o700); err != nil { //nolint:gosec // an engine shall run it
			t.Fatal(err)
		}
	}
	return at(t, root)
}

// Empty gives the variables with which an engine finds no provider at all.
func Empty(t testing.TB) map[string]string {
	t.Helper()
	return at(t, t.TempDir())
}

// at gives the variables for the mirror in a directory.
func at(t testing.TB, root string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", root)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"TF_CLI_CONFIG_FILE": file}
}

// buildWait bounds a build in which everything is compiled, on a busy machine.
const buildWait = 8 * time.Minute

// started is the environment before any test changed it: Go finds its caches by
// HOME, which tests hide.
var started = os.Environ()

// stub is the built stub, kept as bytes: a file that outlives the test which
// built it would outlive the process too.
var stub = sync.OnceValues(func() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildWait)
	defer cancel()
	dir, err := os.MkdirTemp("", "stateroom-stub-")
	if err != nil {
		return nil, fmt.Errorf("build the stub provider: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a scratch directory of the system
	path := filepath.Join(dir, "stub")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, ".")
	_, here, _, _ := runtime.Caller(0)
	build.Dir = filepath.Join(filepath.Dir(here), "..", "testdata", "stubprovider")
	build.Env = started
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the stub provider: %w\n%s", err, out)
	}
	return os.ReadFile(path)
})
