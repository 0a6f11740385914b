package tf

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Argument is an argument or a nested block of a block, by its own name.
type Argument struct {
	Name string
	Line int // counted from 1
	// Block says that it is a nested block; Expression that it needs variables
	// or functions.
	Block, Expression bool

	// names are the variables and locals in it, as var.NAME and local.NAME.
	names []string
}

// Undeclared are the variables and locals of an argument that no file of the project
// declares, as var.NAME and local.NAME.
func (p *Project) Undeclared(a Argument) []string {
	return slices.DeleteFunc(slices.Clone(a.names), func(name string) bool { return slices.Contains(p.declared, name) })
}

// namesIn are the variables and locals that an expression needs, each once.
func namesIn(expr hcl.Expression) (names []string) {
	for _, traversal := range expr.Variables() {
		root := traversal.RootName()
		if len(traversal) < 2 || root != "var" && root != "local" {
			continue
		}
		if attr, ok := traversal[1].(hcl.TraverseAttr); ok && !slices.Contains(names, root+"."+attr.Name) {
			names = append(names, root+"."+attr.Name)
		}
	}
	return names
}

// Arguments lists what stands in the backend block itself, in the order of the
// file.
func (b *BackendBlock) Arguments() []Argument {
	var out []Argument
	if b.block == nil {
		for _, a := range b.Attributes {
			out = append(out, Argument{Name: a.Name, Line: a.Line})
		}
		return out
	}
	for _, item := range ordered(b.block.Body) {
		if item.block != nil {
			out = append(out, Argument{Name: item.block.Type, Line: item.block.TypeRange.Start.Line, Block: true})
			continue
		}
		_, diags := item.attr.Expr.Value(nil)
		out = append(out, Argument{Name: item.attr.Name, Line: item.attr.SrcRange.Start.Line, Expression: diags.HasErrors(), names: namesIn(item.attr.Expr)})
	}
	return out
}

// Texts gives the strings of a list argument, such as allowed_account_ids, and
// whether they can be told.
func (b *BackendBlock) Texts(name string) ([]string, bool) {
	if b.block == nil {
		return nil, false
	}
	attr, ok := b.block.Body.Attributes[name]
	if !ok {
		return nil, false
	}
	return texts(attr.Expr)
}

// texts evaluates a list of strings without variables.
func texts(expr hcl.Expression) ([]string, bool) {
	list, diags := expr.Value(nil)
	if diags.HasErrors() || !list.CanIterateElements() || list.Type().IsObjectType() {
		return nil, false
	}
	out := []string{} // an empty list is one, and no expression
	for _, v := range list.AsValueSlice() {
		if v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
			return nil, false
		}
		out = append(out, v.AsString())
	}
	return out, true
}

// RoleMap gives the line of an assume_role = { } in the provider, the article's
// form, which Terraform refuses since 0.12; 0 without one.
func (p ProviderBlock) RoleMap() int {
	if p.block == nil {
		return 0
	}
	if attr, ok := p.block.Body.Attributes[roleBlock]; ok {
		return attr.SrcRange.Start.Line
	}
	return 0
}

// backendArguments are those that the S3 backend of some Terraform from 1.5 to
// 1.16 or OpenTofu up to 1.12 has, the ones removed since apart.
var backendArguments = strings.Fields(`
	access_key acl allowed_account_ids assume_role assume_role_with_web_identity bucket custom_ca_bundle
	dynamodb_endpoint dynamodb_table ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode encrypt
	endpoint endpoints forbidden_account_ids force_path_style http_proxy https_proxy iam_endpoint insecure key
	kms_key_id lock_tags lock_table max_retries no_proxy profile region retry_mode secret_key shared_config_files
	shared_credentials_file shared_credentials_files skip_credentials_validation skip_metadata_api_check
	skip_region_validation skip_requesting_account_id skip_s3_checksum sse_customer_key state_tags sts_endpoint
	sts_region token use_dualstack_endpoint use_fips_endpoint use_legacy_workflow use_lockfile use_path_style
	workspace_key_prefix`)

// Standing is what becomes of an argument of an S3 backend.
type Standing int

// The standings.
const (
	Known   Standing = iota // some engine has it
	Removed                 // Terraform has it no longer since 1.10
	Unknown                 // no engine has it
)

// BackendArgument says how an argument of an S3 backend stands and, for one
// that is unknown, which one is probably meant; empty where none is near.
func BackendArgument(name string) (s Standing, meant string) {
	if slices.Contains(removedIn110, name) {
		return Removed, ""
	}
	nearest := 1 + len(name)/3
	for _, known := range backendArguments {
		if name == known {
			return Known, ""
		}
		if d := levenshtein.Distance(name, known, nil); d < nearest {
			nearest, meant = d, known
		}
	}
	return Unknown, meant
}
