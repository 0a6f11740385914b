package awsops

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/secret"
)

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func iamError(code, message string) string {
	return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message +
		"</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
}

func TestErrorsNameCallResourceIdentityAndRemedy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status        int
		code, message string
		is            func(error) bool
		says          string
	}{
		"denied":        {403, "AccessDenied", "User: x is not authorized to perform: iam:GetUser because no identity-based policy allows the iam:GetUser action", IsAccessDenied, "Grant iam:GetUser"},
		"explicit deny": {403, "AccessDenied", "not authorized, with an explicit deny in a service control policy", IsExplicitDeny, "Ask whoever manages that policy to change the Deny statement"},
		"expired":       {403, "ExpiredToken", "The security token included in the request is expired", IsExpired, "expired"},
		"unknown key":   {403, "InvalidClientTokenId", "The security token included in the request is invalid.", IsUnknownKey, "does not know this access key"},
		"bad secret":    {403, "SignatureDoesNotMatch", "The request signature we calculated does not match. The Canonical String for this request should have been x-amz-security-token:TOP", IsBadSecret, "does not belong"},
		"clock":         {403, "SignatureDoesNotMatch", "Signature expired: 20261123T000000Z is now earlier than 20261123T010000Z", IsClock, "clock"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := fakeAWS(t, answer(test.status, iamError(test.code, test.message))).Home("").User(t.Context(), "alice")
			if err == nil || !test.is(err) {
				t.Fatalf("the error is not recognized: %v", err)
			}
			for _, part := range []string{"iam:GetUser on alice", "the operator's credentials", test.code, "HTTP 403", "request id req-1", test.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "TOP") {
				t.Errorf("the session token is shown: %v", err)
			}
		})
	}
}

// Whatever an error of ours lacks, it can be told and judged.
func TestAnErrorWithNothingInItIsTold(t *testing.T) {
	t.Parallel()
	for text, err := range map[string]error{
		"iam:GetUser failed: .":                    &Error{Service: "iam", Operation: "GetUser"},
		"iam:GetUser failed: nobody knows.":        &Error{Service: "iam", Operation: "GetUser", Message: "nobody knows"},
		"look: iam:GetUser failed: nobody knows.":  fmt.Errorf("look: %w", &Error{Service: "iam", Operation: "GetUser", Message: "nobody knows"}),
		"iam:GetUser failed: It is so. Let it be.": &Error{Service: "iam", Operation: "GetUser", Message: "no EC2 IMDS role found", Meaning: "It is so.", Remedy: "Let it be."},
	} {
		if got := err.Error(); got != text {
			t.Errorf("%q, want %q", got, text)
		}
		if IsSSO(err) || IsThrottle(err) || IsAccessDenied(err) {
			t.Errorf("%q is taken for what it is not", text)
		}
	}
}

func TestAbsentIsAnAnswer(t *testing.T) {
	t.Parallel()
	session := fakeAWS(t, answer(404, iamError("NoSuchEntity", "no"))).Home("")
	user, err := session.User(t.Context(), "alice")
	role, err2 := session.Role(t.Context(), "r")
	group, err3 := session.Group(t.Context(), "g")
	if user != nil || role != nil || group != nil || err != nil || err2 != nil || err3 != nil {
		t.Errorf("%v %v %v %v %v %v", user, err, role, err2, group, err3)
	}
}

func TestKMSAccessDeniedComesAs400(t *testing.T) {
	t.Parallel()
	session := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","Message":"not authorized"}`))
	}).Home("")
	if _, err := session.Key(t.Context(), "alias/terraform"); !IsAccessDenied(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestARefusedRoleIsTheErrorOfTheCallThatNeedsIt(t *testing.T) {
	t.Parallel()
	session := fakeAWS(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.Form.Get("Action") == "GetCallerIdentity" {
			_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-us-gov:iam::111111111111:user/op</Arn>` +
				`<UserId>U</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(iamError("AccessDenied", "no "+r.Form.Get("RoleArn"))))
	}).Reach("222222222222", "path/Admin", "eu-west-1")
	_, err := session.Role(t.Context(), "TerraformAdmin")
	want := "sts:AssumeRole on arn:aws-us-gov:iam::222222222222:role/path/Admin in account 111111111111, region eu-west-1, as arn:aws-us-gov:iam::111111111111:user/op failed"
	if !IsAccessDenied(err) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
}

func TestCredentialTroubleHasItsOwnRemedy(t *testing.T) {
	isolate(t)
	sessions, err := Open(t.Context(), Config{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sessions.Home("").Identity(t.Context())
	if !IsNoCredentials(err) || !strings.Contains(err.Error(), "--profile") {
		t.Errorf("no credentials: %v", err)
	}
	_, err = Open(t.Context(), Config{Profile: "nobody", Region: "eu-west-1"})
	if !IsNoProfile(err) || !strings.Contains(err.Error(), "list-profiles") {
		t.Errorf("no profile: %v", err)
	}
}

func TestAnSSOSessionThatEndedNamesTheSignIn(t *testing.T) {
	isolate(t)
	text := "[profile team]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 111111111111\nsso_role_name = Admin\n" +
		"[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sessions, err := Open(t.Context(), Config{Profile: "team"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sessions.Home("").Identity(t.Context())
	if !IsSSO(err) || !strings.Contains(err.Error(), "aws sso login --profile team") {
		t.Errorf("the error is %v", err)
	}
}

func TestAProcessThatFailsIsNotNoCredentials(t *testing.T) {
	isolate(t)
	text := "[profile tool]\nregion = eu-west-1\ncredential_process = /nonexistent/tool\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sessions, err := Open(t.Context(), Config{Profile: "tool"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sessions.Home("").Identity(t.Context())
	if !IsCredentials(err) || IsNoCredentials(err) || !strings.Contains(err.Error(), "source of the credentials") {
		t.Errorf("the error is %v", err)
	}
}

// What a program of credential_process says before it fails is evidence, and does not run
// across the screen; a role over such a profile tells it, too. With a console it speaks and
// asks there.
func TestTheLastWordsOfACredentialProcessAreTold(t *testing.T) {
	isolate(t)
	text := "[profile tool]\nregion = eu-west-1\n" +
		`credential_process = sh -c 'read code || echo nobody to ask >&2; printf "\033[31mthe vault is locked\033[0m\n\n" >&2; exit 3'` + "\n" +
		"[profile role]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = tool\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	screen, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = screen
	defer func() { os.Stderr = before }()
	for _, profile := range []string{"tool", "role"} {
		sessions, err := Open(t.Context(), Config{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sessions.Home("").Identity(t.Context())
		if !IsCredentials(err) || !strings.Contains(err.Error(), "exit status 3, after it had said: the vault is locked.") {
			t.Errorf("as %s the error is %v", profile, err)
		}
	}
	if said, err := os.ReadFile(screen.Name()); err != nil || len(said) > 0 {
		t.Errorf("the screen has %q, %v", said, err)
	}
	var console strings.Builder
	sessions, err := Open(t.Context(), Config{Profile: "tool", Console: &console})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = sessions.Home("").Identity(t.Context()); err == nil || !strings.Contains(console.String(), "the vault is locked") {
		t.Errorf("the console has %q, the error is %v", console.String(), err)
	}
}

// A program that leaves another behind, as a keyring's agent, is not waited for, and a
// role over it is assumed with what it gave.
func TestACredentialProcessMayLeaveAnAgentBehind(t *testing.T) {
	isolate(t)
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		select {
		case asked <- r.Header.Get("Authorization") + " " + r.Form.Encode():
		default:
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	text := "[profile tool]\n" + `credential_process = sh -c '(sleep 20 >/dev/null) & echo "{\"Version\":1,\"AccessKeyId\":\"AKIATOOL\",\"SecretAccessKey\":\"x\"}"'` + "\n" +
		"[profile role]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = tool\nexternal_id = ours\nrole_session_name = me\nduration_seconds = 7200\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sessions := open(t, Config{Region: "eu-west-1", Endpoint: server.URL})
	s, err := sessions.Profile(t.Context(), "role", "")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := s.Enter(t.Context()); err == nil {
		t.Fatal("no error")
	}
	got := <-asked
	for _, part := range []string{"AKIATOOL", "ExternalId=ours", "RoleSessionName=me", "DurationSeconds=7200", "Action=AssumeRole"} {
		if !strings.Contains(got, part) {
			t.Errorf("asked %s without %s", got, part)
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAProfileWinsOverTheEnvironment(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	seen := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	sessions := open(t, Config{Region: "eu-west-1", Endpoint: server.URL})
	text := "[alice]\naws_access_key_id = AKIAALICE\naws_secret_access_key = x\n"
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	session, err := sessions.Profile(t.Context(), "alice", "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = session.AccessKeys(t.Context(), "alice")
	if !strings.Contains(seen, "Credential=AKIAALICE/") {
		t.Errorf("signed by %s", seen)
	}
	_, _ = sessions.With("AKIABOB", secret.New("y"), secret.Secret{}, "").AccessKeys(t.Context(), "alice")
	if !strings.Contains(seen, "Credential=AKIABOB/") {
		t.Errorf("signed by %s", seen)
	}
}
