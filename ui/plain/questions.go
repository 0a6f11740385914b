package plain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// Inquiry begins to ask what a flow has to know; given is what the flags have answered.
func (p *Prompt) Inquiry(given plan.Given) *Inquiry {
	return &Inquiry{Prompt: p, given: given, asked: map[string]plan.Question{}, typed: map[string]string{}}
}

// Flow asks what is still to be asked, page by page, and gives the flow. An answer that
// cannot be is asked for again; one of a flag is an error if it cannot be. The error is
// [ErrBack] where somebody goes back from the first question, if that leads anywhere.
func (i *Inquiry) Flow(ctx context.Context, open engine.Open) (*engine.Flow, error) {
	asks := plan.Asks{
		Code:   func(s plan.SignIn) (string, error) { return i.signIn(ctx, s) },
		SignIn: i.signIn,
		Enrol:  i.enrol,
		Visit:  i.visit,
	}
	for {
		opened, err := open(ctx, i.given, asks)
		var problem *plan.Problem
		if errors.As(err, &problem) {
			again, there := i.asked[problem.Path]
			if !there {
				return nil, err
			}
			i.print("%s", wrapped(problem.Text, 4))
			opened.Questions, err = []plan.Question{again}, nil
		}
		if err != nil || opened.Flow != nil {
			return opened.Flow, err
		}
		if len(i.asked) == 0 {
			i.print("Enter takes the answer in brackets, < goes back, q leaves, ? explains the question.\n")
		}
		i.pages = append(i.pages, page{opened.Stage, opened.Questions})
		if err := i.ask(ctx); err != nil {
			return nil, err
		}
	}
}

// Inquiry is the questions of a run so far, with their answers.
type Inquiry struct {
	*Prompt
	given plan.Given
	// pages are the questions in the order in which they were asked; asked are all of
	// them by their path, and typed the answers that somebody went back over, which
	// are suggested again.
	pages  []page
	asked  map[string]plan.Question
	typed  map[string]string
	headed string
}

// page are questions that are asked together, and the stage whose they are, which may
// be nil.
type page struct {
	stage     *plan.Stage
	questions []plan.Question
}

// ask asks the questions of the last page. Whoever goes back from its first comes to
// the last of the page before, whose answers are then given anew, and from the very first
// to the menu, or out.
func (i *Inquiry) ask(ctx context.Context) error {
	i.heading()
	for at := 0; at < len(i.last().questions); {
		q := i.last().questions[at]
		i.asked[q.Path] = q
		if typed, there := i.typed[q.Path]; there {
			q.Default = typed
		}
		answer, err := i.answer(ctx, q)
		switch {
		case err == nil:
			i.given[q.Path] = answer
			at++
			continue
		case !errors.Is(err, ErrBack):
			return err
		case at > 0:
			at--
		case len(i.pages) > 1:
			i.pages = i.pages[:len(i.pages)-1]
			at = len(i.last().questions) - 1
			i.heading()
		case i.Menu:
			return ErrBack
		default:
			if err := i.first(ctx); err != nil {
				return err
			}
			continue
		}
		i.forget(i.last().questions[at])
	}
	return nil
}

// first is told whoever goes back from the first question, and may leave there.
func (i *Inquiry) first(ctx context.Context) error {
	if !i.Sits {
		i.print("    This is the first question.\n")
		return nil
	}
	answer, err := i.Line(ctx, "    This is the first question. Leave? Only 'yes' leaves: ")
	if err == nil && answer == "yes" {
		err = ErrLeft
	}
	return err
}

func (i *Inquiry) last() page { return i.pages[len(i.pages)-1] }

// heading says which stage the last page belongs to, where that is another than before.
// One that comes before all of them has no number.
func (i *Inquiry) heading() {
	s := i.last().stage
	if s == nil || s.Title == i.headed {
		return
	}
	i.headed = s.Title
	title := s.Title
	if s.Number > 0 {
		title = fmt.Sprintf("%d %s", s.Number, s.Title)
	}
	i.print("\n%s\n%s\n", title, wrapped(s.Why, 2))
}

// GoOn gives the answer with which a run goes on in spite of a refusal.
func (i *Inquiry) GoOn(a plan.Anyway) { i.given[a.Path] = secret.New(a.Value) }

// forget takes an answer back, which is suggested when it is asked for again, unless it
// is a secret.
func (i *Inquiry) forget(q plan.Question) {
	if q.Kind != plan.Secret && q.Hide == nil {
		i.typed[q.Path] = i.given.Text(q.Path)
	}
	delete(i.given, q.Path)
}

// answer asks one question of an inquiry until its answer is good, or is ErrBack or
// ErrLeft.
func (p *Prompt) answer(ctx context.Context, q plan.Question) (secret.Secret, error) {
	p.options(q)
	for {
		line, err := p.typed(ctx, q)
		if err != nil {
			return secret.Secret{}, err
		}
		switch line {
		case "?":
			p.print("%s", wrapped(help(q), 4))
			continue
		case "<":
			return secret.Secret{}, ErrBack
		case "q":
			return secret.Secret{}, ErrLeft
		}
		value, err := read(q, line)
		if err == nil {
			err = q.Judge(value)
		}
		if err != nil {
			p.print("%s", wrapped(err.Error(), 4))
			continue
		}
		if q.Echo {
			p.print("    %s: %s\n", q.Path, value)
		}
		return secret.New(value), nil
	}
}

// options lists the numbered choices of a question.
func (p *Prompt) options(q plan.Question) {
	for i, option := range q.Options {
		if means := q.Means[option]; means != "" {
			option += ": " + means
		}
		p.print("    %d %s", i+1, strings.TrimLeft(wrapped(option, 6), " "))
	}
}

func prompt(q plan.Question) string {
	fallback := words.Default(q)
	if fallback == "" {
		return "  " + q.Prompt + ": "
	}
	return fmt.Sprintf("  %s [%s]: ", q.Prompt, fallback)
}

func help(q plan.Question) string {
	if q.Flag == "" {
		return q.Help
	}
	return strings.TrimSpace(q.Help + " Without a terminal: " + q.Flag)
}

// typed reads an answer as its question wants it: hidden, of several lines, or
// as one.
func (p *Prompt) typed(ctx context.Context, q plan.Question) (string, error) {
	switch q.Kind {
	case plan.Secret:
		return p.Hidden(ctx, prompt(q))
	case plan.Lines:
		p.print("  %s, then a line with a single dot:\n", q.Prompt)
		var lines []string
		for {
			line, err := p.Line(ctx, "")
			if len(lines) == 0 && (line == "<" || line == "?" || line == "q") {
				return line, err
			}
			if line == "." || (errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrLeft)) && len(lines) > 0 {
				return strings.Join(lines, "\n"), nil
			}
			if err != nil {
				return "", err
			}
			lines = append(lines, line)
		}
	case plan.Text, plan.Choice, plan.Choices, plan.Confirm:
	}
	return p.Line(ctx, prompt(q))
}

// read turns a typed line into the value that --set takes.
func read(q plan.Question, line string) (string, error) {
	switch {
	case line == "":
		return q.Default, nil
	case q.Kind == plan.Confirm:
		return readYesNo(line)
	case len(q.Options) > 0:
		return readChoices(q, line)
	}
	return line, nil
}

func readYesNo(line string) (string, error) {
	switch strings.ToLower(line) {
	case "y", "yes", "true":
		return "true", nil
	case "n", "no", "false":
		return "false", nil
	}
	return "", fmt.Errorf("%q is neither yes nor no", line)
}

// readChoices takes options by number or by name, several of them separated by
// commas where the question allows it.
func readChoices(q plan.Question, line string) (string, error) {
	parts := []string{line}
	if q.Kind == plan.Choices {
		parts = strings.Split(line, ",")
	}
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if n, err := strconv.Atoi(part); err == nil && n >= 1 && n <= len(q.Options) {
			part = q.Options[n-1]
		}
		if !slices.Contains(q.Options, part) {
			return "", fmt.Errorf("%q is not one of %s", part, strings.Join(q.Options, ", "))
		}
		parts[i] = part
	}
	return strings.Join(parts, ","), nil
}
