package tui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// fluent is what a message and the frame after it may take: a quarter of the time
// between two frames at sixty a second.
const fluent = 4 * time.Millisecond

// busy is how many times as long it may take on a machine that does other things as well.
const busy = 3

var benchLook = look{width: 200, height: 60, utf8: true, colour: true, dark: true}

// BenchmarkAccounts is one key and one frame on ten thousand accounts.
func BenchmarkAccounts(b *testing.B) {
	m := newTestRoot(b, benchLook, Options{})
	m.stack = append(m.stack, newAccounts(m.theme, manyAccounts(10000), "", func(string) {}))
	m.layout()
	run(b, m, "down")
}

// BenchmarkAccountsFilter is one letter typed into the filter, and one frame.
func BenchmarkAccountsFilter(b *testing.B) {
	m := newTestRoot(b, benchLook, Options{})
	m.stack = append(m.stack, newAccounts(m.theme, manyAccounts(10000), "", func(string) {}))
	m.layout()
	press(m, "/")
	run(b, m, "1", "backspace")
}

// BenchmarkReview is one key and one frame on the plan of ten thousand accounts.
func BenchmarkReview(b *testing.B) { run(b, largePlan(b), "down") }

// BenchmarkStep is going to the step of twenty thousand changes and back.
func BenchmarkStep(b *testing.B) { run(b, largePlan(b), "1", "2") }

// BenchmarkLeaveOut is leaving one of twenty thousand changes out, and taking it
// in again.
func BenchmarkLeaveOut(b *testing.B) { run(b, largePlan(b), "x") }

// BenchmarkApplying is one report of the engine and one frame, while the changes
// of ten thousand accounts are made.
func BenchmarkApplying(b *testing.B) {
	m := largePlan(b)
	m.run.apply(0)
	c := m.run.review.Changes
	frames(b, func(i int) {
		tell(m, plan.Event{Kind: plan.EventStarted, Change: &c[i%len(c)]}, plan.Event{Kind: plan.EventApplied, Change: &c[i%len(c)]})
		m.run.refresh()
		_ = m.View()
	})
}

func largePlan(b *testing.B) *root {
	m := reviewingRoot(b, benchLook, Options{})
	var review plan.Review
	for i := range 10000 {
		name := fmt.Sprintf("team-%04d", i)
		review.Changes = append(review.Changes,
			plan.Change{ID: "role." + name, Step: 2, Action: plan.Create, Title: "Create the role TerraformAdmin in " + name, Environment: name},
			plan.Change{ID: "permissions." + name, Step: 2, Action: plan.Update, Title: "Allow TerraformAdmin in " + name + " what Terraform needs", Environment: name, Needs: []string{"role." + name}})
	}
	shown(m, review, seen(m))
	press(m, "2")
	return m
}

func run(b *testing.B, m *root, names ...string) {
	pressed := make([]tea.KeyMsg, len(names))
	for i, name := range names {
		pressed[i] = keyNamed(name)
	}
	frames(b, func(i int) {
		m.Update(pressed[i%len(pressed)])
		_ = m.View()
	})
}

// frames measures messages with their frames, and says when they are too slow.
// It judges the median: what else the machine does lengthens some of them.
func frames(b *testing.B, frame func(i int)) {
	b.Helper()
	b.ReportAllocs()
	const least = 31 // frames, so that a run of one does not judge a cold one
	var took []time.Duration
	measure := func() {
		begun := time.Now()
		frame(len(took))
		took = append(took, time.Since(begun))
	}
	for b.Loop() {
		measure()
	}
	for len(took) < least {
		measure()
	}
	slices.Sort(took)
	median := took[len(took)/2]
	b.ReportMetric(median.Seconds()*1000, "ms/frame")
	if median > fluent {
		fmt.Printf("%s: a message and its frame take %v, more than %v\n", b.Name(), median, fluent)
	}
	if median > busy*fluent {
		b.Errorf("a message and its frame take %v, more than %d times %v", median, busy, fluent)
	}
}
