package tf

import (
	"path/filepath"
	"testing"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

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
	provider := Provider{Region: "eu-west-1", Profile: "p", RoleARN: "arn"}
	f.Fuzz(func(t *testing.T, old []byte) {
		path := filepath.Join("dir", "main.tf")
		text := old
		for pass := range 2 {
			p := &Project{Dir: "dir"}
			if err := p.add(files.Snapshot{Path: path, Bytes: text}); err != nil {
				if pass > 0 {
					t.Fatalf("the result does not parse: %v", err)
				}
				return
			}
			for _, compute := range []func(*Project) ([]files.Edit, error){backendEdits(backend), providerEdits(provider)} {
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
					if lost := filestest.LostLines(text, e.After); len(lost) > 3+len(e.Fields)*3 {
						t.Fatalf("lost %q", lost)
					}
					text = e.After
				}
				p = &Project{Dir: "dir"}
				if err := p.add(files.Snapshot{Path: path, Bytes: text}); err != nil {
					t.Fatalf("the result does not parse: %v\n%q\n%q", err, old, text)
				}
			}
		}
	})
}
