package awsops

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/go-cmp/cmp"
)

func TestInputMapKeepsTheAPIsOwnShape(t *testing.T) {
	t.Parallel()
	tags := map[string]string{"stateroom": "111111111111/b", "team": "a"}
	tests := map[string]struct {
		call Call
		want string
	}{
		"tags are sorted": {
			CreateUser("alice", "", tags),
			`{"Tags":[{"Key":"stateroom","Value":"111111111111/b"},{"Key":"team","Value":"a"}],"UserName":"alice"}`,
		},
		"false flags of pointers stay, absent ones go": {
			UpdateTableDeletionProtection("locks", false),
			`{"DeletionProtectionEnabled":false,"TableName":"locks"}`,
		},
		"nested members": {
			PutBucketEncryption("b", "111111111111", "arn:key"),
			`{"Bucket":"b","ExpectedBucketOwner":"111111111111","ServerSideEncryptionConfiguration":{"Rules":[` +
				`{"ApplyServerSideEncryptionByDefault":{"KMSMasterKeyID":"arn:key","SSEAlgorithm":"aws:kms"},"BucketKeyEnabled":true}]}}`,
		},
		"us-east-1 has no location constraint": {
			CreateBucket("b", "us-east-1", nil),
			`{"Bucket":"b","ObjectOwnership":"BucketOwnerEnforced"}`,
		},
		"other regions have one": {
			CreateBucket("b", "eu-west-1", map[string]string{"k": "v"}),
			`{"Bucket":"b","CreateBucketConfiguration":{"LocationConstraint":"eu-west-1","Tags":[{"Key":"k","Value":"v"}]},` +
				`"ObjectOwnership":"BucketOwnerEnforced"}`,
		},
		"numbers": {
			CreateTable("locks", Provisioned, 1, 1, nil),
			`{"AttributeDefinitions":[{"AttributeName":"LockID","AttributeType":"S"}],"BillingMode":"PROVISIONED",` +
				`"DeletionProtectionEnabled":true,"KeySchema":[{"AttributeName":"LockID","KeyType":"HASH"}],` +
				`"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"SSESpecification":{"Enabled":true},"TableName":"locks"}`,
		},
		"an empty prefix is a filter for everything": {
			PutBucketLifecycle("b", "1", []LifecycleRule{{ID: "old", Enabled: true, NoncurrentDays: 90, NewerNoncurrentVersions: 100}}),
			`{"Bucket":"b","ExpectedBucketOwner":"1","LifecycleConfiguration":{"Rules":[{"Filter":{"Prefix":""},"ID":"old",` +
				`"NoncurrentVersionExpiration":{"NewerNoncurrentVersions":100,"NoncurrentDays":90},"Status":"Enabled"}]}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(test.call.InputMap())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResolveReplacesTokensInsideDocumentsAndLists(t *testing.T) {
	t.Parallel()
	arn := Ref("kms.key", "arn")
	call := CreateKey(`{"Resource":"`+arn+`"}`, "for "+arn, map[string]string{"key": arn})
	if refs := Refs(call); len(refs) != 1 || refs[0] != (Reference{Change: "kms.key", Output: "arn"}) {
		t.Fatalf("refs are %v", refs)
	}
	values := map[Reference]string{{Change: "kms.key", Output: "arn"}: `a"b`}
	lookup := func(r Reference) (string, bool) { v, ok := values[r]; return v, ok }
	resolved, err := call.Resolve(lookup)
	if err != nil {
		t.Fatal(err)
	}
	in, ok := resolved.Input.(*kms.CreateKeyInput)
	if !ok {
		t.Fatalf("the input became %T", resolved.Input)
	}
	if got := aws.ToString(in.Policy); got != `{"Resource":"a\"b"}` {
		t.Errorf("the policy is %s", got)
	}
	if got := aws.ToString(in.Description); got != `for a"b` {
		t.Errorf("the description is %s", got)
	}
	if got := aws.ToString(in.Tags[0].TagValue); got != `a"b` {
		t.Errorf("the tag is %s", got)
	}
	if len(Refs(call)) != 1 {
		t.Error("resolving changed the plan's own call")
	}
}

func TestResolveNamesWhatIsUnknown(t *testing.T) {
	t.Parallel()
	_, err := CreateAlias("alias/terraform", Ref("kms.key", "id")).Resolve(func(Reference) (string, bool) { return "", false })
	if err == nil || err.Error() != "kms CreateAlias needs outputs that are not known yet: kms.key#id" {
		t.Errorf("the error is %v", err)
	}
}

func TestFindRefsSeesTokensAnywhere(t *testing.T) {
	t.Parallel()
	text := "x" + Ref("a b:c/d", "arn") + Ref("e", "id") + Ref("e", "id")
	want := []Reference{{Change: "a b:c/d", Output: "arn"}, {Change: "e", Output: "id"}}
	if got := FindRefs(text); !reflect.DeepEqual(got, want) {
		t.Errorf("found %v", got)
	}
}

func TestOutputsReadPathsOfTheAnswer(t *testing.T) {
	t.Parallel()
	answer := &kms.CreateKeyOutput{}
	if got := lookupPath(answer, "KeyMetadata.Arn"); got != "" {
		t.Errorf("an absent member reads as %q", got)
	}
	user := CreateUser("alice", "/", nil)
	out := &iam.CreateUserOutput{}
	if got := lookupPath(out, user.Outputs()["arn"]); got != "" {
		t.Errorf("an absent member reads as %q", got)
	}
}

// answer is the type of what an operation answers.
func (o operation) answer() reflect.Type { return reflect.TypeOf(o.method).Out(0) }

// Every output path must name real members of the operation's answer: a typing
// error would read as an empty output only at apply.
func TestOutputPathsExistInTheSDK(t *testing.T) {
	t.Parallel()
	for name, o := range operations {
		for _, path := range o.outputs {
			if !hasPath(o.answer(), path) {
				t.Errorf("%s has no %s", name, path)
			}
		}
	}
}

// A call finds its operation by the type of its input, and is sent by that service's
// client.
func TestEveryOperationIsTheMethodThatItsNameSays(t *testing.T) {
	t.Parallel()
	session := fakeAWS(t, func(http.ResponseWriter, *http.Request) {}).Home("")
	for name, o := range operations {
		if o.method == nil {
			continue
		}
		service, operation, _ := strings.Cut(name, "/")
		method, client := reflect.TypeOf(o.method), reflect.TypeOf(session.client(service))
		of, input, _ := strings.Cut(strings.TrimPrefix(method.In(2).String(), "*"), ".")
		if client == nil || method.In(0) != client || serviceName(of) != service || input != operation+"Input" {
			t.Errorf("%s is %s", name, method)
		}
		if titles[service] == "" {
			t.Errorf("people are told nothing of whom %s waits for", name)
		}
	}
}

// TestIdentityCentersCallsGoByTheNameInSignatures, which IAM's actions have as well.
func TestIdentityCentersCallsGoByTheNameInSignatures(t *testing.T) {
	t.Parallel()
	c := CreatePermissionSet("arn:aws:sso:::instance/ssoins-1", "Terraform-admins", "", "PT1H", map[string]string{"stateroom": "x"})
	var actions []string
	for _, r := range c.Rights(Place{Account: "111111111111", Partition: "aws", Region: "eu-west-1"}) {
		actions = append(actions, r.Action)
	}
	slices.Sort(actions)
	if c.Service != "sso" || !slices.Equal(slices.Compact(actions), []string{"sso:CreatePermissionSet", "sso:TagResource"}) {
		t.Errorf("%s takes %v", c.Service, actions)
	}
}

func hasPath(t reflect.Type, path string) bool {
	for _, name := range strings.Split(path, ".") {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		field, ok := t.FieldByName(name)
		if !ok {
			return false
		}
		t = field.Type
	}
	return true
}

// TestACallWithTheWrongInputIsAnErrorAndNoPanic sends what no constructor makes.
func TestACallWithTheWrongInputIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	var none *iam.CreateUserInput
	for name, c := range map[string]Call{
		"another operation's": {Service: "iam", Operation: "CreateUser", Input: &iam.DeleteUserInput{}},
		"no pointer":          {Service: "iam", Operation: "CreateUser", Input: iam.CreateUserInput{}},
		"a nil pointer":       {Service: "iam", Operation: "CreateUser", Input: none},
		"nothing":             {Service: "iam", Operation: "CreateUser"},
	} {
		if answer, err := new(Session).send(t.Context(), c); err == nil || answer != nil || !strings.Contains(err.Error(), "iam CreateUser cannot be sent: it takes a *iam.CreateUserInput") {
			t.Errorf("%s: got %v, %v", name, answer, err)
		}
	}
	if _, err := new(Session).send(t.Context(), Call{Service: "iam", Operation: "Unheard"}); err == nil {
		t.Error("an operation that is not in the table was sent")
	}
}
