package plain

import (
	"context"
	"fmt"
	"io"
	"strings"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
)

// Refused shows what keeps a run from going on: what is so, the one thing to do with the
// commands for it, what was tried, and what became of what was changed or answered.
func Refused(out io.Writer, r plan.Refusal, kept string) {
	var b strings.Builder
	b.WriteString("\nstateroom: " + strings.TrimLeft(wrapped(r.Title, 2), " ") + wrapped(r.What, 2))
	b.WriteString("\n" + wrapped("What to do: "+r.Remedy, 2))
	for _, c := range r.Commands {
		b.WriteString("\n" + wrapped(c.Does+":", 4) + "\n      " + c.Line + "\n") // whole, to be copied
	}
	if len(r.Tried) > 0 {
		b.WriteString("\n  Tried:\n")
	}
	for _, f := range r.Tried {
		b.WriteString(wrapped(f.Name+": "+f.Value, 4))
	}
	b.WriteString("\n" + wrapped(kept, 2))
	fmt.Fprint(out, printable.Text(b.String())) // who has gone away needs no commands
}

// Onward is what somebody does about a refusal.
type Onward int

// The ways on.
const (
	Leave Onward = iota
	Again
	Practice
	GoOn
	ToMenu
)

// Onward asks what is to be done about a refusal, by a letter. Practice tells whether there
// is any to offer, and menu whether the program began with one. The error is that of
// [Prompt.Line].
func (p *Prompt) Onward(ctx context.Context, r plan.Refusal, practice, menu bool) (Onward, error) {
	ways := map[string]Onward{"": Again, "r": Again, "q": Leave}
	also := "r tries again"
	if r.Anyway != nil {
		ways["c"] = GoOn
		also += ", c: " + r.Anyway.Text
	}
	if practice {
		ways["p"] = Practice
		also += ", p practices in the sandbox"
	}
	if menu {
		ways["<"] = ToMenu
		also += ", < goes back to the menu"
	}
	p.print("\n%s", wrapped(also+", q leaves", 2))
	for {
		line, err := p.Line(ctx, "  [r]: ")
		if err != nil {
			return Leave, err
		}
		if way, known := ways[strings.ToLower(line)]; known {
			return way, nil
		}
		p.print("%s", wrapped(fmt.Sprintf("%q is not one of the letters above", line), 4))
	}
}

// refusal is a refusal as a finding, which is of no step, with what else it says.
type refusal struct {
	ID       string              `json:"id"`
	Step     int                 `json:"step"`
	Severity plan.Severity       `json:"severity"`
	Lead     string              `json:"lead"`
	Evidence string              `json:"evidence"`
	Remedy   string              `json:"remedy"`
	Tried    []plan.Fact         `json:"tried,omitempty"`
	Commands []plan.ShellCommand `json:"commands,omitempty"`
}

// Refused writes what keeps a run from going on as a finding.
func (j *JSON) Refused(r plan.Refusal) {
	j.write("finding", refusal{r.Finding, 0, plan.Failure, r.Title, r.What, r.Remedy, r.Tried, r.Commands})
}
