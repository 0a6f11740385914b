package profiles

import (
	"slices"

	"stateroom/steps/files"
)

// Edit gives the edit that makes one profile of an AWS file hold what e
// says, with every other byte as it was. Only Path and Bytes of the snapshot
// are used. Values already right stay as they are written, so a second run
// changes nothing; an inline comment on a replaced line moves to a line of its
// own, since the AWS CLI would read it as a part of the value.
//
// It returns a [*ConflictError] when the profile has another way to its
// credentials, and an [*Error] that names the line when the file cannot be
// edited so that every AWS tool agrees about the result: byte order mark, NUL,
// bare carriage return, a duplicate of the section or of a touched setting, a
// header that only looks like the target's, an indented line after a touched
// setting, or that says itself that nobody is to edit it. Writing both parts of a key without a token removes a stale token.
func Edit(kind Kind, file files.Snapshot, e Wanted) (files.Edit, error) {
	return edit(kind, file, []Wanted{e})
}

// EditCredentials is [Edit] of the credentials file, which fails as well where what
// the config file holds under the profile's name stands against it.
func EditCredentials(credentials, config files.Snapshot, e Wanted) (files.Edit, error) {
	inConfig, _ := Read(Config, config, e.Name)
	if err := inConfig.Conflict(config.Path, e); err != nil {
		return files.Edit{}, err
	}
	return Edit(Credentials, credentials, e)
}

// EditAll gives the edit that makes several profiles of one file hold what
// the edits say, each under the rules of [Edit]. One that does already is not
// looked at further.
func EditAll(kind Kind, file files.Snapshot, profiles []Wanted) (files.Edit, error) {
	headers, there := headersOf(file.Bytes, iniLines(file.Bytes)), bySection(kind, file)
	var open []Wanted
	for _, e := range profiles {
		if _, err := headers.find(kind, file.Path, e); err != nil {
			return files.Edit{}, err
		}
		if !there[e.section()].holds(e) {
			open = append(open, e)
		}
	}
	return edit(kind, file, open)
}

// edit makes one pass over the profiles that are there, and one over those that are
// new: a thousand of them cost no more.
func edit(kind Kind, file files.Snapshot, profiles []Wanted) (files.Edit, error) {
	out := files.Edit{Before: file, After: file.Bytes, Mode: 0o600, Redact: redact}
	if len(profiles) == 0 {
		return out, nil
	}
	profiles, err := allNormal(file.Path, profiles)
	if err != nil {
		return files.Edit{}, err
	}
	if err := files.NotToBeEdited(file); err != nil {
		return files.Edit{}, err
	}
	if err := refuseBytes(file.Path, file.Bytes); err != nil {
		return files.Edit{}, err
	}
	want, err := parseINI(file.Path, file.Bytes)
	if err != nil {
		return files.Edit{}, err
	}
	ed := newEditor(kind, file.Path, file.Bytes)
	fresh, err := ed.editThose(bySection(kind, file), profiles)
	if err != nil {
		return files.Edit{}, err
	}
	end := newEditor(kind, file.Path, ed.splices.Apply(file.Bytes))
	end.fields = ed.fields
	for _, e := range fresh {
		end.append(e)
	}
	out.After, out.Fields = end.splices.Apply(end.src), end.fields
	want = want.withAll(kind, profiles).without(ed.dropped)
	if err := prove(kind, file.Path, want, out.After, profiles); err != nil {
		return files.Edit{}, err
	}
	out.Readers = readers(kind, file.Path, profiles, fresh)
	if out.Changes() && slices.ContainsFunc(profiles, Wanted.hides) {
		out.KeepPrivate()
	}
	return out, nil
}

// allNormal refuses a profile that is named twice, too.
func allNormal(path string, profiles []Wanted) ([]Wanted, error) {
	var out []Wanted
	named := map[string]bool{}
	for _, e := range profiles {
		if named[e.section()] {
			return nil, refusal(path, 0, e.String()+" would be added twice", "")
		}
		named[e.section()] = true
		e, err := e.normal(path)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// readAtMost is about how many of the profiles that were there the AWS SDK reads: it reads
// the whole file for each of them.
const readAtMost = 100

// readers lets the AWS SDK read every profile that was there, or some of very many, and of
// the new ones the first and the last: all are written by the same lines, and the parse of
// the whole is compared with what was intended.
func readers(kind Kind, path string, profiles, fresh []Wanted) []files.Reader {
	every := 1 + (len(profiles)-len(fresh))/readAtMost
	place := make(map[string]int, len(fresh))
	for i, f := range fresh {
		place[f.section()] = i
	}
	var out []files.Reader
	old := 0
	for _, e := range profiles {
		i, isNew := place[e.section()]
		read := i == 0 || i == len(fresh)-1
		if !isNew {
			read = old%every == 0
			old++
		}
		if read && !e.SSO && len(e.Set) > 0 { // a session is read with the profiles that name it
			out = append(out, profileRead{kind, path, e})
		}
	}
	return out
}

// hides tells whether a secret is written.
func (e Wanted) hides() bool {
	return slices.ContainsFunc(e.Set, func(kv KeyValue) bool { return kv.Key == SecretAccessKey || kv.Key == sessionToken })
}

// holds tells a profile in which nothing is to be changed.
func (p Profile) holds(e Wanted) bool {
	return !slices.ContainsFunc(e.Set, func(kv KeyValue) bool { return p.Get(kv.Key) != kv.Value.Reveal() }) &&
		!slices.ContainsFunc(e.Remove, func(key string) bool {
			return slices.ContainsFunc(p.Values, func(v Value) bool { return v.Key == key })
		})
}

// prove parses the result: ini.v1 must find exactly what was intended, and the
// SDK's reading must hold every value that was set and none that was removed.
func prove(kind Kind, path string, want iniModel, after []byte, profiles []Wanted) error {
	unsafe := func(e Wanted) error {
		return refusal(path, 0, "its lines around "+e.String()+" are read in different ways by AWS tools, so the result would be uncertain",
			"write the section by hand")
	}
	got, err := parseINI(path, after)
	if err != nil || !got.equal(want) {
		return unsafe(profiles[0])
	}
	read := bySection(kind, files.Snapshot{Path: path, Bytes: after})
	for _, e := range profiles {
		p, ok := read[e.section()]
		if !p.holds(e) || !ok && len(e.Set) > 0 {
			return unsafe(e)
		}
	}
	return nil
}
