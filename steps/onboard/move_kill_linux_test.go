//go:build !race && !integration

package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// moves is alice's way from her key to a sign-in.
func (l *laptop) moves() errand {
	return errand{Endpoint: l.server.URL(), Root: l.root, SignsIn: true}
}

// worksEitherWay fails the test unless Terraform and the AWS CLI have credentials that work: the
// one goes by a key that lies anywhere, the other by the sign-in that the config file names.
func (l *laptop) worksEitherWay(what string) {
	l.t.Helper()
	ctx := context.Background()
	who, err := l.acts()
	if err != nil || !strings.HasSuffix(who, "user/alice") && !strings.HasSuffix(who, "/alice@acme.com") {
		l.t.Errorf("%s: Terraform is %q: %v", what, who, err)
	}
	if s, err := l.profile("admin_iam-staging"); err != nil {
		l.t.Errorf("%s: the role's profile: %v", what, err)
	} else if _, err := s.Identity(ctx); err != nil {
		l.t.Errorf("%s: the role's profile: %v", what, err)
	}
	if !strings.Contains(l.read(".aws/config"), "sso_session") {
		return
	}
	env := l.env(l.shell(awsops.KeyPair{}), l.root)
	token, at := env.SignInToken(ctx, "stateroom-111111111111")
	if _, err := env.Sessions.Signed(at, token.Access, "111111111111", "Terraform-admins", "eu-west-1").Identity(ctx); err != nil {
		l.t.Errorf("%s: the AWS CLI: %v", what, err)
	}
}

// endsMove lets the move run to its end, and once more.
func (l *laptop) endsMove(what string) {
	l.t.Helper()
	for run, applies := range []bool{true, false} {
		mark := len(l.server.Log())
		s, err := l.goes(l.moves())
		if err != nil || s.ExitCode(false) != plan.ExitDone {
			l.t.Fatalf("%s: run %d after it: %+v, %v", what, run+1, s, err)
		}
		if !applies && (s.Applied > 0 || len(l.mutations(mark)) > 0) {
			l.t.Errorf("%s: something was left to do: %d, %v", what, s.Applied, l.mutations(mark))
		}
	}
	if have := l.read(".aws/credentials"); have != mixed || strings.Contains(l.read(".aws/config"), "aws_") {
		l.t.Errorf("%s: the credentials are %q", what, have)
	}
	if keys := l.status("alice"); !slices.Equal(keys, []string{"inactive"}) {
		l.t.Errorf("%s: the keys are %v", what, keys)
	}
	l.worksEitherWay(what)
}

// inTheConfigFile lets the key lie in the config file alone.
func (l *laptop) inTheConfigFile() {
	l.t.Helper()
	_, pair, _ := strings.Cut(l.read(".aws/credentials"), "[admin_iam]\r\n")
	l.write(".aws/credentials", mixed)
	_, rest, _ := strings.Cut(l.read(".aws/config"), "[profile admin_iam]\n")
	l.write(".aws/config", "[profile admin_iam]\n"+strings.ReplaceAll(pair, "\r\n", "\n")+rest)
}

// TestAKillAtAnyCallOfAMoveLeavesAWayIn, whichever file the key lies in: either way of signing
// in works that the files name, and the next run ends the move.
func TestAKillAtAnyCallOfAMoveLeavesAWayIn(t *testing.T) {
	t.Parallel()
	stride := int64(stepstest.Stride(t))
	for i, run := range []struct{ after, config bool }{{false, false}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("after %t, in the config file %t", run.after, run.config), func(t *testing.T) {
			t.Parallel()
			kills := int64(0)
			for n, more := 1+int64(i)%stride, true; more && n < 400; n += stride {
				what := fmt.Sprintf("kill at request %d", n)
				t.Run(what, func(t *testing.T) { // whose end closes its server
					l := switching(t)
					if run.config {
						l.inTheConfigFile()
					}
					if more = l.killAmong(everyRequest, l.moves(), n, run.after); !more {
						return
					}
					kills++
					l.worksEitherWay(what)
					l.endsMove(what)
				})
			}
			if kills < 20/stride {
				t.Errorf("only %d kills happened", kills)
			}
			t.Logf("%d kills", kills)
		})
	}
}

// TestAKillAtAnyWriteOfAMoveLeavesAWayIn: to the AWS files, to the token and to the journal.
func TestAKillAtAnyWriteOfAMoveLeavesAWayIn(t *testing.T) {
	t.Parallel()
	stride := stepstest.Stride(t)
	kills := 0
	for n, more := 1, true; more && n < 200; n += stride {
		what := fmt.Sprintf("kill at write %d", n)
		t.Run(what, func(t *testing.T) { // whose end closes its server
			l := switching(t)
			if n%2 == 0 {
				l.inTheConfigFile()
			}
			journal, tokens := l.path(journalDir), l.path(".aws/sso/cache")
			l.mkdir(journal)
			l.mkdir(tokens)
			var p *process
			started := make(chan struct{})
			w := watching(t, n, func() { <-started; p.kill() }, l.path(".aws"), tokens, journal)
			p = l.start(l.moves())
			close(started)
			_ = p.cmd.Wait() // killed, or done
			if more = w.close() >= n; !more {
				return
			}
			kills++
			l.worksEitherWay(what)
			l.endsMove(what)
		})
	}
	if kills < 15/stride {
		t.Errorf("only %d kills happened", kills)
	}
	t.Logf("%d kills", kills)
}
