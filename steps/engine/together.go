package engine

import "golang.org/x/sync/errgroup"

// Together does all of some work and waits for its end, at most limit of it at a time; 0 is
// no limit. Work keeps what went wrong with it itself.
func Together(limit int, work ...func()) {
	var g errgroup.Group
	if limit > 0 {
		g.SetLimit(limit)
	}
	for _, do := range work {
		g.Go(func() error {
			do()
			return nil
		})
	}
	_ = g.Wait() // the functions return nil
}

// AtOnce does all of the work at once, and gives the error of the first that failed in the
// order in which it stands: none of it stops the rest, which takes away what it has made.
func AtOnce(work ...func() error) error {
	failed, guarded := make([]error, len(work)), make([]func(), len(work))
	for i, do := range work {
		guarded[i] = func() { failed[i] = Guarded(do) }
	}
	Together(0, guarded...)
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
