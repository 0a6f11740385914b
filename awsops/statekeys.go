package awsops

import (
	"context"
	"slices"
	"strings"
)

// StateKeys lists, sorted, the keys at which a backend "s3" keeps the states of a
// project: key for the default workspace, prefix/WORKSPACE/key for any other. A
// bucket that is not there holds none.
func (s *Session) StateKeys(ctx context.Context, bucket, prefix, key string) ([]string, error) {
	var all []string
	for begin, mine := range map[string]func(string) bool{
		key:          func(found string) bool { return found == key },
		prefix + "/": func(found string) bool { return workspaceOf(found, prefix, key) != "" },
	} {
		keys, err := s.ObjectKeys(ctx, bucket, begin)
		if IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, found := range keys {
			if mine(found) {
				all = append(all, found)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// workspaceOf is the workspace whose state lies at found, empty for none. A
// workspace's name has no slash, which tells "env:/a/b/key" from the state of b/key.
func workspaceOf(found, prefix, key string) string {
	rest, in := strings.CutPrefix(found, prefix+"/")
	name, at, cut := strings.Cut(rest, "/")
	if !in || !cut || at != key {
		return ""
	}
	return name
}
