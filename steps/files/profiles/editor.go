package profiles

import (
	"bytes"
	"strings"

	"stateroom/steps/files"
)

// section is the target's place among the lines: its header and the line after
// its last one. A section that is not there has header -1.
type section struct{ header, end int }

// sectionAt finds where the section of a header ends: at the next line that any
// parser takes for a header.
func sectionAt(lines []iniLine, header int) section {
	if header < 0 {
		return section{-1, -1}
	}
	for i := header + 1; i < len(lines); i++ {
		if lines[i].typ == lineHeader {
			return section{header, i}
		}
	}
	return section{header, len(lines)}
}

// editor collects the splices of a file's profiles.
type editor struct {
	kind    Kind
	path    string
	src     []byte
	lines   []iniLine
	sec     section // at work
	splices files.Splices
	fields  []files.Field
	// usual is the file's own separator, as far as it was asked for.
	usual   *separator
	dropped []string // the headers of the sections that go
}

func newEditor(kind Kind, path string, src []byte) *editor {
	return &editor{kind: kind, path: path, src: src, lines: iniLines(src), sec: sectionAt(nil, -1)}
}

// editThose edits the profiles that are there, and gives the others.
func (ed *editor) editThose(there map[string]Profile, profiles []Wanted) (fresh []Wanted, err error) {
	headers, defaults := headersOf(ed.src, ed.lines), defaultsOf(ed.src, ed.lines)
	for _, e := range profiles {
		if err := defaults.refuse(ed.path, e); err != nil {
			return nil, err
		}
		header, err := headers.find(ed.kind, ed.path, e)
		switch {
		case err != nil:
			return nil, err
		case header < 0 && !newName.MatchString(e.Name):
			return nil, refusal(ed.path, 0, "the new profile's name has characters that not every AWS tool reads",
				"use letters, digits, _ and -")
		case header < 0:
			fresh = append(fresh, e)
			continue
		}
		if err := there[e.section()].Conflict(ed.path, e); err != nil {
			return nil, err
		}
		ed.sec = sectionAt(ed.lines, header)
		if err := ed.edit(e); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// edit brings the settings of the section at work to what is wanted.
func (ed *editor) edit(e Wanted) error {
	at, err := ed.keys(e)
	if err != nil {
		return err
	}
	if e.Drop && ed.empties(at) {
		return ed.drop(e, at)
	}
	for _, key := range e.Remove {
		if i, ok := at[key]; ok {
			if err := ed.remove(i); err != nil {
				return err
			}
		}
	}
	var missing []KeyValue
	for _, kv := range e.Set {
		i, ok := at[kv.Key]
		if !ok {
			missing = append(missing, kv)
			ed.fields = append(ed.fields, kv.added())
			continue
		}
		if err := ed.replace(i, kv); err != nil {
			return err
		}
	}
	if next := ed.sec.end; len(missing) > 0 && next < len(ed.lines) && ed.lines[next].indented(ed.src) {
		return refusal(ed.path, next+1, "the section header is indented, so the AWS CLI would read it as a part of the setting before it",
			"remove the white space at its start")
	}
	ed.insert(missing)
	return nil
}

// empties tells whether nothing but blank lines is left of the section at work without these
// settings.
func (ed *editor) empties(gone map[string]int) bool {
	for i := ed.sec.header + 1; i < ed.sec.end; i++ {
		l := ed.lines[i]
		if at, goes := gone[l.key]; l.typ != lineBlank && !(l.typ == lineKey && goes && at == i) {
			return false
		}
	}
	return true
}

// drop takes the section at work away with its settings; of the last one the blank line
// before it, too.
func (ed *editor) drop(e Wanted, gone map[string]int) error {
	for _, key := range e.Remove {
		i, there := gone[key]
		if !there {
			continue
		}
		if err := refuseContinued(ed.path, ed.src, ed.lines, i); err != nil {
			return err
		}
		ed.fields = append(ed.fields, files.NewField(key, unquote(ed.raw(ed.lines[i])), "", !public[key]))
	}
	from := ed.sec.header
	if ed.sec.end == len(ed.lines) && from > 0 && ed.lines[from-1].typ == lineBlank {
		from--
	}
	ed.splices.Add(ed.lines[from].start, ed.lines[ed.sec.end-1].next, "")
	ed.dropped = append(ed.dropped, e.header(ed.kind))
	return nil
}

// keys gives the lines of the settings that e touches.
func (ed *editor) keys(e Wanted) (map[string]int, error) {
	touched := map[string]bool{}
	for _, kv := range e.Set {
		touched[kv.Key] = true
	}
	for _, key := range e.Remove {
		touched[key] = true
	}
	at := map[string]int{}
	if err := refuseKeys(ed.path, ed.src, ed.lines, ed.sec, touched); err != nil {
		return nil, err
	}
	for i := ed.sec.header + 1; i < ed.sec.end; i++ {
		if l := ed.lines[i]; l.typ == lineKey && touched[l.key] {
			at[l.key] = i
		}
	}
	return at, nil
}

func (ed *editor) raw(l iniLine) string { return string(ed.src[l.value[0]:l.value[1]]) }

func (ed *editor) remove(i int) error {
	if err := refuseContinued(ed.path, ed.src, ed.lines, i); err != nil {
		return err
	}
	l := ed.lines[i]
	ed.splices.Add(l.start, l.next, "")
	ed.fields = append(ed.fields, files.NewField(l.key, unquote(ed.raw(l)), "", !public[l.key]))
	return nil
}

// replace puts a new value in the place of the old one's bytes.
func (ed *editor) replace(i int, kv KeyValue) error {
	l, value := ed.lines[i], kv.Value.Reveal()
	old := unquote(ed.raw(l))
	if old == value {
		return nil
	}
	if err := refuseContinued(ed.path, ed.src, ed.lines, i); err != nil {
		return err
	}
	ed.fields = append(ed.fields, files.NewField(kv.Key, old, value, !public[kv.Key]))
	if l.value[0] == l.value[1] && l.value[0] > l.start+1 && ed.src[l.value[0]-2] == ' ' {
		value = " " + value // "key =" goes on as "key = value"
	}
	comment := strings.TrimSpace(string(ed.src[l.comment[0]:l.comment[1]]))
	if comment == "" {
		ed.splices.Add(l.value[0], l.value[1], value)
		return nil
	}
	ed.splices.Add(l.start, l.start, comment+ed.eol(i))
	ed.splices.Add(l.value[0], l.end, value)
	return nil
}

// insert adds the missing settings after the section's last real line. An indented
// comment counts as real: right after it ends a nested block, while before it one
// would tear the block. Unindented comments and blank lines at the end belong to
// what follows.
func (ed *editor) insert(missing []KeyValue) {
	if len(missing) == 0 {
		return
	}
	last := ed.sec.header
	for i := last + 1; i < ed.sec.end; i++ {
		l := ed.lines[i]
		if l.typ != lineBlank && (l.typ != lineComment || l.indented(ed.src)) {
			last = i
		}
	}
	at, eol := ed.lines[last].next, ed.eol(last)
	var b strings.Builder
	if at == ed.lines[last].end && !ed.splices.Covers(ed.lines[last].start, at) {
		b.WriteString(eol) // the file ends without one
	}
	ed.writeKeys(&b, missing, eol)
	ed.splices.Add(at, at, b.String())
}

// append adds a section at the end of the file, a blank line before it.
func (ed *editor) append(e Wanted) {
	if len(e.Set) == 0 {
		return // nothing to remove from a profile that is not there
	}
	eol := ed.eol(len(ed.lines) - 1)
	var b strings.Builder
	if len(ed.splices) > 0 {
		b.WriteString(eol) // behind another new section
	} else if n := len(ed.lines); n > 0 {
		if l := ed.lines[n-1]; l.next == l.end {
			b.WriteString(eol)
		}
		if ed.lines[n-1].typ != lineBlank {
			b.WriteString(eol)
		}
	}
	b.WriteString("[" + e.header(ed.kind) + "]" + eol)
	ed.writeKeys(&b, e.Set, eol)
	ed.splices.Add(len(ed.src), len(ed.src), b.String())
	for _, kv := range e.Set {
		ed.fields = append(ed.fields, kv.added())
	}
}

func (ed *editor) writeKeys(b *strings.Builder, list []KeyValue, eol string) {
	style := ed.style()
	for _, kv := range list {
		b.WriteString(kv.Key + style.between(kv.Key) + kv.Value.Reveal() + eol)
	}
}

// added describes the setting where it is new.
func (kv KeyValue) added() files.Field {
	return files.NewField(kv.Key, "", kv.Value.Reveal(), !public[kv.Key])
}

// eol gives the line ending in use at line i: its own, else that of the nearest
// line before, else a line feed.
func (ed *editor) eol(i int) string {
	for ; i >= 0; i-- {
		if l := ed.lines[i]; l.next > l.end {
			return string(ed.src[l.end:l.next])
		}
	}
	return "\n"
}

// separator is how a file writes the bytes between a key and its value.
type separator struct {
	text   string // such as " = "
	column int    // where = stands in every line of the section; 0 when not aligned
}

func (s separator) between(key string) string {
	if s.column == 0 {
		return s.text
	}
	sign := strings.TrimLeft(s.text, " ")
	return strings.Repeat(" ", max(1, s.column-len(key))) + sign
}

// style copies the section's own separator, else the file's, else " = ".
func (ed *editor) style() separator {
	if ed.sec.header >= 0 {
		if s, ok := ed.styleOf(ed.lines[ed.sec.header:ed.sec.end]); ok {
			return s
		}
	}
	if ed.usual == nil { // every new section asks for it
		ed.usual = &separator{text: " = "}
		if s, ok := ed.styleOf(ed.lines); ok {
			ed.usual.text = s.text
		}
	}
	return *ed.usual
}

func (ed *editor) styleOf(lines []iniLine) (separator, bool) {
	var out separator
	columns, lengths := map[int]bool{}, map[int]bool{}
	for _, l := range lines {
		if l.typ != lineKey || l.value[0] == l.value[1] {
			continue
		}
		key := bytes.TrimRight(ed.src[l.start:l.start+bytes.IndexAny(ed.src[l.start:l.end], "=:")], " \t")
		out.text = string(ed.src[l.start+len(key) : l.sepEnd])
		column := len(key) + strings.IndexAny(out.text, "=:")
		columns[column], lengths[len(key)] = true, true
		out.column = column
	}
	if out.text == "" {
		return out, false
	}
	if len(columns) > 1 || len(lengths) < 2 || strings.Contains(out.text, "\t") {
		out.column = 0
	}
	if sign := strings.TrimLeft(out.text, " "); out.column == 0 && len(out.text)-len(sign) > 1 {
		out.text = " " + sign // padding of a line alone is no style
	}
	return out, true
}
