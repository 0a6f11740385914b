package sandbox

import (
	"slices"
	"strings"
)

// partition is a part of AWS with accounts, regions and addresses of its own. A key of
// one is unknown in every other ("Partitions", AWS fault isolation boundaries).
type partition struct {
	id     string // as in ARNs
	suffix string // of addresses
	prefix string // of its regions' names; "" takes what no other has
	// regions are enabled in every account, optIn in those that ask for it; a few of
	// both.
	regions, optIn []string
}

// partitions are those that the SDK's partitions.json lists as open to everybody or to
// a kind of customer, the commercial one last.
var partitions = []partition{
	{id: "aws-cn", suffix: "amazonaws.com.cn", prefix: "cn-", regions: []string{"cn-north-1", "cn-northwest-1"}},
	{id: "aws-us-gov", suffix: "amazonaws.com", prefix: "us-gov-", regions: []string{"us-gov-east-1", "us-gov-west-1"}},
	{id: "aws-eusc", suffix: "amazonaws.eu", prefix: "eusc-", regions: []string{"eusc-de-east-1"}},
	{
		id: "aws", suffix: "amazonaws.com",
		regions: []string{
			"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
			"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
		},
		optIn: []string{"af-south-1", "ap-east-1", "eu-central-2", "eu-south-1", "me-central-1", "me-south-1"},
	},
}

// partitionOf is the partition of a region.
func partitionOf(region string) *partition {
	for i := range partitions {
		if strings.HasPrefix(region, partitions[i].prefix) {
			return &partitions[i]
		}
	}
	return nil // the last one takes all
}

// Partition is the partition of a region, such as aws-us-gov.
func Partition(region string) string { return partitionOf(region).id }

// Regions are those that every account of a region's partition has. A region of that name
// need not be among them.
func Regions(region string) []string { return slices.Clone(partitionOf(region).regions) }

// arn names something in the partition; region and account may be empty.
func (p *partition) arn(service, region, account, resource string) string {
	return "arn:" + p.id + ":" + service + ":" + region + ":" + account + ":" + resource
}

// rewrite gives a policy of the commercial partition as it reads in this one.
func (p *partition) rewrite(policy string) string {
	return strings.ReplaceAll(policy, "arn:aws:", "arn:"+p.id+":")
}
