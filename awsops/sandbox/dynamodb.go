package sandbox

import (
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// dynamodbService is DynamoDB: every table of every account and region.
type dynamodbService struct {
	*core
	operations map[string]jsonHandler
	tables     map[string]*dynamoTable // by ARN
}

func newDynamoDB(c *core) *dynamodbService {
	s := &dynamodbService{core: c, tables: map[string]*dynamoTable{}}
	s.operations = map[string]jsonHandler{
		"CreateTable":               jsonOp(s.createTable),
		"DescribeTable":             onTable(s, describeTable),
		"UpdateTable":               onTable(s, s.updateTable),
		"DeleteTable":               onTable(s, s.deleteTable),
		"DescribeContinuousBackups": onTable(s, describeBackups),
		"UpdateContinuousBackups":   onTable(s, s.updateBackups),
		"TagResource":               onTable(s, s.tagTable),
		"UntagResource":             onTable(s, s.untagTable),
		"ListTagsOfResource":        onTable(s, listTableTags),
		"PutItem":                   jsonOp(s.writeItem),
		"GetItem":                   jsonOp(s.getItem),
		"DeleteItem":                jsonOp(s.writeItem),
	}
	return s
}

// serve answers with the checksum of the body, which the SDK compares.
func (s *dynamodbService) serve(r *request) (response, error) {
	out, err := serveJSON(r, s.operations)
	if err != nil {
		return response{}, err
	}
	out.header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(out.body)), 10))
	return out, nil
}

// tagged lists the tables of an account and region.
func (s *dynamodbService) tagged(a *account, region string) map[string]tagSet {
	out := map[string]tagSet{}
	for arn, t := range s.tables {
		if t.account == a.id && t.region == region {
			out[arn] = t.tags
		}
	}
	return out
}

func validationError(format string, args ...any) error {
	return badRequest("ValidationException", format, args...)
}

// tableCreation is how long a table stays CREATING.
const tableCreation = 200 * time.Millisecond

// dynamoTable is one table.
type dynamoTable struct {
	name, arn, account, region string
	id                         string
	created, ready             time.Time // ready: ACTIVE from then on
	updated                    time.Time // UPDATING until then
	onDemand                   time.Time // when it last became PAY_PER_REQUEST, zero where it never was
	key                        string    // name of the one attribute of the key, a text
	billing                    string
	read, write                int
	encrypted                  bool
	protected                  bool
	recovery                   bool
	tags                       tagSet
	items                      map[string]dynamoItem // by the key
}

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits int }

// tableARN is the ARN of a table in the caller's account and region; a caller
// may also name a table by its ARN.
func tableARN(r *request, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return r.account.partition.arn("dynamodb", r.region, r.account.id, "table/"+name)
}

// tableIn is what the input of an operation on a table tells: which one, and the
// condition keys that it brings.
type tableIn interface {
	table() string
	conditions() map[string][]string
}

// onTable is an operation on a table for a caller who may do it.
func onTable[In tableIn](s *dynamodbService, do func(*request, *dynamoTable, In) (any, error)) jsonHandler {
	return jsonOp(func(r *request, in In) (any, error) {
		t, err := s.table(r, in.table(), in.conditions())
		if err != nil {
			return nil, err
		}
		return do(r, t, in)
	})
}

// table finds a table for a caller who may do the request's operation on it.
func (s *dynamodbService) table(r *request, name string, conditions map[string][]string) (*dynamoTable, error) {
	whole := tableARN(r, name)
	named, err := arn.Parse(whole)
	if err != nil {
		return nil, validationError("Invalid table ARN: %s", name)
	}
	t := s.tables[whole]
	if t != nil {
		conditions = t.tags.resourceConditions(conditions)
	}
	if err := s.authorize(r, "dynamodb:"+r.operation, whole, named.AccountID, nil, conditions); err != nil {
		return nil, err
	}
	if t == nil || named.Region != r.region {
		return nil, noSuchTable(r, name)
	}
	return t, nil
}

// noSuchTable names the table, but not to the operations on items.
func noSuchTable(r *request, name string) error {
	if strings.HasSuffix(r.operation, "Item") {
		return badRequest("ResourceNotFoundException", "Requested resource not found")
	}
	if strings.Contains(r.operation, "ContinuousBackups") {
		return badRequest("TableNotFoundException", "Table not found: %s", name)
	}
	return badRequest("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

// status is CREATING for a short while and ACTIVE then, but for a while after a change
// of a table that lags ([Options.Lag]).
func (t *dynamoTable) status(now time.Time) string {
	switch {
	case now.Before(t.ready):
		return "CREATING"
	case now.Before(t.updated):
		return "UPDATING"
	}
	return "ACTIVE"
}

// description is the table as DescribeTable shows it.
func (t *dynamoTable) description(now time.Time) map[string]any {
	d := map[string]any{
		"TableName": t.name, "TableArn": t.arn, "TableId": t.id, "TableStatus": t.status(now), "CreationDateTime": epoch(t.created),
		"AttributeDefinitions": []attributeDefinition{{t.key, "S"}}, "KeySchema": []keyElement{{t.key, "HASH"}}, "ItemCount": len(t.items),
		"ProvisionedThroughput":     map[string]any{"ReadCapacityUnits": t.read, "WriteCapacityUnits": t.write, "NumberOfDecreasesToday": 0},
		"DeletionProtectionEnabled": t.protected,
	}
	if !t.onDemand.IsZero() {
		d["BillingModeSummary"] = map[string]any{"BillingMode": t.billing, "LastUpdateToPayPerRequestDateTime": epoch(t.onDemand)}
	}
	if t.encrypted {
		d["SSEDescription"] = map[string]any{"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": partitionOf(t.region).arn("kms", t.region, t.account, "alias/aws/dynamodb")}
	}
	return d
}

// DynamoItem gives the attributes of the item whose key is value, for tests; ok is
// false when there is no such item.
func (s *Server) DynamoItem(account, region, table, value string) (item map[string]string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.dynamodb.tables[s.partition.arn("dynamodb", region, account, "table/"+table)]
	if t == nil || t.items[value] == nil {
		return nil, false
	}
	item = map[string]string{}
	for name, attribute := range t.items[value] {
		item[name] = attribute.text()
	}
	return item, true
}
