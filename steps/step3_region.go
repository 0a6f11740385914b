package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// regionStep is step 3: where the state lives, which is not where the
// environments' resources live.
func regionStep() Step {
	return Step{
		Name: plan.StepRegion, Title: "Select the region of the state", Short: "Region",
		Why: "Bucket, key and lock table live in one region; the resources that Terraform makes do not have to. " +
			"Choose the region where most of your admins are.",
		Cost:  "The region decides where the state lies; it changes the price by next to nothing.",
		First: true, AWSOnly: true,
		Questions: regionQuestions, Inspect: inspectRegion, Plan: planRegion, Facts: regionFacts,
	}
}

// RegionFacts are the regions that the account may use, when AWS answers.
type RegionFacts struct {
	Regions  []awsops.Region
	Answered bool
}

func regionQuestions(a *blueprint.Answers) []plan.Question {
	return []plan.Question{{
		Path: "state_region", Prompt: "Region of the state", Kind: plan.Text, Default: a.StateRegion,
		Help: "For example eu-west-1. It cannot be changed later without moving the state.",
	}}
}

// inspectRegion refuses a region that does not exist or that the account has not
// opted into, as far as account:ListRegions answers.
func inspectRegion(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	front, err := env.Sessions.Front(ctx, a.StateRegion)
	if err != nil {
		return err
	}
	regions, answered, err := front.Regions(ctx)
	if err != nil {
		return err
	}
	o.Region = RegionFacts{Regions: regions, Answered: answered}
	if !answered {
		return nil
	}
	i := slices.IndexFunc(regions, func(r awsops.Region) bool { return r.Name == a.StateRegion })
	switch {
	case i < 0:
		return &plan.Refusal{
			Finding: diagnosis.RegionInvalid.ID,
			What:    fmt.Sprintf("There is no region %s for account %s.", a.StateRegion, a.AdminAccount),
			Remedy:  "Choose one of " + strings.Join(enabledNames(regions), ", ") + " with --set state_region=REGION.",
		}
	case !regions[i].Enabled():
		return notEnabled(a, regions[i].OptStatus, a.AdminAccount)
	}
	return nil
}

func notEnabled(a *blueprint.Answers, status, account string) error {
	return &plan.Refusal{
		Finding: "region.not-enabled",
		What:    fmt.Sprintf("Region %s is %s for account %s.", a.StateRegion, status, account),
		Remedy:  fmt.Sprintf("Enable it (aws account enable-region --region-name %s) or choose another with --set state_region=REGION.", a.StateRegion),
	}
}

// keyElsewhere is why a key is unknown in the state's region only: an account's keys are
// known in the regions that it has enabled ("Enable or disable AWS Regions in your
// account", Account Management). Nil says that it is unknown altogether.
func keyElsewhere(ctx context.Context, env *engine.Env, a *blueprint.Answers) error {
	always := env.Sessions.Home(awsops.RegionOfAll(a.StateRegion))
	identity, err := always.Identity(ctx)
	if err != nil {
		return nil //nolint:nilerr // the first answer tells as much
	}
	status := "not enabled"
	regions, _, _ := always.Regions(ctx) // who may not ask is told without the status
	if i := slices.IndexFunc(regions, func(r awsops.Region) bool { return r.Name == a.StateRegion }); i >= 0 {
		status = regions[i].OptStatus
	}
	return notEnabled(a, status, identity.Account)
}

func enabledNames(regions []awsops.Region) []string {
	var names []string
	for _, r := range regions {
		if r.Enabled() {
			names = append(names, r.Name)
		}
	}
	return names
}

// planRegion has nothing to change; it tells of environments whose regions the admin
// account cannot sign for, and when AWS could not say whether the region is right.
func planRegion(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	if o.Region.Answered {
		for _, e := range a.Environments {
			p.Find(unsigned(o, a, e)...)
		}
		return p
	}
	return plan.Proposal{Findings: []plan.Finding{{
		ID: "region.not-checked", Severity: plan.Info,
		Evidence: fmt.Sprintf("account:ListRegions gave no answer, so it is not known whether account %s may use %s.", a.AdminAccount, a.StateRegion),
		Remedy:   "Nothing to do: the calls of the next steps show it.",
	}}}
}

// unsigned tells of an environment's region in which the admin account's keys are
// unknown: Terraform and the AWS CLI ask the STS of that region for the role, which
// answers InvalidClientTokenId and so blames the key ("Enable or disable AWS Regions in
// your account", Account Management; sts_region, AWS provider).
func unsigned(o *Observed, a *blueprint.Answers, e blueprint.Environment) []plan.Finding {
	region := a.RegionOf(e)
	i := slices.IndexFunc(o.Region.Regions, func(r awsops.Region) bool { return r.Name == region })
	switch {
	case i < 0:
		return []plan.Finding{{
			ID: "region.environment-unknown", Severity: plan.Warning,
			Evidence: fmt.Sprintf("There is no region %s, that of environment %s, for account %s.", region, e.Name, a.AdminAccount),
			Remedy:   fmt.Sprintf("Choose one of %s with --set environment.%s.region=REGION.", strings.Join(enabledNames(o.Region.Regions), ", "), e.Name),
		}}
	case o.Region.Regions[i].Enabled():
		return nil
	}
	return []plan.Finding{{
		ID: "region.environment-not-enabled", Severity: plan.Warning,
		Evidence: fmt.Sprintf("Region %s, that of environment %s, is %s for the admin account %s: its STS knows none of the admins' keys and answers InvalidClientTokenId, though nothing is wrong with them.",
			region, e.Name, o.Region.Regions[i].OptStatus, a.AdminAccount),
		Remedy: fmt.Sprintf("Enable it there (aws account enable-region --region-name %s), or let the project's provider \"aws\" ask elsewhere for the role, with sts_region = %q.", region, a.StateRegion),
	}}
}

func regionFacts(o *Observed, _ *blueprint.Answers, _ *engine.Env) []plan.Fact {
	return []plan.Fact{{Name: "Regions known", Value: fmt.Sprint(len(o.Region.Regions))}}
}
