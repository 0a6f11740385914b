package blueprint

import (
	"strings"

	"stateroom/awsops"
)

// ciRunner refuses what is not the ARN of one role that a runner can have.
func (c *blueprintChecker) ciRunner(block, name, arn string) {
	bad := func(why string) { c.bad(block, name, arn, "%q %s", abridged(arn), why) }
	role, isARN := awsops.ParseARN(arn)
	switch {
	case strings.ContainsAny(arn, "*?") || strings.Contains(arn, "${"):
		bad("contains a wildcard, which lets in strangers: write the ARNs of the runners' roles one by one, each in full")
	case accountPattern.MatchString(arn) || isARN && role.Resource == "root":
		bad("is a whole account, of which everybody would be let in who may assume roles: write the ARN of the runner's role")
	case !isARN || !principalPattern.MatchString(arn) || !strings.HasPrefix(role.Resource, "role/"):
		bad("is not the ARN of a role: write one such as arn:aws:iam::111111111111:role/atlantis")
	case role.Partition != awsops.PartitionOf(c.StateRegion):
		bad("is in a different partition than the region of the state, and nobody gets from one to the other: write the ARN of a role of " + awsops.PartitionOf(c.StateRegion))
	case strings.HasPrefix(role.Resource, "role/aws-reserved/") || strings.HasPrefix(role.Resource, "role/aws-service-role/"):
		bad("is a role that AWS made for people or for a service: write the ARN of the runner's own")
	case role.AccountID == c.AdminAccount && strings.HasPrefix(role.Resource, "role/stateroom/"):
		bad("is a role that setup makes: write the ARN of the runner's own, which assumes it")
	}
	for _, e := range c.Environments {
		if same := runnerRole(arn); isARN && (same == e.Account+"/"+strings.ToLower(e.Role) || same == e.Account+"/"+strings.ToLower(e.PlanRoleIn().Role)) {
			bad("is the role of environment " + e.Name + ", which the runner is to be let into: write the ARN of the runner's own")
		}
	}
}

// ciRunnersApart refuses a runner's role that plans and applies: a plan runs what the branch
// says, so that whoever may push one could apply.
func (c *blueprintChecker) ciRunnersApart() {
	plans := map[string]string{}
	for _, ci := range c.CIs {
		for _, arn := range ci.Plan {
			if role := runnerRole(arn); ci.ByRole() && role != "" {
				plans[role] = ci.Name
			}
		}
	}
	for _, ci := range c.CIs {
		for _, arn := range ci.Apply {
			if by, both := plans[runnerRole(arn)]; both && ci.ByRole() {
				c.bad(blockPath("ci", ci.Name), "apply", arn, "%q plans as well (ci %q): a plan runs what the branch says, so whoever may push one could apply. Give the runner another role for its plans; or, if everybody who may push a branch may apply, take the role out of plan, and it plans with the permissions of apply", abridged(arn), by)
			}
		}
	}
}

// runnerRole is a role by its account and name, empty for what is no role's ARN: no two
// roles of an account have names that differ in case or path alone (IAM User Guide, "IAM
// and AWS STS quotas").
func runnerRole(arn string) string {
	role, isARN := awsops.ParseARN(arn)
	if !isARN {
		return ""
	}
	return role.AccountID + "/" + strings.ToLower(role.Resource[strings.LastIndex(role.Resource, "/")+1:])
}
