package steps

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// withDev is the team with one more environment and its project.
func withDev() *blueprint.Blueprint {
	b := team()
	b.Environments = append(b.Environments, b.Environments[0])
	dev := &b.Environments[len(b.Environments)-1]
	dev.Name, dev.Role = "dev", "DevAdmin"
	b.Projects = append(b.Projects, blueprint.Project{Name: "common-dev", Dir: "live/dev", Environment: "dev", StateKey: "common/dev"})
	return b
}

// denyOperator takes rights from an administrator, who runs stateroom from now on.
func (w *world) denyOperator(actions ...string) {
	w.t.Helper()
	w.actAsBoss(allowAll)
	_, err := w.hands("").iam.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{
		UserName: aws.String("boss"), PolicyName: aws.String("less"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`),
	})
	w.must(err)
}

// TestARoleThatNobodyMayAssumeIsNotLedTo adds an environment where the operator cannot give
// the group's policy a new version: the role may be made, but nothing leads to it, and
// nothing that works already is taken for broken.
func TestARoleThatNobodyMayAssumeIsNotLedTo(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.denyOperator("iam:CreatePolicyVersion")
	config := snapshotOf(t, w, ".aws/config")
	summary, ids, _ := w.again(withDev())
	f := findingOf(summary.Findings, "account.right-denied")
	if f == nil || summary.Failed > 0 || !w.applied("iam.role.dev") {
		t.Fatalf("findings %v, failures %v, planned %v", summary.Findings, summary.Failures, ids)
	}
	if after := snapshotOf(t, w, ".aws/config"); after != config {
		t.Errorf("the profiles are now\n%s", after)
	}
	for _, id := range ids {
		if strings.Contains(id, "live/dev") || strings.HasPrefix(id, "init.common-dev") {
			t.Errorf("planned %s", id)
		}
	}
	failsOfNothingElse(t, summary.Findings, "account.right-denied")
	told := findingOf(summary.Findings, "iam.roles-not-tried")
	if told == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, told.Evidence+told.Remedy, "the roles of dev", "account.right-denied")
	if strings.Contains(told.Evidence, "staging") {
		t.Errorf("what can be assumed today was not tried: %s", told.Evidence)
	}
	_, ids, calls := w.again(withDev())
	if len(ids)+len(calls) > 0 {
		t.Errorf("a second run planned %v and called %v", ids, calls)
	}
}

// failsOfNothingElse fails the test where anything but these needs attention.
func failsOfNothingElse(t *testing.T, findings []plan.Finding, known ...string) {
	t.Helper()
	for _, f := range findings {
		if f.Severity != plan.Info && !slices.Contains(known, f.ID) {
			t.Errorf("%v besides: %s", known, f)
		}
	}
}

// damaged is a finished set-up of which people have taken apart what they could.
func damaged(t *testing.T) *world {
	t.Helper()
	w := finished(t)
	w.editKey("operator")
	w.damage()
	w.server.Intercept(nil)
	h, ctx, empty := w.hands("").iam, context.Background(), aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`)
	for _, subject := range []string{"assume", "state"} {
		_, err := h.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(policyARNOf + policyName("admins", subject, 1)), PolicyDocument: empty, SetAsDefault: true})
		w.must(err)
	}
	_, err := w.hands("222222222222").iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName:       aws.String(blueprint.DefaultRole),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"sts:AssumeRole"}]}`),
	})
	w.must(err)
	_, err = w.hands("333333333333").iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String(inlinePolicy)})
	w.must(err)
	_, err = w.hands("").dynamodb.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: aws.String(lockTable), DeletionProtectionEnabled: aws.Bool(false)})
	w.must(err)
	_, err = w.hands("").dynamodb.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(lockTable)})
	w.must(err)
	return w
}

// TestWhateverIsStoppedTheProofFailsOfNothing stops every change of a first set-up, of one
// with another environment and of a damaged one, each alone, as any finding may
// ([plan.Finding.Stops]). What is proven then rests on nothing of it: no probe fails, none
// waits for what cannot come, and what was not tried is told with the finding that
// stops it. A proof that a change has no say in is made all the same.
func TestWhateverIsStoppedTheProofFailsOfNothing(t *testing.T) {
	t.Parallel()
	member, assume, state := []string{"iam.group.admins", "iam.member.admins.alice"}, "iam.policy.stateroom-admins-assume-1", "iam.policy.stateroom-admins-state-1"
	for name, c := range map[string]struct {
		world func(t *testing.T) *world
		team  func() *blueprint.Blueprint
		// roles and state are the changes on which the two proofs rest.
		roles, state []string
	}{
		"first": {
			func(t *testing.T) *world { return newWorld(t, sandbox.Options{}) }, team,
			append(member, assume, assume+".attach", "iam.role.staging", "iam.role.preprod", "iam.role.production"),
			append(member, state, state+".attach", "key.create", "key.alias", "bucket.*", "lock.create"),
		},
		"more":    {func(t *testing.T) *world { return finished(t) }, withDev, []string{assume, "iam.role.dev"}, nil},
		"damaged": {damaged, team, append(member, assume, "iam.role.staging.trust"), append(member, state, "key.alias", "key.policy", "bucket.policy", "lock.create")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := c.world(t)
			flow := model.setup(c.team())
			r, err := flow.Review(context.Background())
			if err != nil || len(r.Changes) == 0 {
				t.Fatal(r.Changes, err)
			}
			for _, stopped := range r.Changes {
				t.Run(stopped.ID[strings.LastIndexAny(stopped.ID, "/")+1:], func(t *testing.T) {
					t.Parallel()
					w := c.world(t)
					s, flow := w.nine(c.team())
					s.Env.Patience = time.Minute
					id := strings.ReplaceAll(stopped.ID, model.dir, w.dir)
					flow.Preflight = func(context.Context, *engine.Env, plan.Review) []plan.Finding {
						return []plan.Finding{{ID: "account.right-denied", Of: plan.StepAccount, Severity: plan.Failure, Stops: []string{id}, Evidence: "A Deny.", Remedy: "Take it out."}}
					}
					begun := time.Now()
					summary := w.run(flow)
					if took := time.Since(begun); took > s.Env.Patience {
						t.Errorf("it took %s", took)
					}
					if summary.Failed > 0 || w.applied(id) {
						t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
					}
					if findingOf(summary.Findings, "account.right-denied") == nil { // AWS has made it so by itself
						w.healthy(w.run(w.setup(c.team())))
						return
					}
					failsOfNothingElse(t, summary.Findings, "account.right-denied")
					for finding, rests := range map[string][]string{"iam.roles-not-tried": c.roles, "init.not-tried": c.state} {
						told, wanted := findingOf(summary.Findings, finding), slices.ContainsFunc(rests, func(on string) bool {
							return on == id || strings.HasSuffix(on, "*") && strings.HasPrefix(id, strings.TrimSuffix(on, "*"))
						})
						if (told != nil) != wanted {
							t.Errorf("%s: %v, want %v", finding, told, wanted)
						}
						if told != nil {
							says(t, told.Evidence+told.Remedy, "because of account.right-denied", "Fix account.right-denied first")
						}
					}
				})
			}
		})
	}
}

// TestWhateverWasLeftOutNotAgreedToOrFailedTheProofNamesIt leaves every change of a first
// set-up out, one after the other, takes it for something that is another's, and lets it
// fail: no proof fails of it, and none says that another set-up helps; the remedy and the
// sentence of the proof name the change. What does not rest on it is proven.
func TestWhateverWasLeftOutNotAgreedToOrFailedTheProofNamesIt(t *testing.T) {
	t.Parallel()
	model := newWorld(t, sandbox.Options{})
	r, err := model.setup(team()).Review(context.Background())
	if err != nil || len(r.Changes) == 0 {
		t.Fatal(r.Changes, err)
	}
	const madeByAWS = "bucket.public-access" // with every new bucket: only what waits for it is due
	roles := []string{"iam.group.admins", "iam.member.admins.alice", "iam.policy.stateroom-admins-assume-1", "iam.policy.stateroom-admins-assume-1.attach", "iam.role.staging", "iam.role.preprod", "iam.role.production"}
	state := []string{"iam.policy.stateroom-admins-state-1", "iam.policy.stateroom-admins-state-1.attach", "key.create", "key.alias", "bucket.create", "bucket.policy", "lock.create"}
	for name, mode := range map[string]struct {
		makes  func(c *plan.Change)
		remedy string
	}{
		"another's": {func(c *plan.Change) { c.NotOurs = "arn:another" }, "with stateroom setup --adopt arn:another"},
		"failed":    {func(c *plan.Change) { c.Role = "/Nobody" }, "Fix the reason why"},
		"left out":  {func(*plan.Change) {}, "Run stateroom setup and confirm"},
	} {
		for _, change := range r.Changes {
			if len(change.Calls) == 0 {
				continue
			}
			t.Run(name+"/"+change.ID, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, sandbox.Options{})
				s, flow := w.nine(team())
				s.Env.Patience = 30 * time.Second
				look, replan := flow.Look, flow.Replan
				altered := func(r plan.Review) plan.Review {
					for i := range r.Changes {
						if r.Changes[i].ID == change.ID {
							mode.makes(&r.Changes[i])
						}
					}
					return r
				}
				flow.Preflight = nil
				if name == "left out" {
					flow.Exclude = map[string]bool{change.ID: true}
				}
				flow.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
					r, err := look(ctx, env)
					return altered(r), err
				}
				flow.Replan = func(forbidden []plan.Finding) plan.Review { return altered(replan(forbidden)) }
				summary, err := flow.Run(context.Background())
				w.must(err)
				for _, f := range summary.Findings {
					if slices.Contains(proofFailures, f.ID) {
						t.Errorf("the proof fails: %s", f)
					}
				}
				for finding, rests := range map[string][]string{"iam.roles-not-tried": roles, "init.not-tried": state} {
					told := findingOf(summary.Findings, finding)
					if slices.Contains(rests, change.ID) && told == nil {
						t.Errorf("%s is not told of %v", finding, findingIDs(summary.Findings))
					}
					if told != nil && change.ID != madeByAWS {
						says(t, told.Evidence+told.Remedy, change.Title, mode.remedy)
						says(t, summary.Proof.Because, change.Title)
					}
				}
				rests := strings.HasPrefix(change.ID, "bucket.") || slices.Contains(slices.Concat(roles, state), change.ID) // the bucket's policy comes after its settings
				if !rests && summary.Proof.State == plan.NotProven {
					t.Errorf("nothing is proven though the proof does not rest on %s: %+v", change.ID, summary.Proof)
				}
			})
		}
	}
}

// TestWhateverAPipelineRestsOnIsNamedWhereItIsLeftOut leaves every change of a first set-up
// with pipelines out, one after the other: no role of a pipeline is told as shut that was
// only not made, and each that was not opened says which change it waits for.
func TestWhateverAPipelineRestsOnIsNamedWhereItIsLeftOut(t *testing.T) {
	t.Parallel()
	r, err := newWorld(t, sandbox.Options{}).setup(ciTeam()).Review(context.Background())
	if err != nil || len(r.Changes) == 0 {
		t.Fatal(r.Changes, err)
	}
	named := 0
	for _, change := range r.Changes {
		if len(change.Calls) == 0 || change.Of != plan.StepIAM || change.User != "" {
			continue
		}
		w := newWorld(t, sandbox.Options{})
		flow := w.setup(ciTeam())
		flow.Env.Token, flow.Env.Patience, flow.Exclude = w.token, 30*time.Second, map[string]bool{change.ID: true}
		summary := w.run(flow)
		if told := findingOf(summary.Findings, "iam.ci-refused"); told != nil {
			t.Errorf("without %s: %s", change.ID, told)
		}
		if told := findingOf(summary.Findings, "iam.ci-not-tried"); told != nil {
			says(t, told.Evidence+told.Remedy, change.Title, "was left out")
			named++
		}
	}
	if named == 0 {
		t.Error("no pipeline rests on anything")
	}
}
