package account

import (
	"fmt"
	"strings"

	"stateroom/steps/blueprint"
)

// StateLocation is where Terraform will keep the state of one project: what its
// backend says, and the blueprint where it says nothing that can be read.
type StateLocation struct {
	Project, Environment string
	// Profile is whose credentials Terraform uses; empty is its default chain.
	Profile        string
	Bucket, Region string
	// StateKey is the backend's key; Key is that of the selected workspace.
	StateKey, Key string
	Encrypt       bool
	KMSKey        string // empty where none is named
	Table         string // empty without a table
	Lockfile      bool
	// Planned says that the project has no S3 backend to read, so that this is
	// the blueprint's.
	Planned bool
}

// String is the place of the state.
func (s StateLocation) String() string { return "s3://" + s.Bucket + "/" + s.Key }

// lockID is the key of the lock's item in the table, digestID that of the digest's.
func (s StateLocation) lockID() string { return s.Bucket + "/" + s.Key }

func (s StateLocation) digestID() string { return s.lockID() + "-md5" }

func (s StateLocation) lockFile() string { return s.Key + ".tflock" }

// Headers are the condition keys of the encryption headers that Terraform sends
// with every write: kms_key_id counts for nothing without encrypt
// (facts/terraform.md).
func (s StateLocation) Headers() map[string][]string {
	switch {
	case !s.Encrypt:
		return nil
	case s.KMSKey == "":
		return map[string][]string{"s3:x-amz-server-side-encryption": {"AES256"}}
	}
	return map[string][]string{
		"s3:x-amz-server-side-encryption":                {"aws:kms"},
		"s3:x-amz-server-side-encryption-aws-kms-key-id": {s.KMSKey},
	}
}

// Sends says the same in words.
func (s StateLocation) Sends() string {
	switch {
	case !s.Encrypt:
		return "no encryption header"
	case s.KMSKey == "":
		return "the header AES256"
	}
	return "aws:kms with the key " + s.KMSKey
}

// strays tells where a backend names something else than the blueprint, for
// which no policy of the blueprint gives rights.
func (s StateLocation) strays(a *blueprint.Answers) string {
	want := ""
	for _, p := range a.Projects {
		if p.Name == s.Project {
			want = p.StateKey
		}
	}
	for _, argument := range []struct{ name, have, want string }{
		{"bucket", s.Bucket, a.Bucket.Name}, {"key", s.StateKey, want}, {"dynamodb_table", s.Table, a.Lock.DynamoDBTable},
	} {
		if argument.have != argument.want && argument.have != "" {
			return fmt.Sprintf("The backend of %s says %s = %q, where the blueprint has %q.", s.Project, argument.name, argument.have, argument.want)
		}
	}
	return ""
}

// keyRegion is the region in a key's ARN, empty where only an id is named.
func keyRegion(key string) string {
	if parts := strings.Split(key, ":"); len(parts) >= 6 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}
