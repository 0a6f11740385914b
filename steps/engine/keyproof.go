package engine

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// ProveKey is the command that waits until every service that Terraform's state
// and the key's own rotation use knows the key in the change's profile. Services
// learn of a new key separately (facts/aws.md, "Eventual consistency"); until
// all of them have, the key before it must stay.
func ProveKey(a *blueprint.Answers, profile, user string) *plan.Run {
	r := &plan.Run{Command: plan.ProveKey{}, Lines: []string{
		"aws sts get-caller-identity --profile " + profile,
		"aws iam list-access-keys --profile " + profile,
	}}
	projects := a.ProjectsFor(user)
	if len(projects) == 0 {
		return r
	}
	p := projects[0]
	r.Project = p.Name
	r.Lines = append(r.Lines,
		fmt.Sprintf("aws s3api get-object --profile %s --region %s --bucket %s --key %s /dev/null", profile, a.StateRegion, a.Bucket.Name, unusedKey(p.StateKey)),
		fmt.Sprintf("aws kms describe-key --profile %s --region %s --key-id %s", profile, a.StateRegion, a.Key.Alias))
	if a.Lock.DynamoDBTable != "" {
		r.Lines = append(r.Lines, fmt.Sprintf("aws dynamodb get-item --profile %s --region %s --table-name %s --key '{\"LockID\":{\"S\":\"%s/%s\"}}'",
			profile, a.StateRegion, a.Lock.DynamoDBTable, a.Bucket.Name, p.StateKey))
	}
	return r
}

// prove asks each service as the change's profile.
func (x *Executor) prove(ctx context.Context, c plan.Change) error {
	s, err := x.env.Sessions.Profile(ctx, c.Profile, x.answers.StateRegion)
	if err != nil {
		return err
	}
	begun := time.Now()
	identity, err := s.WaitKeyUsable(ctx, x.env.Patience)
	if err != nil {
		return err
	}
	reads := []func(context.Context) error{
		func(ctx context.Context) error { _, err := s.AccessKeys(ctx, identity.Name); return err },
	}
	if project, known := x.answers.Project(c.Run.Project); known {
		reads = append(reads, stateReads(x.answers, s, project.StateKey)...)
	}
	for i, read := range reads {
		reads[i] = func(ctx context.Context) error {
			err := read(ctx)
			if !awsops.IsUnknownKey(err) && (awsops.IsAccessDenied(err) || awsops.IsNotFound(err)) {
				return nil // one that refuses the user a right, or has nothing of that name, knows the key well
			}
			return err
		}
	}
	return awaitAll(ctx, x.env, max(0, x.env.Patience-time.Since(begun)), reads)
}

// unusedKey is an object that nobody makes, where an admin may look for it.
func unusedKey(stateKey string) string { return "env:/" + terraform.ProbePrefix + "none/" + stateKey }
