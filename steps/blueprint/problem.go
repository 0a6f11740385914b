package blueprint

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the answers.
type Problem struct {
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
func (p Problem) Error() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.File != "" {
		text = fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
	}
	return text
}

// Problems is everything that is wrong with the answers at once, first
// first. It is never empty where it is returned as an error.
type Problems []Problem

// Error has one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted orders problems by line, keeping the order within one.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return a.Line - b.Line })
	return ps
}
