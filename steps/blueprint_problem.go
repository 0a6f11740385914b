package steps

import (
	"fmt"
	"slices"
	"strings"
)

// BlueprintProblem is one thing that is wrong with the answers.
type BlueprintProblem struct {
	// Path is the answer, as --set names it: bucket.name,
	// environment.production.role. It is empty for a syntax error.
	Path string
	// File and Line say where it stands; File is empty for answers that come
	// from flags, and then Line is 0.
	File string
	Line int
	// Message says in one sentence what is wrong and what to write instead.
	Message string
}

// Error is file:line: path: message, without the parts that are not known.
func (p BlueprintProblem) Error() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.File != "" {
		text = fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
	}
	return text
}

// BlueprintProblems is everything that is wrong with the answers at once, first
// first. It is never empty where it is returned as an error.
type BlueprintProblems []BlueprintProblem

// Error has one problem a line.
func (ps BlueprintProblems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted orders problems by line, keeping the order within one.
func (ps BlueprintProblems) sorted() BlueprintProblems {
	slices.SortStableFunc(ps, func(a, b BlueprintProblem) int { return a.Line - b.Line })
	return ps
}
