//go:build integration

package sandbox

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMain holds what the sandbox has refused in all tests of this package against
// AWS's own models, as botocore ships them.
func TestMain(m *testing.M) {
	code := m.Run()
	if strange, err := unmodelled(); code == 0 && (err != nil || len(strange) > 0) {
		fmt.Println("AWS's models do not know these answers:", strange, err)
		code = 1
	}
	os.Exit(code)
}

// everyService are the codes that any operation may answer ("Common error types", IAM,
// KMS, DynamoDB, Organizations and STS API references), and those of a signature or a
// request that its service could not read.
var everyService = []string{
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "IncompleteSignatureException",
	"InternalFailure", "InvalidAction", "InvalidClientTokenId", "InvalidParameterValue", "InvalidSignatureException", "MissingAuthenticationToken",
	"MissingAuthenticationTokenException", "MissingParameter", "SerializationException", "SignatureDoesNotMatch", "Throttling", "ThrottlingException",
	"UnknownOperationException", "UnrecognizedClientException", "ValidationError", "ValidationException",
}

// observed are the codes of a service that its model leaves out: "No access" of the access
// portal (aws-sam-cli#2129, aws-cli#7871).
var observed = []string{"awsssoportal ForbiddenException"}

// unmodelled are the answers of the sandbox's that no model has of their operation.
func unmodelled() ([]string, error) {
	read := map[string]*model{}
	var strange []string
	for _, r := range refusals() {
		if r.Operation == "" || slices.Contains(everyService, r.Code) || slices.Contains(observed, r.Service+" "+r.Code) || r.Operation == "Authorize" { // a page, which no model has
			continue
		}
		if read[r.Service] == nil {
			m, err := readModel(r.Service)
			if err != nil {
				return nil, err
			}
			read[r.Service] = m
		}
		if !read[r.Service].answers(r.Operation, r.Code) {
			strange = append(strange, fmt.Sprint(r.Service, ":", r.Operation, " ", r.Code))
		}
	}
	return strange, nil
}

// model is what is read of a service's service-2.json.
type model struct {
	Operations map[string]struct{ Errors []struct{ Shape string } }
	Shapes     map[string]struct {
		Error   struct{ Code string }
		Members map[string]struct{ Documentation string }
	}
}

func (m *model) answers(operation, code string) bool {
	for _, e := range m.Operations[operation].Errors {
		if e.Shape == code || m.Shapes[e.Shape].Error.Code == code {
			return true
		}
	}
	// S3's model gives most codes to no operation: it lists them where it describes an error.
	listed := regexp.MustCompile(`<i>Code:</i> ` + code + `\b`)
	return listed.MatchString(m.Shapes["Error"].Members["Code"].Documentation) || code == "XAmzContentSHA256Mismatch"
}

// models are those of services that sign by another name.
var models = map[string]string{"sso": "sso-admin", "sso-oauth": "sso-oidc", "awsssoportal": "sso"}

func readModel(service string) (*model, error) {
	dir, err := exec.Command("python", "-c", "import botocore, os; print(os.path.dirname(botocore.__file__), end='')").Output()
	if err != nil {
		return nil, fmt.Errorf("no botocore: %w", err)
	}
	if name, other := models[service]; other {
		service = name
	}
	found, err := filepath.Glob(filepath.Join(string(dir), "data", service, "*", "service-2.json.gz"))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("no model of %s: %w", service, err)
	}
	f, err := os.Open(slices.Max(found))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	m := &model{}
	return m, json.NewDecoder(text).Decode(m)
}

// refusals are the answers of all servers of this package's tests, once each.
func refusals() []Entry {
	once := map[string]Entry{}
	for _, s := range served.all() {
		for _, e := range s.Log() {
			if e.Code != "" {
				once[strings.Join([]string{e.Service, e.Operation, e.Code}, " ")] = e
			}
		}
	}
	names := slices.Sorted(maps.Keys(once))
	all := make([]Entry, len(names))
	for i, name := range names {
		all[i] = once[name]
	}
	return all
}
