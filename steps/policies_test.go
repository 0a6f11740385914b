package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

// printed is what stateroom policy prints of a part with what AWS holds, and what it says
// that this leaves out.
func (w *world) printed(b *blueprint.Blueprint, name, part string) (doc policy.Document, unseen string) {
	w.t.Helper()
	f, all := w.nobody(b), Policies()
	p := all[slices.IndexFunc(all, func(p Policy) bool { return p.Name == name })]
	if !p.AsksAWS(f.Answers) {
		w.t.Fatalf("AWS is not asked for %s", name)
	}
	o, err := p.Look(w.t.Context(), f.Env, f.Answers, []string{part})
	w.must(err)
	doc, err = p.Document(o, f.Answers, part)
	w.must(err)
	return doc, p.Unseen(o, f.Answers, []string{part})
}

// stored are the trust of staging's role and the policy of the key, as AWS has them.
func (w *world) stored(b *blueprint.Blueprint) map[string]policy.Document {
	w.t.Helper()
	s, f := w.nine(b)
	f.Answers.Me = ""
	_, err := f.Review(w.t.Context())
	w.must(err)
	return map[string]policy.Document{"trust": policy.ParseOrEmpty(s.Observed().IAM.Roles["staging"].Role.Trust), "key": s.Observed().Key.Policy}
}

// TestAPrintedPolicyIsWhatSetupMakesOfTheOneThatIsThere, before and after setup has run: one
// put into AWS by hand locks nobody out who has not moved yet.
func TestAPrintedPolicyIsWhatSetupMakesOfTheOneThatIsThere(t *testing.T) {
	t.Parallel()
	keeping := listing(identityTeam())
	keeping.Environments[0].TrustKept = []string{"arn:aws:iam::111111111111:user/carol"}
	for name, c := range map[string]struct {
		before, after *blueprint.Blueprint
		names         map[string]string // whom each policy still has to name
		byHand        bool
	}{
		"admins who have not moved yet":  {listing(team()), listing(identityTeam()), map[string]string{"trust": "user/alice"}, false},
		"a pipeline that uses its key":   {keyedTeam(), movingTeam(), map[string]string{"trust": "user/" + keyed, "key": "user/" + keyed}, false},
		"whom the blueprint has kept":    {listing(team()), keeping, map[string]string{"trust": "user/carol"}, true},
		"somebody let in by hand":        {listing(team()), listing(team()), map[string]string{"trust": "user/bob"}, true},
		"what the account allows anyway": {team(), identityTeam(), map[string]string{"trust": "111111111111:root"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := identityWorld(t, sandbox.Options{})
			w.healthy(w.run(w.setup(c.before)))
			if c.byHand {
				w.letInByHand("carol")
			}
			for _, when := range []string{"before setup", "after it"} {
				documents := map[string]policy.Document{}
				for what := range c.names {
					doc, unseen := w.printed(c.after, what, map[string]string{"trust": "staging"}[what])
					if !strings.Contains(doc.JSON(), c.names[what]) || unseen != "" {
						t.Errorf("%s, %s: printed %s, unseen %q", when, what, doc.JSON(), unseen)
					}
					documents[what] = doc
				}
				w.healthy(w.run(w.nobody(c.after)))
				stored := w.stored(c.after)
				for what, doc := range documents {
					if !policy.Equivalent(doc, stored[what]) {
						t.Errorf("%s, %s: printed %s\nsetup made %s", when, what, doc.JSON(), stored[what].JSON())
					}
				}
			}
		})
	}
}

// letInByHand makes a user whom somebody adds to the trust of staging's role.
func (w *world) letInByHand(name string) {
	w.t.Helper()
	_, err := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion).Do(w.t.Context(), awsops.CreateUser(name, "/", nil))
	w.must(err)
	doc := w.stored(team())["trust"]
	doc.Statements = append(doc.Statements, policy.Statement{Effect: policy.Allow, Principals: policy.Principals{"AWS": {"arn:aws:iam::111111111111:user/" + name}}, Actions: []string{"sts:AssumeRole"}})
	_, err = w.hands("222222222222").iam.UpdateAssumeRolePolicy(w.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyDocument: aws.String(doc.JSON())})
	w.must(err)
}

// TestAPrintedTrustSaysWhatCouldNotBeRead, and how to see it.
func TestAPrintedTrustSaysWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(listing(team()))))
	w.actAsBossUnder(`{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}`)
	doc, unseen := w.printed(listing(identityTeam()), "trust", "staging")
	if strings.Contains(doc.JSON(), "user/alice") || !strings.Contains(doc.JSON(), "AWSReservedSSO_Terraform-admins") {
		t.Errorf("printed %s", doc.JSON())
	}
	says(t, unseen, "The role of staging could not be read", "In account 222222222222", "\n    aws iam get-role --role-name TerraformAdmin\n")
}

// TestAnAdminWhoHasNotMovedYetStillReachesTheState of a key that lists others by now: the
// policy of the IAM group has to give the use of it from then on.
func TestAnAdminWhoHasNotMovedYetStillReachesTheState(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	before, after := listing(team()), listing(identityTeam())
	for _, b := range []*blueprint.Blueprint{before, after} {
		b.Groups = append(b.Groups, blueprint.Group{Name: "ops", Users: []string{"dave"}, Environments: []string{blueprint.Everything}})
	}
	w.healthy(w.run(w.setup(before)))
	w.healthy(w.run(w.nobody(after)))
	if doc := w.stored(after)["key"].JSON(); strings.Contains(doc, "user/alice") || !strings.Contains(doc, "user/dave") {
		t.Errorf("the key's policy is %s", doc)
	}
	own := w.keyOf("alice")
	key, err := w.nobody(after).Env.Sessions.Home(blueprint.DefaultStateRegion).Key(t.Context(), after.Key.Alias)
	w.must(err)
	alice := s3.NewFromConfig(w.config(sandbox.Credentials{AccessKeyID: own.ID, SecretAccessKey: w.server.SecretOf(own.ID)}, "eu-west-1"), func(o *s3.Options) { o.UsePathStyle = true })
	_, err = alice.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &after.Bucket.Name, Key: &after.Projects[0].StateKey, Body: strings.NewReader("{}"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: &key.ARN})
	w.must(err)
	_, err = alice.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &after.Bucket.Name, Key: &after.Projects[0].StateKey})
	w.must(err)
}

// TestATemplateForAnOwnerSaysWhomItDoesNotLetIn of those who have not moved yet.
func TestATemplateForAnOwnerSaysWhomItDoesNotLetIn(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustListed)
	w.actAsBossUnder(`{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222222222222:role/*"}`)
	template := func() string {
		t.Helper()
		return findingOf(w.run(w.nobody(b)).Findings, "iam.role-template").Evidence
	}
	says(t, template(), "It does not let alice and bob in, who still use a key")
	w.deactivate("alice", w.keyOf("alice").ID)
	w.deactivate("bob", w.keyOf("bob").ID)
	if said := template(); strings.Contains(said, "does not let") {
		t.Errorf("once they have moved: %s", said)
	}
}
