package profiles

import (
	"slices"
	"strings"

	"stateroom/steps/files"
)

// EditAll gives the edit that makes several profiles of one file hold what
// the edits say, each under the rules of [Edit]. Profiles that are not
// there yet are added together, so that a thousand of them cost one pass.
func EditAll(kind Kind, file files.Snapshot, profiles []Wanted) (files.Edit, error) {
	all := files.Edit{Before: file, After: file.Bytes, Mode: 0o600, Redactor: redactor{}}
	lines := iniLines(file.Bytes)
	there := map[string]Profile{}
	for _, p := range All(kind, file) {
		there[p.Name] = p
	}
	var fresh []Wanted
	for _, e := range profiles {
		at, err := findSection(kind, file.Path, e.Name, file.Bytes, lines)
		switch {
		case err != nil:
			return files.Edit{}, err
		case at < 0:
			fresh = append(fresh, e)
			continue
		case there[e.Name].holds(e):
			continue
		}
		next := file
		next.Bytes = all.After
		one, err := Edit(kind, next, e)
		if err != nil {
			return files.Edit{}, err
		}
		all.Join(one)
	}
	if len(fresh) == 0 {
		return all, nil
	}
	next := file
	next.Bytes = all.After
	added, err := addProfiles(kind, next, fresh)
	if err != nil {
		return files.Edit{}, err
	}
	all.Join(added)
	return all, nil
}

// holds tells a profile in which nothing is to be changed.
func (p Profile) holds(e Wanted) bool {
	return !slices.ContainsFunc(e.Set, func(kv KeyValue) bool { return p.Get(kv.Key) != kv.Value.Reveal() }) &&
		!slices.ContainsFunc(e.Remove, func(key string) bool {
			return slices.ContainsFunc(p.Values, func(v Value) bool { return v.Key == key })
		})
}

// addProfiles appends profiles of which the file has none. The AWS SDK is asked
// for the first and the last of them: all are written by the same lines, and
// the parse of the whole is compared with what was intended.
func addProfiles(kind Kind, file files.Snapshot, profiles []Wanted) (files.Edit, error) {
	if err := refuseBytes(file.Path, file.Bytes); err != nil {
		return files.Edit{}, err
	}
	want, err := parseINI(file.Path, file.Bytes)
	if err != nil {
		return files.Edit{}, err
	}
	lines := iniLines(file.Bytes)
	for _, e := range profiles {
		if err := refuseDefaults(file.Path, file.Bytes, lines, e); err != nil {
			return files.Edit{}, err
		}
	}
	ed := editor{path: file.Path, src: file.Bytes, lines: lines, sec: sectionAt(lines, -1)}
	out := files.Edit{Before: file, Mode: 0o600, Redactor: redactor{}}
	named := map[string]bool{}
	for i, e := range profiles {
		if named[e.Name] {
			return files.Edit{}, refusal(file.Path, 0, "profile "+e.Name+" would be added twice", "")
		}
		named[e.Name] = true
		if e, err = e.normal(file.Path); err != nil {
			return files.Edit{}, err
		}
		if !newName.MatchString(e.Name) {
			return files.Edit{}, refusal(file.Path, 0, "the new profile's name has characters that not every AWS tool reads",
				"use letters, digits, _ and -")
		}
		ed.add(i, kind.header(e.Name), e.Set)
		want = want.and(kind.header(e.Name), e.Set)
		if i == 0 || i == len(profiles)-1 {
			out.Readers = append(out.Readers, profileRead{kind, file.Path, e})
		}
	}
	out.After, out.Fields = ed.splices.Apply(file.Bytes), ed.fields
	got, err := parseINI(file.Path, out.After)
	if err != nil || !got.equal(want) {
		return files.Edit{}, refusal(file.Path, 0, "its last lines are read in different ways by AWS tools, so the result would be uncertain",
			"write the profiles by hand")
	}
	return out, nil
}

// add appends the i-th new section, the later ones behind a blank line.
func (ed *editor) add(i int, header string, set []KeyValue) {
	for _, kv := range set {
		ed.fields = append(ed.fields, files.Field(files.Add, kv.Key, "", kv.Value.Reveal(), !public[kv.Key]))
	}
	if i == 0 {
		ed.append(header, set)
		return
	}
	var b strings.Builder
	eol := ed.eol(len(ed.lines) - 1)
	b.WriteString(eol)
	ed.writeSection(&b, header, set, eol)
	ed.splices.Add(len(ed.src), len(ed.src), b.String())
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
