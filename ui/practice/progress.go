package practice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"stateroom/steps/files"
)

// Progress is what somebody has learned so far. It holds no secret.
type Progress struct {
	// Points are the most that were won with a fault, by its name. Who solved it has
	// won at least none, and a fault that nobody solved is not in it.
	Points map[string]int `json:"points"`
	// Surprises are how many faults were solved without being named before, and Won the
	// points of all of these.
	Surprises int `json:"surprises"`
	Won       int `json:"won"`
}

// MostPoints are won with a fault by whoever needs no help.
const MostPoints = 3

// progressFile lies in the user's own state directory.
const progressFile = "practice.json"

// maxProgress bounds the file: it has a line for each fault.
const maxProgress = 1 << 16

// LoadProgress reads it from the state directory. Where nothing was kept, or nothing that
// can be read, it begins anew.
func LoadProgress(ctx context.Context, stateDir string) Progress {
	p := Progress{}
	text, err := files.Load(ctx, filepath.Join(stateDir, progressFile), files.Limit{Bytes: maxProgress})
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		p = Progress{}
	}
	if p.Points == nil {
		p.Points = map[string]int{}
	}
	return p
}

// Learn books a fault that was solved.
func (p *Progress) Learn(fault string, points int, surprise bool) {
	if best, solved := p.Points[fault]; !solved || points > best {
		p.Points[fault] = points
	}
	if surprise {
		p.Surprises, p.Won = p.Surprises+1, p.Won+points
	}
}

// Save keeps it in the state directory (0600), in one step: whoever reads it meanwhile
// reads the old one.
func (p *Progress) Save(stateDir string) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("the progress: %w", err)
	}
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	f, err := os.CreateTemp(stateDir, progressFile+".*") // 0600
	if err != nil {
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(stateDir, progressFile))
	}
	if err != nil {
		if gone := os.Remove(f.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	return nil
}
