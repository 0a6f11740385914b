package sandbox

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// taggingService is the Resource Groups Tagging API over what the other
// services tell of an account and a region: tags by ARN.
type taggingService struct {
	*core
	tagged []func(a *account, region string) map[string]tagSet
}

func (s *taggingService) serve(r *request) (response, error) {
	if err := s.authorize(r, "tag:"+r.operation, "*", r.account.id, nil, nil); err != nil {
		return response{}, err
	}
	return serveJSON(r, map[string]jsonHandler{"GetResources": jsonOp(s.getResources)})
}

type tagFilter struct {
	Key    string
	Values []string
}

type resourcesIn struct {
	PaginationToken     string
	ResourcesPerPage    int
	ResourceTypeFilters []string
	TagFilters          []tagFilter
}

type mappingOut struct {
	ResourceARN string
	Tags        []tag
}

type resourcesOut struct {
	ResourceTagMappingList []mappingOut
	PaginationToken        string
}

// getResources lists what is tagged in the account and the region of the
// request.
func (s *taggingService) getResources(r *request, in resourcesIn) (out resourcesOut, err error) {
	if in.ResourcesPerPage < 0 || in.ResourcesPerPage > 100 {
		return out, badRequest("InvalidParameterException", "ResourcesPerPage must be between 1 and 100.")
	}
	all := map[string]mappingOut{}
	for _, tagged := range s.tagged {
		for of, tags := range tagged(r.account, r.region) {
			if len(tags) > 0 && in.matches(of, tags) {
				all[of] = mappingOut{of, tags.list()}
			}
		}
	}
	shown, next, ok := cut(inOrder(all), in.PaginationToken, cmp.Or(in.ResourcesPerPage, 50))
	if !ok {
		return out, badRequest("PaginationTokenExpiredException", "The PaginationToken is not valid.")
	}
	return resourcesOut{shown, next}, nil
}

// matches holds a resource against every filter; within one filter a value is
// enough.
func (in resourcesIn) matches(of string, tags tagSet) bool {
	if len(in.ResourceTypeFilters) > 0 && !slices.ContainsFunc(in.ResourceTypeFilters, func(kind string) bool { return isType(of, kind) }) {
		return false
	}
	for _, filter := range in.TagFilters {
		value, ok := tags[filter.Key]
		if !ok || len(filter.Values) > 0 && !slices.Contains(filter.Values, value) {
			return false
		}
	}
	return true
}

// isType says whether an ARN is of a type such as "s3" or "dynamodb:table".
func isType(of, kind string) bool {
	named, err := arn.Parse(of)
	service, resource, narrow := strings.Cut(kind, ":")
	return err == nil && named.Service == service && (!narrow || strings.HasPrefix(named.Resource, resource+"/"))
}
