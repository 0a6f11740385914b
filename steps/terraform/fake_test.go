package terraform

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fakeDir makes the test binary play the engine: it logs its arguments and the
// workspace it was pinned to, and answers what the file named after its first
// words says: the exit code on the first line, then the output.
const fakeDir = "STATEROOM_FAKE_ENGINE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(fakeDir); dir != "" {
		os.Exit(playEngine(dir, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// here is a project with this process's environment, as a test has set it.
func here(dir string) Project { return Project{Dir: dir, Environ: os.Environ()} }

func playEngine(dir string, args []string) int {
	var words []string
	for _, a := range args {
		if strings.HasPrefix(a, "-") && a != "-force" {
			continue
		}
		words = append(words, a)
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 99
	}
	line := strings.Join(words, " ")
	if w := os.Getenv("TF_WORKSPACE"); w != "" {
		line += " @" + w
	}
	_, _ = fmt.Fprintln(log, line)
	for n := len(words); n > 0; n-- {
		text, err := os.ReadFile(filepath.Join(dir, strings.Join(words[:n], "-")))
		if err == nil {
			return answer(string(text))
		}
	}
	return 0
}

func answer(text string) int {
	first, rest, _ := strings.Cut(text, "\n")
	switch first {
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
		return 0
	case "stubborn": // takes no interrupt
		signal.Ignore(os.Interrupt)
		fmt.Println("waiting")
		select {}
	case "wait": // for an interrupt, as a long apply does
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		fmt.Println("waiting")
		<-interrupted
		fmt.Println("Interrupt received.")
		return 1
	}
	code, err := strconv.Atoi(first)
	if err != nil {
		return 98
	}
	if code == 0 {
		fmt.Print(rest)
	} else {
		fmt.Fprint(os.Stderr, rest)
	}
	return code
}

// fake is an engine that answers as scripted.
type fake struct {
	*Engine
	dir string
}

func newFake(t *testing.T, answers map[string]string) fake {
	t.Helper()
	dir := t.TempDir()
	for words, text := range answers {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(words, " ", "-")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fakeDir, dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else every fake run takes a second more under -race
	return fake{Engine: &Engine{Path: self, Name: EngineTerraform, Version: "1.11.4"}, dir: dir}
}

// ran lists the commands that ran, without their flags.
func (f fake) ran(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
