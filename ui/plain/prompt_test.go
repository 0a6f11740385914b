package plain

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

func prompting(input string) (*Prompt, *bytes.Buffer) {
	var out bytes.Buffer
	return NewPrompt(strings.NewReader(input), &out), &out
}

// fill asks set-up's questions, and gives the answers with which it would begin.
func (p *Prompt) fill(ctx context.Context, a *blueprint.Answers, all bool) (*blueprint.Answers, error) {
	o := &steps.Opening{Answers: a, All: all, Answered: func(string) bool { return false }, Found: &blueprint.Discovery{}}
	o.World = func(context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error) {
		return &engine.Env{}, nil
	}
	flow, err := p.Inquiry(plan.Given{}).Flow(ctx, o.Open)
	if err != nil {
		return nil, err
	}
	return flow.Answers, nil
}

// TestALoneQLeavesAnyQuestion leaves where a text, a choice, a secret and many lines are
// asked for, as it does in a menu; a word that begins with it is an answer.
func TestALoneQLeavesAnyQuestion(t *testing.T) {
	for _, kind := range []plan.Kind{plan.Text, plan.Choice, plan.Choices, plan.Confirm, plan.Secret, plan.Lines} {
		q := plan.Question{Path: "a", Prompt: "A", Kind: kind}
		if kind == plan.Choice || kind == plan.Choices {
			q.Options = []string{"one", "two"}
		}
		p, out := prompting("q\n")
		if _, err := p.answer(t.Context(), q); !errors.Is(err, ErrLeft) {
			t.Errorf("%v: %v", kind, err)
		}
		if strings.Contains(out.String(), "is not") {
			t.Errorf("%v is judged: %s", kind, out)
		}
	}
	p, _ := prompting("quinn\n")
	if got, err := p.answer(t.Context(), plan.Question{Path: "a", Prompt: "A", Kind: plan.Text}); err != nil || got.Reveal() != "quinn" {
		t.Error(got.Reveal(), err)
	}
}

// everything answers all questions of a first set-up, some by default, some
// wrong at first.
const everything = `?
12
111111111111
staging
staging=222222222222, production=prod@example.com
alice, bob


2
acme_state
acme-state
9
compatible
maybe
no


network-production=nowhere
common-staging=staging, network-production=production
1
`

func TestAskFillsTheWholeBlueprint(t *testing.T) {
	p, out := prompting(everything)
	a, err := p.fill(t.Context(), &blueprint.Answers{Blueprint: blueprint.New()}, true)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if missing := a.Missing(); len(missing) > 0 {
		t.Errorf("still missing: %v", missing)
	}
	if a.AdminAccount != "111111111111" || a.Bucket.Name != "acme-state" || a.Bucket.Policy != "compatible" || a.Lock.UseLockfile || a.Key.Users != "listed" {
		t.Errorf("answers were lost: %s", a.HCL())
	}
	if !reflect.DeepEqual(a.UsersOf("admins"), []string{"alice", "bob"}) {
		t.Errorf("users are %v", a.UsersOf("admins"))
	}
	production, _ := a.Environment("production")
	if production.Email != "prod@example.com" || len(a.Environments) != 2 || len(a.Projects) != 2 || a.Projects[1].StateKey != "network/production" {
		t.Errorf("environments or projects were lost:\n%s", a.HCL())
	}
	for _, want := range []string{
		"1 Admin account", "The 12-digit id of the account", "--set admin_account=",
		`"staging" is not of the form name=value`, "underscore", `"9" is not one of strict, compatible`,
		`"maybe" is neither yes nor no`, `there is no environment "nowhere"`, "bucket.name: acme-state\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

func TestAskLeavesOutWhatIsAnswered(t *testing.T) {
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	for path, value := range map[string]string{
		"admin_account": "111111111111", "group.admins.users": "alice",
		"environment.production.permissions": "poweruser", "project.common-production.environment": "production",
	} {
		if err := a.Set(path, value); err != nil {
			t.Fatal(err)
		}
	}
	p, out := prompting("acme-state\n222222222222\n")
	a, err := p.fill(t.Context(), a, false)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if e, _ := a.Environment("production"); e.Account != "222222222222" || e.Permissions != "poweruser" || a.Bucket.Name != "acme-state" {
		t.Errorf("answers are\n%s", a.HCL())
	}
	if strings.Contains(out.String(), "Region of the state") {
		t.Errorf("what has an answer was asked again:\n%s", out)
	}
}

func TestAskEndsWithItsInputOrItsContext(t *testing.T) {
	p, _ := prompting("")
	if _, err := p.fill(t.Context(), &blueprint.Answers{Blueprint: blueprint.New()}, true); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("at the end of the input: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never, w := io.Pipe()
	defer w.Close()
	_, err := NewPrompt(never, io.Discard).Confirm(ctx, plan.Review{Changes: proposed()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func TestConfirmTakesOnlyYes(t *testing.T) {
	for input, want := range map[string]bool{"yes\n": true, "y\n": false, "YES\n": false, "\n": false, "no\n": false} {
		p, _ := prompting(input)
		d, err := p.Confirm(t.Context(), plan.Review{Changes: proposed()})
		if err != nil || d.Yes != want {
			t.Errorf("%q: %v, %v", input, d.Yes, err)
		}
	}
}

// TestConfirmCountsWhatAYesMakes has something adopted on which another change rests: both
// are counted, as in the plan's own line, and what was not adopted is left out.
func TestConfirmCountsWhatAYesMakes(t *testing.T) {
	p, out := prompting("yes\nno\nyes\n")
	_, err := p.Confirm(t.Context(), plan.Review{
		Actor:   plan.Actor{Account: "111111111111", Name: "acme-admin", Identity: "user/operator"},
		Changes: []plan.Change{{ID: "key", Action: plan.Create, Title: "Create the key", Cents: 100}},
		NotOurs: []plan.Change{
			{ID: "a", Action: plan.Update, Title: "Change a", NotOurs: "arn:a"},
			{ID: "b", Action: plan.Update, Title: "Change b", NotOurs: "arn:b"},
			{ID: "c", Action: plan.Delete, Title: "Delete c", Needs: []string{"a"}},
		},
	})
	want := `
  Account           111111111111 (acme-admin)
  You are           user/operator
  Changes           1 to add, 1 to change, 1 to destroy.
  Cost              about 1 USD a month
  Cannot be undone  nothing
  Left out          1 not confirmed

Do you want to apply these changes?
`
	if err != nil || !strings.Contains(out.String(), want) {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

func TestConfirmAsksForEachForeignThing(t *testing.T) {
	foreign := []plan.Change{
		{ID: "a", Title: "Change a", NotOurs: "arn:a"},
		{ID: "b", Title: "Change b", NotOurs: "arn:b"},
		{ID: "a2", Title: "Change a again", NotOurs: "arn:a"},
		{ID: "c", Title: "Needs a"},
	}
	p, out := prompting("yes\nno\nyes\n")
	d, err := p.Confirm(t.Context(), plan.Review{NotOurs: foreign})
	if err != nil || !d.Yes || !reflect.DeepEqual(d.Adopt, []string{"arn:a"}) {
		t.Errorf("decision %+v, %v", d, err)
	}
	if strings.Count(out.String(), "exists already") != 2 || !strings.Contains(out.String(), "Change a again") {
		t.Errorf("asked:\n%s", out)
	}
	p, _ = prompting("no\nno\n")
	if d, err = p.Confirm(t.Context(), plan.Review{NotOurs: foreign}); err != nil || !d.Yes || d.Adopt != nil {
		t.Errorf("with nothing adopted and nothing to apply, the rest must go on: %+v, %v", d, err)
	}
}

func TestBackGoesToTheQuestionBeforeWhichSuggestsWhatWasTyped(t *testing.T) {
	// Admins, back over both pages to the first question, and from there on again.
	p, out := prompting("111111111111\nstaging=222222222222\nalice\n<\n<\n<\n<\n333333333333\n\n\n" + strings.Repeat("\n", 20) + "acme-state\n" + strings.Repeat("\n", 20))
	a, err := p.fill(t.Context(), &blueprint.Answers{Blueprint: blueprint.New()}, true)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if a.AdminAccount != "333333333333" || !reflect.DeepEqual(a.UsersOf("admins"), []string{"alice"}) || a.Environments[0].Account != "222222222222" {
		t.Errorf("the answers are\n%s", a.HCL())
	}
	for _, want := range []string{"< goes back", "[111111111111]", "[staging=222222222222]", "[alice]", "This is the first question."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

func TestBackSuggestsNoSecretAgain(t *testing.T) {
	pair := []plan.Question{
		{Path: "id", Prompt: "Access key id", Kind: plan.Text},
		{Path: "secret", Prompt: "Secret access key", Kind: plan.Secret, Required: true},
		{Path: "sure", Prompt: "Sure", Kind: plan.Confirm, Default: "true"},
	}
	open := func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
		if given.Asked("sure") {
			return engine.Opened{Flow: &engine.Flow{}}, nil
		}
		return engine.Opened{Questions: pair}, nil
	}
	p, out := prompting("AKIA\nfirst-secret\n<\n\nsecond-secret\n\n")
	given := plan.Given{}
	if _, err := p.Inquiry(given).Flow(t.Context(), open); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if given.Text("secret") != "second-secret" || given.Text("id") != "AKIA" {
		t.Errorf("given %q and %q", given.Text("id"), given.Text("secret"))
	}
	if strings.Contains(out.String(), "first-secret") || !strings.Contains(out.String(), "this answer is required") {
		t.Errorf("it said:\n%s", out)
	}
}
