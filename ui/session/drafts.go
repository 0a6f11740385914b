package session

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// drafts keeps the answers of one run, and offers those of a run before. A run without
// them has nil.
type drafts struct {
	path string
	// reads says that nothing is written: in a dry run.
	reads bool
	// notice says why what lies there is not used; empty where there is nothing to say.
	notice string
	// flagged tells whether the command line has answered a question.
	flagged func(path string) bool

	// mu: a run that was cancelled may still be opening while the next one does.
	mu sync.Mutex
	// earlier are the answers of a run before, of which dropped turned out to be none; nil
	// where there are none to offer.
	earlier *draft
	dropped map[string]bool
	// now is the draft of this run, which saved says is on the disk; wrote says that this
	// run has put it there.
	now   draft
	saved atomic.Bool
	wrote bool
	// order are the paths of the questions whose answers may be kept, and questions they
	// themselves, as they were asked last.
	order     []string
	questions map[string]plan.Question
}

// pathDraft is the question whether the answers of a run before are used.
const pathDraft = "draft"

// What can be done with them.
const (
	goOn      = "Go on with them"
	askAgain  = "Go through them again"
	startOver = "Start over"
)

// over is an opener that offers the answers of a run before, and keeps those of this
// one: whatever is given to it is on the disk before anything else happens.
func (d *drafts) over(open engine.Open) engine.Open {
	if d == nil {
		return open
	}
	return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		own, way := d.put(ctx, given, nil), given.Text(pathDraft)
		opened, err := d.opened(ctx, open, own, asks, way)
		if err == nil && !given.Asked(pathDraft) && d.offers(opened, own) {
			return engine.Opened{Questions: []plan.Question{d.offer()}, Stage: before, Who: opened.Who}, nil
		}
		return opened, err
	}
}

// opened answers what is asked with the answers of the run before, as far as that is
// wanted. Each is judged like one that is typed: what cannot be is asked for.
func (d *drafts) opened(ctx context.Context, open engine.Open, own plan.Given, asks plan.Asks, way string) (engine.Opened, error) {
	given := maps.Clone(own)
	for {
		opened, err := open(ctx, given, asks)
		var problem *plan.Problem
		if errors.As(err, &problem) && given.Asked(problem.Path) && !own.Asked(problem.Path) {
			d.drop(problem.Path)
			given = maps.Clone(own)
			continue
		}
		if err != nil || !d.answer(given, opened, way) {
			return opened, err
		}
	}
}

// drop leaves out an answer of the run before that turned out to be none.
func (d *drafts) drop(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropped[path] = true
}

// answer notes what is asked, and gives or suggests what the run before has answered. It
// tells whether anything was given.
func (d *drafts) answer(given plan.Given, opened engine.Opened, way string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(opened)
	if way == goOn && d.fill(given, opened) {
		return true
	}
	if way == goOn || way == askAgain {
		d.suggest(opened.Questions)
	}
	return false
}

// pagesOf are the questions that something opened has: those that come next, or those of
// all its stages, which can be answered otherwise from the review.
func pagesOf(opened engine.Opened) [][]plan.Question {
	if opened.Flow == nil {
		return [][]plan.Question{opened.Questions}
	}
	var pages [][]plan.Question
	if opened.Flow.Outline != nil {
		for _, stage := range opened.Flow.Outline().Stages {
			pages = append(pages, stage.Questions)
		}
	}
	return pages
}

// note notes which answers may be kept: none of a page that asks for a secret, since the
// others name what it opens.
func (d *drafts) note(opened engine.Opened) {
	for _, page := range pagesOf(opened) {
		if slices.ContainsFunc(page, func(q plan.Question) bool { return q.Kind == plan.Secret || q.Hide != nil }) {
			continue
		}
		for _, q := range page {
			if !keeps(q) {
				continue
			}
			if !slices.Contains(d.order, q.Path) {
				d.order = append(d.order, q.Path)
			}
			d.questions[q.Path] = q
		}
	}
}

// isChoice tells a question that is answered by one of its own options.
func isChoice(q plan.Question) bool { return len(q.Options) > 0 || q.Kind == plan.Confirm }

// keeps tells whether the answer to a question may lie on the disk: one of its own options,
// or what the question itself says may.
func keeps(q plan.Question) bool {
	return q.Kind != plan.Secret && q.Kind != plan.Lines && q.Hide == nil && (isChoice(q) || q.Keep)
}

// isOption tells whether an answer to a choice is made of its options.
func isOption(q plan.Question, answer string) bool {
	options := []string{answer}
	switch q.Kind {
	case plan.Confirm:
		return answer == "true" || answer == "false"
	case plan.Choices:
		options = strings.Split(answer, ",")
	case plan.Text, plan.Secret, plan.Lines, plan.Choice:
	}
	return !slices.ContainsFunc(options, func(option string) bool { return !slices.Contains(q.Options, option) })
}

// longWord finds in an answer what is too long, and too mixed, to be somebody's name for
// something: a part of a key, of a certificate or of a token. It is the second net, for
// an answer of the right form to a question whose answer may be kept.
var longWord = regexp.MustCompile(`[A-Za-z0-9+/_=-]{20,}`)

// mayKeep tells whether an answer may lie on the disk: it is one of the options, or passes
// for what its question wants and holds nothing that could be a part of a secret.
func mayKeep(q plan.Question, answer string) bool {
	if isChoice(q) {
		return isOption(q, answer)
	}
	mixed := slices.ContainsFunc(longWord.FindAllString(answer, -1), func(word string) bool {
		return strings.ContainsAny(word, "0123456789") && strings.ToLower(word) != word && strings.ToUpper(word) != word
	})
	return !mixed && diagnosis.Redact(answer) == answer && q.Judge(answer) == nil
}

// answered is the answer of the run before to a question, if it is one.
func (d *drafts) answered(q plan.Question) (answer draftAnswer, fits bool) {
	if d.earlier == nil || d.dropped[q.Path] || d.flagged(q.Path) || !keeps(q) {
		return draftAnswer{}, false
	}
	i := slices.IndexFunc(d.earlier.Answers, func(a draftAnswer) bool { return a.Question == q.Path })
	if i < 0 {
		return draftAnswer{}, false
	}
	answer = d.earlier.Answers[i]
	return answer, (!isChoice(q) || isOption(q, answer.Answer)) && q.Judge(answer.Answer) == nil
}

// fill gives the answers of the run before to a page whose every question has one, or to
// those of the stages that were answered then. It tells whether anything was given.
func (d *drafts) fill(given plan.Given, opened engine.Opened) bool {
	filled := false
	for _, page := range pagesOf(opened) {
		values := map[string]string{}
		for _, q := range page {
			if answer, fits := d.answered(q); fits && !answer.Open && !given.Asked(q.Path) {
				values[q.Path] = answer.Answer
			}
		}
		if opened.Flow == nil && len(values) < len(page) {
			return false
		}
		for path, value := range values {
			given[path], filled = secret.New(value), true
		}
	}
	return filled
}

// suggest puts the answers of the run before into questions.
func (d *drafts) suggest(questions []plan.Question) {
	for i := range questions {
		if answer, fits := d.answered(questions[i]); fits {
			questions[i].Default = answer.Answer
		}
	}
}

// offers tells whether something opened has a use for an answer of the run before.
func (d *drafts) offers(opened engine.Opened, own plan.Given) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, page := range pagesOf(opened) {
		for _, q := range page {
			if _, fits := d.answered(q); fits && !own.Asked(q.Path) {
				return true
			}
		}
	}
	return false
}

// before heads the question whether they are used: it comes before every stage.
var before = &plan.Stage{
	Title: "Answers from before", Why: "A run in this folder was left before it had come to its end. Its answers were kept on this computer, without secrets.",
}

// offer asks whether the answers of the run before are to be used.
func (d *drafts) offer() plan.Question {
	at := clock(d.earlier.Saved)
	return plan.Question{
		Path: pathDraft, Prompt: "Go on with the answers of " + at + "?", Kind: plan.Choice, Required: true,
		Options: []string{goOn, askAgain, startOver}, Default: goOn,
		Means: map[string]string{
			goOn:      summarized(d.earlier.Answers) + ". What is missing is asked.",
			askAgain:  "Every question, with the answer of " + at + " in it.",
			startOver: "Every question, as if nothing had been answered.",
		},
		Help: "Nothing is changed before you have confirmed it.",
	}
}

// put keeps what was given so far, and what is typed on a page that was not answered to
// its end. It gives the answers without the one about the draft.
func (d *drafts) put(ctx context.Context, given plan.Given, typed map[string]string) plan.Given {
	d.mu.Lock()
	defer d.mu.Unlock()
	own := maps.Clone(given)
	delete(own, pathDraft)
	all := d.answers(own, typed)
	if before := d.earlier; before != nil && given.Text(pathDraft) != startOver {
		for _, a := range before.Answers {
			if !d.dropped[a.Question] && !slices.ContainsFunc(all, func(b draftAnswer) bool { return a.Question == b.Question }) {
				all = append(all, a)
			}
		}
		d.save(ctx, all)
	} else if slices.ContainsFunc(all, func(a draftAnswer) bool { return !isChoice(d.questions[a.Question]) }) {
		d.save(ctx, all) // what only took a choice is chosen again as quickly
	} else if before != nil && !d.wrote {
		d.saved.Store(false) // what lies there is not what this run has answered
	}
	return own
}

// answers are those of this run that may be kept.
func (d *drafts) answers(given plan.Given, typed map[string]string) []draftAnswer {
	var all []draftAnswer
	for _, path := range d.order {
		value, open := typed[path]
		if given.Asked(path) {
			value, open = given.Text(path), false
		} else if !open {
			continue
		}
		if mayKeep(d.questions[path], value) {
			all = append(all, draftAnswer{path, d.questions[path].Called(), value, open})
		}
	}
	return all
}

// left keeps what was given and typed until a run was left that has ended like this; nil
// is one that made nothing. It tells whether the answers are on the disk for the next run.
// Those of a run that came to its end are forgotten, and so are those whose blueprint the
// run has written, which holds them now.
func (d *drafts) left(ctx context.Context, given plan.Given, typed map[string]string, s *plan.Summary) bool {
	ctx = context.WithoutCancel(ctx)
	hash, err := blueprintHash(ctx, d.now.Blueprint)
	over := s != nil && (s.Finished() || s.Applied > 0 && err == nil && hash != d.now.Hash)
	if !over {
		d.put(ctx, given, typed)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if over && !d.reads {
		d.forget()
	}
	return d.isKept()
}

// isKept tells whether the answers of this run are on the disk, for the next one.
func (d *drafts) isKept() bool { return d != nil && d.saved.Load() && !d.reads }
