package profiles

import (
	"strings"
	"testing"

	"stateroom/steps/files"
)

func TestMisnamedProfilesAreFoundAndRenamedByTheirHeaderAlone(t *testing.T) {
	tests := map[string]struct {
		kind    Kind
		text    string
		line    int
		written string
		after   string // empty: refused
	}{
		"the other file's form": {Credentials, "# mine\n[profile admin_iam] # x\naws_access_key_id=A\n", 2, "[profile admin_iam] # x", "# mine\n[admin_iam] # x\naws_access_key_id=A\n"},
		"config without prefix": {Config, "[admin_iam]\nregion = x\n", 1, "[admin_iam]", "[profile admin_iam]\nregion = x\n"},
		"a hyphen for a line":   {Credentials, "[a]\nk=v\r\n[Admin-IAM]\r\nk = v # c\n", 3, "[Admin-IAM]", "[a]\nk=v\r\n[admin_iam]\r\nk = v # c\n"},
		"spaces inside":         {Credentials, "[ admin_iam ]\nk = v\n", 1, "[ admin_iam ]", ""}, // the SDK finds it
		"two of them":           {Credentials, "[admin-iam]\nk=v\n[adminiam]\nk=v\n", 0, "", ""},
		"another name":          {Credentials, "[admin]\nk=v\n", 0, "", ""},
		"commented out":         {Credentials, "#[admin-iam]\nk=v\n", 0, "", ""},
		"junk behind":           {Credentials, "[admin_iam] junk\nk=v\n", 1, "[admin_iam] junk", ""},
		"byte order mark":       {Credentials, "\ufeff[admin-iam]\nk=v\n", 0, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := files.Snapshot{Path: "f", Bytes: files.Content(tt.text), Exists: true}
			line, written := Misnamed(tt.kind, file, "admin_iam")
			if name == "spaces inside" {
				if line != 0 {
					t.Fatal("the SDK reads this section")
				}
				return
			}
			if line != tt.line || written != tt.written {
				t.Fatalf("found %d %q, want %d %q", line, written, tt.line, tt.written)
			}
			if line == 0 {
				return
			}
			edit, err := Rename(tt.kind, file, line, "admin_iam")
			if tt.after == "" {
				if err == nil {
					t.Fatalf("renamed to %q", string(edit.After))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(edit.After) != tt.after {
				t.Errorf("got %q, want %q", string(edit.After), tt.after)
			}
			if _, there := Read(tt.kind, files.Snapshot{Bytes: edit.After}, "admin_iam"); !there {
				t.Error("the profile is not there afterwards")
			}
		})
	}
}

func TestRenameNeverMergesIntoAProfileThatIsThere(t *testing.T) {
	file := files.Snapshot{Path: "f", Bytes: files.Content("[admin]\nk=v\n[admin_iam]\nk=w\n"), Exists: true}
	if _, err := Rename(Credentials, file, HeaderLine(Credentials, file, "admin"), "admin_iam"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("err = %v", err)
	}
	if _, err := Rename(Credentials, file, 2, "x"); err == nil {
		t.Error("a setting was renamed")
	}
}

func TestSSOSessionsAreReadFromConfig(t *testing.T) {
	file := files.Snapshot{Bytes: files.Content("[profile a]\nsso_session = acme\n[sso-session acme]\nsso_start_url = https://x\n")}
	if s, there := SSOSession(file, "acme"); !there || s.Get("sso_start_url") != "https://x" {
		t.Errorf("got %+v, %v", s, there)
	}
	if _, there := SSOSession(file, "other"); there {
		t.Error("a session that is not there was found")
	}
}
