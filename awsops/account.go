package awsops

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
)

// Region is a region with its opt-in state for the session's account.
type Region struct {
	Name string
	// OptStatus is ENABLED, ENABLING, DISABLING, DISABLED or
	// ENABLED_BY_DEFAULT.
	OptStatus string
}

// Enabled says whether the region can be used now.
func (r Region) Enabled() bool {
	return r.OptStatus == "ENABLED" || r.OptStatus == "ENABLED_BY_DEFAULT"
}

// Regions lists the partition's regions by account:ListRegions. Not every
// partition, identity or emulator answers it: answered is false then, and the
// error is nil.
func (s *Session) Regions(ctx context.Context) (regions []Region, answered bool, err error) {
	pages := account.NewListRegionsPaginator(s.account(), &account.ListRegionsInput{MaxResults: aws.Int32(50)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, false, unanswered(s.fail(err, "account", "ListRegions", ""))
		}
		for _, r := range page.Regions {
			regions = append(regions, Region{Name: aws.ToString(r.RegionName), OptStatus: string(r.RegionOptStatus)})
		}
	}
	return regions, true, nil
}
