package awsops

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// hostile are variables by which the SDK would leave the files and the endpoint of a
// run that is alone with them: somebody's own AWS, all of it at the address.
func hostile(t *testing.T, elsewhere string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	theirs := "aws_access_key_id = AKIATHEIRS\naws_secret_access_key = s\nregion = us-gov-west-1\nendpoint_url = " + elsewhere + "\n"
	for name, text := range map[string]string{
		"config": "[default]\n" + theirs + "[profile theirs]\n" + theirs + "[profile nobody]\n" + theirs, "credentials": "[nobody]\n" + theirs, "token": "web",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := map[string]string{
		"AWS_PROFILE": "theirs", "AWS_DEFAULT_PROFILE": "theirs",
		"AWS_ACCESS_KEY_ID": "AKIATHEIRS", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "theirs",
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_REGION": "us-gov-west-1", "AWS_DEFAULT_REGION": "us-gov-west-1",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true",
		"AWS_WEB_IDENTITY_TOKEN_FILE": filepath.Join(dir, "token"), "AWS_ROLE_ARN": "arn:aws:iam::555555555555:role/Theirs",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere, "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": elsewhere,
		"AWS_DEFAULTS_MODE": "auto", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required", "AWS_MAX_ATTEMPTS": "1", "AWS_RETRY_MODE": "adaptive",
	}
	for _, service := range []string{"", "_STS", "_IAM", "_S3", "_KMS", "_DYNAMODB", "_ORGANIZATIONS", "_ACCOUNT", "_SSO", "_SSO_OIDC", "_SIGNIN"} {
		set[endpointVariable+service] = elsewhere
	}
	return set
}

// TestARunWithFilesOfItsOwnSeesNothingOfTheEnvironment sets each hostile variable
// alone, and all of them at once.
func TestARunWithFilesOfItsOwnSeesNothingOfTheEnvironment(t *testing.T) {
	names := append(slices.Sorted(maps.Keys(hostile(t, ""))), "all")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			elsewhere, server := newCredentialServer(t), newCredentialServer(t)
			for have, value := range hostile(t, elsewhere.URL) {
				if have == name || name == "all" {
					t.Setenv(have, value)
				}
			}
			files := &Files{Config: filepath.Join(t.TempDir(), "config"), Credentials: filepath.Join(t.TempDir(), "credentials")}
			ours := "[default]\naws_access_key_id = AKIAOURS\naws_secret_access_key = s\nregion = eu-west-1\n" +
				"[profile role]\nrole_arn = arn:aws:iam::444444444444:role/Admin\nsource_profile = default\nregion = eu-west-3\n[profile nobody]\nregion = eu-west-1\n" +
				"[profile portal]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
			if err := os.WriteFile(files.Config, []byte(ours), 0o600); err != nil {
				t.Fatal(err)
			}
			sessions := open(t, Config{Files: files, Endpoint: server.URL})
			home := sessions.Home("")
			if key, err := home.login.provider.Retrieve(t.Context()); err != nil || key.AccessKeyID != "AKIAOURS" || home.Region() != "eu-west-1" {
				t.Errorf("the operator is %s in %s, %v", key.AccessKeyID, home.Region(), err)
			}
			if _, err := home.Identity(t.Context()); err != nil {
				t.Error(err)
			}
			role, err := sessions.Profile(t.Context(), "role", "")
			if err != nil {
				t.Fatal(err)
			}
			if key, err := role.login.provider.Retrieve(t.Context()); err != nil || key.AccessKeyID != "ASIAROLE" || role.Region() != "eu-west-3" {
				t.Errorf("the role is %s in %s, %v", key.AccessKeyID, role.Region(), err)
			}
			if !slices.Equal(server.asked, []string{"GetCallerIdentity", "AssumeRole"}) {
				t.Errorf("the endpoint was asked for %q", server.asked)
			}
			for _, profile := range []string{"nobody", "portal"} { // they have no key: nobody's is sought elsewhere
				s, err := sessions.Profile(t.Context(), profile, "")
				if err != nil {
					t.Fatal(err)
				}
				if key, err := s.login.provider.Retrieve(t.Context()); !IsNoCredentials(err) && !IsSSO(err) {
					t.Errorf("profile %s is %s, %v", profile, key.AccessKeyID, err)
				}
			}
			own := open(t, Config{Files: files, Endpoint: server.URL, Region: "eu-west-1", Key: &KeyPair{ID: "AKIAMINE"}})
			if own.Region() != "eu-west-1" || own.home.who != "access key AKIAMINE" {
				t.Errorf("who brings a key is %s in %s", own.home.who, own.Region())
			}
			if len(elsewhere.asked) > 0 {
				t.Errorf("somebody else was asked for %q", elsewhere.asked)
			}
		})
	}
}

// TestWhoIsAloneConnectsToNothingElse has a profile that asks another address of its
// own accord.
func TestWhoIsAloneConnectsToNothingElse(t *testing.T) {
	isolate(t)
	server, elsewhere := newCredentialServer(t), newCredentialServer(t)
	files := &Files{Config: filepath.Join(t.TempDir(), "config"), Credentials: os.DevNull}
	if err := os.WriteFile(files.Config, []byte("[default]\ncredential_source = EcsContainer\nrole_arn = arn:aws:iam::444444444444:role/Admin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", elsewhere.URL)
	sessions := open(t, Config{Files: files, Endpoint: server.URL, Region: "eu-west-1"})
	_, err := sessions.Home("").Identity(t.Context())
	if !IsNoCredentials(err) || !errors.Is(err, errElsewhere) || len(elsewhere.asked) > 0 {
		t.Errorf("asked for %q, %v", elsewhere.asked, err)
	}
	if _, err := Open(t.Context(), Config{Files: files}); err == nil {
		t.Error("files of its own without an endpoint of its own")
	}
}
