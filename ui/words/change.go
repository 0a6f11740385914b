package words

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
)

// Where says on which resource a change is made, and in which account, a line each.
func Where(c *plan.Change) []string {
	var lines []string
	if c.Target != "" {
		lines = append(lines, printable.Line(plan.Known(c.Target)))
	}
	if c.Role != "" {
		lines = append(lines, fmt.Sprintf("in account %s, through %s", plan.Known(c.Account), c.Role))
	}
	return lines
}

// Field is one attribute before and after, as Terraform users know it, with its mark.
func Field(name, before, after string) (mark, line string) {
	switch {
	case before == "":
		return "+", fmt.Sprintf("+ %s = %s", name, after)
	case after == "":
		return "-", fmt.Sprintf("- %s = %s", name, before)
	}
	return "~", fmt.Sprintf("~ %s = %s -> %s", name, before, after)
}

// LongField is an attribute whose values take lines of their own, documents laid out
// to a width: whole where it is new or goes, as a difference where it changes.
func LongField(f plan.Field, width int) (mark, text string) {
	before, after := Document(f.Before, width), Document(f.After, width)
	switch {
	case f.Before == "":
		return "+", after
	case f.After == "":
		return "-", before
	case !strings.Contains(before+after, "\n"):
		return "~", before + "\n-> " + after
	}
	return "~", strings.Join(diffLines(udiff.Unified("before", "after", before+"\n", after+"\n")), "\n")
}

// FileDiff is what a change edits in a file, as a unified diff without its two lines of
// file names. In a language of quoted strings an escape that hides a plain character is
// taken away.
func FileDiff(w *plan.Write) []string {
	lines := diffLines(w.Diff)
	switch filepath.Ext(w.Edit.Before.Path) {
	case ".tf", ".hcl", ".tfbackend", ".tfvars", ".json", ".yml", ".yaml":
		for i := range lines {
			lines[i] = printable.Unescaped(lines[i])
		}
	}
	return lines
}

// Slow says why a change takes longer than others; empty for one that does not.
func Slow(c *plan.Change) string {
	if c.Write != nil && c.Write.Seal != nil && c.Write.Seal.Recipient == "" {
		return "Sealing to a passphrase takes a few seconds, so that guessing it takes years."
	}
	return ""
}

// diffLines is a unified diff without its two lines of file names.
func diffLines(diff string) []string {
	lines := strings.Split(strings.TrimRight(diff, "\n"), "\n")
	if len(lines) > 2 && strings.HasPrefix(lines[0], "---") {
		lines = lines[2:]
	}
	return lines
}

// Project is what a line of Terraform's is told under: several run at once.
func Project(e plan.Event) string {
	if e.Change != nil && e.Change.Run != nil {
		return e.Change.Run.Project
	}
	return "terraform"
}
