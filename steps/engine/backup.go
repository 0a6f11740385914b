package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/terraform"
)

// BackupsDir holds the backups of the states of one account and bucket.
func BackupsDir(env *Env, a *blueprint.Answers) string {
	_, scope := a.Tag()
	return filepath.Join(ScopeDir(env.StateDir, scope), "backup")
}

// backUp writes the states into a directory that takes its name only when all
// of them are in it, so that a killed backup never counts as one.
func backUp(ctx context.Context, engine *terraform.Engine, p terraform.Project, dir string) error {
	return inScratch(ctx, filepath.Dir(dir), func(scratch string) error {
		part := filepath.Join(scratch, "states")
		if _, err := terraform.BackUp(ctx, engine, p, part); err != nil {
			return err
		}
		if err := os.Rename(part, dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("back up the state of %s: %w", p.Dir, err)
		}
		return nil
	})
}

// unfinished is the directory among the backups with the notes of the copies of
// states that are being made.
const unfinished = "unfinished"

// inScratch does what copies states in a directory of its own among the backups.
// The copies hold secrets: nothing stays when it ends, and what a kill left goes
// with the next run.
func inScratch(ctx context.Context, backups string, work func(dir string) error) error {
	if err := forgetCopies(ctx, backups); err != nil {
		return err
	}
	note, err := files.TakeNote(filepath.Join(backups, unfinished), rand.Text(), nil)
	if err != nil {
		return fmt.Errorf("make room for a backup: %w", err)
	}
	return errors.Join(work(note.Scratch()), note.Done())
}

// forgetCopies removes from a directory of backups the copies at which a run was
// killed. Those that somebody is at work on stay.
func forgetCopies(ctx context.Context, backups string) error {
	killed, _, err := files.Notes(ctx, filepath.Join(backups, unfinished))
	for _, note := range killed {
		err = errors.Join(err, note.Done())
	}
	return err
}
