package tui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot"
	"stateroom/ui/practice"
	"stateroom/ui/words"
	"stateroom/ui/wordstest"
)

// TestEveryFaultIsAnsweredInTheFirstFrame has every fault of the catalogue found in the
// sandbox, and reads the first frame at 80 columns and 24 lines as somebody does who
// looks for an answer: what is wrong, what to do about it, and the key for it.
func TestEveryFaultIsAnsweredInTheFirstFrame(t *testing.T) {
	t.Parallel()
	all := practice.Faults()
	all = slices.DeleteFunc(all, func(f practice.Fault) bool { return f.Lesson().Engine })
	for i := 0; i < len(all); i += stepstest.Stride(t) {
		t.Run(all[i].Name(), func(t *testing.T) {
			t.Parallel()
			answersInTheFirstFrame(t, broken(t, all[i].Name(), nil, nil))
		})
	}
}

// answersInTheFirstFrame reads a review of troubleshooting at 80 columns and 24 lines.
func answersInTheFirstFrame(t *testing.T, found plan.Review) {
	t.Helper()
	l := look{width: 80, height: 24, utf8: true, colour: true}
	m := lookedAt(t, l, Troubleshoot, Options{Sandbox: true}, found)
	frame := m.View()
	wordstest.Titles(t, "the screen", frame)
	r := &m.run.review
	if len(r.found.list) == 0 {
		t.Fatalf("nothing is found:\n%s", ansi.Strip(frame))
	}
	first := r.found.list[0]
	text := strings.Join(strings.Fields(ansi.Strip(frame)), " ")
	for _, want := range []string{r.ended().Lead[0], words.Finding(first.Finding), told(first)} {
		if !strings.Contains(text, want) {
			t.Errorf("the first frame does not say %q:\n%s", want, ansi.Strip(frame))
		}
	}
	if footer := ansi.Strip(m.footer()); !strings.HasPrefix(footer, " enter fix ") && !strings.HasPrefix(footer, " enter look again ") && !strings.HasPrefix(footer, " enter agree ") {
		t.Errorf("the key is not in the footer: %s", footer)
	}
	for _, check := range found.Checks {
		if wide := ansi.StringWidth(check.Name); wide > checkNames {
			t.Errorf("the name of the check %q is %d wide, and %d are in line with the others", check.Name, wide, checkNames)
		}
	}
	pinned(m)
	if lost := missing(resized(m, 150, tall), resized(m, 80, tall)); lost != "" {
		t.Errorf("%q is cut without a mark:\n%s", lost, ansi.Strip(m.View()))
	}
}

// checkNames is the column of the names of checks at 80 columns.
const checkNames = 34

// told is how a finding says what to do: the change that fixes it, or its remedy's first
// line.
func told(f findingItem) string {
	if len(f.mends) > 0 {
		return words.Fit(f.mends[0].Title, 60)[0]
	}
	return words.Fit(f.Remedy, 60)[0]
}

// broken is what the checks find of a fault, in a setup that an engine has initialized with
// these variables, if there is one.
func broken(t *testing.T, fault string, with *terraform.Engine, variables map[string]string) plan.Review {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lab, err := practice.Start(t.Context(), practice.Options{Dir: filepath.Join(t.TempDir(), "lab"), Environ: engine.Environment(os.Environ()).With(variables)})
	must(err)
	t.Cleanup(func() { must(lab.Close(true)) })
	answers := &blueprint.Answers{Blueprint: lab.Blueprint(), Me: lab.Me}
	env := func() *engine.Env {
		config := lab.Config()
		config.Parallel, config.Bounds.Call = engine.DefaultParallel, 2*time.Second
		sessions, err := awsops.Open(context.Background(), config)
		must(err)
		env, err := engine.NewEnv(sessions, lab.Environ, lab.Root, filepath.Join(lab.Root, "stateroom.hcl"))
		must(err)
		env.Endpoint = lab.Endpoint()
		if env.Engine = with; with == nil {
			env.EngineErr = terraform.ErrNotFound
		}
		_, tag := answers.Tag()
		env.Journal, err = engine.OpenJournal(env.StateDir, tag)
		must(err)
		return env
	}
	must(lab.Finish(t.Context(), env(), answers, func(plan.Event) {}))
	must(lab.Break(t.Context(), fault))
	check := &troubleshoot.HealthCheck{Answers: answers}
	flow := engine.Flow{Env: env(), Answers: answers, Steps: steps.Order(), Emit: func(plan.Event) {}, Look: check.Look}
	review, err := flow.Review(t.Context())
	must(err)
	return review
}
