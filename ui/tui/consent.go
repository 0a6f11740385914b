package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
	"stateroom/ui/words"
)

// decide leaves a change out, takes it in again, or adopts it.
func (v *runScreen) decide(c *changeItem) nav {
	if c.foreign {
		return v.adopt(c.Change)
	}
	if c.follows() {
		v.say(followsText)
		return nav{}
	}
	text := v.review.toggle(c.Change)
	v.review.tallies = v.review.offer.tallies(v.review.result)
	v.say(text)
	return nav{}
}

// adopt asks for the consent that a change needs. Where what is lost cannot be
// brought back, the operator types what it is about.
func (v *runScreen) adopt(c *plan.Change) nav {
	target, word := c.NotOurs, c.Typed()
	switch {
	case target == "":
		v.say("It needs another change that waits for your confirmation: select that one, then press x.")
		return nav{}
	case !c.ConfirmByName:
		v.adopted(target, word)
		return nav{}
	}
	return nav{push: &prompt{
		theme: v.theme, title: c.Title, text: []string{c.Risk, "This cannot be undone. To confirm, type its name:", word},
		form: form.New(v.theme, []form.Field{{
			Name: "value", Label: "Type it out", Kind: form.Text,
			Help: "Nothing is changed yet: the change is then part of the plan, which is confirmed once more.",
			Check: func(value string) error {
				if value != word {
					return fmt.Errorf("this does not match %s yet", word)
				}
				return nil
			},
		}}),
		done: func(string) (nav, tea.Cmd) {
			v.adopted(target, word)
			return nav{pop: true}, nil
		},
		left: goTo(nav{pop: true}),
	}}
}

// adopted lets something be changed that takes a consent of its own, given by a word.
func (v *runScreen) adopted(target, word string) {
	v.flow.Answers.Adopt = append(v.flow.Answers.Adopt, target)
	v.setReview(v.flow.Permit(v.review.Review))
	v.say("Agreed: " + word + " is part of the plan now, as shown.")
}

// confirm asks before anything is changed. A dry run ends here.
func (v *runScreen) confirm() (nav, tea.Cmd) {
	kept := v.review.kept()
	word := v.asksWord(len(kept) == 0)
	switch n := len(kept); {
	case v.dryRun:
		return v.endDryRun()
	case v.mustLook():
		v.say("Press enter to look again first: AWS or the files have changed since the last look.")
		return nav{}, nil
	case v.review.Blocked():
		v.say("Nothing can be changed yet: fix what the findings describe first.")
		return nav{}, nil
	case v.proves():
		return nav{}, v.apply(0)
	case word != nil:
		return v.adopt(word), nil
	case n == 0 && len(v.review.left) == 0:
		if c, is := v.list.under().(*changeItem); is && c.foreign {
			return v.adopt(c.Change), nil
		}
		v.list.find(func(it item) bool { c, is := it.(*changeItem); return is && c.foreign })
		v.say("Each of these changes needs its own confirmation: press x to agree to this one.")
		return nav{}, nil
	}
	apply := func(step int) action { return func() (nav, tea.Cmd) { return nav{}, v.apply(step) } }
	var ways []choice
	if len(kept) > 0 {
		ways = append(ways, choice{
			fmt.Sprintf("Apply %s", words.Plural(len(kept), "change")), whatApplies(kept), apply(0),
		})
		required := plan.Required(kept, v.current)
		if n := len(required); v.staged() && n > 0 && n < len(kept) {
			ways = append(ways, choice{
				fmt.Sprintf("Only step %d, %s", v.current, words.Plural(n, "change")), "This step, and what it needs from the others. " + plan.Line(required), apply(v.current),
			})
		}
	}
	return v.confirmation(kept, ways), nil
}

// readAccess is the choice that shows who gets access.
const readAccess = "Read who gets access"

// whatApplies says what applying these changes means: a few are named.
func whatApplies(kept []plan.Change) string {
	const named = 2
	if len(kept) > named {
		return "Each change starts as soon as those it needs are done. Then everything is checked again."
	}
	var titles []string
	for i := range kept {
		titles = append(titles, kept[i].Title)
	}
	return strings.Join(titles, "; ") + ". Then everything is checked again."
}

// asksWord is the change whose word is asked for before the plan is confirmed: the one
// under the cursor, or the first where the plan has nothing else.
func (v *runScreen) asksWord(alone bool) *plan.Change {
	if c, is := v.list.under().(*changeItem); is && c.foreign && c.ConfirmByName {
		return c.Change
	}
	if !alone || len(v.review.left) > 0 {
		return nil
	}
	i := slices.IndexFunc(v.review.NotOurs, func(c plan.Change) bool { return c.ConfirmByName })
	if i < 0 {
		return nil
	}
	return &v.review.NotOurs[i]
}

// confirmation is the dialog before anything is changed, beginning with not yet.
func (v *runScreen) confirmation(kept []plan.Change, ways []choice) nav {
	// The lines of the dialog beside the stakes and the sentences of access: the title with
	// its blank lines, the heading of the access with its own, a blank line, the choices, and
	// two that explain the one under the cursor.
	rest := 3 + 2 + 1 + len(ways) + 1 + 2
	room := dialogRoom(v.width)
	stakes := v.stakes(kept, room)
	text, all := v.review.accessText(max(0, v.height-len(stakes)-rest), room)
	text = append(stakes, text...)
	items := slices.Concat([]choice{{"Not yet", "Nothing is changed.", nil}}, ways)
	if !all {
		items = append(items, choice{
			readAccess, "All of the details. Nothing is changed yet.",
			goTo(nav{push: newViewer(v.theme, "This gives access", strings.Join(v.review.givesAll, "\n\n"), nil)}),
		})
	}
	asks := &chooser{theme: v.theme, title: "Make these changes?", text: text, items: items}
	if len(kept) > 0 { // enter begins on not yet, so that pressing it twice changes nothing
		asks.own = hotkeys{{keys.Yes, goTo(nav{pop: true, then: ways[0].choose})}}
	}
	return nav{push: asks}
}

// stakes are what is at stake in a yes, a name and a value on a line.
func (v *runScreen) stakes(kept []plan.Change, width int) []string {
	const column = 18
	var lines []string
	for _, f := range words.Stakes(v.review.Review, kept, len(v.review.left)) {
		name := v.theme.Faint.Render(v.theme.Pad(f.Name, column))
		for _, line := range words.Fit(f.Value, width-column) {
			lines = append(lines, name+line)
			name = strings.Repeat(" ", column)
		}
	}
	return lines
}
