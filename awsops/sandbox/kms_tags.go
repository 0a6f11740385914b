package sandbox

import "strings"

// kmsTag is a tag as KMS writes it.
type kmsTag struct{ TagKey, TagValue string }

func kmsTags(list []kmsTag) tagSet {
	tags := tagSet{}
	for _, t := range list {
		tags[t.TagKey] = t.TagValue
	}
	return tags
}

type tagInput struct {
	keyIn
	Tags    []kmsTag
	TagKeys []string
}

func (s *kmsService) tagResource(r *request, in tagInput) (any, error) {
	tags := kmsTags(in.Tags)
	key, err := s.taggableKey(r, in.KeyId, tags.requestConditions())
	if err != nil {
		return nil, err
	}
	for name := range tags {
		if strings.HasPrefix(strings.ToLower(name), "aws:") {
			return nil, badRequest("TagException", "Tags beginning with aws: are reserved")
		}
	}
	key.tags.add(tags)
	return nil, nil
}

func (s *kmsService) untagResource(r *request, in tagInput) (any, error) {
	key, err := s.taggableKey(r, in.KeyId, map[string][]string{"aws:TagKeys": in.TagKeys})
	if err != nil {
		return nil, err
	}
	key.tags.remove(in.TagKeys)
	return nil, nil
}

func (s *kmsService) taggableKey(r *request, id string, conditions map[string][]string) (*kmsKey, error) {
	key, err := s.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorizeKey(r, r.operation, key, conditions); err != nil {
		return nil, err
	}
	return key, key.changeable()
}

func listResourceTags(_ *request, key *kmsKey, in listInput) (any, error) {
	return kmsPage("Tags", key.tags.list(), in, func(t tag) any { return kmsTag{t.Key, t.Value} })
}
