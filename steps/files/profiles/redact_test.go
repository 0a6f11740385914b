package profiles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffShowsTheChangeAndNoSecret(t *testing.T) {
	old := "# backup: wJalrXUtnFEMIK7MDENGbPxRfiCY\n#aws_secret_access_key = commented\n[other]\naws_secret_access_key = othersecret\ncustom = maybe\nregion = us-east-1\n\n" +
		"[x]\naws_access_key_id = AKIAOLD\naws_secret_access_key = oldsecret\n"
	e, err := Edit(Credentials, credentials(old), Wanted{Name: "x", Set: []KeyValue{KV(SecretAccessKey, "brandnew"), KV("region", "eu-west-1")}})
	if err != nil {
		t.Fatal(err)
	}
	want := `--- credentials
+++ credentials
@@ -7,4 +7,5 @@
 
 [x]
 aws_access_key_id = AKIAOLD
-aws_secret_access_key = (secret)
+aws_secret_access_key = (new secret)
+region = eu-west-1
`
	if diff := cmp.Diff(want, e.Diff()); diff != "" {
		t.Fatal(diff)
	}
	added, err := Edit(Credentials, credentials(old), region("other"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"wJalr", "commented", "othersecret", "maybe", "oldsecret"} {
		if strings.Contains(added.Diff(), secret) {
			t.Errorf("%q shows in\n%s", secret, added.Diff())
		}
	}
}

// TestAValueOfSeveralLinesIsHiddenWhole: SDKs read what is indented as the rest of the value
// above, and settings of a setting's own stay readable by their names.
func TestAValueOfSeveralLinesIsHiddenWhole(t *testing.T) {
	old := "[other]\naws_secret_access_key = hun\n  ter1\n\n\tter==\naws_session_token =\n  hun=ter\n  hunter==\n  # hunter\ns3 =\n  max_queue_size = 7\n  hunter\nregion = a\n[x]\n"
	e, err := Edit(Credentials, credentials(old), region("x"))
	if err != nil {
		e.Before, e.After, e.Redact = credentials(old), []byte(old+"region = b\n"), redact
	}
	e.Before.Bytes = nil // so that all of it is shown
	diff := e.Diff()
	if strings.Contains(diff, "hun") || strings.Contains(diff, "ter1") || strings.Contains(diff, "ter=") {
		t.Errorf("a secret shows in\n%s", diff)
	}
	for _, seen := range []string{"+aws_session_token =\n", "+  max_queue_size = (new secret)\n", "+region = a\n"} {
		if !strings.Contains(diff, seen) {
			t.Errorf("%q is gone from\n%s", seen, diff)
		}
	}
}
