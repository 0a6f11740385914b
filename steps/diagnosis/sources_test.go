package diagnosis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// engineText is an error text as the sources of the engines and of their AWS library have
// it: those of the S3 back end, of locks and states, of init, unlock, workspace and state,
// and of what a configuration may say of a back end. Where it quotes a cause it has
// {cause}, and "app" stands where a name or a value does.
type engineText struct {
	Text string
	// File is where it stands, and Of the releases that have it.
	File string
	Of   []string
	// ID is what it leads to, Why the reason that it leads to nothing by itself; one of
	// the two is given.
	ID, Why string
}

// quotesCause is why a text leads to nothing that quotes a cause.
const quotesCause = "It quotes a cause, which decides."

// TestEveryTextOfTheEnginesLeadsToItsCause reads every text of testdata/engine-texts.json,
// for which .ci/enginetexts finds what a release adds. What quotes a cause has to give way
// to it.
func TestEveryTextOfTheEnginesLeadsToItsCause(t *testing.T) {
	t.Parallel()
	var texts []engineText
	if err := json.Unmarshal([]byte(textFile(t, "testdata/engine-texts.json")), &texts); err != nil {
		t.Fatal(err)
	}
	told := func(text, cause string) string {
		return FromText(boxed(sample{summary: strings.ReplaceAll(text, "{cause}", cause)}))[0].ID
	}
	var releases []string
	known, quoting := 0, 0
	for _, e := range texts {
		releases = append(releases, e.Of...)
		want := e.ID
		switch {
		case e.Text == "" || e.File == "" || len(e.Of) == 0 || (e.ID == "") == (e.Why == ""):
			t.Errorf("%+v says too little", e)
			continue
		case e.ID != "":
			known++
		case e.Why == quotesCause:
			quoting++
			if got := told(e.Text, "x509: certificate signed by unknown authority"); got != TLSUntrusted.ID {
				t.Errorf("%q leads to %s, whatever it quotes", e.Text, got)
			}
			fallthrough
		default:
			want = Unknown.ID
		}
		if got := told(e.Text, "what nobody has seen"); got != want {
			t.Errorf("%q of %s leads to %s, not to %s", e.Text, e.File, got, want)
		}
	}
	for _, release := range []string{"Terraform 1.5.7", "Terraform 1.9.8", "Terraform 1.11.4", "Terraform 1.16.0-rc2", "OpenTofu 1.12.6"} {
		if !slices.Contains(releases, release) {
			t.Errorf("no text is of %s", release)
		}
	}
	claim := fmt.Sprintf("Of the %d error texts in their sources (%s) %d lead to a cause, %d quote one, which decides, and %d say why they tell of none",
		len(texts), "S3 backend, locks, states, init, unlock, workspace", known, quoting, len(texts)-known-quoting)
	if !strings.Contains(textFile(t, "../../README.md"), claim) {
		t.Errorf("the README does not say: %s", claim)
	}
}
