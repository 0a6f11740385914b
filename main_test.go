package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/ui/command"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
	"stateroom/ui/session"
	"stateroom/ui/wordstest"
)

// outcome is what one run of the program left.
type outcome struct {
	code     int
	out, err string
}

// program runs the program in an empty folder, without Terraform, without a
// real home and without anything of the tester's AWS environment.
func program(t *testing.T, input string, terminal bool, args ...string) outcome {
	t.Helper()
	return programOf(t, sandboxtest.Home(t.TempDir()), input, terminal, args...)
}

// programOf runs the program in somebody's home.
func programOf(t *testing.T, home sandboxtest.Home, input string, terminal bool, args ...string) outcome {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	sandboxtest.Setenv(t, home.Environ(sandboxtest.Nobody))
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	code := run(t.Context(), args, system{in: strings.NewReader(input), out: &out, err: &errs, terminal: terminal})
	return outcome{code, out.String(), errs.String()}
}

func TestBadCommandLineIsOneSentenceAndRunsNothing(t *testing.T) {
	for args, want := range map[string]string{
		"setp":                             `there is no command "setp" (did you mean setup?)`,
		"setpu":                            `there is no command "setpu" (did you mean setup?)`,
		"trouble":                          "did you mean troubleshoot?",
		"setup --regoin x":                 "did you mean --region?",
		"setup --yess":                     "did you mean --yes?",
		"help practice":                    `there is no command "practice"`,
		"help setpu":                       "did you mean setup?",
		"policy":                           "name one policy, of operator, people",
		"policy oprator":                   "did you mean operator?",
		"policy operator here":             "takes no name after it",
		"policy trust --sandbox producton": "did you mean production?",
		"troubleshoot --sandbox --break kms-disabld":             "did you mean kms-disabled?",
		"setup --sandbox --me alce":                              "did you mean alice?",
		"setup --sandbox --set group.admins.environments=stagin": "did you mean staging?",
		"troubleshoot --no-checks":                               "belongs to --error FILE",
		"troubleshoot --break x":                                 "add --sandbox",
		"troubleshoot --error x --no-checks --run":               "leave one of the two out",
		"troubleshoot --sandbox --break nonsense":                "--break list lists them",
		"handover":                         "takes one user's name",
		"offboard a b":                     "takes one user's name",
		"setup now":                        "takes no argument",
		"setup --nope":                     "unknown flag: --nope",
		"setup --parallel many":            "invalid argument",
		"setup --parallel 0":               "--parallel 0 is too few",
		"setup --set bucket.name":          "not of the form PATH=VALUE",
		"setup --accounts 5":               "belongs to --sandbox",
		"setup --keep-files":               "belongs to --sandbox",
		"setup --sandbox --accounts 0":     "--accounts 0 is too few",
		"setup --sandbox --profile real":   "touches nothing real",
		"setup --sandbox --endpoint-url x": "touches nothing real",
		"setup --sandbox --region mars-1":  "not a region that every account of the sandbox has",
		"sandbox --region eu-south-1":      "not a region that every account of the sandbox has",
		"setup --detailed-exitcode":        "belongs to --dry-run",
		"setup --no-widening":              "belongs to --yes",
		"offboard bob --no-widening":       "belongs to --yes",
		"sandbox here":                     "takes no argument",
	} {
		t.Run(args, func(t *testing.T) {
			got := program(t, "", false, strings.Fields(args)...)
			if got.code != plan.ExitUsage || got.out != "" || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestEveryCommandsHelpFitsAndHasExamplesAndRealPlaceholders reads the help of every command,
// those that cobra adds among them. What shells' own commands say is cobra's.
func TestEveryCommandsHelpFitsAndHasExamplesAndRealPlaceholders(t *testing.T) {
	root := command.New(command.Runners{})
	for _, c := range append(root.Commands(), root) {
		t.Run(c.Name(), func(t *testing.T) {
			args := append(strings.Fields(strings.TrimPrefix(c.CommandPath(), "stateroom")), "--help")
			got := program(t, "", false, args...)
			if got.code != 0 || got.err != "" || !strings.Contains(got.out, "\nExamples:\n  stateroom") {
				t.Fatalf("%+v", got)
			}
			for _, line := range strings.Split(got.out, "\n") {
				if len(line) > 80 {
					t.Errorf("%d columns: %s", len(line), line)
				}
			}
			c.LocalFlags().VisitAll(func(f *pflag.Flag) {
				placeholder, _ := pflag.UnquoteUsage(f)
				if placeholder != strings.ToUpper(placeholder) {
					t.Errorf("--%s takes %q", f.Name, placeholder)
				}
				if !f.Hidden && !strings.Contains(got.out, "  --"+f.Name+" ") && !strings.Contains(got.out, ", --"+f.Name+" ") {
					t.Errorf("--%s is not shown", f.Name)
				}
			})
		})
	}
}

// man is where a release has its man pages written. They are not the program's own
// business: what makes them weighs more than all of its help.
var man = flag.String("man", "", "write the man pages to the directory `DIR`")

// TestEveryCommandHasAManPageThatIsTheSameTomorrow writes the man pages.
func TestEveryCommandHasAManPageThatIsTheSameTomorrow(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", cmp.Or(os.Getenv("SOURCE_DATE_EPOCH"), "0"))
	pages := func(dir string) map[string]string {
		root, written := command.New(command.Runners{}), map[string]string{}
		root.DisableAutoGenTag = true // it would name the day
		if err := doc.GenManTree(root, &doc.GenManHeader{Source: "stateroom", Manual: "User Commands"}, dir); err != nil {
			t.Fatal(err)
		}
		for _, c := range append(root.Commands(), root) {
			if !c.IsAvailableCommand() && c != root {
				continue
			}
			name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
			}
			written[name] = string(text)
			if strings.Contains(written[name], "HISTORY") {
				t.Errorf("%s names the day on which it was written", name)
			}
			c.LocalFlags().VisitAll(func(f *pflag.Flag) {
				if !f.Hidden && !strings.Contains(written[name], `\fB--`+f.Name+`\fP`) {
					t.Errorf("%s does not name --%s", name, f.Name)
				}
			})
		}
		return written
	}
	once, again := pages(cmp.Or(*man, t.TempDir())), pages(t.TempDir())
	if !reflect.DeepEqual(once, again) {
		t.Error("written a second time they differ")
	}
}

// schemaOf is a schema as the program prints it.
func schemaOf(t *testing.T, of string) *jsonschema.Resolved {
	t.Helper()
	got := program(t, "", false, "schema", of)
	var schema jsonschema.Schema
	if err := json.Unmarshal([]byte(got.out), &schema); err != nil || got.code != 0 || got.err != "" {
		t.Fatalf("%v: %+v", err, got)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// TestEveryEventFitsTheSchemaThatIsPrinted: others read the events by it.
func TestEveryEventFitsTheSchemaThatIsPrinted(t *testing.T) {
	schema, seen := schemaOf(t, "events"), map[string]int{}
	for _, args := range []string{
		"setup --sandbox --json --yes", "setup --sandbox --json --dry-run", "onboard --sandbox --json --yes", "offboard bob --sandbox --json --yes",
		"troubleshoot --sandbox --json --yes", "troubleshoot --sandbox --json --break kms-disabled", "troubleshoot --sandbox --json --break explicit-deny --yes",
		"login --sandbox --json --yes", "setup --json --yes --blueprint " + practiceBlueprint(t, t.TempDir()),
		"onboard --sandbox --json --yes --me admins --blueprint " + signingInBlueprint(t, t.TempDir()),
	} {
		got := program(t, "", false, strings.Fields(args)...)
		for _, line := range strings.Split(strings.TrimSpace(got.out), "\n") {
			var event any
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatalf("%s: %v in %s", args, err, line)
			}
			if err := schema.Validate(event); err != nil {
				t.Errorf("%s: %v: %s", args, err, line)
			}
			seen[event.(map[string]any)["event"].(string)]++
		}
	}
	for _, kind := range []string{"change", "applied", "finding", "sign-in", "summary"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was seen in %v", kind, seen)
		}
	}
}

// TestTheBlueprintsSchemaHoldsWhatTheBlueprintHolds compares it with the paths of --set.
func TestTheBlueprintsSchemaHoldsWhatTheBlueprintHolds(t *testing.T) {
	schema := schemaOf(t, "blueprint")
	for text, fits := range map[string]bool{
		`{"version":1,"admin_account":"111111111111","group":{"admins":{"users":["alice"]}},"lock":{"use_lockfile":true},"tags":{"team":"x"}}`: true,
		`{"version":2}`:                                      false,
		`{"admin_account":"111111111111"}`:                   false,
		`{"version":1,"grup":{}}`:                            false,
		`{"version":1,"group":{"admins":{"users":"alice"}}}`: false,
		`{"version":1,"bucket":{"nam":"x"}}`:                 false,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != fits {
			t.Errorf("%s: %v", text, err)
		}
	}
	root := schema.Schema()
	for _, path := range blueprint.New().Paths() {
		at := root
		for _, part := range strings.Split(path, ".") {
			if at = cmp.Or(at.Properties[part], at.AdditionalProperties); at == nil {
				t.Fatalf("%s is not in the schema", path)
			}
		}
	}
}

// TestCompletionProposesWhatTheBlueprintAndTheLaptopHold: names that nobody types by heart.
func TestCompletionProposesWhatTheBlueprintAndTheLaptopHold(t *testing.T) {
	home := sandboxtest.Home(t.TempDir())
	if err := os.MkdirAll(filepath.Dir(home.Config()), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{home.Credentials(): "[work]\n[admin_iam]\n", home.Config(): "[profile acme]\n[profile e\x1b[31mvil]\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	answers := filepath.Join(t.TempDir(), "team.hcl")
	if err := os.WriteFile(answers, practice.Team(3, "eu-west-1").HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	signing := signingInBlueprint(t, t.TempDir())
	for typed, want := range map[string][]string{
		"offboard --blueprint " + answers + " ":     {"alice", "bob"},
		"setup --blueprint " + answers + " --me ":   {"alice", "bob"},
		"policy trust --blueprint " + answers + " ": {"staging", "production"},
		"policy admin --blueprint " + answers + " ": {"admins"},
		"onboard --blueprint " + signing + " --me ": {"admins"},
		"policy ":               {"operator", "trust"},
		"troubleshoot --break ": {"kms-disabled", "list"},
		"setup --profile ":      {"work", "admin_iam", "acme"},
		"setup --set ":          {"bucket.name=", "admin_account="},
		"setup --blueprint " + answers + " --adopt ":  {"common-staging"},
		"offboard --sandbox ":                         {"alice", "bob"},
		"policy --sandbox trust ":                     {"staging", "production"},
		"offboard --blueprint " + answers + " alice ": nil,
		"setup ": nil,
		"offboard --blueprint " + filepath.Join(t.TempDir(), "no") + " ": nil,
	} {
		got := programOf(t, home, "", false, append([]string{"__complete"}, strings.Split(typed, " ")...)...)
		var proposed []string
		for _, line := range strings.Split(got.out, "\n") {
			name, _, _ := strings.Cut(line, "\t")
			if name != "" && !strings.HasPrefix(name, ":") {
				proposed = append(proposed, name)
			}
		}
		for _, name := range want {
			if !slices.Contains(proposed, name) {
				t.Errorf("%s: %q is not among %q", typed, name, proposed)
			}
		}
		if want == nil && len(proposed) > 0 || got.code != 0 || strings.ContainsRune(got.out, '\x1b') {
			t.Errorf("%s: %+v", typed, got)
		}
	}
}

func TestHelpShowsACommandsOwnFlagsBeforeThoseOfAllAndOfTheSandbox(t *testing.T) {
	got := program(t, "", false, "troubleshoot", "--help")
	last := 0
	for _, part := range []string{"\nFlags:\n", "--error FILE", "\nCommon flags:\n", "--region REGION", "\nSandbox flags:\n", "\n      --sandbox ", "--latency DURATION"} {
		at := strings.Index(got.out, part)
		if at <= last {
			t.Errorf("%q is out of its place in %s", part, got.out)
		}
		last = at
	}
}

// TestThePolicyOfAnOperatorIsPrintedWithoutAskingAWS: it is what an operator has to have
// before anything else works.
func TestThePolicyOfAnOperatorIsPrintedWithoutAskingAWS(t *testing.T) {
	for name, want := range map[string]policy.Document{"operator": stepstest.OperatorPolicy(), "people": stepstest.PeoplePolicy(), "identity": stepstest.IdentityPolicy()} {
		got := program(t, "", false, "policy", name, "--account", "111111111111", "--set", "bucket.name=acme-terraform-state")
		var text bytes.Buffer
		if err := json.Indent(&text, []byte(want.JSON()), "", "  "); err != nil {
			t.Fatal(err)
		}
		if got.code != 0 || got.out != text.String()+"\n" {
			t.Errorf("%s: %+v", name, got)
		}
		if !strings.Contains(got.err, "aws iam create-policy --policy-name stateroom-"+name+" --policy-document file://policy.json") {
			t.Errorf("no command makes it: %s", got.err)
		}
	}
	if got := program(t, "", false, "policy", "operator"); got.code != plan.ExitUsage || got.out != "" || !strings.Contains(got.err, "give --account ID") {
		t.Errorf("without an account: %+v", got)
	}
	here := program(t, "", false, "policy", "operator", "--account", "111111111111", "--set", "state_region=us-gov-west-1")
	if !strings.Contains(here.out, `"arn:aws-us-gov:s3:::terraform-state-111111111111-us-gov-west-1"`) || !strings.Contains(here.err, "the name that setup suggests") {
		t.Errorf("without a bucket, in another partition: %+v", here)
	}
}

func TestThePolicyOfAnOperatorIsForTheAccountOfTheCredentialsWhereNothingElseSaysIt(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{})
	got := programIn(t, t.TempDir(), server, "policy", "operator", "--set", "bucket.name=acme-terraform-state")
	if got.code != 0 || !strings.Contains(got.out, `"111111111111/acme-terraform-state"`) || !strings.Contains(got.err, "that of your credentials") {
		t.Errorf("%+v", got)
	}
}

// TestThePoliciesPrintedAreThoseThatASetUpWrites to the byte, in a set-up of one group
// whose policies are not split.
func TestThePoliciesPrintedAreThoseThatASetUpWrites(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{})
	state, dir := t.TempDir(), t.TempDir()
	blueprint := practiceBlueprint(t, dir)
	early := programIn(t, state, server, "policy", "bucket", "--blueprint", blueprint)
	if early.code != plan.ExitFailed || early.out != "" || !strings.Contains(early.err, "not in AWS yet: the key alias/terraform") {
		t.Errorf("before the setup: %+v", early)
	}
	if made := programIn(t, state, server, "setup", "--yes", "--dir", dir, "--blueprint", blueprint); made.code != 0 {
		t.Fatalf("%+v", made)
	}
	var written []string
	for _, e := range server.Log() {
		if input, ok := e.Input.(map[string]any); ok && e.Mutating {
			for _, value := range input {
				if text, ok := value.(string); ok && strings.Contains(text, `"Statement"`) {
					written = append(written, text)
				}
			}
		}
	}
	for _, name := range []string{"assume", "state", "credentials", "trust", "permissions", "bucket", "key"} {
		mark := len(server.Log())
		got := programIn(t, state, server, "policy", name, "--blueprint", blueprint)
		var text bytes.Buffer
		if err := json.Compact(&text, []byte(got.out)); err != nil {
			t.Fatalf("%s: %v: %+v", name, err, got)
		}
		if got.code != 0 || !slices.Contains(written, text.String()) {
			t.Errorf("%s: no such policy was written: %+v", name, got)
		}
		asked := slices.Contains([]string{"state", "trust", "bucket"}, name) // the key's ARN and the organization are AWS's to say
		if log := server.Log()[mark:]; asked != (len(log) > 0) || slices.ContainsFunc(log, func(e sandbox.Entry) bool { return e.Mutating }) {
			t.Errorf("%s: %d calls", name, len(log))
		}
	}
}

func TestNoCommandNamesTheCommands(t *testing.T) {
	got := program(t, "", false)
	if got.code != plan.ExitUsage || !strings.Contains(got.err, "stateroom setup") || !strings.Contains(got.err, "sandbox") {
		t.Errorf("%+v", got)
	}
	if help := program(t, "", false, "setup", "--help"); help.code != 0 || !strings.Contains(help.out, "--dry-run") {
		t.Errorf("%+v", help)
	}
}

func TestTheVersionIsPrintedAlone(t *testing.T) {
	got := program(t, "", false, "--version")
	if got.code != plan.ExitDone || got.err != "" || !strings.HasPrefix(got.out, "stateroom ") || !strings.Contains(got.out, "\nbuilt  with go1.") {
		t.Errorf("%+v", got)
	}
	if got := program(t, "", false, "setup", "--version"); got.code != plan.ExitUsage {
		t.Errorf("of a command: %+v", got)
	}
}

func TestErrorsBecomeExitCodesInOnePlace(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"none":                {nil, 0},
		"told already":        {exitCode(3), 3},
		"interrupted":         {exitCode(130), 130},
		"usage":               {session.Usagef("x"), 2},
		"an answer":           {fmt.Errorf("x: %w", blueprint.Problem{Message: "x"}), 2},
		"answers":             {blueprint.Problems{{Message: "x"}}, 2},
		"no answer":           {plain.ErrNoAnswer, 2},
		"refused":             {&plan.Refusal{What: "x"}, 1},
		"anything else":       {errors.New("x"), 1},
		"a code, and closing": {errors.Join(exitCode(4), errors.New("x")), 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(c.err); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestWithoutATerminalEveryMissingAnswerIsNamedByItsFlag(t *testing.T) {
	got := program(t, "", false, "setup", "--set", "bucket.name=acme-state")
	for _, want := range []string{
		"--set admin_account=VALUE", "--set group.admins.users=VALUE", "--set environment.production.account=VALUE",
		"--set project.common-production.environment=VALUE", "--yes", "there is no stateroom.hcl",
	} {
		if !strings.Contains(got.err, want) {
			t.Errorf("%q is missing in %s", want, got.err)
		}
	}
	if got.code != plan.ExitUsage || strings.Contains(got.err, "bucket.name=VALUE") {
		t.Errorf("%+v", got)
	}
}

// TestWhatCannotBeUsedIsRefusedAloneAndFirst has mistakes of the command line and the
// blueprint that only a look at both can tell.
func TestWhatCannotBeUsedIsRefusedAloneAndFirst(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "team.hcl")
	if err := os.WriteFile(broken, []byte("version = 1\nbucket {\n  nme = \"x\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, want string
		terminal   bool
	}{
		{"setup", "--yes", false},
		{"setup --blueprint " + broken, broken + ":3:", false},
		{"setup --json --yes --blueprint " + broken, broken + ":3:", false},
		{"setup --blueprint " + broken, broken + ":3:", true},
		{"setup --engine /nowhere/tofu", "/nowhere/tofu", true},
		{"setup --sandbox --engine /nowhere/tofu", "/nowhere/tofu", false},
		{"setup --sandbox --me carol", "alice, bob", false},
		{"onboard", "--handover FILE", false},
		{"onboard --handover nowhere.age", "nowhere.age", true},
		{"onboard --sandbox --set bucket.nam=x", "bucket.name", false},
		{"onboard --sandbox --json", "--yes", true},
		{"handover bob --sandbox --blueprint " + broken, broken + ":3:", true},
		{"offboard bob --blueprint " + broken, broken + ":3:", true},
		{"login", "--blueprint FILE", false},
		{"troubleshoot --blueprint " + broken, broken + ":3:", false},
		{"troubleshoot --error nowhere.txt", "nowhere.txt", true},
	} {
		t.Run(fmt.Sprintf("%s %t", c.args, c.terminal), func(t *testing.T) {
			got := program(t, "", c.terminal, strings.Fields(c.args)...)
			if got.code != plan.ExitUsage || got.out != "" || !strings.HasPrefix(strings.TrimSpace(got.err), "stateroom: ") || !strings.Contains(got.err, c.want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestWhoLeavesWhereARunCannotBeginIsNotTold0: at a terminal it is asked what to do first.
func TestWhoLeavesWhereARunCannotBeginIsNotTold0(t *testing.T) {
	for _, typed := range []string{"", "q\n"} {
		got := program(t, typed, true, "login")
		if got.code != plan.ExitUsage || !strings.Contains(got.out, "stateroom login --blueprint FILE") || !strings.Contains(got.out, "q leaves") {
			t.Errorf("%q: %+v", typed, got)
		}
	}
}

func TestWithoutATerminalNothingIsAppliedUnasked(t *testing.T) {
	got := program(t, "yes\n", false, "setup", "--set", "admin_account=111111111111", "--set", "group.admins.users=alice",
		"--set", "environment.production.account=222222222222", "--set", "project.common-production.environment=production",
		"--set", "bucket.name=acme-state")
	if got.code != plan.ExitUsage || !strings.Contains(got.err, "--yes") {
		t.Errorf("%+v", got)
	}
}

func TestWithoutATerminalAFlowThatChangesThingsWantsConsent(t *testing.T) {
	blueprint := filepath.Join(t.TempDir(), "stateroom.hcl")
	text := `version       = 1
admin_account = "111111111111"
group "admins" {
  users        = ["alice"]
  environments = ["*"]
}
environment "production" { account = "222222222222" }
project "common" { environment = "production" }
bucket { name = "acme-state" }
`
	if err := os.WriteFile(blueprint, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"handover", "offboard"} {
		got := program(t, "yes\n", false, command, "alice", "--blueprint", blueprint)
		if got.code != plan.ExitUsage || !strings.Contains(got.err, "--yes") {
			t.Errorf("%v: %+v", command, got)
		}
	}
}

func TestOnlyATerminalThatSomebodySeesShowsScreens(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, true},
		{map[string]string{"TERM": "dumb"}, false},
		{map[string]string{"TERM": "xterm", "CI": "true"}, false},
		{map[string]string{"TERM": "xterm", "ACCESSIBLE": "1"}, false},
	} {
		if got := wantsScreen(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %t", c.env, got)
		}
	}
}

func TestATextOnTheKeyboardIsReadInLines(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"troubleshoot", "--error", "-", "--no-checks"}, system{
		in: strings.NewReader(lockText), out: &out, err: &errs, terminal: true, screen: true,
	})
	if code != plan.ExitFindings || !strings.Contains(out.String(), "Ctrl-D") || !strings.Contains(out.String(), "lock-held") {
		t.Errorf("code %d, %s%s", code, &out, &errs)
	}
}

// A paste that never ends, or a pipe that nobody writes to, is left by Ctrl-C.
func TestAnInterruptEndsTheWaitForAnErrorText(t *testing.T) {
	in, typing := io.Pipe()
	defer typing.Close()
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"troubleshoot", "--error", "-", "--no-checks"}, system{in: in, out: &out, err: &errs, terminal: true, signals: signals})
	if code != plan.ExitInterrupted || !strings.Contains(errs.String(), "nothing was changed") {
		t.Errorf("code %d, %s%s", code, &out, &errs)
	}
}

func TestBadAnswersAreNamedWithTheirPlace(t *testing.T) {
	blueprint := filepath.Join(t.TempDir(), "team.hcl")
	if err := os.WriteFile(blueprint, []byte("version = 1\nbucket {\n  nme = \"x\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--blueprint " + blueprint:          blueprint + ":3:",
		"--sandbox --set bucket.name=A_b":   "bucket.name:",
		"--sandbox --set bucket.nam=x":      "bucket.name",
		"--sandbox --me carol":              "alice, bob",
		"--sandbox --engine /nowhere/tofu":  "/nowhere/tofu",
		"--sandbox --set lock.mode=nothing": "there is no such answer",
	} {
		t.Run(args, func(t *testing.T) {
			got := program(t, "", false, append([]string{"setup"}, strings.Fields(args)...)...)
			if got.code != plan.ExitUsage || !strings.Contains(got.err, want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestWithoutCredentialsItIsSaidWhatWasTriedAndWhatToType(t *testing.T) {
	got := program(t, "", false, "setup", "--dry-run", "--set", "admin_account=111111111111", "--set", "group.admins.users=alice",
		"--set", "environment.production.account=222222222222", "--set", "project.common-production.environment=production",
		"--set", "bucket.name=acme-state")
	if got.code != plan.ExitFailed {
		t.Errorf("exit code %d", got.code)
	}
	for _, want := range []string{
		"stateroom: You are not signed in to AWS.\n", "What to do: Sign in to the admin account in another window, then try again.",
		"\n      aws configure sso\n", "\n      aws configure\n", "AWS_ACCESS_KEY_ID is not set", "Profile default: there is neither", "Nothing was changed.",
	} {
		if !strings.Contains(got.err, want) {
			t.Errorf("it does not say %q:\n%s", want, got.err)
		}
	}
}

// AWS's own answer to a token that is not the key's names neither.
func TestATokenThatIsNotTheKeysIsNamedBeforeAnythingIsSent(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{})
	dir := t.TempDir()
	blueprint := practiceBlueprint(t, dir)
	t.Setenv("AWS_SESSION_TOKEN", "hush")
	got := programIn(t, t.TempDir(), server, "setup", "--dir", dir, "--blueprint", blueprint, "--yes")
	if got.code != plan.ExitFailed || !strings.Contains(got.err, "unset AWS_SESSION_TOKEN") || strings.Contains(got.err, "hush") {
		t.Errorf("in the environment: %+v", got)
	}
	home, who := sandboxtest.Home(t.TempDir()), server.Operator()
	if err := os.Mkdir(filepath.Dir(home.Config()), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		home.Credentials(): "[work]\naws_access_key_id = " + who.AccessKeyID + "\naws_secret_access_key = " + who.SecretAccessKey + "\n",
		home.Config():      "[profile work]\nregion = eu-west-1\naws_session_token = hush\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sandboxtest.Setenv(t, []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN="})
	got = programOf(t, home, "", false, "setup", "--dir", dir, "--blueprint", blueprint, "--yes", "--profile", "work", "--endpoint-url", server.URL())
	if got.code != plan.ExitFailed || !strings.Contains(got.err, who.AccessKeyID) || !strings.Contains(got.err, "aws_session_token from profile work") || strings.Contains(got.err, "hush") {
		t.Errorf("in the files: %+v", got)
	}
	if log := server.Log(); len(log) > 0 {
		t.Errorf("AWS heard %d calls", len(log))
	}
}

func TestASignalThatNohupIgnoresStaysIgnored(t *testing.T) {
	taken := make(chan os.Signal, 1)
	signal.Notify(taken, syscall.SIGHUP) // the tests themselves may run under nohup
	t.Cleanup(func() { signal.Stop(taken) })
	if !slices.Contains(watched(), os.Signal(syscall.SIGHUP)) {
		t.Fatal("a hang-up is not watched for")
	}
	signal.Ignore(syscall.SIGHUP)
	if slices.Contains(watched(), os.Signal(syscall.SIGHUP)) {
		t.Error("a hang-up that nohup ignores would end the run")
	}
}

// A file that is a pipe would block whoever reads it, and no interrupt gets at that.
func TestAPipeAsCredentialsFileEndsTheRunAtOnce(t *testing.T) {
	home := sandboxtest.Home(t.TempDir())
	fifo := home.Credentials()
	if err := os.Mkdir(filepath.Dir(fifo), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfifo", fifo).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := programOf(t, home, "", false, "setup", "--dry-run", "--set", "admin_account=111111111111", "--set", "group.admins.users=alice",
		"--set", "environment.production.account=444444444444", "--set", "project.common-production.environment=production", "--set", "bucket.name=acme-state")
	if got.code == plan.ExitDone || !strings.Contains(got.err, fifo) || !strings.Contains(got.err, "pipe") {
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
}

func TestInterruptAtAQuestionEndsWith130AndChangesNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	scratch := filepath.Join(t.TempDir(), "scratch")
	in, typing := io.Pipe()
	defer typing.Close()
	signals := make(chan os.Signal, 1)
	out := &waiter{text: "Enter a value: ", then: func() { signals <- os.Interrupt }}
	var errs bytes.Buffer
	code := run(t.Context(), []string{"setup", "--sandbox", "--dir", scratch}, system{in: in, out: out, err: &errs, terminal: true, signals: signals})
	if code != plan.ExitInterrupted || !strings.Contains(errs.String(), "nothing was changed") {
		t.Errorf("code %d, %s", code, errs.String())
	}
	if _, err := os.Stat(filepath.Join(scratch, "stateroom.hcl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

// waiter calls then when a text has been written.
type waiter struct {
	text string
	then func()
}

func (w *waiter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.then()
	}
	return len(p), nil
}

// secretsIn are the secrets of the scratch home.
func secretsIn(t *testing.T, scratch string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(scratch, "home", ".aws", "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var secrets []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if _, value, ok := strings.Cut(lines.Text(), "aws_secret_access_key = "); ok {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

func TestSetupInTheSandboxNeedsNoAnswers(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	got := program(t, "", false, "setup", "--sandbox", "--dir", scratch)
	if got.code != 0 || got.err != "" {
		t.Fatalf("%+v", got)
	}
	for _, want := range []string{"in the sandbox", "2 IAM", "+ Create the group admins", "Plan: ", "0 failed", scratch} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is missing in:\n%s", want, got.out)
		}
	}
	for _, path := range []string{
		"stateroom.hcl", "live/staging/backend.tf", "live/preprod/provider.tf", "live/production/backend.tf", "handover/bob.age", "home/.aws/config",
	} {
		if _, err := os.Stat(filepath.Join(scratch, filepath.FromSlash(path))); err != nil {
			t.Error(err)
		}
	}
	secrets := secretsIn(t, scratch)
	if len(secrets) != 2 {
		t.Errorf("%d secrets in the scratch home, want the operator's and alice's", len(secrets))
	}
	for _, s := range secrets {
		if strings.Contains(got.out, s) {
			t.Error("a secret was printed")
		}
	}
}

func TestSetupInTheSandboxAsJSON(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	got := program(t, "", true, "setup", "--sandbox", "--yes", "--json", "--plain", "--dir", scratch)
	if got.code != 0 {
		t.Fatalf("%+v", got)
	}
	kinds := ""
	for _, line := range strings.Split(strings.TrimSpace(got.out), "\n") {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		kind, _ := event["event"].(string)
		if !strings.HasSuffix(kinds, kind+" ") {
			kinds += kind + " "
		}
		if kind == "summary" && !strings.Contains(fmt.Sprint(event["notes"]), scratch) {
			t.Errorf("the summary does not say where the files are: %s", line)
		}
	}
	if kinds != "change applied finding summary " {
		t.Errorf("the events came as %s", kinds)
	}
	for _, s := range secretsIn(t, scratch) {
		if strings.Contains(got.out+got.err, s) {
			t.Error("a secret was printed")
		}
	}
}

// Nobody reads the plan of an unattended run: with --no-widening one that lets
// somebody in is refused by name, with a code of its own.
func TestNoWideningRefusesAPlanThatLetsSomebodyIn(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	got := program(t, "", false, "setup", "--sandbox", "--yes", "--no-widening", "--json", "--dir", scratch)
	if got.code != plan.ExitFindings || strings.Contains(got.out, `"event":"applied"`) {
		t.Errorf("%+v", got)
	}
	for _, text := range []string{`"widens":true`, `"kind":"membership","for":"bob"`, `"id":"iam.member.admins.bob-widens"`, `"exit_code":3`} {
		if !strings.Contains(got.out, text) {
			t.Errorf("the events do not hold %s:\n%s", text, got.out)
		}
	}
}

func TestDryRunTellsChangesByItsExitCodeAndWritesNothing(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	got := program(t, "", false, "setup", "--sandbox", "--dry-run", "--detailed-exitcode", "--dir", scratch)
	if got.code != plan.ExitChanges || !strings.Contains(got.out, "Nothing was changed: this was a dry run.") {
		t.Fatalf("%+v", got)
	}
	entries, err := os.ReadDir(scratch)
	if err != nil || len(entries) != 1 || entries[0].Name() != "home" {
		t.Errorf("the scratch folder holds %v, %v", entries, err)
	}
	if got := program(t, "", false, "setup", "--sandbox", "--dry-run", "--dir", filepath.Join(t.TempDir(), "other")); got.code != 0 {
		t.Errorf("without --detailed-exitcode: %+v", got)
	}
}

func TestADryRunInTheSandboxLeavesNoScratchFolder(t *testing.T) {
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	if got := program(t, "", false, "setup", "--sandbox", "--dry-run"); got.code != 0 || strings.Contains(got.out, "This was the sandbox") {
		t.Errorf("%+v", got)
	}
	if entries, err := os.ReadDir(scratch); err != nil || len(entries) > 0 {
		t.Errorf("the scratch folder holds %v, %v", entries, err)
	}
}

func TestARehearsalKeepsItsFilesOnlyWhereItIsAskedTo(t *testing.T) {
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	left := func() []string {
		entries, err := filepath.Glob(filepath.Join(scratch, "stateroom-sandbox-*"))
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	got := program(t, "", false, "handover", "bob", "--sandbox")
	if said := unwrapped(got.out); got.code != 0 || !strings.Contains(said, "nothing real was touched. Its files are not kept; add --keep-files to keep them.") || len(left()) > 0 {
		t.Errorf("unasked it left %v: %+v", left(), got)
	}
	got = program(t, "", false, "handover", "bob", "--sandbox", "--keep-files")
	if kept := left(); len(kept) != 1 || got.code != 0 || !strings.Contains(unwrapped(got.out), "Its files are kept in "+kept[0]) {
		t.Errorf("asked to keep them it left %v: %+v", kept, got)
	}
}

// unwrapped is a text on one line.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestAnswerOtherThanYesChangesNothing(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	got := program(t, "y\n", true, "setup", "--sandbox", "--dir", scratch)
	if got.code != plan.ExitFailed || !strings.Contains(got.out, "Nothing was changed: you did not confirm.") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(scratch, "live")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

// TestAStateDirectoryThatARepositoryCouldWriteIsRefusedBeforeAnything runs the
// program on a served sandbox: the endpoint hears not one call.
func TestAStateDirectoryThatARepositoryCouldWriteIsRefusedBeforeAnything(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{})
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Symlink(dir, link), os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	blueprint := practiceBlueprint(t, dir)
	for state, want := range map[string]string{
		"state": "a relative path", dir: "is in the repository", filepath.Join(link, "s"): "is in the repository",
		filepath.Join(dir, "file"): "is in the repository", "/dev/null/state": "not a directory",
	} {
		for _, mode := range [][]string{{"--yes"}, {"--dry-run"}} {
			if mode[0] == "--dry-run" && state == "/dev/null/state" {
				continue // where nothing is applied nothing is kept
			}
			got := programIn(t, state, server, append([]string{"setup", "--dir", dir, "--blueprint", blueprint}, mode...)...)
			if got.code == 0 || !strings.Contains(got.err, want) || strings.Count(got.err, "\n") != 1 {
				t.Errorf("%s %v: %+v", state, mode, got)
			}
		}
	}
	if log := server.Log(); len(log) > 0 {
		t.Errorf("AWS heard %d calls", len(log))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("files were written: %v %v", entries, err)
	}
	outside := filepath.Join(t.TempDir(), "state")
	if got := programIn(t, outside, server, "setup", "--dir", dir, "--blueprint", blueprint, "--dry-run"); got.code != 0 {
		t.Errorf("a dry run: %+v", got)
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a dry run made the state directory")
	}
}

// practiceBlueprint writes the sandbox's blueprint into dir.
func practiceBlueprint(t *testing.T, dir string) string {
	t.Helper()
	b := enginetest.Team([]string{"alice"}, "production")
	path := filepath.Join(dir, "stateroom.hcl")
	if err := os.WriteFile(path, b.HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// signingInBlueprint is a team's whose admins sign in with Identity Center.
func signingInBlueprint(t *testing.T, dir string) string {
	t.Helper()
	b := enginetest.Team(nil, "production")
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{blueprint.Everything}}}
	path := filepath.Join(dir, "stateroom.hcl")
	if err := os.WriteFile(path, b.HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// programIn runs the program as the sandbox's operator with this state directory.
func programIn(t *testing.T, state string, server *sandbox.Server, args ...string) outcome {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	sandboxtest.Setenv(t, sandboxtest.Home(t.TempDir()).Environ(server.URL()))
	sandboxtest.Setenv(t, sandboxtest.Keys(server.Operator()))
	t.Setenv("XDG_STATE_HOME", state)
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	code := run(t.Context(), append(args, "--endpoint-url", server.URL()), system{in: strings.NewReader(""), out: &out, err: &errs})
	return outcome{code, out.String(), errs.String()}
}

// TestQuestionsLeadFromNothingToASetup is an operator at a terminal with
// nothing but credentials, and then the same operator once more.
func TestQuestionsLeadFromNothingToASetup(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{})
	dir := t.TempDir()
	home := sandboxtest.Home(t.TempDir())
	sandboxtest.Setenv(t, sandboxtest.Keys(server.Operator()))
	args := []string{"setup", "--endpoint-url", server.URL(), "--dir", dir, "--blueprint", filepath.Join(dir, "stateroom.hcl")}
	typed := "111111111111\nproduction=444444444444\nalice,bob\n" + strings.Repeat("\n", 8) + "common-production=production\n\nyes\n"
	got := programOf(t, home, typed, true, args...)
	if got.code != 0 || strings.Count(got.out, "Passphrase of") != 2 {
		t.Fatalf("%+v", got)
	}
	// Nobody of the admins sits here, so that the proof is the operator's, and says so.
	says(t, got.out, "The setup for production is complete, but no admin has used it yet.",
		"The keys of alice and bob wait in handover/, the first until ",
		"Proven as the operator only (user/operator), with the AWS SDK alone, at ",
		"You are user/operator", "Cost about 1 USD a month", "Account 111111111111 (admin)")
	again := programOf(t, home, "", true, args...)
	if again.code != 0 || !strings.Contains(again.out, "No changes") {
		t.Errorf("%+v", again)
	}
	for _, s := range server.Secrets() {
		if strings.Contains(got.out+got.err+again.out+again.err, s) {
			t.Error("a secret was printed")
		}
	}
}

// TestTheSandboxIsWhereTheOperatorsConfigurationPoints: GovCloud, China and the European
// Sovereign Cloud are rehearsed in their own partition. The answers' own region comes
// first, and one that no sandbox is in counts for nothing.
func TestTheSandboxIsWhereTheOperatorsConfigurationPoints(t *testing.T) {
	china := enginetest.Team([]string{"alice"}, "production")
	china.StateRegion = "cn-north-1"
	elsewhere := filepath.Join(t.TempDir(), "team.hcl")
	if err := os.WriteFile(elsewhere, china.HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, variable, says string }{
		{"--region us-gov-west-1", "eu-central-1", "terraform-state-111111111111-us-gov-west-1"},
		{"", "eusc-de-east-1", "arn:aws-eusc:iam::111111111111:user/alice"},
		{"", "eu-south-1", "terraform-state-111111111111-eu-west-1"},
		{"", "no@region.example/", "terraform-state-111111111111-eu-west-1"},
		{"--set state_region=us-gov-east-1", "us-east-1", "arn:aws-us-gov:iam::111111111111:user/alice"},
		{"--blueprint " + elsewhere, "us-east-1", "arn:aws-cn:iam::111111111111:user/alice"},
	} {
		t.Setenv("AWS_REGION", c.variable)
		got := program(t, "", false, append([]string{"setup", "--sandbox", "--dry-run"}, strings.Fields(c.args)...)...)
		if got.code != plan.ExitDone || !strings.Contains(got.out, c.says) {
			t.Errorf("%s with AWS_REGION=%s: %+v", c.args, c.variable, got)
		}
	}
}

func TestSandboxServesUntilItIsInterrupted(t *testing.T) {
	signals := make(chan os.Signal, 1)
	var errs bytes.Buffer
	var printed bytes.Buffer
	out := io.MultiWriter(&printed, &waiter{text: "AWS_REGION", then: func() { signals <- os.Interrupt }})
	code := run(t.Context(), []string{"sandbox", "--listen", "127.0.0.1:0"}, system{out: out, err: &errs, signals: signals})
	if code != plan.ExitInterrupted || !strings.Contains(printed.String(), "export AWS_ENDPOINT_URL=http://127.0.0.1:") {
		t.Errorf("code %d, %s %s", code, printed.String(), errs.String())
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		if !strings.Contains(printed.String(), "export "+name+"=") {
			t.Errorf("%s is not printed, so that a call could reach the real AWS", name)
		}
	}
}

// TestARoleThatOpensTheAccountsIsUsedWithYesAndNotWritten: --yes is nobody's word on the
// team's blueprint.
func TestARoleThatOpensTheAccountsIsUsedWithYesAndNotWritten(t *testing.T) {
	server := sandboxtest.Start(t, sandbox.Options{ControlTower: true})
	dir := t.TempDir()
	path := practiceBlueprint(t, dir)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := programIn(t, t.TempDir(), server, "setup", "--dir", dir, "--blueprint", path, "--yes", "--me", "alice")
	if got.code != plan.ExitDone || !strings.Contains(got.out, "iam.reached-otherwise") || !strings.Contains(got.out, "AWSControlTowerExecution") {
		t.Errorf("%+v", got)
	}
	used := slices.ContainsFunc(server.Log(), func(e sandbox.Entry) bool {
		return e.Operation == "CreateRole" && e.Code == "" && strings.Contains(e.Caller, "AWSControlTowerExecution")
	})
	if !used {
		t.Error("the role made nothing")
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("%v, the blueprint says\n%s", err, after)
	}
}

// eventsOf reads the events of a run with --json.
func eventsOf(t *testing.T, out string) []map[string]any {
	t.Helper()
	var events []map[string]any
	lines := bufio.NewScanner(strings.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		var e map[string]any
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		events = append(events, e)
	}
	return events
}

// ids are those of the events of a kind.
func ids(events []map[string]any, kind string) []string {
	var list []string
	for _, e := range events {
		if e["event"] == kind {
			id, _ := e["id"].(string)
			list = append(list, id)
		}
	}
	return list
}

const lockText = `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, ConditionalCheckFailedException: The conditional request failed
Lock Info:
  ID:        33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f
  Path:      states/app.tfstate
`

func TestAnErrorTextIsNamedWithoutAnyCheck(t *testing.T) {
	got := program(t, lockText, false, "troubleshoot", "--error", "-", "--no-checks", "--json")
	events := eventsOf(t, got.out)
	if got.code != plan.ExitFindings || !slices.Equal(ids(events, "finding"), []string{"lock-held"}) {
		t.Errorf("code %d, events %v, err %s", got.code, events, got.err)
	}
	if last := events[len(events)-1]; last["event"] != "summary" || last["exit_code"] != float64(plan.ExitFindings) {
		t.Errorf("last event %v", last)
	}
	unknown := program(t, "something failed as nobody has seen\n", false, "troubleshoot", "--error", "-", "--no-checks")
	if unknown.code != plan.ExitFindings || !strings.Contains(strings.Join(strings.Fields(unknown.out), " "), "something failed as nobody has seen") {
		t.Errorf("an unknown text: %+v", unknown)
	}
	for name, text := range map[string]string{"empty": "\n \n", "binary": "\x00\x01\x02"} {
		if got := program(t, text, false, "troubleshoot", "--error", "-", "--no-checks"); got.code != plan.ExitUsage || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFaultsAreListedByNameWithOneSentenceEach(t *testing.T) {
	got := program(t, "", false, "troubleshoot", "--break", "list")
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	if got.code != 0 || len(lines) != len(practice.Faults()) || len(lines) < 30 {
		t.Fatalf("%d lines: %+v", len(lines), got)
	}
	for i, f := range practice.Faults() {
		if !strings.HasPrefix(lines[i], f.Name()+" ") || !strings.HasSuffix(lines[i], f.About) {
			t.Errorf("line %q for %+v", lines[i], f)
		}
	}
}

func TestPracticeFindsTheFaultMendsItAndLooksOnlyWhereAllIsWell(t *testing.T) {
	healthy := program(t, "", false, "troubleshoot", "--sandbox", "--json")
	if events := eventsOf(t, healthy.out); healthy.code != 0 || len(ids(events, "change")) != 0 || len(ids(events, "applied")) != 0 {
		t.Errorf("a healthy setup: code %d, %v, %s", healthy.code, events, healthy.err)
	}
	looked := program(t, "", false, "troubleshoot", "--sandbox", "--break", "kms-disabled", "--json", "--dry-run")
	if events := eventsOf(t, looked.out); looked.code != plan.ExitFindings || !slices.Equal(ids(events, "finding"), []string{"kms-disabled"}) || len(ids(events, "applied")) != 0 {
		t.Errorf("dry run: code %d, %v", looked.code, events)
	}
	mended := program(t, "", false, "troubleshoot", "--sandbox", "--break", "kms-disabled", "--json")
	if events := eventsOf(t, mended.out); mended.code != 0 || !slices.Equal(ids(events, "finding"), []string{"kms-disabled"}) || len(ids(events, "applied")) != 1 {
		t.Errorf("fixing: code %d, %v", mended.code, events)
	}
	held := program(t, "", false, "troubleshoot", "--sandbox", "--break", "lock-held")
	if held.code != plan.ExitFindings || !strings.Contains(held.out, "--adopt 33a1c3a7") {
		t.Errorf("a lock that somebody holds: %+v", held)
	}
	released := program(t, "", false, "troubleshoot", "--sandbox", "--break", "lock-held", "--adopt", "33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f")
	if released.code != 0 {
		t.Errorf("a lock whose release was agreed to: %+v", released)
	}
}

func TestPracticeGetsANewcomerOnBoardAndNobodyElseKeepsTheKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "stage")
	got := program(t, "", false, "onboard", "--sandbox", "--dir", dir)
	if got.code != 0 || !strings.Contains(got.out, "nobody else ever had it") {
		t.Fatalf("%+v", got)
	}
	for _, want := range []string{"staging", "role assumed", "Next: "} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not in\n%s", want, got.out)
		}
	}
	credentials, err := os.ReadFile(filepath.Join(dir, "laptop-of-bob", "home", ".aws", "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	_, secret, there := strings.Cut(string(credentials), "aws_secret_access_key = ")
	secret = strings.TrimSpace(secret)
	if !there || len(secret) != 40 || strings.Contains(got.out+got.err, secret) {
		t.Errorf("the secret is %d letters long, or was shown", len(secret))
	}
}

func TestOperatorHandsOverAndSeesOffInTheSandbox(t *testing.T) {
	waiting := program(t, "", false, "handover", "bob", "--sandbox", "--json")
	if events := eventsOf(t, waiting.out); waiting.code != 0 || !slices.Equal(ids(events, "finding"), []string{"handover.waiting"}) {
		t.Errorf("a handover that waits: code %d, %v, %s", waiting.code, events, waiting.err)
	}
	nobody := program(t, "", false, "handover", "mallory", "--sandbox")
	if nobody.code == 0 || !strings.Contains(nobody.err, "mallory") {
		t.Errorf("an unknown user: %+v", nobody)
	}
	off := program(t, "", false, "offboard", "bob", "--sandbox", "--json")
	events := eventsOf(t, off.out)
	if off.code != 0 && off.code != plan.ExitFindings || slices.ContainsFunc(ids(events, "applied"), func(id string) bool { return strings.Contains(id, "delete-user") }) {
		t.Errorf("without the typed name: code %d, %v, %s", off.code, events, off.err)
	}
	if found := ids(events, "finding"); !slices.Contains(found, "offboard.sessions") || ids(events, "change")[0] != "offboard.deny.bob" {
		t.Errorf("what remains is not told, or the deny is not the first: %v, %v", found, ids(events, "change"))
	}
	for _, said := range []string{"bob has no access any more", "iam:SimulatePrincipalPolicy", "staging, preprod, production", "UTC"} {
		if !strings.Contains(off.out, said) {
			t.Errorf("the result does not say %q: %s", said, off.out)
		}
	}
	gone := program(t, "", false, "offboard", "bob", "--sandbox", "--adopt", "bob", "--adopt", "bob/sessions")
	if gone.code != 0 {
		t.Errorf("with the name: %+v", gone)
	}
}

func TestOnboardingNamesTheFlagOfWhatItCannotAsk(t *testing.T) {
	if got := program(t, "", false, "onboard"); got.code != plan.ExitUsage || !strings.Contains(got.err, "--handover FILE") {
		t.Errorf("%+v", got)
	}
	if got := program(t, "", false, "onboard", "--handover", "nowhere.age"); got.code != plan.ExitUsage || !strings.Contains(got.err, "nowhere.age") {
		t.Errorf("%+v", got)
	}
}

// TestARehearsedSignInRenewsOneThatHasEnded: in the sandbox there is something to sign in
// for, with a code that the sandbox tells, or in a browser that agrees; whoever goes back
// chooses again. Where nobody is asked the sandbox shows the code itself.
func TestARehearsedSignInRenewsOneThatHasEnded(t *testing.T) {
	const byCode, byBrowser = "Alice is signed in until", "alice@example.com is signed in: Terraform can use profile admin_iam."
	for name, c := range map[string]struct{ typed, says, calls string }{
		"nobody is asked": {"", byCode, "sts:GetSessionToken"},
		"with a code":     {"1\n{code}\n", byCode, "The app of this rehearsal shows {code}."},
		"the input ends":  {"1\n", byCode, "The app of this rehearsal shows {code}."},
		"in the browser":  {"2\n", byBrowser, "Sign in with Identity Center"},
		"goes back":       {"<\n?\n2\n", byBrowser, "Without --sandbox your team's blueprint says which one is yours."},
	} {
		t.Run(name, func(t *testing.T) {
			in, out := typist(c.typed)
			t.Setenv("PATH", t.TempDir())
			sandboxtest.Setenv(t, sandboxtest.Home(t.TempDir()).Environ(sandboxtest.Nobody))
			t.Chdir(t.TempDir())
			args := []string{"login", "--sandbox"}
			if c.typed != "" {
				args = append(args, "--plain")
			}
			code := run(t.Context(), args, system{in: in, out: out, err: out})
			got := strings.Join(strings.Fields(out.String()), " ")
			for _, want := range []string{c.says, strings.ReplaceAll(c.calls, "{code}", out.code), "1 change made, 0 failed, 0 left out."} {
				if code != plan.ExitDone || !strings.Contains(got, want) {
					t.Errorf("exit code %d, and it does not say %q:\n%s", code, want, out.String())
				}
			}
			if asked := strings.Contains(got, "Which sign-in do you want to practice?"); asked != (c.typed != "") || strings.Contains(got, "stateroom-sandbox-") && strings.Contains(got, "Token: ") {
				t.Errorf("asked: %t\n%s", asked, out.String())
			}
		})
	}
	if got := program(t, "", false, "login"); got.code != plan.ExitUsage || !strings.Contains(got.err, "--blueprint FILE") {
		t.Errorf("%+v", got)
	}
}

// typedTo is what the program says to whoever types, and the code that it was told.
type typedTo struct {
	bytes.Buffer

	mu   sync.Mutex
	told chan struct{}
	code string
}

// typist types a text at the program, in which {code} is the code that was told.
func typist(text string) (io.Reader, *typedTo) {
	out, at := &typedTo{told: make(chan struct{})}, strings.Index(text, "{code}")
	if at < 0 {
		return strings.NewReader(text), out
	}
	return io.MultiReader(strings.NewReader(text[:at]), &codeReader{out: out, rest: text[at+len("{code}"):]}), out
}

var shownCode = regexp.MustCompile(`shows (\d{6})\.`)

func (o *typedTo) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.Buffer.Write(p)
	if found := shownCode.FindSubmatch(o.Bytes()); found != nil && o.code == "" {
		o.code = string(found[1])
		close(o.told)
	}
	return n, err
}

// codeReader types the code once it was told, and then the rest.
type codeReader struct {
	out  *typedTo
	rest string
	text io.Reader
}

func (r *codeReader) Read(p []byte) (int, error) {
	if r.text == nil {
		<-r.out.told
		r.text = strings.NewReader(r.out.code + r.rest)
	}
	return r.text.Read(p)
}

func TestTheMenuNeedsSomebodyWhoChooses(t *testing.T) {
	for _, args := range [][]string{nil, {"--json", "--plain"}, {"--plain", "--yes"}, {"--sandbox"}} {
		got := program(t, "1\n", false, args...)
		if got.code != plan.ExitUsage || !strings.Contains(got.err, "name a command") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if got := program(t, "", false, "--accounts", "4"); got.code != plan.ExitUsage || !strings.Contains(got.err, "belongs to --sandbox") {
		t.Errorf("%+v", got)
	}
}

func TestTheMenuInLinesOffersEveryModeAndPractice(t *testing.T) {
	got := program(t, "q\n", false, "--plain")
	for _, want := range []string{"1 Set up", "2 Onboard", "3 Troubleshoot", "4 Hand over", "5 Offboard", "6 Sign in", "7 Practice in the sandbox", "q leaves"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is missing in %s", want, got.out)
		}
	}
	if got.code != plan.ExitDone {
		t.Errorf("leaving the menu: %+v", got)
	}
	// Practice, back, practice again, hand over, back to the menu, and again to the end: bob.
	got = program(t, "7\n<\npractice in the sandbox\n9\n4\n<\n7\n4\n2\n", false, "--plain")
	if asked := strings.Count(got.out, "Which admin gets the key?"); asked != 2 {
		t.Errorf("it asks %d times for the admin", asked)
	}
	for _, want := range []string{`"9" is not one of the numbers above`, "Which admin gets the key?", "bob's access key"} {
		if !strings.Contains(unwrapped(got.out), want) {
			t.Errorf("%q is missing in %+v", want, got)
		}
	}
	if got.code != plan.ExitDone || !strings.Contains(unwrapped(got.out), "nothing real was touched") || strings.Count(got.out, "Which admin gets the key?") != 2 {
		t.Errorf("%+v", got)
	}
}

// TestPracticeTeachesInLines: the chapters, the goal, hints one at a time, the fix, points
// and progress of the screens are there through a pipe, too.
func TestPracticeTeachesInLines(t *testing.T) {
	home := sandboxtest.Home(t.TempDir())
	// From the menu and back to it, the sixth chapter, its first fault, a hint, the checks.
	first := programOf(t, home, "3\n<\n3\n6\n1\n2\n1\nq\n", false, "--plain", "--sandbox")
	says(t, first.out, "Learn to find what is wrong", "0 of 67 solved so far", "1 No valid credentials 0 of 8 solved. The most common case",
		"Goal: terraform plan works again in live/staging.", "Terraform says:", "2 Give me a hint Number 1 of 3. It costs a point.",
		"Hint 1 of 3: Nobody's permissions have changed. Look at the key itself.", "1 change made, 0 failed", "Solved: KMS.DisabledException (1 of 3 points).",
		"Solved: 1 of 3 points. 2 ")
	if first.code != plan.ExitDone || strings.Contains(strings.Join(strings.Fields(first.out), " "), "The cause:") {
		t.Errorf("%+v", first)
	}
	// Another day, in a troubleshooting of its own: the next fault is suggested, the fix
	// is shown, and a pipe that ends leaves.
	again := programOf(t, home, "6\n\n3\n1\n", false, "troubleshoot", "--plain", "--sandbox")
	says(t, again.out, "1 of 67 solved so far", "A number (< goes back, q leaves) [2]:", "The cause:", "The fix:", "0 of 3 points.")
	if again.code != plan.ExitDone {
		t.Errorf("%+v", again)
	}
	// A surprise is not named before it is solved, and is left by <.
	left := programOf(t, home, "surprise me\n<\nq\n", false, "troubleshoot", "--plain", "--sandbox")
	says(t, left.out, "What is wrong here?", "2 of 67 solved so far")
	if left.code != plan.ExitDone {
		t.Errorf("%+v", left)
	}
}

// says looks for sentences in what was printed, however its lines are broken.
func says(t *testing.T, out string, sentences ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range sentences {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

// TestEveryResultOpensWithTheSentenceAPersonLooksFor has every way through the program in
// a pipe: its result begins with what is so now, for whom.
func TestEveryResultOpensWithTheSentenceAPersonLooksFor(t *testing.T) {
	for command, want := range map[string][]string{
		"setup --sandbox --accounts 1":                          {"\n\nAlice can use the state and the roles of ", "There is no Terraform on this\nlaptop to run.", "Bob's key is sealed, and bob alone can open it. A real run leaves it", "Proven as alice, with the AWS SDK alone, at "},
		"setup --sandbox --dry-run":                             {"Nothing was changed: this was a dry run.\nTerraform cannot run in ", "none of the setup\nexists."},
		"onboard --sandbox":                                     {"\n\nBob's access works in staging, preprod and production; ", "Not proven: there is no Terraform here to run it."},
		"onboard --sandbox --dry-run":                           {"Nothing was changed: this was a dry run.\nBob cannot run Terraform on this laptop yet: "},
		"handover bob --sandbox":                                {"\n\nBob's key is sealed, and bob alone can open it. A real run leaves it", "Nothing was changed."},
		"offboard alice --sandbox":                              {"\n\nAlice has no access left; sessions that are open end by ", "Proven with IAM's policy simulator, at "},
		"offboard alice --sandbox --dry-run":                    {"Nothing was changed: this was a dry run.\nAlice still has access: 4 changes take it away."},
		"login --sandbox":                                       {"\n\nAlice is signed in until "},
		"troubleshoot --sandbox":                                {"\n\nNothing is wrong: all "},
		"troubleshoot --sandbox --break kms-disabled --dry-run": {"Nothing was changed: this was a dry run.\nOne thing is wrong. The "},
	} {
		got := program(t, "", false, strings.Fields(command)...)
		wordstest.Check(t, command, got.out+got.err)
		for _, sentence := range want {
			if !strings.Contains(got.out, sentence) {
				t.Errorf("%s: %q is missing in\n%s", command, sentence, got.out[max(0, len(got.out)-1500):])
			}
		}
	}
}

// TestWhatIsWrongIsNamed: what the answer begins with names the profile, the bucket, the
// key, the table or the person that it is about.
func TestWhatIsWrongIsNamed(t *testing.T) {
	for fault, lead := range map[string]string{
		"profile-missing":      "Profile admin_iam is in neither the credentials nor the config file.",
		"profile-missing-name": "Profile admin-iam is in neither the credentials nor the config file.",
		"signature-mismatch":   "The secret of profile admin_iam does not belong to its access key id.",
		"bucket-missing":       "There is no bucket terraform-state-111111111111-eu-west-1s.",
		"kms-disabled":         "The state encryption key alias/terraform is disabled.",
		"kms-denied":           "user/alice may not use the state encryption key.",
		"table-denied":         "user/alice may not use the lock table.",
	} {
		got := program(t, "", false, "troubleshoot", "--sandbox", "--break", fault, "--dry-run", "--json")
		var leads []string
		for _, e := range eventsOf(t, got.out) {
			if e["event"] == "finding" {
				leads = append(leads, fmt.Sprint(e["lead"]))
			}
		}
		if !slices.Contains(leads, lead) {
			t.Errorf("%s: %q is not among %q", fault, lead, leads)
		}
	}
}

// TestARehearsalOffersNothingThatItDeletes: what is told at the end names no file of the
// scratch folder, which is gone by then, unless it is kept.
func TestARehearsalOffersNothingThatItDeletes(t *testing.T) {
	for _, command := range []string{"setup", "handover bob", "onboard", "offboard alice", "login"} {
		args := append(strings.Fields(command), "--sandbox", "--json")
		kept := filepath.Join(t.TempDir(), "kept")
		for name, extra := range map[string][]string{"deleted": nil, "kept": {"--dir", kept}} {
			got := program(t, "", false, append(args, extra...)...)
			events := eventsOf(t, got.out)
			summary := events[len(events)-1]
			told := fmt.Sprint(summary["outcome"], summary["notes"])
			if name == "deleted" && (strings.Contains(told, "stateroom-sandbox-") || strings.Contains(told, "handover/") || strings.Contains(told, "commit ")) {
				t.Errorf("%s: it offers what it deletes: %s", command, told)
			}
			if name == "deleted" && strings.Contains(told, "Next: ") && !regexp.MustCompile("Next: stateroom "+args[0]+"( USER)? does this for real").MatchString(told) {
				t.Errorf("%s: the next step is about what is gone: %s", command, told)
			}
			if name == "kept" && command == "setup" && !(strings.Contains(told, "commit "+kept) && strings.Contains(told, "waits in handover/bob.age") && strings.Contains(told, "Backups of 2 files")) {
				t.Errorf("%s: it does not name what is kept: %s", command, told)
			}
		}
	}
}

// TestWhoYouAreIsAPerson: a group's name, or a stranger's, is refused before a key is asked
// about.
func TestWhoYouAreIsAPerson(t *testing.T) {
	for _, command := range []string{"login", "troubleshoot", "onboard"} {
		for me, want := range map[string]string{
			"admins": "--me admins names a group, not a person: give one of its users, alice, bob",
			"alce":   "--me alce is not one of the blueprint's users (did you mean alice?), which are alice, bob",
		} {
			got := program(t, "", false, command, "--sandbox", "--me", me)
			if got.code != plan.ExitUsage || !strings.Contains(got.err, want) {
				t.Errorf("%s: %d, %s", command, got.code, got.err)
			}
		}
	}
}

// TestEveryModeCountsTheChecksThatPassed: a pipe gets a count in each of them, the others
// with their answer, and with --verbose all.
func TestEveryModeCountsTheChecksThatPassed(t *testing.T) {
	for command, want := range map[string]string{
		"onboard --sandbox --dry-run":      "\n  ?    initialized: common-",
		"handover bob --sandbox":           "\nChecks: 2 passed (--verbose shows them all).\n",
		"login --sandbox":                  "\n  ?    session\n         to be opened\n",
		"offboard bob --sandbox":           "\nChecks after the changes: 1 passed (--verbose shows them all).\n",
		"handover bob --sandbox --verbose": "\n  ok   sealed file\n",
	} {
		got := program(t, "", false, strings.Fields(command)...)
		verbose := strings.Contains(command, "--verbose")
		if !strings.Contains(got.out, want) || strings.Contains(got.out, "\n  ok   ") != verbose || strings.Contains(got.out, "(--verbose shows") == verbose {
			t.Errorf("%s: %q is missing, or a check that passed is told, in\n%s", command, want, got.out)
		}
	}
}

// TestAConsentForNothingIsTold: with what to do, and it is no failure, for a second run has
// nothing left to agree to.
func TestAConsentForNothingIsTold(t *testing.T) {
	for _, command := range []string{"handover bob", "offboard bob", "login", "onboard", "setup", "troubleshoot"} {
		args := append(strings.Fields(command), "--sandbox", "--dry-run", "--adopt", "bob", "--adopt", "no such")
		got := program(t, "", false, args...)
		const told = "--adopt 'no such' matched nothing: run the command without it to see what needs your consent."
		says(t, got.out, told)
		if met := !strings.Contains(got.out, "--adopt bob matched nothing"); met != (command == "offboard bob") {
			t.Errorf("%s: the consent to bob's deletion is met: %t", command, met)
		}
		if got.code != plan.ExitDone {
			t.Errorf("%s: exit %d", command, got.code)
		}
	}
}

// TestMissingAnswersAreACommandToFillIn: each on a line of its own, as the shell takes it.
func TestMissingAnswersAreACommandToFillIn(t *testing.T) {
	t.Chdir(t.TempDir())
	got := program(t, "", false, "setup")
	want := "Fill in the missing answers and run (with --yes in the place of --dry-run to apply):\n\n" +
		"    stateroom setup --dry-run \\\n      --set admin_account=VALUE \\\n      --set group.admins.users=VALUE \\\n"
	if got.code != plan.ExitUsage || !strings.Contains(got.err, want) {
		t.Errorf("%d, %s", got.code, got.err)
	}
}

// TestTheSummaryEventTellsTheOutcomeAndItsProof: what a person reads a program can, too.
func TestTheSummaryEventTellsTheOutcomeAndItsProof(t *testing.T) {
	got := program(t, "", false, "offboard", "alice", "--sandbox", "--json")
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	var summary struct {
		Event, Outcome string
		Run            *int
		Proof          struct {
			State, With string
			At          time.Time
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil {
		t.Fatal(err)
	}
	if summary.Event != "summary" || !strings.HasPrefix(summary.Outcome, "Alice has no access left; sessions that are open end by ") ||
		summary.Proof.State != "proven" || summary.Proof.With != "iam-policy-simulator" || summary.Proof.At.IsZero() || summary.Run == nil {
		t.Errorf("%+v", summary)
	}
}

// full is a disk, or a pipe, that takes no more.
type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestARunWhoseOutputIsLostDoesNotSayThatAllWentWell(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"a full disk":            {syscall.ENOSPC, "part of the output could not be written"},
		"a reader that has gone": {syscall.EPIPE, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			sandboxtest.Setenv(t, sandboxtest.Home(t.TempDir()).Environ(sandboxtest.Nobody))
			t.Chdir(t.TempDir())
			var errs bytes.Buffer
			code := run(t.Context(), []string{"setup", "--sandbox", "--json", "--dry-run"}, system{in: strings.NewReader(""), out: full{test.err}, err: &errs})
			if said := strings.Contains(errs.String(), "could not be written"); code != plan.ExitFailed || said != (test.says != "") {
				t.Errorf("code %d, %s", code, errs.String())
			}
		})
	}
}

func TestWithoutABlueprintItIsSaidWhereItIsMissingAndWhatToType(t *testing.T) {
	for _, args := range []string{"handover bob", "offboard bob", "login"} {
		got := program(t, "", false, strings.Fields(args)...)
		if got.code != plan.ExitUsage {
			t.Errorf("%s: exit code %d", args, got.code)
		}
		for _, want := range []string{"stateroom: There is no stateroom.hcl here.", "\n      stateroom " + args + " --blueprint FILE\n", "Nothing was changed."} {
			if !strings.Contains(got.err, want) {
				t.Errorf("%s: it does not say %q:\n%s", args, want, got.err)
			}
		}
	}
	got := program(t, "", false, "onboard", "--plain")
	if got.code != plan.ExitUsage || !strings.Contains(got.out, "There is no stateroom.hcl here. A handover contains it.") || !strings.Contains(got.out, "How do you get your key? [A handover file from the operator]: ") {
		t.Errorf("an onboarding without a blueprint: %+v", got)
	}
}

// TestEveryLinkOfTheReadmeLeadsSomewhere on its own page or in the repository.
func TestEveryLinkOfTheReadmeLeadsSomewhere(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(text), -1) {
		kept := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors[strings.ReplaceAll(kept, " ", "-")] = true
	}
	for _, named := range regexp.MustCompile(`<a id="([^"]+)"></a>`).FindAllStringSubmatch(string(text), -1) {
		anchors[named[1]] = true
	}
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1)
	if len(links) < 20 {
		t.Fatalf("%d links", len(links))
	}
	for _, link := range links {
		to := link[1]
		path, anchor, _ := strings.Cut(to, "#")
		switch {
		case strings.HasPrefix(to, "https://"), to == "../../releases": // GitHub's own page, beside the repository's files
		case path == "" && !anchors[anchor]:
			t.Errorf("there is no heading for %s", to)
		case path != "":
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
	if opened, closed := strings.Count(string(text), "<details>"), strings.Count(string(text), "</details>"); opened != closed {
		t.Errorf("%d parts are folded and %d end", opened, closed)
	}
}

// TestEachIncludedEntryOfAWorkflowIsAJobOfItsOwn: GitHub adds one that overwrites no value of
// the matrix to every job that it fits ("Running variations of jobs in a workflow"), which
// then is another job, and makes none of it.
func TestEachIncludedEntryOfAWorkflowIsAJobOfItsOwn(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		var workflow struct {
			Jobs map[string]struct {
				Strategy struct{ Matrix map[string][]any }
			}
		}
		if err = cmp.Or(err, yaml.Unmarshal(text, &workflow)); err != nil || len(workflow.Jobs) == 0 {
			t.Fatalf("%s: %d jobs, %v", path, len(workflow.Jobs), err)
		}
		for name, job := range workflow.Jobs {
			matrix := job.Strategy.Matrix
			for _, entry := range matrix["include"] {
				entry, _ := entry.(map[string]any)
				own := len(matrix) == 1
				for key, value := range entry {
					own = own || matrix[key] != nil && !slices.Contains(matrix[key], value)
				}
				if !own {
					t.Errorf("%s: job %s: %v is no job of its own", path, name, entry)
				}
			}
		}
	}
}
