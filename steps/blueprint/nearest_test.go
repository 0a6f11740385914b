package blueprint

import "testing"

func TestANameThatIsMeantIsNearOrBegunAndElseNoneIsGuessed(t *testing.T) {
	t.Parallel()
	known := []string{"alice", "bob", "production", "preprod"}
	for typed, want := range map[string]string{
		"alce": "alice", "Alice": "alice", "bib": "bob", "prod": "production", "pre": "preprod", "prodution": "production",
		"peprrod": "preprod", "bbo": "bob", "laice": "alice",
		"carol": "", "x": "", "": "",
	} {
		if want != "" {
			want = " (did you mean " + want + "?)"
		}
		if got := DidYouMean(typed, known); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
