package tf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
)

// inStore is a backend of another store in the words of its manuals.
const inStore = `terraform {
  required_version = ">= 1.11.0"

  backend "s3" {
    bucket = "acme-state"
    key    = "common/production"
    region = "auto"

    # the store in the cellar
    endpoints = {
      s3  = "https://minio.acme.example:9000"
      sts = "https://minio.acme.example:9000"
    }
    access_key                  = "minio"
    secret_key                  = "s3cret"
    profile                     = "minio"
    assume_role                 = { role_arn = "arn:minio:iam:::role/x" }
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
    workspace_key_prefix        = "env:"
  }
}
`

// TestWhatIsAnotherStoresGoesWithItsPlace: half of it left in, every later run would
// ask that store for AWS's bucket, or AWS with the other's key. The name of the bucket
// says nothing of the store.
func TestWhatIsAnotherStoresGoesWithItsPlace(t *testing.T) {
	t.Parallel()
	const left = `terraform {
  required_version = ">= 1.11.0"

  backend "s3" {
    bucket = "acme-state"
    key    = "common/production"
    region = "eu-west-1"

    # the store in the cellar
`
	const rest = "    workspace_key_prefix = \"env:\"\n    encrypt              = true\n    kms_key_id           = \"" + keyARN +
		"\"\n    dynamodb_table       = \"terraform_locks\"\n    use_lockfile         = true\n  }\n}\n"
	wanted := wanted
	wanted.LeavesStore = true
	noProfile, sandbox := wanted, wanted
	noProfile.Profile = ""
	sandbox.Endpoint, sandbox.PathStyle = "http://127.0.0.1:4566", true
	for name, c := range map[string]struct {
		want Backend
		rest string
	}{
		"to AWS":            {wanted, "    profile              = \"admin_iam\"\n" + rest},
		"without a profile": {noProfile, rest},
		"to an endpoint": {sandbox, "    profile              = \"admin_iam\"\n    use_path_style       = true\n" + strings.TrimSuffix(rest, "  }\n}\n") +
			"    endpoints = {\n      s3       = \"http://127.0.0.1:4566\"\n      dynamodb = \"http://127.0.0.1:4566\"\n      sts      = \"http://127.0.0.1:4566\"\n    }\n  }\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := project(t, map[string]string{"backend.tf": inStore})
			own := Own{Endpoints: []string{c.want.Endpoint}}
			p.NoteStores(own)
			if p.Backends[0].SamePlace(c.want) || InitNeeded(c.want, p) != InitMigrate {
				t.Error("a bucket of that name in another store is taken for the wanted one")
			}
			after, _ := carryOut(t, p, func(p *Project) ([]files.Edit, error) {
				p.NoteStores(own)
				return EditBackend(p, c.want)
			})
			if diff := cmp.Diff(left+c.rest, after["backend.tf"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAWSsOwnAddressesAreNoOtherStore: nor are those that this run uses.
func TestAWSsOwnAddressesAreNoOtherStore(t *testing.T) {
	t.Parallel()
	own := Own{Endpoints: []string{"http://localhost:4566"}}
	for argument, want := range map[string]string{
		`endpoints = { s3 = "https://s3.eu-west-1.amazonaws.com" }`:                          "",
		`endpoint = "https://bucket.vpce-0a1b2c3d-0a1b2c3d.s3.eu-west-1.vpce.amazonaws.com"`: "",
		`endpoints = { s3 = "http://127.0.0.1:4566" }`:                                       "",
		`endpoints = { sts = "https://sts.acme.example" }`:                                   "",
		`endpoints = { s3 = null }`:                                                          "",
		`endpoints = { s3 = "https://user:s3cret@minio.acme.example" }`:                      "https://user:xxxxx@minio.acme.example",
		`endpoint = "https://account.r2.cloudflarestorage.com"`:                              "https://account.r2.cloudflarestorage.com",
		`endpoints = { s3 = local.store }`:                                                   "an address that an expression decides",
		`endpoints = local.stores`:                                                           "an address that an expression decides",
	} {
		p := project(t, map[string]string{"backend.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"acme-state\"\n    key = \"common/production\"\n    " + argument + "\n  }\n}\n"})
		p.NoteStores(own)
		if got := p.Backends[0].Store; got != want {
			t.Errorf("%s: %q, want %q", argument, got, want)
		}
	}
}
