package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Details of the real provider's two longer messages.
const (
	noSources = `Please see https://registry.terraform.io/providers/hashicorp/aws
for more information about providing credentials.

Error: %s
`
	notAssumed = `IAM Role (%s) cannot be assumed.

There are a number of possible causes of this - the most common are:
  * The credentials used in order to assume the role are invalid
  * The credentials do not have appropriate permission to assume the role
  * The role ARN is not valid

Error: %s
`
)

// nested is the content of one block.
type nested = map[string]tftypes.Value

// connect does what the real provider does before anything else, and answers in
// its words what failed.
func (p *provider) connect(ctx context.Context, c object) []*tfprotov5.Diagnostic {
	if err := setEndpoints(c); err != nil {
		return failed("", "%s", err)
	}
	cfg, err := config.LoadDefaultConfig(ctx, loadOptions(c)...)
	if err != nil {
		return failed("", "%s", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return failed(fmt.Sprintf(noSources, err), "No valid credential sources found")
	}
	for _, role := range each[nested](c["assume_role"]) {
		if arn := get[string](role["role_arn"]); arn != "" {
			session := assume(cfg, arn, role)
			if _, err := session.Retrieve(ctx); err != nil { // past the cache, which would add words
				return failed(fmt.Sprintf(notAssumed, arn, err), "Cannot assume IAM Role")
			}
			cfg.Credentials = aws.NewCredentialsCache(session)
		}
	}
	if cfg.Region == "" {
		return failed("", "invalid AWS Region: ")
	}
	p.region = cfg.Region
	p.sts = sts.NewFromConfig(cfg)
	p.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = get[bool](c["s3_use_path_style"]) })
	if get[bool](c["skip_credentials_validation"]) {
		return nil
	}
	return p.whoAmI(ctx, c)
}

// setEndpoints hands the endpoints on as the SDK's own variables, which its
// every client in this process heeds, those that a profile's role needs too.
func setEndpoints(c object) error {
	for _, endpoints := range each[nested](c["endpoints"]) {
		for _, service := range []string{"s3", "sts"} {
			if url := get[string](endpoints[service]); url != "" {
				if err := os.Setenv("AWS_ENDPOINT_URL_"+strings.ToUpper(service), url); err != nil {
					return fmt.Errorf("set the endpoint of %s: %w", service, err)
				}
			}
		}
	}
	return nil
}

// loadOptions leaves what the configuration does not say to the environment:
// the SDK does not heed an empty option.
func loadOptions(c object) []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(get[string](c["region"])),
		config.WithSharedConfigProfile(get[string](c["profile"])),
		config.WithSharedCredentialsFiles(each[string](c["shared_credentials_files"])),
		config.WithSharedConfigFiles(each[string](c["shared_config_files"])),
	}
	if id := get[string](c["access_key"]); id != "" {
		static := credentials.NewStaticCredentialsProvider(id, get[string](c["secret_key"]), get[string](c["token"]))
		options = append(options, config.WithCredentialsProvider(static))
	}
	return options
}

func assume(cfg aws.Config, arn string, role nested) aws.CredentialsProvider {
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = get[string](role["session_name"])
		if id := get[string](role["external_id"]); id != "" {
			o.ExternalID = &id
		}
	})
}

// whoAmI asks STS, and compares the account with those allowed and forbidden.
func (p *provider) whoAmI(ctx context.Context, c object) []*tfprotov5.Diagnostic {
	identity, err := p.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return failed("", "Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS: %s", err)
	}
	account, allowed := *identity.Account, each[string](c["allowed_account_ids"])
	if len(allowed) > 0 && !slices.Contains(allowed, account) || slices.Contains(each[string](c["forbidden_account_ids"]), account) {
		return failed("", "AWS account ID not allowed: %s", account)
	}
	return nil
}
