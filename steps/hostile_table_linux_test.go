//go:build !race && !integration

// The table is of a compiled program, of which neither the race detector nor a
// real Terraform has anything to tell.

package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// clone is a repository that somebody hostile can write to, on a laptop beside
// which there is something to reach: other files, a stranger's address, programs.
type clone struct {
	t                        *testing.T
	dir, home, outside       string
	binary, proxy, blueprint string
	server                   *sandbox.Server
}

func newClone(t *testing.T, binary, proxy string) *clone {
	base := t.TempDir()
	c := &clone{
		t: t, dir: filepath.Join(base, "repo"), home: filepath.Join(base, "home"), outside: filepath.Join(base, "outside"),
		binary: binary, proxy: proxy, server: sandboxtest.Start(t, sandbox.Options{}),
	}
	for _, dir := range []string{c.dir, c.home, c.outside, filepath.Join(c.dir, ".git")} {
		c.must(os.MkdirAll(dir, 0o700))
	}
	c.blueprint = string(hostileBlueprint(t).HCL())
	c.put("stateroom.hcl", c.blueprint)
	c.put("permissions.json", allowed)
	return c
}

func (c *clone) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

const allowed = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`

func hostileBlueprint(t *testing.T) *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob"}, "production")
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b.Users = []blueprint.User{{Name: "bob", Recipient: identity.Recipient().String()}}
	b.Environments[0].Permissions = "permissions.json"
	return b
}

// put writes what the repository brings.
func (c *clone) put(path, text string) {
	c.t.Helper()
	at := c.at(path)
	c.must(os.MkdirAll(filepath.Dir(at), 0o700))
	c.must(os.WriteFile(at, []byte(text), 0o600))
}

// at clears a place for what the repository brings there.
func (c *clone) at(path string) string {
	at := filepath.Join(c.dir, filepath.FromSlash(path))
	c.must(os.RemoveAll(at))
	c.must(os.MkdirAll(filepath.Dir(at), 0o700))
	return at
}

// told is how one run came out: what it said, on one line, and the calls that
// changed something.
type told struct {
	code int
	text string
	made []sandbox.Entry
}

const hostilePatience = time.Minute

func (c *clone) run(args ...string) told {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), hostilePatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.binary, append(args, "--endpoint-url", c.server.URL())...)
	cmd.Dir, cmd.WaitDelay = c.dir, time.Second
	cmd.Env = slices.Concat(sandboxtest.Home(c.home).Environ(c.server.URL()), sandboxtest.Keys(c.server.Operator()), []string{
		"GOGC=100", "PATH=" + c.home, "TMPDIR=" + c.home, "AWS_DEFAULT_REGION=eu-west-1",
		"HTTP_PROXY=" + c.proxy, "HTTPS_PROXY=" + c.proxy, // which sees every request that leaves this machine
	})
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	mark := len(c.server.Log())
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		c.t.Error(err)
	}
	if ctx.Err() != nil {
		c.t.Errorf("%v has not ended", args)
	}
	// Linux counts what the test's own process held as it started this one, which is why
	// the tests of a clone run before those that run side by side.
	if used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && used.Maxrss > 400<<10 {
		c.t.Errorf("%v took %d MiB", args, used.Maxrss>>10)
	}
	if bad := unprintable.FindString(out.String()); bad != "" {
		c.t.Errorf("%v prints %q", args, bad)
	}
	if out.Len() > 1<<20 {
		c.t.Errorf("%v prints %d bytes", args, out.Len())
	}
	e := told{code: cmd.ProcessState.ExitCode(), text: strings.Join(strings.Fields(out.String()), " ")}
	for _, entry := range c.server.Log()[mark:] {
		if entry.Mutating && entry.Operation != "" { // one that was broken off as the program ended asked for nothing
			e.made = append(e.made, entry)
		}
	}
	return e
}

// unprintable are control, bidirectional and invisible characters.
var unprintable = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

// tree is what lies in a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// marker is a file that every command that a repository names would make.
const marker = "was-here"

// cell is one file with one thing that it tries.
type cell struct {
	file, tries string
	// bring puts it into the repository.
	bring func(c *clone, file string)
	// args are added to the set-up's.
	args []string
	// code and says are how a set-up with a yes ends; made says that it may make
	// anything in AWS.
	code int
	says string
	made bool
	// also, which may be nil, looks further.
	also func(c *clone, e told)
}

func text(text string) func(*clone, string) {
	return func(c *clone, file string) {
		c.put(file, strings.NewReplacer("STRANGER", "http://stranger.example", "MARKER", filepath.Join(c.outside, marker)).Replace(text))
	}
}

// inPlace are what can lie in a file's place, and how a refusal names it.
var inPlace = []struct {
	tries, says string
	bring       func(c *clone, file string)
}{
	{"a pipe", "it is a pipe", func(c *clone, file string) { c.must(syscall.Mkfifo(c.at(file), 0o600)) }},
	{"a device", "it is a device", func(c *clone, file string) { c.must(os.Symlink("/dev/zero", c.at(file))) }},
	{"a directory", "it is a directory", func(c *clone, file string) { c.must(os.MkdirAll(filepath.Join(c.at(file), "x"), 0o700)) }},
	{"a gigabyte", "it is larger than", func(c *clone, file string) {
		at := c.at(file)
		c.must(os.WriteFile(at, nil, 0o600))
		c.must(os.Truncate(at, 1<<30))
	}},
}

func leadsOut(c *clone, file string) {
	c.must(os.Symlink(filepath.Join(c.outside, "theirs"), c.at(file)))
}

// Places in the repository.
const (
	inProject   = "live/production/"
	backendTF   = inProject + "backend.tf"
	mainTF      = inProject + "main.tf"
	tfbackend   = inProject + "prod.s3.tfbackend"
	noted       = inProject + ".terraform/terraform.tfstate"
	selectedIn  = inProject + ".terraform/environment"
	localTF     = inProject + "terraform.tfstate"
	workspaceTF = inProject + "terraform.tfstate.d/dev/terraform.tfstate"
	sealedBob   = "handover/bob.age"
	oldJournal  = LeftDir + "/journal.jsonl"
	blueprintIn = "stateroom.hcl"
	permissions = "permissions.json"
)

// unread are files that are nobody's business here: whatever lies there is left
// where it is.
var unread = []string{oldJournal, LeftDir + "/backup/x.tfstate", ".git/config", ".git/hooks/pre-commit", ".terraformrc", "terraform.rc", ".tofurc", inProject + "x.auto.tfvars", inProject + "terraform.tfvars", tfbackend, "terraform", inProject + "terraform", ".aws/config", ".env", inProject + plan.ErroredState}

// placeCells are everything that can lie in the place of every file.
func placeCells() []cell {
	var cells []cell
	for _, at := range []struct {
		file string
		code int
		// link is how a link that leads outside is refused; empty where it is only read.
		link     string
		linkCode int
	}{
		{blueprintIn, plan.ExitUsage, "version: is missing", plan.ExitUsage},
		{permissions, plan.ExitFailed, "policy document", plan.ExitFailed},
		{backendTF, plan.ExitFindings, "outside the repository", plan.ExitFindings},
		{inProject + "provider.tf", plan.ExitFindings, "outside the repository", plan.ExitFindings},
		{mainTF, plan.ExitFindings, "", plan.ExitDone},
		{noted, plan.ExitFindings, "not what terraform init writes", plan.ExitFindings},
		{selectedIn, plan.ExitFindings, "", plan.ExitDone},
		{localTF, plan.ExitFindings, "not a Terraform state", plan.ExitFindings},
		{workspaceTF, plan.ExitFindings, "not a Terraform state", plan.ExitFindings},
		{".gitignore", plan.ExitFailed, "outside the repository", plan.ExitFindings},
		{sealedBob, plan.ExitFailed, "bob", plan.ExitFindings},
	} {
		for _, in := range inPlace {
			if at.file == mainTF && in.tries == "a directory" {
				continue // Terraform reads none, and nothing is written there
			}
			cells = append(cells, cell{file: at.file, tries: in.tries, bring: in.bring, code: at.code, says: in.says})
		}
		cells = append(cells, cell{file: at.file, tries: "a link that leads out", bring: leadsOut, code: at.linkCode, says: at.link, made: at.linkCode == plan.ExitDone})
	}
	for _, in := range append(inPlace, inPlace[0]) {
		cells = append(cells, cell{file: "what nobody reads", tries: in.tries, made: true, bring: func(c *clone, _ string) {
			for _, file := range unread {
				in.bring(c, file)
			}
		}})
	}
	cells[len(cells)-1].tries, cells[len(cells)-1].bring = "a link that leads out", func(c *clone, _ string) {
		for _, file := range unread {
			leadsOut(c, file)
		}
	}
	return cells
}

// escapes are sequences that set the title, clear the screen and turn the text
// round, as they stand raw and in HCL's and JSON's own spelling.
const (
	escapes = "\x1b]0;pwned\x07\x1b[2J\u202e\u200b"
	spelt   = `\u001b]0;pwned\u0007\u001b[2J\u202e\u200b`
)

// backendOf is the blueprint's place with further arguments.
func backendOf(arguments string) string {
	return "terraform {\n  backend \"s3\" {\n    bucket = \"acme-terraform-state\"\n    key = \"common/production\"\n    region = \"eu-west-1\"\n    " + arguments + "\n  }\n}\n"
}

func notedAs(config string) string {
	return "{\"version\": 3, \"backend\": {\"type\": \"s3\", \"hash\": 1, \"config\": {\n" + config + "}}}\n"
}

// edited is the blueprint with something else in it.
func edited(old, with string) func(*clone, string) {
	return func(c *clone, file string) {
		if !strings.Contains(c.blueprint, old) {
			c.t.Fatalf("the blueprint has no %s:\n%s", old, c.blueprint)
		}
		c.put(file, strings.Replace(c.blueprint, old, strings.ReplaceAll(with, "MARKER", filepath.Join(c.outside, marker)), 1))
	}
}

// leading are the settings that lead elsewhere, in every file that can hold one.
func leadingCells() []cell {
	elsewhere := func(file, tries, content, place string) cell {
		return cell{file: file, tries: tries, bring: text(content), code: plan.ExitFindings, says: place, made: true, also: func(c *clone, e told) {
			if !strings.Contains(e.text, "files.points-elsewhere") {
				c.t.Errorf("no finding: %s", e.text)
			}
		}}
	}
	const endpoint = "endpoints = { s3 = \"STRANGER\" }"
	return []cell{
		elsewhere(backendTF, "an endpoint", backendOf(endpoint), "backend.tf:6"),
		elsewhere(backendTF, "a proxy", backendOf("https_proxy = \"STRANGER\""), "backend.tf:6"),
		elsewhere(backendTF, "a certificate authority", backendOf("custom_ca_bundle = \"ca.pem\""), "backend.tf:6"),
		elsewhere(backendTF, "profiles with a command", backendOf("shared_config_files = [\"../../aws\"]"), "backend.tf:6"),
		elsewhere(backendTF, "any certificate", backendOf("insecure = true"), "backend.tf:6"),
		elsewhere(backendTF, "a region with a host in it", backendOf("sts_region = \"x@stranger.example/\""), "backend.tf:6"),
		elsewhere(inProject+"backend_override.tf", "an endpoint", backendOf(endpoint), "backend_override.tf:6"),
		elsewhere(mainTF, "a provider's endpoint", "provider \"aws\" {\n  alias = \"x\"\n  endpoints {\n    s3 = \"STRANGER\"\n  }\n}\n", "main.tf:4"),
		elsewhere(mainTF, "a provider's profiles", "provider \"aws\" {\n  alias = \"x\"\n  shared_config_files = [\"aws\"]\n}\n", "main.tf:3"),
		elsewhere(mainTF+".json", "a provider's proxy", "{\"provider\": {\"aws\": {\"alias\": \"x\",\n\"http_proxy\": \"STRANGER\"}}}", "main.tf.json:2"),
		elsewhere(noted, "an endpoint", notedAs("\"bucket\": \"acme-terraform-state\", \"key\": \"common/production\",\n\"endpoints\": {\"s3\": \"STRANGER\"}"), "terraform.tfstate:3"),
		elsewhere(noted, "profiles with a command", notedAs("\"bucket\": \"acme-terraform-state\", \"key\": \"common/production\",\n\"shared_config_files\": [\"aws\"]"), "terraform.tfstate:3"),
		elsewhere(backendTF, "another type of backend", "terraform {\n  backend \"http\" {\n    address = \"STRANGER/state\"\n  }\n}\n", "backend.tf:3"),
		elsewhere(mainTF, "HCP Terraform", "terraform {\n  cloud {\n    hostname = \"stranger.example\"\n    organization = \"x\"\n  }\n}\n", "cloud://stranger.example/x"),
		elsewhere(noted, "another type of backend", strings.Replace(notedAs("\"address\": \"STRANGER/state\""), "s3", "http", 1), "terraform.tfstate:2"),
		elsewhere(noted, "a database with a password", strings.Replace(notedAs("\"conn_str\": \"postgres://me:hush@stranger.example/x\""), "s3", "pg", 1), "postgres://xxxxx@stranger.example/x"),
		{file: tfbackend, tries: "an endpoint", code: plan.ExitFindings, says: "prod.s3.tfbackend:2", made: true, bring: func(c *clone, file string) {
			text("terraform {\n  backend \"s3\" {}\n}\n")(c, backendTF)
			text("bucket = \"b\"\nsts_endpoint = \"STRANGER\"\n")(c, file)
		}},
		{file: noted, tries: "somebody else's bucket", code: plan.ExitFindings, says: "init.state-not-moved", made: true, bring: text(notedAs("\"bucket\": \"stranger\", \"key\": \"k\""))},
		{file: blueprintIn, tries: "a directory outside", bring: edited(`"live/production"`, `"../outside"`), code: plan.ExitUsage, says: "dir"},
		{file: "live/production", tries: "a link that leads out", code: plan.ExitFindings, says: "outside the repository", bring: func(c *clone, file string) { c.must(os.Symlink(c.outside, c.at(file))) }},
		{file: "live/production", tries: "a pipe", bring: inPlace[0].bring, code: plan.ExitFindings, says: "files.cannot-edit"},
	}
}

// textCells are what a text can try: to speak to the terminal, to be taken for a
// reference or a command, to let somebody in, to be believed.
func textCells() []cell {
	const reference = "(known after apply: kms.key#arn)"
	literal := func(of string) func(c *clone, e told) {
		return func(c *clone, e told) {
			for _, entry := range e.made {
				if entry.Operation == of && !strings.Contains(fmt.Sprint(entry.Input), reference) {
					c.t.Errorf("the text is not what it was: %v", entry.Input)
				}
			}
		}
	}
	return []cell{
		{file: blueprintIn, tries: "control sequences", bring: edited("Used by terraform", spelt), code: plan.ExitUsage, says: "invisible character"},
		{file: blueprintIn, tries: "raw control sequences", bring: edited("Used by terraform", escapes), code: plan.ExitUsage, says: "stateroom.hcl:"},
		{file: blueprintIn, tries: "a reference", bring: edited("Used by terraform to store remote state", reference), made: true, also: literal("CreateKey")},
		{file: blueprintIn, tries: "commands", bring: edited("Used by terraform", "$(: > MARKER) `: > MARKER`; : > MARKER"), made: true},
		{file: blueprintIn, tries: "depth", bring: text(strings.Repeat("(", 200_000)), code: plan.ExitUsage, says: "deeper"},
		{file: blueprintIn, tries: "to let somebody in", bring: func(*clone, string) {}, args: []string{"--no-widening"}, code: plan.ExitFindings, says: "--no-widening"},
		{file: permissions, tries: "to let somebody in", bring: text(strings.Replace(allowed, `"s3:*","ec2:*"`, `"*"`, 1)), args: []string{"--no-widening"}, code: plan.ExitFindings, says: "--no-widening"},
		{file: permissions, tries: "control sequences", bring: text(strings.Replace(allowed, `"Effect"`, `"Condition":{"StringNotEquals":{"aws:UserAgent":"`+spelt+`"}},"Effect"`, 1)), made: true},
		{file: permissions, tries: "a reference", bring: text(strings.Replace(allowed, `"Resource":"*"`, `"Resource":"arn:aws:s3:::`+reference+`"`, 1)), made: true, also: literal("PutRolePolicy")},
		{file: backendTF, tries: "control sequences", bring: text(strings.Replace(backendOf(""), "common/production", spelt, 1)), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: backendTF, tries: "raw control sequences", bring: text(backendOf("profile = \"" + escapes + "\"")), made: true},
		{file: backendTF, tries: "a reference", bring: text(strings.Replace(backendOf(""), "common/production", reference, 1)), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: mainTF, tries: "control sequences", bring: text("terraform {\n  required_version = \"" + spelt + "\"\n}\n"), made: true},
		{file: noted, tries: "control sequences", bring: text(notedAs(`"bucket": "` + spelt + `", "key": "` + spelt + `"`)), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: selectedIn, tries: "control sequences", bring: text(escapes), made: true},
		{file: selectedIn, tries: "a way out", bring: text("../../../outside"), made: true},
		{file: localTF, tries: "control sequences", bring: text(`{"version": 4, "lineage": "` + spelt + `", "resources": [{}]}`), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: localTF, tries: "to be the state", bring: text(`{"version": 4, "serial": 99, "lineage": "forged", "resources": [{}]}`), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: workspaceTF, tries: "to be the state", bring: text(`{"version": 4, "serial": 99, "lineage": "forged", "resources": [{}]}`), code: plan.ExitFindings, says: "init.state-not-moved", made: true},
		{file: ".gitignore", tries: "to show handovers", bring: text("/handover/\n!/handover/\n" + escapes), made: true, also: func(c *clone, _ told) {
			lines, err := os.ReadFile(filepath.Join(c.dir, ".gitignore"))
			if c.must(err); !strings.HasSuffix(string(lines), "/handover/\n") {
				c.t.Errorf(".gitignore is %q", lines)
			}
		}},
		{file: oldJournal, tries: "to be believed", bring: text(`{"scope":"111111111111/acme-terraform-state","change":"iam.group.admins","phase":"intent"}` + "\n" + escapes), made: true},
		{file: sealedBob, tries: "control sequences", bring: text(escapes), made: true},
	}
}

// onlyLooks has a health check changing nothing, and believing no state of the cell's.
func (c *clone) onlyLooks(h cell) {
	c.t.Helper()
	looked := c.run("troubleshoot", "--json")
	if len(looked.made) > 0 {
		c.t.Errorf("looking has changed something: %s", looked.made[0].Operation)
	}
	if strings.Contains(looked.text, "state-not-saved") && h.tries != "a link that leads out" {
		c.t.Errorf("an apply is said to have left a state: %s", looked.text)
	}
}

// TestTheHostileRepositoryTable runs a set-up with a yes, and a health check, over
// every file that a repository can bring with everything that it could try. Nothing
// outside the repository is changed but the laptop's own files, no command is run,
// nobody is asked but AWS, and nothing but text reaches the terminal.
func TestTheHostileRepositoryTable(t *testing.T) {
	binary := stepstest.Program(t)
	proxy, met := stepstest.Stranger(t)
	looksAtEach := stepstest.Stride(t) // a look is the same code over the same files: a sample of them every day
	for i, h := range slices.Concat(placeCells(), leadingCells(), textCells()) {
		t.Run(strings.ReplaceAll(h.file, "/", ":")+" "+h.tries, func(t *testing.T) {
			t.Parallel()
			c := newClone(t, binary, proxy)
			c.must(os.WriteFile(filepath.Join(c.outside, "theirs"), []byte("# theirs\n"), 0o600))
			before := tree(t, c.outside)
			h.bring(c, h.file)
			e := c.run(append([]string{"setup", "--yes", "--me", "alice", "--plain"}, h.args...)...)
			if e.code != h.code || !strings.Contains(e.text, h.says) {
				t.Errorf("exit %d, want %d and %q in:\n%s", e.code, h.code, h.says, e.text)
			}
			if !h.made && len(e.made) > 0 {
				t.Errorf("%d calls changed something, the first %s", len(e.made), e.made[0].Operation)
			}
			if h.also != nil {
				h.also(c, e)
			}
			if i%looksAtEach == 0 {
				c.onlyLooks(h)
			}
			if !maps.Equal(before, tree(t, c.outside)) {
				t.Error("something outside was changed")
			}
			c.onlyItsOwn()
		})
	}
	t.Cleanup(func() { // when the parallel ones have ended
		if met.Load() > 0 {
			t.Errorf("the stranger was asked %d times", met.Load())
		}
	})
}

// onlyItsOwn fails where the home holds more than the laptop's own files.
func (c *clone) onlyItsOwn() {
	c.t.Helper()
	entries, err := os.ReadDir(c.home)
	c.must(err)
	for _, entry := range entries {
		if !slices.Contains([]string{".aws", ".local"}, entry.Name()) {
			c.t.Errorf("the home holds %s", entry.Name())
		}
	}
}

// gitConfiguration has everything in a repository's own configuration that git
// runs a command for.
const gitConfiguration = `[core]
	fsmonitor = ": > MARKER; false"
	sshCommand = ": > MARKER"
	hooksPath = .git/hooks
	pager = ": > MARKER"
	editor = ": > MARKER"
[alias]
	status = "!: > MARKER"
	rev-parse = "!: > MARKER"
[filter "x"]
	clean = ": > MARKER"
	smudge = ": > MARKER"
	process = ": > MARKER"
[diff "x"]
	textconv = ": > MARKER"
	command = ": > MARKER"
[credential]
	helper = "!: > MARKER"
[include]
	path = ../include
`

// TestNothingOfTheRepositorysGitConfigurationIsRun goes through every flow over a
// repository whose git configuration and hooks name commands, with a git on PATH
// that notes when anybody starts it.
func TestNothingOfTheRepositorysGitConfigurationIsRun(t *testing.T) {
	proxy, _ := stepstest.Stranger(t)
	c := newClone(t, stepstest.Program(t), proxy)
	text(gitConfiguration)(c, ".git/config")
	text("[core]\n\tfsmonitor = \": > MARKER\"\n")(c, "include")
	text("* filter=x diff=x\n")(c, ".gitattributes")
	run := []string{filepath.Join(c.home, "git")}
	for _, hook := range []string{"pre-commit", "post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"} {
		run = append(run, filepath.Join(c.dir, ".git", "hooks", hook))
	}
	for _, program := range []string{"terraform", "tofu", "git", inProject + "terraform", inProject + "tofu"} {
		run = append(run, filepath.Join(c.dir, filepath.FromSlash(program)))
	}
	for _, path := range run {
		c.must(os.MkdirAll(filepath.Dir(path), 0o700))
		c.must(os.WriteFile(path, []byte("#!/bin/sh\n: > '"+filepath.Join(c.outside, marker)+"'\n"), 0o700)) //nolint:gosec // it is to be run, were anybody to
	}
	for _, flow := range [][]string{
		{"setup", "--yes", "--me", "alice", "--plain"},
		{"troubleshoot", "--yes", "--plain"},
		{"troubleshoot", "--yes", "--run", "--plain"},
		{"handover", "bob", "--yes", "--plain"},
		{"onboard", "--me", "alice", "--yes", "--plain"},
		{"login", "--me", "alice", "--yes", "--plain"},
		{"offboard", "bob", "--yes", "--plain"},
		{"setup", "--yes", "--me", "alice", "--plain"},
	} {
		if e := c.run(flow...); e.code == plan.ExitUsage || strings.Contains(e.text, "unknown") {
			t.Errorf("%v is no flow: %s", flow, e.text)
		}
		if len(tree(t, c.outside)) > 0 {
			t.Fatalf("%v ran a command of the repository's", flow)
		}
	}
}
