package diagnosis

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mitchellh/go-wordwrap"
)

// forms are the ways in which one error reaches us.
var forms = map[string]func(sample) string{
	"plain": func(s sample) string { return "\nError: " + s.summary + "\n\n" + s.detail + "\n" },
	"boxed": boxed,
	"colored": func(s sample) string {
		text := strings.ReplaceAll(boxed(s), "│ ", "\x1b[31m│\x1b[0m \x1b[0m")
		return strings.Replace(text, "Error: ", "\x1b[1m\x1b[31mError: \x1b[0m\x1b[0m\x1b[1m", 1)
	},
	"json":   asJSON,
	"copied": func(s sample) string { return s.summary + ": " + s.detail },
	"log around": func(s sample) string {
		noise := "2026-11-23T10:00:00.123Z [DEBUG] provider: HTTP Response: x509: NoSuchBucket\n  http.response.body=\n  | <Error><Code>ExpiredToken</Code></Error>\n"
		return noise + boxed(s) + noise
	},
	"github":         behind("2026-11-23T10:00:00.1234567Z "),
	"gh run view":    behind("plan\tRun terraform plan\t2026-11-23T10:00:00.1234567Z "),
	"gitlab":         behind("2026-11-23T10:00:00.123456Z 01E "),
	"jenkins":        behind("[2026-11-23T10:00:00.123Z] "),
	"teamcity":       behind("[10:00:00]W:\t [Step 2/3] "),
	"docker compose": behind("terraform-1  | "),
	"terragrunt":     behind("10:00:01.100 STDERR [net] tofu: "),
	"old terragrunt": behind("[terragrunt] [/live/net] 2026/11/23 10:00:01 "),
	"kubernetes":     behind("tf-runner-7d9f terraform "),
	"terratest":      behind("TestSetUp 2026-11-23T10:00:00Z logger.go:66: "),
	"quoted":         behind("> "),
	"no box, prefix": func(s sample) string {
		return everyLine("job-42: ", "Initializing the backend...\n\nError: "+s.summary+"\n\n"+s.detail+"\n")
	},
	"carriage returns": func(s sample) string { return strings.ReplaceAll(boxed(s), "\n", "\r\n") },
	"lost escapes": func(s sample) string {
		return strings.NewReplacer("│ ", "[31m│[0m [0m", "Error: ", "[1m[31mError: [0m[0m[1m").Replace(boxed(s))
	},
	"code page 437": func(s sample) string { return asCodePage437.Replace(boxed(s)) },
	"UTF-16":        func(s sample) string { return asUTF16(boxed(s), binary.LittleEndian, "\ufeff") },
	"UTF-16BE":      func(s sample) string { return asUTF16(boxed(s), binary.BigEndian, "\ufeff") },
	"UTF-16, no BOM": func(s sample) string {
		return asUTF16("Initializing the backend...\n"+boxed(s), binary.LittleEndian, "")
	},
	"UTF-16BE, box first": func(s sample) string {
		return asUTF16(strings.TrimPrefix(boxed(s), "Initializing the backend...\n"), binary.BigEndian, "")
	},
	"docker": func(s sample) string {
		var b strings.Builder
		for line := range strings.Lines(boxed(s)) {
			d, _ := json.Marshal(map[string]string{"log": line, "stream": "stderr", "time": "2026-11-23T10:00:00Z"})
			b.Write(append(d, '\n'))
		}
		return b.String()
	},
	"cloudwatch": func(s sample) string {
		d, _ := json.MarshalIndent(map[string]any{"events": []any{map[string]any{"timestamp": 1, "message": boxed(s)}}}, "", "    ")
		return string(d)
	},
	"terragrunt's JSON": func(s sample) string {
		d, _ := json.Marshal(map[string]string{"level": "stderr", "prefix": "net", "msg": boxed(s)})
		return string(d) + "\n"
	},
	"logfmt": func(s sample) string {
		return fmt.Sprintf("time=2026-11-23T10:00:00Z level=error prefix=[net] msg=%q\n", boxed(s))
	},
	"json behind a prefix": func(s sample) string {
		return "terraform-1  | {\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\",\"type\":\"version\"}\n" +
			"terraform-1  | " + strings.Split(asJSON(s), "\n")[1] + "\n"
	},
	"annotation": func(s sample) string {
		return "::error file=main.tf,line=1::" + strings.ReplaceAll(s.summary+"\n\n"+s.detail, "\n", "%0A") + "\n"
	},
	"validate -json": func(s sample) string {
		d, _ := json.MarshalIndent(map[string]any{
			"format_version": "1.0", "valid": false, "error_count": 1,
			"diagnostics": []any{map[string]any{"severity": "error", "summary": s.summary, "detail": s.detail}},
		}, "", "  ")
		return "$ terraform validate -json\n" + string(d) + "\n"
	},
}

func asJSON(s sample) string {
	d, _ := json.Marshal(map[string]any{
		"@level": "error", "@message": "Error: " + s.summary, "type": "diagnostic",
		"diagnostic": map[string]string{"severity": "error", "summary": s.summary, "detail": s.detail},
	})
	return `{"@level":"info","@message":"Terraform 1.11.4","type":"version"}` + "\n" + string(d) + "\n"
}

// behind writes the boxed error behind a prefix in every line.
func behind(prefix string) func(sample) string {
	return func(s sample) string { return everyLine(prefix, boxed(s)) }
}

func everyLine(prefix, text string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
}

var asCodePage437 = strings.NewReplacer("╷", "Γò╖", "│", "Γöé", "╵", "Γò╡")

func asUTF16(text string, order binary.AppendByteOrder, mark string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(mark + text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// boxed is the error as Terraform draws it: wrapped at 78 columns.
func boxed(s sample) string {
	body := wordwrap.WrapString("Error: "+s.summary+"\n\n"+s.detail, 76)
	return "Initializing the backend...\n╷\n│ " + strings.ReplaceAll(body, "\n", "\n│ ") + "\n╵\n"
}

func TestDiagnoseNamesEveryTextInEveryForm(t *testing.T) {
	for _, s := range samples {
		for form, write := range forms {
			t.Run(s.id+"/"+s.summary+"/"+form, func(t *testing.T) {
				got := FromText(write(s))
				if got[0].ID != s.id {
					t.Fatalf("got %s from:\n%s", got[0].ID, write(s))
				}
				for _, d := range got[1:] {
					if !d.consequence {
						t.Errorf("%s is said beside %s", d.ID, s.id)
					}
				}
			})
		}
	}
}

// ids is the fixed interface of issue 4, with what issues 11, 12 and 14 added at its end.
const ids = `credentials-missing profile-missing sso-expired mfa-profile token-expired key-invalid signature-mismatch clock-skew wrong-account assume-role-denied region-wrong region-invalid bucket-missing s3-list-denied s3-head-denied s3-get-denied s3-put-denied explicit-deny kms-denied kms-disabled kms-pending-deletion kms-not-found kms-id-invalid table-missing table-denied table-schema lock-held lock-release-failed lock-id-wrong lock-corrupt digest-mismatch state-not-saved state-format backend-changed backend-not-initialized migration-needs-answer provider-unavailable provider-lock-file config-invalid network-unreachable tls-untrusted throttled environment-denied disk-full engine-missing engine-killed account-lookup-denied web-identity-denied credential-process-failed region-not-enabled kms-pending-import kms-unavailable kms-updating kms-unusable file-denied state-conflict sso-not-assigned sso-sign-in-refused sso-settings-incomplete aws-login-profile web-identity-missing web-identity-expired unknown`

func TestTableHoldsExactlyTheFixedIDsAndEachIsTested(t *testing.T) {
	var ofCatalogue, fromSamples []string
	for _, d := range catalogue {
		ofCatalogue = append(ofCatalogue, d.ID)
		if d.Meaning == "" || d.Remedy == "" || d.Family == "" || d.Step == "" || len(d.text) == 0 {
			t.Errorf("%s lacks family, step, meaning, remedy or text", d.ID)
		}
	}
	if len(set(ofCatalogue)) != len(catalogue) {
		t.Errorf("a cause stands in the catalogue twice: %v", ofCatalogue)
	}
	for _, s := range samples {
		fromSamples = append(fromSamples, s.id)
	}
	want := set(strings.Fields(ids))
	if got := set(append(ofCatalogue, Unknown.ID)); !slices.Equal(got, want) {
		t.Errorf("the table has %v, not %v", got, want)
	}
	if got := set(fromSamples); !slices.Equal(got, want) {
		t.Errorf("the samples have %v, not %v", got, want)
	}
}

func set(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

func textOf(t *testing.T, list ...string) string {
	t.Helper()
	var text string
	for _, id := range list {
		i := slices.IndexFunc(samples, func(s sample) bool { return s.id == id })
		if i < 0 {
			t.Fatalf("no sample of %s", id)
		}
		text += boxed(samples[i])
	}
	return text
}

func TestTheQuoteOfALongErrorHoldsWhatMatched(t *testing.T) {
	t.Parallel()
	held := "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: " + strings.Repeat("R ", 150) +
		", api error PreconditionFailed: no\n│ Lock Info:\n│   ID:        0b1c2d3e-0000-1111-2222-333344445555\n│   Path:      acme/vpc\n│   Operation: OperationTypeApply\n│   Who:       kim@laptop\n│   Version:   1.10.5\n│   Created:   2026-01-05 07:59:31.4 +0000 UTC\n│ \n│ Terraform acquires a state lock to protect the state\n╵\n"
	got := FromText(held)[0]
	for _, want := range []string{"Error: Error acquiring the state lock", "Who: kim@laptop", "Created: 2026-01-05 07:59:31.4 +0000 UTC …"} {
		if got.ID != LockHeld.ID || !strings.Contains(got.Quote, want) || len(got.Quote) > longestQuote+20 {
			t.Errorf("%s is quoted without %q: %q", got.ID, want, got.Quote)
		}
	}
	if got := quote(strings.Repeat("x", 3000), 10); len(got) != longestQuote+len(" …") {
		t.Errorf("the beginning is %d bytes long", len(got))
	}
}

func found(text string) string {
	var list []string
	for _, d := range FromText(text) {
		list = append(list, d.ID)
	}
	return strings.Join(list, " ")
}

func TestDiagnosePutsCausesFirstAndConsequencesLast(t *testing.T) {
	for _, c := range []struct {
		texts []string
		want  string
	}{
		{[]string{"lock-held", "region-wrong"}, "region-wrong lock-held"},
		{[]string{"backend-not-initialized", "credentials-missing"}, "credentials-missing backend-not-initialized"},
		{[]string{"state-not-saved", "explicit-deny", "lock-release-failed"}, "explicit-deny state-not-saved lock-release-failed"},
		{[]string{"environment-denied", "profile-missing"}, "profile-missing environment-denied"},
		{[]string{"s3-put-denied", "kms-disabled"}, "kms-disabled s3-put-denied"},
		{[]string{"table-missing", "config-invalid"}, "config-invalid table-missing"},
		{[]string{"unknown", "throttled", "unknown"}, "throttled"},
	} {
		if got := found(textOf(t, c.texts...)); got != c.want {
			t.Errorf("%v: got %q, not %q", c.texts, got, c.want)
		}
	}
}

func TestDiagnoseMergesTheSameAndKeepsWhatDiffers(t *testing.T) {
	one := textOf(t, "profile-missing")
	if got := FromText(one + one); len(got) != 1 || len(got[0].Evidence) != 1 {
		t.Errorf("the same error twice gave %+v", got)
	}
	if got := found(one + strings.ReplaceAll(one, "admin_iam", "other")); got != "profile-missing profile-missing" {
		t.Errorf("two profiles gave %q", got)
	}
}

func TestDiagnoseTakesARoleErrorWithItsQuotedCauseAsOne(t *testing.T) {
	text := "Error: Cannot assume IAM Role\n\n  with provider[\"registry.terraform.io/hashicorp/aws\"],\n  on provider.tf line 1, in provider \"aws\":\n\nIAM Role (arn:aws:iam::222222222222:role/admin) cannot be assumed.\n\nError: operation error STS: AssumeRole, https response error StatusCode: 403, api error InvalidClientTokenId: The security token included in the request is invalid.\n"
	if got := found(text); got != "key-invalid" {
		t.Errorf("got %q", got)
	}
}

func TestDiagnoseIgnoresWarningsAndResourcesOfTheProject(t *testing.T) {
	warning := "Warning: S3 bucket does not exist.\n\nwhatever\n\n"
	for text, want := range map[string]string{
		warning + textOf(t, "throttled"): "throttled",
		"Error: reading S3 Object: NoSuchBucket: gone\n\n  with data.aws_s3_object.x,\n  on main.tf line 1, in data \"aws_s3_object\" \"x\":\n":                                                                                                                "unknown",
		`{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"creating X: AccessDenied: no","detail":"","address":"aws_x.y","range":{"filename":"main.tf","start":{"line":3}},"snippet":{"context":"resource \"aws_x\" \"y\""}}}`: "environment-denied",
	} {
		if got := found(text); got != want {
			t.Errorf("got %q, not %q, from %s", got, want, text)
		}
	}
}

// The texts in testdata/terraform-1.11.4 are that engine's own, made without AWS.
func TestDiagnoseNamesWhatTerraformItselfPrinted(t *testing.T) {
	for file, want := range map[string]string{
		"profile-missing":         "profile-missing",
		"credentials-missing":     "credentials-missing",
		"config-invalid":          "config-invalid",
		"region-invalid":          "region-invalid",
		"backend-not-initialized": "backend-not-initialized",
		"backend-changed":         "backend-changed",
		"backend-changed-at-init": "backend-changed",
		"migration-needs-answer":  "migration-needs-answer",
		"state-format":            "state-format",
		"network-unreachable":     "network-unreachable provider-unavailable",
	} {
		text, err := os.ReadFile("testdata/terraform-1.11.4/" + file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if got := found(string(text)); got != want {
			t.Errorf("%s: got %q, not %q", file, got, want)
		}
	}
}

const testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func TestDiagnoseShowsKeyIDsAndNoSecrets(t *testing.T) {
	token := strings.Repeat("IQoJb3JpZ2luX2Vj", 20)
	for _, id := range []string{"key-invalid", "unknown"} {
		text := textOf(t, id)
		text = strings.Replace(text, "\n╵", "\n│ id AKIAIOSFODNN7EXAMPLE "+testSecret+" "+token+" password = \"hunter2\" https://oauth2:glpat-x1@host/\n│ AWS_SESSION_TOKEN=abcdef\n╵", 1)
		shown, err := json.Marshal(FromText(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{testSecret, token, "hunter2", "glpat-x1", "abcdef"} {
			if strings.Contains(string(shown), hidden) {
				t.Errorf("%s shows %s: %s", id, hidden, shown)
			}
		}
		if !strings.Contains(string(shown), "AKIAIOSFODNN7EXAMPLE") {
			t.Errorf("%s lost the key id: %s", id, shown)
		}
	}
}

func TestDiagnoseOfWhatReadRefusesIsUnknown(t *testing.T) {
	for _, text := range []string{"", "\x00\x01" + testSecret, "2026-11-23T10:00:00.123Z [DEBUG] x509: no\n"} {
		if got := FromText(text); len(got) != 1 || got[0].ID != Unknown.ID || strings.Contains(got[0].Evidence[0], testSecret) {
			t.Errorf("%q gave %+v", text, got)
		}
	}
}

func TestDiagnoseDoesNotTakeARequestIDForAStatus(t *testing.T) {
	if got := found("Error: x\n\noperation error S3: HeadObject, https response error StatusCode: 404, RequestID: A403B\n"); got != Unknown.ID {
		t.Errorf("got %q", got)
	}
}

func TestDiagnoseUnknownKeepsTheText(t *testing.T) {
	text := "first line\n  of a failure nobody knows\n"
	if got := FromText(text); len(got) != 1 || got[0].ID != Unknown.ID || got[0].Evidence[0] != text {
		t.Errorf("got %+v", got)
	}
}

func TestDiagnoseReadsTheArticlesTwoTexts(t *testing.T) {
	article, err := os.ReadFile("testdata/article.txt")
	if err != nil {
		t.Fatal(err)
	}
	first, second, ok := strings.Cut(string(article), "----\n")
	if !ok || found(first) != "credentials-missing" || found(second) != "region-wrong" {
		t.Errorf("got %q and %q", found(first), found(second))
	}
}

func FuzzFromText(f *testing.F) {
	for _, s := range samples {
		f.Add(boxed(s))
	}
	for _, write := range forms {
		f.Add(write(samples[0]))
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := FromText(text + "\n" + testSecret + "\n")
		if len(list) == 0 {
			t.Fatal("no diagnosis")
		}
		for _, d := range list {
			shown, err := json.Marshal(d)
			if err != nil || strings.Contains(string(shown), testSecret) || len(d.Evidence) == 0 {
				t.Fatalf("%v: %s", err, shown)
			}
		}
	})
}
