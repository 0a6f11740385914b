// Package sandboxtest gives a test a sandbox, and the homes of who meets it: nothing
// that runs in the environment of one reaches a real home or a real AWS. Only tests
// import it. It imports nothing of what calls AWS, so that this can be tested with
// it, too; what the steps' tests share above it is in steps/stepstest.
package sandboxtest

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
)

// garbage is how much a heap may grow before it is swept. Tests and the programs that
// they run live for seconds and keep little: sweeping as often as by default takes a
// fifth of their time.
const garbage = 400

// memory is how many bytes a process of tests takes before it sweeps more often after
// all: with all seeds many tests at once made a gigabyte that is in use into seven.
const memory = 3 << 30

func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
}

// atOnce is how many tests a processor has to do with.
const atOnce = 4

// Nobody is an address at which nothing answers.
const Nobody = "http://127.0.0.1:1"

// Start serves a sandbox until the test ends.
func Start(t testing.TB, o sandbox.Options) *sandbox.Server {
	t.Helper()
	server := sandbox.New(o)
	serve(t, server)
	return server
}

func serve(t testing.TB, server *sandbox.Server) {
	t.Helper()
	if err := server.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Home is the home directory of one person.
type Home string

// Credentials is where AWS's tools keep keys in this home.
func (h Home) Credentials() string { return filepath.Join(string(h), ".aws", "credentials") }

// Config is where AWS's tools keep profiles in this home.
func (h Home) Config() string { return filepath.Join(string(h), ".aws", "config") }

// Tokens is where AWS's tools keep the tokens of sign-ins in this home.
func (h Home) Tokens() string { return filepath.Join(string(h), ".aws", "sso", "cache") }

// State is the directory below which programs keep their state in this home.
func (h Home) State() string { return filepath.Join(string(h), ".local", "state") }

// Environ is the environment of a program in this home which meets AWS at a url and
// nowhere else. An empty url leaves open where AWS is.
func (h Home) Environ(url string) []string {
	set := []string{
		"HOME=" + string(h), "USERPROFILE=" + string(h), "XDG_STATE_HOME=" + h.State(), "LOCALAPPDATA=" + h.State(),
		"AWS_SHARED_CREDENTIALS_FILE=" + h.Credentials(), "AWS_CONFIG_FILE=" + h.Config(),
		"AWS_EC2_METADATA_DISABLED=true", "CHECKPOINT_DISABLE=1", "GOGC=" + strconv.Itoa(garbage),
	}
	if url != "" {
		set = append(set, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false")
		for _, service := range []string{"", "_STS", "_SSO", "_SSO_OIDC", "_SIGNIN"} {
			set = append(set, "AWS_ENDPOINT_URL"+service+"="+url)
		}
	}
	return set
}

// Keys are the variables that hold somebody's credentials.
func Keys(c sandbox.Credentials) []string {
	set := []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey}
	if c.SessionToken != "" {
		set = append(set, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	return set
}

// Main runs the tests of a package whose runs bring an environment of their own, so
// that they can run side by side: the process has an empty home, and nobody answers
// where its variables say that AWS is. What goes by them all the same reaches nothing
// real, and fails. More of the tests run at once than there are processors, unless
// -parallel says how many: they wait for answers and for programs most of the time.
func Main(m *testing.M) (code int) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(atOnce * runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	home, err := os.MkdirTemp("", "stateroom-nobody-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(home) }() // a scratch directory of the system
	for _, name := range ofTools() {
		_ = os.Unsetenv(name) // which only an odd name keeps it from
	}
	for _, entry := range Home(home).Environ(Nobody) {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// Isolate gives the test's process the environment of a home, and nothing of AWS or
// Terraform besides.
func (h Home) Isolate(t testing.TB, url string) {
	t.Helper()
	for _, name := range ofTools() {
		t.Setenv(name, "") // which puts it back in the end
		_ = os.Unsetenv(name)
	}
	Setenv(t, h.Environ(url))
}

// ofTools are the variables of this process that AWS's tools and Terraform go by.
func ofTools() (names []string) {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if slices.ContainsFunc([]string{"AWS_", "TF_", "XDG_"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			names = append(names, name)
		}
	}
	return names
}

// Setenv sets variables of the test's process until the test ends.
func Setenv(t testing.TB, variables []string) {
	t.Helper()
	for _, entry := range variables {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}
