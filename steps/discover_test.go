package steps

import (
	"context"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

func TestQuestionsOfferTheAccountsThatAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	found, err := Discover(t.Context(), s.Env.Sessions, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	a := &blueprint.Answers{Blueprint: blueprint.New(), Discovered: found}
	offered := map[string]string{}
	for _, q := range accountQuestions(a) {
		offered[q.Path] = q.Default
	}
	if offered["admin_account"] != "111111111111" {
		t.Errorf("admin account offered: %q", offered["admin_account"])
	}
	if want := "staging=222222222222, preprod=333333333333, production=444444444444"; offered["environment"] != want {
		t.Errorf("environments offered: %q, want %q", offered["environment"], want)
	}
}

// TestNoEnvironmentIsAskedForWhereThereAreNoAccounts: the screen says why, and one can go on.
func TestNoEnvironmentIsAskedForWhereThereAreNoAccounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refused, title, tells string
		fault                 sandbox.Fault
	}{
		"no organization":  {"ListAccounts", "Account 111111111111 is in no organization.", "aws organizations create-organization --feature-set ALL", sandbox.Fault{Code: "AWSOrganizationsNotInUseException"}},
		"not to be seen":   {"DescribeOrganization", "You may not see the organization's accounts.", "aws organizations list-accounts", sandbox.Fault{Deny: true}},
		"not to be listed": {"", "You may not see the organization's accounts.", "stateroom policy operator", sandbox.Fault{Deny: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			env := w.setup(team()).Env
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "ListAccounts" || e.Operation == c.refused {
					return c.fault
				}
				return sandbox.Fault{}
			})
			ask := func(o *Opening, given plan.Given) (engine.Opened, error) {
				return o.Open(t.Context(), given, plan.Asks{})
			}
			first := func() *Opening {
				return &Opening{
					Answers: &blueprint.Answers{Blueprint: blueprint.New()}, All: true, Answered: func(string) bool { return false },
					World: func(context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error) { return env, nil },
				}
			}
			o := first()
			_, err := ask(o, plan.Given{})
			r := enginetest.RefusalOf(t, err)
			enginetest.Tells(t, r, c.title, c.tells)
			opened, err := ask(first(), plan.Given{r.Anyway.Path: secret.New(r.Anyway.Value)})
			if err != nil || len(opened.Questions) != 2 || opened.Questions[1].Default != "" {
				t.Fatalf("whoever goes on is asked %+v, %v", opened.Questions, err)
			}
			w.server.Intercept(nil)
			if opened, err = ask(o, plan.Given{}); err != nil || opened.Questions[1].Default == "" {
				t.Errorf("what was done about it is not seen: %+v, %v", opened.Questions, err)
			}
		})
	}
}
