package diagnosis

import (
	"fmt"
	"strings"
	"testing"
)

// An error reads the same however a tracker, a chat or a mail puts it.
func TestAnErrorIsReadInWhateverMarkupItStands(t *testing.T) {
	t.Parallel()
	const told = "Error: error loading state: BucketRegionError: incorrect region, the bucket is not in 'us-east-1' region status code: 301, request id: , host id: "
	for _, form := range []string{
		"Hi,\n\n- %s\n", "* %s\n", "1. %s\n2. then nothing\n", "- [ ] %s\n- [x] done\n", "**%s**\n", "`%s`\n", "- `%s`\n", "```\n%s\n```\n", "```%s```\n",
		"### %s\n", "| a | b |\n|---|---|\n| x | %s |\n", "> > %s\n", "> - %s\n", "&gt; %s\n", "<pre><code>%s</code></pre>\n", "<ul><li>%s</li></ul>\n", "Failed:<br/>%s<br/>",
		"{noformat}%s{noformat}\n", "{code:title=plan}%s\n{code}", "bq. %s\n", "❌ %s\n", "• %s\n", "I get \"%s\" since today.\n",
		"No changes. Your infrastructure matches the configuration.\n\nIn the other project:\n\n- %s\n", "Success! The configuration is valid.\n\n1. `%s`\n", "No changes.\n\n| net | %s |\n",
	} {
		if got := found(fmt.Sprintf(form, told)); got != RegionWrong.ID {
			t.Errorf("%q gives %q", form, got)
		}
	}
}

func TestAListOfWhatFailedIsNoPlan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"What I tried:\n- aws sts get-caller-identity works\n- aws s3 ls says An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied\n":                                                                S3ListDenied.ID,
		"Terraform will perform the following actions:\n\n  + resource \"aws_x\" \"y\" {\n      - \"An error occurred (AccessDenied) when calling the ListObjectsV2 operation\",\n    }\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n": NoError.ID,
	} {
		if got := found(text); got != want {
			t.Errorf("%q gives %q, not %q", text, got, want)
		}
	}
}

// A number and a tag are characters of the text, and a control character is none.
func TestWhatHTMLWroteIsReadAsText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"&#x2502; a &quot;b&quot; &#60;c&#62;": "│ a \"b\" <c>", "&#27;[31m&#0;": "[31m", "a &unknown; b": "a &unknown; b",
		"<Error><Code>NoSuchKey</Code></Error>": "<Error><Code>NoSuchKey</Code></Error>",
		"  + note = \"<p>a</p>\"":               "  + note = \" a \"",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// Whom a refusal names is told whom to allow what; a Deny statement is never answered so.
func TestARefusalInTheEnvironmentNamesWhomToAllowWhat(t *testing.T) {
	t.Parallel()
	const told = "Error: creating IAM Role (app): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: User: arn:aws:sts::222222222222:assumed-role/TerraformAdmin/alice is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::222222222222:role/app %s\n\n  with aws_iam_role.app,\n  on iam.tf line 1, in resource \"aws_iam_role\" \"app\":\n"
	got := FromText(fmt.Sprintf(told, "because no identity-based policy allows the iam:CreateRole action"))[0]
	if want := "Allow iam:CreateRole to arn:aws:sts::222222222222:assumed-role/TerraformAdmin/alice, "; got.ID != EnvironmentDenied.ID || got.Remedy[:len(want)] != want {
		t.Errorf("got %s: %s", got.ID, got.Remedy)
	}
	for _, policy := range []string{"in a service control policy", "in a permissions boundary", ""} {
		got := FromText(fmt.Sprintf(told, "with an explicit deny "+policy))[0]
		if got.Meaning != ExplicitDeny.Meaning || wording(`\bAllow |^Add `).regexp().MatchString(got.Remedy) {
			t.Errorf("%s: %s %s", policy, got.Meaning, got.Remedy)
		}
	}
}

// jq prints a line of -json over many, and the one that failed is the last of hundreds.
func TestTheDiagnosticOfALongPrettyLogIsRead(t *testing.T) {
	t.Parallel()
	progress := "{\n  \"@level\": \"info\",\n  \"@message\": \"Plan\",\n  \"type\": \"planned_change\"\n}\n"
	failed := "{\n  \"@level\": \"error\",\n  \"type\": \"diagnostic\",\n  \"diagnostic\": {\n    \"severity\": \"error\",\n    \"summary\": \"api error ExpiredToken: expired\"\n  }\n}\n"
	if got := found(strings.Repeat(progress, 500) + failed); got != TokenExpired.ID {
		t.Errorf("got %q", got)
	}
}
