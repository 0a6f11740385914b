// Command stubprovider stands in for the Terraform provider hashicorp/aws, whose
// registry tests do not reach. It is for tests only: package mirror builds it and
// serves it to a real Terraform. It is a module of its own, so that gRPC and its
// kin are no requirement of the program.
//
// At its start it does what the real one does, with the same SDK and in the same
// words when it fails: it loads the profile, assumes the roles one after the
// other, and asks STS who it is. It has the data source aws_caller_identity and
// the resource aws_s3_bucket, which creates, looks at and deletes a bucket.
//
// What it does not do:
//
//   - Every other resource and data source, import, functions, moved state and
//     ephemeral resources: Terraform is told that the first do not exist, and a
//     request for the others ends the process.
//   - Of the provider's arguments it heeds region, profile, the keys and the
//     shared files, role_arn, session_name and external_id of assume_role, the
//     endpoints of STS and S3, allowed and forbidden accounts,
//     skip_credentials_validation and s3_use_path_style. The others that are
//     common are accepted and not heeded: proxies, a CA bundle, FIPS and
//     dual-stack endpoints, retries, tags, session policies, web identity.
//   - Regions are not compared with a list, and a failed call is tried as often
//     as the SDK does by itself, not 25 times.
//   - A bucket has a name and nothing else, and the name must be given.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

func main() {
	serve := func() tfprotov5.ProviderServer { return &provider{} }
	if err := tf5server.Serve("registry.terraform.io/hashicorp/aws", serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
