package plain

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// diffShown is how many lines of a diff are shown before the others are counted.
const diffShown = 100

// accessShown is how many sentences tell who gets in before the others are
// counted.
const accessShown = 20

// alikeShown is how many changes of one shape (the role of every environment)
// are shown before the others are counted.
const alikeShown = 3

// showPlan shows the whole plan, once, as soon as it is known to be complete.
func (l *Lines) showPlan() {
	if l.shown {
		return
	}
	l.shown = true
	l.access(l.planned)
	v := planView{Lines: l, alike: countAlike(l.planned), seen: map[string]int{}, documents: map[string]bool{}}
	for _, stage := range l.Stages {
		v.stage(stage, l.planned)
	}
	switch {
	case len(l.planned) > 0 && l.Stages == nil:
		l.print("\n")
		for _, c := range l.planned {
			v.orFold(c)
		}
	case len(l.planned) == 0 && l.Stages != nil:
		l.print("\nNo changes: what is there matches the blueprint.\n")
	}
	if len(l.planned) > 0 {
		var s plan.Summary
		for _, c := range l.planned {
			s.Count(c)
		}
		l.print("\n%s\n", s.Line())
	}
	l.planned = nil
}

// access says who gets in, before anything else of a plan.
func (l *Lines) access(changes []*plan.Change) {
	sentences := plan.Access(changes...)
	if len(sentences) == 0 {
		return
	}
	l.print("\nThis gives access:\n")
	for i, sentence := range sentences {
		if i == accessShown {
			l.print("  … and %s more, each with \"widens\" in --json\n", words.Plural(len(sentences)-i, "sentence"))
			break
		}
		l.print("  ! %s", strings.TrimLeft(wrapped(sentence, 4), " "))
	}
}

// planView is what one showing of a plan remembers.
type planView struct {
	*Lines
	alike map[string]int
	seen  map[string]int
	// documents are the long values already shown.
	documents map[string]bool
}

// shape is what the changes of all environments have in common.
func shape(c *plan.Change) string {
	if c.Environment == "" {
		return ""
	}
	return fmt.Sprintf("%d %s %s", c.Step, c.Action, strings.ReplaceAll(c.ID, c.Environment, "*"))
}

func countAlike(changes []*plan.Change) map[string]int {
	alike := map[string]int{}
	for _, c := range changes {
		alike[shape(c)]++
	}
	return alike
}

// stage shows a stage's heading and its changes.
func (v planView) stage(stage plan.Stage, all []*plan.Change) {
	var mine []*plan.Change
	for _, c := range all {
		if c.Step == stage.Number {
			mine = append(mine, c)
		}
	}
	if len(mine) == 0 {
		v.print("\n%d %s: nothing to change\n", stage.Number, stage.Title)
		return
	}
	v.print("\n%d %s\n", stage.Number, stage.Title)
	for _, c := range mine {
		v.orFold(c)
	}
}

// orFold shows a change, or counts it where enough of its shape were shown.
func (v planView) orFold(c *plan.Change) {
	s := shape(c)
	v.seen[s]++
	if s == "" || v.seen[s] <= alikeShown || v.alike[s] == alikeShown+1 {
		v.change(c)
		return
	}
	v.folded[c.ID] = true
	if v.seen[s] == v.alike[s] {
		v.print("  … and %d more like it, up to %s\n", v.alike[s]-alikeShown, c.Environment)
	}
}

// change shows one change as Terraform users know it.
func (v planView) change(c *plan.Change) {
	v.print("  %s %s\n", c.Symbol(), c.Title)
	for _, line := range words.Where(c) {
		v.print("      %s\n", line)
	}
	hasDiff := c.Write != nil && c.Write.Diff != ""
	for _, f := range c.Fields {
		if c.Action != plan.WriteFile || !hasDiff || f.Name == plan.ModeField { // which no diff shows
			v.field(f)
		}
	}
	for _, call := range c.Calls {
		v.print("      %s\n", callLine(call.Service+":"+call.Operation, call.InputMap()))
	}
	if hasDiff {
		v.print("%s\n", indented(hunks(c.Write, c.NewFile()), 6))
	}
	if c.Run != nil {
		v.print("%s\n", indented("$ "+strings.Join(c.Run.Lines, "\n$ "), 6))
	}
	if c.Cost != "" {
		v.print("%s", wrapped("Cost: "+c.Cost, 6))
	}
	if c.Risk != "" {
		v.print("%s", wrapped("Risk: "+c.Risk, 6))
	}
}

// hunks is a diff without the lines that repeat the target (the file names, and
// for a new file the place of its only hunk) and without the end of a very long
// one, which --json has.
func hunks(w *plan.Write, isNew bool) string {
	lines := words.FileDiff(w)
	if isNew {
		lines = lines[min(1, len(lines)):]
	}
	if more := len(lines) - diffShown; more > 0 {
		lines = append(lines[:diffShown:diffShown], fmt.Sprintf("… and %d more lines", more))
	}
	return strings.Join(lines, "\n")
}

// shortValue is the longest value that stays on its field's line.
const shortValue = 60

// field shows one attribute before and after; long values stand below it, and
// one that was shown before is not shown again.
func (v planView) field(f plan.Field) {
	if len(f.Before)+len(f.After) <= shortValue {
		_, line := words.Field(f.Name, f.Before, f.After)
		v.print("      %s\n", line)
		return
	}
	switch mark, value := words.LongField(f, columns-10); {
	case v.documents[value]:
		v.print("      %s %s = (as shown above)\n", mark, f.Name)
	case strings.Contains(value, "\n"):
		v.documents[value] = true
		v.print("      %s %s =\n%s\n", mark, f.Name, indented(value, 10))
	default:
		v.print("      %s %s = %s\n", mark, f.Name, value)
	}
}

// callLine is a call as service, operation and input on one line. Documents in
// the input stand among the fields, and tags are the same everywhere, so here
// they are only named; --json has the whole input.
func callLine(name string, input map[string]any) string {
	if len(input) == 0 {
		return name
	}
	return name + " " + plan.JSON(shortened(input), "")
}

func shortened(value any) any {
	switch x := value.(type) {
	case string:
		if len(x) > shortValue && strings.HasPrefix(strings.TrimSpace(x), "{") {
			return "(document)"
		}
		return plan.Known(x)
	case map[string]any:
		short := make(map[string]any, len(x))
		for name, member := range x {
			short[name] = shortened(member)
			if tags, ok := member.([]any); ok && name == "Tags" {
				short[name] = words.Plural(len(tags), "tag")
			}
		}
		return short
	case []any:
		short := make([]any, len(x))
		for i, member := range x {
			short[i] = shortened(member)
		}
		return short
	}
	return value
}
