package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// PrintPolicy prints one of [steps.Policies] on standard output, and nothing else there:
// what it is and what to do with it is said on standard error. AWS is asked only for what
// the blueprint and the command line do not say. A part is the name of a group or an
// environment; empty where there is only one, or all have the same policy.
func PrintPolicy(ctx context.Context, o Options, sys System, p steps.Policy, part string) (err error) {
	o.DryRun = true // it writes nothing
	s := newSession(o, sys, &Mode{})
	s.quiet = true
	if err := s.startLab(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.closeLab(nil)) }()
	a, err := s.policyAnswers(ctx, p)
	if err != nil {
		return err
	}
	parts, err := partsOf(p, a, part)
	if err != nil {
		return err
	}
	doc, found, err := s.policyDocument(ctx, p, a, parts)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(doc.JSON()), "", "  "); err != nil {
		return fmt.Errorf("the policy: %w", err)
	}
	text.WriteByte('\n')
	if _, err := text.WriteTo(sys.Out); err != nil {
		return fmt.Errorf("the policy: %w", err)
	}
	for _, line := range s.aboutPolicy(p, a, doc) {
		fmt.Fprintln(sys.Err, line)
	}
	if unseen := p.Unseen(found, a, parts); unseen != "" {
		fmt.Fprintln(sys.Err, unseen)
	}
	return nil
}

// policyAnswers are the blueprint and --set, and where they do not say it the account
// that AWS says and the bucket's name that set-up would suggest.
func (s *session) policyAnswers(ctx context.Context, p steps.Policy) (*blueprint.Answers, error) {
	if err := s.prepareLab(ctx, ""); err != nil {
		return nil, err
	}
	a, isNew, err := s.begin()
	if err != nil {
		return nil, err
	}
	missing := p.Missing(a)
	if slices.Contains(missing, "admin_account") {
		account, err := s.callersAccount(ctx, a)
		if err != nil {
			return nil, Usagef("give --account ID: the blueprint names no admin account, and AWS does not say whose credentials these are (%w)", err)
		}
		a.AdminAccount = account
		fmt.Fprintf(s.sys.Err, "Account %s is that of your credentials; --account ID gives another.\n", account)
	}
	if slices.Contains(missing, "bucket.name") {
		a.Bucket.Name = steps.SuggestBucket(a)
		fmt.Fprintf(s.sys.Err, "Bucket %s is the name that setup suggests; --set bucket.name=NAME gives another.\n", a.Bucket.Name)
	}
	if isNew && p.Of != steps.OfBlueprint && len(p.Parts(a)) == 0 {
		return nil, Usagef("there is no %s, which names the team's %ss: run it in the team's repository, or give --blueprint FILE", s.Blueprint, p.Of)
	}
	return a, nil
}

// callersAccount asks AWS whose the credentials are.
func (s *session) callersAccount(ctx context.Context, a *blueprint.Answers) (string, error) {
	sessions, err := s.openAWS(ctx, s.config(), plan.Asks{})
	if err != nil {
		return "", err
	}
	found, err := steps.Discover(ctx, sessions, a.StateRegion)
	if err != nil {
		return "", err
	}
	return found.Account, nil
}

// partsOf are the parts of the blueprint whose policy is wanted.
func partsOf(p steps.Policy, a *blueprint.Answers, part string) ([]string, error) {
	parts := p.Parts(a)
	switch {
	case p.Of == steps.OfBlueprint:
		return []string{""}, nil
	case len(parts) == 0:
		return nil, Usagef("the blueprint names no %s", p.Of)
	case part == "":
		return parts, nil
	case !slices.Contains(parts, part):
		return nil, Usagef("there is no %s %q%s: the blueprint's are %s", p.Of, part, blueprint.DidYouMean(part, parts), strings.Join(parts, ", "))
	}
	return []string{part}, nil
}

// policyDocument is the policy that all of the parts have, and what was found of AWS. AWS is
// asked where what is known without it leaves a place open, or where what it holds counts.
func (s *session) policyDocument(ctx context.Context, p steps.Policy, a *blueprint.Answers, parts []string) (doc policy.Document, o *steps.Observed, err error) {
	path, err := filepath.Abs(s.Blueprint)
	if err != nil {
		return doc, nil, fmt.Errorf("the current folder: %w", err)
	}
	env, err := engine.NewEnv(nil, s.environ(), filepath.Dir(path), path)
	if err != nil {
		return doc, nil, err
	}
	if o, err = steps.WithoutAWS(ctx, env, a); err != nil {
		return doc, nil, err
	}
	doc, err = sameFor(p, o, a, parts)
	if err != nil || !p.AsksAWS(a) && len(awsops.FindRefs(doc.JSON())) == 0 {
		return doc, o, err
	}
	if env, err = s.operator(ctx, a, plan.Asks{}); err != nil {
		return doc, nil, err
	}
	if o, err = p.Look(ctx, env, a, parts); err != nil {
		return doc, nil, err
	}
	if doc, err = sameFor(p, o, a, parts); err != nil {
		return doc, nil, err
	}
	if refs := awsops.FindRefs(doc.JSON()); len(refs) > 0 {
		return doc, nil, steps.NotMade(a, refs)
	}
	return doc, o, nil
}

// sameFor is the policy of the parts, which have to have the same.
func sameFor(p steps.Policy, o *steps.Observed, a *blueprint.Answers, parts []string) (doc policy.Document, err error) {
	for i, part := range parts {
		next, err := p.Document(o, a, part)
		switch {
		case err != nil:
			return doc, err
		case i > 0 && next.JSON() != doc.JSON():
			return doc, Usagef("each %s has a policy of its own: add its name, one of %s", p.Of, strings.Join(parts, ", "))
		}
		doc = next
	}
	return doc, nil
}

// aboutPolicy says what was printed, and the command that makes it.
func (s *session) aboutPolicy(p steps.Policy, a *blueprint.Answers, doc policy.Document) []string {
	lines := []string{plan.Capital(p.About) + "."}
	switch size := doc.Size(); {
	case !p.Managed:
	case size > policy.ManagedPolicyLimit:
		lines = append(lines, fmt.Sprintf("It has %d characters, and a managed policy takes %d: setup makes several of it.", size, policy.ManagedPolicyLimit))
	default:
		lines = append(lines, "To make it a managed policy of account "+a.AdminAccount+":", "",
			"    "+plan.Shell(slices.Concat([]string{"stateroom"}, s.args())...)+" > policy.json",
			"    aws iam create-policy --policy-name stateroom-"+p.Name+" --policy-document file://policy.json", "")
	}
	return lines
}
