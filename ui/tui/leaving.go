package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/tui/form"
)

// users are the changes that need a change, by its id.
type users map[string][]string

func usersOf(changes []plan.Change) users {
	u := users{}
	for i := range changes {
		for _, need := range changes[i].Needs {
			u[need] = append(u[need], changes[i].ID)
		}
	}
	return u
}

// leftWith are the changes left out and all that need one of them, as
// plan.LeaveOut has them.
func (u users) leftWith(out map[string]bool) map[string]bool {
	left := map[string]bool{}
	var drop func(id string)
	drop = func(id string) {
		if left[id] {
			return
		}
		left[id] = true
		for _, user := range u[id] {
			drop(user)
		}
	}
	for id := range out {
		drop(id)
	}
	return left
}

// kept are the changes that are not left out.
func (v *runScreen) kept() []plan.Change {
	kept, _ := plan.LeaveOut(v.review.Changes, v.out)
	return kept
}

// leaveOut leaves a change out, or takes it in again, and names what that means.
func (v *runScreen) leaveOut(c *plan.Change) {
	if v.out[c.ID] {
		delete(v.out, c.ID)
		v.recount()
		if v.left[c.ID] {
			v.say("It stays out: it needs something that is left out.")
			return
		}
		v.say("Taken in again: " + c.Title + ".")
		return
	}
	before := len(v.left)
	v.out[c.ID] = true
	v.recount()
	text := "Left out: " + c.Title + "."
	if along := len(v.left) - before - 1; along > 0 {
		text += fmt.Sprintf(" Left out with it, since they need it: %s.", v.alongNames(c, along))
	}
	v.say(text)
}

// alongNames are the first few changes that need the one left out.
func (v *runScreen) alongNames(c *plan.Change, along int) string {
	const most = 3
	var names []string
	for i := range v.review.Changes {
		if len(names) == min(most, along) {
			break
		}
		if d := &v.review.Changes[i]; d.ID != c.ID && v.left[d.ID] {
			names = append(names, d.Title)
		}
	}
	text := strings.Join(names, "; ")
	if along > len(names) {
		text += fmt.Sprintf("; and %d more", along-len(names))
	}
	return text
}

// adopt asks for the consent that a change needs. Where what is lost cannot be
// brought back, the operator types what it is about.
func (v *runScreen) adopt(c *plan.Change) nav {
	target := c.Foreign
	switch {
	case target == "":
		v.say("It needs another change that touches something not ours: adopt that one.")
		return nav{}
	case !c.Typed:
		v.adopted(target)
		return nav{}
	}
	return nav{push: &prompt{
		theme: v.theme, title: c.Title, text: []string{c.Risk, "This cannot be taken back. To agree, type what it is about:", target},
		form: form.New(v.theme, []form.Field{{
			Name: "value", Label: "Type it out", Kind: form.Text,
			Help: "Nothing is changed yet: the change is then part of the plan, which is confirmed once more.",
			Check: func(value string) error {
				if value != target {
					return fmt.Errorf("this is not %s yet", target)
				}
				return nil
			},
		}}),
		done: func(string) (nav, tea.Cmd) {
			v.adopted(target)
			return nav{pop: true}, nil
		},
		left: goTo(nav{pop: true}),
	}}
}

// planLine is Terraform's sentence for what is not left out.
func (v *runScreen) planLine() string {
	var add, change, destroy int
	for i := range v.review.Changes {
		if v.left[v.review.Changes[i].ID] {
			continue
		}
		a, c, d := plan.Counts(v.review.Changes[i : i+1])
		add, change, destroy = add+a, change+c, destroy+d
	}
	return planLine(add, change, destroy)
}

// confirmation asks before anything is changed, beginning with not yet. Without
// is what is left as it is, only further ways on.
func (v *runScreen) confirmation(everything choice, more ...choice) nav {
	kept := v.kept()
	const rest = 12 // lines of the dialog that are not about access
	text, all := v.accessText(max(3, v.height-rest), min(76, v.width-8))
	text = append(text, plan.Line(kept))
	if n := len(v.left); n > 0 {
		text = append(text, fmt.Sprintf("%s left out.", plain.Plural(n, "change")))
	}
	typed := 0
	for _, c := range v.review.Foreign {
		if c.Typed {
			typed++
		}
	}
	if n := len(v.review.Foreign) - typed; n > 0 {
		text = append(text, fmt.Sprintf("%s not ours and left as it is.", plain.Plural(n, "change")))
	}
	if typed > 0 {
		text = append(text, fmt.Sprintf("%s not agreed to and left out.", plain.Plural(typed, "change")))
	}
	items := []choice{{"Not yet", "Nothing is changed.", nil}}
	if len(kept) > 0 {
		items = slices.Concat(items, []choice{everything}, more)
	}
	if !all {
		items = append(items, choice{
			"Read who gets access", "All of the sentences. Nothing is changed yet.",
			goTo(nav{push: newViewer(v.theme, "This gives access", strings.Join(v.givesAll, "\n\n"), nil)}),
		})
	}
	return nav{push: &chooser{theme: v.theme, title: "Make these changes?", text: text, items: items}}
}
