package caller

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// askAs asks AWS who somebody is, in a home with these AWS files and variables, and gives
// what a run would be told.
func askAs(t *testing.T, profile, credentials, config string, variables ...string) error {
	t.Helper()
	home := sandboxtest.Home(t.TempDir())
	for path, text := range map[string]string{home.Credentials(): credentials, home.Config(): config} {
		if text == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sandboxtest.Setenv(t, append(home.Environ(sandboxtest.Nobody), variables...))
	a := Asker{Getenv: os.Getenv, Profile: profile, Command: []string{"stateroom", "setup", "--profile", profile}}
	sessions, err := awsops.Open(t.Context(), awsops.Config{Profile: profile, Region: "eu-west-1"})
	if err == nil {
		_, err = sessions.Front(t.Context(), "eu-west-1")
	}
	if err == nil {
		t.Fatal("AWS has answered")
	}
	return a.Unasked(err)
}

const aKey = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hush\n"

func TestWithoutCredentialsEveryPlaceIsNamedThatWasLookedAt(t *testing.T) {
	r := enginetest.RefusalOf(t, askAs(t, "", "", "", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_EC2_METADATA_DISABLED=true"))
	enginetest.Tells(t, r, "You are not signed in to AWS.",
		"Environment: AWS_ACCESS_KEY_ID is not set", "Profile default: there is neither ~/.aws/credentials nor ~/.aws/config",
		"This machine: not asked: AWS_EC2_METADATA_DISABLED is true",
		"Sign in with IAM Identity Center: aws configure sso\n", "Store an access key: aws configure\n", "Sign in to the admin account in another window")
	r = enginetest.RefusalOf(t, askAs(t, "", "", "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY="))
	enginetest.Tells(t, r, "You are not signed in to AWS.", "AWS_SECRET_ACCESS_KEY is not set", "~/.aws/config has it, without credentials",
		"Start again with profile work: stateroom setup --profile work\n")
}

func TestAProfileThatIsNotThereIsNamedWithThoseThatAre(t *testing.T) {
	r := enginetest.RefusalOf(t, askAs(t, "other", "[work]\n"+aKey, ""))
	enginetest.Tells(t, r, "There is no profile other.", "in neither", "named by --profile", "stateroom setup --profile work", "aws configure sso --profile other")
	r = enginetest.RefusalOf(t, askAs(t, "", "[work]\n"+aKey, "", "AWS_PROFILE=the work", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="))
	enginetest.Tells(t, r, "There is no profile the work.", "named by AWS_PROFILE", "aws configure --profile 'the work'")
}

func TestASingleSignOnThatIsOverIsBegunAgainByItsProfile(t *testing.T) {
	config := "[profile work]\nsso_session = company\nsso_account_id = 111111111111\nsso_role_name = Admin\nregion = eu-west-1\n" +
		"[sso-session company]\nsso_start_url = https://company.awsapps.com/start\nsso_region = eu-west-1\n"
	r := enginetest.RefusalOf(t, askAs(t, "work", "", config))
	enginetest.Tells(t, r, "You are not signed in to IAM Identity Center.", "Sign in: aws sso login --profile work\n", "sso_session = company in ~/.aws/config")
	if len(r.Commands) != 1 {
		t.Errorf("commands %+v", r.Commands)
	}
}

func TestAWSsOwnAnswerStandsBesideTheKeyThatWasUsed(t *testing.T) {
	answer := func(code string) error {
		return &awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Region: "eu-west-1", Code: code, Message: "no", Status: 403, RequestID: "4711", Meaning: "M.", Remedy: "R."}
	}
	home := sandboxtest.Home(t.TempDir())
	if err := errors.Join(os.MkdirAll(filepath.Dir(home.Credentials()), 0o700), os.WriteFile(home.Credentials(), []byte("[work]\n"+aKey), 0o600)); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"HOME": string(home), "AWS_SHARED_CREDENTIALS_FILE": home.Credentials(), "AWS_CONFIG_FILE": home.Config()}
	get := func(name string) string { return variables[name] }
	for code, want := range map[string][]string{
		"InvalidClientTokenId":  {"AWS does not know your access key.", "Write another access key: aws configure --profile work\n"},
		"SignatureDoesNotMatch": {"Your secret access key does not belong to the access key id.", "Write another access key: aws configure --profile work\n"},
		"ExpiredToken":          {"Your session credentials have expired.", "Check whose credentials they are: aws sts get-caller-identity --profile work\n"},
	} {
		r := enginetest.RefusalOf(t, Asker{Getenv: get, Profile: "work"}.Unasked(answer(code)))
		enginetest.Tells(t, r, want[0], want[1], "access key AKIAIOSFODNN7EXAMPLE, from profile work in ~/.aws/credentials",
			"sts:GetCallerIdentity in eu-west-1", code+": no (HTTP 403, request id 4711).", "Renew the credentials of profile work")
		brought := enginetest.RefusalOf(t, Asker{Getenv: get, Brought: true}.Unasked(answer(code)))
		enginetest.Tells(t, brought, want[0], "Ask the operator for another key")
		if len(brought.Commands) > 0 {
			t.Errorf("who has brought a key is told %+v", brought.Commands)
		}
	}
	variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"] = "ASIAIOSFODNN7EXAMPLE", "hush"
	r := enginetest.RefusalOf(t, Asker{Getenv: get}.Unasked(answer("ExpiredToken")))
	enginetest.Tells(t, r, "Your session credentials have expired.", "access key ASIAIOSFODNN7EXAMPLE, from AWS_ACCESS_KEY_ID", "start stateroom again", "AWS_SESSION_TOKEN\n")
	clock := enginetest.RefusalOf(t, Asker{Getenv: get}.Unasked(&awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Code: "RequestTimeTooSkewed", Meaning: "M.", Remedy: "Set the clock."}))
	enginetest.Tells(t, clock, "The clock of this machine differs from AWS's by more than AWS accepts.", "Set the clock: "+clock.Commands[0].Line+"\n")
	for _, r := range []*plan.Refusal{r, clock} {
		if strings.Contains(r.Error(), "hush") || slices.ContainsFunc(r.Tried, func(f plan.Fact) bool { return strings.Contains(f.Value, "hush") }) {
			t.Errorf("a secret is told: %+v", r)
		}
	}
}

// A proxy may be named without a scheme, and its password lies in the same variable; so may
// an endpoint's, and whatever a program of a profile is given.
func TestNoPasswordOfTheEnvironmentOrAProfileIsTold(t *testing.T) {
	for _, proxy := range []string{"bob:hunter2@127.0.0.1:1", "http://bob:hunter2@127.0.0.1:1", "http://bob:hunter2/x#y@127.0.0.1:1", "http://bob:hunter2%zz@127.0.0.1:1"} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "AWS_ENDPOINT_URL"} {
			failed := &awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Region: "eu-west-1", Meaning: "No.", Remedy: "Check.", Err: syscall.ECONNREFUSED}
			r := Asker{Getenv: func(variable string) string {
				if variable == name {
					return proxy
				}
				return ""
			}}.unreachable(failed, failed)
			text := fmt.Sprintf("%+v", *r)
			if strings.Contains(text, "hunter2") || !strings.Contains(text, "(secret)@127.0.0.1:1") {
				t.Errorf("%s=%s is told: %s", name, proxy, text)
			}
		}
	}
	err := askAs(t, "work", "", "[profile work]\ncredential_process = /bin/false --pin hunter2\n")
	if r := enginetest.RefusalOf(t, err); strings.Contains(fmt.Sprintf("%+v", *r), "hunter2") {
		t.Errorf("the program's arguments are told: %+v", *r)
	}
}

func TestAnAWSThatDoesNotAnswerIsNamedWithTheWayToIt(t *testing.T) {
	variables := []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=hush"}
	r := enginetest.RefusalOf(t, askAs(t, "", "", "", variables...))
	enginetest.Tells(t, r, "AWS could not be reached.", "curl --head "+sandboxtest.Nobody+"\n", "Answer: dial tcp ", "Asked: sts:GetCallerIdentity in eu-west-1")
	for region, want := range map[string]string{
		"eu-west-1": "https://sts.eu-west-1.amazonaws.com", "cn-north-1": "https://sts.cn-north-1.amazonaws.com.cn",
		"eusc-de-east-1": "https://sts.eusc-de-east-1.amazonaws.eu", "": "https://sts.amazonaws.com",
	} {
		none := func(string) string { return "" }
		r := enginetest.RefusalOf(t, Asker{Getenv: none}.Unasked(&awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Region: region, Attempts: 1, Meaning: "M.", Remedy: "R.", Err: errors.New("EOF")}))
		enginetest.Tells(t, r, "AWS could not be reached.", "curl --head "+want+"\n")
	}
}

func TestWhatAWSHasAnsweredStaysAsItIs(t *testing.T) {
	for _, err := range []error{
		nil, context.Canceled, errors.New("no room"), &plan.Refusal{Finding: "account.root", What: "Root.", Remedy: "Do not."},
		&awsops.Error{Service: "iam", Operation: "GetRole", Code: "AccessDenied", Status: 403},
		&awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Err: context.Canceled},
	} {
		if got := (Asker{Getenv: os.Getenv}).Unasked(err); got != err { //nolint:errorlint // the very same
			t.Errorf("%v became %v", err, got)
		}
	}
}
