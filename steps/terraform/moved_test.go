package terraform

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/files/tf"
)

const aState = `{"version":4,"serial":3,"lineage":"abc","resources":[{"instances":[{},{}]},{"instances":[{}]}]}`

func TestInitReportsAnUnreachableRegistryAsInformation(t *testing.T) {
	const registry = "\nError: Failed to query available provider packages\n\nCould not retrieve the list\n"
	configured := scratch(t, map[string]string{".terraform/terraform.tfstate": `{"version":3,"backend":{"type":"s3","config":{}}}`})
	for name, c := range map[string]struct {
		dir, answer string
		unreachable bool
		fails       bool
	}{
		"all well":                     {t.TempDir(), "0\nSuccessfully configured the backend \"s3\"!\n", false, false},
		"registry after the backend":   {t.TempDir(), "1\nSuccessfully configured the\nbackend \"s3\"!\n" + registry, true, false},
		"registry, and no cache there": {configured, "1\nError: The specified plugin cache dir /gone cannot be opened: stat /gone: no such file or directory\n\n" + registry, true, false},
		"registry, backend of earlier": {configured, "1\n" + registry, true, false},
		"registry, backend never seen": {t.TempDir(), "1\n" + registry, false, true},
		"registry and something else":  {configured, "1\nError: Invalid region\n" + registry, false, true},
		"backend fails":                {t.TempDir(), "1\nError: error configuring S3 Backend\n", false, true},
	} {
		f := newFake(t, map[string]string{"init": c.answer})
		outcome, err := InitProject(t.Context(), f.Engine, here(c.dir))
		if outcome.ProvidersUnreachable != c.unreachable || (err != nil) != c.fails {
			t.Errorf("%s: got %+v, %v", name, outcome, err)
		}
	}
}

func TestBackUpWritesEveryWorkspaceForItsOwnerOnly(t *testing.T) {
	f := newFake(t, map[string]string{"workspace list": "0\n  default\n* dev\n\n", "state pull": "0\n" + aState})
	dir := filepath.Join(t.TempDir(), "backup")
	states, err := BackUp(t.Context(), f.Engine, here(t.TempDir()), dir)
	if err != nil || len(states) != 2 {
		t.Fatalf("got %+v, %v", states, err)
	}
	if !slices.Contains(f.ran(t), "state pull @dev") {
		t.Errorf("ran %v", f.ran(t))
	}
	info, err := os.Stat(filepath.Join(dir, "dev.tfstate"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if len(states[1].Content) != 64 {
		t.Errorf("content digest %q", states[1].Content)
	}
	want := tf.State{Content: states[1].Content, Workspace: "dev", Path: filepath.Join(dir, "dev.tfstate"), Lineage: "abc", Serial: 3, Resources: 2, Format: 4}
	if states[1] != want {
		t.Errorf("got %+v", states[1])
	}
	read, err := ReadBackup(t.Context(), dir)
	if err != nil || !slices.Equal(read, states) {
		t.Errorf("read again: %+v, %v", read, err)
	}
	if _, err := BackUp(t.Context(), f.Engine, here(t.TempDir()), dir); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second backup over the first: %v", err)
	}
}

// TestBackUpTakesNoWordOfAWarningForAWorkspace has what Terraform 1.16.0 and a note of
// 1.11.4 print around the list. A state that is asked for in a workspace that is not
// there is made by some back ends: a move left one at env:/instead./.
func TestBackUpTakesNoWordOfAWarningForAWorkspace(t *testing.T) {
	for name, listed := range map[string]string{
		"deprecated": "\nWarning: Deprecated Parameter\n\n  on backend.tf line 7, in terraform:\n   7:     dynamodb_table = \"terraform_locks\"\n\nThe parameter \"dynamodb_table\" is deprecated. Use parameter \"use_lockfile\"\ninstead.\n  default\n* dev\n\n",
		"overridden": "  default\n* dev\n\n\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n\n",
		"Windows":    "  default\r\n* dev\r\n\r\n",
	} {
		f := newFake(t, map[string]string{"workspace list": "0\n" + listed, "state pull": "0\n" + aState})
		states, err := BackUp(t.Context(), f.Engine, here(t.TempDir()), filepath.Join(t.TempDir(), "backup"))
		if err != nil || len(states) != 2 || states[0].Workspace != "default" || states[1].Workspace != "dev" {
			t.Errorf("%s: got %+v, %v", name, states, err)
		}
	}
}

func TestBackUpOfNoStateWritesNoFile(t *testing.T) {
	for name, pulled := range map[string]string{
		"a local workspace": "", // S3's prints a state of no lineage once another workspace has one
		"one in a bucket":   "{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": 0,\n  \"lineage\": \"\",\n  \"outputs\": {},\n  \"resources\": [],\n  \"check_results\": null\n}\n",
	} {
		f := newFake(t, map[string]string{"workspace list": "0\n* default\n", "state pull": "0\n" + pulled})
		dir := t.TempDir()
		states, err := BackUp(t.Context(), f.Engine, here(t.TempDir()), dir)
		if err != nil || len(states) != 1 || !states[0].Empty() {
			t.Errorf("%s: got %+v, %v", name, states, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

// TestNoBackupIsMadeOfAStateWithWhichNoInitGoesOn: state pull makes one of format 4 of
// any, but the providers in it are refused once it lies in its new place.
func TestNoBackupIsMadeOfAStateWithWhichNoInitGoesOn(t *testing.T) {
	f := newFake(t, map[string]string{
		"workspace list": "0\n* default\n",
		"state pull":     `0` + "\n" + `{"version":4,"serial":3,"lineage":"l","resources":[{"provider":"provider[\"registry.terraform.io/-/null\"]"}]}`,
	})
	project, dir := t.TempDir(), t.TempDir()
	_, err := BackUp(t.Context(), f.Engine, here(project), dir)
	if err == nil || !strings.Contains(err.Error(), "workspace default of "+project+" names its provider \"null\"") || !strings.Contains(err.Error(), "terraform state replace-provider -- -/null hashicorp/null in the project's directory") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestAMovedStateThatIsNotWhatItWasIsToldAfterTheInit(t *testing.T) {
	was, err := tf.ParseState([]byte(aState))
	if err != nil {
		t.Fatal(err)
	}
	was.Workspace = "default"
	before := []tf.State{was, {Workspace: "empty"}}
	for name, c := range map[string]struct {
		pulled string
		says   string
	}{
		"the same":                {aState, ""},
		"lower serial":            {strings.Replace(aState, ":3,", ":2,", 1), "serial 3 and now has 2"},
		"a colleague has applied": {strings.Replace(strings.Replace(aState, ":3,", ":4,", 1), "[{},{}]", "[{}]", 1), ""},
		"other content":           {strings.Replace(aState, "[{},{}]", `[{},{"a":1}]`, 1), "other resources or outputs"},
		"other state":             {`{"version":4,"serial":3,"lineage":"xyz","resources":[]}`, "lineage"},
		"no state":                {"", "no state in the new place"},
	} {
		f := newFake(t, map[string]string{"state pull": "0\n" + c.pulled})
		_, err := InitMoved(t.Context(), f.Engine, here(t.TempDir()), before)
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), "workspace default ") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWhatIsNoStateIsNotTakenForAMovedOne(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"version":3,"lineage":"x"}`, "<html>", `{"version":4,"lineage":"","resources":[{}]}`} {
		f := newFake(t, map[string]string{"state pull": "0\n" + text})
		if _, err := InitMoved(t.Context(), f.Engine, here(t.TempDir()), []tf.State{{Workspace: "default", Lineage: "x"}}); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// TestInitOnAMovedStateKeepsLocalStatesAndTheWorkspace: init would ask whether to
// copy a local state, and fail in a workspace that is not there.
func TestInitOnAMovedStateKeepsLocalStatesAndTheWorkspace(t *testing.T) {
	dir := scratch(t, map[string]string{
		"terraform.tfstate": aState, "terraform.tfstate.moved": "of an earlier time", "terraform.tfstate.d/dev/terraform.tfstate": aState,
		".terraform/environment": "empty",
	})
	f := newFake(t, map[string]string{"state pull": "0\n" + aState})
	was, _ := tf.ParseState([]byte(aState))
	was.Workspace = "default"
	if _, err := InitMoved(t.Context(), f.Engine, here(dir), []tf.State{was}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"terraform.tfstate.moved.2": aState, "terraform.tfstate.moved": "of an earlier time", "terraform.tfstate.d/dev/terraform.tfstate.moved": aState,
	} {
		if text, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if want := []string{"init @default", "workspace new empty", "state pull @default"}; !slices.Equal(f.ran(t), want) {
		t.Errorf("ran %v, want %v", f.ran(t), want)
	}
}

func TestASourceThatWasWrittenSinceTheBackupIsToldApart(t *testing.T) {
	was, _ := tf.ParseState([]byte(aState))
	was.Workspace = "default"
	for pulled, changed := range map[string]bool{aState: false, strings.Replace(aState, ":3,", ":4,", 1): true} {
		f := newFake(t, map[string]string{"workspace list": "0\n* default\n", "state pull": "0\n" + pulled})
		if err := Unchanged(t.Context(), f.Engine, here(t.TempDir()), []tf.State{was}, t.TempDir()); errors.Is(err, errSourceChanged) != changed {
			t.Errorf("%s: %v", pulled, err)
		}
	}
}
