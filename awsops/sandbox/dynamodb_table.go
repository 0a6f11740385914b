package sandbox

import (
	"cmp"
	"regexp"
	"time"
)

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

type attributeDefinition struct{ AttributeName, AttributeType string }

type keyElement struct{ AttributeName, KeyType string }

type tableInput struct {
	TableName             string
	AttributeDefinitions  []attributeDefinition
	KeySchema             []keyElement
	BillingMode           string
	ProvisionedThroughput *throughput
	SSESpecification      *struct {
		Enabled        bool
		KMSMasterKeyId string
	}
	DeletionProtectionEnabled *bool
	Tags                      []tag
}

func (in tableInput) table() string { return in.TableName }

func (in tableInput) conditions() map[string][]string { return nil }

// check refuses what CreateTable refuses, and every key but a lock table's.
func (in tableInput) check() error {
	if !tableName.MatchString(in.TableName) {
		return validationError("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	if len(in.KeySchema) != 1 || len(in.AttributeDefinitions) != 1 || in.KeySchema[0].KeyType != "HASH" ||
		in.AttributeDefinitions[0] != (attributeDefinition{in.KeySchema[0].AttributeName, "S"}) {
		return validationError("The sandbox's tables have one attribute as their key, HASH and of type S, and no indexes.")
	}
	return checkBilling(in.BillingMode, in.ProvisionedThroughput)
}

func checkBilling(mode string, t *throughput) error {
	switch mode {
	case "PAY_PER_REQUEST":
		if t != nil && (t.ReadCapacityUnits != 0 || t.WriteCapacityUnits != 0) {
			return validationError("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
	case "", "PROVISIONED":
		if t == nil || t.ReadCapacityUnits < 1 || t.WriteCapacityUnits < 1 {
			return validationError("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
		}
	default:
		return invalid("ValidationException", mode, "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")
	}
	return nil
}

func (s *dynamodbService) createTable(r *request, in tableInput) (any, error) {
	tags := tagsOf(in.Tags)
	arn := tableARN(r, in.TableName)
	if err := s.authorize(r, "dynamodb:CreateTable", arn, r.account.id, nil, tags.requestConditions()); err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := s.authorize(r, "dynamodb:TagResource", arn, r.account.id, nil, tags.requestConditions()); err != nil {
			return nil, err
		}
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if s.tables[arn] != nil {
		return nil, badRequest("ResourceInUseException", "Table already exists: %s", in.TableName)
	}
	t := &dynamoTable{
		name: in.TableName, arn: arn, account: r.account.id, region: r.region, id: s.ids.uuid(), created: r.now, ready: r.now.Add(tableCreation),
		key: in.KeySchema[0].AttributeName, tags: tags, items: map[string]dynamoItem{},
	}
	if err := t.configure(in, r.now); err != nil {
		return nil, err
	}
	s.tables[arn] = t
	s.appears(arn, r.now)
	return map[string]any{"TableDescription": t.description(r.now)}, nil
}

// configure sets what CreateTable and UpdateTable share.
func (t *dynamoTable) configure(in tableInput, now time.Time) error {
	if e := in.SSESpecification; e != nil {
		if e.KMSMasterKeyId != "" {
			return validationError("The sandbox encrypts tables with the key alias/aws/dynamodb only.")
		}
		t.encrypted = e.Enabled
	}
	if in.BillingMode == "PAY_PER_REQUEST" && t.billing != in.BillingMode {
		t.onDemand = now
	}
	if in.BillingMode != "" || t.billing == "" {
		t.billing = cmp.Or(in.BillingMode, "PROVISIONED")
	}
	if in.ProvisionedThroughput != nil {
		t.read, t.write = in.ProvisionedThroughput.ReadCapacityUnits, in.ProvisionedThroughput.WriteCapacityUnits
	}
	if t.billing == "PAY_PER_REQUEST" {
		t.read, t.write = 0, 0
	}
	if in.DeletionProtectionEnabled != nil {
		t.protected = *in.DeletionProtectionEnabled
	}
	return nil
}

func describeTable(r *request, t *dynamoTable, _ tableInput) (any, error) {
	return map[string]any{"Table": t.description(r.now)}, nil
}

// changeable refuses to change a table that is still being created, or changed.
func (t *dynamoTable) changeable(now time.Time) error {
	switch t.status(now) {
	case "CREATING":
		return badRequest("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being created: %s", t.name)
	case "UPDATING":
		return badRequest("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being updated: %s", t.name)
	}
	return nil
}

// update keeps a table UPDATING for a while after it was changed.
func (s *dynamodbService) update(r *request, t *dynamoTable) {
	t.updated = r.now.Add(s.draw("updating", r.operation, t.arn))
}

func (s *dynamodbService) updateTable(r *request, t *dynamoTable, in tableInput) (any, error) {
	if err := t.changeable(r.now); err != nil {
		return nil, err
	}
	if in.BillingMode != "" || in.ProvisionedThroughput != nil {
		if err := checkBilling(cmp.Or(in.BillingMode, t.billing), in.ProvisionedThroughput); err != nil {
			return nil, err
		}
	}
	if err := t.configure(in, r.now); err != nil {
		return nil, err
	}
	s.update(r, t)
	return map[string]any{"TableDescription": t.description(r.now)}, nil
}

func (s *dynamodbService) deleteTable(r *request, t *dynamoTable, _ tableInput) (any, error) {
	if t.protected {
		return nil, validationError("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if err := t.changeable(r.now); err != nil {
		return nil, err
	}
	delete(s.tables, t.arn)
	d := t.description(r.now)
	d["TableStatus"] = "DELETING"
	return map[string]any{"TableDescription": d}, nil
}

type backupsInput struct {
	tableInput
	PointInTimeRecoverySpecification struct {
		PointInTimeRecoveryEnabled bool
	}
}

// describeBackups is the answer to both calls on continuous backups.
func describeBackups(r *request, t *dynamoTable, _ backupsInput) (any, error) {
	recovery := map[string]any{"PointInTimeRecoveryStatus": "DISABLED"}
	if t.recovery {
		recovery = map[string]any{
			"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35,
			"EarliestRestorableDateTime": epoch(t.created), "LatestRestorableDateTime": epoch(r.now),
		}
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery,
	}}, nil
}

func (s *dynamodbService) updateBackups(r *request, t *dynamoTable, in backupsInput) (any, error) {
	switch t.status(r.now) {
	case "CREATING":
		return nil, badRequest("ContinuousBackupsUnavailableException", "Backups are being enabled for the table: %s. Please retry later", t.name)
	case "UPDATING":
		return nil, t.changeable(r.now)
	}
	s.update(r, t)
	t.recovery = in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	return describeBackups(r, t, in)
}

type dynamoTagInput struct {
	ResourceArn string
	Tags        []tag
	TagKeys     []string
}

func (in dynamoTagInput) table() string { return in.ResourceArn }

func (in dynamoTagInput) conditions() map[string][]string {
	keys := tagsOf(in.Tags).requestConditions()
	if len(in.TagKeys) > 0 {
		keys["aws:TagKeys"] = in.TagKeys
	}
	return keys
}

func (s *dynamodbService) tagTable(r *request, t *dynamoTable, in dynamoTagInput) (any, error) {
	if err := t.changeable(r.now); err != nil {
		return nil, err
	}
	s.update(r, t)
	t.tags.add(tagsOf(in.Tags))
	return nil, nil
}

func (s *dynamodbService) untagTable(r *request, t *dynamoTable, in dynamoTagInput) (any, error) {
	if err := t.changeable(r.now); err != nil {
		return nil, err
	}
	s.update(r, t)
	t.tags.remove(in.TagKeys)
	return nil, nil
}

func listTableTags(_ *request, t *dynamoTable, _ dynamoTagInput) (any, error) {
	return map[string]any{"Tags": t.tags.list()}, nil
}
