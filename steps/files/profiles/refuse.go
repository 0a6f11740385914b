package profiles

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"stateroom/steps/files"
)

// refusal is an [files.Error] of the action "edit".
func refusal(path string, line int, problem, remedy string) error {
	return &files.Error{Action: "edit", Path: path, Line: line, Problem: problem, Remedy: remedy}
}

// refuseBytes refuses files in which the parsers do not even agree on what a
// line is.
func refuseBytes(path string, src []byte) error {
	if bom := hasBOM(src); bom != "" {
		return refusal(path, 1, "it starts with a "+bom+" byte order mark, which hides its first line from the AWS SDKs",
			"save it as UTF-8 without BOM")
	}
	for i, l := range iniLines(src) {
		text := l.text(src)
		switch {
		case strings.ContainsRune(text, 0):
			return refusal(path, i+1, "the line contains a NUL byte, as in a UTF-16 file", "save it as UTF-8")
		case strings.ContainsRune(text, '\r'):
			return refusal(path, i+1, "the line contains a carriage return without a line feed",
				"save the file with the line endings of this system")
		case l.typ != lineComment && strings.ContainsFunc(text, breaksForPython):
			return refusal(path, i+1, "the line contains a character that the AWS CLI takes for the end of a line or for white space, and other AWS tools do not",
				"remove the character")
		}
		if problem := misread(text, l); problem != "" {
			return refusal(path, i+1, problem, "correct or remove the line")
		}
	}
	return nil
}

// breaksForPython tells a character at which Python's str.splitlines, with which
// the AWS CLI reads nested settings, ends a line, or which its strip takes away,
// apart from the ordinary ones.
func breaksForPython(r rune) bool {
	return r == '\v' || r == '\f' || r >= 0x1c && r <= 0x1f || r == 0x85 || r == 0x2028 || r == 0x2029
}

// inDefault is a setting of [DEFAULT] that is a way to credentials: the AWS CLI reads it
// in every profile, and Terraform in none.
type inDefault struct {
	key  string
	line int // counted from 0
}

// refuse refuses an edit that does not set these itself.
func (defaults defaults) refuse(path string, e Wanted) error {
	for _, d := range defaults {
		if len(e.Set) > 0 && !slices.ContainsFunc(e.Set, func(kv KeyValue) bool { return kv.Key == d.key }) {
			return refusal(path, d.line+1, "the section [DEFAULT] holds "+d.key+", which the AWS CLI reads in every profile and Terraform in none",
				"move it to the profile that it is meant for")
		}
	}
	return nil
}

type defaults []inDefault

// defaultsOf finds them in one pass.
func defaultsOf(src []byte, lines []iniLine) (found defaults) {
	inside := false
	for i, l := range lines {
		if l.typ == lineHeader {
			inside = looseName(l.text(src)) == "DEFAULT"
		}
		if !inside || l.typ == lineHeader || l.typ == lineComment {
			continue
		}
		key, _, _ := cutKey(l.text(src))
		key = strings.Trim(strings.ToLower(strings.TrimSpace(key)), "\"'`")
		if source[key] != "" {
			found = append(found, inDefault{key, i})
		}
	}
	return found
}

// misread tells lines on which a parser fails or swallows what follows.
func misread(text string, l iniLine) string {
	if l.typ == lineBlank || l.typ == lineComment {
		return ""
	}
	if l.typ == lineHeader && !strings.Contains(text, "]") {
		return "the section header has no closing bracket"
	}
	if key, value, ok := cutKey(cutComment(text)); ok {
		if loneQuote(value) {
			return "the value is one quote character, on which the AWS SDK for Go fails"
		}
		if opens(key, "`") || opens(key, `"`) {
			return "a quote is opened and not closed"
		}
	}
	_, value, _ := cutKey(text)
	switch {
	case loneQuote(value):
		return "the value is one quote character, on which the AWS SDK for Go fails"
	case opens(value, "`"), opens(value, `"""`):
		return "a quote is opened and not closed"
	}
	return ""
}

// opens tells whether s starts with a quote that does not come again.
func opens(s, quote string) bool {
	rest, ok := strings.CutPrefix(s, quote)
	return ok && !strings.Contains(rest, quote)
}

// headers are a file's header lines, counted from 0, by the names that a person would
// take them for: every profile is looked up in one pass over the file.
type headers struct {
	src   []byte
	lines []iniLine
	at    map[string][]int
}

func headersOf(src []byte, lines []iniLine) headers {
	h := headers{src, lines, map[string][]int{}}
	for i, l := range lines {
		if l.typ == lineHeader {
			name := looseName(l.text(src))
			h.at[name] = append(h.at[name], i)
		}
	}
	return h
}

// find gives the index of the target's header line, -1 when there is
// none, and refuses duplicates and headers that one parser takes for the
// target's and another does not.
func (h headers) find(kind Kind, path string, e Wanted) (int, error) {
	at := -1
	for _, i := range h.at[e.section()] {
		if !exactHeader(h.lines[i].text(h.src), e.header(kind)) {
			return -1, refusal(path, i+1,
				fmt.Sprintf("the header looks like %s, but not every AWS tool reads it so", e.quoted()),
				fmt.Sprintf("write it as [%s] or rename it", e.header(kind)))
		}
		if at >= 0 {
			return -1, refusal(path, i+1,
				fmt.Sprintf("%s appears twice (first on line %d)", e.quoted(), at+1), "merge the two sections")
		}
		at = i
	}
	return at, nil
}

// exactHeader tells whether line is [header], unindented, followed by nothing
// but white space and a comment in which no bracket misleads ini.v1.
func exactHeader(line, header string) bool {
	rest, ok := strings.CutPrefix(line, "["+header+"]")
	if !ok || strings.Contains(rest, "]") {
		return false
	}
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == '#' || rest[0] == ';'
}

// looseName gives the profile that a person would take a header for: without
// brackets, quotes, "profile", odd spaces and what follows.
func looseName(line string) string {
	name := strings.TrimLeft(strings.TrimSpace(line), "[ \t")
	name, _, _ = strings.Cut(name, "]")
	name, _, _ = strings.Cut(name, "#")
	name, _, _ = strings.Cut(name, ";")
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' })
	if len(words) > 1 && strings.EqualFold(words[0], "profile") {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// refuseKeys refuses a section in which a setting to be touched is there twice
// or is read as a setting by one parser and as part of a value by another.
func refuseKeys(path string, src []byte, lines []iniLine, sec section, touched map[string]bool) error {
	first := map[string]int{}
	for i := sec.header + 1; i < sec.end; i++ {
		l := lines[i]
		key := l.key
		switch l.typ {
		case lineIndented:
			key, _, _ = cutKey(l.text(src))
			if touched[strings.Trim(key, "\"`'")] && !nests(lines, sec, i) {
				return refusal(path, i+1, "the line is indented, so that some AWS tools read "+key+" and others continue the value above",
					"remove the white space at its start")
			}
			continue
		case lineKey:
		case lineHeader, lineJunk, lineBlank, lineComment:
			continue
		}
		if bare := strings.Trim(key, "\"`'"); bare != key && touched[bare] {
			return refusal(path, i+1, "the name "+bare+" is quoted, which AWS tools read differently", "remove the quotes")
		}
		if !touched[key] {
			continue
		}
		if before, ok := first[key]; ok {
			return refusal(path, i+1, fmt.Sprintf("%s appears twice in the profile (first on line %d)", key, before), "remove one of the two")
		}
		first[key] = i + 1
	}
	return nil
}

// nests tells whether the indented line i belongs to an empty setting above it.
func nests(lines []iniLine, sec section, i int) bool {
	for i--; i > sec.header; i-- {
		if lines[i].typ == lineKey {
			return lines[i].value[0] == lines[i].value[1]
		}
		if lines[i].typ != lineIndented && lines[i].typ != lineBlank && lines[i].typ != lineComment {
			return false
		}
	}
	return false
}

// refuseContinued refuses to touch a setting that is followed by an indented
// line: the AWS CLI reads that as more of the value, so replacing or removing
// the setting would change what the line means. Comments and blank lines
// between do not end a value for the CLI.
func refuseContinued(path string, src []byte, lines []iniLine, i int) error {
	for n := i + 1; n < len(lines); n++ {
		switch lines[n].typ {
		case lineBlank, lineComment:
			continue
		case lineIndented:
		case lineHeader:
			if !lines[n].indented(src) {
				return nil
			}
		case lineKey, lineJunk:
			return nil
		}
		return refusal(path, n+1, fmt.Sprintf("the line is indented and follows %s, so that some AWS tools read it as a part of that value", lines[i].key),
			"remove the white space at its start")
	}
	return nil
}
