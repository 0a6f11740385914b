// Package wordstest holds what a person reads to the rules of package ui: it knows the
// phrases that are out, and what to write in their place, and how a line looks that was
// cut where none may be.
//
// What does not live here: the rules themselves, with their reasons (ui/doc.go).
package wordstest

import (
	"regexp"
	"strings"
	"testing"
)

// out are phrases, never words that have a use of their own, by what is written instead.
var out = []struct{ phrase, instead string }{
	{`\bmend(s|ed|ing)?\b`, "fix"},
	{`\bset-ups?\b`, "setup"},
	{`\bsecond factor\b`, "MFA"},
	{`\binitialis`, "initializ…"},
	{`\bpractis`, "practice, as AWS and gh spell it"},
	{`\bLet the operator (?:run|add|write|correct|look|move|enable|keep)\b`, "Ask the operator to …"},
	{`\b[Rr]un it again\b`, "run the command again"},
	{`\bNothing to do\b`, "No action needed"},
	{`\bis no good as\b`, "is not a valid …"},
	{`\bis no (?:IAM|bucket name|alias|DynamoDB|address such)`, "is not a …"},
	{`\b(?:a|its|your) word of (?:yours|its own)\b|\bwithout your word\b|\bword of yours\b`, "confirmation, consent"},
	{`\bcannot be taken back\b`, "cannot be undone"},
	{`\b[Ee]verything is right\b|\bis right already\b`, "already matches"},
	{`\bSo it is with\b`, "The same applies to …"},
	{`\blooking who you are\b`, "checking your credentials"},
	{`\bComing on board\b`, "Onboarding"},
	{`\b[Ss]eeing an admin off\b`, "Offboarding an admin"},
	{`\bto look at\.`, "to review"},
	{`\bis to be (?:mended|fixed|deleted)\b`, "needs fixing, is scheduled for deletion"},
	{`\b(?:look|sign in|start|made|make it|proves it) anew\b`, "again"},
	{`\ball the same\?`, "anyway?"},
	{`(?:[.;]) [Ee]lse (?:ask|correct|name|have|rename|run|check)\b`, "otherwise, …"},
	{`\bby another way than\b`, "over a different channel than"},
}

var patterns = compiled()

func compiled() []*regexp.Regexp {
	list := make([]*regexp.Regexp, len(out))
	for i, o := range out {
		// On a screen a phrase may be broken over two lines, between the bars of its frame.
		list[i] = regexp.MustCompile(strings.ReplaceAll(o.phrase, " ", `[\s│|]+`))
	}
	return list
}

// Check fails where a text says what the rules of package ui have taken out; where
// names the text for the reader of the failure.
func Check(t testing.TB, where, text string) {
	t.Helper()
	for i, pattern := range patterns {
		if found := pattern.FindString(text); found != "" {
			t.Errorf("%s says %q; write %q (ui/doc.go)", where, found, out[i].instead)
		}
	}
}
