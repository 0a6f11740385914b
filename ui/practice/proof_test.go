package practice

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/troubleshoot"
)

// proof is what is to be seen of one fault, or of several at once.
type proof struct {
	faults []string
	// finds are the ids of what the checks alone find and what needs attention,
	// in order; leaves are those of what a Terraform left that met the fault.
	finds, leaves []string
	// beyond is why nobody at this laptop can mend it; asks is what the remedy or
	// the report has to say then, and tries the id that mending ends with, where a
	// Terraform has to try first.
	beyond, asks, tries string
	// differs are parts of the names of what is not as before when it is mended.
	differs []string
	// moved says that a mended file has its lines in another order.
	moved bool
	// back takes back what is left of the fault, or all of it where it is beyond
	// mending; nil where the files are all of that. A spent lab cannot be had
	// back.
	back  func(*byHand)
	spent bool
	// real says that it takes a real Terraform to mend it.
	real bool
	// bucket says that the project has a resource that is made in its
	// environment.
	bucket bool

	// project is where Terraform meets it; empty means the first.
	project string
	// commands meet it, and says are the ids that Terraform's text leads to.
	commands [][]string
	says     []string
}

// of fills in what is usual: init or plan meets a fault, and its text and the
// checks find its id alone.
func (p proof) of(f Fault) proof {
	p.faults = []string{f.Name()}
	for _, ids := range []*[]string{&p.finds, &p.says} {
		if *ids == nil {
			*ids = []string{f.Diagnosis.ID}
		}
	}
	if p.commands == nil {
		p.commands = usual
	}
	return p
}

// TestFaultsAreFoundByTheChecksAloneAndMended goes through a sample of the faults on
// one stage, without a Terraform. All of them are gone through with one, by
// TestTerraformMeetsEveryFaultAndPassesWhenItIsMended, and here with STATEROOM_SEEDS=60.
func TestFaultsAreFoundByTheChecksAloneAndMended(t *testing.T) {
	t.Parallel()
	w := newPaperWorld(t)
	all := Faults()
	for i := 0; i < len(all); i += stepstest.Stride(t) {
		f := all[i]
		t.Run(f.Name(), func(t *testing.T) {
			w.t = t
			p := particular[f.Name()].of(f)
			w.breaks(p)
			w.proves(p, "")
			w.unchanged(p)
			w.takesBack(p)
		})
		if w.t = t; w.spent {
			w = newPaperWorld(t)
		}
	}
}

func TestAHealthyStageHasNoFindingAndIsOnlyRead(t *testing.T) {
	t.Parallel()
	newPaperWorld(t).healthy()
}

// mostTrips is how many round trips one after another a health check may take.
const mostTrips = 8

// healthy wants a lab to have no finding, and that only reading tells so.
func (w *world) healthy() {
	w.t.Helper()
	const latency = 400 * time.Millisecond
	var mu sync.Mutex
	var last time.Time
	trips := 0
	w.Server.Intercept(func(sandbox.Entry) sandbox.Fault {
		mu.Lock()
		if now := time.Now(); now.Sub(last) >= latency { // it may have waited for an answer
			trips, last = trips+1, now
		}
		mu.Unlock()
		time.Sleep(latency)
		return sandbox.Fault{}
	})
	first, summary := w.flow("")
	w.Server.Intercept(nil)
	if len(first.Findings)+len(first.Changes)+len(first.NotOurs) > 0 || summary.ExitCode(true) != plan.ExitDone {
		w.t.Errorf("exit %d, %s", summary.ExitCode(true), told(summary))
	}
	for _, c := range first.Checks {
		if c.Verdict != plan.Passed {
			w.t.Errorf("%s is %s: %s", c.Name, c.Verdict, c.Answer)
		}
	}
	if trips > mostTrips {
		w.t.Errorf("%d round trips one after another", trips)
	}
	after := w.snapshot()
	if !slices.Equal(after.state, w.fresh.state) || !maps.Equal(after.files, w.fresh.files) {
		w.t.Error("looking has changed something")
	}
}

// breaks lets the lab meet the faults, each of which changes something.
func (w *world) breaks(p proof) {
	w.t.Helper()
	w.spent = true // until it is had back
	before := w.snapshot()
	for _, name := range p.faults {
		w.must(w.Break(w.t.Context(), name))
		after := w.snapshot()
		if slices.Equal(before.state, after.state) && maps.Equal(before.files, after.files) {
			w.t.Errorf("%s changes nothing", name)
		}
		before = after
	}
}

// proves looks and lets a flow mend what is found, which looks again. What Terraform
// printed of it, if it did, leads to no other mending and is settled with the rest.
func (w *world) proves(p proof, text string) {
	w.t.Helper()
	before := w.snapshot()
	first, summary := w.flow(text)
	if got, want := attention(first.Findings, p), w.wanted(p); !slices.Equal(got, want) {
		w.t.Errorf("the checks find %v, not %v:\n%s", got, want, listed(first.Findings))
	}
	if p.beyond != "" {
		w.t.Logf("It cannot be fixed here: %s.", p.beyond)
		if i := slices.IndexFunc(first.Findings, func(f plan.Finding) bool { return strings.Contains(f.Remedy+f.Details, p.asks) }); i < 0 {
			w.t.Errorf("no remedy and no report says %q:\n%s", p.asks, listed(first.Findings))
		}
		if summary.ExitCode(false) != plan.ExitFindings {
			w.t.Errorf("exit %d, %s", summary.ExitCode(false), told(summary))
		}
		if w.real && p.tries != "" && !slices.ContainsFunc(summary.Findings, func(f plan.Finding) bool { return f.ID == p.tries }) {
			w.t.Errorf("trying does not end with %s: %s", p.tries, told(summary))
		}
		w.same(before, p)
		return
	}
	for _, f := range first.Findings {
		if !slices.ContainsFunc(slices.Concat(first.Changes, first.NotOurs), func(c plan.Change) bool { return c.FixesFinding(f) }) {
			w.t.Errorf("no change says that it fixes %s", f.Key())
		}
	}
	if !w.mends(p) {
		return
	}
	if summary.ExitCode(false) != plan.ExitDone || len(summary.Findings) > 0 || summary.Applied == 0 {
		w.t.Errorf("after fixing: exit %d, %s", summary.ExitCode(false), told(summary))
	}
}

// wanted are the ids that are to be found, in the order of the diagnoses.
func (w *world) wanted(p proof) []string {
	return slices.DeleteFunc(slices.Clone(p.finds), func(id string) bool { return !w.real && slices.Contains(p.leaves, id) })
}

// mends says that a fault can be mended here.
func (w *world) mends(p proof) bool { return p.beyond == "" && (w.real || !p.real) }

// flow is a troubleshooting in a new process that agrees to everything. It gives
// the first look and how it ended.
func (w *world) flow(text string) (first plan.Review, summary *plan.Summary) {
	w.t.Helper()
	answers := *w.answers
	check := &troubleshoot.HealthCheck{Answers: &answers, Text: text}
	looked := false
	flow := engine.Flow{
		Env: w.env(), Answers: &answers, Steps: steps.Order(), Emit: func(plan.Event) {},
		Look: func(ctx context.Context, env *engine.Env) (plan.Review, error) {
			mark := 0 // the lab's log is bounded, so that no index stays
			if log := w.Server.Log(); len(log) > 0 {
				mark = log[len(log)-1].Sequence
			}
			r, err := check.Look(ctx, env)
			for _, e := range w.Server.Log() {
				if e.Sequence > mark && e.Mutating {
					w.t.Errorf("looking calls %s:%s", e.Service, e.Operation)
				}
			}
			if !looked {
				// By the checks alone, which cost nothing here.
				first, looked = r, true
				if text != "" {
					alone, err := (&troubleshoot.HealthCheck{Answers: &answers}).Look(ctx, env)
					w.must(err)
					first = alone
				}
			}
			return r, err
		},
		Confirm: func(_ context.Context, r plan.Review) (plan.Decision, error) {
			d := plan.Decision{Yes: true}
			for _, c := range r.NotOurs {
				d.Adopt = append(d.Adopt, c.NotOurs)
			}
			return d, nil
		},
	}
	summary, err := flow.Run(w.t.Context())
	w.must(err)
	return first, summary
}

// attention are the ids of findings that need it, or that a proof is about, each
// once.
func attention(findings []plan.Finding, p proof) []string {
	var ids []string
	for _, f := range findings {
		if (f.Severity != plan.Info || slices.Contains(p.finds, f.ID)) && !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func listed(findings []plan.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "  %s %s\n", f.Severity, f)
	}
	return b.String()
}

func told(s *plan.Summary) string {
	text := fmt.Sprintf("%d applied\n%s", s.Applied, listed(s.Findings))
	for _, f := range s.Failures {
		text += fmt.Sprintf("  %s failed: %v\n", f.Change.ID, f.Err)
	}
	return text
}

// unchanged wants a mended lab to be what it was before it was broken.
func (w *world) unchanged(p proof) {
	w.t.Helper()
	if w.mends(p) {
		w.same(w.fresh, p)
	}
}

// same wants nothing but what a proof says to differ from a snapshot.
func (w *world) same(before snapshot, p proof) {
	w.t.Helper()
	after := w.snapshot()
	expected := append([]string{"/.terraform/", ".stateroom-", "/.local/state/"}, p.differs...)
	differs := func(name, what string) {
		if !slices.ContainsFunc(expected, func(part string) bool { return strings.Contains(name, part) }) {
			w.t.Errorf("%s %s", name, what)
		}
	}
	for _, line := range before.state {
		if !slices.Contains(after.state, line) {
			differs(name(line), "is no more: "+line)
		}
	}
	for _, line := range after.state {
		if !slices.Contains(before.state, line) {
			differs(name(line), "is new: "+line)
		}
	}
	for path, text := range before.files {
		if now, there := after.files[path]; !there {
			differs(path, "is gone")
		} else if now != text && (!p.moved || !slices.Equal(lines(now), lines(text))) {
			differs(path, "was\n"+text+"\nand is\n"+now)
		}
	}
	for path := range after.files {
		if _, there := before.files[path]; !there {
			differs(path, "is new")
		}
	}
}

// name is what a line of the sandbox's state is about.
func name(line string) string {
	name, _, _ := strings.Cut(line, " = ")
	return name
}

// lines are the lines of a text that say something, sorted.
func lines(text string) []string {
	return slices.Sorted(slices.Values(slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })))
}

// takesBack makes the lab what it was, for the next proof.
func (w *world) takesBack(p proof) {
	w.t.Helper()
	if p.back != nil {
		w.byHand(p.back)
	}
	w.restore(w.fresh.files)
	if w.spent = !slices.Equal(w.snapshot().state, w.fresh.state); w.spent && !p.spent {
		w.t.Error("the lab cannot be had back")
		w.same(w.fresh, proof{})
	}
}
