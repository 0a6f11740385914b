package profiles

import (
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// Value is one setting of a profile with its place.
type Value struct {
	Key   string // lower case
	Value secret.Secret
	Line  int // counted from 1
}

// Profile is a profile of one file as the AWS SDK for Go, and so Terraform,
// reads it: keys in lower case, quotes and inline comments cut, the last of
// duplicates winning. Nested settings (s3 = and its indented lines) are left
// out. [Disagreements] says where the AWS CLI reads something else.
type Profile struct {
	Name   string
	Line   int // of the first header, counted from 1
	Values []Value
}

// Get returns the text of a setting, empty when it is missing or empty.
func (p Profile) Get(key string) string {
	for _, v := range p.Values {
		if v.Key == key {
			return v.Value.Reveal()
		}
	}
	return ""
}

// Read gives the named profile of a file, and whether it is there.
func Read(kind Kind, file files.Snapshot, name string) (Profile, bool) {
	for _, p := range All(kind, file) {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{Name: name}, false
}

// KeyID is the id of the access key that a profile of the credentials file holds, or
// empty.
func KeyID(credentials files.Snapshot, name string) string {
	p, _ := Read(Credentials, credentials, name)
	return p.Get(AccessKeyID)
}

// All gives the profiles of a file in its order. Sections that are no
// profiles (sso-session, services, names without "profile " in config, names
// with it in credentials) are left out, as the SDK leaves them out.
func All(kind Kind, file files.Snapshot) []Profile { return readSections(file.Bytes).profiles(kind) }

func (r reader) profiles(kind Kind) []Profile {
	var out []Profile
	for _, p := range r.sections {
		name, ok := kind.profile(p.Name)
		_, shadowed := r.at["profile "+p.Name] // [profile default] hides [default]
		if !ok || kind == Config && shadowed {
			continue
		}
		p.Name = name
		out = append(out, p)
	}
	return out
}

// ByName are the profiles of a file by their names: whoever asks about many of them reads
// the file once.
func ByName(kind Kind, file files.Snapshot) map[string]Profile {
	return named(readSections(file.Bytes).profiles(kind))
}

func named(list []Profile) map[string]Profile {
	out := make(map[string]Profile, len(list))
	for _, p := range list {
		out[p.Name] = p
	}
	return out
}

// bySection are the profiles of a file by their names, and its sso-sessions by their
// headers.
func bySection(kind Kind, file files.Snapshot) map[string]Profile {
	r := readSections(file.Bytes)
	out := named(r.profiles(kind))
	for _, p := range r.sections {
		if kind == Config && strings.HasPrefix(p.Name, ssoSession) {
			out[p.Name] = p
		}
	}
	return out
}

// profile gives the profile that a section name stands for.
func (k Kind) profile(section string) (string, bool) {
	name, prefixed := strings.CutPrefix(section, "profile ")
	if k == Credentials {
		return section, !prefixed
	}
	return name, prefixed || strings.EqualFold(section, defaultProfile)
}

// reader follows the SDK's parser line by line.
type reader struct {
	src      []byte
	sections []Profile
	at       map[string]int // section name → index in sections
	current  *Profile       // nil before the first section
	open     bool           // the last key had an empty value: indented lines nest under it
	any      bool           // the section has had a key since its header
}

func readSections(src []byte) reader {
	r := reader{src: src, at: map[string]int{}}
	n := 0
	for l := range eachLine(src) {
		n++
		r.line(n, l)
	}
	return r
}

func (r *reader) line(n int, l iniLine) {
	switch l.typ {
	case lineHeader:
		if name, ok := sdkSection(l.text(r.src)); ok {
			r.section(n, name)
		}
	case lineKey:
		r.set(n, l.key, unquote(string(r.src[l.value[0]:l.value[1]])))
	case lineIndented:
		r.indented(n, l.text(r.src))
	case lineBlank, lineComment, lineJunk:
	}
}

func (r *reader) section(n int, name string) {
	i, ok := r.at[name]
	if !ok {
		i = len(r.sections)
		r.at[name] = i
		r.sections = append(r.sections, Profile{Name: name, Line: n})
	}
	r.current, r.any, r.open = &r.sections[i], false, false
}

// indented nests under an empty key; after any other key the SDK promotes the
// line to a key of the section.
func (r *reader) indented(n int, text string) {
	if r.any && r.open {
		return
	}
	key, value, ok := cutKey(text)
	if ok {
		r.set(n, key, unquote(strings.TrimSpace(cutComment(unquote(value)))))
	}
}

func (r *reader) set(n int, key, value string) {
	if r.current == nil {
		return
	}
	r.any, r.open = true, value == ""
	v := Value{Key: key, Value: secret.New(value), Line: n}
	for i := range r.current.Values {
		if r.current.Values[i].Key == key {
			r.current.Values[i] = v
			return
		}
	}
	r.current.Values = append(r.current.Values, v)
}

// cutKey divides a line at its first = or :, without looking for comments.
func cutKey(text string) (key, value string, ok bool) {
	i := strings.IndexAny(text, "=:")
	if i < 0 {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(text[:i])), strings.TrimSpace(text[i+1:]), true
}

// sdkSection gives the section name that the SDK reads from a header, and
// false for a header that it does not recognise, such as "[p] junk".
func sdkSection(line string) (string, bool) {
	if i := strings.IndexAny(line, "#;"); i >= 0 {
		line = line[:i]
	}
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "[") || !strings.HasSuffix(line, "]") || len(line) < 2 {
		return "", false
	}
	return joinType(strings.TrimSpace(line[1 : len(line)-1])), true
}

// joinType makes "profile   x" and "profile\tx" into "profile x".
func joinType(name string) string {
	i := strings.IndexAny(name, " \t")
	if i <= 0 {
		return name
	}
	return name[:i] + " " + strings.TrimLeft(name[i:], " \t")
}
