package steps

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// runners tells of runners' roles that the trust of the role would name in vain: AWS stores
// no policy that names a role that is not there, and lets nobody in from outside of the
// organization that the trust asks for. Of other accounts' roles only AWS knows.
func (b *machineRole) runners() {
	if !b.ci.ByRole() {
		return
	}
	stops := []string{b.id, b.id + trustSuffix}
	for _, s := range b.subjects {
		role, _ := awsops.ParseARN(s.Text) // which the blueprint's check has taken for one
		name := role.Resource[strings.LastIndex(role.Resource, "/")+1:]
		_, member := b.o.Account.byID(role.AccountID)
		have := b.o.IAM.Machines.Admin[strings.ToLower(name)]
		switch {
		case role.AccountID == b.a.AdminAccount && have != s.Text:
			remedy := "Make the role for the runner, or correct the ci block in stateroom.hcl; then run stateroom setup again."
			if have != "" {
				remedy = fmt.Sprintf("Write %s into ci %q of stateroom.hcl, if that is the runner's role; then run stateroom setup again.", have, b.ci.Name)
			}
			b.Find(plan.Finding{
				ID: "iam.ci-runner-missing", Subject: b.e.Role, Severity: plan.Failure, Stops: stops,
				Evidence: fmt.Sprintf("There is no role %s, which ci %q names as its runner's.", s.Text, b.ci.Name), Remedy: remedy,
			})
		case role.AccountID != b.a.AdminAccount && b.o.orgID() != "" && len(b.o.Account.Accounts) > 0 && !member:
			b.Find(plan.Finding{
				ID: "iam.ci-runner-outside", Subject: b.e.Role, Severity: plan.Failure, Stops: stops,
				Evidence: fmt.Sprintf("Account %s of the runner's role %s is not in your organization, which every trust policy of setup asks for.", role.AccountID, s.Text),
				Remedy:   fmt.Sprintf("Name a role of one of your organization's accounts in ci %q, or take the block out.", b.ci.Name),
			})
		}
	}
}

// runnerRoles are the ARNs of the roles that the blueprint names as runners' own, in order.
func runnerRoles(a *blueprint.Answers) (arns []string) {
	for _, r := range tokenRoles(a) {
		if r.ci.ByRole() {
			arns = append(arns, subjectTexts(r.subjects)...)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}
