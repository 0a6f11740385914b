package plain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rsc.io/qr"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/qrcode"
)

// Inquire asks what a flow has to know, page by page, and gives the flow. An
// answer that cannot be is asked for again; what the flags answered is in given
// already, and is an error if it cannot be.
func (p *Prompt) Inquire(ctx context.Context, open engine.Open, given plan.Given) (*engine.Flow, error) {
	asks := plan.Asks{
		Code:   func() (string, error) { return p.Line(ctx, "  MFA code: ") },
		SignIn: p.signIn,
		Enrol:  p.enrol,
	}
	asked := map[string]plan.Question{}
	for {
		opened, err := open(ctx, given, asks)
		var problem *plan.Problem
		if errors.As(err, &problem) {
			again, there := asked[problem.Path]
			if !there {
				return nil, err
			}
			p.print("%s", wrapped(problem.Text, 4))
			opened.Questions, err = []plan.Question{again}, nil
		}
		if err != nil || opened.Flow != nil {
			return opened.Flow, err
		}
		for _, q := range opened.Questions {
			asked[q.Path] = q
			if given[q.Path], err = p.answer(ctx, q); err != nil {
				return nil, err
			}
		}
	}
}

// answer asks one question of an inquiry until its answer is good.
func (p *Prompt) answer(ctx context.Context, q plan.Question) (secret.Secret, error) {
	p.options(q)
	for {
		line, err := p.typed(ctx, q)
		if err != nil {
			return secret.Secret{}, err
		}
		if line == "?" {
			p.print("%s", wrapped(q.Help, 4))
			continue
		}
		value, err := read(q, line)
		if err == nil && q.Check != nil {
			err = q.Check(value)
		}
		if err == nil {
			return secret.New(value), nil
		}
		p.print("%s", wrapped(err.Error(), 4))
	}
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
			if line == "." || errors.Is(err, ErrNoAnswer) && len(lines) > 0 {
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

// signIn asks for the code of a device.
func (p *Prompt) signIn(ctx context.Context, s plan.SignIn) (string, error) {
	if s.Note != "" {
		p.print("%s", wrapped(s.Note, 2))
	}
	return p.Line(ctx, "  Code of "+s.Device+": ")
}

// enrol shows the seed of a new MFA device, as a picture and as text, and asks
// for two codes in a row.
func (p *Prompt) enrol(ctx context.Context, e plan.Enrolment) (first, second string, err error) {
	if e.Problem != "" {
		p.print("\n%s", wrapped(e.Problem, 2))
	} else {
		p.print("\nScan this with your authenticator app, or type the seed into it:\n\n")
		p.picture(e)
		p.print("\n  seed: %s\n\n", e.Seed.Reveal())
	}
	if first, err = p.Line(ctx, "  Code that the app shows now: "); err != nil {
		return "", "", err
	}
	second, err = p.Line(ctx, "  The next code, in half a minute: ")
	return first, second, err
}

// picture draws the QR code of an enrolment; without a terminal nobody scans it.
func (p *Prompt) picture(e plan.Enrolment) {
	if p.Conceal == nil {
		return
	}
	const quiet = 2
	links := e.Links()
	code, err := qr.Encode(links[len(links)-1].Reveal(), qr.L)
	if err != nil {
		return // the seed stands below
	}
	for _, line := range qrcode.Lines(code, quiet, true, p.Blocks) {
		p.print("  %s\n", line)
	}
}

// Hidden asks for a line that is not shown while it is typed. Without a terminal
// nothing would show it anyway.
func (p *Prompt) Hidden(ctx context.Context, ask string) (string, error) {
	if p.Conceal == nil {
		return p.Line(ctx, ask)
	}
	show, err := p.Conceal()
	if err != nil {
		return "", fmt.Errorf("what is typed here could not be hidden: %w", err)
	}
	line, err := p.Line(ctx, ask)
	show()
	p.print("\n")
	return line, err
}
