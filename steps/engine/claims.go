package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
)

// claims are what a run holds while it makes changes: its clone, whose files and
// projects they touch, and the account and bucket, whose journal says what is
// left over from a killed run, so that no other run takes this one for dead. A
// look takes none and can always be had.
type claims struct {
	paths []string
	seen  []files.ClaimMark
	held  []*files.Claim
}

// claimPaths are always taken in this order. An Env without a state directory
// keeps nothing.
func (e *Env) claimPaths(a *blueprint.Answers) []string {
	if e.StateDir == "" {
		return nil
	}
	clone := filepath.Base(files.RealPath(e.Root())) + "-" + PlaceID(e.Root())
	_, scope := a.Tag()
	return []string{filepath.Join(e.StateDir, "clones", clone+".lock"), filepath.Join(ScopeDir(e.StateDir, scope), "run.lock")}
}

// mark notes who made changes last, before a look: what somebody changes after it
// is not in the plan. What this run holds itself nobody else changes.
func (e *Env) mark(a *blueprint.Answers) error {
	if len(e.claims.held) > 0 {
		return nil
	}
	e.claims.paths, e.claims.seen = e.claimPaths(a), nil
	for _, path := range e.claims.paths {
		seen, err := files.PeekClaim(path)
		if err != nil {
			return err
		}
		e.claims.seen = append(e.claims.seen, seen)
	}
	if e.Journal == nil {
		return nil
	}
	return e.Journal.reload() // what somebody finished meanwhile is not to be undone
}

// claim keeps every other run from making changes here until release. It is an
// error when one is at it, or was since the look.
func (e *Env) claim(ctx context.Context) (release func(), err error) {
	release = func() { // more than once is no harm
		for _, c := range e.claims.held {
			c.Release()
		}
		e.claims.held = nil
	}
	for i, path := range e.claims.paths {
		c, own, err := files.TakeClaim(ctx, path, files.RealPath(e.Root()), e.claims.seen[i])
		if err != nil {
			release()
			return release, err
		}
		e.claims.held, e.claims.seen[i] = append(e.claims.held, c), own
	}
	return release, nil
}

// PlaceID tells one directory of this laptop from every other, by its real path.
func PlaceID(dir string) string {
	sum := sha256.Sum256([]byte(files.RealPath(dir)))
	return hex.EncodeToString(sum[:6])
}
