package profiles

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"stateroom/steps/files"
)

// roleProfiles are n profiles as a set-up writes them.
func roleProfiles(n int) []Wanted {
	var list []Wanted
	for i := range n {
		list = append(list, Wanted{Name: fmt.Sprintf("admin_iam-env-%04d", i), Set: []KeyValue{
			KV("role_arn", fmt.Sprintf("arn:aws:iam::%012d:role/TerraformAdmin", i)), KV("source_profile", "admin_iam"), KV("region", "eu-west-1"),
		}})
	}
	return list
}

func TestEditAllWritesWhatOneByOneWrites(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                                "",
		"no final newline":                     "[default]\nregion=us-east-1",
		"blank line at end":                    "[default]\nregion = us-east-1\n\n",
		"CRLF":                                 "[default]\r\nregion = us-east-1\r\n",
		"some are there":                       "[profile admin_iam-env-0001]\nregion = us-east-1\n# kept\n\n[profile x]\noutput = json\n",
		"the last is there, without a newline": "[profile admin_iam-env-0000]\nregion = us-east-1\n[profile admin_iam-env-0003]\nregion = us-east-1",
		"comment at end":                       "[default]\nregion = us-east-1\n# the end\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := files.Snapshot{Path: "config", Bytes: files.Content(text)}
			want := file
			for _, e := range roleProfiles(4) {
				one, err := Edit(Config, want, e)
				if err != nil {
					t.Fatal(err)
				}
				want.Bytes = one.After
			}
			got, err := EditAll(Config, file, roleProfiles(4))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.After, want.Bytes) {
				t.Errorf("together:\n%q\none by one:\n%q", got.After, want.Bytes)
			}
			file.Bytes = got.After
			again, err := EditAll(Config, file, roleProfiles(4))
			if err != nil || again.Changes() {
				t.Errorf("a second run changes %v, %v", again.Fields, err)
			}
		})
	}
}

func TestEditAllRefusesADuplicateAmongTheNew(t *testing.T) {
	twice := append(roleProfiles(1), roleProfiles(1)...)
	if e, err := EditAll(Config, files.Snapshot{Path: "config"}, twice); err == nil {
		t.Errorf("wrote %q", e.After)
	}
}

func BenchmarkThousandNewProfiles(b *testing.B) {
	list := roleProfiles(1000)
	for range b.N {
		if _, err := EditAll(Config, files.Snapshot{Path: "config"}, list); err != nil {
			b.Fatal(err)
		}
	}
}

// What is shown of the mode is what is written: the secret of any of the profiles
// closes the file.
func TestEditAllClosesAFileForANewSecret(t *testing.T) {
	file := files.Snapshot{
		Path: "credentials", Real: "credentials", Exists: true, Mode: 0o644,
		Bytes: files.Content("[a]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n"),
	}
	e, err := EditAll(Credentials, file, []Wanted{
		{Name: "a", Set: []KeyValue{KV("aws_access_key_id", "AKIANEW"), KV("aws_secret_access_key", "new")}},
		{Name: "b", Set: []KeyValue{KV("region", "eu-west-1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := slices.ContainsFunc(e.Fields, func(f files.Field) bool { return f.Name == files.ModeField })
	if e.Before.Mode != 0o600 || !shown {
		t.Errorf("the file's mode would be %o, and is told: %v", e.Before.Mode, shown)
	}
}
