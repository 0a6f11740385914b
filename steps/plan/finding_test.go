package plan

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestWhatIsFoundOfSeveralIsToldOnce(t *testing.T) {
	denied := func(subject string) Finding {
		return Finding{ID: "s3-get-denied", Subject: subject, Severity: Failure, Evidence: "Denied in " + subject + ".", Remedy: "Run setup."}
	}
	other := denied("d")
	other.Remedy = "Look for the policy."
	whole := Finding{ID: "kms-disabled", Severity: Failure, Evidence: "The key is off."}
	again := whole
	unseen := func(request string) Finding {
		return Finding{ID: "kms-denied", Severity: Failure, Evidence: "No (request id " + request + ").", RequestIDs: []string{request}}
	}
	for name, c := range map[string]struct {
		findings []Finding
		want     []string
	}{
		"one":                 {[]Finding{denied("a")}, []string{"s3-get-denied@a: Denied in a."}},
		"two":                 {[]Finding{denied("a"), denied("b")}, []string{"s3-get-denied: Denied in a. The same applies to b."}},
		"three, one twice":    {[]Finding{denied("a"), denied("b"), denied("c"), denied("b"), denied("a")}, []string{"s3-get-denied: Denied in a. The same applies to b and c."}},
		"another remedy":      {[]Finding{denied("a"), other}, []string{"s3-get-denied@a: Denied in a.", "s3-get-denied@d: Denied in d."}},
		"of the whole, twice": {[]Finding{whole, denied("a"), again}, []string{"kms-disabled: The key is off.", "s3-get-denied@a: Denied in a."}},
		"in two requests":     {[]Finding{unseen("1-2"), unseen("3")}, []string{"kms-denied: No (request id 1-2)."}},
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
	if got := Enumerated(names); got != "x, x, x, x, x, x, x, x, x, x, x, x and 2 more" {
		t.Error(got)
	}
}

func TestWhatTerraformPrintedEndsTheEvidenceOfJSONOnly(t *testing.T) {
	f := Finding{ID: "lock-held", Step: 6, Severity: Info, Evidence: "Somebody holds it.", Resource: "r", RequestIDs: []string{"q"}, Remedy: "Wait.", Blocks: true}
	f.AddQuote("ID: 1")
	f.AddQuote("ID: 2")
	f.AddQuote("ID: 1")
	const told = "Somebody holds it. Terraform said: ID: 1 Terraform said: ID: 2"
	got, err := json.Marshal([]Finding{f})
	want := `[{"id":"lock-held","step":6,"severity":"info","evidence":"` + told + `","remedy":"Wait."}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, not %s", got, err, want)
	}
	if f.Evidence != "Somebody holds it." || f.Told() != told {
		t.Errorf("evidence %q, told %q", f.Evidence, f.Told())
	}
}
