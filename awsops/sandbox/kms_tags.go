package sandbox

import (
	"slices"
	"strings"
)

type tagInput struct {
	KeyId   string
	Tags    []kmsTag
	TagKeys []string
}

func (s *Server) kmsTagResource(r *request, in tagInput) (any, error) {
	tags := kmsTags(in.Tags)
	key, err := s.taggableKey(r, in.KeyId, tags.requestConditions())
	if err != nil {
		return nil, err
	}
	for name, value := range tags {
		if strings.HasPrefix(strings.ToLower(name), "aws:") {
			return nil, kmsError("TagException", "Tags beginning with aws: are reserved")
		}
		key.tags[name] = value
	}
	return nil, nil
}

func (s *Server) kmsUntagResource(r *request, in tagInput) (any, error) {
	key, err := s.taggableKey(r, in.KeyId, map[string][]string{"aws:TagKeys": in.TagKeys})
	if err != nil {
		return nil, err
	}
	for _, name := range in.TagKeys {
		delete(key.tags, name)
	}
	return nil, nil
}

func (s *Server) taggableKey(r *request, id string, conditions map[string][]string) (*kmsKey, error) {
	key, err := s.kms.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorizeKey(r, r.operation, key, conditions); err != nil {
		return nil, err
	}
	return key, key.notPendingDeletion()
}

func (s *Server) kmsListResourceTags(r *request, in listInput) (map[string]any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	var entries []kmsEntry
	for _, name := range key.tags.names() {
		entries = append(entries, kmsEntry{name, map[string]any{"TagKey": name, "TagValue": key.tags[name]}})
	}
	return kmsPage("Tags", entries, in)
}

// kmsTag is a tag as KMS writes it.
type kmsTag struct{ TagKey, TagValue string }

func kmsTags(list []kmsTag) tagSet {
	tags := tagSet{}
	for _, t := range list {
		tags[t.TagKey] = t.TagValue
	}
	return tags
}

// tagSet is the tags of one resource.
type tagSet map[string]string

// names lists the keys of the tags in order.
func (t tagSet) names() []string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// requestConditions are the condition keys of a request that carries tags.
func (t tagSet) requestConditions() map[string][]string {
	conditions := map[string][]string{}
	for name, value := range t {
		conditions["aws:RequestTag/"+name] = []string{value}
		conditions["aws:TagKeys"] = append(conditions["aws:TagKeys"], name)
	}
	return conditions
}

// resourceConditions adds the condition keys of a tagged resource.
func (t tagSet) resourceConditions(conditions map[string][]string) map[string][]string {
	out := map[string][]string{}
	for name, values := range conditions {
		out[name] = values
	}
	for name, value := range t {
		out["aws:ResourceTag/"+name] = []string{value}
	}
	return out
}
