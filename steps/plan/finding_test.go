package plan

import (
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
	if got := Enumerated(names); got != "x, x, x, x, x, x, x, x, x, x, x, x and 2 more" {
		t.Error(got)
	}
}
