package awsops

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheCABundleOfTheEnvironmentIsTrusted(t *testing.T) {
	isolate(t)
	server := httptest.NewTLSServer(answer(http.StatusNotFound, iamError("NoSuchEntity", "no")))
	t.Cleanup(server.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	sessions, err := Open(t.Context(), Config{Region: "eu-west-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if user, err := sessions.Home("").User(t.Context(), "alice"); user != nil || err != nil {
		t.Errorf("%v, %v", user, err)
	}
}

func TestEndpointsOfTheEnvironmentAreFollowedAndS3GoesByPath(t *testing.T) {
	isolate(t)
	path := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	sessions, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := sessions.Home("").HeadObject(t.Context(), "bucket", "key"); o != nil || err != nil {
		t.Errorf("%v, %v", o, err)
	}
	if path != "/bucket/key" {
		t.Errorf("S3 was asked for %s", path)
	}
}

func TestAMissingRegionNamesTheFlag(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	sessions, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sessions.Home("").Identity(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--region") {
		t.Errorf("the error is %v", err)
	}
}

func TestIdentitiesAreToldApart(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]Identity{
		"arn:aws:iam::1:root":                                {Partition: "aws", Account: "1", Kind: KindRoot},
		"arn:aws-cn:iam::1:user/team/alice":                  {Partition: "aws-cn", Account: "1", Kind: KindUser, Name: "alice"},
		"arn:aws-us-gov:sts::1:assumed-role/Admin/alice@x.y": {Partition: "aws-us-gov", Account: "1", Kind: KindRole, Name: "Admin"},
		"arn:aws:sts::1:federated-user/bob":                  {Partition: "aws", Account: "1", Kind: KindFederated, Name: "bob"},
	} {
		want.ARN = arn
		if got, err := parseIdentity(arn); err != nil || got != want {
			t.Errorf("%s is %+v, %v", arn, got, err)
		}
	}
	if _, err := parseIdentity("nonsense"); err == nil {
		t.Error("nonsense is an identity")
	}
}

func TestEveryRateIsPerAccountAndRaisedOnThisMachine(t *testing.T) {
	t.Parallel()
	l := newLimiters()
	create := l.of("1", "organizations", "CreateAccount", false)
	if create.Burst() != 3 || create != l.of("1", "organizations", "CreateAccount", false) {
		t.Error("the documented rate is not kept")
	}
	if create == l.of("2", "organizations", "CreateAccount", false) {
		t.Error("two accounts share a rate")
	}
	if l.of("1", "iam", "GetRole", false) != l.of("1", "iam", "CreateRole", false) {
		t.Error("operations of one service do not share its rate")
	}
	if got := l.of("1", "organizations", "CreateAccount", true).Burst(); got != 3*loopbackFactor {
		t.Errorf("on this machine the burst is %d", got)
	}
}

// Whoever has several devices cannot answer a question for a code that names none.
func TestAQuestionForAnMFACodeNamesTheDeviceTheRoleAndTheProfile(t *testing.T) {
	role := "arn:aws:iam::222222222222:role/Admin"
	device := "arn:aws:iam::111111111111:mfa/alice"
	for source, lines := range map[string]string{
		"a key":     "aws_access_key_id = AKIATEST\naws_secret_access_key = x\n",
		"a program": `credential_process = echo '{"Version":1,"AccessKeyId":"AKIATOOL","SecretAccessKey":"x"}'` + "\n",
	} {
		t.Run(source, func(t *testing.T) {
			isolate(t)
			text := "[profile base]\n" + lines + "[profile admin]\nregion = eu-west-1\nsource_profile = base\nrole_arn = " + role + "\nmfa_serial = " + device + "\n"
			if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			refused := errors.New("no code")
			var asked []Assuming
			sessions, err := Open(t.Context(), Config{Region: "eu-west-1", Profile: "admin", MFAToken: func(as Assuming) (string, error) {
				asked = append(asked, as)
				return "", refused
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = sessions.Home("eu-west-1").Identity(t.Context())
			if want := (Assuming{Profile: "admin", Role: role, Device: device}); !errors.Is(err, refused) || len(asked) == 0 || asked[0] != want {
				t.Errorf("asked %+v, and %v", asked, err)
			}
		})
	}
}
