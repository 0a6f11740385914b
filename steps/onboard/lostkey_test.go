package onboard

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps"
)

// TestAKeyThatIsUsedElsewhereIsNotLostToAnOnboarding: an onboarding was cut off
// before AWS's answer came, and bob made a key for another laptop just then.
func TestAKeyThatIsUsedElsewhereIsNotLostToAnOnboarding(t *testing.T) {
	for _, used := range []bool{true, false} {
		c := founded(t, sandbox.Options{}, nil)
		l := c.laptop("bob")
		l.onBoard(l.come(l.handover()))
		_, f := l.onboarding(nil)
		l.must(f.Env.Journal.Append(keyChange("bob"), "intent", map[string]string{"keys": c.keys("bob")[0]}))
		made, err := c.iam().Do(context.Background(), awsops.CreateAccessKey("bob"))
		l.must(err)
		id := made.Values["id"]
		if used {
			other := c.sessions(awsops.KeyPair{ID: id, Secret: made.Secret})
			_, err := other.Home("eu-west-1").Identity(context.Background())
			l.must(err)
		}
		l.onBoard(l.come(nil))
		if kept := slices.Contains(c.keys("bob"), id); kept != used {
			t.Errorf("used %v: bob's keys are %v, the other one %s", used, c.keys("bob"), id)
		}
	}
}

// TestAHandoverDoesNotDeleteAKeyThatIsUsed: the operator's run was cut off before
// AWS's answer came, and a colleague made bob a key that works.
func TestAHandoverDoesNotDeleteAKeyThatIsUsed(t *testing.T) {
	o := newOffice(t)
	o.removeKeys("bob")
	f := o.handover("bob")
	o.must(f.Env.Journal.Append(steps.KeyChange("bob"), "intent", map[string]string{"keys": ""}))
	made, err := o.home().Do(context.Background(), awsops.CreateAccessKey("bob"))
	o.must(err)
	id := made.Values["id"]
	_, err = o.sts(awsops.KeyPair{ID: id, Secret: made.Secret}).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	o.must(err)
	o.run(o.handover("bob"))
	if !slices.Contains(o.keys("bob"), id) {
		t.Errorf("bob's keys are %v, and %s is gone", o.keys("bob"), id)
	}
}
