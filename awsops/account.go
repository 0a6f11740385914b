package awsops

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
)

// Region is a region with its opt-in state for the session's account.
type Region struct {
	Name string
	// OptStatus is ENABLED, ENABLING, DISABLING, DISABLED or
	// ENABLED_BY_DEFAULT.
	OptStatus string
}

// EnabledByDefault is the opt-in state of a region that every account has.
const EnabledByDefault = "ENABLED_BY_DEFAULT"

// Enabled says whether the region can be used now.
func (r Region) Enabled() bool { return r.OptStatus == "ENABLED" || r.OptStatus == EnabledByDefault }

// Regions lists the partition's regions by account:ListRegions. Not every
// partition, identity or emulator answers it: answered is false then, and the
// error is nil.
func (s *Session) Regions(ctx context.Context) (regions []Region, answered bool, err error) {
	pages := account.NewListRegionsPaginator(s.account(), &account.ListRegionsInput{MaxResults: aws.Int32(50)})
	regions, err = list(ctx, s, pages, "", func(page *account.ListRegionsOutput) []Region {
		return each(page.Regions, func(r types.Region) Region {
			return Region{Name: aws.ToString(r.RegionName), OptStatus: string(r.RegionOptStatus)}
		})
	})
	return regions, err == nil, unanswered(err)
}

// partitions are those beside aws by what the names of their regions begin with
// (botocore, partitions.json).
var partitions = []struct{ prefix, id string }{
	{"us-gov-", "aws-us-gov"},
	{"cn-", "aws-cn"},
	{"eusc-", "aws-eusc"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
}

// PartitionOf is the partition of a region, as ARNs name it. AWS is not asked; who is
// signed in has it from [Session.Partition].
func PartitionOf(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.id
		}
	}
	return "aws"
}

// RegionOfAll is a region that every account of the region's partition has: the one in
// which the partition's global services live ("AWS services endpoints and quotas").
func RegionOfAll(region string) string {
	for prefix, of := range map[string]string{"us-gov-": "us-gov-west-1", "cn-": "cn-north-1", "eusc-": "eusc-de-east-1"} {
		if strings.HasPrefix(region, prefix) {
			return of
		}
	}
	return "us-east-1"
}
