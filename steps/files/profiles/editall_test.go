package profiles

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

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

// BenchmarkTenThousandProfiles prints what a look costs that has to write ten times as
// many role profiles, and one that finds all of them there: ten times as much is wanted.
func BenchmarkTenThousandProfiles(b *testing.B) {
	for range b.N {
		var write, again [2]time.Duration
		for i, n := range []int{1000, 10_000} {
			list := roleProfiles(n)
			start := time.Now()
			e, err := EditAll(Config, files.Snapshot{Path: "config"}, list)
			if err != nil {
				b.Fatal(err)
			}
			write[i], start = time.Since(start), time.Now()
			there := files.Snapshot{Path: "config", Bytes: e.After}
			if e, err = EditAll(Config, there, list); err != nil || e.Changes() {
				b.Fatal(e.Fields, err)
			}
			here := Together(files.Snapshot{Path: "credentials"}, there)
			for _, p := range list {
				if _, stale := here.StaleToken(p.Name); stale || here.Conflict(p) != nil {
					b.Fatal(p.Name)
				}
			}
			again[i] = time.Since(start)
		}
		times := func(d [2]time.Duration) float64 { return d[1].Seconds() / d[0].Seconds() }
		b.ReportMetric(times(write), "write-times")
		b.ReportMetric(times(again), "look-times")
		fmt.Printf("10,000 role profiles: written in %.2fs, %.0f times what 1,000 take; looked at again in %.2fs, %.0f times (before, twice as many took 3.9 times as long)\n",
			write[1].Seconds(), times(write), again[1].Seconds(), times(again))
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
	if runtime.GOOS != "windows" && (e.Before.Mode != 0o600 || !shown) {
		t.Errorf("the file's mode would be %o, and is told: %v", e.Before.Mode, shown)
	}
}
