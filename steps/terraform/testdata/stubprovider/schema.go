package main

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const (
	listed = tfprotov5.SchemaNestedBlockNestingModeList
	asSet  = tfprotov5.SchemaNestedBlockNestingModeSet
)

var (
	text     = tfprotov5.SchemaAttribute{Type: tftypes.String, Optional: true}
	secret   = tfprotov5.SchemaAttribute{Type: tftypes.String, Optional: true, Sensitive: true}
	truth    = tfprotov5.SchemaAttribute{Type: tftypes.Bool, Optional: true}
	number   = tfprotov5.SchemaAttribute{Type: tftypes.Number, Optional: true}
	list     = tfprotov5.SchemaAttribute{Type: tftypes.List{ElementType: tftypes.String}, Optional: true}
	set      = tfprotov5.SchemaAttribute{Type: tftypes.Set{ElementType: tftypes.String}, Optional: true}
	table    = tfprotov5.SchemaAttribute{Type: tftypes.Map{ElementType: tftypes.String}, Optional: true}
	computed = tfprotov5.SchemaAttribute{Type: tftypes.String, Computed: true}
	required = tfprotov5.SchemaAttribute{Type: tftypes.String, Required: true}
)

// providerSchema has the arguments that version 5 of the real provider
// documents, and the endpoints of the services that a set-up meets.
var providerSchema = &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{
	Attributes: slices.Concat(
		all(text, "access_key", "custom_ca_bundle", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode", "http_proxy",
			"https_proxy", "no_proxy", "profile", "region", "retry_mode", "s3_us_east_1_regional_endpoint", "skip_metadata_api_check", "sts_region"),
		all(secret, "secret_key", "token"),
		all(truth, "insecure", "s3_use_path_style", "skip_credentials_validation", "skip_region_validation", "skip_requesting_account_id",
			"use_dualstack_endpoint", "use_fips_endpoint"),
		all(number, "max_retries", "token_bucket_rate_limiter_capacity"),
		all(list, "shared_config_files", "shared_credentials_files"),
		all(set, "allowed_account_ids", "forbidden_account_ids")),
	BlockTypes: []*tfprotov5.SchemaNestedBlock{
		block("assume_role", listed, all(text, "duration", "external_id", "policy", "role_arn", "session_name", "source_identity"),
			all(set, "policy_arns", "transitive_tag_keys"), all(table, "tags")),
		block("assume_role_with_web_identity", listed, all(set, "policy_arns"),
			all(text, "duration", "policy", "role_arn", "session_name", "web_identity_token", "web_identity_token_file")),
		block("default_tags", listed, all(table, "tags")),
		block("ignore_tags", listed, all(set, "key_prefixes", "keys")),
		block("endpoints", asSet, all(text, "account", "dynamodb", "ec2", "iam", "kms", "organizations", "s3", "sso", "sts")),
	},
}}

var (
	identitySchema = &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{Attributes: all(computed, "account_id", "arn", "id", "user_id")}}
	bucketSchema   = &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{Attributes: append(all(computed, "arn", "id"), all(required, "bucket")...)}}
)

// all gives attributes that differ by name only.
func all(like tfprotov5.SchemaAttribute, names ...string) []*tfprotov5.SchemaAttribute {
	var out []*tfprotov5.SchemaAttribute
	for _, like.Name = range names {
		one := like
		out = append(out, &one)
	}
	return out
}

func block(name string, nesting tfprotov5.SchemaNestedBlockNestingMode, attributes ...[]*tfprotov5.SchemaAttribute) *tfprotov5.SchemaNestedBlock {
	return &tfprotov5.SchemaNestedBlock{TypeName: name, Nesting: nesting, Block: &tfprotov5.SchemaBlock{Attributes: slices.Concat(attributes...)}}
}
