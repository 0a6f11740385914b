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
	{`\banother (?:AWS )?[a-z]+ than\b`, "a different … than"},
	{`\b(?:in|over) another way than\b`, "in a different way than"},
	{`\bis another than\b`, "is not, differs from"},
	{`\bback ends?\b`, "backend, in Terraform's word"},
	{`\bwhomever\b`, "anyone whom …"},
	{`\bfor the own (?:user|key)\b`, "for their own …"},
	{`\b(?:states?|journal|backup|secret|marker) lies?\b|\bWhat lies (?:in|at)\b|\bas it was lies\b`, "is in, is at"},
	{`\bstands beside\b|\bstands in (?:one file|the backend|the file)\b`, "is set together with, is in"},
	{`\bcould not be (?:looked at|seen|tried)\b|\bcannot be (?:looked at|seen|looked into)\b`, "stateroom cannot tell, could not be read, could not be tested"},
	{`\bcould not be had\b`, "could not be downloaded"},
	{`\b(?:was|were|is|are) not tried\b|\bnot tried, because\b|\bhas tried it\b|\bwas tried and\b`, "tested"},
	{`\bhas not the\b|\bhave not the\b`, "does not have"},
	{`\b(?:are|is) past (?:their|its) end\b`, "has expired"},
	{`\b(?:it|that|which|holds|version) is no (?:[a-km-z]|lock)`, "is not a …"},
	{`\bis there twice\b`, "appears twice"},
	{`\b(?:is|are) as (?:it was|they were)\.`, "unchanged"},
	{`\bdoes not go by\b`, "is not in force"},
	{`\bthen init(?: again| -reconfigure)?\b`, "then run terraform init …"},
	{`[,;] (?:and|then) run again\b`, "then run the command again"},
	{`\bNothing is to be\b`, "Nothing needs to be …"},
	{`\b(?:[Ll]ook|[Ss]ee) (?:which|who|what|whether) (?:it is|one|wrote|two)\b`, "Find out, check"},
	{`\b[Aa]gree (?:to|with) --adopt\b|\bAgree with\b`, "To allow it, run …, with the whole command"},
	{`\bby hand, (?:or|and) let\b|\bLet (?:it|its|the last of them|old versions|profile) \b`, "say who does what"},
	{`\bneeds? a look\b`, "needs your attention"},
	{`^right account$|\bfiles right\b`, "account matches, files match"},
	{`\bIt is\.`, "It matches, or what it is"},
	{`\b[a-z]+ rights (?:on|in|to)\b|\b(?:admin|operator)'s rights\b|\ba right is missing\b|\bthe rights that\b`, "permissions, in AWS's word"},
	{`\bThen everything is looked at again\b`, "checked again"},
	{`\bnothing of the setup is\b`, "none of the setup exists"},
	{`, where the team has no(?:ne)?\b`, "if there is none"},
	{`\b[Cc]ode of the MFA device\b|\b[Ll]og in with\b`, "a code from the MFA device; sign in"},
	{`\bin the moment in which\b|\bin the same moment\b`, "while, at the same moment"},
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
