package practice

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"stateroom/steps/files"
	"stateroom/ui/learn"
)

// progressFile lies in the user's own state directory.
const progressFile = "practice.json"

// maxProgress bounds the file: it has a line for each fault.
const maxProgress = 1 << 16

// LoadProgress reads it from the state directory. Where nothing was kept, or nothing that
// can be read, it begins anew.
func LoadProgress(ctx context.Context, stateDir string) learn.Progress {
	p := learn.Progress{}
	text, err := files.LoadOwn(ctx, filepath.Join(stateDir, progressFile), files.Limit{Bytes: maxProgress})
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		p = learn.Progress{}
	}
	if p.Points == nil {
		p.Points = map[string]int{}
	}
	return p
}

// SaveProgress keeps it in the state directory.
func SaveProgress(ctx context.Context, stateDir string, p learn.Progress) error {
	text, err := json.Marshal(p)
	if err == nil {
		err = files.PutOwn(ctx, filepath.Join(stateDir, progressFile), text)
	}
	if err != nil {
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	return nil
}
