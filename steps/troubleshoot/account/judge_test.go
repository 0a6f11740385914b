package account

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// version is a version of a state; serial 0 is no state.
func version(id string, serial uint64, lineage string) stateVersion {
	v := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: id}, object: &stateObject{digest: "md5-of-" + id, version: id, format: 4, serial: serial, lineage: lineage}}
	if serial == 0 {
		v.object.problem = "it is not JSON"
	}
	return v
}

func TestOnlyACertainDigestIsRepairedAndOnlyACertainVersionPutBack(t *testing.T) {
	unread := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: "u"}, err: errors.New("denied")}
	marker := stateVersion{ObjectVersion: awsops.ObjectVersion{ID: "m", Marker: true}}
	for _, c := range []struct {
		name     string
		digest   string
		versions []stateVersion // the first is the current one
		err      error
		good     bool
		back     string // the version to put back
	}{
		{"the newest, whatever the table holds", "other", []stateVersion{version("b", 2, "l"), version("a", 1, "l")}, nil, true, ""},
		{"the newest, the table is one behind", "md5-of-a", []stateVersion{version("b", 2, "l"), version("a", 1, "l")}, nil, true, "-"},
		{"an older one put back past Terraform", "md5-of-b", []stateVersion{version("a2", 1, "l"), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"an older one put back, the table knows neither", "other", []stateVersion{version("a2", 1, "l"), version("b", 2, "l")}, nil, false, ""},
		{"another lineage", "md5-of-b", []stateVersion{version("c", 5, "k"), version("b", 2, "l")}, nil, false, "b"},
		{"no state on top", "md5-of-b", []stateVersion{version("c", 0, ""), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"no state on top, no digest", "", []stateVersion{version("c", 0, ""), version("b", 2, "l"), version("a", 1, "l")}, nil, false, "b"},
		{"deleted", "md5-of-b", []stateVersion{marker, version("b", 2, "l")}, nil, false, "b"},
		{"one is not read", "md5-of-b", []stateVersion{version("a2", 1, "l"), version("b", 2, "l"), unread}, nil, false, ""},
		{"nothing ever was", "other", nil, nil, true, ""},
		{"nobody may look", "other", []stateVersion{version("b", 2, "l")}, errors.New("denied"), false, ""},
	} {
		s := &stateAccess{digest: &awsops.LockItem{Digest: c.digest}, versions: c.versions, versionsErr: c.err}
		if len(c.versions) > 0 {
			s.object = c.versions[0].object
		}
		if c.err != nil {
			s.versions = nil
		}
		text, ok := compare(s)
		if ok != c.good || text == "" {
			t.Errorf("%s: good %v, want %v: %s", c.name, ok, c.good, text)
		}
		back := ""
		if v := better(s); v != nil && !ok {
			back = v.ID
		}
		if want := strings.TrimPrefix(c.back, "-"); back != want {
			t.Errorf("%s: version %q is put back, want %q", c.name, back, want)
		}
	}
}

func TestStatesAndLocksAreRead(t *testing.T) {
	for body, problem := range map[string]string{
		`{"version":4,"serial":3,"lineage":"l","terraform_version":"1.11.4"}`: "",
		`{"version":3}`: "", `{"version":5}`: "format", `{"serial":1}`: "without a state's version", `secret = "x"`: "not JSON", ``: "not JSON", `[]`: "not JSON",
	} {
		s := readState(&awsops.Content{Body: []byte(body)})
		if (problem == "") != (s.problem == "") || !strings.Contains(s.problem, problem) || strings.Contains(s.problem, "secret") {
			t.Errorf("%s: problem %q, want %q", body, s.problem, problem)
		}
	}
	for text, ok := range map[string]bool{`{"ID":"5d6f0000-1111-2222-3333-444455556666","Who":"carol@laptop","Created":"2026-01-02T15:04:05Z"}`: true, `{}`: false, ``: false, `{"ID":`: false, `"ID"`: false} {
		if _, got := readLock(text); got != ok {
			t.Errorf("%s is a lock: %v, want %v", text, got, ok)
		}
	}
}

// refusedWith is AWS's refusal in its own words.
func refusedWith(message string) error {
	return &awsops.Error{Service: "s3", Operation: "GetObject", Code: "AccessDenied", Status: 403, Message: message}
}

func TestARefusalIsExplainedByWordsThenSimulationThenDocuments(t *testing.T) {
	const arn = "arn:aws:s3:::b/k"
	f := &facts{answers: &blueprint.Answers{Blueprint: blueprint.New()}, observed: &steps.Observed{}}
	id := &identity{works: true, Identity: awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice", Account: "111111111111", Kind: awsops.KindUser, Name: "alice"}}
	simulated := func(s awsops.Simulated) rights {
		s.Action, s.Resource = "s3:GetObject", arn
		return rights{results: []awsops.Simulated{s}}
	}
	fence := named("bucket policy", policy.ResourceBased, `{"Statement":[{"Sid":"Fence","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`)
	for _, c := range []struct {
		name string
		q    question
		by   string
		says []string
	}{
		{"AWS names the identity's policy", question{err: refusedWith("User: x is not authorized to perform: s3:GetObject on resource: \"y\" because no identity-based policy allows the s3:GetObject action")}, byIdentity, nil},
		{"AWS names a service control policy", question{err: refusedWith("not authorized to perform: s3:GetObject with an explicit deny in a service control policy")}, byControl, nil},
		{"AWS names the boundary", question{err: refusedWith("because no permissions boundary allows the s3:GetObject action")}, byBoundary, nil},
		{"AWS names the bucket's policy, whose statement is found", question{err: refusedWith("with an explicit deny in a resource-based policy"), attached: fence}, byResource, []string{"Fence"}},
		{"simulation: nothing allows", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{})}, byIdentity, []string{"Nothing in its own", "SimulatePrincipalPolicy"}},
		{"simulation: a Deny", question{rights: simulated(awsops.Simulated{Explicit: true, Policies: []string{"leave"}})}, byIdentity, []string{"Deny statement", "leave"}},
		{"simulation: the organization", question{rights: simulated(awsops.Simulated{ByOrganization: true})}, byControl, []string{"service control policy"}},
		{"simulation: the boundary", question{rights: simulated(awsops.Simulated{ByBoundary: true})}, byBoundary, []string{"boundary"}},
		{"documents: the bucket's policy", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{Allowed: true}), attached: fence}, byResource, []string{"Fence"}},
		{"allowed by all that can be read", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{Allowed: true})}, byResource, []string{"may not be read"}},
		{"two remain", question{err: refusedWith("Access Denied")}, "", []string{"Either", "To tell:", "simulate-principal-policy"}},
	} {
		c.q.by, c.q.action, c.q.resource = id, "s3:GetObject", arn
		got := reasonOf(f, c.q)
		if got.by != c.by {
			t.Errorf("%s: by %q, want %q (%s)", c.name, got.by, c.by, got.text)
		}
		for _, says := range c.says {
			if !strings.Contains(got.text, says) {
				t.Errorf("%s does not say %q: %s", c.name, says, got.text)
			}
		}
	}
}

func TestFaultsOfOneCauseAreToldOnce(t *testing.T) {
	one := func(id, cause, subject string) fault {
		return fault{Finding: plan.Finding{ID: id, Evidence: "It is so.", Subject: subject}, cause: cause}
	}
	got := merge([]fault{one("a", "x", "p1"), one("b", "x", "p1"), one("a", "x", "p2"), one("a", "y", "p3"), one("a", "x", "p2")})
	var told []string
	for _, x := range got {
		told = append(told, x.ID+" "+x.Evidence)
	}
	want := []string{"a It is so. It concerns p1, p2.", "b It is so.", "a It is so."}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
