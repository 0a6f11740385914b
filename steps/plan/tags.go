package plan

import (
	"maps"
	"slices"

	"stateroom/steps/blueprint"
)

// TagsOf are what everything we make carries.
func TagsOf(a *blueprint.Answers) map[string]string {
	all := map[string]string{}
	maps.Copy(all, a.Tags)
	k, v := a.Tag()
	all[k] = v
	return all
}

// Ours tells whether have carries this blueprint's tag.
func Ours(a *blueprint.Answers, have map[string]string) bool {
	k, v := a.Tag()
	return have[k] == v
}

// MissingTags are the wanted tags that are not there with that value.
func MissingTags(have, want map[string]string) map[string]string {
	missing := map[string]string{}
	for k, v := range want {
		if have[k] != v {
			missing[k] = v
		}
	}
	return missing
}

// tagFields are the fields of a change that sets the missing tags of a thing.
func tagFields(have, missing map[string]string) []Field {
	var fields []Field
	for _, k := range slices.Sorted(maps.Keys(missing)) {
		fields = append(fields, Field{Name: "tag " + k, Before: have[k], After: missing[k]})
	}
	return fields
}
