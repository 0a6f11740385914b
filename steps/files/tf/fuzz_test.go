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

// FuzzConfig: any file that completes a backend: no panic, and when the edit is not
// refused the result parses, says what is wanted, keeps every line that it does not
// touch, and a second edit changes nothing.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "bucket = \"b\"", "# c\n\nkey = \"k\" # d\n", "/* c\n */ bucket = \"b\"\r\nendpoints = {\r\n  s3 = \"x\"\r\n}", "\tkey=null\n", "\xef\xbb\xbfkey = \"k\"\n",
		"dynamodb_table = <<E\nx\nE\n", "workspace_key_prefix = \"w\"\naccess_key = \"a\"\nassume_role = { role_arn = \"r\" }\n", "bucket = \"b\"\n/* the end */",
	} {
		f.Add([]byte(seed))
	}
	want := wanted
	want.Endpoint, want.DynamoDBTable = "http://127.0.0.1:1", ""
	f.Fuzz(func(t *testing.T, old []byte) {
		text := old
		for pass := range 2 {
			p := &Project{Dir: "dir"}
			block := "terraform {\n  required_version = \">= 1.11.0\"\n  backend \"s3\" {\n    dynamodb_table = \"t\"\n    region = \"x\"\n  }\n}\n"
			if err := p.add(files.Snapshot{Path: filepath.Join("dir", "main.tf"), Bytes: []byte(block)}); err != nil {
				t.Fatal(err)
			}
			file := files.Snapshot{Path: filepath.Join("dir", "x.tfbackend"), Bytes: text}
			body, err := parseHCL(file.Path, text)
			if err == nil {
				err = p.complete([]config{{file: file, body: body}})
			}
			if err != nil {
				if pass > 0 {
					t.Fatalf("the result does not parse: %v\n%q\n%q", err, old, text)
				}
				return
			}
			list, err := EditBackend(p, want)
			if err != nil {
				if pass > 0 {
					t.Fatalf("refused the second time: %v\n%q\n%q", err, old, text)
				}
				return
			}
			for _, e := range list {
				if e.Before.Path != file.Path {
					t.Fatalf("%s was edited", e.Before.Path)
				}
				if pass > 0 && e.Changes() {
					t.Fatalf("not idempotent:\n%q\n%q\n%q", old, text, string(e.After))
				}
				if lost := filestest.LostLines(text, e.After); len(lost) > 3+len(e.Fields)*3 {
					t.Fatalf("lost %q", lost)
				}
				text = e.After
			}
			if get := p.Backends[0].Attributes.Get; pass > 0 && (!p.Backends[0].SamePlace(want) || get("dynamodb_table") != "" || get("region") != want.Region || get("endpoints.s3") != want.Endpoint) {
				if len(list) == 0 || len(list[0].Notes) == 0 {
					t.Fatalf("it does not say what is wanted:\n%q\n%q", old, text)
				}
			}
		}
	})
}
