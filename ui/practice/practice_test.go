package practice

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
)

func start(t *testing.T, o Options) *Lab {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "scratch")
	}
	o.Environ = os.Environ()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeLab(t *testing.T, s *Lab) {
	t.Helper()
	if err := s.Close(true); err != nil {
		t.Error(err)
	}
}

// The lab's environment has nothing of the callers' AWS, and the callers' own, which
// is this process's, is what it was all the time.
func TestStageHidesTheCallersAWSAndLeavesItAlone(t *testing.T) {
	t.Setenv("AWS_PROFILE", "real")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_CONFIG_FILE", "/real/config")
	t.Setenv("TF_DATA_DIR", "/real/data")
	t.Setenv("TF_WORKSPACE", "real")
	t.Setenv("TF_CLI_ARGS_init", "-backend-config=real.hcl")
	before := os.Environ()
	s := start(t, Options{})
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS_init"} {
		if value := s.Environ.Get(name); value != "" {
			t.Errorf("%s=%s reaches the sandbox", name, value)
		}
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", stateVariable()} {
		if got := s.Environ.Get(name); !strings.HasPrefix(got, s.Root) {
			t.Errorf("%s is %s", name, got)
		}
	}
	if got := s.Environ.Get("PATH"); got != os.Getenv("PATH") {
		t.Errorf("PATH is %q", got)
	}
	closeLab(t, s)
	if after := os.Environ(); !slices.Equal(after, before) {
		t.Errorf("left with %q, came with %q", after, before)
	}
}

func TestAProcessThatOnlyRehearsesForgetsTheCallersAWS(t *testing.T) {
	for _, entry := range os.Environ() { // they come back when the test ends
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CA_BUNDLE", "/gone")
	t.Setenv("AWS_MAX_ATTEMPTS", "many")
	if err := Forget(); err != nil {
		t.Fatal(err)
	}
	if left := slices.DeleteFunc(os.Environ(), func(entry string) bool { return !strings.HasPrefix(entry, "AWS_") }); len(left) > 0 || os.Getenv("PATH") == "" {
		t.Errorf("%q is left", left)
	}
}

func TestStageOperatorMeetsTheAccountsThatTheAnswersName(t *testing.T) {
	t.Parallel()
	for _, accounts := range []int{0, 1, 5} {
		s := start(t, Options{Accounts: accounts})
		sessions, err := awsops.Open(context.Background(), s.Config())
		if err != nil {
			t.Fatal(err)
		}
		b := s.Blueprint()
		if err := b.Check(); err != nil || len(b.Missing()) > 0 {
			t.Errorf("the answers do not do: %v, missing %v", err, b.Missing())
		}
		identity, err := sessions.Home(b.StateRegion).Identity(t.Context())
		if err != nil || identity.Account != b.AdminAccount {
			t.Errorf("the operator is %+v, %v", identity, err)
		}
		listed, err := sessions.Home(b.StateRegion).Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]string{}
		for _, a := range listed {
			ids[a.Name] = a.ID
		}
		if len(listed) != len(b.Environments)+1 {
			t.Errorf("%d accounts, %d environments", len(listed), len(b.Environments))
		}
		for _, e := range b.Environments {
			if ids[e.Name] != e.Account {
				t.Errorf("%s is %s in the answers and %q in the sandbox", e.Name, e.Account, ids[e.Name])
			}
		}
		closeLab(t, s)
	}
}

func TestStageRefusesAFolderThatHoldsSomething(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("err = %v", err)
	}
}

func TestStageThatNeverBeganLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(false); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Root); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", s.Root, err)
	}
}

func TestTheSandboxIsServedOnThisMachineAlone(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:4570": true, "[::1]:4570": true, "localhost:0": true,
		"0.0.0.0:4570": false, ":4570": false, "[::]:4570": false, "192.0.2.1:4570": false, "127.0.0.1": false, "": false,
	} {
		if loopback(addr) != want {
			t.Errorf("loopback(%q) is %v", addr, !want)
		}
	}
	if err := Serve(t.Context(), "0.0.0.0:0", Options{Accounts: 1}, io.Discard); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("served on every address: %v", err)
	}
}

// TestAServedSandboxHasAnIdentityCenter, for whoever tries a team that signs in with it.
func TestAServedSandboxHasAnIdentityCenter(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, "127.0.0.1:0", Options{Accounts: 1}, in) }()
	exported := map[string]string{}
	for lines := bufio.NewScanner(out); exported["AWS_SECRET_ACCESS_KEY"] == "" && lines.Scan(); {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		exported[name] = value
	}
	sessions, err := awsops.Open(ctx, awsops.Config{
		Region: exported["AWS_REGION"], Endpoint: exported["AWS_ENDPOINT_URL"], Files: &awsops.Files{},
		Key: &awsops.KeyPair{ID: exported["AWS_ACCESS_KEY_ID"], Secret: secret.New(exported["AWS_SECRET_ACCESS_KEY"])},
	})
	if err != nil {
		t.Fatal(err)
	}
	if centers, err := sessions.Home("").IdentityCenters(ctx); err != nil || len(centers) != 1 {
		t.Errorf("it has %d: %v", len(centers), err)
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}

// TestWhatIsPrintedOfTheSandboxLeadsNoServiceElsewhere has a shell in which one
// service goes elsewhere and the rest of such settings is ignored.
func TestWhatIsPrintedOfTheSandboxLeadsNoServiceElsewhere(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "https://objects.example")
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
	server := sandbox.New(sandbox.Options{Accounts: 1})
	if err := server.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	text := exports(server, Options{Environ: os.Environ()})
	for _, want := range []string{"AWS_ENDPOINT_URL_S3=" + server.URL(), "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false"} {
		if !strings.Contains(text, "export "+want+"\n") {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}
