package diagnosis

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sampleText is a text of the corpus and what is right for it, in the form that the
// tracker's cases came in.
type sampleText struct {
	// Name is its file's, without .txt; a text that is worded after a source has Text.
	Name, Text string
	// Source says where it comes from.
	Source string
	// First are the ids of which the first finding's is one, Also those that are found
	// besides, Never those that are not.
	First, Also, Never []string
	// Secrets are what is not shown, Remedy a regular expression that the first remedy
	// matches; Why gives the reason.
	Secrets     []string
	Remedy, Why string
}

// corpus are the texts of testdata: public trackers', some as files and some as they were
// posted in short, Terraform's own on broken and on healthy configurations, those that a
// stranger brought and that were read for the first time then (seen since: they measure
// nothing any more), those worded after the sources of the engines and the SDKs, those of
// signing in and of pipelines (of which 14 of 53 were read right at first), and
// every engine's on every fault of the lab.
func corpus(t *testing.T) []sampleText {
	t.Helper()
	var all, posted, seen, signIn []sampleText
	read := func(path string, into any) {
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatal(path, err)
		}
	}
	read("testdata/corpus/worded.json", &all)
	read("testdata/corpus/posted.json", &posted)
	read("testdata/corpus/seen.json", &seen)
	read("testdata/corpus/signin.json", &signIn)
	all = slices.Concat(all, posted, seen, signIn)
	for _, dir := range []string{"testdata/corpus/trackers", "testdata/corpus/terraform-1.11.4"} {
		var list []sampleText
		read(filepath.Join(dir, "expected.json"), &list)
		for _, s := range list {
			s.Text = textFile(t, filepath.Join(dir, s.Name+".txt"))
			all = append(all, s)
		}
	}
	engines, err := filepath.Glob("testdata/engines/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range engines {
		expected := map[string][]string{}
		read(filepath.Join(dir, "expected.json"), &expected)
		for name, ids := range expected {
			all = append(all, sampleText{Name: name, Text: textFile(t, filepath.Join(dir, name+".txt")), Source: dir, First: ids[:1], Also: ids})
		}
	}
	return all
}

func textFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheCorpusIsReadRight has every text lead to the right cause and the right remedy, and
// the README say of how many that is so.
func TestTheCorpusIsReadRight(t *testing.T) {
	t.Parallel()
	var texts, remedies, healthy int
	for _, s := range corpus(t) {
		if s.Source == "" || len(s.First) == 0 {
			t.Errorf("%s has no source, or nothing that is right", s.Name)
		}
		for _, wrong := range s.wrong(FromText(s.Text)) {
			t.Errorf("%s (%s): %s, from\n%s", s.Name, s.Source, wrong, s.Text)
		}
		texts++
		if s.Remedy != "" {
			remedies++
		}
		if slices.Equal(s.First, []string{NoError.ID}) {
			healthy++
		}
	}
	claim := fmt.Sprintf("%d of %d texts lead to the right cause, %d of %d to the remedy that is theirs alone, and 0 of %d in which nothing failed to an error", texts, texts, remedies, remedies, healthy)
	if !strings.Contains(textFile(t, "../../README.md"), claim) {
		t.Errorf("the README does not say: %s", claim)
	}
}

// wrong is what is not right of what a text leads to.
func (s sampleText) wrong(got []Match) (list []string) {
	var ids []string
	for _, m := range got {
		ids = append(ids, m.ID)
	}
	if !slices.Contains(s.First, ids[0]) {
		list = append(list, fmt.Sprintf("it leads to %v, and first to %v would be right", ids, s.First))
	}
	for _, id := range s.Also {
		if !slices.Contains(ids, id) {
			list = append(list, id+" is missing")
		}
	}
	for _, id := range s.Never {
		if slices.Contains(ids, id) {
			list = append(list, id+" is wrong")
		}
	}
	if s.Remedy != "" && !regexp.MustCompile(s.Remedy).MatchString(got[0].Remedy) {
		list = append(list, fmt.Sprintf("the remedy %q is not %s", got[0].Remedy, s.Remedy))
	}
	shown := fmt.Sprint(got)
	for _, secret := range s.Secrets {
		if strings.Contains(shown, secret) {
			list = append(list, "a secret is shown")
		}
	}
	return list
}
