package terraform

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFindTellsTheEnginesApart(t *testing.T) {
	for text, want := range map[string]Engine{
		"Terraform v1.11.4\non linux_amd64\n":          {Name: EngineTerraform, Version: "1.11.4"},
		"OpenTofu v1.12.6\non linux_amd64\n":           {Name: EngineOpenTofu, Version: "1.12.6"},
		"a wrapper says hello\nTerraform v1.6.0-rc1\n": {Name: EngineTerraform, Version: "1.6.0-rc1"},
	} {
		f := newFake(t, map[string]string{"version": "0\n" + text})
		got, err := Find(t.Context(), f.Path, os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != want.Name || got.Version != want.Version || !filepath.IsAbs(got.Path) {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestFindRefusesWhatIsNoEngine(t *testing.T) {
	f := newFake(t, map[string]string{"version": "0\nPacker v1.0.0\n"})
	if _, err := Find(t.Context(), f.Path, os.Environ()); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, flag := range []string{"", "terraform", "/nowhere/tofu"} {
		if _, err := Find(t.Context(), flag, os.Environ()); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "--engine") {
			t.Errorf("%q: got %v", flag, err)
		}
	}
}

func TestSupportsNamesTheVersionThatTheLockNeeds(t *testing.T) {
	for _, c := range []struct {
		version  string
		lockfile bool
		says     string
	}{
		{"1.11.4", true, ""},
		{"1.10.2", true, ""},
		{"1.10.1", true, "1.10.2"},
		{"1.10.1", false, ""},
		{"1.5.7", false, "1.6.0"},
		{"1.9.8", true, "use_lockfile"},
	} {
		err := (&Engine{Name: EngineTerraform, Version: c.version}).Supports(c.lockfile)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, lock file %v: got %v", c.version, c.lockfile, err)
		}
	}
}

func TestTheVersionThatFilesDemandFollowsFromTheLock(t *testing.T) {
	if got := RequiredVersion(true); got != ">= 1.10.2" {
		t.Error(got)
	}
	if got := RequiredVersion(false); got != ">= 1.6.0" {
		t.Error(got)
	}
}

func TestArgumentsOfAnUnattendedRun(t *testing.T) {
	old := &Engine{Name: EngineTerraform, Version: "1.8.5"}
	now := &Engine{Name: EngineTerraform, Version: "1.11.4"}
	tofu := &Engine{Name: EngineOpenTofu, Version: "1.12.6"}
	for _, c := range []struct {
		engine *Engine
		args   string
		want   string
	}{
		{now, "init", "init -no-color -input=false -json"},
		{old, "init", "init -no-color -input=false"},
		{tofu, "init", "init -no-color -input=false"},
		{now, "init -migrate-state", "init -no-color -input=false -migrate-state"},
		{tofu, "apply -auto-approve", "apply -no-color -input=false -json -auto-approve"},
		{now, "workspace new w", "workspace new -no-color w"},
		{now, "state pull", "state pull -no-color"},
		{now, "version", "version"},
	} {
		if got := strings.Join(c.engine.arguments(strings.Fields(c.args)), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.args, got, c.want)
		}
	}
}

func TestRunKeepsTheParentsEnvironmentButForWhatDiverts(t *testing.T) {
	f := newFake(t, map[string]string{"plan": "environment"})
	for _, name := range []string{"TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_WORKSPACE", "TF_INPUT", "TF_LOG", "AWS_CA_BUNDLE", "AWS_PROFILE"} {
		t.Setenv(name, "parents")
	}
	// The whole environment is the caller's: what it leaves out of the process's stays out.
	p := here("").pin("AWS_REGION", "eu-west-1")
	p.Environ = slices.DeleteFunc(p.Environ, func(entry string) bool { return strings.HasPrefix(entry, "AWS_PROFILE=") })
	result, err := f.Run(t.Context(), p.command("plan"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(result.Output, "\n")
	for _, want := range []string{"AWS_CA_BUNDLE=parents", "AWS_REGION=eu-west-1", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "TF_") && strings.HasSuffix(line, "=parents") || strings.HasPrefix(line, "AWS_PROFILE=") {
			t.Errorf("%s was passed on", line)
		}
	}
}

// TestACacheOfProvidersThatIsMissingIsLeftOut: the engines call it an error, go on
// without, and OpenTofu says so in the midst of a state that it prints.
func TestACacheOfProvidersThatIsMissingIsLeftOut(t *testing.T) {
	f := newFake(t, map[string]string{"plan": "environment"})
	dir := t.TempDir()
	for cache, kept := range map[string]bool{dir: true, ".": true, filepath.Join(dir, "gone"): false, "gone": false} {
		p := here(dir)
		p.Environ = append(slices.Clone(p.Environ), "TF_PLUGIN_CACHE_DIR="+cache)
		result, err := f.Run(t.Context(), p.command("plan"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(result.Output, "TF_PLUGIN_CACHE_DIR=") != kept {
			t.Errorf("%s: kept is %t, want %t", cache, !kept, kept)
		}
	}
}

func TestTheEngineAsksForCredentialsWhereItAsksForEverythingElse(t *testing.T) {
	f := newFake(t, map[string]string{"plan": "environment"})
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:2")
	result, err := f.Run(t.Context(), here("").command("plan"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(result.Output, "\n")
	for _, want := range []string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1", "AWS_ENDPOINT_URL_SSO=http://127.0.0.1:2", "AWS_ENDPOINT_URL_SSO_OIDC=http://127.0.0.1:1"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestRunStreamsLinesAndReportsTheFirstError(t *testing.T) {
	f := newFake(t, map[string]string{"plan": "1\n\x1b[31m╷\x1b[0m\n│ Error: No valid credential\n│ \n│ sources\n│ found\n╵\nbye"})
	var lines []string
	result, err := f.Run(t.Context(), Command{Args: []string{"plan"}, Project: Project{Environ: os.Environ(), Lines: func(l string) { lines = append(lines, l) }}})
	var failure *Error
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "terraform plan") {
		t.Fatalf("got %v", err)
	}
	want := []Diagnostic{{Severity: SeverityError, Summary: "No valid credential", Detail: "sources found"}}
	if !slices.Equal(result.Diagnostics, want) {
		t.Errorf("got %+v", result)
	}
	if len(lines) != 7 || lines[0] != "╷" || lines[6] != "bye" {
		t.Errorf("lines %q", lines)
	}
}

// OpenTofu 1.12.6 prints the cause of a failed unlock as a second error.
func TestRunTellsTheDenialBeneathAFailedUnlock(t *testing.T) {
	f := newFake(t, map[string]string{"workspace new": "1\n\nError: Error getting the state manager\n\nError\nunlocking S3 state. Lock ID: 1\n\nError: dynamoDB lock released but s3 failed: AccessDenied: not authorized to perform:\ns3:DeleteObject\n\nYou may have to force-unlock\n"})
	_, err := f.Run(t.Context(), here("").command("workspace", "new", "w"))
	if err == nil || !strings.Contains(err.Error(), "Error unlocking S3 state. Lock ID: 1; dynamoDB lock released") || !strings.Contains(err.Error(), "s3:DeleteObject") {
		t.Errorf("got %v", err)
	}
}

func TestRunMakesADiagnosticOfAFailureWithoutOne(t *testing.T) {
	f := newFake(t, map[string]string{"workspace new": "1\nWorkspace \"w\" already\nexists\n"})
	result, err := f.Run(t.Context(), here("").command("workspace", "new", "w"))
	if err == nil || len(result.Diagnostics) != 1 || result.Diagnostics[0].Summary != `Workspace "w" already exists` {
		t.Errorf("got %+v, %v", result.Diagnostics, err)
	}
}

func TestRunKeepsAStateOutOfOutputAndLines(t *testing.T) {
	f := newFake(t, map[string]string{"state pull": "0\n{\"secret\":1}"})
	var stdout bytes.Buffer
	lines := 0
	result, err := f.Run(t.Context(), Command{Args: []string{"state", "pull"}, Stdout: &stdout, Project: Project{Environ: os.Environ(), Lines: func(string) { lines++ }}})
	if err != nil || stdout.String() != `{"secret":1}` || result.Output != "" || lines != 0 {
		t.Errorf("got %q, %+v, %d lines, %v", stdout.String(), result, lines, err)
	}
}

func TestRunInterruptsTheChildWhenCancelled(t *testing.T) {
	f := newFake(t, map[string]string{"apply": "wait"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result, err := f.Run(ctx, Command{Args: []string{"apply"}, Project: Project{Environ: os.Environ(), Lines: func(line string) {
		if line == "waiting" {
			cancel()
		}
	}}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(result.Output, "Interrupt received.") {
		t.Errorf("got %v, output %q", err, result.Output)
	}
}

// The second interrupt kills a child that the first could not end, also one that
// tidies up under a context that cannot be cancelled.
func TestAGuardKillsChildrenAtOnce(t *testing.T) {
	f := newFake(t, map[string]string{"apply": "stubborn"})
	ctx, guard := Guarded(t.Context())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := f.Run(context.WithoutCancel(ctx), Command{Args: []string{"apply"}, Project: Project{Environ: os.Environ(), Lines: func(line string) {
		if line == "waiting" {
			cancel()
			guard.Kill()
		}
	}}})
	if err == nil || !strings.Contains(err.Error(), "second interrupt") {
		t.Errorf("got %v", err)
	}
	before := len(f.ran(t))
	if _, err := f.Run(context.WithoutCancel(ctx), here("").command("destroy")); err == nil || len(f.ran(t)) != before {
		t.Errorf("another child began: %v", err)
	}
}

func TestWhatAProbeLeavesBehindIsNamed(t *testing.T) {
	f := newFake(t, map[string]string{"apply": "1\nError: no\n", "workspace delete": "1\nError: no\n", "destroy": "0\n"})
	ctx, guard := Guarded(t.Context())
	err := Probe(ctx, f.Engine, ProbeInput{Project: here(t.TempDir()), Workspace: "stateroom-probe-1"})
	left := guard.Left()
	if len(left) != 1 || !strings.Contains(left[0], "env:/stateroom-probe-1/") || !strings.Contains(err.Error(), "left behind: "+left[0]) {
		t.Errorf("left %q, %v", left, err)
	}
	f = newFake(t, map[string]string{"apply": "1\nError: no\n"})
	ctx, guard = Guarded(t.Context())
	err = Probe(ctx, f.Engine, ProbeInput{Project: here(t.TempDir()), Workspace: "stateroom-probe-2"})
	if left := guard.Left(); err == nil || len(left) != 0 {
		t.Errorf("what was tidied up is named: %q, %v", left, err)
	}
}

func TestOutputOfAChattyChildIsBounded(t *testing.T) {
	c := newCollector(nil)
	s := c.stream()
	line := []byte(strings.Repeat("x", 1000) + "\n")
	for range 5000 {
		_, _ = s.Write(line)
	}
	_, _ = s.Write(bytes.Repeat([]byte("y"), 3<<20)) // no line end at all
	s.close()
	if got := len(c.output.String()); got > 4<<20 {
		t.Errorf("kept %d bytes", got)
	}
	if !strings.HasPrefix(c.output.String(), "xxx") || !strings.HasSuffix(c.output.String(), "yyy\n") {
		t.Error("lost the beginning or the end")
	}
}

func TestDiagnosticsOfEveryForm(t *testing.T) {
	credentials := Diagnostic{SeverityError, "error configuring S3 Backend", "no valid credential sources found"}
	for name, c := range map[string]struct {
		text string
		want []Diagnostic
	}{
		"json": {
			`{"@level":"error","@message":"Error: error configuring S3 Backend","diagnostic":{"severity":"error","summary":"error configuring S3 Backend","detail":"no valid credential\nsources found"},"type":"diagnostic"}`,
			[]Diagnostic{credentials},
		},
		"json with a place": {
			`{"@level":"error","@message":"Error: creating S3 Bucket (app): AccessDenied","diagnostic":{"severity":"error","summary":"creating S3 Bucket (app): AccessDenied","detail":"","address":"aws_s3_bucket.app","range":{"filename":"main.tf","start":{"line":1}},"snippet":{"context":"resource \"aws_s3_bucket\" \"app\""}},"type":"diagnostic"}`,
			[]Diagnostic{{SeverityError, "creating S3 Bucket (app): AccessDenied", `with aws_s3_bucket.app, on main.tf line 1, in resource "aws_s3_bucket" "app":`}},
		},
		"json without a source": {
			`{"@level":"error","@message":"Error: a","diagnostic":{"severity":"error","summary":"a","detail":"b","range":{"filename":"provider.tf","start":{"line":3}}},"type":"diagnostic"}`,
			[]Diagnostic{{SeverityError, "a", "on provider.tf line 3: b"}},
		},
		"plain": {
			"Initializing...\n\nError: error configuring S3 Backend\n\nno valid credential\nsources found\n\n\nmore\n",
			[]Diagnostic{credentials},
		},
		"box": {
			"╷\n│ Warning: Old\n│ \n│ \n│ thing\n╵\n╷\n│ Error: error configuring S3 Backend\n│ no valid credential sources found\n╵\nnot part\n",
			[]Diagnostic{{SeverityWarning, "Old", "thing"}, credentials},
		},
		"mixed": {
			"{not json\n" + `{"@level":"info","@message":"hello","type":"log"}` + "\nError: a\n",
			[]Diagnostic{{SeverityError, "a", ""}},
		},
	} {
		s := newCollector(nil).stream()
		_, _ = s.Write([]byte(c.text))
		s.close()
		if !slices.Equal(s.diagnostics.list, c.want) {
			t.Errorf("%s: got %+v", name, s.diagnostics.list)
		}
	}
}

func TestFoldUndoesWhatTheTerminalDid(t *testing.T) {
	got := Fold("\x1b[31m╷\x1b[0m\n│ \x1b[1mError: \x1b[0mIAM Role\n│ (arn:x)   cannot\n│\tbe assumed.\r\n╵")
	if got != "Error: IAM Role (arn:x) cannot be assumed." {
		t.Errorf("got %q", got)
	}
}

func FuzzDiagnostics(f *testing.F) {
	f.Add([]byte("╷\n│ Error: x\n│ y\n╵\n{\"@level\":\"error\",\"type\":\"diagnostic\",\"diagnostic\":{}}\n\x1b[0m"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := newCollector(func(string) {}).stream()
		for len(text) > 0 {
			n := min(7, len(text))
			_, _ = s.Write(text[:n])
			text = text[n:]
		}
		s.close()
		if len(s.diagnostics.list) > mostDiagnostics {
			t.Fatal("unbounded")
		}
	})
}

func scratch(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
