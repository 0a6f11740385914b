package practice

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
)

// stateFaults are about the first project's state and its lock.
var stateFaults = []Fault{
	{diagnosis.LockHeld, "", "A colleague's run died three days ago and left its lock behind, in the file and in the table.", func(at *byHand) {
		if at.blueprint.Lock.UseLockfile {
			at.putLockFile(at.lock())
		}
		if at.blueprint.Lock.DynamoDBTable != "" {
			at.putItem(at.lockID(), "Info", at.lock())
		}
	}},
	{diagnosis.LockHeld, "file", "A colleague's run died three days ago and left its lock file behind.", func(at *byHand) {
		at.putLockFile(at.lock())
	}},
	{diagnosis.LockHeld, "table", "A colleague's run died three days ago and left its lock in the table behind.", func(at *byHand) {
		at.putItem(at.lockID(), "Info", at.lock())
	}},
	{diagnosis.LockCorrupt, "", "There is a lock file, but what it holds is cut off.", func(at *byHand) {
		at.putLockFile(at.lock()[:40])
	}},
	{diagnosis.LockCorrupt, "table", "There is a lock in the table, but what it holds is cut off.", func(at *byHand) {
		at.putItem(at.lockID(), "Info", at.lock()[:40])
	}},
	{diagnosis.DigestMismatch, "", "A run died after it wrote the state and before it wrote the state's digest.", func(at *byHand) {
		at.putDigest(tf.Digest([]byte(exampleState(1, firstInput))))
	}},
	{diagnosis.DigestMismatch, "object", "Somebody put an earlier version of the state back, past Terraform.", func(at *byHand) {
		at.putObject(at.project().StateKey, exampleState(1, firstInput))
	}},
	{diagnosis.StateFormat, "", "The state was written by an engine that is newer than any here.", func(at *byHand) {
		at.putState(strings.Replace(exampleState(3, exampleInput), `"version": 4`, `"version": 5`, 1))
	}},
}

// putLockFile makes a lock file of the first project's state, in a set-up that has them.
func (at *byHand) putLockFile(text string) {
	if at.must(at.needsLockFile()) {
		at.putObject(at.project().StateKey+".tflock", text)
	}
}

// needsLockFile is why a set-up that locks with its table alone cannot meet a fault of
// the lock file.
func (at *byHand) needsLockFile() error {
	if !at.blueprint.Lock.UseLockfile {
		return errors.New("this setup locks without a file in S3")
	}
	return nil
}

// lock is what Terraform writes into a lock.
func (at *byHand) lock() string {
	created := time.Now().Add(-72 * time.Hour).UTC().Format(time.RFC3339Nano)
	return fmt.Sprintf(`{"ID":"33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f","Operation":"OperationTypeApply","Info":"","Who":"%s@laptop","Version":"1.11.4","Created":%q,"Path":%q}`,
		other, created, at.lockID())
}

// putState writes the first project's state and its digest as Terraform does.
func (at *byHand) putState(state string) {
	at.putObject(at.project().StateKey, state)
	at.putDigest(tf.Digest([]byte(state)))
}

// putDigest writes the digest of the first project's state, where there is a
// table for it.
func (at *byHand) putDigest(digest string) {
	if at.blueprint.Lock.DynamoDBTable != "" {
		at.putItem(at.lockID()+"-md5", "Digest", digest)
	}
}

// removeState takes the first project's state, all of its versions, and its digest
// away, as if there had never been one.
func (at *byHand) removeState() {
	at.deleteVersions(func(key string) bool { return key == at.project().StateKey })
	at.act("dynamodb", "DeleteItem", sandbox.ActInput{
		"TableName": at.blueprint.Lock.DynamoDBTable, "Key": map[string]any{"LockID": map[string]string{"S": at.lockID() + "-md5"}},
	})
}

// The inputs of the example's two applies.
const firstInput, exampleInput = "first", "kept in the state"

// exampleConfig is a resource that every Terraform since 1.4 has built in, and a
// question to the environment, without which Terraform would not start the
// provider.
const exampleConfig = `resource "terraform_data" "example" {
  input = "` + exampleInput + `"
}

data "aws_caller_identity" "here" {}
`

// exampleState is the state of that resource as Terraform writes it. The
// version in it is the first that has the resource, since an engine may refuse
// the state of a newer one.
func exampleState(serial int, input string) string {
	return fmt.Sprintf(`{
  "version": 4,
  "terraform_version": "1.4.0",
  "serial": %d,
  "lineage": "5dcda0f5-cf64-a256-0850-be3849909752",
  "outputs": {},
  "resources": [
    {
      "mode": "managed",
      "type": "terraform_data",
      "name": "example",
      "provider": "provider[\"terraform.io/builtin/terraform\"]",
      "instances": [
        {
          "schema_version": 0,
          "attributes": {
            "id": "413136ce-215b-a9a2-36f6-03b43c4615bf",
            "input": {
              "value": %[2]q,
              "type": "string"
            },
            "output": {
              "value": %[2]q,
              "type": "string"
            },
            "triggers_replace": null
          },
          "sensitive_attributes": []
        }
      ]
    }
  ],
  "check_results": null
}
`, serial, input)
}
