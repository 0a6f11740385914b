package files

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzEditProfile: any bytes, any edit: no panic, and when the edit is not
// refused, what other profiles say is untouched, the profile says what was
// asked, and a second run changes nothing.
func FuzzEditProfile(f *testing.F) {
	for _, seed := range []string{
		"", "[x]\nregion = a # c\n", "[profile x]\r\ns3 =\r\n  max = 3\r\n  # c\r\n[default]\n", "[a]\nk = \"\n[x] ; c\n\tz: y",
		"\xef\xbb\xbf[x]", "[ x ]\n[x\n", "[x]\nk = `a\nb`\n-=1\n\"q\"=2\n", "[DEFAULT]\n[x]\naws_session_token=t",
	} {
		f.Add([]byte(seed), true, "x", "region", "eu-west-1")
		f.Add([]byte(seed), false, "default", secretAccessKey, "a/b+c=")
	}
	f.Fuzz(func(t *testing.T, old []byte, inConfig bool, name, key, value string) {
		kind := Credentials
		if inConfig {
			kind = Config
		}
		file := Snapshot{Path: "f", Bytes: old}
		Disagreements(kind, file)
		e := ProfileEdit{Name: name, Set: []KeyValue{KV(key, value)}, Remove: []string{"output"}}
		first, err := EditProfile(kind, file, e)
		if err != nil {
			return
		}
		_ = first.Diff()
		after := Snapshot{Path: "f", Bytes: first.After}
		if second, err := EditProfile(kind, after, e); err != nil || second.Changes() {
			t.Fatalf("not idempotent: %v\n%q\n%q", err, old, string(first.After))
		}
		if p, _ := ReadProfile(kind, after, name); p.Get(key) != strings.TrimSpace(value) {
			t.Fatalf("reads back %q", p.Get(key))
		}
		for _, p := range Profiles(kind, file) {
			q, ok := ReadProfile(kind, after, p.Name)
			if p.Name != name && (!ok || !sameValues(p, q)) {
				t.Fatalf("profile %q changed\n%q\n%q", p.Name, old, string(first.After))
			}
		}
		if lost := lostLines(old, first.After); len(lost) > len(e.Set)+len(e.Remove)+2 {
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

// lostLines gives the old lines that do not come again in order, apart from
// their endings.
func lostLines(old, after []byte) [][]byte {
	is := bytes.Split(after, []byte("\n"))
	var lost [][]byte
	for _, line := range bytes.Split(old, []byte("\n")) {
		i := 0
		for i < len(is) && !bytes.Equal(bytes.TrimRight(is[i], "\r"), bytes.TrimRight(line, "\r")) {
			i++
		}
		if i == len(is) {
			lost = append(lost, line)
			continue
		}
		is = is[i+1:]
	}
	return lost
}

// FuzzBackend: any file: no panic, and when the edits are not refused the
// result parses, has the wanted backend and provider, keeps every byte outside
// the touched lines, and a second run changes nothing.
func FuzzBackend(f *testing.F) {
	for _, seed := range []string{
		"", "terraform {\n  backend \"s3\" {}\n}", "terraform {\n\tbackend \"s3\" {\n\t\tbucket = \"b\" /* x\n */ # y\n\t}\n}\n",
		"terraform {\r\n backend \"local\" { path = \"p\" }\r\n required_version = \"~> 1.5\"\r\n}\r\n",
		"provider \"aws\" {\n assume_role = { role_arn : \"x\", a = 1 }\n region = var.r\n}\n", "provider aws {}", "locals {\n h = <<EOT\nx\nEOT\n}\n",
		"terraform {\n backend s3 { /* c */ }\n}\nprovider \"aws\" { alias = \"x\" }", "\xef\xbb\xbfterraform {\n}\n",
		"terraform {\n  backend \"s3\" {\n    endpoints = { s3 = \"x\", /* c */ sso = \"y\" }\n  access_key = <<E\nx\nE\n  }\n}\n",
	} {
		f.Add([]byte(seed))
	}
	backend := wanted
	backend.Endpoint = "http://127.0.0.1:1"
	provider := Provider{Region: "eu-west-1", Profile: "p", RoleARN: "arn", SessionName: "s"}
	f.Fuzz(func(t *testing.T, old []byte) {
		path := filepath.Join("dir", "main.tf")
		text := old
		for pass := range 2 {
			p := &Project{Dir: "dir"}
			if err := p.add(Snapshot{Path: path, Bytes: text}); err != nil {
				if pass > 0 {
					t.Fatalf("the result does not parse: %v", err)
				}
				return
			}
			for _, compute := range []func(*Project) ([]Edit, error){backendEdits(backend), providerEdits(provider)} {
				list, err := compute(p)
				if err != nil {
					return
				}
				for _, e := range list {
					_ = e.Diff()
					if e.Before.Path != path {
						continue
					}
					if pass > 0 && e.Changes() {
						t.Fatalf("not idempotent:\n%q\n%q\n%q", old, text, string(e.After))
					}
					if lost := lostLines(text, e.After); len(lost) > 3+len(e.Fields)*3 {
						t.Fatalf("lost %q", lost)
					}
					text = e.After
				}
				p = &Project{Dir: "dir"}
				if err := p.add(Snapshot{Path: path, Bytes: text}); err != nil {
					t.Fatalf("the result does not parse: %v\n%q\n%q", err, old, text)
				}
			}
		}
	})
}
