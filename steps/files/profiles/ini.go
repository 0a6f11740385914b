package profiles

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"gopkg.in/ini.v1"

	"stateroom/steps/files"
)

// iniOptions make ini.v1 read what the AWS SDKs read: measured quirk by quirk
// against v1.67.3. Reading only; saving loses comments, blank lines, CRLF and
// alignment whatever the options, so nothing here ever saves.
var iniOptions = ini.LoadOptions{
	IgnoreInlineComment:        true,   // ; and # are legal in secrets
	IgnoreContinuation:         true,   // so is a trailing backslash
	PreserveSurroundedQuote:    true,   // quotes are cut by meaning()
	AllowNestedValues:          true,   // s3 = and its indented lines
	ChildSectionDelimiter:      "\x00", // acme.prod inherits nothing from acme
	SkipUnrecognizableLines:    true,   // as the Go SDK does
	AllowNonUniqueSections:     true,   // duplicates must be seen,
	AllowShadows:               true,   // of keys too,
	AllowDuplicateShadowValues: true,   // and those with equal values
}

// iniEntry is one key as ini.v1 read it, comparable field by field.
type iniEntry struct {
	section int // counted from 0 in the order of the file, ini.v1's DEFAULT first
	name    string
	key     string
	values  []string // more than one when the key is repeated
	nested  []string
}

func (e iniEntry) equal(o iniEntry) bool {
	return e.section == o.section && e.name == o.name && e.key == o.key &&
		slices.Equal(e.values, o.values) && slices.Equal(e.nested, o.nested)
}

// iniModel is what a file means: its sections and, in order, all its keys.
type iniModel struct {
	sections []string
	entries  []iniEntry
}

// parseINI reads src with ini.v1. The error of ini.v1 quotes the line it fails
// on, which may hold a secret, so only the line's number is passed on.
func parseINI(path string, src []byte) (iniModel, error) {
	f, err := ini.LoadSources(iniOptions, src)
	if err != nil {
		return iniModel{}, &files.Error{
			Action: "read", Path: path, Line: failingLine(src),
			Problem: "this line is not in the format of AWS configuration files",
			Remedy:  "correct or remove it",
		}
	}
	var m iniModel
	for i, section := range f.Sections() {
		m.sections = append(m.sections, section.Name())
		for _, key := range section.Keys() {
			m.entries = append(m.entries, iniEntry{
				section: i, name: section.Name(), key: key.Name(),
				values: allValues(key), nested: key.NestedValues(),
			})
		}
	}
	return m, nil
}

// allValues gives every value of a key, empty ones too (ValueWithShadows drops
// those), with Value() so that %(x)s stays as it is.
func allValues(key *ini.Key) []string {
	shadows := key.ValueWithShadows()
	if len(shadows) == 0 || shadows[0] != key.Value() {
		return append([]string{key.Value()}, shadows...)
	}
	return shadows
}

// failingLine finds the first line that ini.v1 refuses, counted from 1.
func failingLine(src []byte) int {
	lines := iniLines(src)
	n := sort.Search(len(lines), func(i int) bool {
		_, err := ini.LoadSources(iniOptions, src[:lines[i].next])
		return err != nil
	})
	return n + 1
}

// withAll gives the model that m must become when sections get these keys set and
// removed: what the parsed result is compared with. It makes one pass over the file.
func (m iniModel) withAll(kind Kind, profiles []Wanted) iniModel {
	there := make(map[string]int, len(m.sections))
	for i, name := range m.sections {
		if _, again := there[name]; !again {
			there[name] = i
		}
	}
	edited := map[int]Wanted{}
	var fresh []Wanted
	for _, e := range profiles {
		if at, ok := there[e.header(kind)]; ok {
			edited[at] = e
		} else if len(e.Set) > 0 {
			fresh = append(fresh, e)
		}
	}
	want, rest := iniModel{sections: m.sections}, m.entries
	for at := range m.sections {
		n := slices.IndexFunc(rest, func(entry iniEntry) bool { return entry.section != at })
		if n < 0 {
			n = len(rest)
		}
		own := rest[:n]
		rest = rest[n:]
		if e, ok := edited[at]; ok {
			own = withKeys(own, at, m.sections[at], e)
		}
		want.entries = append(want.entries, own...)
	}
	for _, e := range fresh {
		want = want.and(e.header(kind), e.Set)
	}
	return want
}

// withKeys gives a section's entries as they must become.
func withKeys(entries []iniEntry, at int, section string, e Wanted) (want []iniEntry) {
	set := map[string]string{}
	for _, kv := range e.Set {
		set[kv.Key] = kv.Value.Reveal()
	}
	for _, entry := range entries {
		key := strings.ToLower(entry.key)
		if slices.Contains(e.Remove, key) {
			continue
		}
		if value, ok := set[key]; ok {
			if meaning(entry.values[len(entry.values)-1]) != value {
				entry.values, entry.nested = []string{value}, nil
			}
			delete(set, key)
		}
		want = append(want, entry)
	}
	for _, kv := range e.Set {
		if value, ok := set[kv.Key]; ok {
			want = append(want, iniEntry{section: at, name: section, key: kv.Key, values: []string{value}})
		}
	}
	return want
}

// and gives the model with a new section at its end.
func (m iniModel) and(section string, set []KeyValue) iniModel {
	at := len(m.sections)
	m.sections = append(m.sections, section)
	for _, kv := range set {
		m.entries = append(m.entries, iniEntry{section: at, name: section, key: kv.Key, values: []string{kv.Value.Reveal()}})
	}
	return m
}

// without gives the model without these sections, which hold nothing. It makes one pass over
// the file.
func (m iniModel) without(sections []string) iniModel {
	if len(sections) == 0 {
		return m
	}
	drop := map[string]int{}
	for _, name := range sections {
		drop[name]++
	}
	out := iniModel{entries: slices.Clone(m.entries)}
	before := make([]int, len(m.sections)) // how many have gone before each
	for i, name := range m.sections {
		before[i] = i - len(out.sections)
		if drop[name] > 0 {
			drop[name]--
			continue
		}
		out.sections = append(out.sections, name)
	}
	for i := range out.entries {
		out.entries[i].section -= before[out.entries[i].section]
	}
	return out
}

func (m iniModel) equal(o iniModel) bool {
	return slices.Equal(m.sections, o.sections) && slices.EqualFunc(m.entries, o.entries, iniEntry.equal)
}

// hasBOM gives the name of the byte order mark that src starts with, or "".
func hasBOM(src []byte) string {
	for _, bom := range []struct {
		name string
		mark []byte
	}{
		{"UTF-8", []byte{0xEF, 0xBB, 0xBF}},
		{"UTF-16", []byte{0xFF, 0xFE}},
		{"UTF-16", []byte{0xFE, 0xFF}},
	} {
		if bytes.HasPrefix(src, bom.mark) {
			return bom.name
		}
	}
	return ""
}
