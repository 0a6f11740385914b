package engine

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

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
	r := &plan.Run{Command: plan.RunProve, Lines: []string{
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
		fmt.Sprintf("aws s3api get-object --profile %s --region %s --bucket %s --key %s /dev/null", profile, a.StateRegion, a.Bucket.Name, nothing(p.StateKey)),
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
	identity, err := s.WaitKeyUsable(ctx, x.env.Patience)
	if err != nil {
		return err
	}
	questions := []func(context.Context) error{
		func(ctx context.Context) error { _, err := s.AccessKeys(ctx, identity.Name); return err },
	}
	if c.Run.Project != "" {
		questions = append(questions, stateQuestions(x.answers, s, c.Run.Project)...)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, ask := range questions {
		g.Go(func() error { return awaitKnown(ctx, x.env.Patience, ask) })
	}
	return g.Wait()
}

// stateQuestions ask the state's services for something of a project.
func stateQuestions(a *blueprint.Answers, s *awsops.Session, project string) []func(context.Context) error {
	key := ""
	for _, p := range a.Projects {
		if p.Name == project {
			key = p.StateKey
		}
	}
	questions := []func(context.Context) error{
		// A HEAD that is refused does not say why, so an object that nobody made
		// is asked for.
		func(ctx context.Context) error {
			_, err := s.GetObject(ctx, a.Bucket.Name, nothing(key))
			return err
		},
		func(ctx context.Context) error { _, err := s.Key(ctx, a.Key.Alias); return err },
	}
	if table := a.Lock.DynamoDBTable; table != "" {
		questions = append(questions, func(ctx context.Context) error {
			_, err := s.LockItem(ctx, table, a.Bucket.Name+"/"+key)
			return err
		})
	}
	return questions
}

// nothing is an object that nobody makes, where an admin may look for it.
func nothing(stateKey string) string { return "env:/" + terraform.ProbePrefix + "none/" + stateKey }

// awaitKnown repeats a read until the service knows the key. One that refuses
// the user a right, or has nothing of that name, knows the key well.
func awaitKnown(ctx context.Context, patience time.Duration, ask func(context.Context) error) error {
	var last error
	err := awsops.Poll(ctx, patience, settleInterval, func(ctx context.Context) (bool, error) {
		last = ask(ctx)
		return !awsops.IsUnknownKey(last), nil
	})
	switch {
	case last == nil, awsops.IsAccessDenied(last), awsops.IsNotFound(last):
		return err
	}
	return last
}
