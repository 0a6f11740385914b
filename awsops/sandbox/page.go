package sandbox

import (
	"maps"
	"slices"
	"strconv"
)

// inOrder gives the values of a map in the order of their keys.
func inOrder[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[key])
	}
	return out
}

// cut gives the page of a list that begins at a marker, "" for the first, and
// the marker of the next one, "" for the last; ok is false for a marker that
// none of them gave.
func cut[T any](items []T, marker string, size int) (shown []T, next string, ok bool) {
	start := 0
	if marker != "" {
		if start = atoi(marker); start <= 0 || start > len(items) {
			return nil, "", false
		}
	}
	end := min(start+size, len(items))
	if end < len(items) {
		next = strconv.Itoa(end)
	}
	return append([]T{}, items[start:end]...), next, true
}
