package sandboxtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
)

// Policies are the documents that were written to an AWS, each by the operation and the
// resource.
func Policies(log []sandbox.Entry) map[string]string {
	all := map[string]string{}
	for _, e := range log {
		input, ok := e.Input.(map[string]any)
		if !ok || !e.Mutating || e.Code != "" {
			continue
		}
		for _, name := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "Policy", "Body"} {
			if text, ok := input[name].(string); ok && strings.Contains(text, `"Statement"`) {
				all[fmt.Sprint(e.Operation, " ", name, " ", e.Resource, " ", len(all))] = withResource(text, name)
			}
		}
	}
	return all
}

// withResource gives a trust the resource that it cannot have, since parliament reads no
// further in a statement that has none.
func withResource(text, name string) string {
	if name != "AssumeRolePolicyDocument" {
		return text
	}
	return strings.ReplaceAll(text, `"Action":"sts:AssumeRole"`, `"Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/TerraformAdmin"`)
}

// Fault is what parliament says of a policy.
type Fault struct {
	Issue, Severity string
	Detail          any
	// Location names the policy in place of its file.
	Location struct{ Filepath string }
}

// Parliament gives the faults that parliament finds in policies, each a document by its
// name.
func Parliament(t testing.TB, policies map[string]string) []Fault {
	t.Helper()
	dir := t.TempDir()
	names := map[string]string{}
	for name, text := range policies {
		path := filepath.Join(dir, fmt.Sprint(len(names), ".json"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names[path] = name
	}
	out, err := exec.CommandContext(t.Context(), "parliament", "--directory", dir, "--include_policy_extension", "json", "--json").Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var faults []Fault
	for line := range strings.Lines(string(out)) {
		var f Fault
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		f.Location.Filepath = names[f.Location.Filepath]
		faults = append(faults, f)
	}
	if exit != nil && len(faults) == 0 {
		t.Fatalf("parliament failed: %s", exit.Stderr)
	}
	return faults
}
