package files

import (
	"bytes"
	"slices"
	"sort"
)

// Splices are replacements of byte ranges in one text: the only way in which
// an editor changes one, so that what lies between them is kept by
// construction.
type Splices []splice

type splice struct {
	start, end int // the bytes that go
	text       string
}

// Add puts text in the place of the bytes from start to end.
func (s *Splices) Add(start, end int, text string) {
	*s = append(*s, splice{start, end, text})
}

// Covers tells whether the bytes from start to end go.
func (s Splices) Covers(start, end int) bool {
	return slices.ContainsFunc(s, func(x splice) bool { return x.start <= start && end <= x.end && start < end })
}

// Apply gives src with all replacements made. Splices at the same place keep
// the order in which they were added; an insertion at the start of a removed
// range comes before it.
func (s Splices) Apply(src []byte) []byte {
	if len(s) == 0 {
		return bytes.Clone(src)
	}
	sorted := slices.Clone(s)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		return a.start < b.start || a.start == b.start && a.end < b.end
	})
	var out []byte
	at := 0
	for _, x := range sorted {
		out = append(out, src[at:x.start]...)
		out = append(out, x.text...)
		at = x.end
	}
	return append(out, src[at:]...)
}
