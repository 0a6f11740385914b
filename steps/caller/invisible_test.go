package caller

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// TestACharacterThatNobodySeesIsNamed: text that was copied from a page, or read from a file
// with Windows' line ends, brings characters along that a terminal does not show. The SDK
// says then that there is no such profile, that a header is not valid or that a region
// cannot be bound. What is wrong is said, where, and how the run begins again; a value that
// may be a secret is not shown.
func TestACharacterThatNobodySeesIsNamed(t *testing.T) {
	const work, secretKey = "[work]\n" + aKey, "AWS_SECRET_ACCESS_KEY="
	none := []string{"AWS_ACCESS_KEY_ID=", secretKey, "AWS_PROFILE=", "AWS_EC2_METADATA_DISABLED=true"}
	for name, c := range map[string]struct {
		profile, credentials, config string
		variables                    []string
		title                        string
		says                         []string
	}{
		"a byte order mark before --profile": {"\ufeffwork", work, "", none, "--profile holds an invisible character.", []string{`"\ufeffwork", of which only work`, "Start again with profile work: stateroom setup --profile work\n"}},
		"a line end behind AWS_PROFILE":      {"", work, "", append(none[:2:2], "AWS_PROFILE=work\r"), "AWS_PROFILE holds an invisible character.", []string{`"work\r"`, "AWS_PROFILE=work\n"}},
		"a blank that does not break":        {"work\u00a0", work, "", none, "--profile holds an invisible character.", []string{`"work\u00a0"`}},
		"an access key with a line end":      {"", "", "", []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\r", secretKey + "hush"}, "AWS_ACCESS_KEY_ID holds an invisible character.", []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"}},
		"a profile that the file misspells":  {"work", "[wor\u200bk]\n" + aKey, "", none, "The name of profile work holds an invisible character.", []string{`~/.aws/credentials:1: It is "wor\u200bk" there.`}},
		"a file with a byte order mark":      {"work", "\ufeff" + work, "", none, "An AWS file is saved in an encoding in which AWS tools do not read it.", []string{"begins with a UTF-8 byte order mark", "Save it as UTF-8 without a byte order mark"}},
		"a config file in UTF-16":            {"work", "", "\xff\xfe[\x00p\x00", none, "An AWS file is saved in an encoding in which AWS tools do not read it.", []string{"is in UTF-16"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := enginetest.RefusalOf(t, askAs(t, c.profile, c.credentials, c.config, c.variables...))
			r.Remedy += r.What
			enginetest.Tells(t, r, c.title, c.says...)
			if strings.Contains(r.Error(), "hush") {
				t.Errorf("it shows the secret: %v", r)
			}
		})
	}
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile wo\u200drk]\nrole_arn = arn:aws:iam::111111111111:role/x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	get := func(name string) string {
		return map[string]string{"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": config + "-none"}[name]
	}
	known := enginetest.RefusalOf(t, Asker{Getenv: get, Profile: "wo\u200drk"}.Unasked(&awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Code: "InvalidClientTokenId", Status: 403, Meaning: "M.", Remedy: "R."}))
	if strings.Contains(known.Title, "invisible") {
		t.Errorf("a profile that is there is blamed for its name: %v", known)
	}
}

// TestARegionThatNobodySeesWholeIsNoNetworkProblem: the SDK sends nothing, which is not for
// want of a network.
func TestARegionThatNobodySeesWholeIsNoNetworkProblem(t *testing.T) {
	variables := map[string]string{"AWS_REGION": "eu-west-1\r"}
	get := func(name string) string { return variables[name] }
	unsent := &awsops.Error{Service: "sts", Operation: "GetCallerIdentity", Meaning: "AWS could not be reached.", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	if !awsops.IsUnreachable(unsent) {
		t.Fatal("the error is of another kind")
	}
	r := enginetest.RefusalOf(t, Asker{Getenv: get, Command: []string{"stateroom", "setup"}}.Unasked(unsent))
	enginetest.Tells(t, r, "AWS_REGION holds an invisible character.", "AWS_REGION=eu-west-1\n")
	r = enginetest.RefusalOf(t, Asker{Getenv: get, Region: "\u200beu-west-1", Command: []string{"stateroom", "setup", "--region=\u200beu-west-1"}}.Unasked(unsent))
	enginetest.Tells(t, r, "--region holds an invisible character.", "Start again in region eu-west-1: stateroom setup --region eu-west-1\n")
	r = enginetest.RefusalOf(t, Asker{Getenv: get, Region: "eu west 1"}.Unasked(unsent))
	enginetest.Tells(t, r, "--region is not the name of a region.", "such as eu-west-1")
	variables["AWS_REGION"], variables["HTTPS_PROXY"] = "eu-west-1", "http://me:hush@proxy\u200b:8080"
	r = enginetest.RefusalOf(t, Asker{Getenv: get}.Unasked(unsent))
	enginetest.Tells(t, r, "HTTPS_PROXY holds an invisible character.", "Type it again by hand")
	if strings.Contains(r.Error(), "hush") || slices.ContainsFunc(r.Tried, func(f plan.Fact) bool { return strings.Contains(f.Value, "hush") }) {
		t.Errorf("it shows the proxy's password: %+v", r)
	}
}
