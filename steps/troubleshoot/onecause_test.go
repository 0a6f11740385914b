package troubleshoot

import (
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// What is wrong with a profile is found in the files and met by AWS's calls: it is one
// finding, and nobody is sent to look at the network for it. What Terraform prints of it
// joins that finding.
func TestOneCauseInAProfileIsOneFinding(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	in := func(lines string) func() {
		return func() { b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\n"+lines) }
	}
	without := func(lines string) func() {
		return func() {
			b.Edit(healthtest.Credentials, `(?s)\[admin_iam\][^\[]*`, "")
			in(lines)()
		}
	}
	for name, c := range map[string]struct {
		do           func()
		id, says     string
		text, remedy string
	}{
		"a sign-on session that is not there": {
			without("sso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admins\n"), "credentials-missing", "[sso-session corp]",
			"Error: No valid credential sources found\n\nError: failed to find SSO session section, corp", "Write the section",
		},
		"a code that Terraform cannot ask for": {
			in("role_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n"),
			"mfa-profile", "with an MFA code", "Error: No valid credential sources found\n\nError: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.", "",
		},
		"a role by aws login": {
			func() {
				b.Edit(healthtest.Credentials, `(?s)\[admin_iam\][^\[]*`, "")
				b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile me]\nlogin_session = arn:aws:iam::111111111111:user/alice\n[profile admin_iam]\nrole_arn = arn:aws:iam::111111111111:role/Admins\nsource_profile = me\n")
			},
			"aws-login-profile", "profile me, which has a login_session",
			"Error: No valid credential sources found\n\nError: failed to load assume role ARN, of profile admin_iam, <nil>", "credential_process = aws configure export-credentials --profile me",
		},
		"a program that fails": {
			without("credential_process = sh -c 'echo token=SECRETTOLD >&2; echo sign in first >&2; exit 3' TOPSECRET\n"), "credential-process-failed", "exit status 3, after it had said: sign in first. " + b.Path(healthtest.Config) + ":2 names it: sh.",
			"Error: No valid credential sources found\n\nError: failed to refresh cached credentials, error in credential_process: exit status 3", "Run the program",
		},
		"half a key": {
			func() { b.Edit(healthtest.Credentials, `(?m)^aws_secret_access_key.*\n`, "") }, "credentials-missing", "without aws_secret_access_key",
			"Error: No valid credential sources found\n\nError: partial credentials found for profile admin_iam", "Write the missing half",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			c.do()
			for _, text := range []string{"", c.text} {
				r, err := (&HealthCheck{Answers: b.Answers, Text: text}).Look(t.Context(), b.Env())
				b.Must(err)
				found := slices.DeleteFunc(r.Findings, func(f plan.Finding) bool { return f.Severity == plan.Info })
				if len(found) != 1 || found[0].ID != c.id {
					t.Fatalf("findings %v", found)
				}
				f := found[0]
				if !strings.Contains(f.Evidence, c.says) || !strings.Contains(f.Remedy, c.remedy) || strings.Contains(f.Told(), "TOPSECRET") {
					t.Errorf("told %s", f)
				}
				if (text != "") != (f.Quote != "") {
					t.Errorf("quoted %q of %q", f.Quote, text)
				}
			}
		})
	}
}

// The AWS CLI takes quotes around a name in the config file for nothing but quotes, and
// Terraform for a part of the name: measured with aws-cli 1.45 and Terraform 1.11.
func TestANameInQuotesIsTheCLIsAlone(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Edit(healthtest.Credentials, `(?s)\[admin_iam\][^\[]*`, "")
	b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]`, `[profile "admin_iam"]`)
	r, err := (&HealthCheck{Answers: b.Answers}).Look(t.Context(), b.Env())
	b.Must(err)
	f := healthtest.Finding(r.Findings, "profile-missing")
	if f == nil || !strings.Contains(f.Evidence, `reads [profile "admin_iam"], which the AWS CLI takes for it and Terraform does not.`) {
		t.Errorf("findings %v", r.Findings)
	}
}

// A profile that signs in with aws login works with newer engines: it is told, and is no
// fault.
func TestASessionOfAWSLoginIsToldAndIsNoFault(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Edit(healthtest.Credentials, `(?s)\[admin_iam\][^\[]*`, "")
	b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nlogin_session = arn:aws:iam::111111111111:user/alice\n")
	r, err := (&HealthCheck{Answers: b.Answers}).Look(t.Context(), b.Env())
	b.Must(err)
	f := healthtest.Finding(r.Findings, "files.login-session")
	if f == nil || f.Severity != plan.Info || !strings.Contains(f.Remedy, "export-credentials --profile admin_iam") {
		t.Errorf("findings %v", r.Findings)
	}
}

// An endpoint at which nobody is to be met is one thing wrong, though nobody agreed to it
// either: it is found once, for each project that names it, and one change corrects it.
func TestAnEndpointAtWhichNobodyAnswersIsOneFinding(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	healthtest.InBackend(`"http://.*"`, `"http://127.0.0.1:1"`)(b)
	r, err := (&HealthCheck{Answers: b.Answers}).Look(t.Context(), b.Env())
	b.Must(err)
	found := slices.DeleteFunc(r.Findings, func(f plan.Finding) bool { return f.Severity == plan.Info })
	if len(found) != 1 || found[0].ID != "network-unreachable" || !found[0].Bears("files.points-elsewhere") || !strings.Contains(found[0].Evidence, "does not run Terraform in the project") {
		t.Fatalf("findings %v", found)
	}
	for _, c := range r.Checks {
		if c.Finding == "files.points-elsewhere" {
			t.Errorf("the check %s leads to a finding that is none any more", c.Name)
		}
	}
	if !slices.ContainsFunc(r.Changes, func(c plan.Change) bool { return c.Write != nil && c.FixesFinding(found[0]) }) {
		t.Errorf("nothing corrects it: %v", r.Changes)
	}
}

// What a text tells joins the finding of the checks that is its cause, under whatever id: a
// Deny is called by what was denied, and to credentials of another account all is denied.
// Nothing joins where it may have another cause.
func TestATextJoinsTheFindingThatIsItsCause(t *testing.T) {
	t.Parallel()
	const head = "Error: Error refreshing state: operation error S3: "
	denied := func(action, how string) string {
		return head + "GetObject, https response error StatusCode: 403, api error AccessDenied: User: arn:aws:iam::1:user/a is not authorized to perform: " + action + " on resource: x " + how
	}
	for text, tt := range map[string]struct{ found, want string }{
		denied("kms:Decrypt", "with an explicit deny in a resource-based policy"):                                          {"kms-denied", "kms-denied"},
		denied("dynamodb:GetItem", "with an explicit deny in an identity-based policy"):                                    {"table-denied", "table-denied"},
		denied("kms:Decrypt", "with an explicit deny in a service control policy"):                                         {"table-denied", "table-denied explicit-deny"},
		head + "HeadObject, https response error StatusCode: 403, RequestID: A, HostID: B, api error Forbidden: Forbidden": {"wrong-account", "wrong-account"},
		"Error: Failed to get existing workspaces: S3 bucket \"b\" does not exist.":                                        {"wrong-account", "wrong-account bucket-missing"},
	} {
		all := addQuotes([]plan.Finding{{ID: tt.found, Severity: plan.Failure, Evidence: "seen"}}, readPasted(text).quotes)
		var ids []string
		for _, f := range all {
			ids = append(ids, f.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want || (len(all) == 1) != (all[0].Quote != "") {
			t.Errorf("%s: found %s, quoted %q", text, got, all[0].Quote)
		}
	}
}

// A remedy begins with the changes that are offered with it, whoever found what is wrong:
// that a region is not the bucket's AWS tells, and what mends it stands in the project's
// files. What the change does can be done by hand, too.
func TestARemedyNamesTheCorrectionsOfThisLaptop(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	for id, do := range map[string]func(*healthtest.Bench){
		"region-wrong":            healthtest.InBackend(`"eu-west-1"`, `"eu-central-1"`),
		"region-invalid":          healthtest.InBackend(`"eu-west-1"`, `"nowhere"`),
		"files.profile-not-named": func(b *healthtest.Bench) { b.Edit(healthtest.Provider, `(?m)^\s*profile .*\n`, "") },
		"files.profile-assumes-role": func(b *healthtest.Bench) {
			b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\n")
		},
	} {
		t.Run(id, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			do(b)
			r, err := (&HealthCheck{Answers: b.Answers}).Look(t.Context(), b.Env())
			b.Must(err)
			f := healthtest.Finding(r.Findings, id)
			if f == nil {
				t.Fatalf("findings %v", r.Findings)
			}
			named := 0
			for _, c := range r.Changes {
				if !c.FixesFinding(*f) {
					continue
				}
				if named++; !strings.HasPrefix(f.Remedy, "Confirm the change: ") || !strings.Contains(f.Remedy, c.Title) {
					t.Errorf("%q is offered, and the remedy says %s", c.Title, f.Remedy)
				}
			}
			if named == 0 {
				t.Errorf("nothing fixes %s: %v", f, r.Changes)
			}
		})
	}
}
