package practice

import (
	"context"
	"encoding/json"
	"fmt"
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
	text, err := files.LoadOwn(ctx, filepath.Join(stateDir, progressFile), files.Limit{Bytes: maxProgress})
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

// Save keeps it in the state directory.
func (p *Progress) Save(ctx context.Context, stateDir string) error {
	text, err := json.Marshal(p)
	if err == nil {
		err = files.PutOwn(ctx, filepath.Join(stateDir, progressFile), text)
	}
	if err != nil {
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	return nil
}
