package profiles

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is which of the two AWS files is meant: they name sections differently.
type Kind int

// The two files of the AWS SDKs and the AWS CLI.
const (
	Credentials Kind = iota // ~/.aws/credentials: [name]
	Config                  // ~/.aws/config: [profile name], but [default]
)

// String gives the file's usual name.
func (k Kind) String() string {
	if k == Config {
		return "config"
	}
	return "credentials"
}

// header gives the section name that the file uses for a profile.
func (k Kind) header(profile string) string {
	if k == Config && profile != defaultProfile {
		return "profile " + profile
	}
	return profile
}

const defaultProfile = "default"

// lineType is what a line is to an editor. Parsers read some lines
// differently; where that matters the editor refuses the file.
type lineType int

const (
	lineBlank    lineType = iota
	lineComment           // first visible byte # or ;
	lineHeader            // first visible byte [
	lineIndented          // anything else that starts with white space
	lineKey               // unindented, with = or :
	lineJunk              // unindented, without
)

// iniLine is one line of an INI file as byte ranges into the file.
type iniLine struct {
	typ        lineType
	start, end int // without the line ending
	next       int // with it
	key        string
	value      [2]int // byte range of a lineKey's value, edge white space and inline comment apart
	comment    [2]int // byte range of a lineKey's inline comment, empty when there is none
	sepEnd     int    // where the bytes between key and value end
}

// text gives the line without its ending.
func (l iniLine) text(src []byte) string { return string(src[l.start:l.end]) }

// indented tells whether the line starts with white space.
func (l iniLine) indented(src []byte) bool { return startsWithSpace(l.text(src)) }

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && unicode.IsSpace(r)
}

// iniLines cuts src into lines.
func iniLines(src []byte) []iniLine {
	return slices.AppendSeq(make([]iniLine, 0, bytes.Count(src, []byte("\n"))+1), eachLine(src))
}

// eachLine gives the lines of src one after another: of a file with ten thousand profiles
// all at once weigh more than the file. A carriage return before the line feed belongs to
// the ending.
func eachLine(src []byte) iter.Seq[iniLine] {
	return func(yield func(iniLine) bool) {
		for at := 0; at < len(src); {
			l := iniLine{start: at, end: len(src), next: len(src)}
			if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
				l.end, l.next = at+i, at+i+1
				if l.end > l.start && src[l.end-1] == '\r' {
					l.end--
				}
			}
			at = l.next
			if !yield(classify(src, l)) {
				return
			}
		}
	}
}

// classify fills in what kind of line it is and, for a key, where its parts are.
func classify(src []byte, l iniLine) iniLine {
	text := l.text(src)
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		l.typ = lineBlank
	case trimmed[0] == '#' || trimmed[0] == ';':
		l.typ = lineComment
	case trimmed[0] == '[':
		l.typ = lineHeader
	case startsWithSpace(text):
		l.typ = lineIndented
	case strings.ContainsAny(text, "=:"):
		l.typ = lineKey
		l.splitKey(text)
	default:
		l.typ = lineJunk
	}
	return l
}

// splitKey finds the key, the value and the inline comment as the Go SDK does:
// the first = or : divides, a # or ; after white space starts a comment.
func (l *iniLine) splitKey(text string) {
	code := cutComment(text)
	if !strings.ContainsAny(code, "=:") { // the only = or : is in the comment
		l.typ = lineJunk
		return
	}
	i := strings.IndexAny(code, "=:")
	l.key = strings.ToLower(strings.TrimSpace(code[:i]))
	rest := code[i+1:]
	from := i + 1 + len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	value := strings.TrimSpace(rest)
	if value == "" {
		from = i + 1
	}
	l.sepEnd = l.start + from
	l.value = [2]int{l.start + from, l.start + from + len(value)}
	if strings.TrimSpace(text[len(code):]) != "" {
		l.comment = [2]int{l.start + len(code), l.end}
	}
}

// cutComment drops the Go SDK's inline comment, and the white space before it.
func cutComment(s string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		s, _, _ = strings.Cut(s, mark)
	}
	return strings.TrimRight(s, " \t")
}

// unquote drops one pair of surrounding quotes, as the Go SDK does.
func unquote(s string) string {
	for _, q := range []string{"'", `"`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return s
}

// meaning is what the Go SDK and so Terraform make of the text after = or :.
func meaning(raw string) string {
	return unquote(strings.TrimSpace(cutComment(raw)))
}
