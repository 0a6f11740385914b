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
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// regionStep is step 3: where the state lives, which is not where the
// environments' resources live.
func regionStep() Step {
	return Step{
		Name: plan.StepRegion, Title: "Region of the state", Short: "Region",
		Why: "Bucket, key and lock table live in one region; the resources that Terraform makes do not have to. " +
			"Choose the region where most of your admins are.",
		Cost:  "The region decides where the state is stored; it hardly changes the price.",
		First: true, AWSOnly: true,
		Questions: regionQuestions, Inspect: inspectRegion, Plan: planRegion, Facts: regionFacts,
	}
}

// RegionFacts are the regions that the account may use, when AWS answers.
type RegionFacts struct {
	Regions  []awsops.Region
	Answered bool
	// Unsigned are the environments' regions in which no key of the admin account is
	// known, each with what the region is to that account.
	Unsigned map[string]string
}

// of is a region as the account has it, nil where AWS does not tell.
func (f RegionFacts) of(name string) *awsops.Region {
	i := slices.IndexFunc(f.Regions, func(r awsops.Region) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Regions[i]
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
	o.Region.InspectSigning(ctx, front, a)
	if !answered {
		return nil
	}
	switch region := o.Region.of(a.StateRegion); {
	case region == nil:
		return &plan.Refusal{
			Finding: diagnosis.RegionInvalid.ID,
			What:    fmt.Sprintf("There is no region %s for account %s.", a.StateRegion, a.AdminAccount),
			Remedy:  "Choose one of " + strings.Join(enabledNames(regions), ", ") + " with --set state_region=REGION.",
		}
	case !region.Enabled():
		return notEnabled(a, region.OptStatus, a.AdminAccount)
	}
	return nil
}

// InspectSigning finds the environments' regions in which the keys of the session's
// account are unknown: Terraform and the AWS CLI ask the STS of that region for the
// environment's role, which answers InvalidClientTokenId and so blames the key ("Enable
// or disable AWS Regions in your account", Account Management). Who may not list the
// regions asks there who one is, which needs no permission.
func (f *RegionFacts) InspectSigning(ctx context.Context, s *awsops.Session, a *blueprint.Answers) {
	f.Unsigned = map[string]string{}
	asked := map[string]bool{a.StateRegion: true}
	for _, e := range a.Environments {
		name := a.RegionOf(e)
		region := f.of(name)
		switch {
		case asked[name] || region != nil && region.Enabled():
		case region != nil:
			f.Unsigned[name] = region.OptStatus
		case !f.Answered:
			if known, err := s.KeyKnown(ctx, name); err == nil && !known {
				f.Unsigned[name] = "not enabled"
			}
		}
		asked[name] = true
	}
}

// askedIn is the region whose STS is asked for an environment's role: the environment's
// own where the admins' keys are known there, else the state's, where they are.
func (f RegionFacts) askedIn(a *blueprint.Answers, e blueprint.Environment) string {
	if _, unsigned := f.Unsigned[a.RegionOf(e)]; unsigned {
		return a.StateRegion
	}
	return a.RegionOf(e)
}

// stsRegion is the sts_region that a project's provider needs, empty where it needs none
// or has one that will do: what somebody chose is kept.
func (f RegionFacts) stsRegion(a *blueprint.Answers, e blueprint.Environment, at *tf.Project) string {
	in := f.askedIn(a, e)
	have := at.AsksIn()
	region := f.of(have.Value)
	switch {
	case in == a.RegionOf(e):
		return ""
	case have.Literal && have.Value != a.RegionOf(e) && (region == nil && !f.Answered || region != nil && region.Enabled()):
		return ""
	}
	return in
}

func notEnabled(a *blueprint.Answers, status, account string) error {
	return &plan.Refusal{
		Finding:  "region.not-enabled",
		What:     fmt.Sprintf("Region %s is %s for account %s.", a.StateRegion, status, account),
		Remedy:   "Enable it, or choose another with --set state_region=REGION.",
		Commands: plan.Copy("Enable it", "aws account enable-region --region-name %s", a.StateRegion),
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
	if region := (RegionFacts{Regions: regions}).of(a.StateRegion); region != nil {
		status = region.OptStatus
	}
	return notEnabled(a, status, identity.Account)
}

// KnownElsewhere says that a key is known in one region and not in that of the state, and
// what to do.
func KnownElsewhere(in, state string) (evidence, remedy string) {
	evidence = fmt.Sprintf("AWS knows the key in %s and not in %s, the region of the state, so nothing is wrong with it.", in, state)
	if awsops.RegionOfAll(in) != awsops.RegionOfAll(state) {
		return evidence, fmt.Sprintf("Correct state_region: %s is in another partition of AWS than %s, and a key is known in its own alone.", state, in)
	}
	return evidence, fmt.Sprintf("Enable region %s in the key's account (aws account enable-region --region-name %s), or correct state_region.", state, state)
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
// account cannot sign for or their own has not enabled, and when AWS could not say whether
// the state's is right.
func planRegion(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	for _, e := range a.Environments {
		p.Find(unsigned(o, a, e)...)
		p.Find(closedRegion(o, a, e)...)
	}
	if !o.Region.Answered {
		p.Find(plan.Finding{
			ID: "region.not-checked", Severity: plan.Info,
			Evidence: fmt.Sprintf("account:ListRegions gave no answer, so it is not known whether account %s may use %s.", a.AdminAccount, a.StateRegion),
			Remedy:   "No action needed: the next steps will show it.",
		})
	}
	return p
}

// unsigned tells of an environment's region in which the admin account's keys are
// unknown, and of what asks elsewhere for the role because of it.
func unsigned(o *Observed, a *blueprint.Answers, e blueprint.Environment) []plan.Finding {
	region := a.RegionOf(e)
	if o.Region.Answered && o.Region.of(region) == nil {
		return []plan.Finding{{
			ID: "region.environment-unknown", Severity: plan.Warning,
			Evidence: fmt.Sprintf("There is no region %s, that of environment %s, for account %s.", region, e.Name, a.AdminAccount),
			Remedy:   fmt.Sprintf("Choose one of %s with --set environment.%s.region=REGION.", strings.Join(enabledNames(o.Region.Regions), ", "), e.Name),
		}}
	}
	in := o.Region.askedIn(a, e)
	if in == region {
		return nil
	}
	f := plan.Finding{
		ID: "region.environment-not-enabled", Severity: plan.Info,
		Evidence: fmt.Sprintf("Region %s, that of environment %s, is %s for the admin account %s: its STS knows none of the admins' keys and answers InvalidClientTokenId, though nothing is wrong with them.",
			region, e.Name, o.Region.Unsigned[region], a.AdminAccount),
	}
	enable := fmt.Sprintf("aws account enable-region --region-name %s", region)
	if by := byHand(o, a, e); len(by) > 0 {
		f.Severity = plan.Warning
		f.Remedy = fmt.Sprintf("Enable it there (%s), or write sts_region = %q into the provider \"aws\" of %s, which stateroom does not edit.", enable, in, plan.Enumerated(by))
		return []plan.Finding{f}
	}
	f.Evidence += fmt.Sprintf(" So the STS of %s is asked for its role: by sts_region in the projects' provider.tf, and by the region of profile %s, since the AWS CLI knows no such setting.", in, a.ProfileFor(e.Name))
	f.Remedy = fmt.Sprintf("No action needed for Terraform. To work in %s with the AWS CLI, enable it in the admin account (%s).", region, enable)
	return []plan.Finding{f}
}

// byHand are the environment's projects whose provider does not come to say where its
// role is asked for.
func byHand(o *Observed, a *blueprint.Answers, e blueprint.Environment) (names []string) {
	for _, p := range a.Projects {
		facts := o.Files.Projects[p.Name]
		if p.Environment != e.Name || facts.Files == nil {
			continue
		}
		have := facts.Files.AsksIn()
		if expression := have.Name != "" && !have.Literal; expression || facts.Err() != nil || LeftAlone(o, a, p) != nil && o.Region.stsRegion(a, e, facts.Files) != "" {
			names = append(names, p.Name)
		}
	}
	return names
}

// closedRegion tells of an environment whose own account has not enabled the region in
// which its resources are to be: every account enables its own.
func closedRegion(o *Observed, a *blueprint.Answers, e blueprint.Environment) []plan.Finding {
	status := o.Role(e.Name).RegionStatus
	if status == "" || (awsops.Region{OptStatus: status}).Enabled() {
		return nil
	}
	region := a.RegionOf(e)
	return []plan.Finding{{
		ID: "region.environment-closed", Severity: plan.Warning,
		Evidence: fmt.Sprintf("Region %s, that of environment %s, is %s for account %s, which enables its own regions: nothing can be made there.", region, e.Name, status, o.environment(e).Account),
		Remedy:   fmt.Sprintf("Enable it from the management account, or choose another with --set environment.%s.region=REGION.", e.Name),
		Commands: plan.Copy("Enable it", "aws account enable-region --account-id %s --region-name %s", o.environment(e).Account, region),
	}}
}

func regionFacts(o *Observed, _ *blueprint.Answers, _ *engine.Env) []plan.Fact {
	return []plan.Fact{{Name: "Regions known", Value: fmt.Sprint(len(o.Region.Regions))}}
}
