package awsops

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tagList turns tags into a service's own tag type, sorted by key so that the
// same tags always make the same call.
func tagList[T any](tags map[string]string, build func(key, value *string) T) []T {
	var list []T
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, build(aws.String(key), aws.String(tags[key])))
	}
	return list
}

// tagMap is the way back.
func tagMap[T any](list []T, split func(T) (key, value *string)) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		key, value := split(t)
		tags[aws.ToString(key)] = aws.ToString(value)
	}
	return tags
}

// optional leaves an empty argument out of the call.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return aws.String(text)
}
