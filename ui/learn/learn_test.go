package learn

import (
	"maps"
	"testing"
)

func TestTheBestOfSeveralTimesCountsAndWhatIsShownDoesNotChange(t *testing.T) {
	t.Parallel()
	var none Progress
	first := none.With("a", 1, false)
	second := first.With("a", MostPoints, true).With("a", 0, true)
	if !maps.Equal(first.Points, map[string]int{"a": 1}) || !maps.Equal(second.Points, map[string]int{"a": MostPoints}) {
		t.Errorf("%v, then %v", first, second)
	}
	if none.Points != nil || second.Surprises != 2 || second.Won != MostPoints {
		t.Errorf("%v", second)
	}
}

func TestThePlaceToGoOnIsTheFirstThatIsNotSolved(t *testing.T) {
	t.Parallel()
	chapters := []Chapter{{Faults: []Fault{{Name: "a"}, {Name: "b"}}}, {Faults: []Fault{{Name: "c"}}}}
	var p Progress
	for i, want := range []struct{ chapter, fault int }{{0, 0}, {0, 1}, {1, 0}, {0, 0}} {
		if c := p.NextChapter(chapters); c != want.chapter || p.Next(chapters[c].Faults) != want.fault {
			t.Errorf("with %d solved it goes on at chapter %d, fault %d", i, c, p.Next(chapters[c].Faults))
		}
		p = p.With([]string{"a", "b", "c", "c"}[i], 1, false)
	}
	if got := p.Count(All(chapters)); got != "3 of 3" {
		t.Errorf("counted %s", got)
	}
}

// TestHelpIsGivenALittleAtATimeAndCosts: of the hints only the last is told, and there is
// no fourth; a fault that is solved is not solved again.
func TestHelpIsGivenALittleAtATimeAndCosts(t *testing.T) {
	t.Parallel()
	a := Attempt{Fault: Fault{Name: "a", Short: "It says no.", Goal: "It works.", Says: "Error: no", Hints: []string{"one", "two"}, Fix: "Fix it.", Text: "It broke."}}
	for _, want := range []string{"Hint 1 of 2: one", "Hint 2 of 2: two", "Hint 2 of 2: two"} {
		if a.Help(Hint); len(a.Told()) != 3 || a.Told()[2] != want {
			t.Errorf("told %q, want %q", a.Told(), want)
		}
	}
	if a.Points() != 1 {
		t.Errorf("worth %d", a.Points())
	}
	for _, c := range a.Choices(true) {
		if c.Way == Hint {
			t.Error("there is another hint")
		}
	}
	if a.Help(Fix); a.Points() != 0 || len(a.Told()) != 4 {
		t.Errorf("after the fix it is worth %d, and %q is told", a.Points(), a.Told())
	}
	if _, _, solved := a.Looked(true, true); solved {
		t.Error("solved while there is something to do")
	}
	if result, points, solved := a.Looked(false, false); !solved || points != 0 || result != "Solved: It says no (0 of 3 points)." {
		t.Errorf("%q, %d, %t", result, points, solved)
	}
	if _, _, solved := a.Looked(false, false); solved {
		t.Error("solved twice")
	}
}

// TestWhatNobodyCanRemoveIsSolvedOnceItIsFound is a fault that is there to be found.
func TestWhatNobodyCanRemoveIsSolvedOnceItIsFound(t *testing.T) {
	t.Parallel()
	a := Attempt{Fault: Fault{Name: "a", Find: true}}
	if _, points, solved := a.Looked(true, false); !solved || points != MostPoints-1 {
		t.Errorf("%d points, solved %t", points, solved)
	}
}

// TestASurpriseIsOneThatAnyMachineCanHave: without Terraform a project that init never saw
// can have nothing wrong with what init has left.
func TestASurpriseIsOneThatAnyMachineCanHave(t *testing.T) {
	t.Parallel()
	of := []Fault{{Name: "a", Engine: true}, {Name: "b"}, {Name: "c", Engine: true}}
	for range 50 {
		if f := Any(of); f.Name != "b" {
			t.Fatalf("it is %s", f.Name)
		}
	}
	if of[0].Name != "a" || of[2].Name != "c" {
		t.Errorf("the faults are %v now", of)
	}
}
