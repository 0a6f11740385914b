package practice

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"maps"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
)

// awsFaults change what there is: keys, the bucket, the table, AWS itself.
var awsFaults = []Fault{
	{diagnosis.KeyInvalid, "", "Your access key was deleted.", withAccessKey("DeleteAccessKey", nil)},
	{diagnosis.KeyInvalid, "inactive", "Your access key was made inactive.", withAccessKey("UpdateAccessKey", sandbox.ActInput{"Status": "Inactive"})},
	{diagnosis.ClockSkew, "", "The clock of this machine is twenty minutes slow.", func(_ context.Context, at *scene) error {
		at.server.SetClock(20 * time.Minute)
		return nil
	}},
	{diagnosis.KMSDisabled, "", "The state encryption key was disabled.", withStateKey("DisableKey", nil)},
	{diagnosis.KMSPendingDeletion, "", "The state encryption key is going to be deleted in a week.", withStateKey("ScheduleKeyDeletion", sandbox.ActInput{"PendingWindowInDays": 7})},
	{diagnosis.KMSNotFound, "", "The state encryption key was deleted, and the week in which that could be undone is over.", func(ctx context.Context, at *scene) error {
		if err := withStateKey("ScheduleKeyDeletion", sandbox.ActInput{"PendingWindowInDays": 7})(ctx, at); err != nil {
			return err
		}
		at.server.SetClock(8 * 24 * time.Hour)
		defer at.server.SetClock(0)
		return at.act("kms", "ListKeys", nil) // the sandbox lets go of its keys when it is asked
	}},
	{diagnosis.BucketMissing, "deleted", "The state bucket was emptied and deleted.", func(_ context.Context, at *scene) error { return at.deleteBucket() }},
	{diagnosis.TableMissing, "", "The lock table was deleted.", func(_ context.Context, at *scene) error { return at.deleteTable() }},
	{diagnosis.TableSchema, "", "The lock table was made again, with another key than LockID.", func(ctx context.Context, at *scene) error {
		if err := at.deleteTable(); err != nil {
			return err
		}
		err := at.act("dynamodb", "CreateTable", sandbox.ActInput{
			"TableName": at.blueprint.Lock.DynamoDBTable, "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": []map[string]string{{"AttributeName": "id", "AttributeType": "S"}},
			"KeySchema":            []map[string]string{{"AttributeName": "id", "KeyType": "HASH"}},
		})
		if err != nil {
			return err
		}
		return at.untilTableIsActive(ctx)
	}},
	{diagnosis.Throttled, "", "Somebody's script keeps DynamoDB so busy that it refuses every request.", func(_ context.Context, at *scene) error {
		at.server.Throttle("dynamodb", true)
		return nil
	}},
}

// withAccessKey does an operation of IAM with the key in the admin's profile.
func withAccessKey(operation string, in sandbox.ActInput) doing {
	return func(_ context.Context, at *scene) error {
		key, err := at.key()
		if err != nil {
			return err
		}
		return at.act("iam", operation, also(in, "UserName", at.Me, "AccessKeyId", key.AccessKeyID))
	}
}

// withStateKey does an operation of KMS with the state encryption key.
func withStateKey(operation string, in sandbox.ActInput) doing {
	return func(_ context.Context, at *scene) error {
		arn, err := at.keyARN()
		if err != nil {
			return err
		}
		return at.act("kms", operation, also(in, "KeyId", arn))
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

func (at *scene) deleteTable() error {
	name := at.blueprint.Lock.DynamoDBTable
	if err := at.act("dynamodb", "UpdateTable", sandbox.ActInput{"TableName": name, "DeletionProtectionEnabled": false}); err != nil {
		return err
	}
	return at.act("dynamodb", "DeleteTable", sandbox.ActInput{"TableName": name})
}

// untilTableIsActive waits for a table that was just made: while it is CREATING
// Terraform is told that there is none, which is another fault.
func (at *scene) untilTableIsActive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		body, err := at.server.Act(at.blueprint.AdminAccount, "dynamodb", "DescribeTable", sandbox.ActInput{"TableName": at.blueprint.Lock.DynamoDBTable})
		var answer struct {
			Table struct{ TableStatus string }
		}
		if err == nil {
			err = json.Unmarshal(body, &answer)
		}
		if err != nil {
			return failed(err)
		}
		if answer.Table.TableStatus == "ACTIVE" {
			return nil
		}
		select {
		case <-ctx.Done():
			return failed(ctx.Err())
		case <-tick.C:
		}
	}
}

// deleteBucket deletes every version of every object, and then the bucket.
func (at *scene) deleteBucket() error {
	if err := at.deleteVersions(func(string) bool { return true }); err != nil {
		return err
	}
	return at.act("s3", "DeleteBucket", sandbox.ActInput{"Bucket": at.blueprint.Bucket.Name})
}

// deleteVersions deletes every version of the objects with these keys.
func (at *scene) deleteVersions(these func(key string) bool) error {
	bucket := sandbox.ActInput{"Bucket": at.blueprint.Bucket.Name}
	body, err := at.server.Act(at.blueprint.AdminAccount, "s3", "ListObjectVersions", bucket)
	type version struct {
		Key string
		ID  string `xml:"VersionId"`
	}
	var answer struct {
		Versions []version `xml:"Version"`
		Markers  []version `xml:"DeleteMarker"`
	}
	if err == nil {
		err = xml.Unmarshal(body, &answer)
	}
	if err != nil {
		return failed(err)
	}
	for _, v := range append(answer.Versions, answer.Markers...) {
		if !these(v.Key) {
			continue
		}
		if err := at.act("s3", "DeleteObject", also(bucket, "Key", v.Key, "versionId", v.ID)); err != nil {
			return err
		}
	}
	return nil
}
