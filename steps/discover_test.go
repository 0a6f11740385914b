package steps

import (
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
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
	if want := "staging=222222222222,preprod=333333333333,production=444444444444"; offered["environment"] != want {
		t.Errorf("environments offered: %q, want %q", offered["environment"], want)
	}
}
