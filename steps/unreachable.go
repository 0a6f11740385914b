package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"stateroom/awsops/policy"
)

// unreachable is the finding of an environment whose account cannot be
// entered. The template makes the role there without us; the other
// environments go on.
func unreachable(o *Observed, a *Answers, e Environment, err error) Finding {
	return Finding{
		ID: "iam.environment-unreachable", Step: 2, Severity: Failure,
		Evidence: fmt.Sprintf("Environment %s (account %s) cannot be entered: %v", e.Name, e.Account, err),
		Remedy:   fmt.Sprintf("Give the template below to the account's owner, who runs: aws cloudformation deploy --stack-name stateroom-%s --template-file %s.json --capabilities CAPABILITY_NAMED_IAM", e.Name, e.Name),
		Details:  roleTemplate(o, a, e),
	}
}

// roleTemplate is a CloudFormation template (JSON is YAML, too) of the
// environment's role, exactly as the plan would have made it.
func roleTemplate(o *Observed, a *Answers, e Environment) string {
	b := roleBuilder{o: o, a: a, e: e}
	properties := map[string]any{
		"RoleName": e.Role, "Path": e.RolePath,
		"AssumeRolePolicyDocument": rawDocument(b.trust()),
		"Tags":                     templateTags(a),
	}
	if arn := b.attachment(); arn != "" {
		properties["ManagedPolicyArns"] = []string{arn}
	} else {
		properties["Policies"] = []any{map[string]any{"PolicyName": inlinePolicy, "PolicyDocument": rawDocument(b.document())}}
	}
	if e.PermissionsBoundary != "" {
		properties["PermissionsBoundary"] = e.PermissionsBoundary
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// Maps of strings and valid JSON always encode.
	_ = enc.Encode(map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "The role that Terraform's admins of account " + a.AdminAccount + " assume",
		"Resources":                map[string]any{"EnvironmentRole": map[string]any{"Type": "AWS::IAM::Role", "Properties": properties}},
	})
	return strings.TrimSpace(out.String())
}

func rawDocument(d policy.Document) json.RawMessage { return json.RawMessage(d.JSON()) }

func templateTags(a *Answers) []map[string]string {
	all := tags(a)
	var list []map[string]string
	for _, k := range sortedKeys(all) {
		list = append(list, map[string]string{"Key": k, "Value": all[k]})
	}
	return list
}
