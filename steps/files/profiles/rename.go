package profiles

import (
	"slices"
	"strings"

	"stateroom/steps/files"
)

// Misnamed finds the section that a person means by a profile which the AWS SDK
// does not find in a file: its header has the other file's form ([profile x] in
// credentials, [x] in config), odd spaces, or a name that differs in case or
// punctuation only. It gives the header's line, counted from 1, and the name as
// it stands there; a line of 0 where there is no such section, or more than one.
func Misnamed(kind Kind, file files.Snapshot, name string) (line int, written string) {
	if _, there := Read(kind, file, name); there {
		return 0, ""
	}
	for i, l := range iniLines(file.Bytes) {
		if l.typ != lineHeader {
			continue
		}
		found := looseName(l.text(file.Bytes))
		if plainName(found) != plainName(name) {
			continue
		}
		if line != 0 {
			return 0, ""
		}
		line, written = i+1, strings.TrimSpace(l.text(file.Bytes))
	}
	return line, written
}

// plainName is what is left of a name without case and punctuation.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_. ", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// HeaderLine gives the line of a profile's section, counted from 1; 0 without.
func HeaderLine(kind Kind, file files.Snapshot, name string) int {
	p, _ := Read(kind, file, name)
	return p.Line
}

// Rename gives the edit that makes the section header on a line, counted
// from 1, that of the named profile. Nothing but the header's own bytes
// changes. It is refused, with the line, where the result would not be read by
// every AWS tool as the same settings under the new name.
func Rename(kind Kind, file files.Snapshot, line int, name string) (files.Edit, error) {
	lines := iniLines(file.Bytes)
	unsafe := refusal(file.Path, line, "the section cannot be renamed so that every AWS tool agrees about the result", "rename it by hand")
	if line < 1 || line > len(lines) || lines[line-1].typ != lineHeader || !newName.MatchString(name) {
		return files.Edit{}, unsafe
	}
	if err := refuseBytes(file.Path, file.Bytes); err != nil {
		return files.Edit{}, err
	}
	if _, there := Read(kind, file, name); there {
		return files.Edit{}, refusal(file.Path, line, "there is a profile "+name+" already", "merge the two sections")
	}
	l := lines[line-1]
	text := l.text(file.Bytes)
	code := strings.TrimRight(cutComment(text), " \t")
	if !strings.HasSuffix(code, "]") {
		return files.Edit{}, unsafe
	}
	header := "[" + kind.header(name) + "]"
	out := files.Edit{
		Before: file, Mode: 0o600, Redact: redact,
		Fields: []files.Field{files.NewField("profile", strings.TrimSpace(code), header, false)},
	}
	var s files.Splices
	s.Add(l.start, l.start+len(code), header)
	out.After = s.Apply(file.Bytes)
	if !renamed(kind, file, out.After, line, name) {
		return files.Edit{}, unsafe
	}
	return out, nil
}

// renamed proves a rename: only that section has another name, and the SDK
// finds under it what stood in the section.
func renamed(kind Kind, file files.Snapshot, after []byte, line int, name string) bool {
	was, errBefore := parseINI(file.Path, file.Bytes)
	now, errAfter := parseINI(file.Path, after)
	if errBefore != nil || errAfter != nil || len(was.sections) != len(now.sections) || len(was.entries) != len(now.entries) {
		return false
	}
	changed := 0
	for i := range was.sections {
		if was.sections[i] != now.sections[i] {
			changed++
		}
	}
	same := slices.EqualFunc(was.entries, now.entries, func(a, b iniEntry) bool {
		a.name = b.name
		return a.equal(b)
	})
	next := files.Snapshot{Path: file.Path, Bytes: after}
	p, there := Read(kind, next, name)
	if _, err := headersOf(after, iniLines(after)).find(kind, file.Path, Wanted{Name: name}); err != nil {
		return false
	}
	return changed == 1 && same && there && p.Line == line
}

// SSOSession gives an [sso-session x] section of the config file, and whether it
// is there.
func SSOSession(config files.Snapshot, name string) (Profile, bool) {
	r := readSections(config.Bytes)
	i, there := r.at[ssoSession+name]
	if !there {
		return Profile{Name: name}, false
	}
	return r.sections[i], true
}
