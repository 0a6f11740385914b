package steps

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// templatePath is where the template of an environment's role is written for the
// owner of its account.
func templatePath(env *engine.Env, e blueprint.Environment) string {
	return filepath.Join(env.Root(), "stateroom-role-"+e.Name+".json")
}

// unreachable is the finding of an environment whose account cannot be
// entered; the other environments go on.
func unreachable(o *Observed, a *blueprint.Answers, e blueprint.Environment, f RoleFacts) plan.Finding {
	tried := ""
	if f.Reach == "" {
		tried = fmt.Sprintf(" None of the roles %s can be assumed there.", strings.Join(a.Ladder(e), ", "))
	}
	if org := o.Account.Organization; org != nil && org.ManagementAccount != a.AdminAccount {
		tried += fmt.Sprintf(" The roles that AWS makes there trust management account %s alone, and admin account %s is a member.", org.ManagementAccount, a.AdminAccount)
	}
	return plan.Finding{
		ID: "iam.environment-unreachable", Severity: plan.Failure, Probed: true, Stops: []string{roleChange(e.Name)},
		Evidence:   fmt.Sprintf("Environment %s (account %s) cannot be entered: %s%s %s", e.Name, e.Account, diagnosis.Sentence(f.Unreachable.Error()), tried, leftWithRole),
		RequestIDs: awsops.RequestIDs(f.Unreachable),
		Remedy: fmt.Sprintf("Name a role that account %s may assume there with --set environment.%s.reach=ROLE; where there is none, ask the account's owner to make the role, as iam.role-template says.",
			a.AdminAccount, e.Name),
	}
}

// otherwise tells whether another role than the blueprint's opened an account.
func (f RoleFacts) otherwise(a *blueprint.Answers, e blueprint.Environment) bool {
	return f.Unreachable == nil && f.Reach != "" && f.Reach != e.Reach && f.Reach != a.PlanReach(e)
}

// reachedOtherwise are the findings of accounts that another role opened than the
// blueprint's, one for each such role.
func reachedOtherwise(o *Observed, a *blueprint.Answers) (findings []plan.Finding) {
	by := map[string][]string{}
	for _, e := range a.Environments {
		if f := o.Role(e.Name); f.otherwise(a, e) {
			by[f.Reach] = append(by[f.Reach], e.Name)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(by)) {
		findings = append(findings, plan.Finding{
			ID: "iam.reached-otherwise", Severity: plan.Info,
			Evidence: fmt.Sprintf("Role %s enters %s, where the role that the blueprint names cannot be assumed.", role, plan.Enumerated(by[role])),
			Remedy:   fmt.Sprintf("No action needed. With reach = %q in each of these environments, the other one is not asked first.", role),
		})
	}
	return findings
}

// templates are the roles of environments that cannot be entered, for the owners of
// their accounts: one file for all whose role is the same, as it is for one StackSet.
func templates(o *Observed, a *blueprint.Answers, closed []blueprint.Environment) (p plan.Proposal) {
	var texts []string
	same := map[string][]blueprint.Environment{}
	for _, e := range closed {
		text := roleTemplate(o, a, e) + "\n"
		if same[text] == nil {
			texts = append(texts, text)
		}
		same[text] = append(same[text], e)
	}
	for _, text := range texts {
		var names, accounts []string
		for _, e := range same[text] {
			names, accounts = append(names, e.Name), append(accounts, e.Account)
		}
		edit := files.Edit{
			Before: o.IAM.Roles[names[0]].Template, After: files.Content(text), Mode: 0o644,
			Fields: []files.Field{{Name: "template", After: "the role of " + plan.Listed(names)}},
		}
		if edit.Changes() {
			p.Change(plan.FileChange(a, edit, "Write the role of "+plan.Listed(names)+" as a CloudFormation template"))
		}
		p.Find(plan.Finding{
			ID: "iam.role-template", Severity: plan.Info, Probed: true,
			Evidence: fmt.Sprintf("%s is the CloudFormation template of the role of %s (accounts %s).%s", edit.Before.Path, plan.Listed(names), plan.Listed(accounts), leavesOut(o, a, same[text])),
			Remedy:   deployed(o, a, edit.Before.Path, accounts),
		})
	}
	return p
}

// leavesOut says which former admins a role of the template does not trust. Whom the role of
// today trusts is not known, and anyone may have been put into the IAM group.
func leavesOut(o *Observed, a *blueprint.Answers, environments []blueprint.Environment) string {
	var users []string
	for _, e := range environments {
		for _, g := range a.IdentityGroups() {
			if e.Trust == blueprint.TrustListed && a.Reaches(g.Name, e.Name) {
				for _, arn := range o.IAM.formerWithKeys(g.Name) {
					users = append(users, lastPart(arn))
				}
			}
		}
	}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) == 0 {
		return ""
	}
	return fmt.Sprintf(" It does not let %s in, who still use a key: replace a role that is there only once they have moved to Identity Center.", plan.Enumerated(users))
}

// deployed is how a template comes into accounts: by the owner of one, or into all of
// them by a StackSet, which only the management account or its delegate can make, once
// the organization lets StackSets in ("Activate trusted access for StackSets with AWS
// Organizations", AWS CloudFormation). Where the root cannot be listed, nothing is made.
func deployed(o *Observed, a *blueprint.Answers, path string, accounts []string) string {
	name := filepath.Base(path)
	one := fmt.Sprintf("In an account: aws cloudformation deploy --stack-name stateroom-role --template-file %s --capabilities CAPABILITY_NAMED_IAM", name)
	if o.Account.Organization == nil {
		return one
	}
	return fmt.Sprintf("%s. Or in all at once, from management account %s, where StackSets may enter the organization (aws cloudformation activate-organizations-access): "+
		"root=$(aws organizations list-roots --query 'Roots[0].Id' --output text) && "+
		"aws cloudformation create-stack-set --stack-set-name stateroom-role --template-body file://%s "+
		"--capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED --auto-deployment Enabled=false && "+
		"aws cloudformation create-stack-instances --stack-set-name stateroom-role --regions %s --deployment-targets "+
		"OrganizationalUnitIds=$root,Accounts=%s,AccountFilterType=INTERSECTION",
		one, o.Account.Organization.ManagementAccount, name, a.StateRegion, strings.Join(accounts, ","))
}

// madeByOwner is the finding of an account that cannot be entered while its
// role can be assumed: its owner has used the template.
func madeByOwner(o *Observed, a *blueprint.Answers, e blueprint.Environment) plan.Finding {
	return plan.Finding{
		ID: "iam.role-by-owner", Severity: plan.Info,
		Evidence: fmt.Sprintf("Role %s can be assumed, but account %s cannot be read, so its permissions were not compared.", a.RoleARN(o.partition(), e), e.Account),
		Remedy:   "No action needed: the account's owner manages the role.",
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
	return plan.JSON(map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "The role that Terraform's admins of account " + a.AdminAccount + " assume",
		"Resources":                map[string]any{"EnvironmentRole": map[string]any{"Type": "AWS::IAM::Role", "Properties": properties}},
	}, "  ")
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
