package profiles

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"stateroom/steps/files"
)

// Disagreement is a line of an AWS file that the AWS SDK for Go (and so
// Terraform) and the AWS CLI read differently. Measured with config v1.33.15
// and botocore 1.43.
type Disagreement struct {
	Line int // counted from 1
	What string
	Go   string // what the Go SDK and Terraform make of it
	CLI  string // what the AWS CLI makes of it
}

// Disagreements finds the lines of a file on which AWS tools disagree, in the
// order of the file. It never quotes a value.
func Disagreements(kind Kind, file files.Snapshot) []Disagreement {
	c := comparer{kind: kind, src: file.Bytes, sections: map[string]int{}, keys: map[string]int{}}
	switch bom := hasBOM(file.Bytes); bom {
	case "":
	case "UTF-8":
		c.add(1, "a UTF-8 byte order mark", "the first section is missing", "the file cannot be parsed")
		c.src = file.Bytes[3:]
	default:
		c.add(1, "a "+bom+" byte order mark", "no section is found", "the file cannot be parsed")
		return c.found
	}
	for i, l := range iniLines(c.src) {
		c.line(i+1, l)
	}
	return c.found
}

// comparer keeps what decides how the next line is read.
type comparer struct {
	kind     Kind
	src      []byte
	found    []Disagreement
	sections map[string]int // name as the CLI reads it → line
	keys     map[string]int // of the current section → line
	last     string         // the key that an indented line would continue
	nested   bool           // that key has no value of its own
}

func (c *comparer) add(line int, what, sdk, cli string) {
	c.found = append(c.found, Disagreement{line, what, sdk, cli})
}

func (c *comparer) line(n int, l iniLine) {
	text := l.text(c.src)
	switch l.typ {
	case lineBlank, lineComment:
	case lineHeader:
		c.header(n, text)
	case lineIndented:
		if c.last != "" && !c.nested {
			c.add(n, "an indented line after "+c.last, "it is a setting of its own, or ignored", "it continues the value of "+c.last)
		}
	case lineKey:
		c.key(n, l)
	case lineJunk:
		c.add(n, "a line without = or :", "it is ignored", "the file cannot be parsed")
	}
	if !utf8.ValidString(text) {
		c.add(n, "a byte that is not UTF-8", "it is a character like any other", "the file cannot be parsed")
	}
	if strings.ContainsRune(text, '\r') {
		c.add(n, "a carriage return without a line feed", "it is a character like any other", "it ends the line")
	}
}

// header compares the readings of a section's header.
func (c *comparer) header(n int, text string) {
	if startsWithSpace(text) && c.last != "" {
		c.add(n, "an indented section header", "it starts a section", "it continues the value of "+c.last)
		return
	}
	c.last, c.keys = "", map[string]int{}
	open, end := strings.Index(text, "["), strings.LastIndex(text, "]")
	if end <= open {
		c.add(n, "a section header without closing bracket", "it is ignored", "the file cannot be parsed")
		return
	}
	name := text[open+1 : end] // botocore takes everything up to the last bracket
	sdk, ok := sdkSection(text)
	switch {
	case !ok:
		c.add(n, "text after the header ["+name+"]", "the section is missing and its settings go to the one before", "it is section "+name)
	case joinType(strings.TrimSpace(name)) != sdk:
		c.add(n, "a bracket in the comment behind ["+sdk+"]", "it is section "+sdk, "section "+sdk+" is missing")
	case strings.TrimSpace(name) != name:
		c.add(n, "white space inside the brackets of ["+name+"]", "it is section "+sdk, "section "+sdk+" is missing")
	case name == "DEFAULT":
		c.add(n, "a section named DEFAULT", "it is a section like any other", "its settings hold in every section")
	}
	if first, again := c.sections[name]; again {
		c.add(n, fmt.Sprintf("a second section [%s] (first on line %d)", name, first), "the two are merged, the last value wins", "the file cannot be parsed")
	}
	c.sections[name] = n
	c.defaults(n, name)
}

// defaults compares the two ways to write the default profile in config.
func (c *comparer) defaults(n int, name string) {
	twin := map[string]string{"default": "profile default", "profile default": "default"}[name]
	if first, both := c.sections[twin]; c.kind == Config && twin != "" && both {
		c.add(n, fmt.Sprintf("[%s] beside [%s] (line %d)", name, twin, first), "[profile default] counts", "["+name+"], the later one, counts")
	}
}

// key compares the readings of a setting.
func (c *comparer) key(n int, l iniLine) {
	if first, again := c.keys[l.key]; again {
		c.add(n, fmt.Sprintf("%s appears twice (first on line %d)", l.key, first), "the last wins", "the file cannot be parsed")
	}
	c.keys[l.key] = n
	raw := string(c.src[l.value[0]:l.value[1]])
	if l.comment[1] > l.comment[0] {
		c.add(n, "a comment behind the value of "+l.key, "it is cut", "it is a part of the value")
	}
	switch {
	case loneQuote(raw):
		c.add(n, "the value of "+l.key+" is one quote character", "the SDK and Terraform crash", "it is the value")
	case unquote(raw) != raw:
		c.add(n, "quotes around the value of "+l.key, "they are cut", "they are a part of the value")
	}
	c.last, c.nested = l.key, raw == ""
}
