package practice

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

// byHand changes a finished lab past the program, as a colleague does in the console
// or in an editor. What fails ends it: every change after that is left out, and err
// says why.
type byHand struct {
	*Lab
	ctx       context.Context
	blueprint *blueprint.Blueprint
	err       error
}

// must keeps the first error; it tells whether there is none.
func (at *byHand) must(err error) bool {
	if err != nil && at.err == nil {
		at.err = fmt.Errorf("the lab cannot be changed: %w", err)
	}
	return at.err == nil
}

// project is the one in which a fault is met: the first.
func (at *byHand) project() blueprint.Project { return at.blueprint.Projects[0] }

// environment is the first project's.
func (at *byHand) environment() blueprint.Environment {
	e, _ := at.blueprint.Environment(at.project().Environment) // the blueprint was checked when it was read
	return e
}

// partition is that of the lab's region, as ARNs name it.
func (at *byHand) partition() string { return sandbox.Partition(at.region) }

// roleARN is the role of the first project's environment.
func (at *byHand) roleARN() string { return at.blueprint.RoleARN(at.partition(), at.environment()) }

// group is the group of the lab's user.
func (at *byHand) group() string { return at.blueprint.GroupsOf(at.Me)[0] }

// lockID is the lock's id of the first project.
func (at *byHand) lockID() string { return at.blueprint.Bucket.Name + "/" + at.project().StateKey }

// The files of the first project, and of the scratch home.
func (at *byHand) dir() string {
	return filepath.Join(at.Root, filepath.FromSlash(at.project().Dir))
}
func (at *byHand) backend() string     { return filepath.Join(at.dir(), "backend.tf") }
func (at *byHand) provider() string    { return filepath.Join(at.dir(), "provider.tf") }
func (at *byHand) cache() string       { return filepath.Join(at.dir(), ".terraform", "terraform.tfstate") }
func (at *byHand) credentials() string { return filepath.Join(at.Root, credentialsFile) }
func (at *byHand) config() string      { return filepath.Join(at.Root, configFile) }

// read gives the text of a file, which is empty once something has failed.
func (at *byHand) read(path string) string {
	if at.err != nil {
		return ""
	}
	text, err := os.ReadFile(path)
	at.must(err)
	return string(text)
}

// edit replaces every match of a pattern in a file. A file without a match is an
// error: the fault would be none.
func (at *byHand) edit(path, pattern, with string) {
	text, found := at.read(path), regexp.MustCompile(pattern)
	if at.err == nil && !found.MatchString(text) {
		at.must(fmt.Errorf("nothing in %s matches %s", path, pattern))
	}
	if at.err == nil {
		at.must(os.WriteFile(path, []byte(found.ReplaceAllString(text, with)), 0o600))
	}
}

// write makes a file of the first project.
func (at *byHand) write(name, text string) {
	if at.err == nil {
		at.must(os.WriteFile(filepath.Join(at.dir(), name), []byte(text), 0o600))
	}
}

// act does an operation in the admin account.
func (at *byHand) act(service, operation string, in sandbox.ActInput) {
	at.actIn(at.blueprint.AdminAccount, service, operation, in)
}

// actIn does an operation in an account; its answer is empty once something has
// failed.
func (at *byHand) actIn(account, service, operation string, in sandbox.ActInput) (body []byte) {
	if at.err != nil {
		return nil
	}
	body, err := at.Server.Act(account, service, operation, in)
	at.must(err)
	return body
}

// askXML and askJSON read an operation's answer.
func (at *byHand) askXML(account, service, operation string, in sandbox.ActInput, answer any) {
	if body := at.actIn(account, service, operation, in); at.err == nil {
		at.must(xml.Unmarshal(body, answer))
	}
}

func (at *byHand) askJSON(service, operation string, in sandbox.ActInput, answer any) {
	if body := at.actIn(at.blueprint.AdminAccount, service, operation, in); at.err == nil {
		at.must(json.Unmarshal(body, answer))
	}
}

// keyARN is the ARN of the state encryption key.
func (at *byHand) keyARN() string {
	var answer struct{ KeyMetadata struct{ Arn string } }
	at.askJSON("kms", "DescribeKey", sandbox.ActInput{"KeyId": at.blueprint.Key.Alias}, &answer)
	return answer.KeyMetadata.Arn
}

// policyARN names a policy of the group, by what it is for and its number.
func (at *byHand) policyARN(subject string, number int) string {
	return "arn:" + at.partition() + ":iam::" + at.blueprint.AdminAccount + ":policy/stateroom/stateroom-" + at.group() + "-" + subject + "-" + strconv.Itoa(number)
}

// editStatePolicy edits a statement, found by its Sid, in the policies with
// which the group reaches its states. A statement without actions is dropped.
func (at *byHand) editStatePolicy(sid string, edit func(*policy.Statement)) {
	for number := 1; at.err == nil; number++ {
		arn := at.policyARN("state", number)
		doc := at.document(arn)
		i := slices.IndexFunc(doc.Statements, func(s policy.Statement) bool { return s.Sid == sid })
		if i < 0 {
			continue
		}
		if edit(&doc.Statements[i]); len(doc.Statements[i].Actions) == 0 {
			doc.Statements = slices.Delete(doc.Statements, i, i+1)
		}
		at.makeRoom(arn)
		at.act("iam", "CreatePolicyVersion", sandbox.ActInput{"PolicyArn": arn, "PolicyDocument": doc.JSON(), "SetAsDefault": "true"})
		return
	}
}

// makeRoom deletes the oldest version of a managed policy that has all the five
// it may have.
func (at *byHand) makeRoom(arn string) {
	var have struct {
		IDs []string `xml:"ListPolicyVersionsResult>Versions>member>VersionId"`
	}
	at.askXML(at.blueprint.AdminAccount, "iam", "ListPolicyVersions", sandbox.ActInput{"PolicyArn": arn}, &have)
	if len(have.IDs) >= 5 {
		at.act("iam", "DeletePolicyVersion", sandbox.ActInput{"PolicyArn": arn, "VersionId": have.IDs[len(have.IDs)-1]})
	}
}

// document is the default version of a managed policy.
func (at *byHand) document(arn string) (doc policy.Document) {
	var current struct {
		ID string `xml:"GetPolicyResult>Policy>DefaultVersionId"`
	}
	var version struct {
		Document string `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
	}
	at.askXML(at.blueprint.AdminAccount, "iam", "GetPolicy", sandbox.ActInput{"PolicyArn": arn}, &current)
	at.askXML(at.blueprint.AdminAccount, "iam", "GetPolicyVersion", sandbox.ActInput{"PolicyArn": arn, "VersionId": current.ID}, &version)
	text, err := url.QueryUnescape(version.Document)
	if at.must(err) {
		doc, err = policy.Parse(text)
		at.must(err)
	}
	return doc
}

// putObject writes an object with the headers that Terraform sends.
func (at *byHand) putObject(key, body string) {
	at.act("s3", "PutObject", sandbox.ActInput{
		"Bucket": at.blueprint.Bucket.Name, "Key": key, "Body": body, "Content-Type": "application/json",
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": at.keyARN(),
	})
}

// putItem writes an item of the lock table.
func (at *byHand) putItem(id, attribute, value string) {
	at.act("dynamodb", "PutItem", sandbox.ActInput{
		"TableName": at.blueprint.Lock.DynamoDBTable,
		"Item":      map[string]any{"LockID": map[string]string{"S": id}, attribute: map[string]string{"S": value}},
	})
}
