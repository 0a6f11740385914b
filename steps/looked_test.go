package steps

import (
	"errors"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// TestAPlanIsCarriedOutOnce applies a plan, and then the same again, as a screen
// would that kept it: nothing may be sent.
func TestAPlanIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	review, err := s.Review(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	s.Stop = stop
	s.Emit = func(e plan.Event) {
		if e.Kind == plan.EventApplied {
			select {
			case <-stop:
			default:
				close(stop)
			}
		}
	}
	summary, after, err := s.Make(t.Context(), review)
	if err != nil || !summary.Stopped || summary.Applied == 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	if after.Fresh() || len(after.Changes) > 0 || review.Fresh() || s.Permit(review).Fresh() {
		t.Error("after the stop a plan is offered that rests on no new look")
	}
	s.Stop = nil
	mark := len(w.server.Log())
	for _, stale := range []plan.Review{review, s.Permit(review)} {
		if _, _, err := s.Make(t.Context(), stale); !errors.Is(err, engine.ErrStale) {
			t.Errorf("a stale plan: %v", err)
		}
	}
	if sent := len(w.server.Log()) - mark; sent > 0 {
		t.Errorf("%d calls were sent for a stale plan", sent)
	}
}

// TestAFlowIsCarriedOutOnce is the same for the runs that are not the nine steps.
func TestAFlowIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	f := flowOf(t, w)
	review, err := f.Review(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	close(stop)
	f.Stop = stop
	summary, after, err := f.Make(t.Context(), review)
	if err != nil || !summary.Stopped || after.Fresh() || len(after.Changes) > 0 {
		t.Fatalf("%+v, %+v, %v", summary, after, err)
	}
	f.Stop = nil
	mark := len(w.server.Log())
	if _, _, err := f.Make(t.Context(), f.Permit(review)); !errors.Is(err, engine.ErrStale) {
		t.Errorf("a stale plan: %v", err)
	}
	if sent := len(w.server.Log()) - mark; sent > 0 {
		t.Errorf("%d calls were sent for a stale plan", sent)
	}
}
