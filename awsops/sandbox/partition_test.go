package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// at configures the operator's client in a region.
func at(s *Server, region string) aws.Config {
	config := as(s, s.Operator())
	config.Region = region
	return config
}

func TestEveryPartitionNamesThingsAsItsOwnAndKnowsNoKeyOfAnother(t *testing.T) {
	for region, partition := range map[string]string{
		"eu-west-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn", "eusc-de-east-1": "aws-eusc",
	} {
		t.Run(partition, func(t *testing.T) {
			s, ctx := serve(t, Options{Region: region}), t.Context()
			who, err := sts.NewFromConfig(at(s, region)).GetCallerIdentity(ctx, nil)
			wantError(t, err, "", "")
			key, err := kms.NewFromConfig(at(s, region)).CreateKey(ctx, nil)
			wantError(t, err, "", "")
			for _, arn := range []string{*who.Arn, *key.KeyMetadata.Arn} {
				if !strings.HasPrefix(arn, "arn:"+partition+":") {
					t.Errorf("%s is not of %s", arn, partition)
				}
			}
			role := "arn:" + partition + ":iam::222222222222:role/" + bootstrapRole
			_, err = sts.NewFromConfig(at(s, region)).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
			wantError(t, err, "", "")
			for elsewhere, of := range map[string]string{"eu-west-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn", "eusc-de-east-1": "aws-eusc"} {
				if of != partition {
					_, err := sts.NewFromConfig(at(s, elsewhere)).GetCallerIdentity(ctx, nil)
					wantError(t, err, "InvalidClientTokenId", "security token")
				}
			}
		})
	}
}

func TestAPolicyOfAnotherPartitionIsRefused(t *testing.T) {
	s, ctx := serve(t, Options{Region: "us-gov-west-1"}), t.Context()
	client := iam.NewFromConfig(at(s, "us-gov-west-1"))
	_, err := client.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName:     aws.String("p"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b"}]}`),
	})
	wantError(t, err, "MalformedPolicyDocument", `Partition "aws" is not valid`)
	_, err = client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
		UserName: aws.String(operatorName), PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess"),
	})
	wantError(t, err, "NoSuchEntity", "")
	_, err = client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName:                 aws.String("r"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]}`),
	})
	wantError(t, err, "MalformedPolicyDocument", "Invalid principal")
}

func TestARegionIsUsedByAccountsThatHaveEnabledItAlone(t *testing.T) {
	s, ctx := serve(t, Options{OptedIn: map[string][]string{"222222222222": {"eu-south-1"}, "333333333333": {"eu-south-1"}}}), t.Context()
	enter := func(account string) error {
		role := "arn:aws:iam::" + account + ":role/" + bootstrapRole
		_, err := sts.NewFromConfig(at(s, "eu-south-1")).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
		return err
	}
	wantError(t, enter("222222222222"), "InvalidClientTokenId", "")
	_, err := s3.NewFromConfig(at(s, "eu-south-1")).ListBuckets(ctx, nil)
	wantError(t, err, "InvalidAccessKeyId", "")
	_, err = accountapi.NewFromConfig(at(s, "eu-west-1")).EnableRegion(ctx, &accountapi.EnableRegionInput{RegionName: aws.String("eu-south-1")})
	wantError(t, err, "", "")
	wantError(t, enter("222222222222"), "", "")
	wantError(t, enter("444444444444"), "RegionDisabledException", "account:444444444444")
}

func TestAnEndpointThatEnforcesNothingKeepsPoliciesAndAsksNone(t *testing.T) {
	s, ctx := serve(t, Options{Unenforced: true}), t.Context()
	nobody := s3.NewFromConfig(as(s, addUser(t, s, "nobody")), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := nobody.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket: aws.String("kept"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	wantError(t, err, "", "")
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::kept","arn:aws:s3:::kept/*"]}]}`
	_, err = nobody.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("kept"), Policy: &deny})
	wantError(t, err, "", "")
	out, err := nobody.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("kept")})
	wantError(t, err, "", "")
	if *out.Policy != deny {
		t.Errorf("policy %s", *out.Policy)
	}
	_, err = assume(ctx, s, addUser(t, s, "nobody2"), "arn:aws:iam::222222222222:role/none")
	wantError(t, err, "AccessDenied", "")
}
