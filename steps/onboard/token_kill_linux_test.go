//go:build !race && !integration

package onboard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// othersToken is what the cache holds of another session, which nobody but its owner touches.
const othersToken = `{"accessToken":"theirs","expiresAt":"2026-01-01T00:00:00Z"}`

func (l *laptop) signsIn() errand {
	return errand{Endpoint: l.server.URL(), Root: l.root, SignsIn: true, Login: true}
}

// runsOut has the token at hand before a kill: one that a login renews, or one after which
// somebody has to sign in.
func (l *laptop) runsOut(renewable bool) (before string) {
	l.t.Helper()
	l.ages(engine.RenewLeft / 2)
	if !renewable {
		l.ended()
		l.ages(-time.Minute)
	}
	l.write(".aws/sso/cache/other.json", othersToken)
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	return string(text)
}

// wholeToken fails the test unless the cache holds the token of before, or a whole new one,
// for its owner alone, and what is another session's is as it was.
func (l *laptop) wholeToken(what, before string) {
	l.t.Helper()
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	token, at := awsops.ReadPortalToken(text)
	if string(text) != before && (at.StartURL != l.server.StartURL() || !token.Valid(time.Now(), engine.RenewLeft) || !token.Renewable(time.Now())) {
		l.t.Errorf("%s: the cache holds %d bytes that are neither the old token nor a new one", what, len(text))
	}
	if l.read(".aws/sso/cache/other.json") != othersToken {
		l.t.Errorf("%s: another session's token is %q", what, l.read(".aws/sso/cache/other.json"))
	}
	all, err := filepath.Glob(filepath.Join(filepath.Dir(l.tokenFile()), "*"))
	l.must(err)
	hidden, err := filepath.Glob(filepath.Join(filepath.Dir(l.tokenFile()), ".*"))
	l.must(err)
	for _, path := range append(all, hidden...) {
		if info, err := os.Lstat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			l.t.Errorf("%s: %s can be read by others: %v", what, filepath.Base(path), info.Mode())
		}
	}
}

// signsInAfter lets login run to its end, and once more, which has nothing to do.
func (l *laptop) signsInAfter(what string) {
	l.t.Helper()
	for run := range 2 {
		s, err := l.goes(l.signsIn())
		if err != nil || s.ExitCode(false) != plan.ExitDone || run == 1 && s.Applied > 0 {
			l.t.Fatalf("%s: run %d after it: %+v, %v", what, run+1, s, err)
		}
	}
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	if token, _ := awsops.ReadPortalToken(text); !token.Valid(time.Now(), engine.RenewLeft) {
		l.t.Errorf("%s: login left a token that does not last", what)
	}
	left, err := os.ReadDir(filepath.Dir(l.tokenFile()))
	l.must(err)
	for _, f := range left {
		switch text := l.read(".aws/sso/cache/" + f.Name()); {
		case f.Name() == filepath.Base(l.tokenFile()), f.Name() == "other.json":
		case !strings.HasSuffix(f.Name(), ".lock"), strings.Contains(text, "oken"): // the next write takes a lock of the dead
			l.t.Errorf("%s: %s is left in the cache", what, f.Name())
		}
	}
}

// TestAKillAtAnyWriteOfASignInLeavesAWholeToken kills stateroom login as soon as each thing
// happens in the token cache and the journal, whether it renews or somebody signs in.
func TestAKillAtAnyWriteOfASignInLeavesAWholeToken(t *testing.T) {
	t.Parallel()
	for name, renewable := range map[string]bool{"renewal": true, "sign-in": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := aboard(t)
			kills := 0
			for n := 1; n < 100; n++ {
				before := l.runsOut(renewable)
				var p *process
				started := make(chan struct{})
				w := watching(t, n, func() { <-started; p.kill() }, filepath.Dir(l.tokenFile()), filepath.Dir(filepath.Dir(l.tokenFile())), l.path(".aws"), l.path(journalDir))
				p = l.start(l.signsIn())
				close(started)
				_ = p.cmd.Wait() // killed, or done
				if w.close() < n {
					break
				}
				kills++
				what := fmt.Sprintf("kill at write %d", n)
				l.wholeToken(what, before)
				l.signsInAfter(what)
			}
			if kills < 5 {
				t.Errorf("only %d kills happened", kills)
			}
			t.Logf("%d kills", kills)
		})
	}
}

// TestAKillAtAnyCallOfASignInLeavesAWayIn, before AWS does what it is asked and after, when
// the answer is lost.
func TestAKillAtAnyCallOfASignInLeavesAWayIn(t *testing.T) {
	t.Parallel()
	for i, run := range []struct{ renewable, after bool }{{true, false}, {true, true}, {false, false}, {false, true}} {
		t.Run(fmt.Sprint(i, " renewable ", run.renewable, " after ", run.after), func(t *testing.T) {
			t.Parallel()
			l := aboard(t)
			kills := int64(0)
			for n := int64(1); n < 100; n++ {
				before := l.runsOut(run.renewable)
				if !l.killAmong(everyRequest, l.signsIn(), n, run.after) {
					break
				}
				kills++
				what := fmt.Sprintf("kill at call %d", n)
				l.wholeToken(what, before)
				l.signsInAfter(what)
			}
			if kills < 2 {
				t.Errorf("only %d kills happened", kills)
			}
			t.Logf("%d kills", kills)
		})
	}
}

// TestSeveralLoginsAtOnceLeaveOneWholeToken: programs of one laptop that all find the token
// at its end, renewing or with somebody who signs in. One at least gets through, and who
// does not is told that it changed nothing.
func TestSeveralLoginsAtOnceLeaveOneWholeToken(t *testing.T) {
	t.Parallel()
	for name, renewable := range map[string]bool{"renewal": true, "sign-in": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := aboard(t)
			for round := range 4 {
				l.runsOut(renewable)
				var all []*process
				for range 3 {
					all = append(all, l.start(l.signsIn()))
				}
				through := 0
				for i, p := range all {
					if err := p.cmd.Wait(); err == nil {
						through++
					} else if out := p.out.String(); !strings.Contains(out, "This one changed nothing") {
						t.Errorf("round %d, login %d: %v\n%s", round, i, err, out)
					}
				}
				if through == 0 {
					t.Errorf("round %d: nobody got through", round)
				}
				l.wholeToken(fmt.Sprint("round ", round), "")
				l.signsInAfter(fmt.Sprint("round ", round))
			}
		})
	}
}
