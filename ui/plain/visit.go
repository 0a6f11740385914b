package plain

import (
	"context"

	"rsc.io/qr"

	"stateroom/steps/plan"
	"stateroom/ui/qrcode"
)

// visit says where to sign in until that is over.
func (p *Prompt) visit(ctx context.Context, v plan.Visit) error {
	p.print("\n")
	if v.Code == "" {
		p.print("%s", wrapped("Your browser shows the sign-in. Finish there: this goes on by itself. If it did not open, open this address on this machine, or run the command again with --device:", 2))
		p.print("\n%s\n\n", v.Address.Reveal())
	} else {
		if code, err := qr.Encode(v.Address.Reveal(), qr.L); err == nil && p.Conceal != nil { // without a terminal nobody scans it
			const quiet = 2
			for _, line := range qrcode.Lines(code, quiet, true, p.Blocks) {
				p.print("  %s\n", line)
			}
		}
		p.print("%s", wrapped("Open this address on any device, and see that it shows the code "+v.Code+":", 2))
		p.print("\n%s\n\n", v.Address.Reveal())
	}
	<-ctx.Done()
	return nil
}
