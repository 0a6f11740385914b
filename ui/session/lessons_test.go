package session

import (
	"strings"
	"testing"

	"stateroom/steps/plan"
)

// TestACourseOpensOnlyForWhoeverCanBeAsked: --yes is for whoever is not there.
func TestACourseOpensOnlyForWhoeverCanBeAsked(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want bool
	}{
		"at a terminal":    {Options{Sandbox: true}, true},
		"said yes before":  {Options{Sandbox: true, Yes: true}, false},
		"as JSON":          {Options{Sandbox: true, JSON: true}, false},
		"a fault is named": {Options{Sandbox: true, Break: "kms-disabled"}, false},
		"for real":         {Options{}, false},
	} {
		if got := newSession(c.o, System{Terminal: true}, Troubleshoot).teaches(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if !newSession(Options{Sandbox: true, Plain: true}, System{}, Troubleshoot).teaches() {
		t.Error("answers on a pipe are not taken")
	}
}

// TestACourseThatIsInterruptedSaysSo: leaving is 0, an interrupt of the checks 130.
func TestACourseThatIsInterruptedSaysSo(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("LOCALAPPDATA", t.TempDir())
	stop := make(chan struct{})
	close(stop)
	for keys, want := range map[string]struct {
		stop chan struct{}
		code int
	}{
		"1\n1\n1\nyes\nq\n": {stop, plan.ExitInterrupted},
		"1\n1\nq\n":         {nil, plan.ExitDone},
	} {
		var out strings.Builder
		code, err := Lines(t.Context(), Options{Sandbox: true, Parallel: 4, Accounts: 3}, System{In: strings.NewReader(keys), Out: &out, Err: &out, Terminal: true, Stop: want.stop, Applying: func(bool) {}}, Troubleshoot)
		if code != want.code || err != nil {
			t.Errorf("%q: %d, %v\n%s", keys, code, err, out.String())
		}
	}
}
