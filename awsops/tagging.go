package awsops

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

// OtherResources lists ARNs of the session's region that carry or once carried
// tags, but not the tag besides: a hint at what else lives in the account, from
// one call and its first hundred resources, no inventory.
func (s *Session) OtherResources(ctx context.Context, besides string) ([]string, error) {
	answer, err := s.tagging().GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{ResourcesPerPage: aws.Int32(100)})
	if err != nil {
		return nil, s.fail(err, "")
	}
	others := slices.DeleteFunc(answer.ResourceTagMappingList, func(m types.ResourceTagMapping) bool {
		return slices.ContainsFunc(m.Tags, func(t types.Tag) bool { return aws.ToString(t.Key) == besides })
	})
	return resourceARNs(others), nil
}

// taggedResources lists the ARNs of one type ("kms:key") with a tag's value.
func (s *Session) taggedResources(ctx context.Context, resourceType, key, value string) ([]string, error) {
	pages := resourcegroupstaggingapi.NewGetResourcesPaginator(s.tagging(), &resourcegroupstaggingapi.GetResourcesInput{
		ResourceTypeFilters: []string{resourceType},
		TagFilters:          []types.TagFilter{{Key: aws.String(key), Values: []string{value}}},
	})
	return list(ctx, s, pages, resourceType, func(page *resourcegroupstaggingapi.GetResourcesOutput) []string {
		return resourceARNs(page.ResourceTagMappingList)
	})
}

func resourceARNs(list []types.ResourceTagMapping) []string {
	return each(list, func(m types.ResourceTagMapping) string { return aws.ToString(m.ResourceARN) })
}
