package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// TestWhatAWSDoesNotFindYetIsWaitedForAndTold: for so long, and not in silence. What was
// refused otherwise is no matter of time.
func TestWhatAWSDoesNotFindYetIsWaitedForAndTold(t *testing.T) {
	t.Parallel()
	const patience = 200 * time.Millisecond
	absent := &awsops.Error{Service: "iam", Operation: "GetGroupPolicy", Resource: "admins", Code: "NoSuchEntity"}
	refused := &awsops.Error{Service: "iam", Operation: "GetAccessKeyLastUsed", Resource: "AKIAEXAMPLE", Code: "AccessDenied"}
	for name, c := range map[string]struct {
		err   error
		heals int // the look that finds it; 0 is never
		looks int // at least
		takes time.Duration
		says  string
	}{
		"seen at the third look": {err: absent, heals: 3, looks: 3},
		"seen after a long look": {err: absent, heals: 2, looks: 2, takes: patience + patience/2},
		"never seen":             {err: absent, looks: 2, says: "names something that it does not find, and still did after"},
		"listed, and unknown":    {err: Unseen(refused), heals: 2, looks: 2},
		"denied":                 {err: &awsops.Error{Code: "AccessDenied"}, looks: 1, says: "AccessDenied"},
		"no answer of AWS's":     {err: errors.New("no such file"), looks: 1, says: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			env := &Env{Patience: newsShare * patience, Emit: func(e plan.Event) { told = append(told, e.Text) }}
			looks := 0
			err := Agreed(t.Context(), env, func(context.Context) error {
				time.Sleep(c.takes)
				if looks++; looks == c.heals {
					return nil
				}
				return c.err
			})
			if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want %q", err, c.says)
			}
			if looks < c.looks || c.looks == 1 && looks > 1 {
				t.Errorf("looked %d times, want %d", looks, c.looks)
			}
			if waited := c.looks > 1; waited != (len(told) == 1) || waited && !strings.Contains(told[0], "does not find it") {
				t.Errorf("told %q", told)
			}
		})
	}
}
