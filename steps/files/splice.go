package files

import (
	"bytes"
	"slices"
)

// splices are replacements of byte ranges in one text: the only way in which
// this package changes one, so that what lies between them is kept by
// construction.
type splices []splice

type splice struct {
	start, end int // the bytes that go
	text       string
}

func (s *splices) add(start, end int, text string) {
	*s = append(*s, splice{start, end, text})
}

// covers tells whether the bytes from start to end go.
func (s splices) covers(start, end int) bool {
	return slices.ContainsFunc(s, func(x splice) bool { return x.start <= start && end <= x.end && start < end })
}

// apply gives src with all replacements made. Splices at the same place keep
// the order in which they were added; an insertion at the start of a removed
// range comes before it.
func (s splices) apply(src []byte) []byte {
	if len(s) == 0 {
		return bytes.Clone(src)
	}
	sorted := slices.Clone(s)
	slices.SortStableFunc(sorted, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
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
