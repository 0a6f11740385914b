package practice

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
)

// backendFaults are in the first project's backend.tf.
var backendFaults = []Fault{
	{diagnosis.ProfileMissing, "name", "The backend's profile is mistyped.", inBackend(`(?m)^(\s*profile\s*=\s*)".*"$`, `${1}"admin-iam"`)},
	{diagnosis.WrongAccount, "", "The backend allows the environment's account instead of the one that holds the state.", func(at *byHand) {
		at.editBackend(`(?m)^(\s*)profile\s*=.*$`, "$0\n${1}allowed_account_ids = [\""+at.environment().Account+"\"]")
	}},
	{diagnosis.RegionWrong, "", "The backend names a different region than the bucket's.", otherRegion},
	{diagnosis.RegionInvalid, "", "The backend's region is mistyped.", inBackend(`(?m)^(\s*region\s*=\s*)"(.*)"$`, `${1}"${2}1"`)},
	{diagnosis.RegionInvalid, "missing", "The backend lost its region.", withoutRegion},
	{diagnosis.BucketMissing, "", "The backend's bucket is mistyped.", inBackend(`(?m)^(\s*bucket\s*=\s*)"(.*)"$`, `${1}"${2}s"`)},
	{diagnosis.ExplicitDeny, "", "The backend lost encrypt = true, so Terraform sends no encryption header.", inBackend(`(?m)^\s*encrypt\s*=.*\n`, "")},
	{diagnosis.ExplicitDeny, "aes256", "The backend lost kms_key_id, so Terraform asks for AES256.", inBackend(`(?m)^\s*kms_key_id\s*=.*\n`, "")},
	{diagnosis.ExplicitDeny, "key-id", "The backend names the key by its id, where the bucket's policy wants its ARN.", inBackend(`(?m)^(\s*kms_key_id\s*=\s*)".*/(.*)"$`, `${1}"${2}"`)},
	{diagnosis.KMSIDInvalid, "", "The backend names the key by a word that is neither an id nor an ARN.", inBackend(`(?m)^(\s*kms_key_id\s*=\s*)".*"$`, `${1}"terraform"`)},
	{diagnosis.TableDenied, "name", "The backend's lock table is mistyped, and the group may use the true one only.", inBackend(`(?m)^(\s*dynamodb_table\s*=\s*)"(.*)"$`, `${1}"${2}s"`)},
	{diagnosis.ConfigInvalid, "variable", "The backend takes its bucket from a variable.", inBackend(`(?m)^(\s*bucket\s*=\s*)".*"$`, `${1}var.bucket`)},
	{diagnosis.ConfigInvalid, "block", "The backend assumes a role in a block, which is an attribute there.", func(at *byHand) {
		at.editBackend(`(?m)^(\s*)profile\s*=.*\n`, "$0\n${1}assume_role {\n${1}  role_arn = \""+at.roleARN()+"\"\n${1}}\n")
	}},
	{diagnosis.NetworkUnreachable, "", "The backend's endpoints are addresses at which nobody answers.", inBackend(endpoints, `${1}"http://127.0.0.1:1"`)},
	{diagnosis.TLSUntrusted, "", "The way to AWS leads through a proxy that signs its own certificate.", func(at *byHand) {
		address, err := at.Server.StartTLS(at.ctx, "127.0.0.1:0")
		at.must(err)
		at.editBackend(endpoints, `${1}"`+address+`"`)
	}},
}

// endpoints matches the endpoints of a backend.
const endpoints = `(?m)^(\s*(?:s3|dynamodb|sts)\s*=\s*)".*"$`

func inBackend(pattern, with string) doing {
	return func(at *byHand) { at.editBackend(pattern, with) }
}

// editBackend edits the first project's backend. The project is then like a clone
// of a repository with that text: never initialised, so that Terraform tries it.
func (at *byHand) editBackend(pattern, with string) {
	at.edit(at.backend(), pattern, with)
	at.clone()
}

// otherRegion names another region of the partition in the backend.
func otherRegion(at *byHand) {
	others := slices.DeleteFunc(sandbox.Regions(at.region), func(region string) bool { return region == at.blueprint.StateRegion })
	if len(others) == 0 {
		at.must(fmt.Errorf("partition %s has one region only: practice this with another --region", at.partition()))
		return
	}
	at.editBackend(`(?m)^(\s*region\s*=\s*)".*"$`, `${1}"`+others[len(others)/2]+`"`)
}

// withoutRegion takes the region out of the backend, and out of the environment
// in which the sandbox sets one for whoever has none: Terraform would take it.
func withoutRegion(at *byHand) {
	at.Environ = at.Environ.With(map[string]string{regionVariable: ""})
	at.editBackend(`(?m)^\s*region\s*=.*\n`, "")
}

// clone makes the first project one in which init never ran.
func (at *byHand) clone() {
	if at.err == nil {
		at.must(os.RemoveAll(filepath.Join(at.dir(), ".terraform")))
	}
}

// projectFaults are in the first project's other files.
var projectFaults = []Fault{
	{diagnosis.ConfigInvalid, "", "The provider has assume_role = { }, which has been a block since Terraform 0.12.", func(at *byHand) {
		at.edit(at.provider(), `(?m)^(\s*)assume_role \{`, "${1}assume_role = {")
	}},
	{diagnosis.BackendNotInitialized, "", "The project is a fresh clone, in which init never ran.", func(at *byHand) {
		at.clone()
	}},
	{diagnosis.BackendChanged, "", "A colleague changed the backend's lock, and this laptop has not run init since.", func(at *byHand) {
		if _, err := os.Stat(at.cache()); errors.Is(err, fs.ErrNotExist) {
			at.must(errors.New("its project was never initialized: install Terraform or OpenTofu, or choose another fault"))
			return
		}
		if at.blueprint.Lock.UseLockfile {
			at.edit(at.cache(), `"use_lockfile": true`, `"use_lockfile": null`)
		} else {
			at.edit(at.cache(), `"dynamodb_table": ".*"`, `"dynamodb_table": "locks"`)
		}
		at.edit(at.cache(), `"hash": \d+`, `"hash": 1`)
	}},
	{diagnosis.MigrationNeedsAnswer, "", "The project still has its state in a local file, beside a backend that was never initialized.", func(at *byHand) {
		at.removeState()
		at.write("terraform.tfstate", exampleState(1, exampleInput))
		at.clone()
	}},
	{diagnosis.ProviderUnavailable, "", "The project asks for a version of the provider that does not exist.", func(at *byHand) {
		at.write("versions.tf", `terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 99.0"
    }
  }
}
`)
	}},
	{diagnosis.ProviderLockFile, "", "The provider lock file holds the checksum of a different package than the one to be had.", func(at *byHand) {
		text := ""
		for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} { // each engine reads its own
			text += `provider "` + registry + `/hashicorp/aws" {
  version = "5.100.0"
  hashes = [
    "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  ]
}
`
		}
		at.write(".terraform.lock.hcl", text)
	}},
}
