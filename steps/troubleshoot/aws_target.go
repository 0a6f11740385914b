package troubleshoot

import (
	"fmt"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/troubleshoot/health"
)

// target is the state of one project as Terraform will reach it: what its
// backend says, and the blueprint where it says nothing that can be read.
type target struct {
	project, environment string
	// profile is whose credentials Terraform uses; empty is its default chain.
	profile             string
	bucket, key, region string
	// stateKey is the backend's key; key is that of the selected workspace.
	stateKey string
	encrypt  bool
	kmsKey   string // empty where none is named
	table    string // empty without a table
	lockfile bool
	// planned says that the project has no S3 backend to read, so that this is
	// the blueprint's.
	planned bool
}

// String is the place of the state.
func (t target) String() string { return "s3://" + t.bucket + "/" + t.key }

// targets are all projects' states.
func (s *scene) targets() []target {
	all := make([]target, len(s.projects))
	for i, p := range s.projects {
		all[i] = newTarget(s.answers, p, s.env.Environ.Get)
	}
	return all
}

// newTarget is pure.
func newTarget(a *blueprint.Answers, p health.Project, getenv func(string) string) target {
	s := health.StateOf(a, p, getenv)
	return target{
		project: s.Project, environment: s.Environment, profile: s.Profile, bucket: s.Bucket, key: s.Key, region: s.Region, stateKey: s.StateKey,
		encrypt: s.Encrypt, kmsKey: s.KMSKey, table: s.Table, lockfile: s.Lockfile, planned: s.Planned,
	}
}

// lockID is the key of the lock's item in the table; the digest's has -md5.
func (t target) lockID() string { return t.bucket + "/" + t.key }

func (t target) lockFile() string { return t.key + ".tflock" }

// headers are the condition keys of the encryption headers that Terraform sends
// with every write: kms_key_id counts for nothing without encrypt
// (facts/terraform.md).
func (t target) headers() map[string][]string {
	switch {
	case !t.encrypt:
		return nil
	case t.kmsKey == "":
		return map[string][]string{"s3:x-amz-server-side-encryption": {"AES256"}}
	}
	return map[string][]string{
		"s3:x-amz-server-side-encryption":                {"aws:kms"},
		"s3:x-amz-server-side-encryption-aws-kms-key-id": {t.kmsKey},
	}
}

// sends says the same in words.
func (t target) sends() string {
	switch {
	case !t.encrypt:
		return "no encryption header"
	case t.kmsKey == "":
		return "the header AES256"
	}
	return "aws:kms with the key " + t.kmsKey
}

// keyRegion is the region in a key's ARN, empty where only an id is named.
func keyRegion(key string) string {
	if parts := strings.Split(key, ":"); len(parts) >= 6 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}

// strays tells where a backend names something else than the blueprint, for
// which no policy of the blueprint gives rights.
func (t target) strays(a *blueprint.Answers) string {
	want := ""
	for _, p := range a.Projects {
		if p.Name == t.project {
			want = p.StateKey
		}
	}
	for _, pair := range [][3]string{
		{"bucket", t.bucket, a.Bucket.Name}, {"key", t.stateKey, want}, {"dynamodb_table", t.table, a.Lock.DynamoDBTable},
	} {
		if pair[1] != pair[2] && pair[1] != "" {
			return fmt.Sprintf("The backend of %s says %s = %q, where the blueprint has %q.", t.project, pair[0], pair[1], pair[2])
		}
	}
	return ""
}
