package blueprint

import (
	"strings"

	"github.com/agext/levenshtein"
)

// DidYouMean asks after the known name that a mistyped one is probably meant to be: the
// beginning of it, or a few letters away, of which two that changed places are one. It is
// a remark in brackets that begins with a space, and empty where none is near.
func DidYouMean(name string, known []string) string {
	meant, least := "", 1+len(name)/3
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			meant, least = k, d
		}
	}
	if meant == "" {
		return ""
	}
	return " (did you mean " + meant + "?)"
}

// distance is how many letters lie between a name and a known one, 1 where it begins it.
func distance(name, known string) int {
	d := levenshtein.Distance(name, known, nil)
	if len(name) > 2 && strings.HasPrefix(known, name) {
		return min(d, 1)
	}
	for i := 1; i < len(name); i++ {
		swapped := name[:i-1] + name[i:i+1] + name[i-1:i] + name[i+1:]
		d = min(d, 1+levenshtein.Distance(swapped, known, nil))
	}
	return d
}
