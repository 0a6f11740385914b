package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// taggedResource is one resource in the answers of the tagging API.
type taggedResource struct {
	arn  string
	tags map[string]string
}

func (s *Server) serveTagging(r *request) response {
	if err := s.authorize(r, "tag:"+r.operation, "*", r.account.id, nil, nil); err != nil {
		return s.fail(r, err)
	}
	return s.serveJSON(r, map[string]jsonHandler{"GetResources": jsonOp((*Server).tagGetResources)})
}

type tagFilter struct {
	Key    string
	Values []string
}

type resourcesIn struct {
	PaginationToken     string
	ResourcesPerPage    int
	ResourceARNList     []string
	ResourceTypeFilters []string
	TagFilters          []tagFilter
}

type mappingOut struct {
	ResourceARN string
	Tags        []tag
}

// tagGetResources lists what is tagged in the account and the region of the
// request; IAM's resources are in us-east-1.
func (s *Server) tagGetResources(r *request, in resourcesIn) (any, error) {
	if in.ResourcesPerPage < 0 || in.ResourcesPerPage > 100 {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "ResourcesPerPage must be between 1 and 100.")
	}
	all := slices.DeleteFunc(s.taggedIn(r.account, r.region), func(t taggedResource) bool { return !in.matches(t) })
	slices.SortFunc(all, func(a, b taggedResource) int { return strings.Compare(a.arn, b.arn) })
	size := in.ResourcesPerPage
	if size == 0 {
		size = 50
	}
	shown, next, err := cut(pageIn{NextToken: in.PaginationToken}, all, size)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "PaginationTokenExpiredException", "The PaginationToken is not valid.")
	}
	out := []mappingOut{}
	for _, t := range shown {
		mapping := mappingOut{ResourceARN: t.arn}
		for _, key := range slices.Sorted(maps.Keys(t.tags)) {
			mapping.Tags = append(mapping.Tags, tag{key, t.tags[key]})
		}
		out = append(out, mapping)
	}
	return struct {
		ResourceTagMappingList []mappingOut
		PaginationToken        string
	}{out, next}, nil
}

func (s *Server) taggedIn(a *account, region string) []taggedResource {
	all := slices.Concat(s.kms.tagged(a, region), s.s3.tagged(a, region), s.dynamodb.tagged(a, region))
	if region != "us-east-1" {
		return all
	}
	for _, p := range a.policies {
		if len(p.tags) > 0 {
			all = append(all, taggedResource{p.arn, p.tags})
		}
	}
	return all
}

// matches holds a resource against every filter; within one filter a value is
// enough.
func (in resourcesIn) matches(t taggedResource) bool {
	if len(in.ResourceARNList) > 0 && !slices.Contains(in.ResourceARNList, t.arn) {
		return false
	}
	if len(in.ResourceTypeFilters) > 0 && !slices.ContainsFunc(in.ResourceTypeFilters, func(kind string) bool { return isType(t.arn, kind) }) {
		return false
	}
	for _, filter := range in.TagFilters {
		value, ok := t.tags[filter.Key]
		if !ok || len(filter.Values) > 0 && !slices.Contains(filter.Values, value) {
			return false
		}
	}
	return true
}

// isType says whether an ARN is of a type such as "s3" or "dynamodb:table".
func isType(arn, kind string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return false
	}
	service, resource, narrow := strings.Cut(kind, ":")
	return parts[2] == service && (!narrow || strings.HasPrefix(parts[5], resource+"/"))
}
