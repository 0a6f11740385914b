package onboard

import (
	"context"
	"slices"
	"testing"

	"stateroom/awsops"
	"stateroom/steps"
)

// TestAKeyThatIsUsedElsewhereIsNotLostToAnOnboarding: an onboarding was cut off
// before AWS's answer came, and bob made a key for another laptop just then.
func TestAKeyThatIsUsedElsewhereIsNotLostToAnOnboarding(t *testing.T) {
	t.Parallel()
	for _, used := range []bool{true, false} {
		c := founded(t)
		l := c.laptop("bob")
		l.onBoard(l.come(l.handed()))
		_, f := l.onboarding(nil)
		l.must(f.Env.Journal.Append(keyChange("bob"), "intent", map[string]string{"keys": c.keys("bob")[0]}))
		made, err := c.iam().Do(context.Background(), awsops.CreateAccessKey("bob"))
		l.must(err)
		id := made.Values["id"]
		if used {
			_, err := c.as(awsops.KeyPair{ID: id, Secret: made.Secret}).Identity(context.Background())
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
	t.Parallel()
	o := newOffice(t)
	o.removeKeys("bob")
	f := o.handover("bob")
	o.must(f.Env.Journal.Append(steps.KeyChange("bob"), "intent", map[string]string{"keys": ""}))
	made, err := o.iam().Do(context.Background(), awsops.CreateAccessKey("bob"))
	o.must(err)
	id := made.Values["id"]
	_, err = o.as(awsops.KeyPair{ID: id, Secret: made.Secret}).Identity(context.Background())
	o.must(err)
	o.run(o.handover("bob"))
	if !slices.Contains(o.keys("bob"), id) {
		t.Errorf("bob's keys are %v, and %s is gone", o.keys("bob"), id)
	}
}
