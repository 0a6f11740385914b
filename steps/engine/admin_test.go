package engine

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

func TestATerraformAsksTheEndpointThatStateroomAsks(t *testing.T) {
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"} {
		if got := AdminEnv(&Env{Endpoint: "http://127.0.0.1:1"}, a).Get(name); got != "http://127.0.0.1:1" {
			t.Errorf("%s is %q", name, got)
		}
	}
	// Without one the caller's own variable stays; the caller's keys do not.
	got := AdminEnv(&Env{Environ: Environment{"AWS_ENDPOINT_URL=http://127.0.0.1:2", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "PATH=/bin"}}, a)
	if got.Get("AWS_ENDPOINT_URL") != "http://127.0.0.1:2" || got.Get("AWS_ACCESS_KEY_ID") != "" || got.Get("PATH") != "/bin" {
		t.Errorf("the environment is %q", got)
	}
}

// TestTheAdminIsWaitedForOnceHoweverMuchIsNotThere: what heals with time is waited for by
// each service from the same beginning on, and told once for each; what does not heal is
// not waited for.
func TestTheAdminIsWaitedForOnceHoweverMuchIsNotThere(t *testing.T) {
	t.Parallel()
	const patience = 600 * time.Millisecond
	absent := func(what string) *awsops.Error {
		return &awsops.Error{Service: "s3", Operation: "GetObject", Resource: what, Code: "NoSuchBucket"}
	}
	denied := &awsops.Error{Service: "dynamodb", Operation: "GetItem", Resource: "locks", Code: "AccessDeniedException", Status: 400}
	for name, c := range map[string]struct {
		patience    time.Duration // the caller's
		fails       []error       // of the reads, for ever
		heals       int           // the look at which all heal; 0 is never
		least, most time.Duration
		told        []string
		says        string
	}{
		"nothing is missing":      {patience: patience, heals: 1, fails: []error{absent("a")}, most: patience / 2},
		"two are never found":     {patience: patience, fails: []error{absent("a"), absent("b")}, least: patience, most: 3 * patience / 2, told: []string{"AWS names a,", "AWS names b,"}, says: "still did after"},
		"a right comes late":      {patience: patience, heals: 3, fails: []error{denied}, most: patience, told: []string{"AWS refuses dynamodb:GetItem on locks (AccessDeniedException)."}},
		"a right never comes":     {patience: patience, fails: []error{denied}, least: patience, most: 3 * patience / 2, told: []string{"AWS refuses"}, says: "AccessDenied"},
		"nothing was made":        {fails: []error{denied}, most: patience / 4, says: "AccessDenied"},
		"nothing made, and named": {fails: []error{absent("a")}, least: patience / 4, most: patience, told: []string{"AWS names a,"}, says: "still did after"},
		"no matter of time":       {patience: patience, fails: []error{&awsops.Error{Code: "InternalError"}}, most: patience / 2, says: "InternalError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var told []string
			env := &Env{Patience: patience, Emit: func(e plan.Event) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, e.Text)
			}}
			var reads []func(context.Context) error
			for _, fails := range c.fails {
				looks := 0
				reads = append(reads, func(context.Context) error {
					if looks++; looks == c.heals {
						return nil
					}
					return fails
				})
			}
			begun := time.Now()
			err := awaitAll(t.Context(), env, c.patience, reads)
			if took := time.Since(begun); took < c.least || took > c.most+patience/2 {
				t.Errorf("it took %s, not between %s and %s", took, c.least, c.most)
			}
			if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want %q", err, c.says)
			}
			if len(told) != len(c.told) {
				t.Errorf("told %q, want %q", told, c.told)
			}
			for _, text := range c.told {
				if !strings.Contains(strings.Join(told, "\n"), text) {
					t.Errorf("told %q, want %q", told, text)
				}
			}
		})
	}
}
