package profiles

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

func credentials(text string) files.Snapshot {
	return files.Snapshot{Path: "credentials", Bytes: files.Content(text)}
}

func keys(name string) Wanted {
	return Wanted{Name: name, Set: []KeyValue{KV(AccessKeyID, "AKIANEW"), KV(SecretAccessKey, "n/e+w=//;#%\\")}}
}

func region(name string) Wanted {
	return Wanted{Name: name, Set: []KeyValue{KV("region", "eu-west-1")}}
}

// edited runs the editor, makes sure that a second run changes nothing, and
// gives the new content.
func edited(t *testing.T, kind Kind, old string, e Wanted) string {
	t.Helper()
	file := files.Snapshot{Path: kind.String(), Bytes: files.Content(old)}
	first, err := Edit(kind, file, e)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	file.Bytes = first.After
	second, err := Edit(kind, file, e)
	if err != nil {
		t.Fatalf("the second run was refused: %v", err)
	}
	if second.Changes() || len(second.Fields) > 0 {
		t.Fatalf("the second run changes something:\n%s", cmp.Diff(string(first.After), string(second.After)))
	}
	return string(first.After)
}

func TestEditKeepsEveryOtherByte(t *testing.T) {
	const secretValue = "n/e+w=//;#%\\"
	tests := []struct {
		name string
		kind Kind
		edit Wanted
		old  string
		want string
	}{
		{
			"an empty file gets the section", Credentials, keys("admin_iam"), "",
			"[admin_iam]\naws_access_key_id = AKIANEW\naws_secret_access_key = " + secretValue + "\n",
		},
		{
			"only comments stay on top", Credentials, region("x"), "# mine\n; and mine\n",
			"# mine\n; and mine\n\n[x]\nregion = eu-west-1\n",
		},
		{
			"a missing final newline is added before, not inside", Credentials, region("x"), "[a]\nk = v",
			"[a]\nk = v\n\n[x]\nregion = eu-west-1\n",
		},
		{
			"CRLF stays CRLF", Credentials, region("x"), "[x]\r\nk = v\r\n\r\n[y]\r\n",
			"[x]\r\nk = v\r\nregion = eu-west-1\r\n\r\n[y]\r\n",
		},
		{
			"mixed endings take the neighbour's", Credentials, region("x"), "[a]\n[x]\r\nk = v\r\n[b]\nl = w\n",
			"[a]\n[x]\r\nk = v\r\nregion = eu-west-1\r\n[b]\nl = w\n",
		},
		{
			"the last line without ending", Credentials, region("x"), "[x]\r\nk = v",
			"[x]\r\nk = v\r\nregion = eu-west-1\r\n",
		},
		{
			"a replaced value keeps its spacing and ending", Credentials, region("x"), "[x]\nregion\t=\tus-east-1   \r\n",
			"[x]\nregion\t=\teu-west-1   \r\n",
		},
		{
			"k=v style is copied", Credentials, keys("x"), "[x]\na=b\n",
			"[x]\na=b\naws_access_key_id=AKIANEW\naws_secret_access_key=" + secretValue + "\n",
		},
		{"k: v style is copied", Credentials, region("x"), "[x]\na: b\n", "[x]\na: b\nregion: eu-west-1\n"},
		{"tab style is copied", Credentials, region("x"), "[x]\na\t=\tb\n", "[x]\na\t=\tb\nregion\t=\teu-west-1\n"},
		{
			"alignment is kept", Credentials, region("x"), "[x]\noutput     = json\ncli_pager  = x\n",
			"[x]\noutput     = json\ncli_pager  = x\nregion     = eu-west-1\n",
		},
		{"the style of another section serves a new one", Credentials, region("x"), "[a]\nk=v\n", "[a]\nk=v\n\n[x]\nregion=eu-west-1\n"},
		{"an empty value is filled", Credentials, region("x"), "[x]\nregion =\nk = v\n", "[x]\nregion = eu-west-1\nk = v\n"},
		{"an empty value after = without space", Credentials, region("x"), "[x]\nregion=\nk=v\n", "[x]\nregion=eu-west-1\nk=v\n"},
		{"mixed case keys are the same key", Credentials, region("x"), "[x]\nRegion = us-east-1\n", "[x]\nRegion = eu-west-1\n"},
		{
			"an inline comment moves above, where no parser reads it as value", Credentials, region("x"),
			"[x]\nk = v\nregion = us-east-1  # home\nl = w\n", "[x]\nk = v\n# home\nregion = eu-west-1\nl = w\n",
		},
		{"a header's comment stays", Credentials, region("x"), "[x] ; mine\n", "[x] ; mine\nregion = eu-west-1\n"},
		{"a commented-out section is no section", Credentials, region("x"), "#[x]\n#region = a\n", "#[x]\n#region = a\n\n[x]\nregion = eu-west-1\n"},
		{
			"comments at the end belong to what follows", Credentials, region("x"), "[x]\nk = v\n\n# about y\n[y]\n",
			"[x]\nk = v\nregion = eu-west-1\n\n# about y\n[y]\n",
		},
		{
			"an indented comment at the end is part of the section", Credentials, region("x"), "[x]\nk = v\n  # more\n\n[y]\n",
			"[x]\nk = v\n  # more\nregion = eu-west-1\n\n[y]\n",
		},
		{
			"comments between stay", Credentials, keys("x"), "[x]\n# one\naws_access_key_id = a\n  # two\naws_secret_access_key = b\n# three\n",
			"[x]\n# one\naws_access_key_id = AKIANEW\n  # two\naws_secret_access_key = " + secretValue + "\n# three\n",
		},
		{
			"a nested block with a key of that name is another key", Config, region("x"),
			"[profile x]\ns3 =\n  region = nested\n  max = 3\n", "[profile x]\ns3 =\n  region = nested\n  max = 3\nregion = eu-west-1\n",
		},
		{
			"not inside the trailing comments of a nested block (failed rule 1)", Config, region("x"),
			"[profile x]\ns3 =\n  max = 3\n  # about s3\n  # still\n\n[profile y]\n",
			"[profile x]\ns3 =\n  max = 3\n  # about s3\n  # still\nregion = eu-west-1\n\n[profile y]\n",
		},
		{
			"not right before an indented line (failed rule 2)", Config, region("x"),
			"[profile x]\noutput = json\n# unindented\ns3 =\n# unindented\n  max = 3\n",
			"[profile x]\noutput = json\n# unindented\ns3 =\n# unindented\n  max = 3\nregion = eu-west-1\n",
		},
		{"default has no prefix in config", Config, region("default"), "", "[default]\nregion = eu-west-1\n"},
		{"others have", Config, region("x"), "[default]\nk = v\n", "[default]\nk = v\n\n[profile x]\nregion = eu-west-1\n"},
		{"a is not a.b", Credentials, region("a"), "[a.b]\nregion = us-east-1\n", "[a.b]\nregion = us-east-1\n\n[a]\nregion = eu-west-1\n"},
		{"an existing name may have dots", Credentials, region("a.b"), "[a.b]\nregion = us-east-1\n", "[a.b]\nregion = eu-west-1\n"},
		{
			"keys before the first section and [DEFAULT] stay", Credentials, region("x"), "region = 1\n[DEFAULT]\nregion = 2\n",
			"region = 1\n[DEFAULT]\nregion = 2\n\n[x]\nregion = eu-west-1\n",
		},
		{"a bad byte in a comment stays", Credentials, region("x"), "# caf\xe9\n[x]\n", "# caf\xe9\n[x]\nregion = eu-west-1\n"},
		{
			"percent, quotes and backslashes of others stay", Credentials, region("x"), "[x]\na = %(b)s\nc = \"q\\\n\n",
			"[x]\na = %(b)s\nc = \"q\\\nregion = eu-west-1\n\n",
		},
		{
			"long-term keys drop a stale token", Credentials, keys("x"),
			"[x]\naws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\nregion = r\n",
			"[x]\naws_access_key_id = AKIANEW\naws_secret_access_key = " + secretValue + "\nregion = r\n",
		},
		{
			"a token on the last line without ending", Credentials, keys("x"), "[x]\naws_session_token = t",
			"[x]\naws_access_key_id = AKIANEW\naws_secret_access_key = " + secretValue + "\n",
		},
		{"a value already right in quotes stays quoted", Credentials, region("x"), "[x]\nregion = \"eu-west-1\" # c\n", "[x]\nregion = \"eu-west-1\" # c\n"},
		{"pasted white space is trimmed", Credentials, Wanted{Name: "x", Set: []KeyValue{KV("region", " \teu-west-1\r\n")}}, "", "[x]\nregion = eu-west-1\n"},
		{"removing from a missing profile does nothing", Credentials, Wanted{Name: "x", Remove: []string{"region"}}, "[a]\n", "[a]\n"},
		{"[x] in config is another section type for no one else", Config, region("y"), "[x]\nregion = 1\n", "[x]\nregion = 1\n\n[profile y]\nregion = eu-west-1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, edited(t, tt.kind, tt.old, tt.edit)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestEditRefusesByLineWhatToolsReadDifferently(t *testing.T) {
	tests := []struct {
		name string
		kind Kind
		old  string
		line int
		says string
	}{
		{"BOM", Credentials, "\xef\xbb\xbf[x]\n", 1, "byte order mark"},
		{"UTF-16", Credentials, "\xff\xfe[\x00x\x00]\x00", 1, "UTF-16"},
		{"UTF-16 without BOM", Credentials, "[\x00x\x00]\x00", 1, "NUL"},
		{"NUL", Credentials, "[x]\nregion = a\x00b\n", 2, "NUL"},
		{"CR only", Credentials, "[x]\rregion = a\r", 1, "carriage return"},
		{"duplicate section", Credentials, "[x]\n[y]\n[x]\n", 3, "twice"},
		{"duplicate key", Credentials, "[x]\nregion = a\nREGION = b\n", 3, "twice"},
		{"quoted key", Credentials, "[x]\n\"region\" = a\n", 2, "quoted"},
		{"look-alike with spaces", Credentials, "[a]\n[ x ]\n", 2, "looks like"},
		{"look-alike with quotes", Config, "[profile \"x\"]\n", 1, "looks like"},
		{"look-alike with junk", Credentials, "[x] junk\n", 1, "looks like"},
		{"look-alike, indented", Credentials, "[a]\n  [x]\n", 2, "looks like"},
		{"look-alike in capitals", Config, "[Profile x]\n", 1, "looks like"},
		{"profile prefix in credentials", Credentials, "[profile x]\n", 1, "write it as [x]"},
		{"no prefix in config", Config, "[x]\n", 1, "write it as [profile x]"},
		{"indented line after the value", Credentials, "[x]\nregion = a\n  more\n", 3, "indented"},
		{"with a comment and a blank line between", Credentials, "[x]\nregion = a\n# c\n\n  more\n", 5, "indented"},
		{"an indented setting of that name", Credentials, "[x]\noutput = json\n  region = a\n", 3, "indented"},
		{"unclosed header", Credentials, "[x]\n[y\n", 2, "closing bracket"},
		{"unclosed backtick", Credentials, "[x]\nk = `a\n", 2, "quote"},
		{"a lone quote, on which the SDK panics", Credentials, "[y]\nk = \"\n", 2, "quote"},
		{"an indented header after the section", Credentials, "[x]\n  [y]\nk = v\n", 2, "indented"},
		{"a unit separator in nested settings", Config, "[profile y]\ns3 =\n  a = 1\x1cb = 2\n", 3, "end of a line"},
		{"a line separator in a value", Credentials, "[y]\nk = a\u2028b\n", 2, "end of a line"},
		{"a form feed before a key", Credentials, "[y]\n\fk = a\n", 2, "end of a line"},
		{"a next line in a header", Credentials, "[y]\u0085\n", 1, "end of a line"},
		{"an empty section name", Credentials, "[a]\n[]\n", 2, "format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Edit(tt.kind, files.Snapshot{Path: "f", Bytes: files.Content(tt.old)}, region("x"))
			var e *files.Error
			if !errors.As(err, &e) {
				t.Fatalf("want an *Error, got %v", err)
			}
			if e.Line != tt.line || !strings.Contains(e.Error(), tt.says) {
				t.Fatalf("want line %d and %q, got: %v", tt.line, tt.says, e)
			}
		})
	}
}

func mustRead(t *testing.T, path string) files.Snapshot {
	t.Helper()
	s, err := files.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAFileOpenToOthersIsClosedWithANewSecret has a file that others can read.
func TestAFileOpenToOthersIsClosedWithANewSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	filestest.Put(t, path, "[a]\nregion = r\n", 0o644)
	e, err := Edit(Credentials, mustRead(t, path), keys("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(t.Context(), e, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	last := e.Fields[len(e.Fields)-1]
	if runtime.GOOS != "windows" && (mustRead(t, path).Mode != 0o600 || last != files.Field{Name: files.ModeField, Before: "0644", After: "0600"}) {
		t.Errorf("the mode is %o, the plan says %+v", mustRead(t, path).Mode, last)
	}
	filestest.Put(t, path, "[a]\nregion = r\n", 0o644)
	if e, err = Edit(Credentials, mustRead(t, path), region("x")); err != nil || runtime.GOOS != "windows" && e.Result().Mode != 0o644 {
		t.Errorf("without a secret the mode becomes %o, %v", e.Result().Mode, err)
	}
}

// TestAWayToCredentialsInDEFAULTIsRefused has what the AWS CLI would read in the new
// profile beside its key.
func TestAWayToCredentialsInDEFAULTIsRefused(t *testing.T) {
	for _, old := range []string{"[DEFAULT]\naws_session_token = t\n", "[a]\nk = v\n[DEFAULT]\nregion = r\nCredential_Process = p\n"} {
		_, err := Edit(Credentials, credentials(old), keys("x"))
		if err == nil || !strings.Contains(err.Error(), "[DEFAULT] holds") {
			t.Errorf("%q: %v", old, err)
		}
		_, err = EditAll(Credentials, credentials(old), []Wanted{keys("x"), keys("y")})
		if err == nil || !strings.Contains(err.Error(), "[DEFAULT] holds") {
			t.Errorf("several, %q: %v", old, err)
		}
	}
	if _, err := Edit(Credentials, credentials("[DEFAULT]\nregion = r\n"), keys("x")); err != nil {
		t.Error(err)
	}
}

func TestDefaultRefusesItsPrefixedTwin(t *testing.T) {
	_, err := Edit(Config, credentials("[default]\n[profile default]\n"), region("default"))
	if err == nil || !strings.Contains(err.Error(), "credentials:2") {
		t.Fatalf("got %v", err)
	}
}

func TestEditRefusesValuesThatWouldNotReadBack(t *testing.T) {
	for _, value := range []string{"", "  ", "a\nb", "a\x00b", "a\x1bb", "a #b", "a\t;b", `"a"`, "'a'", "`a", `"""a`, `"`, "\xff", "a\u2028b", "a\u0085b", "a\x1cb", "a\fb"} {
		_, err := Edit(Credentials, credentials(""), Wanted{Name: "x", Set: []KeyValue{KV(SecretAccessKey, value)}})
		if err == nil {
			t.Errorf("%q was accepted", value)
			continue
		}
		if v := strings.TrimSpace(value); len(v) > 2 && strings.Contains(err.Error(), v) {
			t.Errorf("the message shows the value: %v", err)
		}
	}
	for _, name := range []string{"", "a b", "a.b", "é", "a]", "DEFAULT", "a/b", "[a", "a\nb", `a"`} {
		if _, err := Edit(Credentials, credentials(""), region(name)); err == nil {
			t.Errorf("the new name %q was accepted", name)
		}
	}
}

func TestConflictNamesTheOtherWayToCredentials(t *testing.T) {
	role := Wanted{Name: "x", Set: []KeyValue{KV("role_arn", "arn"), KV("source_profile", "y")}}
	tests := []struct {
		name string
		old  string
		edit Wanted
		want []string
	}{
		{"keys into a role", "[x]\nrole_arn = r\nsource_profile = x\nregion = z\n", keys("x"), []string{"role_arn", "source_profile"}},
		{"keys into SSO", "[x]\nsso_session = s\nsso_account_id = 1\n", keys("x"), []string{"sso_session", "sso_account_id"}},
		{"keys into a process", "[x]\ncredential_process = p\n", keys("x"), []string{"credential_process"}},
		{"a role into keys", "[x]\naws_access_key_id = a\naws_secret_access_key = b\n", role, []string{AccessKeyID, SecretAccessKey}},
		{"a role into a role is a change", "[x]\nrole_arn = r\n", role, nil},
		{"a region conflicts with nothing", "[x]\nrole_arn = r\n", region("x"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Edit(Credentials, credentials(tt.old), tt.edit)
			var conflict *ConflictError
			if !errors.As(err, &conflict) {
				if tt.want != nil || err != nil {
					t.Fatalf("want a conflict about %v, got %v", tt.want, err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, conflict.Keys); diff != "" {
				t.Fatal(diff)
			}
			agreed := tt.edit
			agreed.Remove = conflict.Keys
			if _, err := Edit(Credentials, credentials(tt.old), agreed); err != nil {
				t.Fatalf("agreeing to remove them does not settle it: %v", err)
			}
		})
	}
}

func TestConflictInTheOtherFileIsSeen(t *testing.T) {
	p, ok := Read(Config, credentials("[profile x]\ncredential_process = p\n"), "x")
	if !ok {
		t.Fatal("not read")
	}
	if err := p.Conflict("config", keys("x")); err == nil || !strings.Contains(err.Error(), "config") {
		t.Fatalf("got %v", err)
	}
	if err := p.Conflict("config", region("x")); err != nil {
		t.Fatal(err)
	}
}

func TestFieldsTellTheChangeAndHideSecrets(t *testing.T) {
	old := "[x]\naws_access_key_id = AKIAOLD\naws_secret_access_key = oldsecretoldsecret\naws_session_token = oldtokenoldtoken\n"
	e, err := Edit(Credentials, credentials(old), Wanted{
		Name: "x", Set: []KeyValue{KV(AccessKeyID, "AKIANEW"), KV(SecretAccessKey, "brandnewsecret"), KV("region", "eu-west-1")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []files.Field{
		{Name: sessionToken, Before: "(secret)"},
		{Name: AccessKeyID, Before: "AKIAOLD", After: "AKIANEW"},
		{Name: SecretAccessKey, Before: "(secret)", After: "(secret)"},
		{Name: "region", After: "eu-west-1"},
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Fatal(diff)
	}
}

func TestEditTakesLargeFiles(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		b.WriteString("[p" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + "]\nregion = r\n")
	}
	old := b.String() + "[big]\nvalue = " + strings.Repeat("A", 200<<10) + "\n"
	got := edited(t, Credentials, old, keys("big"))
	if !strings.HasPrefix(got, old) {
		t.Fatal("something before the added lines changed")
	}
}

func TestByHandShowsWhatToTypeWithoutSecrets(t *testing.T) {
	want := "[profile x]\naws_access_key_id = AKIANEW\naws_secret_access_key = (secret)\n"
	if got := keys("x").ByHand(Config); got != want {
		t.Fatalf("got %q", got)
	}
}
