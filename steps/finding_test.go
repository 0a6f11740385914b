package steps

import (
	"slices"
	"testing"

	"stateroom/steps/blueprint"
)

func TestWhatIsFoundOfSeveralIsToldOnce(t *testing.T) {
	denied := func(subject string) Finding {
		return Finding{ID: "s3-get-denied", Subject: subject, Severity: Failure, Evidence: "Denied in " + subject + ".", Remedy: "Run setup."}
	}
	other := denied("d")
	other.Remedy = "Look for the policy."
	whole := Finding{ID: "kms-disabled", Severity: Failure, Evidence: "The key is off."}
	again := whole
	for name, c := range map[string]struct {
		findings []Finding
		want     []string
	}{
		"one":                 {[]Finding{denied("a")}, []string{"s3-get-denied@a: Denied in a."}},
		"two":                 {[]Finding{denied("a"), denied("b")}, []string{"s3-get-denied: Denied in a. So it is with b."}},
		"three, one twice":    {[]Finding{denied("a"), denied("b"), denied("c"), denied("b"), denied("a")}, []string{"s3-get-denied: Denied in a. So it is with b and c."}},
		"another remedy":      {[]Finding{denied("a"), other}, []string{"s3-get-denied@a: Denied in a.", "s3-get-denied@d: Denied in d."}},
		"of the whole, twice": {[]Finding{whole, denied("a"), again}, []string{"kms-disabled: The key is off.", "s3-get-denied@a: Denied in a."}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range Together(c.findings) {
				got = append(got, f.Key()+": "+f.Evidence)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestManyNamesInOneFindingAreCounted(t *testing.T) {
	var names []string
	for range 14 {
		names = append(names, "x")
	}
	if got := enumerated(names); got != "x, x, x, x, x, x, x, x, x, x, x, x and 2 more" {
		t.Error(got)
	}
}

// A look after the changes asks AWS once more, which answers under another
// request id: that is no news.
func TestAFindingIsNotToldAgainForAnotherRequest(t *testing.T) {
	var told []string
	f := &Flow{Emit: func(e Event) { told = append(told, e.Finding.Evidence) }}
	at := func(request, name string) []Finding {
		return []Finding{{ID: "assume-role-denied", Evidence: "AccessDenied: " + name + " (HTTP 403, request id " + request + ")."}}
	}
	f.tell(at("1", "staging"))
	f.tell(at("2", "staging"))
	f.tell(at("3", "production"))
	if len(told) != 2 {
		t.Errorf("told %q", told)
	}
}

func TestATerraformAsksTheEndpointThatStateroomAsks(t *testing.T) {
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"} {
		if got := AdminEnv(&Env{Endpoint: "http://127.0.0.1:1"}, a)[name]; got != "http://127.0.0.1:1" {
			t.Errorf("%s is %q", name, got)
		}
	}
	// Without one the caller's own variable stays, which an empty value takes out.
	if _, there := AdminEnv(&Env{}, a)["AWS_ENDPOINT_URL"]; there {
		t.Error("the caller's variable is taken out")
	}
}
