package awsops

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"stateroom/awsops/secret"
)

// firstInterval is the wait after the first probe. It is short because what
// answers may be the sandbox, where things hold at once, and doubles from
// there.
const firstInterval = 25 * time.Millisecond

// ErrTimeout says that a wait ran out; the last probe's error is wrapped with
// it.
var ErrTimeout = errors.New("gave up waiting")

// Poll calls probe at once and then again at intervals that double, with
// jitter, from 25 ms to at most interval, until probe says it is done, fails
// or is not done though timeout had passed when it began: one that takes long,
// since it waits itself or the machine slept, has seen what was there before.
func Poll(ctx context.Context, timeout, interval time.Duration, probe func(context.Context) (done bool, err error)) error {
	begun := time.Now()
	for pause := firstInterval; ; pause = min(2*pause, interval) {
		last := time.Since(begun) >= timeout
		done, err := probe(ctx)
		switch {
		case err != nil || done:
			return err
		case last:
			return fmt.Errorf("%w after %s", ErrTimeout, timeout)
		}
		next := time.NewTimer(min(pause/2+rand.N(pause), timeout-time.Since(begun))) //nolint:gosec // jitter is no secret
		select {
		case <-ctx.Done():
			next.Stop()
			return ctx.Err() //nolint:wrapcheck // the caller's own cancellation
		case <-next.C:
		}
	}
}

// pollWhile polls while probe fails in a way that time may heal, and returns
// the last such failure when time runs out.
func pollWhile(ctx context.Context, timeout, interval time.Duration, heals func(error) bool, probe func(context.Context) (bool, error)) error {
	var last error
	err := Poll(ctx, timeout, interval, func(ctx context.Context) (bool, error) {
		done, err := probe(ctx)
		last = err
		if err != nil && heals(err) {
			return false, nil
		}
		return done, err
	})
	switch {
	case !errors.Is(err, ErrTimeout) || last == nil:
		return err
	case timeout == 0: // asked once, and not waited for
		return last
	}
	return fmt.Errorf("%w: %w", err, last)
}

const (
	tableWait = 5 * time.Minute // seconds are usual
	slowest   = 3 * time.Second // between two probes
)

// WaitKeyUsable waits until a new access key's session is known to AWS. Other
// services may follow seconds later. A patience of 0 asks once.
func (s *Session) WaitKeyUsable(ctx context.Context, patience time.Duration) (Identity, error) {
	var id Identity
	err := pollWhile(ctx, patience, slowest, IsUnknownKey, func(ctx context.Context) (bool, error) {
		var err error
		id, err = s.Identity(ctx)
		return err == nil, err
	})
	return id, err
}

// WaitAssumable waits until the session's identity can assume a role twice in a
// row: a role that IAM shows may still be unknown to parts of STS. It returns
// a session with the role's credentials. A patience of 0 asks once, for a role
// that is not new.
func (s *Session) WaitAssumable(ctx context.Context, roleARN string, patience time.Duration) (*Session, error) {
	if patience == 0 {
		return s.Assume(ctx, roleARN)
	}
	var assumed *Session
	successes := 0
	heals := func(err error) bool { return IsAccessDenied(err) && !IsExplicitDeny(err) || IsUnknownKey(err) }
	err := pollWhile(ctx, patience, slowest, heals, func(ctx context.Context) (bool, error) {
		var err error
		if assumed, err = s.Assume(ctx, roleARN); err != nil {
			successes = 0
			return false, err
		}
		successes++
		return successes >= 2, nil
	})
	return assumed, err
}

// WaitAssumableByToken waits until a token opens a role, whose trust or provider may be
// unknown to parts of STS yet. A patience of 0 asks once.
func (s *Session) WaitAssumableByToken(ctx context.Context, roleARN string, token secret.Secret, patience time.Duration) (*Session, error) {
	if patience == 0 {
		return s.AssumeByToken(ctx, roleARN, token)
	}
	var assumed *Session
	heals := func(err error) bool { return IsAccessDenied(err) || HasCode(err, "InvalidIdentityToken") }
	err := pollWhile(ctx, patience, slowest, heals, func(ctx context.Context) (bool, error) {
		var err error
		assumed, err = s.AssumeByToken(ctx, roleARN, token)
		return err == nil, err
	})
	return assumed, err
}

// WaitTableActive waits until a table is ACTIVE.
func (s *Session) WaitTableActive(ctx context.Context, name string) error {
	return Poll(ctx, tableWait, slowest, func(ctx context.Context) (bool, error) {
		table, err := s.DescribeTable(ctx, name)
		return table != nil && table.Status == string(types.TableStatusActive), err
	})
}
