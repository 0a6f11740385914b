package plain

import (
	"context"
	"fmt"

	"rsc.io/qr"

	"stateroom/steps/plan"
	"stateroom/ui/qrcode"
)

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
