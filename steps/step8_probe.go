package steps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// caller is who proves the set-up: this laptop's admin, or the operator where
// the laptop has no admin's profile.
type caller struct {
	session *awsops.Session
	// admin is false for the operator, whose rights prove nothing of the
	// group's policies.
	admin bool
	// name is the admin's user name, or the end of the ARN of an operator, or of whoever else
	// the profile is.
	name string
	// named says that it is an admin's.
	named bool
	// env is the environment of a child Terraform that acts as the caller.
	env engine.Environment
}

// provenAsAdmin tells whether this laptop's admin proves.
func (o *Observed) provenAsAdmin(a *blueprint.Answers) bool {
	return memberSignedIn(o, a) != "" || o.IAM.ProfileKey != "" && profileRefused(o, a) == nil
}

// proven is what a proof by the caller shows that went through.
func (c caller) proven() plan.Proof {
	if c.named {
		return plan.Proof{State: plan.Proven, As: c.name}
	}
	return plan.Proof{State: plan.ProvenAsOperator, As: c.name}
}

// proof is what a caller's proof shows, by what it has found.
func (c caller) proof(found []plan.Finding) plan.Proof {
	if plan.NeedsAttention(found) {
		return plan.Unproved(plan.ProofFailed)
	}
	return c.proven()
}

// newCaller finds out who proves, and waits until a new key works.
func newCaller(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (caller, error) {
	if !o.provenAsAdmin(a) {
		return caller{session: env.Sessions.Home(a.StateRegion), name: identityName(o.Account.Identity), env: operatorEnv(env)}, nil
	}
	s, err := engine.AdminSession(ctx, env, a)
	if err != nil {
		return caller{}, err
	}
	if _, err := s.WaitKeyUsable(ctx, o.patience(env, ofAdmins)); err != nil {
		return caller{}, err
	}
	name := adminOf(o, a)
	return caller{session: s, admin: true, name: cmp.Or(name, identityName(o.IAM.Profile.Stranger)), named: name != "", env: engine.AdminEnv(env, a)}, nil
}

// proveRoles assumes every environment's role that the caller is meant to
// assume. A role is proven by two successes in a row: right after its creation
// a part of STS may not know it yet.
func proveRoles(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding) {
	all, obstacles, findings := provable(o, a)
	left := plan.Proof{}
	if len(obstacles) > 0 {
		left = plan.Obstructed(obstacles[0])
	}
	if len(all) == 0 {
		return left, findings
	}
	who, err := newCaller(ctx, env, a, o)
	if err != nil {
		return unusable(err), append(findings, adminUnusable(a, err))
	}
	var seen atomic.Int64
	failed, _ := forEach(ctx, env.Parallel, all, func(ctx context.Context, e blueprint.Environment) (error, error) {
		patience := o.patience(env, func(c plan.Change) bool { return ofAdmins(c) || c.Environment == e.Name })
		if !who.admin {
			patience = min(patience, operatorPatience)
		}
		_, err := who.session.WaitAssumable(ctx, a.RoleARN(o.partition(), e), patience)
		env.Emit(plan.Event{Kind: plan.EventProgress, Text: "roles proven", Done: int(seen.Add(1)), Of: len(all)})
		return err, nil // one failure says nothing of the others
	})
	var refused []string
	for i, err := range failed {
		switch {
		case err != nil && !who.admin && lacksRight(err):
			refused = append(refused, all[i].Name)
		case err != nil:
			f := failure(diagnosis.AssumeRoleDenied.ID, err)
			f.Remedy = cmp.Or(askedTooMuch(o, a, all[i]), f.Remedy)
			findings = append(findings, f)
		}
	}
	if len(refused) > 0 { // one finding for all of them, however many there are
		findings = append(findings, unproven(a, "iam.roles-not-proven",
			fmt.Sprintf("The roles of %s, such as %s, were", plan.Counted(len(refused), "environment"), slices.Min(refused))))
		return plan.Unproved(plan.ProofNeedsAdmin).Weaker(who.proof(findings)), findings
	}
	return left.Weaker(who.proof(findings)), findings
}

// askedTooMuch is the remedy where the trust policy of an environment's role asks for
// what the blueprint does not: nothing else than that keeps the admins out, and another
// run leaves it as it is. Empty where it does not.
func askedTooMuch(o *Observed, a *blueprint.Answers, e blueprint.Environment) string {
	role := o.IAM.Roles[e.Name].Role
	if role == nil {
		return ""
	}
	keys := asksBeyond(policy.ParseOrEmpty(role.Trust), roleFor(o, a, e.Name).trust())
	if len(keys) == 0 {
		return ""
	}
	return fmt.Sprintf("Take the conditions on %s out of the trust policy of role %s in %s if the admins cannot meet them, then run stateroom setup again.", plan.Enumerated(keys), e.Role, e.Name)
}

// provable are the environments whose role is there and meant for the caller:
// those of the user's groups. A key alone cannot prove a role that asks for a
// second factor. The findings tell of those that rest on what was not made, and the
// obstacles of what that is.
func provable(o *Observed, a *blueprint.Answers) (found []blueprint.Environment, obstacles []plan.Obstacle, findings []plan.Finding) {
	user, group, mine := me(o, a), memberHere(o, a), map[string]bool{}
	for _, e := range slices.Concat(a.EnvironmentsFor(user), a.EnvironmentsOf(group)) {
		mine[e.Name] = true
	}
	in, left := waysOf(o, a), map[string][]string{}
	for _, e := range o.environments(a.Environments) {
		if e.MFA || user+group != "" && !mine[e.Name] {
			continue
		}
		needs := assumable(e.Name)
		switch {
		case !o.provenAsAdmin(a):
		case group != "":
			needs = append(needs, in.of(group, e)...)
		default:
			needs = append(needs, in.user(user, e)...)
		}
		f := o.IAM.Roles[e.Name]
		there := f.ByOwner || f.Role != nil && f.Role.Path == e.RolePath && !asksSecondFactor(f.Role)
		if by := o.obstacle(needs); by.Known() {
			if left[by.Because()] == nil {
				obstacles = append(obstacles, by)
			}
			left[by.Because()] = append(left[by.Because()], e.Name)
		} else if there {
			found = append(found, e)
		}
	}
	for _, by := range obstacles { // one finding for all of them, however many there are
		findings = append(findings, untried("iam.roles-not-tried", fmt.Sprintf("Assuming the roles of %s was", plan.Listed(left[by.Because()])), by))
	}
	return found, obstacles, findings
}

// asksSecondFactor tells whether a role's trust policy as found, which may be
// stronger than the blueprint's, wants more than a key.
func asksSecondFactor(role *awsops.Role) bool {
	return role != nil && slices.ContainsFunc(policy.ParseOrEmpty(role.Trust).Statements, func(s policy.Statement) bool {
		return mentions(s, "aws:MultiFactorAuthPresent") || mentions(s, "aws:MultiFactorAuthAge")
	})
}

// failure is a probe that did not pass; the error carries call, identity,
// reason and remedy.
func failure(id string, err error) plan.Finding {
	return plan.Finding{
		ID: id, Severity: plan.Failure, Evidence: err.Error(), RequestIDs: awsops.RequestIDs(err),
		Remedy: "Run stateroom setup again: it shows what differs from the blueprint.",
	}
}

// unusable is the proof that an admin profile cannot make.
func unusable(err error) plan.Proof {
	if awsops.IsExpired(err) {
		return plan.Unproved(plan.ProofSignedOut)
	}
	return plan.Unproved(plan.ProofFailed)
}

// adminUnusable is the finding of an admin profile with which nothing can be
// proven. A session that has run out is nobody's fault.
func adminUnusable(a *blueprint.Answers, err error) plan.Finding {
	f := failure("init.admin-unusable", err)
	f.Of = plan.StepInit // whichever step was to be proven
	if awsops.IsExpired(err) {
		f.Severity, f.Evidence = plan.Warning, fmt.Sprintf("The session in profile %s has run out, so nothing was proven with it.", a.AdminProfile)
		f.Remedy = "Open a new one with stateroom login, then run stateroom setup again."
	}
	return f
}

// probeBackend proves the back end once: with Terraform where there is one,
// with the SDK's own probes otherwise, and in both cases that what is not
// encrypted is refused.
func probeBackend(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding) {
	projects := reachable(o, a)
	if len(projects) == 0 {
		return plan.Unproved(plan.NotTried), nil
	}
	project := projects[0]
	if by := o.obstacle(backendNeeds(o, a, project)); by.Known() {
		return plan.Obstructed(by), []plan.Finding{untried("init.not-tried", "The backend was", by)}
	}
	if o.Key.Key == nil || o.Bucket.Bucket == nil || o.Bucket.Bucket.Ownership != awsops.BucketOurs {
		return plan.Unproved(plan.NotTried), nil // what is missing was told already
	}
	begun := time.Now()
	who, err := newCaller(ctx, env, a, o)
	if err == nil && who.admin {
		err = engine.AwaitState(ctx, env, a, who.session, project, o.patience(env, inAdminAccount)-time.Since(begun))
	}
	if err != nil {
		return unusable(err), []plan.Finding{adminUnusable(a, err)}
	}
	proof, unnoted := engine.BeginProof(env, a, project)
	var tidied, found []plan.Finding
	var work sync.WaitGroup
	work.Go(func() { tidied = engine.TidyProofs(ctx, env, a, who.session) })
	shown := plan.Unproved(plan.ProofFailed)
	if unnoted != nil {
		found = []plan.Finding{failure("init.probe-failed", unnoted)}
	} else {
		b := backendProbe{env: env, a: a, o: o, who: who, project: project, proof: proof}
		shown, found = b.prove(ctx)
		proof.End(ctx, who.session, !plan.NeedsAttention(found))
	}
	work.Wait()
	return shown, append(tidied, found...)
}

// backendNeeds are the changes without which the back end cannot be proven.
func backendNeeds(o *Observed, a *blueprint.Answers, project blueprint.Project) []string {
	needs := []string{changeKey, changeAlias, changeKeyPolicy, changeBucket, changePolicy}
	if a.Bucket.Policy != blueprint.BucketPolicyStrict {
		needs = append(needs, changeDefault)
	}
	if a.Lock.DynamoDBTable != "" {
		needs = append(needs, changeTable)
	}
	if o.provenAsAdmin(a) {
		needs = append(needs, waysOf(o, a).state(me(o, a), project)...)
	}
	return needs
}

// prove goes through the whole proof.
func (b *backendProbe) prove(ctx context.Context) (plan.Proof, []plan.Finding) {
	var findings []plan.Finding
	if !b.who.admin {
		may, err := b.mayProve(awsops.WithProbe(ctx))
		switch {
		case err != nil:
			return plan.Unproved(plan.ProofFailed), []plan.Finding{failure("init.probe-failed", err)}
		case !may:
			return plan.Unproved(plan.ProofNeedsAdmin), []plan.Finding{unproven(b.a, "init.not-proven", "The backend was")}
		}
		if !b.o.Files.hidden() { // else step 7 has told why
			findings = append(findings, provenAsOperator(b.a))
		}
	}
	var err error
	if b.env.Engine != nil {
		err = b.terraform(ctx)
	} else {
		err = engine.Agreed(awsops.WithProbe(ctx), b.env, b.sdk)
	}
	if err != nil {
		findings = append(findings, failure("init.probe-failed", err))
	}
	findings = append(findings, b.unencrypted(awsops.WithProbe(ctx))...)
	shown := b.who.proof(findings)
	if shown.State != plan.NotProven {
		shown.With, shown.Version = engine.ToolOf(b.env)
	}
	return shown, findings
}

// backendProbe is one proof of a project's back end.
type backendProbe struct {
	env     *engine.Env
	a       *blueprint.Answers
	o       *Observed
	who     caller
	project blueprint.Project
	proof   *engine.Proof
}

// terraform lets a real Terraform apply and destroy at a key and in a workspace of
// the proof's own.
func (b *backendProbe) terraform(ctx context.Context) error {
	project := b.project
	project.StateKey = b.proof.Key()
	want := wantedBackend(b.o, b.a, project)
	if !b.who.admin {
		want.Profile = ""
	}
	return terraform.Probe(ctx, b.env.Engine, terraform.ProbeInput{
		Project: terraform.Project{Dir: b.proof.Scratch(), Environ: b.who.env, Lines: engine.LineEmitter(b.env.Emit, nil)},
		Backend: want.HCL(), Workspace: b.proof.Workspace, Inspect: b.probe().Encrypted,
	})
}

// probe is the same proof without Terraform.
func (b *backendProbe) probe() engine.StateProbe {
	return engine.StateProbe{Store: engine.StoreOf(b.who.session, b.a, b.o.Key.Key.ARN), Object: b.proof.Object()}
}

// unencrypted tries a write without encryption headers: the strict policy must
// refuse it; under the compatible one default encryption must take care of it.
func (b *backendProbe) unencrypted(ctx context.Context) []plan.Finding {
	s, bucket, key := b.who.session, b.a.Bucket.Name, b.proof.Object()
	strict := b.a.Bucket.Policy == blueprint.BucketPolicyStrict
	err := engine.Agreed(ctx, b.env, func(ctx context.Context) error {
		return s.PutObject(ctx, bucket, key, []byte("probe"), awsops.PutOptions{})
	})
	if err != nil {
		if strict && awsops.IsAccessDenied(err) {
			return nil
		}
		return []plan.Finding{failure("init.unencrypted-probe-failed", err)}
	}
	var findings []plan.Finding
	if strict {
		findings = append(findings, b.accepted())
	} else if err := b.probe().Encrypted(ctx); err != nil {
		unused := failure("bucket.default-encryption-unused", err)
		unused.Of = plan.StepBucket
		findings = append(findings, unused)
	}
	if err := s.DeleteObject(ctx, bucket, key); err != nil {
		findings = append(findings, failure("init.probe-left-behind", err))
	}
	return findings
}

// accepted is the finding of a write that the strict policy must refuse. Where the
// policy that stands there does refuse it, no set-up can restore it.
func (b *backendProbe) accepted() plan.Finding {
	f := plan.Finding{
		ID: "bucket.unencrypted-accepted", Of: plan.StepBucket, Severity: plan.Failure,
		Evidence: fmt.Sprintf("A write to s3://%s without encryption headers was accepted.", b.a.Bucket.Name),
		Remedy:   "Run stateroom setup again: it restores the bucket's policy.",
	}
	switch {
	case !refusesPlain(b.o, b.a):
	case b.env.Endpoint == "":
		f.Evidence += " The bucket's policy denies it, so it is not in force yet."
		f.Remedy = "Wait a minute, then run stateroom setup again: it proves it again."
	default:
		f.Evidence += fmt.Sprintf(" The bucket's policy denies it, so %s does not enforce bucket policies.", secret.Address(b.env.Endpoint))
		f.Remedy = "No setup can fix that: ask whoever runs that endpoint. With --set bucket.policy=compatible nothing is refused, and the bucket's default encryption is proven instead."
	}
	return f
}

// sdk does what Terraform would do, call by call, but for the order: neither the state nor
// its lock waits for the other.
func (b *backendProbe) sdk(ctx context.Context) error {
	return engine.AtOnce(func() error {
		_, err := b.who.session.HeadObject(ctx, b.a.Bucket.Name, b.proof.Object())
		return err
	}, func() error { return b.probe().Key(ctx) }, func() error { return b.probe().Lock(ctx) })
}

// operatorPatience bounds the operator's wait for a new role: longer waiting
// does not help one who needs no right to assume it.
const operatorPatience = 15 * time.Second

// mayProve tells whether the operator could use the back end at all: the policy
// of operators gives no state to read or write, and a probe that
// fails for that reason proves nothing of the admins. It writes and deletes the
// probe's own object.
func (b *backendProbe) mayProve(ctx context.Context) (bool, error) {
	if err := b.probe().Write(ctx, b.proof.Object()); err != nil {
		return !lacksRight(err), nil // every other failure is the probe's to tell
	}
	return true, b.who.session.DeleteObject(ctx, b.a.Bucket.Name, b.proof.Object())
}

// provenAsOperator is the finding of a proof that says nothing of the group's
// policies.
func provenAsOperator(a *blueprint.Answers) plan.Finding {
	return plan.Finding{
		ID: "init.proven-as-operator", Severity: plan.Info,
		Evidence: fmt.Sprintf("This laptop has no profile %s that could be used, so the backend was proven with the operator's permissions, not an admin's.", a.AdminProfile),
		Remedy:   "Run stateroom setup " + meOption(a) + " on an admin's laptop.",
	}
}

// operatorEnv is the environment of a child Terraform that acts as the operator,
// whose profile may stand on the command line alone: keys in the environment would
// win over it.
func operatorEnv(env *engine.Env) engine.Environment {
	vars := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": env.CredentialsPath, "AWS_CONFIG_FILE": env.ConfigPath}
	if env.Profile != "" {
		vars["AWS_PROFILE"] = env.Profile
		vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"], vars["AWS_SESSION_TOKEN"] = "", "", ""
	}
	return env.Environ.With(vars)
}

// lacksRight tells a right that was never given from one that a policy takes.
func lacksRight(err error) bool { return awsops.IsAccessDenied(err) && !awsops.IsExplicitDeny(err) }

// unproven is the finding of what only an admin could prove.
func unproven(a *blueprint.Answers, id, what string) plan.Finding {
	return plan.Finding{
		ID: id, Severity: plan.Info,
		Evidence: what + " not proven: this laptop has no admin's profile, and the operator neither has nor needs an admin's permissions.",
		Remedy:   "Run stateroom setup " + meOption(a) + " on an admin's laptop.",
	}
}
