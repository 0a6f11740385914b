package profiles

import (
	"strings"
	"testing"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

// FuzzEdit: any bytes, any edit: no panic, and when the edit is not
// refused, what other profiles say is untouched, the profile says what was
// asked, and a second run changes nothing.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{
		"", "[x]\nregion = a # c\n", "[profile x]\r\ns3 =\r\n  max = 3\r\n  # c\r\n[default]\n", "[a]\nk = \"\n[x] ; c\n\tz: y",
		"\xef\xbb\xbf[x]", "[ x ]\n[x\n", "[x]\nk = `a\nb`\n-=1\n\"q\"=2\n", "[DEFAULT]\n[x]\naws_session_token=t",
	} {
		f.Add([]byte(seed), true, "x", "region", "eu-west-1")
		f.Add([]byte(seed), false, "default", SecretAccessKey, "a/b+c=")
	}
	f.Fuzz(func(t *testing.T, old []byte, inConfig bool, name, key, value string) {
		kind := Credentials
		if inConfig {
			kind = Config
		}
		file := files.Snapshot{Path: "f", Bytes: old}
		Disagreements(kind, file)
		e := Wanted{Name: name, Set: []KeyValue{KV(key, value)}, Remove: []string{"output"}}
		first, err := Edit(kind, file, e)
		if err != nil {
			return
		}
		_ = first.Diff()
		after := files.Snapshot{Path: "f", Bytes: first.After}
		if second, err := Edit(kind, after, e); err != nil || second.Changes() {
			t.Fatalf("not idempotent: %v\n%q\n%q", err, old, string(first.After))
		}
		if p, _ := Read(kind, after, name); p.Get(key) != strings.TrimSpace(value) {
			t.Fatalf("reads back %q", p.Get(key))
		}
		for _, p := range All(kind, file) {
			q, ok := Read(kind, after, p.Name)
			if p.Name != name && (!ok || !sameValues(p, q)) {
				t.Fatalf("profile %q changed\n%q\n%q", p.Name, old, string(first.After))
			}
		}
		if lost := filestest.LostLines(old, first.After); len(lost) > len(e.Set)+len(e.Remove)+2 {
			t.Fatalf("lost lines %q\n%q\n%q", lost, old, string(first.After))
		}
	})
}

func sameValues(a, b Profile) bool {
	if len(a.Values) != len(b.Values) {
		return false
	}
	for i := range a.Values {
		if a.Values[i].Key != b.Values[i].Key || a.Values[i].Value.Reveal() != b.Values[i].Value.Reveal() {
			return false
		}
	}
	return true
}
