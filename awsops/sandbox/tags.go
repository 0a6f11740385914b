package sandbox

import (
	"maps"
	"slices"
)

// tag is a tag in an answer.
type tag struct{ Key, Value string }

// tagSet is the tags of one resource.
type tagSet map[string]string

// tagsOf reads a list of tags.
func tagsOf(list []tag) tagSet {
	tags := tagSet{}
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}

// list gives the tags in the order of their keys.
func (t tagSet) list() []tag {
	out := []tag{}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		out = append(out, tag{key, t[key]})
	}
	return out
}

func (t tagSet) add(more tagSet) { maps.Copy(t, more) }

func (t tagSet) remove(keys []string) {
	for _, key := range keys {
		delete(t, key)
	}
}

// requestConditions are the condition keys of a request that carries tags.
func (t tagSet) requestConditions() map[string][]string {
	conditions := map[string][]string{}
	for key, value := range t {
		conditions["aws:RequestTag/"+key] = []string{value}
		conditions["aws:TagKeys"] = append(conditions["aws:TagKeys"], key)
	}
	return conditions
}

// resourceConditions adds the condition keys of a tagged resource.
func (t tagSet) resourceConditions(conditions map[string][]string) map[string][]string {
	out := map[string][]string{}
	maps.Copy(out, conditions)
	for key, value := range t {
		out["aws:ResourceTag/"+key] = []string{value}
	}
	return out
}
