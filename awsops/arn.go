package awsops

import "github.com/aws/aws-sdk-go-v2/aws/arn"

// ParseARN takes an ARN apart (arn:partition:service:region:account:resource). It is
// false for any other text, such as the bare id of a key.
func ParseARN(text string) (arn.ARN, bool) {
	parsed, err := arn.Parse(text)
	return parsed, err == nil
}
