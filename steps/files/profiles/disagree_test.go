package profiles

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
)

func TestDisagreementsNameLineAndBothReadings(t *testing.T) {
	tests := []struct {
		name string
		kind Kind
		text string
		want []string // "line: what"
	}{
		{"a clean file", Config, "# c\n[default]\nregion = r\n\n[profile p]\ns3 =\n  max = 3\n[sso-session s]\nx = y\n", nil},
		{"BOM", Credentials, "\xef\xbb\xbf[p]\n", []string{"1: a UTF-8 byte order mark"}},
		{"duplicate section", Credentials, "[p]\n[p]\n", []string{"2: a second section [p] (first on line 1)"}},
		{"duplicate key", Credentials, "[p]\nk = 1\nK = 2\n", []string{"3: k appears twice (first on line 2)"}},
		{"the same key in two sections", Credentials, "[p]\nk = 1\n[q]\nk = 2\n", nil},
		{"junk", Credentials, "[p]\njunk\n", []string{"2: a line without = or :"}},
		{"inline comment", Credentials, "[p]\nk = v # c\n", []string{"2: a comment behind the value of k"}},
		{"# inside a value", Credentials, "[p]\nk = v#c\n", nil},
		{"quotes", Credentials, "[p]\nk = \"v\"\n", []string{"2: quotes around the value of k"}},
		{"lone quote", Credentials, "[p]\nk = \"\n", []string{"2: the value of k is one quote character"}},
		{"indented line", Credentials, "[p]\nk = v\n\n  l = w\n", []string{"4: an indented line after k"}},
		{"text after a header", Credentials, "[p] junk\n", []string{"1: text after the header [p]"}},
		{"white space in a header", Credentials, "[ p ]\n", []string{"1: white space inside the brackets of [ p ]"}},
		{"a bracket in a header's comment", Credentials, "[p] # [1]\n", []string{"1: a bracket in the comment behind [p]"}},
		{"both defaults", Config, "[profile default]\n[default]\n", []string{"2: [default] beside [profile default] (line 1)"}},
		{"DEFAULT", Config, "[DEFAULT]\n", []string{"1: a section named DEFAULT"}},
		{"indented header", Credentials, "[p]\nk = v\n  [q]\n", []string{"3: an indented section header"}},
		{"unclosed header", Credentials, "[p\n", []string{"1: a section header without closing bracket"}},
		{"CR alone", Credentials, "[p]\nk = v\rw\n", []string{"2: a carriage return without a line feed"}},
		{"not UTF-8", Credentials, "# caf\xe9\n", []string{"1: a byte that is not UTF-8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Disagreements(tt.kind, files.Snapshot{Bytes: files.Content(tt.text)}) {
				got = append(got, fmt.Sprintf("%d: %s", d.Line, d.What))
				if d.Go == "" || d.CLI == "" || d.Go == d.CLI {
					t.Errorf("both readings must be told apart: %+v", d)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestDisagreementsNeverQuoteAValue(t *testing.T) {
	const value = "wJalrXUtnFEMI"
	text := "[p]\nk = \"" + value + "\" # " + value + "\nk = " + value + "\n  " + value + "\n" + value + "\nk=" + value + "\r" + value
	if got := fmt.Sprint(Disagreements(Credentials, files.Snapshot{Bytes: files.Content(text)})); strings.Contains(got, value) {
		t.Fatal(got)
	}
}

func TestProfilesReadAsTheSDKDoes(t *testing.T) {
	text := "ignored = before\n[default]\nregion = hidden\n[profile a]\nRegion = \"q\" \n  output = promoted\ns3 =\n  region = nested\n" +
		"[b]\nregion = no profile in config\n[profile default]\nregion = counts\n[sso-session s]\nsso_region = x\n[profile a]\nregion = last # c\n[ profile   c ]\nregion=z\n[profile d] junk\nregion = goes to c\n"
	want := []Profile{
		{Name: "a", Line: 4}, {Name: "default", Line: 11}, {Name: "c", Line: 17},
	}
	regions := map[string]string{"a": "last", "default": "counts", "c": "goes to c"}
	got := All(Config, files.Snapshot{Bytes: files.Content(text)})
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, p := range got {
		if p.Name != want[i].Name || p.Line != want[i].Line || p.Get("region") != regions[p.Name] {
			t.Errorf("got %s line %d region %q", p.Name, p.Line, p.Get("region"))
		}
	}
	if got[0].Get("output") != "promoted" || got[0].Get("s3") != "" || got[0].Values[0].Line != 16 {
		t.Errorf("profile a: %+v", got[0])
	}
	if _, ok := Read(Credentials, files.Snapshot{Bytes: files.Content("[profile x]\n")}, "x"); ok {
		t.Error("[profile x] is no profile in credentials")
	}
}
