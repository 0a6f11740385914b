package profiles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffShowsTheChangeAndNoSecret(t *testing.T) {
	old := "# backup: wJalrXUtnFEMIK7MDENGbPxRfiCY\n#aws_secret_access_key = commented\n[other]\naws_secret_access_key = othersecret\ncustom = maybe\nregion = us-east-1\n\n" +
		"[x]\naws_access_key_id = AKIAOLD\naws_secret_access_key = oldsecret\n"
	e, err := Edit(Credentials, credentials(old), Wanted{Name: "x", Set: []KeyValue{KV(secretAccessKey, "brandnew"), KV("region", "eu-west-1")}})
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
