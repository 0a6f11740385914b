package terraform

import (
	"slices"
	"strings"
)

// knownRegions are those that the S3 backend of Terraform 1.11.4 takes, of all that AWS
// has (measured with each region of botocore 1.44.5). Older releases know fewer of them.
var knownRegions = strings.Fields(`
	af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2
	ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1
	eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1
	me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1
	us-iso-west-1 us-isob-east-1 us-isof-east-1 us-isof-south-1 us-west-1 us-west-2`)

// KnowsRegion tells whether the engines that are in use take a region's name as it stands.
// Of a newer region they say "Invalid AWS Region", unless skip_region_validation is set.
func KnowsRegion(name string) bool { return slices.Contains(knownRegions, name) }
