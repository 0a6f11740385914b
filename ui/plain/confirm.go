package plain

import (
	"context"
	"slices"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// Review shows what the operator is asked to confirm: the plan, and the
// findings that should be known before it is applied.
func (l *Lines) Review(r plan.Review) {
	l.showPlan()
	if l.Stages == nil {
		return // they were told before the plan
	}
	for _, f := range r.Findings {
		if f.Severity != plan.Info {
			l.Finding(f)
		}
	}
}

// Confirm asks whether to change each thing that is not ours, and then whether
// to apply the plan. As in Terraform, only the word yes is a yes.
func (p *Prompt) Confirm(ctx context.Context, r plan.Review) (plan.Decision, error) {
	var d plan.Decision
	for _, target := range plan.Adoptable(r.NotOurs) {
		typed := slices.IndexFunc(r.NotOurs, func(c plan.Change) bool { return c.NotOurs == target && c.ConfirmByName })
		reason := target + " exists already and is not marked as this blueprint's. It would be changed so:"
		switch {
		case slices.ContainsFunc(r.NotOurs, func(c plan.Change) bool { return c.NotOurs == target && c.Leads }):
			reason = "A project's files lead Terraform to " + target + ", which is not where this run goes. These changes need your consent:"
		case len(losers(r.NotOurs, target)) > 0:
			reason = target + " is used by others, who would lose something: " + plan.Enumerated(losers(r.NotOurs, target)) + ". It would be changed so:"
		case asks(r.NotOurs, target) != "":
			reason = "This needs its own confirmation: " + asks(r.NotOurs, target) + "."
		case typed >= 0:
			reason = "This needs its own confirmation, since it cannot be undone:"
		}
		p.print("\n%s", wrapped(reason, 0))
		var touched []*plan.Change
		for i := range r.NotOurs {
			if c := &r.NotOurs[i]; c.NotOurs == target {
				touched = append(touched, c)
			}
		}
		NewLines(p.out).access(touched)
		for _, c := range touched {
			p.foreign(c)
		}
		word := ""
		if typed >= 0 {
			word = r.NotOurs[typed].Typed()
		}
		yes, err := p.consent(ctx, word)
		if err != nil {
			return plan.Decision{}, err
		}
		if yes {
			d.Adopt = append(d.Adopt, target)
		}
	}
	if d.Yes = len(r.Changes)+len(d.Adopt) == 0; d.Yes {
		return d, nil // nothing is left to apply, and nothing stands against the proof
	}
	kept := agreed(r, d.Adopt)
	gives := make([]*plan.Change, len(kept))
	for i := range kept {
		gives[i] = &kept[i]
	}
	NewLines(p.out).access(gives)
	p.stakes(r, kept)
	var err error
	d.Yes, err = p.yes(ctx, "Do you want to apply these changes?")
	return d, err
}

// stakes shows what is at stake in a yes, a name and a value on a line.
func (p *Prompt) stakes(r plan.Review, kept []plan.Change) {
	const column = 18
	p.print("\n")
	for _, f := range words.Stakes(r, kept, 0) {
		p.print("  %-*s%s", column, f.Name, strings.TrimLeft(wrapped(f.Value, 2+column), " "))
	}
}

// agreed are the changes that a yes lets be made.
func agreed(r plan.Review, adopted []string) []plan.Change {
	waiting := map[string]bool{}
	for _, c := range r.NotOurs {
		if c.NotOurs != "" && !slices.Contains(adopted, c.NotOurs) {
			waiting[c.ID] = true
		}
	}
	kept, _ := plan.Exclude(slices.Concat(r.Changes, r.NotOurs), waiting)
	return kept
}

// consent asks whether one target may be changed. Where what is lost cannot be
// brought back, a word has to be typed.
func (p *Prompt) consent(ctx context.Context, word string) (bool, error) {
	if word == "" {
		return p.yes(ctx, "Change it anyway? (otherwise it stays as it is)")
	}
	p.print("\nType %s to agree; anything else leaves it as it is.\n\n", word)
	answer, err := p.Line(ctx, "  Enter a value: ")
	return answer == word, err
}

// yes asks one question to which only the word yes is a yes.
func (p *Prompt) yes(ctx context.Context, question string) (bool, error) {
	p.print("\n%s\n  Only 'yes' is accepted.\n\n", question)
	answer, err := p.Line(ctx, "  Enter a value: ")
	return answer == "yes", err
}

// foreign shows a change of something that is not ours.
func (p *Prompt) foreign(c *plan.Change) {
	view := planView{Lines: NewLines(p.out), documents: map[string]bool{}}
	view.change(c)
}

// asks is why the changes of a target need a consent of their own; empty where what they
// touch is not ours.
func asks(changes []plan.Change, target string) string {
	for _, c := range changes {
		if c.NotOurs == target && c.Asks != "" {
			return c.Asks
		}
	}
	return ""
}

// losers are those who lose something by the changes of a target.
func losers(changes []plan.Change, target string) []string {
	for _, c := range changes {
		if c.NotOurs == target && len(c.Takes) > 0 {
			return c.Takes
		}
	}
	return nil
}
