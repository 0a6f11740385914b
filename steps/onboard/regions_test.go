package onboard

import (
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
)

// abroad is a company whose environment staging is in a region that its account has
// enabled, and that the admin account has or has not.
func abroad(t *testing.T, enabled bool) *company {
	t.Helper()
	c := newCompany(t, enginetest.Team(staff, "staging", "preprod", "production"), staff, []func(*blueprint.Blueprint){
		func(b *blueprint.Blueprint) { b.Environments[0].Region = "eu-south-1" },
	})
	c.options.OptedIn = map[string][]string{c.blueprint.Environments[0].Account: {"eu-south-1"}}
	if enabled {
		c.options.OptedIn[c.blueprint.AdminAccount] = []string{"eu-south-1"}
	}
	c.finished("")
	return c
}

// section is a profile's of the AWS config file.
func (l *laptop) section(profile string) string {
	l.t.Helper()
	_, section, _ := strings.Cut(l.read(".aws/config"), "[profile "+profile+"]")
	section, _, _ = strings.Cut(section, "[")
	return section
}

// TestANewAdminAsksForARoleWhereTheKeyIsKnown: in a region that the admin account has not
// enabled the STS knows no key, a new one's least of all.
func TestANewAdminAsksForARoleWhereTheKeyIsKnown(t *testing.T) {
	t.Parallel()
	for enabled, region := range map[bool]string{false: "eu-west-1", true: "eu-south-1"} {
		l := abroad(t, enabled).laptop("bob")
		for range 2 { // with a key that was made just now, and with one that is known
			h := l.handed()
			if l.read(".aws/config") != "" {
				h = nil
			}
			l.onBoard(l.come(h))
			if section := l.section("admin_iam-staging"); !strings.Contains(section, "region = "+region) {
				t.Errorf("enabled %v: %s", enabled, section)
			}
		}
		if again := l.come(nil); again.Applied > 0 {
			t.Errorf("coming back applied %d", again.Applied)
		}
	}
}

// TestAKeyThatIsTooNewForARegionRewritesNoFiles: only the team's files tell a region that
// is closed from one that has not heard of the key yet.
func TestAKeyThatIsTooNewForARegionRewritesNoFiles(t *testing.T) {
	t.Parallel()
	c := abroad(t, true)
	c.patience = engine.DefaultPatience // the handover is a new one, however long other tests took
	l := c.laptop("bob")
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Region == "eu-south-1" && e.Service == "sts" {
			return sandbox.Fault{Code: "InvalidClientTokenId", Status: 403}
		}
		return sandbox.Fault{}
	})
	l.onBoard(l.come(l.handed()))
	if section := l.section("admin_iam-staging"); !strings.Contains(section, "region = eu-south-1") {
		t.Error(section)
	}
}

// TestANewAdminsKeyThatIsKnownInAnotherRegionIsNoDeadKey: no new one would help.
func TestANewAdminsKeyThatIsKnownInAnotherRegionIsNoDeadKey(t *testing.T) {
	t.Parallel()
	for region, remedy := range map[string]string{"eu-south-1": "enable-region --region-name eu-south-1", "cn-north-1": "another partition"} {
		l := founded(t).laptop("bob")
		h := l.handed()
		o, flow := l.onboarding(h)
		o.Answers.StateRegion = region
		flow.Env.Patience = 0 // the key is known where it is known
		f := finding(l.run(flow), "key-invalid")
		if f == nil {
			t.Fatalf("%s: no finding", region)
		}
		says(t, f.Evidence, "eu-west-1", "nothing is wrong with it")
		says(t, f.Remedy, remedy)
	}
}
