package steps

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// planStateAccess gives each group the policy with which its members reach the
// states of their projects, and no others.
func planStateAccess(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	for _, g := range a.Groups {
		docs, refused := statePolicies(o, a, g)
		if refused != nil {
			p.Find(*refused)
			continue
		}
		p.Add(groupPolicies(o, a, g.Name, stateSubject, docs))
		p.Find(overlaps(a, g)...)
	}
	return p
}

func stateAccess(o *Observed, a *blueprint.Answers, g blueprint.Group) policy.StateAccess {
	access := policy.StateAccess{
		Partition: o.partition(), Region: a.StateRegion, Account: a.AdminAccount, Bucket: a.Bucket.Name,
		Table: a.Lock.DynamoDBTable, Lockfile: a.Lock.UseLockfile,
	}
	if a.Key.Users == blueprint.KeyUsersGroup || g.IdentityCenter != "" || g.BreakGlass { // no key policy can list who has another role each time, and a listed user needs no MFA
		access.KMSKeyARN, access.ReadKeys = o.keyARN(), o.readKeys(g.Name)
	}
	for _, project := range a.ProjectsOf(g.Name) {
		access.Keys = append(access.Keys, project.StateKey)
	}
	return access
}

// statePolicies names every key of the group's projects while that fits into
// the policies that the group has left; a group of all environments gets the
// fixed-size form beyond that.
func statePolicies(o *Observed, a *blueprint.Answers, g blueprint.Group) ([]policy.Document, *plan.Finding) {
	access := stateAccess(o, a, g)
	if len(access.Keys) == 0 {
		return nil, nil
	}
	assume, refused := assumePolicies(o, a, g)
	if refused != nil {
		return nil, nil // step 2 tells
	}
	room := groupPolicyQuota(o, a) - 1 - len(assume)
	if docs, err := splitPolicies(o, a, guarded(g, policy.State(access))); err == nil && len(docs) <= room {
		return docs, nil
	}
	if slices.Contains(g.Environments, blueprint.Everything) {
		access.AllKeys = true
		if docs, err := splitPolicies(o, a, guarded(g, policy.State(access))); err == nil && len(docs) <= room {
			return docs, nil
		}
	}
	return nil, &plan.Finding{
		ID: "bucket.group-too-large", Severity: plan.Failure, Blocks: true,
		Evidence: fmt.Sprintf("The %d state keys of group %s do not fit into the managed policies that IAM allows on a group.", len(access.Keys), g.Name),
		Remedy:   "Split the group, or give it environments = [\"*\"].",
	}
}

// groupTooLarge tells whether what a group needs takes more policies than it may have.
func groupTooLarge(o *Observed, a *blueprint.Answers, g blueprint.Group) bool {
	_, assume := assumePolicies(o, a, g)
	_, state := statePolicies(o, a, g)
	return assume != nil || state != nil
}

// overlaps warns of what IAM cannot keep apart: a workspace of the key "a/b"
// is also reached by whoever has the key "b" (policy.State says why).
func overlaps(a *blueprint.Answers, g blueprint.Group) []plan.Finding {
	own := map[string]bool{}
	for _, project := range a.ProjectsOf(g.Name) {
		own[project.StateKey] = true
	}
	var findings []plan.Finding
	for _, other := range a.Projects {
		for key := range own {
			if !own[other.StateKey] && strings.HasSuffix(other.StateKey, "/"+key) {
				findings = append(findings, plan.Finding{
					ID: "bucket.keys-overlap", Severity: plan.Warning,
					Evidence: fmt.Sprintf("State key %q of project %s ends in %q, so group %s also reaches its workspaces.", other.StateKey, other.Name, key, g.Name),
					Remedy:   "Choose state keys of which none is the end of another.",
				})
			}
		}
	}
	return findings
}

// splitPolicies splits a document into managed policies. Values that AWS has
// yet to decide count with the length that they will have, so that the next
// run, which knows them, splits in the same way.
func splitPolicies(o *Observed, a *blueprint.Answers, doc policy.Document) ([]policy.Document, error) {
	text := doc.JSON()
	stands := map[string]string{}
	for number := 999_999_999_999; ; number-- {
		refs := awsops.FindRefs(text)
		if len(refs) == 0 {
			break
		}
		stand := fmt.Sprintf("%012d", number) // an account id
		if strings.Contains(text, stand) {
			continue // it would be taken for the reference afterwards
		}
		if refs[0].Output == "arn" {
			stand = "arn:" + o.partition() + ":kms:" + a.StateRegion + ":" + stand + ":key/00000000-0000-0000-0000-000000000000"
		}
		mark := awsops.Ref(refs[0].Change, refs[0].Output)
		stands[stand] = mark
		text = strings.ReplaceAll(text, mark, stand)
	}
	sized, err := policy.Parse(text)
	if err != nil {
		return nil, err
	}
	docs, err := policy.Split(sized.Statements, policy.ManagedPolicyLimit)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		text := docs[i].JSON()
		for stand, ref := range stands {
			text = strings.ReplaceAll(text, stand, ref)
		}
		if docs[i], err = policy.Parse(text); err != nil {
			return nil, err
		}
	}
	return docs, nil
}
