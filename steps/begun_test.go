package steps

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
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

// TestAKeyOfAMomentAgoIsNoStrangers: IAM does not list the key yet that this laptop made
// and wrote into its profile, and STS does not know it. It is asked again, and a key that
// this laptop did not make only once.
func TestAKeyOfAMomentAgoIsNoStrangers(t *testing.T) {
	t.Parallel()
	for name, mine := range map[string]bool{"made here": true, "made elsewhere": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.healthy(w.run(w.setup(team())))
			s, flow := w.nine(team())
			credentials, err := files.Read(flow.Env.CredentialsPath)
			w.must(err)
			if !mine {
				w.must(os.RemoveAll(w.stateDir()))
				s, flow = w.nine(team())
			}
			asked := 0
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				w.mu.Lock()
				defer w.mu.Unlock()
				if asked++; asked > 3 {
					return sandbox.Fault{}
				}
				return sandbox.Fault{Code: "InvalidClientTokenId", Status: http.StatusForbidden}
			})
			key := profiles.KeyID(credentials, s.Answers.AdminProfile)
			f := IAMFacts{ProfileKey: key, OwnKey: key}
			w.must(f.inspectProfile(t.Context(), flow.Env, s.Answers, credentials))
			if known := f.Profile.Err == nil && f.Profile.Stranger.Name == "alice"; known != mine || !mine && asked != 1 {
				t.Errorf("asked %d times: %v, %v", asked, f.Profile.Stranger, f.Profile.Err)
			}
		})
	}
}
