package laptop_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/healthtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

func TestAHealthyLaptopPassesEveryCheckAndIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	review := b.Looked()
	if len(review.Findings)+len(review.Changes) > 0 {
		t.Errorf("findings %v, changes %v", review.Findings, review.Changes)
	}
	seen := map[string]int{}
	for _, c := range review.Checks {
		if c.Verdict != plan.Passed {
			t.Errorf("check %+v", c)
		}
		seen[c.Name]++
	}
	for name, want := range map[string]int{
		"credentials file exists": 1, "profile is in the file": 1, "profile in backend and provider": 2, "profile names agree": 2, "overriding environment variables": 1,
		"project configuration": 2, "encryption arguments in backend": 2, "region and .terraform": 2, "bucket, key and lock in backend": 2, "configured backend and .terraform": 2, "provider lock file": 2,
	} {
		if seen[name] != want {
			t.Errorf("check %q was made %d times, want %d", name, seen[name], want)
		}
	}
}

type bench = healthtest.Bench

// inUTF16 is a text as Windows PowerShell writes it.
func inUTF16(text string) string {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

// laptopFault is something that somebody did to the laptop, and what becomes of it.
type laptopFault struct {
	name string
	do   func(b *bench)
	// finds are the findings with their severities, sorted.
	finds []string
	// changes are the files that the fix writes; restored says that they then
	// are what they were before the fault, to the byte.
	changes  []string
	restored bool
	// has are texts that the first changed file holds afterwards.
	has []string
	// runs are the engine's command lines.
	runs []string
	// stays are the findings that no change on this laptop can mend.
	stays []string
}

const (
	fresh     = "backend-not-initialized info"
	initPlain = "init -no-color -input=false -json"
	initAgain = "init -no-color -input=false -json -reconfigure"
)

var laptopFaults = []laptopFault{
	{name: "profile misspelt in the backend", do: healthtest.InBackend(`"admin_iam"`, `"admin-iam"`), finds: []string{fresh, "profile-missing error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "another profile in the provider", do: func(b *bench) {
		b.Edit(healthtest.Provider, `"admin_iam"`, `"other"`)
		b.Write(healthtest.Credentials, b.Read(healthtest.Credentials)+"\n[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n")
	}, finds: []string{"files.profile-names-differ warning"}, changes: []string{healthtest.Provider}, restored: true},
	{name: "no profile in the backend", do: healthtest.InBackend(`(?m)^\s*profile .*\n`, ""), finds: []string{fresh, "files.profile-not-named warning", "profile-missing error"}, changes: []string{healthtest.Backend}, has: []string{`profile        = "admin_iam"`}, runs: []string{initPlain}},
	{name: "no profile anywhere in the files", do: func(b *bench) {
		for _, dir := range []string{"staging", "production"} {
			b.Edit("live/"+dir+"/backend.tf", `(?m)^\s*profile .*\n`, "")
			b.Edit("live/"+dir+"/provider.tf", `(?m)^\s*profile .*\n`, "")
			b.Initialise("live/" + dir)
		}
	}, finds: []string{"files.profile-not-named warning", "files.profile-not-named warning", "profile-missing error"}, changes: []string{
		"live/production/backend.tf", "live/production/provider.tf", healthtest.Backend, healthtest.Provider,
	}, runs: []string{initAgain, initAgain}},
	{name: "section of the other file's form", do: func(b *bench) { b.Edit(healthtest.Credentials, `\[admin_iam\]`, "[profile admin_iam]") }, finds: []string{"credentials-missing error"}, changes: []string{healthtest.Credentials}, restored: true},
	{name: "section with a hyphen", do: func(b *bench) { b.Edit(healthtest.Credentials, `\[admin_iam\]`, "[admin-iam] # mine") }, finds: []string{"credentials-missing error"}, changes: []string{healthtest.Credentials}, has: []string{"[admin_iam] # mine\n"}},
	{name: "profile under a name of its own", do: func(b *bench) { b.Edit(healthtest.Credentials, `\[admin_iam\]`, "[work]") }, finds: []string{"credentials-missing error"}, changes: []string{healthtest.Credentials}, restored: true},
	{name: "key in the default profile", do: func(b *bench) { b.Edit(healthtest.Credentials, `\[admin_iam\]`, "[default]") }, finds: []string{"credentials-missing error"}, changes: []string{healthtest.Credentials}, has: []string{"[default]\n", "[admin_iam]\n"}},
	{name: "section lost", do: func(b *bench) { b.Write(healthtest.Credentials, "# nothing\n") }, finds: []string{"credentials-missing error"}, stays: []string{"credentials-missing error"}},
	{name: "credentials file lost", do: func(b *bench) { b.Remove(healthtest.Credentials) }, finds: []string{"credentials-missing error"}, stays: []string{"credentials-missing error"}},
	{name: "both files lost", do: func(b *bench) { b.Remove(healthtest.Credentials); b.Remove(healthtest.Config) }, finds: []string{"profile-missing error"}, stays: []string{"profile-missing error"}},
	{name: "half a key", do: func(b *bench) { b.Edit(healthtest.Credentials, `(?m)^aws_secret_access_key.*\n`, "") }, finds: []string{"credentials-missing error"}, stays: []string{"credentials-missing error"}},
	{name: "single sign-on that is over", do: func(b *bench) {
		b.Write(healthtest.Credentials, "")
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nsso_start_url = https://acme.example/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Admins\n")
	}, finds: []string{"sso-expired error"}, stays: []string{"sso-expired error"}},
	{name: "a role with a code in the admin's profile", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n")
	}, finds: []string{"mfa-profile error"}, changes: []string{healthtest.Config}, restored: true},
	{name: "a role in the admin's profile", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\n")
	}, finds: []string{"files.profile-assumes-role warning"}, changes: []string{healthtest.Config}, restored: true},
	{name: "a program beside the key", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\ncredential_process = /usr/bin/keyring\n")
	}, finds: []string{"iam.two-identities error"}, stays: []string{"iam.two-identities error"}},
	{name: "a sign-on beside the key", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nsso_start_url = https://acme.example/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Admins\n")
	}, finds: []string{"iam.two-identities error"}, stays: []string{"iam.two-identities error"}},
	{name: "a sign-on beside a key in the config file", do: func(b *bench) {
		key := strings.ReplaceAll(b.Read(healthtest.Credentials), "[admin_iam]\n", "")
		b.Write(healthtest.Credentials, "")
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nsso_start_url = https://acme.example/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Admins\n"+key)
	}, finds: []string{"files.keys-shadow-sso warning"}, stays: []string{"files.keys-shadow-sso warning"}},
	{name: "a session of aws login beside the key", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nlogin_session = arn:aws:iam::111111111111:user/alice\n")
	}, finds: []string{"iam.two-identities error"}, stays: []string{"iam.two-identities error"}},
	{name: "a byte order mark", do: func(b *bench) { b.Write(healthtest.Credentials, "\ufeff"+b.Read(healthtest.Credentials)) }, finds: []string{"files.encoding error"}, stays: []string{"files.encoding error"}},
	{name: "UTF-16", do: func(b *bench) { b.Write(healthtest.Credentials, inUTF16(b.Read(healthtest.Credentials))) }, finds: []string{"files.encoding error"}, stays: []string{"files.encoding error"}},
	{name: "UTF-16 without a mark", do: func(b *bench) { b.Write(healthtest.Credentials, inUTF16(b.Read(healthtest.Credentials))[2:]) }, finds: []string{"files.encoding error"}, stays: []string{"files.encoding error"}},
	{name: "the config file in UTF-16", do: func(b *bench) { b.Write(healthtest.Config, inUTF16(b.Read(healthtest.Config))) }, finds: []string{"files.encoding error"}, stays: []string{"files.encoding error"}},
	{name: "a setting of the profile that is not valid", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nmax_attempts = many\n")
	}, finds: []string{"files.profile-not-valid error"}, stays: []string{"files.profile-not-valid error"}},
	{name: "a file of certificates that is not there", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nca_bundle = /nowhere/ca.pem\n")
	}, finds: []string{"files.profile-not-valid error"}, stays: []string{"files.profile-not-valid error"}},
	{name: "a session's token beside the admin's own key", do: func(b *bench) {
		b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\naws_session_token = hush\n")
	}, finds: []string{"key-invalid error"}, changes: []string{healthtest.Config}, restored: true},
	{name: "a session's token in the key's own section", do: func(b *bench) {
		b.Edit(healthtest.Credentials, `(?m)^(aws_secret_access_key.*\n)`, "${1}aws_session_token = hush\n")
	}, finds: []string{"key-invalid error"}, changes: []string{healthtest.Credentials}, restored: true},
	{name: "a comment behind the key", do: func(b *bench) { b.Edit(healthtest.Credentials, `(?m)^(aws_access_key_id.*)$`, "$1 # mine") }, finds: []string{"files.read-differently info"}, stays: []string{"files.read-differently info"}},
	{name: "credentials open to others", do: func(b *bench) { _ = os.Chmod(b.Path(healthtest.Credentials), 0o644) }, finds: []string{"files.credentials-open info"}, stays: []string{"files.credentials-open info"}},

	{name: "region of another continent", do: healthtest.InBackend(`"eu-west-1"`, `"us-east-1"`), finds: []string{fresh}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "region mistyped", do: healthtest.InBackend(`"eu-west-1"`, `"eu-west-11"`), finds: []string{fresh, "region-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "region in capitals", do: healthtest.InBackend(`"eu-west-1"`, `"EU-WEST-1"`), finds: []string{fresh, "region-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "no region", do: healthtest.InBackend(`(?m)^\s*region .*\n`, ""), finds: []string{fresh, "region-invalid error"}, changes: []string{healthtest.Backend}, has: []string{`region         = "eu-west-1"`}, runs: []string{initPlain}},

	{name: "encrypt lost", do: healthtest.InBackend(`(?m)^\s*encrypt .*\n`, ""), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, has: []string{"encrypt        = true"}, runs: []string{initPlain}},
	{name: "encrypt off", do: healthtest.InBackend(`(?m)^(\s*encrypt .*)true`, "${1}false"), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "key lost", do: healthtest.InBackend(`(?m)^\s*kms_key_id .*\n`, ""), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, has: []string{"kms_key_id     = \"arn:aws:kms:eu-west-1:111111111111:key/"}, runs: []string{initPlain}},
	{name: "key by its alias", do: healthtest.InBackend(`(?m)^(\s*kms_key_id .*)".*"`, `${1}"alias/terraform"`), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "key by a word", do: healthtest.InBackend(`"arn:aws:kms:.*/(.*)"`, `"terraform"`), finds: []string{fresh, "kms-id-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "key by its id", do: healthtest.InBackend(`"arn:aws:kms:.*/(.*)"`, `"$1"`), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "another key", do: healthtest.InBackend(`key/[0-9a-f]{8}`, `key/00000000`), finds: []string{fresh, "explicit-deny error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},

	{name: "bucket mistyped", do: healthtest.InBackend(`"acme-terraform-state"`, `"acme-terraform-states"`), finds: []string{fresh, "files.bucket-differs error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "key of another project", do: healthtest.InBackend(`"common/staging"`, `"common/production"`), finds: []string{fresh, "files.key-differs error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "table mistyped", do: healthtest.InBackend(`"terraform_locks"`, `"terraform_lock"`), finds: []string{fresh, "files.lock-differs warning"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "no lock file", do: healthtest.InBackend(`(?m)^\s*use_lockfile .*\n`, ""), finds: []string{fresh, "files.lock-differs warning"}, changes: []string{healthtest.Backend}, has: []string{"use_lockfile   = true"}, runs: []string{initPlain}},

	{name: "endpoints at which nobody answers", do: healthtest.InBackend(`"http://.*"`, `"http://127.0.0.1:1"`), finds: []string{fresh, "files.points-elsewhere error", "network-unreachable error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "endpoints with a certificate of their own", do: func(b *bench) {
		address, err := b.Server.StartTLS(context.Background(), "127.0.0.1:0")
		if err != nil {
			b.T.Fatal(err)
		}
		healthtest.InBackend(`"http://.*"`, `"`+address+`"`)(b)
	}, finds: []string{fresh, "files.points-elsewhere error", "tls-untrusted error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "other endpoints that answer", do: healthtest.InBackend(`"http://127.0.0.1`, `"http://localhost`), finds: []string{fresh, "files.endpoint-differs warning"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},

	{name: "the article's role map", do: func(b *bench) { b.Edit(healthtest.Provider, `assume_role \{`, "assume_role = {") }, finds: []string{"config-invalid error"}, changes: []string{healthtest.Provider}, restored: true},
	{name: "a role block in the backend", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}assume_role {\n${1}  role_arn = \"arn:aws:iam::222222222222:role/TerraformAdmin\"\n${1}}\n"), finds: []string{fresh, "config-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "a foreign role block in the backend", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}assume_role {\n${1}  role_arn = \"arn:aws:iam::111111111111:role/state\"\n${1}}\n"), finds: []string{fresh, "config-invalid error"}, changes: []string{healthtest.Backend}, has: []string{"assume_role = {"}, runs: []string{initPlain}},
	{name: "a removed argument", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}role_arn = \"arn:aws:iam::111111111111:role/state\"\n"), finds: []string{fresh, "config-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "an argument misspelt", do: healthtest.InBackend(`encrypt  `, "encrypted"), finds: []string{fresh, "config-invalid error", "explicit-deny error"}, changes: []string{healthtest.Backend}, has: []string{"encrypt"}, runs: []string{initPlain}},
	{name: "no bucket", do: healthtest.InBackend(`(?m)^\s*bucket .*\n`, ""), finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},
	{name: "a clone whose place is in a .tfbackend file", do: func(b *bench) {
		healthtest.InBackend(`(?m)^\s*(bucket|key|region|encrypt|kms_key_id) .*\n`, "")(b)
		b.Write("live/staging/prod.s3.tfbackend", "bucket = \"their-bucket\"\nkey = \"prod\"\n")
	}, finds: []string{"backend-not-initialized info"}, stays: []string{"backend-not-initialized info"}},
	{name: "a key that is null", do: healthtest.InBackend(`"common/staging"`, "null"), finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},
	{name: "a clone whose place a variable gives", do: func(b *bench) {
		b.Write("live/staging/prod.hcl", "bucket = \"their-bucket\"\n")
		b.Setenv("TF_CLI_ARGS_init", "-backend-config=prod.hcl")
		b.Clone()
	}, finds: []string{"backend-not-initialized info", "files.environment-flags warning"}, stays: []string{"backend-not-initialized info", "files.environment-flags warning"}},
	{name: "a clone whose backend Terragrunt generates", do: func(b *bench) {
		b.Write(healthtest.Backend, "# nothing\n")
		b.Write("live/terragrunt.hcl", "remote_state {\n  backend = \"s3\"\n}\n")
		b.Clone()
	}, finds: []string{"files.generated warning"}, stays: []string{"files.generated warning"}},
	{name: "a clone whose backend Terramate generates", do: func(b *bench) {
		b.Write(healthtest.Backend, "# nothing\n")
		b.Write("live/stacks.tm.hcl", "generate_hcl \"backend.tf\" {\n  content {\n  }\n}\n")
		b.Clone()
	}, finds: []string{"files.generated warning"}, stays: []string{"files.generated warning"}},
	{name: "Terragrunt wrote the backend, elsewhere and with another lock", do: func(b *bench) {
		b.Write(healthtest.Backend, "# Generated by Terragrunt. Sig: nIlQXj57tbuaRZEa\n"+b.Read(healthtest.Backend))
		healthtest.InBackend(`"acme-terraform-state"|"terraform_locks"`, `"theirs"`)(b)
	}, finds: []string{"files.generated warning", "files.lock-differs warning"}, stays: []string{"files.generated warning", "files.lock-differs warning"}},
	{name: "Terragrunt wrote the backend with the blueprint's place", do: func(b *bench) {
		b.Write(healthtest.Backend, "# Generated by Terragrunt. Sig: nIlQXj57tbuaRZEa\n"+b.Read(healthtest.Backend))
		b.Clone()
	}, finds: []string{"files.generated info"}, stays: []string{"files.generated info"}},
	{name: "a variable in the backend", do: healthtest.InBackend(`"acme-terraform-state"`, "var.bucket"), finds: []string{fresh, "config-invalid error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "the environment's account allowed", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}allowed_account_ids = [\"222222222222\"]\n"), finds: []string{fresh, "wrong-account error"}, changes: []string{healthtest.Backend}, has: []string{`allowed_account_ids = ["111111111111"]`}, runs: []string{initPlain}},
	{name: "the state's account forbidden", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}forbidden_account_ids = [\"111111111111\"]\n"), finds: []string{fresh, "wrong-account error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "keys in the backend", do: healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}access_key = \"AKIAX\"\n${1}secret_key = \"hush\"\n"), finds: []string{fresh, "files.static-keys error"}, changes: []string{healthtest.Backend}, restored: true, runs: []string{initPlain}},
	{name: "a version that excludes the engine", do: func(b *bench) { b.Edit(healthtest.Backend, `>= 1.10.2`, ">= 1.99") }, finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},
	{name: "a file that does not parse", do: func(b *bench) { b.Write("live/staging/main.tf", "resource {") }, finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},
	{name: "a binary file", do: func(b *bench) { b.Write("live/staging/main.tf", "\x00\x01\xff\xfe") }, finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},
	{name: "two backends", do: func(b *bench) { b.Write("live/staging/more.tf", b.Read(healthtest.Backend)) }, finds: []string{"config-invalid error"}, stays: []string{"config-invalid error"}},

	{name: "a clone", do: (*bench).Clone, finds: []string{fresh}, runs: []string{initPlain}},
	{name: "init knew another lock", do: func(b *bench) { b.Edit(healthtest.InitsNote, `"use_lockfile":true`, `"use_lockfile":null`) }, finds: []string{"backend-changed error"}, runs: []string{initAgain}},
	{name: "init knew an argument that is gone", do: func(b *bench) { b.Edit(healthtest.InitsNote, `"max_retries":null`, `"max_retries":7`) }, finds: []string{"backend-changed error"}, runs: []string{initAgain}},
	{name: "init knew another region", do: func(b *bench) { b.Edit(healthtest.InitsNote, `"region":"eu-west-1"`, `"region":"us-east-1"`) }, finds: []string{"backend-changed error"}, runs: []string{initAgain}},
	{name: "init knew another endpoint, where a state may lie", do: func(b *bench) {
		b.Edit(healthtest.InitsNote, `"endpoints":\{[^}]*\}`, `"endpoints":{"dynamodb":null,"iam":null,"s3":"http://127.0.0.1:1","sso":null,"sts":null}`)
	}, finds: []string{"backend-changed error", "files.points-elsewhere error"}, stays: []string{"backend-changed error", "files.points-elsewhere error"}},
	{name: "init knew an empty place", do: func(b *bench) { b.Edit(healthtest.InitsNote, `common/staging`, `common/old`) }, finds: []string{"backend-changed error"}, runs: []string{initAgain}},
	{name: "the file drifted away from what init knows", do: func(b *bench) { b.Edit(healthtest.Backend, `common/staging`, `common/stageing`) }, finds: []string{"backend-changed error"}, changes: []string{healthtest.Backend}, restored: true},
	{name: "the backend block is gone", do: func(b *bench) { b.Write(healthtest.Backend, "# nothing\n") }, finds: []string{"backend-changed error", "files.no-backend error"}, changes: []string{healthtest.Backend}, has: []string{`backend "s3"`, "kms_key_id"}},
	{name: "what init left is cut off", do: cut("common/staging"), finds: []string{"state-format error"}, runs: []string{initPlain}},
	{name: "what init left is empty", do: func(b *bench) {
		b.Write(healthtest.InitsNote, "")
		b.PutState("common/staging", "l-1", 3)
		b.T.Cleanup(func() { b.DeleteState("common/staging") })
	}, finds: []string{"state-format error"}, runs: []string{initPlain}},
	{name: "what init left is junk, and no state is to be seen", do: func(b *bench) { b.Write(healthtest.InitsNote, "junk") }, finds: []string{"state-format error"}, stays: []string{"state-format error"}},
	{name: "what init left names another key", do: cut("common/old"), finds: []string{"state-format error"}, stays: []string{"state-format error"}},
	{name: "a local state of a newer format", do: func(b *bench) {
		b.Write("live/staging/terraform.tfstate", `{"version":7,"lineage":"x","resources":[{}]}`)
	}, finds: []string{"state-format error"}, stays: []string{"state-format error"}},
	{name: "a local state that is none", do: func(b *bench) { b.Write("live/staging/terraform.tfstate", "junk") }, finds: []string{"state-format error"}, stays: []string{"state-format error"}},
	{name: "a provider that is not locked", do: func(b *bench) {
		b.Write("live/staging/versions.tf", "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n")
		b.Write("live/staging/.terraform.lock.hcl", "")
	}, finds: []string{"provider-lock-file error"}, runs: []string{initPlain}, stays: []string{"provider-lock-file error"}},
	{name: "a provider that is locked too low", do: func(b *bench) {
		b.Write("live/staging/versions.tf", "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\", version = \"~> 6.0\" }\n  }\n}\n")
		b.Write("live/staging/.terraform.lock.hcl", "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"5.0.0\"\n}\n")
	}, finds: []string{"provider-lock-file error"}, runs: []string{"init -no-color -input=false -json -upgrade"}, stays: []string{"provider-lock-file error"}},
	{name: "a lock file that does not parse", do: func(b *bench) { b.Write("live/staging/.terraform.lock.hcl", "junk {") }, finds: []string{"provider-lock-file error"}, stays: []string{"provider-lock-file error"}},
}

func TestEveryFaultIsFoundAndMendedAndNothingElseChanges(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	for _, f := range laptopFaults {
		t.Run(f.name, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			f.do(b)
			broken := b.Snapshot()
			review := b.Looked()
			if diff := cmp.Diff(f.finds, healthtest.Listed(review.Findings)); diff != "" {
				t.Fatalf("findings (-want +got):\n%s%v", diff, review.Findings)
			}
			checked(t, review)
			eachMends(t, review)
			if now := b.Snapshot(); !cmp.Equal(broken, now) {
				t.Fatalf("a look has changed files: %s", cmp.Diff(broken, now))
			}
			summary := b.Mended()
			if diff := cmp.Diff(f.stays, healthtest.Listed(summary.Findings)); diff != "" {
				t.Errorf("findings afterwards (-want +got):\n%s%v", diff, summary.Findings)
			}
			now := b.Snapshot()
			var changed []string
			for name, text := range now {
				if broken[name] != text && !strings.Contains(name, ".terraform") {
					changed = append(changed, name)
				}
			}
			slices.Sort(changed)
			if diff := cmp.Diff(f.changes, changed); diff != "" {
				t.Errorf("changed files (-want +got):\n%s", diff)
			}
			if f.restored && !cmp.Equal(whole[f.changes[0]], now[f.changes[0]]) {
				t.Errorf("not restored: %s", cmp.Diff(whole[f.changes[0]], now[f.changes[0]]))
			}
			for _, text := range f.has {
				if !strings.Contains(now[f.changes[0]], text) {
					t.Errorf("%s lacks %q:\n%s", f.changes[0], text, now[f.changes[0]])
				}
			}
			if diff := cmp.Diff(f.runs, b.Commands()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

// checked fails the test unless every finding that a check leads to is there,
// and every finding that needs attention has a check that is broken.
func checked(t *testing.T, review plan.Review) {
	t.Helper()
	of := map[string]bool{}
	for _, c := range review.Checks {
		if c.Verdict == plan.Failed {
			of[c.Finding] = true
		}
		if c.Asked == "" || c.Answer == "" {
			t.Errorf("check %+v", c)
		}
	}
	for _, f := range review.Findings {
		if f.Severity != plan.Info && !of[f.ID] {
			t.Errorf("no check led to %s", f)
		}
		if f.Evidence == "" || f.Remedy == "" || f.Of == "" {
			t.Errorf("finding %+v", f)
		}
	}
}

// eachMends fails the test unless every change takes away something that was found.
func eachMends(t *testing.T, review plan.Review) {
	t.Helper()
	for _, c := range review.Changes {
		if !slices.ContainsFunc(review.Findings, c.FixesFinding) && !(c.Run != nil && len(c.Needs) > 0) && !onlyAWSTells(c) {
			t.Errorf("%s fixes %v, and the findings are %v", c.ID, c.Fixes, review.Findings)
		}
	}
}

// onlyAWSTells is a correction of a region, whose finding is the other part's.
func onlyAWSTells(c plan.Change) bool { return slices.Equal(c.Fixes, []string{"region-wrong"}) }

// cut leaves the beginning of what init noted, with this state key.
func cut(key string) func(*bench) {
	return func(b *bench) {
		text := strings.Replace(b.Read(healthtest.InitsNote), "common/staging", key, 1)
		b.Write(healthtest.InitsNote, text[:strings.Index(text, key)+len(key)+5])
	}
}

// TestOpenTofuMayTakeABackendFromVariablesThatSomebodyDeclares: Terraform takes none.
func TestOpenTofuMayTakeABackendFromVariablesThatSomebodyDeclares(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Engine.Name, b.Engine.Version = terraform.EngineOpenTofu, "1.12.6"
	healthtest.InBackend(`"acme-terraform-state"`, "var.bucket")(b)
	find := func() *plan.Finding {
		for _, f := range b.Looked().Findings {
			if f.ID == diagnosis.ConfigInvalid.ID {
				return &f
			}
		}
		return nil
	}
	if f := find(); f == nil || !strings.Contains(f.Evidence, "bucket needs var.bucket, which no file of the project declares") {
		t.Errorf("undeclared: %v", f)
	}
	b.Write("live/staging/variables.tf", "variable \"bucket\" {\n  default = \"acme-terraform-state\"\n}\n")
	if f := find(); f != nil {
		t.Errorf("declared: %v", f)
	}
}

// What is wrong with encrypt is told as it is written.
func TestEncryptThatIsOffIsToldAsOff(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	for says, do := range map[string]func(*bench){
		"encrypt is false, so":   healthtest.InBackend(`(?m)^(\s*encrypt .*)true`, "${1}false"),
		"encrypt is not set, so": healthtest.InBackend(`(?m)^\s*encrypt .*\n`, ""),
	} {
		b.Restore(whole)
		do(b)
		if f := healthtest.Finding(b.Looked().Findings, "explicit-deny"); f == nil || !strings.Contains(f.Evidence, says) || !strings.Contains(f.Lead, "policy of the bucket") {
			t.Errorf("%s: %v", says, f)
		}
	}
}
