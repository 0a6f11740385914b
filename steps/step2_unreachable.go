package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// unreachable is the finding of an environment whose account cannot be
// entered. The template makes the role there without us; the other
// environments go on.
func unreachable(o *Observed, a *blueprint.Answers, e blueprint.Environment, err error) plan.Finding {
	return plan.Finding{
		ID: "iam.environment-unreachable", Severity: plan.Failure, Probed: true, Stops: []string{roleChange(e.Name)},
		Evidence: fmt.Sprintf("Environment %s (account %s) cannot be entered: %s %s", e.Name, e.Account, diagnosis.Sentence(err.Error()), leftWithRole), RequestIDs: awsops.RequestIDs(err),
		Remedy:  fmt.Sprintf("Give the template below to the account's owner, who runs: aws cloudformation deploy --stack-name stateroom-%s --template-file %s.json --capabilities CAPABILITY_NAMED_IAM", e.Name, e.Name),
		Details: roleTemplate(o, a, e),
	}
}

// madeByOwner is the finding of an account that cannot be entered while its
// role can be assumed: its owner has used the template.
func madeByOwner(o *Observed, a *blueprint.Answers, e blueprint.Environment) plan.Finding {
	return plan.Finding{
		ID: "iam.role-by-owner", Severity: plan.Info,
		Evidence: fmt.Sprintf("Role %s can be assumed, but account %s cannot be looked into, so its permissions were not compared.", a.RoleARN(o.partition(), e), e.Account),
		Remedy:   "Nothing to do: the account's owner looks after the role.",
	}
}

// roleTemplate is a CloudFormation template (JSON is YAML, too) of the
// environment's role, exactly as the plan would have made it.
func roleTemplate(o *Observed, a *blueprint.Answers, e blueprint.Environment) string {
	b := roleBuilder{o: o, a: a, e: e}
	properties := map[string]any{
		"RoleName": e.Role, "Path": e.RolePath, "Description": roleDescription(a),
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

func templateTags(a *blueprint.Answers) []map[string]string {
	all := plan.TagsOf(a)
	var list []map[string]string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, map[string]string{"Key": k, "Value": all[k]})
	}
	return list
}
