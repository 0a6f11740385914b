package practice

import (
	"os"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// TestWhoeverPracticesSigningInIsSignedOut: the profile that Terraform uses is there, and
// AWS refuses what it holds, as on the morning after.
func TestWhoeverPracticesSigningInIsSignedOut(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]SignIn{"by code": ByCode, "by browser": ByBrowser} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{Lab: start(t, Options{}), t: t}
			t.Cleanup(func() { closeLab(t, w.Lab) })
			w.SignIn = way
			w.answers = &blueprint.Answers{Blueprint: w.Blueprint(), Me: w.Me}
			if way == ByBrowser {
				w.answers.Me = ""
				w.answers.IAm("admins")
			}
			env := w.env()
			env.TokenDir = w.TokenDir()
			w.must(w.People(w.answers.Blueprint))
			w.must(w.Finish(t.Context(), env, w.answers, func(plan.Event) {}))
			w.must(w.SignOut(t.Context()))

			session, err := w.env().Sessions.Profile(t.Context(), "admin_iam", "eu-west-1")
			w.must(err)
			_, err = session.Identity(t.Context())
			if way == ByCode && !awsops.IsExpired(err) || way == ByBrowser && !awsops.IsCredentials(err) {
				t.Errorf("the profile says %v", err)
			}
			if _, err := os.Stat(w.TokenDir()); way == ByBrowser && !os.IsNotExist(err) {
				t.Errorf("there is a token left: %v", err)
			}
			const device = "arn:aws:iam::111111111111:mfa/alice"
			if code := w.Code(device); (code != "") != (way == ByCode) {
				t.Errorf("the app shows %q", code)
			}
		})
	}
}
