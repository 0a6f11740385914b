package tf

import (
	"slices"
	"sort"

	"stateroom/steps/files"
)

// With gives the project as it will stand once the edits are made, so that a
// second editor can go on where a first one ended. Only what the edits do not
// change of the project's state on the disk is kept.
func (p *Project) With(edits []files.Edit) (*Project, error) {
	next := &Project{Dir: p.Dir, State: p.State}
	stands := slices.Clone(p.Files)
	configs := slices.Clone(p.configs)
	for _, e := range edits {
		file := e.Before
		file.Bytes = e.After
		if i := slices.IndexFunc(configs, func(c config) bool { return c.body != nil && c.file.Path == file.Path }); i >= 0 {
			body, err := parseHCL(file.Path, file.Bytes)
			if err != nil {
				return nil, err
			}
			configs[i] = config{file: file, body: body}
			continue
		}
		if i := slices.IndexFunc(stands, func(s files.Snapshot) bool { return s.Path == file.Path }); i >= 0 {
			stands[i] = file
		} else {
			stands = append(stands, file)
		}
	}
	sort.Slice(stands, func(i, j int) bool { return stands[i].Path < stands[j].Path })
	for _, file := range stands {
		if err := next.add(file); err != nil {
			return nil, err
		}
	}
	if err := next.complete(configs); err != nil {
		return nil, err
	}
	if p.own != nil {
		next.NoteStores(*p.own)
	}
	return next, nil
}

// Combine makes one edit of each file out of edits that follow one another, in
// the order in which the files come first.
func Combine(edits ...[]files.Edit) []files.Edit {
	var out []files.Edit
	for _, list := range edits {
		for _, e := range list {
			i := slices.IndexFunc(out, func(o files.Edit) bool { return o.Before.Path == e.Before.Path })
			if i < 0 {
				out = append(out, e)
				continue
			}
			out[i].Join(e)
		}
	}
	return out
}

// HCL is the terraform block with the backend, as a file of its own.
func (w Backend) HCL() []byte { return []byte(w.render(w.RequiredVersion)) }
