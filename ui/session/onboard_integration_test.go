//go:build integration

package session_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
	"stateroom/steps/terraform/mirror"
)

// typed are the answers of somebody who brings a handover, line by line.
func (l *laptop) typed() string {
	return strings.Join([]string{"1", l.sealed(), filepath.Join(l.home, "identity"), "yes", ""}, "\n")
}

// handedOver is the secret in the user's handover.
func (l *laptop) handedOver() string {
	l.t.Helper()
	sealed, err := os.ReadFile(l.sealed())
	l.must(err)
	h, err := handover.Open(sealed, handover.Unlock{Identity: []byte(l.known[l.user].String())})
	l.must(err)
	return h.SecretAccessKey
}

// onBoard fails the test unless a run in lines ended with a plan in every project.
func (l *laptop) onBoard(got outcome) {
	l.t.Helper()
	if got.code != plan.ExitDone || got.err != "" {
		l.t.Fatalf("exit code %d:\n%s\n%s", got.code, got.out, got.err)
	}
	table := got.out[strings.LastIndex(got.out, "  A  role assumed"):]
	for _, e := range environments {
		says(l.t, table, "  "+e[0]+strings.Repeat(" ", 17-len(e[0]))+" ok   ok   ok ", "  common-"+e[0])
	}
	if strings.Contains(table, "FAIL") || strings.Contains(table, "?") || strings.Count(table, "-    -    -    ok   ok   ok   ok   ok   ok") != len(environments) {
		l.t.Errorf("the table:\n%s", table)
	}
}

func TestANewAdminComesOnBoardByLinesFromAPipe(t *testing.T) {
	l := founded(t).laptop("bob").clone()
	mine := "[default]\naws_access_key_id = AKIAMINE\naws_secret_access_key = mine\n"
	l.write(".aws/credentials", mine)
	handed := l.handedOver()

	first := l.stateroom(l.typed(), "onboard", "--plain")
	l.onBoard(first)
	says(t, first.out, "Handover file", "Your private key", "nobody else ever had it", "Next: terraform plan in")
	_, backup, _ := strings.Cut(first.out, "Backup of what was there before:")
	backup, _, _ = strings.Cut(backup, "\n- ")
	backup = strings.Join(strings.Fields(backup), "")
	if text, err := os.ReadFile(backup); err != nil || string(text) != mine {
		t.Errorf("the backup %q: %v", backup, err)
	}
	journals, err := filepath.Glob(filepath.Join(l.home, ".local", "state", "stateroom", "*", "journal.jsonl"))
	l.must(err)
	if len(journals) == 0 {
		t.Error("there is no journal")
	}
	l.closed(append(journals, backup, filepath.Join(l.home, ".aws", "credentials"))...)
	if !strings.HasPrefix(l.read(".aws/credentials"), mine) || strings.Contains(l.read(".aws/credentials"), handed) {
		t.Error("what was in the credentials file changed, or the secret that was handed over is in it")
	}
	for _, e := range environments {
		plan := l.byHand(e[0])
		if plan.code != 0 {
			t.Errorf("terraform plan by hand in %s: %+v", e[0], plan)
		}
		says(t, plan.out, "arn:aws:sts::"+e[1]+":assumed-role/"+blueprint.DefaultRole+"/")
	}

	before, mark := tree(t, l.folder), len(l.server.Log())
	again := l.stateroom("", "onboard", "--plain")
	l.onBoard(again)
	says(t, again.out, "Bob can run Terraform in staging, preprod and production.\nProven as bob, with Terraform ", "Nothing was changed.")
	if calls := l.mutations(mark); len(calls) > 0 || !maps.Equal(before, tree(t, l.folder)) {
		t.Errorf("coming back made %v, or changed a file", calls)
	}

	held := l.read(".aws/credentials")
	renewed := l.stateroom("", "onboard", "--rotate", "--yes")
	l.onBoard(renewed)
	if l.read(".aws/credentials") == held {
		t.Error("the key was not renewed")
	}
	l.secretFree(first.out+again.out+renewed.out, handed)
}

func TestTwoAdminsComeOnBoardAtOnce(t *testing.T) {
	c := founded(t)
	type ended struct {
		l   *laptop
		got outcome
	}
	results := make(chan ended)
	for _, user := range []string{"alice", "bob"} {
		l := c.laptop(user).clone()
		go func() {
			results <- ended{l, l.stateroom("", "onboard", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity"), "--yes")}
		}()
	}
	for range 2 {
		e := <-results
		e.l.onBoard(e.got)
		says(t, e.got.out, "user/"+e.l.user)
		e.l.secretFree(e.got.out)
	}
}

func TestWithoutARepositoryTheAccountIsTyped(t *testing.T) {
	l := founded(t).laptop("bob")
	l.must(os.MkdirAll(l.folder, 0o700))
	answers := strings.Join([]string{"1", l.sealed(), filepath.Join(l.home, "identity"), "999999999999", "111111111111", "yes", ""}, "\n")
	got := l.stateroom(answers, "onboard", "--plain")
	l.onBoard(got)
	says(t, got.out, "Id of the team's admin account", "and 999999999999 was typed")
	repository, err := os.ReadFile(filepath.Join(l.dir, "stateroom.hcl"))
	l.must(err)
	if written, err := os.ReadFile(filepath.Join(l.folder, "stateroom.hcl")); err != nil || string(written) != string(repository) {
		t.Errorf("the blueprint that was written: %v", err)
	}
	l.onBoard(l.stateroom("", "onboard", "--plain"))
}

// TestProvidersThatCannotBeHadAreToldOnceAndMadeUpForLater is a first day without a
// registry, and a second with one.
func TestProvidersThatCannotBeHadAreToldOnceAndMadeUpForLater(t *testing.T) {
	l := founded(t).laptop("bob").clone()
	there := l.mirror
	l.mirror = mirror.Empty(t)
	got := l.stateroom("", "onboard", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity"), "--yes")
	if got.code != plan.ExitDone || strings.Count(got.out, "INFO: ") != 1 || strings.Contains(got.out, "Inconsistent dependency") {
		t.Errorf("%+v", got)
	}
	says(t, strings.Join(strings.Fields(got.out), " "), "provider-unavailable",
		"The backend of project common-staging is configured, but its providers could not be downloaded. The same applies to common-preprod and common-production.",
		"Run stateroom onboard again", "its providers are not installed here, so terraform plan was not run",
		"Bob's access works in staging, preprod and production; terraform plan has not run there.",
		"Not proven: Terraform's providers could not be downloaded, so it was not run.")
	l.mirror = there
	later := l.stateroom("", "onboard", "--yes")
	l.onBoard(later)
	mark := len(l.server.Log())
	says(t, l.stateroom("", "onboard", "--yes").out, "Bob can run Terraform in staging, preprod and production.", "Nothing was changed.")
	if calls := l.mutations(mark); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
}

func TestADryRunOfAnOnboardingMakesNoCallAndWritesNothing(t *testing.T) {
	l := founded(t).laptop("bob").clone()
	before, mark := tree(t, l.base), len(l.server.Log())
	got := l.stateroom("", "onboard", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity"), "--dry-run", "--detailed-exitcode")
	if got.code != plan.ExitChanges || !strings.Contains(got.out, "Nothing was changed: this was a dry run.") {
		t.Errorf("%+v", got)
	}
	for _, e := range l.server.Log()[mark:] {
		if e.Mutating {
			t.Errorf("%s was called", e.Operation)
		}
	}
	after := tree(t, l.base)
	maps.DeleteFunc(after, func(name, _ string) bool { return strings.HasPrefix(name, "spied/") }) // terraform version
	if !maps.Equal(before, after) {
		t.Error("a file was written")
	}
}

// events are the lines of --json.
func events(t *testing.T, out string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, event)
	}
	return all
}

// TestPracticeOnboardsAsJSON runs the rehearsal: its own set-up, a newcomer, and a
// plan in every project.
func TestPracticeOnboardsAsJSON(t *testing.T) {
	for _, flags := range [][]string{nil, {"--rotate"}} {
		l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
		l.folder = l.base
		stage := filepath.Join(l.base, "stage")
		got := l.run("", l.program(), append([]string{"onboard", "--sandbox", "--json", "--dir", stage}, flags...)...)
		if got.code != plan.ExitDone {
			t.Fatalf("%+v", got)
		}
		plans := 0
		for _, e := range events(t, got.out) {
			if e["event"] == "failed" || e["event"] == "finding" && e["severity"] != "info" {
				t.Errorf("%v", e)
			}
			checks, _ := e["checks"].([]any)
			for _, c := range checks {
				if check, _ := c.(map[string]any); check["name"] == "terraform plan" && check["verdict"] == string(plan.Passed) {
					plans++
				}
			}
		}
		if plans != len(environments) {
			t.Errorf("%d projects were planned:\n%s", plans, got.out)
		}
		_, secret, _ := strings.Cut(l.mustRead(filepath.Join(stage, "laptop-of-bob", "home", ".aws", "credentials")), "aws_secret_access_key = ")
		if secret = strings.TrimSpace(secret); len(secret) != 40 || strings.Contains(got.out+got.err, secret) {
			t.Error("the secret is not there, or was shown")
		}
	}
}

func TestAPracticeRunThatIsDryLeavesTheNewcomersLaptopAsItWas(t *testing.T) {
	l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
	l.folder = l.base
	stage := filepath.Join(l.base, "stage")
	got := l.run("", l.program(), "onboard", "--sandbox", "--dry-run", "--dir", stage)
	if got.code != plan.ExitDone || !strings.Contains(got.out, "this was a dry run") {
		t.Errorf("%+v", got)
	}
	for name := range tree(t, filepath.Join(stage, "laptop-of-bob")) {
		if strings.Contains(name, ".aws") || strings.Contains(name, ".terraform/") || strings.Contains(name, ".local/state") {
			t.Errorf("%s was written", name)
		}
	}
}

func (l *laptop) mustRead(path string) string {
	l.t.Helper()
	data, err := os.ReadFile(path)
	l.must(err)
	return string(data)
}
