package practice

import (
	"context"
	"maps"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
)

// awsFaults change what there is: keys, the bucket, the table, AWS itself.
var awsFaults = []Fault{
	{diagnosis.KeyInvalid, "", "Your access key was deleted.", withAccessKey("DeleteAccessKey", nil)},
	{diagnosis.KeyInvalid, "inactive", "Your access key was made inactive.", withAccessKey("UpdateAccessKey", sandbox.ActInput{"Status": "Inactive"})},
	{diagnosis.ClockSkew, "", "The clock of this machine is twenty minutes slow.", func(at *byHand) {
		at.Server.SetClock(20 * time.Minute)
	}},
	{diagnosis.KMSDisabled, "", "The state encryption key was disabled.", withStateKey("DisableKey", nil)},
	{diagnosis.KMSPendingDeletion, "", "The state encryption key is going to be deleted in a week.", withStateKey("ScheduleKeyDeletion", sandbox.ActInput{"PendingWindowInDays": 7})},
	{diagnosis.KMSNotFound, "", "The state encryption key was deleted, and the week in which that could be undone is over.", func(at *byHand) {
		withStateKey("ScheduleKeyDeletion", sandbox.ActInput{"PendingWindowInDays": 7})(at)
		at.Server.SetClock(8 * 24 * time.Hour)
		defer at.Server.SetClock(0)
		at.act("kms", "ListKeys", nil) // the sandbox lets go of its keys when it is asked
	}},
	{diagnosis.BucketMissing, "deleted", "The state bucket was emptied and deleted.", func(at *byHand) { at.deleteBucket() }},
	{diagnosis.TableMissing, "", "The lock table was deleted.", func(at *byHand) { at.deleteTable() }},
	{diagnosis.TableSchema, "", "The lock table was made again, with a different key than LockID.", func(at *byHand) {
		at.deleteTable()
		at.act("dynamodb", "CreateTable", sandbox.ActInput{
			"TableName": at.blueprint.Lock.DynamoDBTable, "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": []map[string]string{{"AttributeName": "id", "AttributeType": "S"}},
			"KeySchema":            []map[string]string{{"AttributeName": "id", "KeyType": "HASH"}},
		})
		at.untilTableIsActive()
	}},
	{diagnosis.Throttled, "", "Somebody's script keeps DynamoDB so busy that it refuses every request.", func(at *byHand) {
		at.Server.Throttle("dynamodb", true)
	}},
}

// withAccessKey does an operation of IAM with the key in the admin's profile.
func withAccessKey(operation string, in sandbox.ActInput) doing {
	return func(at *byHand) {
		at.act("iam", operation, also(in, "UserName", at.Me, "AccessKeyId", at.key().AccessKeyID))
	}
}

// withStateKey does an operation of KMS with the state encryption key.
func withStateKey(operation string, in sandbox.ActInput) doing {
	return func(at *byHand) {
		at.act("kms", operation, also(in, "KeyId", at.keyARN()))
	}
}

// also is an input with more members: names and values in turn.
func also(in sandbox.ActInput, more ...string) sandbox.ActInput {
	out := sandbox.ActInput{}
	maps.Copy(out, in)
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func (at *byHand) deleteTable() {
	name := at.blueprint.Lock.DynamoDBTable
	at.act("dynamodb", "UpdateTable", sandbox.ActInput{"TableName": name, "DeletionProtectionEnabled": false})
	at.act("dynamodb", "DeleteTable", sandbox.ActInput{"TableName": name})
}

// untilTableIsActive waits for a table that was just made: while it is CREATING
// Terraform is told that there is none, which is another fault.
func (at *byHand) untilTableIsActive() {
	ctx, cancel := context.WithTimeout(at.ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var answer struct {
			Table struct{ TableStatus string }
		}
		at.askJSON("dynamodb", "DescribeTable", sandbox.ActInput{"TableName": at.blueprint.Lock.DynamoDBTable}, &answer)
		if at.err != nil || answer.Table.TableStatus == "ACTIVE" {
			return
		}
		select {
		case <-ctx.Done():
			at.must(ctx.Err())
		case <-tick.C:
		}
	}
}

// deleteBucket deletes every version of every object, and then the bucket.
func (at *byHand) deleteBucket() {
	at.deleteVersions(func(string) bool { return true })
	at.act("s3", "DeleteBucket", sandbox.ActInput{"Bucket": at.blueprint.Bucket.Name})
}

// deleteVersions deletes every version of the objects with these keys.
func (at *byHand) deleteVersions(these func(key string) bool) {
	type version struct {
		Key string
		ID  string `xml:"VersionId"`
	}
	var answer struct {
		Versions []version `xml:"Version"`
		Markers  []version `xml:"DeleteMarker"`
	}
	bucket := sandbox.ActInput{"Bucket": at.blueprint.Bucket.Name}
	at.askXML(at.blueprint.AdminAccount, "s3", "ListObjectVersions", bucket, &answer)
	for _, v := range append(answer.Versions, answer.Markers...) {
		if these(v.Key) {
			at.act("s3", "DeleteObject", also(bucket, "Key", v.Key, "versionId", v.ID))
		}
	}
}
