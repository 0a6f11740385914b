package sandbox

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"stateroom/awsops/policy"
)

type av = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func newTableStage(t *testing.T) (*stage, *dynamodb.Client) {
	t.Helper()
	st := newStage(t, Options{})
	st.makeTable()
	return st, st.ddb()
}

func TestDynamoDBTableLife(t *testing.T) {
	st, c := newTableStage(t)
	name := aws.String(stageTable)
	_, err := c.CreateTable(st.ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("LockID"), KeyType: "HASH"}},
	})
	wantCode(t, err, "ResourceInUseException", "Table already exists: terraform_locks")
	_, err = c.UpdateTable(st.ctx, &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: aws.Bool(true)})
	st.must(err)
	_, err = c.DeleteTable(st.ctx, &dynamodb.DeleteTableInput{TableName: name})
	wantCode(t, err, "ValidationException", "protected against deletion")
	_, err = c.UpdateContinuousBackups(st.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	st.must(err)
	backups, err := c.DescribeContinuousBackups(st.ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: name})
	if err != nil || backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != "ENABLED" {
		t.Errorf("%v %+v", err, backups)
	}
	d, err := c.DescribeTable(st.ctx, &dynamodb.DescribeTableInput{TableName: name})
	st.must(err)
	table := d.Table
	if table.TableStatus != "ACTIVE" || !*table.DeletionProtectionEnabled || table.BillingModeSummary.BillingMode != "PAY_PER_REQUEST" || *table.KeySchema[0].AttributeName != "LockID" {
		t.Errorf("%+v", table)
	}
	_, err = c.TagResource(st.ctx, &dynamodb.TagResourceInput{ResourceArn: table.TableArn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}})
	st.must(err)
	tags, err := c.ListTagsOfResource(st.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: table.TableArn})
	if err != nil || len(tags.Tags) != 1 {
		t.Errorf("%v %+v", err, tags)
	}
	_, err = c.DescribeTable(st.ctx, &dynamodb.DescribeTableInput{TableName: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException", "Requested resource not found: Table: none not found")
}

func TestDynamoDBNewTableIsNotReadyAtOnce(t *testing.T) {
	st := newStage(t, Options{})
	c := st.ddb()
	made, err := c.CreateTable(st.ctx, &dynamodb.CreateTableInput{
		TableName:             aws.String("slow"),
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)},
		SSESpecification:      &types.SSESpecification{Enabled: aws.Bool(true)},
		AttributeDefinitions:  []types.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: "S"}},
		KeySchema:             []types.KeySchemaElement{{AttributeName: aws.String("LockID"), KeyType: "HASH"}},
	})
	if err != nil || made.TableDescription.TableStatus != "CREATING" || made.TableDescription.SSEDescription.Status != "ENABLED" || *made.TableDescription.ProvisionedThroughput.ReadCapacityUnits != 1 {
		t.Fatalf("%v %+v", err, made)
	}
}

func TestDynamoDBRefusesBadTables(t *testing.T) {
	st := newStage(t, Options{})
	schema := []types.KeySchemaElement{{AttributeName: aws.String("LockID"), KeyType: "HASH"}}
	attributes := []types.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: "S"}}
	for name, in := range map[string]dynamodb.CreateTableInput{
		"name":       {TableName: aws.String("a b c"), BillingMode: "PAY_PER_REQUEST", KeySchema: schema, AttributeDefinitions: attributes},
		"attributes": {TableName: aws.String("abc"), BillingMode: "PAY_PER_REQUEST", KeySchema: schema, AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("x"), AttributeType: "S"}}},
		"range":      {TableName: aws.String("abc"), BillingMode: "PAY_PER_REQUEST", KeySchema: append(slices.Clone(schema), types.KeySchemaElement{AttributeName: aws.String("x"), KeyType: "RANGE"}), AttributeDefinitions: attributes},
		"number":     {TableName: aws.String("abc"), BillingMode: "PAY_PER_REQUEST", KeySchema: schema, AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: "N"}}},
		"throughput": {TableName: aws.String("abc"), KeySchema: schema, AttributeDefinitions: attributes},
		"key":        {TableName: aws.String("abc"), BillingMode: "PAY_PER_REQUEST", KeySchema: schema, AttributeDefinitions: attributes, SSESpecification: &types.SSESpecification{Enabled: aws.Bool(true), KMSMasterKeyId: aws.String("alias/x")}},
		"mode":       {TableName: aws.String("abc"), BillingMode: "FREE", KeySchema: schema, AttributeDefinitions: attributes},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := st.ddb().CreateTable(st.ctx, &in)
			wantCode(t, err, "ValidationException", "")
		})
	}
}

func TestDynamoDBConditionKeepsTheLockItem(t *testing.T) {
	st, c := newTableStage(t)
	put := func(who string) error {
		_, err := c.PutItem(st.ctx, &dynamodb.PutItemInput{
			TableName: aws.String(stageTable), Item: av{"LockID": text("b/k"), "Info": text(who)},
			ConditionExpression:                 aws.String("attribute_not_exists(LockID)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	}
	st.must(put("first"))
	var failed *types.ConditionalCheckFailedException
	if err := put("second"); !errors.As(err, &failed) || failed.Item["Info"].(*types.AttributeValueMemberS).Value != "first" {
		t.Errorf("%v", err)
	}
	got, err := c.GetItem(st.ctx, &dynamodb.GetItemInput{TableName: aws.String(stageTable), Key: av{"LockID": text("b/k")}, ProjectionExpression: aws.String("Info")})
	if err != nil || len(got.Item) != 1 {
		t.Errorf("%v %+v", err, got.Item)
	}
	_, err = c.DeleteItem(st.ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(stageTable), Key: av{"LockID": text("b/k")}, ConditionExpression: aws.String("Info = :mine"),
		ExpressionAttributeValues: av{":mine": text("second")},
	})
	wantCode(t, err, "ConditionalCheckFailedException", "The conditional request failed")
	_, err = c.DeleteItem(st.ctx, &dynamodb.DeleteItemInput{TableName: aws.String(stageTable), Key: av{"LockID": text("b/k")}})
	st.must(err)
	if _, ok := st.DynamoItem(managementAccount, stageRegion, stageTable, "b/k"); ok {
		t.Error("the item is still there")
	}
}

// TestDynamoDBRefusesExpressionsItCannotEvaluate: what the sandbox does not know
// is refused before anything is written, and never taken for true.
func TestDynamoDBRefusesExpressionsItCannotEvaluate(t *testing.T) {
	st, c := newTableStage(t)
	for expression, says := range map[string]string{
		"size(LockID) > :v":                          "The sandbox knows attribute_not_exists(NAME) and NAME = :value",
		"attribute_not_exists(LockID) AND Info = :v": "not: attribute_not_exists(LockID) AND Info = :v",
		"attribute_exists(LockID)":                   "not: attribute_exists(LockID)",
		"attribute_not_exists(LockID)":               "ExpressionAttributeValues unused",
		"Info = :w":                                  "attribute value: :w",
		"":                                           "ExpressionAttributeValues unused",
	} {
		_, err := c.PutItem(st.ctx, &dynamodb.PutItemInput{
			TableName: aws.String(stageTable), Item: av{"LockID": text("b/k")}, ConditionExpression: &expression,
			ExpressionAttributeValues: av{":v": text("x")},
		})
		wantCode(t, err, "ValidationException", says)
	}
	_, err := c.GetItem(st.ctx, &dynamodb.GetItemInput{TableName: aws.String(stageTable), Key: av{"LockID": text("b/k")}, ProjectionExpression: aws.String("Info.x")})
	wantCode(t, err, "ValidationException", "not: Info.x")
	_, err = c.DeleteItem(st.ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(stageTable), Key: av{"LockID": text("b/k")}, ConditionExpression: aws.String("#i = :v"),
		ExpressionAttributeNames: map[string]string{"#i": "Info"}, ExpressionAttributeValues: av{":v": text("x")},
	})
	wantCode(t, err, "ValidationException", "not: #i = :v")
	if _, ok := st.DynamoItem(managementAccount, stageRegion, stageTable, "b/k"); ok {
		t.Error("the item was written")
	}
}

// TestDynamoDBRemembersThatATableWasOnDemand as AWS and dynalite do: the summary stays.
func TestDynamoDBRemembersThatATableWasOnDemand(t *testing.T) {
	st, c := newTableStage(t)
	d, err := c.UpdateTable(st.ctx, &dynamodb.UpdateTableInput{
		TableName: aws.String(stageTable), BillingMode: types.BillingModeProvisioned,
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)},
	})
	st.must(err)
	if summary := d.TableDescription.BillingModeSummary; summary == nil || summary.BillingMode != types.BillingModeProvisioned || summary.LastUpdateToPayPerRequestDateTime == nil {
		t.Errorf("%+v", summary)
	}
}

func TestDynamoDBKeysMatchTheSchema(t *testing.T) {
	st, c := newTableStage(t)
	table := aws.String(stageTable)
	_, err := c.PutItem(st.ctx, &dynamodb.PutItemInput{TableName: table, Item: av{"Id": text("x")}})
	wantCode(t, err, "ValidationException", "One or more parameter values were invalid: Missing the key LockID in the item")
	_, err = c.PutItem(st.ctx, &dynamodb.PutItemInput{TableName: table, Item: av{"LockID": &types.AttributeValueMemberN{Value: "1"}}})
	wantCode(t, err, "ValidationException", "items hold texts (S), and attribute LockID is none")
	_, err = c.GetItem(st.ctx, &dynamodb.GetItemInput{TableName: table, Key: av{"Id": text("x")}})
	wantCode(t, err, "ValidationException", "The provided key element does not match the schema")
	_, err = c.GetItem(st.ctx, &dynamodb.GetItemInput{TableName: aws.String("none"), Key: av{"LockID": text("x")}})
	wantCode(t, err, "ResourceNotFoundException", "Requested resource not found")
	_, err = c.PutItem(st.ctx, &dynamodb.PutItemInput{TableName: table, Item: av{"LockID": text("x")}, ConditionExpression: aws.String("Info = :v")})
	wantCode(t, err, "ValidationException", "attribute value: :v")
}

func TestDynamoDBLeadingKeysLimitLocks(t *testing.T) {
	st, _ := newTableStage(t)
	staging := st.user("carol", policy.State(policy.StateAccess{
		Partition: "aws", Region: stageRegion, Account: managementAccount, Bucket: stageBucket,
		Keys: []string{"common/staging"}, Table: stageTable,
	}))
	put := func(id string) error {
		_, err := st.ddbAs(staging).PutItem(st.ctx, &dynamodb.PutItemInput{TableName: aws.String(stageTable), Item: av{"LockID": text(id)}})
		return err
	}
	for _, id := range []string{"/common/staging", "/common/staging-md5", "/env:/w/common/staging"} {
		st.must(put(stageBucket + id))
	}
	wantCode(t, put(stageBucket+"/common/production"), "AccessDeniedException", "perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks")
}
