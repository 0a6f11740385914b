package plain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// Ask asks the steps' questions and puts the answers into the blueprint. With
// all, every question is asked, Enter taking its default; otherwise only what
// is missing. Paths for which given is true have been answered by a flag.
func (p *Prompt) Ask(ctx context.Context, a *blueprint.Answers, all bool, given func(path string) bool) error {
	p.print("Enter takes the answer in brackets, ? explains the question.\n")
	for _, step := range steps.All() {
		said := false
		for _, q := range step.Ask(a) {
			if given(q.Path) || !all && !isMissing(a, q.Path) {
				continue
			}
			if !said {
				p.print("\n%d %s\n%s\n", step.Number, step.Title, wrapped(step.Why, 2))
				said = true
			}
			if err := p.ask(ctx, a, q); err != nil {
				return err
			}
		}
	}
	return p.askRest(ctx, a)
}

// askRest asks for what no step's question covers, such as the account of an
// environment that the blueprint names without one.
func (p *Prompt) askRest(ctx context.Context, a *blueprint.Answers) error {
	a.FillDefaults()
	for missing := a.Missing(); len(missing) > 0; missing = a.Missing() {
		if err := p.ask(ctx, a, plan.Question{Path: missing[0], Prompt: missing[0], Kind: plan.Text, Required: true}); err != nil {
			return err
		}
	}
	return nil
}

func isMissing(a *blueprint.Answers, path string) bool {
	return slices.ContainsFunc(a.Missing(), func(m string) bool {
		return m == path || strings.HasPrefix(m, path+".")
	})
}

// ask asks one question until its answer is good.
func (p *Prompt) ask(ctx context.Context, a *blueprint.Answers, q plan.Question) error {
	p.options(q)
	for {
		line, err := p.Line(ctx, prompt(q))
		if err != nil {
			return err
		}
		if line == "?" {
			p.print("%s", wrapped(help(q), 4))
			continue
		}
		value, err := read(q, line)
		if err == nil {
			err = a.Answer(q.Path, value)
		}
		if err != nil {
			p.print("%s", wrapped(err.Error(), 4))
			continue
		}
		p.print("    %s: %s\n", q.Path, value)
		return nil
	}
}

// options lists the numbered choices of a question.
func (p *Prompt) options(q plan.Question) {
	for i, option := range q.Options {
		p.print("    %d %s\n", i+1, option)
	}
}

func prompt(q plan.Question) string {
	fallback := q.Default
	if q.Kind == plan.Confirm {
		fallback = map[string]string{"true": "yes", "false": "no"}[q.Default]
	}
	if fallback == "" {
		return "  " + q.Prompt + ": "
	}
	return fmt.Sprintf("  %s [%s]: ", q.Prompt, fallback)
}

func help(q plan.Question) string {
	return strings.TrimSpace(q.Help + " Without a terminal: --set " + q.Path + "=…")
}

// read turns a typed line into the value that --set takes.
func read(q plan.Question, line string) (string, error) {
	switch {
	case line == "" && q.Required && q.Default == "":
		return "", errors.New("this answer is needed")
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
			return "", fmt.Errorf("%q is none of %s", part, strings.Join(q.Options, ", "))
		}
		parts[i] = part
	}
	return strings.Join(parts, ","), nil
}
