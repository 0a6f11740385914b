package steps

import (
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
)

// TestAStateKeyThatAWSDoesNotShowYetIsNotMadeTwice: a run was stopped as it was made, and
// the next one looks before KMS knows the key everywhere. Its id is known, or only its tag.
func TestAStateKeyThatAWSDoesNotShowYetIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	for name, unanswered := range map[string]bool{"its answer came": false, "its answer was lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			s, stop := w.setup(team()), make(chan struct{})
			s.Stop = stop
			var once sync.Once
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation != "CreateKey" {
					return sandbox.Fault{}
				}
				once.Do(func() { close(stop) })
				return sandbox.Fault{DropAnswer: unanswered}
			})
			if summary := w.run(s); !summary.Stopped {
				t.Fatal("it was not stopped")
			}
			second, asked := w.setup(team()), 0
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				w.mu.Lock()
				defer w.mu.Unlock()
				in, _ := e.Input.(map[string]any)
				if id, _ := in["KeyId"].(string); e.Operation != "DescribeKey" || strings.HasPrefix(id, "alias/") || asked == 3 {
					return sandbox.Fault{}
				}
				asked++
				return sandbox.Fault{Code: "NotFoundException"}
			})
			w.healthy(w.run(second))
			if asked < 3 {
				t.Errorf("KMS was asked for the key %d times", asked)
			}
			w.undoubled()
			w.settledNow(team())
		})
	}
}
