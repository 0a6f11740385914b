package engine

import (
	"context"
	"errors"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// A look after the changes asks AWS once more, which answers under another
// request id: that is no news.
func TestAFindingIsNotToldAgainForAnotherRequest(t *testing.T) {
	var told []string
	f := &Flow{Emit: func(e plan.Event) { told = append(told, e.Finding.Evidence) }}
	at := func(request, name string) []plan.Finding {
		return []plan.Finding{{ID: "assume-role-denied", RequestIDs: []string{request}, Evidence: "AccessDenied: " + name + " (HTTP 403, request id " + request + ")."}}
	}
	f.tell(at("1", "staging"))
	f.tell(at("2", "staging"))
	f.tell(at("3", "production"))
	if len(told) != 2 {
		t.Errorf("told %q", told)
	}
}

func TestALookPlansOnce(t *testing.T) {
	planned := 0
	f := &Flow{Env: &Env{}, Answers: &blueprint.Answers{Blueprint: blueprint.New()}, Emit: func(plan.Event) {}}
	f.Replan = func([]plan.Finding) plan.Review { planned++; return plan.Review{} }
	f.Look = func(context.Context, *Env) (plan.Review, error) { return f.Replan(nil), nil }
	r, err := f.Review(t.Context())
	if err != nil || planned != 1 || !r.Fresh() {
		t.Errorf("planned %d times, %v", planned, err)
	}
	if r = f.Permit(r); planned != 2 || !r.Fresh() {
		t.Errorf("after an adoption planned %d times, fresh %v", planned, r.Fresh())
	}
}

// madeUp is a look that nobody has made.
type madeUp struct{}

func (madeUp) Fresh() bool { return true }

func TestNothingButALooksOwnChangesIsMade(t *testing.T) {
	f := &Flow{Env: &Env{}, Answers: &blueprint.Answers{Blueprint: blueprint.New()}, Emit: func(plan.Event) {}}
	f.Look = func(context.Context, *Env) (plan.Review, error) {
		return plan.Review{Changes: []plan.Change{{ID: "own", Step: 1, Title: "As it was planned"}, {ID: "bucket", Step: 1, NotOurs: "arn:aws:s3:::acme"}}}, nil
	}
	r, err := f.Review(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string][]plan.Change{
		"one made up":               {{ID: "own"}, {ID: "other"}},
		"one that waits for a word": {r.NotOurs[0]},
	} {
		other := r
		other.Changes = changes
		if _, _, err := f.Make(t.Context(), other); !errors.Is(err, ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := r
	other.Looked = madeUp{}
	if _, _, err := f.Make(t.Context(), other); !errors.Is(err, ErrStale) {
		t.Errorf("a look that the engine did not make: %v", err)
	}
	if !r.Fresh() {
		t.Error("what was refused has spent the look")
	}
	if own, _ := lookOf(r).own([]plan.Change{{ID: "own", Title: "As somebody else has it"}}); own[0].Title != "As it was planned" {
		t.Errorf("made would be %q", own[0].Title)
	}
}
