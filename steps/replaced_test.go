package steps

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

const (
	keyed        = "pipeline-user"
	stagingRole  = "arn:aws:iam::222222222222:role/TerraformAdmin"
	productionIs = "arn:aws:iam::444444444444:role/TerraformAdmin"
)

// keyedTeam has a user among its admins whom a pipeline uses, in environments and a key that
// list whom they trust; movingTeam has the pipeline's roles take that user's place.
func keyedTeam() *blueprint.Blueprint {
	b := team()
	b.Groups[0].Users = append(b.Groups[0].Users, keyed)
	return listing(b)
}

func movingTeam() *blueprint.Blueprint {
	b := listing(ciTeam())
	b.CIs[0].Replaces = []string{keyed}
	return b
}

func listing(b *blueprint.Blueprint) *blueprint.Blueprint {
	b.Key.Users = blueprint.KeyUsersListed
	for i := range b.Environments {
		b.Environments[i].Trust = blueprint.TrustListed
	}
	return b
}

// keyOfPipeline is the pipeline's key, with its secret.
func (w *world) keyOfPipeline() (key awsops.AccessKey, own sandbox.Credentials) {
	w.t.Helper()
	key = w.keyOf(keyed)
	return key, sandbox.Credentials{AccessKeyID: key.ID, SecretAccessKey: w.server.SecretOf(key.ID)}
}

// runs lets jobs use their roles, as Terraform does.
func (w *world) runs(roles ...string) {
	w.t.Helper()
	for _, role := range roles {
		of := "pull_request"
		if environment, is := strings.CutPrefix(role, "stateroom-github-apply-"); is {
			of = "environment:" + environment
		}
		session, err := w.byToken(role, job(of))
		w.must(err)
		_, err = sts.NewFromConfig(w.config(session, "eu-west-1")).GetCallerIdentity(w.t.Context(), &sts.GetCallerIdentityInput{})
		w.must(err)
	}
}

// TestAPipelineThatUsedAKeyIsMovedLikePeople: its key works until each role was used after it,
// is deactivated then, and deleted once nothing has used it for a week.
func TestAPipelineThatUsedAKeyIsMovedLikePeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(movingTeam().Check())
	w.healthy(w.run(w.setup(keyedTeam())))
	_, err := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion).Do(t.Context(), awsops.CreateAccessKey(keyed))
	w.must(err)
	key, own := w.keyOfPipeline()
	if !w.mayAssume(own, stagingRole) {
		t.Fatal("the key does not reach staging")
	}
	w.server.AgeKey(key.ID, 30*24*time.Hour)
	waits := func(says ...string) {
		t.Helper()
		w.events = nil
		summary := w.run(w.setup(movingTeam()))
		w.healthy(summary)
		f := findingOf(summary.Findings, "iam.ci-key-active")
		if f == nil || slices.ContainsFunc(w.plannedIDs(), func(id string) bool { return strings.Contains(id, key.ID) }) {
			t.Fatalf("planned %v, found %v", w.plannedIDs(), summary.Findings)
		}
		says = append(says, key.ID, "was last used on")
		for _, text := range says {
			if !strings.Contains(f.Evidence, text) {
				t.Errorf("%q does not say %q", f.Evidence, text)
			}
		}
		if !w.keyOf(keyed).Active || !w.mayAssume(own, stagingRole) || !w.mayAssume(own, productionIs) {
			t.Error("the pipeline was cut off before it has moved")
		}
	}
	waits("stateroom-github-plan", "stateroom-github-apply-staging", "stateroom-github-apply-production")
	w.runs("stateroom-github-plan", "stateroom-github-apply-staging")
	w.server.AgeKey(key.ID, time.Hour)
	waits("Not used since then: stateroom-github-apply-production.")
	w.runs("stateroom-github-apply-production")
	time.Sleep(time.Second)                  // IAM's times have no fraction
	waits("stateroom-github-plan")           // which used the key again
	w.server.AgeKey(key.ID, 30*24*time.Hour) // and it is not deleted at once where it was unused for long

	w.events = nil
	summary := w.run(w.setup(movingTeam()))
	w.healthy(summary)
	c := w.plannedChange("iam.ci-key." + key.ID)
	if c == nil || w.keyOf(keyed).Active || len(plan.Access(c)) > 0 {
		t.Fatalf("planned %v", w.plannedIDs())
	}
	if f := findingOf(summary.Findings, "iam.ci-proven"); f == nil || !strings.Contains(f.Evidence, "was last used on") {
		t.Errorf("found %v", summary.Findings)
	}
	w.settledNow(movingTeam())
	for _, e := range []string{"staging", "production"} {
		w.runs("stateroom-github-plan", "stateroom-github-apply-"+e)
	}
	w.server.AgeKey(key.ID, (RestingDays+1)*24*time.Hour)
	w.seenEarlier(key.ID, (RestingDays+1)*24*time.Hour)
	w.events = nil
	w.healthy(w.run(w.setup(movingTeam())))
	if ids := w.plannedIDs(); !slices.Equal(ids, []string{"iam.former-key." + key.ID}) {
		t.Errorf("planned %v", ids)
	}
	summary = w.settledNow(movingTeam())
	if f := findingOf(summary.Findings, "iam.ci-key-gone"); f == nil || !strings.Contains(f.Evidence, "has no access key") {
		t.Errorf("found %v", summary.Findings)
	}
	moved := listing(ciTeam())
	w.healthy(w.run(w.setup(moved)))
	if text := w.policiesOf(); strings.Contains(text["key"]+text["staging"], keyed) {
		t.Errorf("named is it still: %v", text)
	}
	w.settledNow(moved)
}

// handMade is a pipeline's user whom nobody made with stateroom, in a world where the
// pipeline's roles were used.
func handMade(t *testing.T) (w *world, key string) {
	t.Helper()
	w = newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	home := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion)
	for _, call := range []awsops.Call{awsops.CreateUser(keyed, "/ci/", nil), awsops.CreateAccessKey(keyed)} {
		out, err := home.Do(t.Context(), call)
		w.must(err)
		key = out.Values["id"]
	}
	w.runs("stateroom-github-plan", "stateroom-github-apply-staging", "stateroom-github-apply-production")
	return w, key
}

// TestAKeyOfAPipelinesUserThatIsNotOursIsDeactivatedByConsentAlone, with the operator's and the
// machines' policy.
func TestAKeyOfAPipelinesUserThatIsNotOursIsDeactivatedByConsentAlone(t *testing.T) {
	t.Parallel()
	w, key := handMade(t)
	b := ciTeam()
	b.CIs[0].Replaces = []string{keyed, "nobody-there"}
	a := &blueprint.Answers{Blueprint: b}
	o := &Observed{}
	o.Account.Identity.Partition = "aws"
	machines, err := machinesDocument(o, a, "")
	w.must(err)
	w.actAsOperator(stepstest.OperatorPolicy(), machines)
	summary := w.run(w.setup(b))
	if len(summary.NotOurs) != 1 || summary.NotOurs[0].Typed() != key || !w.keyOf(keyed).Active {
		t.Fatalf("waits for consent: %v", summary.NotOurs)
	}
	if f := findingOf(summary.Findings, "iam.ci-key-gone"); f == nil || !strings.Contains(f.Evidence, "There is no user nobody-there") {
		t.Errorf("found %v", summary.Findings)
	}
	w.healthy(w.adopt(b, key))
	if w.keyOf(keyed).Active {
		t.Error("it is active")
	}
	w.seenEarlier(key, (RestingDays+1)*24*time.Hour)
	w.healthy(w.adopt(b, key))
	keys, err := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion).AccessKeys(t.Context(), keyed)
	if err != nil || len(keys) > 0 || len(w.denied()) > 0 {
		t.Errorf("left are %v, %v, denied %v", keys, err, w.denied())
	}
}

// TestAKeyWhoseUseIsNotKnownStaysActive: what is not known is not taken for unused.
func TestAKeyWhoseUseIsNotKnownStaysActive(t *testing.T) {
	t.Parallel()
	for denied, want := range map[string]struct{ id, says string }{
		"iam:GetAccessKeyLastUsed": {"iam.ci-key-active", "is not known"},
		"iam:ListAccessKeys":       {"iam.ci-key-unread", "could not be read"},
	} {
		t.Run(denied, func(t *testing.T) {
			t.Parallel()
			w, key := handMade(t)
			b := ciTeam()
			b.CIs[0].Replaces = []string{keyed}
			w.actAsBossUnder(`{"Effect":"Deny","Action":"` + denied + `","Resource":"arn:aws:iam::111111111111:user/ci/*"}`)
			summary := w.run(w.setup(b))
			f := findingOf(summary.Findings, want.id)
			if f == nil || !strings.Contains(f.Evidence, want.says) || !strings.Contains(f.Remedy, "stateroom policy operator") || w.applied("iam.ci-key."+key) {
				t.Errorf("found %v", summary.Findings)
			}
		})
	}
}
