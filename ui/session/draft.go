package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// draft is what somebody has answered in a run that has not come to its end. It lies in
// the user's own state directory and holds no secret.
type draft struct {
	Version int       `json:"version"`
	Saved   time.Time `json:"saved"`
	// Mode and Blueprint, the path, are for whoever finds the file; Of is the run that it
	// is of, see [session.draftOf], and Hash is the blueprint's, empty where there was none.
	Mode      string        `json:"mode"`
	Blueprint string        `json:"blueprint"`
	Of        string        `json:"of"`
	Hash      string        `json:"hash"`
	Answers   []draftAnswer `json:"answers"`
}

// draftAnswer is the answer to a question, or what was typed of it (Open).
type draftAnswer struct {
	Question string `json:"question"`
	// Name is what the answer is called, for whoever is asked whether it is to be used.
	Name   string `json:"name,omitempty"`
	Answer string `json:"answer"`
	Open   bool   `json:"open,omitempty"`
}

const (
	// draftVersion is the newest that is understood.
	draftVersion = 1
	// maxDraft bounds the file: a thousand environments have room in it.
	maxDraft = 1 << 18
)

// draftOf is an empty draft of this session's run: of one mode over one blueprint, in one
// folder, by one profile, at one endpoint.
func (s *session) draftOf() (draft, error) {
	dir, dirErr := filepath.Abs(s.Dir)
	path, err := filepath.Abs(s.Blueprint)
	if err := errors.Join(dirErr, err); err != nil {
		return draft{}, fmt.Errorf("the current folder: %w", err)
	}
	of := hashed([]byte(strings.Join([]string{s.Name, path, dir, cmp.Or(s.Profile, s.process.Get("AWS_PROFILE"), s.process.Get("AWS_DEFAULT_PROFILE")), s.Endpoint}, "\x00")))
	return draft{Version: draftVersion, Mode: s.Name, Blueprint: path, Of: of}, nil
}

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// keepsDraft tells whether answers are kept and offered again: where a person is asked,
// for real.
func (s *session) keepsDraft() bool {
	return s.ask && !s.yes && !s.Sandbox && !s.NoChecks && s.sits()
}

// drafts opens what is kept of this session's run; nil where nothing is. What lies there
// and cannot be used is told in a sentence.
func (s *session) drafts(ctx context.Context) *drafts {
	if !s.keepsDraft() {
		return nil
	}
	now, err := s.draftOf()
	if err != nil {
		return nil // the run says so
	}
	dir, err := files.StateDir(s.process.Get)
	if err == nil {
		err = errors.Join(files.KeepOutside(dir, filepath.Dir(now.Blueprint), s.Dir), files.Keepable(dir))
	}
	var hashErr error
	now.Hash, hashErr = blueprintHash(ctx, now.Blueprint)
	if err != nil || hashErr != nil {
		return nil // as above
	}
	d := &drafts{
		path: filepath.Join(dir, "drafts", now.Mode+"-"+now.Of[:16]+".json"), reads: s.DryRun, now: now,
		questions: map[string]plan.Question{}, dropped: map[string]bool{},
		flagged: func(path string) bool { return s.given(path) || path == "me" && s.Me != "" },
	}
	d.load(ctx)
	return d
}

// blueprintHash is that of the blueprint; empty where there is none.
func blueprintHash(ctx context.Context, path string) (string, error) {
	text, err := files.Load(ctx, path, files.Limit{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	return hashed(text), nil
}

// load reads what is there. Only a draft of this very run over this very blueprint is
// taken; whatever else lies there is told, and stays until it is written over.
func (d *drafts) load(ctx context.Context) {
	text, err := files.LoadOwn(ctx, d.path, files.Limit{Bytes: maxDraft})
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var found draft
	refused := "The answers kept from before were not used: "
	switch {
	case err != nil:
		d.notice = refused + err.Error() + "."
	case json.Unmarshal(text, &found) != nil || found.Version < 1:
		d.notice = refused + d.path + " is damaged."
	case found.Version > draftVersion:
		d.notice = refused + d.path + " was written by a newer stateroom."
	case found.Of != d.now.Of:
		d.notice = refused + d.path + " is of another folder."
	case found.Hash != d.now.Hash:
		d.notice = fmt.Sprintf("The answers of %s were not used: %s has changed since then.", clock(found.Saved), filepath.Base(d.now.Blueprint))
	case len(found.Answers) > 0:
		d.earlier, d.now.Answers = &found, found.Answers
		d.saved.Store(true)
	}
}

// clock is a time as people say it: of today the time alone.
func clock(at time.Time) string {
	at, now := at.Local(), time.Now()
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04")
	}
	return at.Format("2 January, 15:04")
}

// save writes the answers to the disk, where there are others than before.
func (d *drafts) save(ctx context.Context, answers []draftAnswer) {
	if d.reads || d.saved.Load() && slices.Equal(d.now.Answers, answers) {
		return
	}
	d.now.Answers, d.now.Saved = answers, time.Now().UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(d.now, "", "  ")
	if err == nil && len(text) >= maxDraft {
		err = errors.New("too long to be read again")
	}
	if err == nil { // an interrupt must not keep what it interrupts from being kept
		err = files.PutOwn(context.WithoutCancel(ctx), d.path, append(text, '\n'))
	}
	d.wrote = d.wrote || err == nil
	d.saved.Store(err == nil) // whoever leaves is told whether they are kept
}

// forget takes the draft away: the run has come to its end.
func (d *drafts) forget() {
	d.saved.Store(false)
	_ = os.Remove(d.path) // what stays is offered once more
}

// summarized are the first few of some answers.
func summarized(answers []draftAnswer) string {
	const most = 3
	var parts []string
	for _, a := range answers[:min(most, len(answers))] {
		parts = append(parts, cmp.Or(a.Name, a.Question)+": "+abridged(strings.ReplaceAll(a.Answer, "\n", " ")))
	}
	if more := len(answers) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, "; ")
}

// abridged is an answer of one line: of a long list the first few, and how many more.
func abridged(answer string) string {
	const longest = 40
	if len([]rune(answer)) <= longest {
		return answer
	}
	first, rest := "", strings.Split(answer, ",")
	for first == "" || len(rest) > 0 && len([]rune(first+", "+strings.TrimSpace(rest[0]))) <= longest {
		first, rest = strings.TrimPrefix(first+", "+strings.TrimSpace(rest[0]), ", "), rest[1:]
	}
	if short := []rune(first); len(short) > longest {
		first = string(short[:longest-1]) + "…"
	}
	if len(rest) == 0 {
		return first
	}
	return fmt.Sprintf("%s and %d more", first, len(rest))
}
