//go:build integration

// Package mirror gives tests a provider hashicorp/aws without its registry: it
// builds the stub (the module in testdata/stubprovider) and serves it to a real
// Terraform or OpenTofu from a filesystem mirror. It is there with the build tag
// integration only, so that the program cannot come to need it.
package mirror

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"stateroom/steps/stepstest"
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

// stub is the built stub.
var stub = sync.OnceValues(func() ([]byte, error) {
	_, here, _, _ := runtime.Caller(0)
	return stepstest.Build(filepath.Join(filepath.Dir(here), "..", "testdata", "stubprovider"), "-ldflags", "-s -w", ".")
})
