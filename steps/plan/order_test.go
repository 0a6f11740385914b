package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScheduleWaitsForNeedsAndIgnoresNeedsThatAreThereAlready(t *testing.T) {
	s := NewOrder([]Change{{ID: "c", Needs: []string{"a", "b"}}, {ID: "a"}, {ID: "b", Needs: []string{"a", "not planned"}}})
	var order []int
	for {
		i, ok := s.Next()
		if !ok {
			break
		}
		order = append(order, i)
		s.Done(i)
	}
	if diff := cmp.Diff([]int{1, 2, 0}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestScheduleAFailureSkipsItsDependentsOnly(t *testing.T) {
	s := NewOrder([]Change{{ID: "a"}, {ID: "b", Needs: []string{"a"}}, {ID: "c", Needs: []string{"b"}}, {ID: "d"}, {ID: "e", Needs: []string{"d", "a"}}})
	a, _ := s.Next()
	skipped := s.Fail(a)
	slices.Sort(skipped)
	if diff := cmp.Diff([]int{1, 2, 4}, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	d, ok := s.Next()
	if !ok || d != 3 {
		t.Fatalf("next is %d, %t; want d", d, ok)
	}
	s.Done(d)
	if _, more := s.Next(); more || len(s.Left()) > 0 {
		t.Errorf("left %v", s.Left())
	}
}

func TestWhatComesAfterAChangeIsMadeHoweverThatEnded(t *testing.T) {
	for _, fails := range []bool{false, true} {
		s := NewOrder([]Change{{ID: "deny"}, {ID: "key", After: []string{"deny", "not planned"}}, {ID: "user", Needs: []string{"deny"}, After: []string{"key"}}})
		first, _ := s.Next()
		if _, early := s.Next(); first != 0 || early {
			t.Fatalf("began with %d, and something else at once: %t", first, early)
		}
		var skipped []int
		if fails {
			skipped = s.Fail(0)
		} else {
			s.Done(0)
		}
		if next, ok := s.Next(); next != 1 || !ok || fails != (len(skipped) == 1) {
			t.Errorf("fails %t: next is %d, %t; skipped %v", fails, next, ok, skipped)
		}
		s.Done(1)
		if next, ok := s.Next(); ok == fails || ok && next != 2 {
			t.Errorf("fails %t: then %d, %t", fails, next, ok)
		}
	}
}
