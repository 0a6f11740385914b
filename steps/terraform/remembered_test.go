package terraform

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWhatInitRemembersIsABackendOfItsOwn(t *testing.T) {
	note := `{"version":3,"backend":{"type":"s3","config":{"bucket":"b","key":"a/${x}","encrypt":true,"max_retries":4,"profile":null,"endpoints":{"s3":"http://x","iam":null}}}}`
	dir := scratch(t, map[string]string{".terraform/terraform.tfstate": note})
	old, forget, err := Project{Dir: dir, Environ: []string{"AWS_PROFILE=p"}}.remembered(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(old.Dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`backend "s3"`, `"b"`, `"a/$${x}"`, "true", "4", `s3`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "profile") || !slices.Contains(old.Environ, "AWS_PROFILE=p") || !strings.HasPrefix(old.dataDir(), old.Dir) {
		t.Errorf("%+v\n%s", old, text)
	}
	if forget(); exists(old.Dir) {
		t.Error("the notes, which may hold credentials, were left behind")
	}
}

func TestALocalStateIsRemembered(t *testing.T) {
	dir := scratch(t, map[string]string{"terraform.tfstate": "{}"})
	text, err := here(dir).notedBackend()
	if err != nil || !strings.Contains(string(text), `backend "local"`) || !strings.Contains(string(text), filepath.Join(dir, "terraform.tfstate.d")) {
		t.Errorf("%v\n%s", err, text)
	}
}

// The scratch project stands elsewhere, so relative paths are made whole.
func TestALocalStateIsRememberedWhereInitNotedIt(t *testing.T) {
	dir := scratch(t, map[string]string{
		".terraform/terraform.tfstate": `{"version":3,"backend":{"type":"local","config":{"path":"deep/x.tfstate","workspace_dir":"spaces"}}}`,
		"deep/x.tfstate":               "{}",
	})
	text, err := here(dir).notedBackend()
	if err != nil || !strings.Contains(string(text), `"`+filepath.Join(dir, "deep", "x.tfstate")+`"`) || !strings.Contains(string(text), `"`+filepath.Join(dir, "spaces")+`"`) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestWhereNothingIsRememberedTheProjectItselfIsRead(t *testing.T) {
	p := here(scratch(t, map[string]string{"main.tf": ""}))
	old, forget, err := p.remembered(t.TempDir())
	if forget(); err != nil || old.Dir != p.Dir {
		t.Errorf("%+v, %v", old, err)
	}
	p = here(scratch(t, map[string]string{".terraform/terraform.tfstate": "junk"}))
	if _, _, err := p.remembered(t.TempDir()); err == nil {
		t.Error("junk was read")
	}
}

func TestMovingAsideLosesNothing(t *testing.T) {
	dir := scratch(t, map[string]string{".terraform/terraform.tfstate": "x", ".terraform/environment": "feature", ".terraform/providers/p": "y"})
	to := filepath.Join(dir, "aside")
	for range 2 { // a second time moves what is left, which is nothing
		if err := MoveAside(here(dir), to); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"aside/terraform.tfstate": "x", "aside/environment": "feature", "aside/providers/p": "y", "aside/.gitignore": "*\n", ".terraform/environment": "feature",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if exists(filepath.Join(dir, ".terraform", "terraform.tfstate")) {
		t.Error("nothing was moved")
	}
	if err := MoveAside(here(t.TempDir()), to); err != nil {
		t.Errorf("without a data directory: %v", err)
	}
}
