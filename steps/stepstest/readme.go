package stepstest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"stateroom/awsops/policy"
)

// ReadmePolicy is a policy as the README prints it, below the comment that names it:
// "operator" or "people". It is for account 111111111111, region eu-west-1 and bucket
// acme-terraform-state, and stands nowhere else, so that what is tested is what people
// copy.
func ReadmePolicy(t testing.TB, name string) policy.Document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- " + name + " policy -->\n```json\n(.*?)\n```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("README.md has no %s policy", name)
	}
	document, err := policy.Parse(string(block[1]))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// root is the directory of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no directory above has a go.mod")
		}
		dir = above
	}
}
