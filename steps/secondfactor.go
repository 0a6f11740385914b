package steps

import (
	"context"
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// AskFactor tells an operator how to show a second factor, where one was refused who
// signs with the access key alone and has a device: AWS names the policy that refused
// and never the condition in it. Every other error stays as it is. A policy that forces
// people to use their device lets them list it (IAM User Guide, "Allows MFA-authenticated
// IAM users to manage their own MFA device").
func AskFactor(ctx context.Context, env *engine.Env, a *blueprint.Answers, err error) error {
	if !awsops.IsAccessDenied(err) {
		return err
	}
	home := env.Sessions.Home(a.StateRegion)
	who, unknown := home.Identity(ctx)
	if unknown != nil || who.Kind != awsops.KindUser || home.InSession(ctx) {
		return err
	}
	devices, unknown := home.MFADevices(ctx, who.Name)
	if unknown != nil || len(devices) == 0 {
		return err
	}
	serial, otherwise := devices[0].Serial, "have "+deniedAction(err)+" granted"
	if awsops.IsExplicitDeny(err) {
		otherwise = "ask whoever is responsible for the policy to change its Deny statement"
	}
	return &plan.Refusal{
		Finding: "account.second-factor", Err: err,
		What: fmt.Sprintf("%s You are %s by an access key alone, though the MFA device %s is yours.", diagnosis.Describe(err), who.ARN, serial),
		Remedy: fmt.Sprintf("If your permissions require MFA, open a session with one (aws sts get-session-token --serial-number %s --token-code CODE) "+
			"and run with its credentials; otherwise, %s.", serial, otherwise),
	}
}

// deniedAction is the IAM action that was refused.
func deniedAction(err error) string {
	if d, _ := awsops.DenialOf(err); d.Action != "" {
		return d.Action
	}
	return "the action"
}
