package blueprint

import (
	"slices"
	"sort"
	"strings"

	"github.com/agext/levenshtein"
)

// DidYouMean asks after the known name that a mistyped one is probably meant to be: the
// beginning of it, or a few letters away. It is a remark in brackets that begins with a
// space, and empty where none is near.
func DidYouMean(name string, known []string) string {
	meant, least := "", 1+len(name)/3
	for _, k := range known {
		d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(k), nil)
		if len(name) > 2 && strings.HasPrefix(strings.ToLower(k), strings.ToLower(name)) {
			d = min(d, 1)
		}
		if d < least {
			meant, least = k, d
		}
	}
	if meant == "" {
		return ""
	}
	return " (did you mean " + meant + "?)"
}

// nearestNames is how many suggestions a message carries at most.
const nearestNames = 3

// nearest names the known names nearest to an unknown one, nearest first, as
// the end of a sentence.
func nearest(name string, known []string) string {
	ranked := slices.Clone(known)
	sort.SliceStable(ranked, func(i, j int) bool {
		return levenshtein.Distance(name, ranked[i], nil) < levenshtein.Distance(name, ranked[j], nil)
	})
	if len(ranked) == 0 {
		return ""
	}
	return "; the nearest are " + strings.Join(ranked[:min(nearestNames, len(ranked))], ", ")
}
