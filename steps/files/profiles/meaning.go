package profiles

import (
	"maps"
	"slices"
)

// fileMeaning is all that a file says, as the AWS SDK for Go reads it: the settings of
// every section, profile or not, and what nests under some of them.
type fileMeaning struct {
	sections map[string]map[string]string
	nested   []string
}

func meaningOf(src []byte) fileMeaning {
	r := readSections(src)
	m := fileMeaning{sections: map[string]map[string]string{}, nested: r.nested}
	for _, s := range r.sections {
		m.sections[s.Name] = map[string]string{}
		for _, v := range s.Values {
			m.sections[s.Name][v.Key] = v.Value.Reveal()
		}
	}
	return m
}

// with is what the file is to say once a section has these settings: what the result of
// an edit is compared with.
func (m fileMeaning) with(section string, e Wanted) fileMeaning {
	said, there := m.sections[section]
	if !there && len(e.Set) == 0 {
		return m
	}
	wanted := map[string]string{}
	maps.Copy(wanted, said)
	for _, key := range e.Remove {
		delete(wanted, key)
	}
	for _, kv := range e.Set {
		wanted[kv.Key] = kv.Value.Reveal()
	}
	m.sections = maps.Clone(m.sections)
	m.sections[section] = wanted
	return m
}

func (m fileMeaning) equal(o fileMeaning) bool {
	return maps.EqualFunc(m.sections, o.sections, maps.Equal) && slices.Equal(m.nested, o.nested)
}
