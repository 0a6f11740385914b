package practice

import (
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

// scene is a finished stage with the answers it was made from: what faults
// change.
type scene struct {
	*Stage
	blueprint *blueprint.Blueprint
}

func failed(err error) error {
	if err != nil {
		return fmt.Errorf("the stage cannot be changed: %w", err)
	}
	return nil
}

// project is the one in which a fault is met: the first.
func (at *scene) project() blueprint.Project { return at.blueprint.Projects[0] }

// environment is the first project's.
func (at *scene) environment() blueprint.Environment {
	e, _ := at.blueprint.Environment(at.project().Environment) // the blueprint was checked when it was read
	return e
}

// roleARN is the role of the first project's environment.
func (at *scene) roleARN() string { return at.blueprint.RoleARN("aws", at.environment()) }

// group is the group of the stage's user.
func (at *scene) group() string { return at.blueprint.GroupsOf(at.Me)[0] }

// lockID is the lock's id of the first project.
func (at *scene) lockID() string { return at.blueprint.Bucket.Name + "/" + at.project().StateKey }

// The files of the scene.
func (at *scene) dir() string         { return filepath.Join(at.Root, filepath.FromSlash(at.project().Dir)) }
func (at *scene) backend() string     { return filepath.Join(at.dir(), "backend.tf") }
func (at *scene) provider() string    { return filepath.Join(at.dir(), "provider.tf") }
func (at *scene) cache() string       { return filepath.Join(at.dir(), ".terraform", "terraform.tfstate") }
func (at *scene) credentials() string { return filepath.Join(at.Root, credentialsFile) }
func (at *scene) config() string      { return filepath.Join(at.Root, configFile) }

// edit replaces every match of a pattern in a file, as somebody would by hand.
// A file without a match is an error: the fault would be none.
func (at *scene) edit(path, pattern, with string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return failed(err)
	}
	found := regexp.MustCompile(pattern)
	if !found.Match(text) {
		return failed(fmt.Errorf("nothing in %s matches %s", path, pattern))
	}
	return failed(os.WriteFile(path, found.ReplaceAll(text, []byte(with)), 0o600))
}

// write makes a file of the first project.
func (at *scene) write(name, text string) error {
	return failed(os.WriteFile(filepath.Join(at.dir(), name), []byte(text), 0o600))
}

// act does an operation in the admin account.
func (at *scene) act(service, operation string, in sandbox.ActInput) error {
	return at.actIn(at.blueprint.AdminAccount, service, operation, in)
}

func (at *scene) actIn(account, service, operation string, in sandbox.ActInput) error {
	_, err := at.server.Act(account, service, operation, in)
	return failed(err)
}

// askIn reads an answer of IAM in an account.
func (at *scene) askIn(account, operation string, in sandbox.ActInput, answer any) error {
	body, err := at.server.Act(account, "iam", operation, in)
	if err == nil {
		err = xml.Unmarshal(body, answer)
	}
	return failed(err)
}

// keyARN is the ARN of the state encryption key.
func (at *scene) keyARN() (string, error) {
	body, err := at.server.Act(at.blueprint.AdminAccount, "kms", "DescribeKey", sandbox.ActInput{"KeyId": at.blueprint.Key.Alias})
	var answer struct{ KeyMetadata struct{ Arn string } }
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer.KeyMetadata.Arn, failed(err)
}

// policyARN names a policy of the group, by what it is for and its number.
func (at *scene) policyARN(subject string, number int) string {
	return "arn:aws:iam::" + at.blueprint.AdminAccount + ":policy/stateroom/stateroom-" + at.group() + "-" + subject + "-" + strconv.Itoa(number)
}

// editStatePolicy edits a statement, found by its Sid, in the policies with
// which the group reaches its states. A statement without actions is dropped.
func (at *scene) editStatePolicy(sid string, edit func(*policy.Statement)) error {
	for number := 1; ; number++ {
		arn := at.policyARN("state", number)
		doc, err := at.document(arn)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(doc.Statements, func(s policy.Statement) bool { return s.Sid == sid })
		if i < 0 {
			continue
		}
		if edit(&doc.Statements[i]); len(doc.Statements[i].Actions) == 0 {
			doc.Statements = slices.Delete(doc.Statements, i, i+1)
		}
		if err := at.makeRoom(arn); err != nil {
			return err
		}
		return at.act("iam", "CreatePolicyVersion", sandbox.ActInput{"PolicyArn": arn, "PolicyDocument": doc.JSON(), "SetAsDefault": "true"})
	}
}

// makeRoom deletes the oldest version of a managed policy that has all the five
// it may have.
func (at *scene) makeRoom(arn string) error {
	var have struct {
		IDs []string `xml:"ListPolicyVersionsResult>Versions>member>VersionId"`
	}
	if err := at.askIn(at.blueprint.AdminAccount, "ListPolicyVersions", sandbox.ActInput{"PolicyArn": arn}, &have); err != nil {
		return err
	}
	if len(have.IDs) < 5 {
		return nil
	}
	return at.act("iam", "DeletePolicyVersion", sandbox.ActInput{"PolicyArn": arn, "VersionId": have.IDs[len(have.IDs)-1]})
}

// document is the default version of a managed policy.
func (at *scene) document(arn string) (policy.Document, error) {
	var current struct {
		ID string `xml:"GetPolicyResult>Policy>DefaultVersionId"`
	}
	if err := at.askIn(at.blueprint.AdminAccount, "GetPolicy", sandbox.ActInput{"PolicyArn": arn}, &current); err != nil {
		return policy.Document{}, err
	}
	var version struct {
		Document string `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
	}
	if err := at.askIn(at.blueprint.AdminAccount, "GetPolicyVersion", sandbox.ActInput{"PolicyArn": arn, "VersionId": current.ID}, &version); err != nil {
		return policy.Document{}, err
	}
	text, err := url.QueryUnescape(version.Document)
	if err != nil {
		return policy.Document{}, failed(err)
	}
	doc, err := policy.Parse(text)
	return doc, failed(err)
}

// putObject writes an object with the headers that Terraform sends.
func (at *scene) putObject(key, body string) error {
	arn, err := at.keyARN()
	if err != nil {
		return err
	}
	return at.act("s3", "PutObject", sandbox.ActInput{
		"Bucket": at.blueprint.Bucket.Name, "Key": key, "Body": body, "Content-Type": "application/json",
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": arn,
	})
}

// putItem writes an item of the lock table.
func (at *scene) putItem(id, attribute, value string) error {
	return at.act("dynamodb", "PutItem", sandbox.ActInput{
		"TableName": at.blueprint.Lock.DynamoDBTable,
		"Item":      map[string]any{"LockID": map[string]string{"S": id}, attribute: map[string]string{"S": value}},
	})
}
