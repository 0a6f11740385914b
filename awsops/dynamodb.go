package awsops

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// lockKey is the one key attribute that Terraform's S3 backend uses.
const lockKey = "LockID"

// KeyAttribute is one attribute of a table's key schema.
type KeyAttribute struct {
	Name string
	Role string // HASH or RANGE
	Type string // S, N or B
}

// Table is a DynamoDB table.
type Table struct {
	Name               string
	ARN                string
	Status             string // CREATING, ACTIVE, …
	Keys               []KeyAttribute
	Billing            string // PAY_PER_REQUEST or PROVISIONED
	DeletionProtection bool
	PointInTime        bool // point-in-time recovery is on
	Tags               map[string]string
}

// IsLockTable says whether the key schema is exactly what Terraform needs:
// LockID (S) HASH.
func (t *Table) IsLockTable() bool {
	return len(t.Keys) == 1 && t.Keys[0] == KeyAttribute{Name: lockKey, Role: "HASH", Type: "S"}
}

// Schema is the table's key in words: "LockID (S) HASH".
func (t *Table) Schema() string {
	return strings.Join(each(t.Keys, func(k KeyAttribute) string { return fmt.Sprintf("%s (%s) %s", k.Name, k.Type, k.Role) }), ", ")
}

// Table is nil when there is no such table in the session's region.
func (s *Session) Table(ctx context.Context, name string) (*Table, error) {
	table, err := s.DescribeTable(ctx, name)
	if err != nil || table == nil {
		return nil, err
	}
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		table.PointInTime, err = s.pointInTime(ctx, name)
		return err
	})
	reads.Go(func() (err error) {
		table.Tags, err = s.tableTags(ctx, table.ARN)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	return table, nil
}

// DescribeTable is [Session.Table] without backups and tags, which need rights
// of their own; nil when there is no such table in the session's region.
func (s *Session) DescribeTable(ctx context.Context, name string) (*Table, error) {
	return describe(ctx, s, s.dynamodb().DescribeTable, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, name, tableOf)
}

func tableOf(answer *dynamodb.DescribeTableOutput) *Table {
	d := answer.Table
	t := &Table{
		Name: aws.ToString(d.TableName), ARN: aws.ToString(d.TableArn), Status: string(d.TableStatus),
		Billing:            string(types.BillingModeProvisioned), // AWS leaves the summary out for these
		DeletionProtection: aws.ToBool(d.DeletionProtectionEnabled),
	}
	if d.BillingModeSummary != nil && d.BillingModeSummary.BillingMode != "" {
		t.Billing = string(d.BillingModeSummary.BillingMode)
	}
	kinds := map[string]string{}
	for _, a := range d.AttributeDefinitions {
		kinds[aws.ToString(a.AttributeName)] = string(a.AttributeType)
	}
	for _, k := range d.KeySchema {
		name := aws.ToString(k.AttributeName)
		t.Keys = append(t.Keys, KeyAttribute{Name: name, Role: string(k.KeyType), Type: kinds[name]})
	}
	return t
}

// pointInTime reads point-in-time recovery; a table that is still being made
// has none yet.
func (s *Session) pointInTime(ctx context.Context, name string) (bool, error) {
	in := &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String(name)}
	on, err := read(ctx, s, s.dynamodb().DescribeContinuousBackups, in, name, func(answer *dynamodb.DescribeContinuousBackupsOutput) bool {
		d := answer.ContinuousBackupsDescription
		return d != nil && d.PointInTimeRecoveryDescription != nil &&
			d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
	})
	if IsNotFound(err) {
		return false, nil
	}
	return on, err
}

func (s *Session) tableTags(ctx context.Context, arn string) (map[string]string, error) {
	var tags []types.Tag
	in := &dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String(arn)} // the SDK has no paginator for it
	for {
		page, err := s.dynamodb().ListTagsOfResource(ctx, in)
		if err != nil {
			return nil, s.fail(err, arn)
		}
		tags = append(tags, page.Tags...)
		if aws.ToString(page.NextToken) == "" {
			break
		}
		in.NextToken = page.NextToken
	}
	return tagMap(tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil
}

// LockItem is an item of Terraform's lock table: a lock has Info, an "…-md5"
// item has Digest.
type LockItem struct {
	Info   string // Terraform's lock info as JSON
	Digest string // MD5 of the state, hexadecimal
}

// LockItem reads an item consistently; nil when there is none.
func (s *Session) LockItem(ctx context.Context, table, id string) (*LockItem, error) {
	in := &dynamodb.GetItemInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true), Key: lockItemKey(id)}
	return read(ctx, s, s.dynamodb().GetItem, in, table, func(answer *dynamodb.GetItemOutput) *LockItem {
		if len(answer.Item) == 0 {
			return nil
		}
		return &LockItem{Info: textAttribute(answer.Item["Info"]), Digest: textAttribute(answer.Item["Digest"])}
	})
}

// PutLock takes a lock as Terraform does: the item must not be there. It needs
// [WithProbe] or [WithStateWrites]; [HasCode] "ConditionalCheckFailed" says that the lock is held.
func (s *Session) PutLock(ctx context.Context, table, id, info string) error {
	item := lockItemKey(id)
	item["Info"] = &types.AttributeValueMemberS{Value: info}
	return s.write(ctx, call(&dynamodb.PutItemInput{
		TableName: aws.String(table), Item: item, ConditionExpression: aws.String("attribute_not_exists(" + lockKey + ")"),
	}))
}

// DeleteLock deletes a lock item. It needs [WithProbe].
func (s *Session) DeleteLock(ctx context.Context, table, id string) error {
	return s.write(ctx, call(&dynamodb.DeleteItemInput{TableName: aws.String(table), Key: lockItemKey(id)}))
}

// ReleaseLock deletes a lock item that holds this Info. It needs
// [WithStateWrites]; [HasCode] "ConditionalCheckFailed" says that it does not.
func (s *Session) ReleaseLock(ctx context.Context, table, id, info string) error {
	return s.write(ctx, DeleteLockIf(table, id, info))
}

// WriteDigest is [PutDigest] under [WithStateWrites].
func (s *Session) WriteDigest(ctx context.Context, table, id, old, digest string) error {
	return s.write(ctx, PutDigest(table, id, old, digest))
}

// write sends a call that the context permits, which is none of a plan's.
func (s *Session) write(ctx context.Context, c Call) error {
	_, err := s.send(ctx, c)
	return s.fail(err, c.Resource())
}

func lockItemKey(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{lockKey: &types.AttributeValueMemberS{Value: id}}
}

func textAttribute(v types.AttributeValue) string {
	if text, ok := v.(*types.AttributeValueMemberS); ok {
		return text.Value
	}
	return ""
}

// Billing modes of DynamoDB.
const (
	PayPerRequest = "PAY_PER_REQUEST"
	Provisioned   = "PROVISIONED"
)

// CreateTable creates a lock table (LockID S HASH), encrypted with the
// AWS-managed KMS key and protected from deletion. The units count only with
// [Provisioned]. Output: "arn".
func CreateTable(name, billing string, readUnits, writeUnits int64, tags map[string]string) Call {
	return call(&dynamodb.CreateTableInput{
		TableName:                 aws.String(name),
		AttributeDefinitions:      []types.AttributeDefinition{{AttributeName: aws.String(lockKey), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:                 []types.KeySchemaElement{{AttributeName: aws.String(lockKey), KeyType: types.KeyTypeHash}},
		BillingMode:               types.BillingMode(billing),
		ProvisionedThroughput:     throughput(billing, readUnits, writeUnits),
		SSESpecification:          &types.SSESpecification{Enabled: aws.Bool(true)},
		DeletionProtectionEnabled: aws.Bool(true),
		Tags:                      tableTagList(tags),
	})
}

func throughput(billing string, readUnits, writeUnits int64) *types.ProvisionedThroughput {
	if billing != Provisioned {
		return nil
	}
	return &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(readUnits), WriteCapacityUnits: aws.Int64(writeUnits)}
}

func tableTagList(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// UpdateTableDeletionProtection turns deletion protection on or off.
func UpdateTableDeletionProtection(name string, on bool) Call {
	return call(&dynamodb.UpdateTableInput{TableName: aws.String(name), DeletionProtectionEnabled: aws.Bool(on)})
}

// UpdateTableBilling changes the billing mode; AWS allows the change to
// [PayPerRequest] four times in 24 hours.
func UpdateTableBilling(name, billing string, readUnits, writeUnits int64) Call {
	return call(&dynamodb.UpdateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingMode(billing),
		ProvisionedThroughput: throughput(billing, readUnits, writeUnits),
	})
}

// UpdateContinuousBackups turns point-in-time recovery on or off.
func UpdateContinuousBackups(name string, on bool) Call {
	return call(&dynamodb.UpdateContinuousBackupsInput{
		TableName:                        aws.String(name),
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(on)},
	})
}

// TagTable adds or overwrites tags of a table by ARN.
func TagTable(arn string, tags map[string]string) Call {
	return call(&dynamodb.TagResourceInput{ResourceArn: aws.String(arn), Tags: tableTagList(tags)})
}
