package diagnosis

import (
	"encoding/json"
	"strings"
	"testing"
)

// healthy are outputs of commands that went through, with words of failures in them.
var healthy = map[string]string{
	"no changes":    "aws_sns_topic.errors: Refreshing state... [id=arn:aws:sns:eu-west-1:1:AccessDenied]\n\nNo changes. Your infrastructure matches the configuration.\n\nTerraform has compared your real infrastructure against your configuration\nand found no differences, so no changes are needed.\n",
	"apply":         "aws_lambda_function.handler: Modifying... [id=ExpiredToken-cleaner]\naws_lambda_function.handler: Still modifying... [id=ExpiredToken-cleaner, 10s elapsed]\n\nApply complete! Resources: 0 added, 1 changed, 0 destroyed.\n\nOutputs:\n\nfailed_queue_url = \"https://sqs/x509: failed\"\n",
	"plan":          "Terraform will perform the following actions:\n\n  # aws_cloudwatch_metric_alarm.s3-SlowDown will be created\n  + resource \"aws_cloudwatch_metric_alarm\" \"s3-SlowDown\" {\n      + alarm_description = <<-EOT\n            Error: AccessDenied: operation error S3: GetObject, StatusCode: 403\n        EOT\n    }\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
	"warning":       boxed(sample{"", "x", "y"})[:0] + "╷\n│ Warning: Deprecated Parameter\n│ \n│ The parameter \"dynamodb_table\" is deprecated. NoSuchBucket: use_lockfile instead.\n╵\n\nNo changes. Your infrastructure matches the configuration.\n",
	"plain warning": "\nWarning: Value for undeclared variable\n\nThe root module does not declare a variable named \"x\" but a value was found.\n\nSuccess! The configuration is valid, but there were some\nvalidation warnings as shown above.\n",
	"init":          "Initializing the backend...\n\nSuccessfully configured the backend \"s3\"! Terraform will automatically\nuse this backend unless the backend configuration changes.\nInitializing provider plugins...\n- Finding hashicorp/aws versions matching \"~> 6.0\"...\n- Installed hashicorp/aws v6.1.0 (signed by HashiCorp)\n\nTerraform has been successfully initialized!\n\nIf you ever set or change modules or backend configuration for Terraform,\nrerun this command to reinitialize your working directory. If you forget, other\ncommands will detect it and remind you to do so if necessary.\n",
	"locks":         "Acquiring state lock. This may take a few moments...\naws_x.y: Refreshing state... [id=1]\n\nNo changes. Your infrastructure matches the configuration.\nReleasing state lock. This may take a few moments...\n",
	"state list":    "aws_sns_topic.errors\nmodule.denied[\"failed\"].aws_x.invalid\n",
	"output":        "errors_topic = \"arn:aws:sns:eu-west-1:1:errors\"\n",
	"show -json":    "{\"format_version\":\"1.0\",\"terraform_version\":\"1.11.4\",\"values\":{\"error\":\"AccessDenied\"}}\n",
	"pretty JSON":   "{\n  \"error\": \"AccessDenied\",\n  \"failed\": [\n    \"NoSuchBucket\"\n  ]\n}\n",
	"-json":         "{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\",\"type\":\"version\"}\n{\"@level\":\"info\",\"@message\":\"aws_sns_topic.errors: Plan to create\",\"type\":\"planned_change\"}\n",
	"-json, ended":  "{\"@level\":\"info\",\"@message\":\"aws_x.errors: Refreshing state\",\"type\":\"refresh_start\"}\n{\"@level\":\"info\",\"@message\":\"Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\",\"type\":\"change_summary\"}\n",
	"-json warning": "{\"@level\":\"warn\",\"@message\":\"Warning: x\",\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"warning\",\"summary\":\"AccessDenied\",\"detail\":\"x509: failed\"}}\n",
	"validate":      "{\n  \"format_version\": \"1.0\",\n  \"valid\": true,\n  \"error_count\": 0,\n  \"warning_count\": 0,\n  \"diagnostics\": []\n}\n",
	"version":       "Terraform v1.11.4\non linux_amd64\n\nYour version of Terraform is out of date! The latest version\nis 1.16.0. You can update by downloading from https://developer.hashicorp.com/terraform/install\n",
	"workspaces":    "  default\n* errors\n",
	"destroy":       "aws_x.y: Destroying... [id=1]\naws_x.y: Destruction complete after 1s\n\nDestroy complete! Resources: 1 destroyed.\n",
	"provisioner":   "aws_x.y: Provisioning with 'local-exec'...\naws_x.y (local-exec): Executing: [\"/bin/sh\" \"-c\" \"curl x || true\"]\naws_x.y (local-exec): Error: NoSuchKey: The specified key does not exist\naws_x.y (local-exec): dial tcp: lookup x: no such host\naws_x.y: Creation complete after 3s [id=x]\n\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n",
	"unlock":        "Terraform state has been successfully unlocked!\n\nThe state has been unlocked, and Terraform commands should now be able to\nobtain a new lock on the remote state.\n",
	"terragrunt":    "10:00:01.100 STDOUT [net] tofu: No changes. Your infrastructure matches the configuration.\n10:00:01.200 STDOUT [db] tofu: aws_sns_topic.errors: Refreshing state... [id=failed]\n",
}

func TestHealthyOutputHasNoError(t *testing.T) {
	t.Parallel()
	for name, text := range healthy {
		for form, shown := range map[string]string{"as it is": text, "in a log": everyLine("2026-11-23T10:00:00.123Z ", text), "in compose": everyLine("tf-1  | ", text)} {
			got := FromText(shown)
			if len(got) != 1 || got[0].Diagnosis != NoError || len(got[0].Evidence) != 1 {
				t.Errorf("%s, %s: got %s", name, form, found(shown))
			}
		}
	}
}

func TestAnErrorBesideHealthyOutputIsFound(t *testing.T) {
	t.Parallel()
	for name, text := range healthy {
		if json.Valid([]byte(text)) {
			continue
		}
		if got := found(text + textOf(t, "lock-held")); got != "lock-held" {
			t.Errorf("%s and an error give %q", name, got)
		}
		if got := found(text + "\nAn error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id you provided does not exist in our records.\n"); got != "key-invalid" {
			t.Errorf("%s and a sentence of the AWS CLI give %q", name, got)
		}
	}
}

func TestWhatFailedWithoutAKnownCauseIsUnknownAndNotHealthy(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Error: Process completed with exit code 1.\n",
		"Error: the flux capacitor is empty\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
		"make: *** [Makefile:3: plan] Error 1\n",
		"panic: runtime error: index out of range\n",
		"Segmentation fault\n",
		"zsh: command not found: terrafrom\n",
		"No changes.\n\nAn error occurred (Gremlins) when calling the Flux operation: no\n",
	} {
		if got := found(text); got != Unknown.ID {
			t.Errorf("%q gives %q", text, got)
		}
	}
}

func TestTheErrorsOfSeveralUnitsAreKeptApartAndNamed(t *testing.T) {
	t.Parallel()
	lock, list := strings.Split(boxed(samples[0]), "\n"), strings.Split(textOf(t, "lock-held"), "\n")
	var log strings.Builder
	for i := range max(len(lock), len(list)) {
		for unit, lines := range map[string][]string{"net": lock, "db": list} {
			if i < len(lines) {
				log.WriteString("10:00:01.100 STDERR [" + unit + "] tofu: " + lines[i] + "\n")
			}
		}
	}
	got := FromText(log.String())
	if len(got) != 2 || got[0].ID != samples[0].id || got[0].Unit != "net" || got[1].ID != "lock-held" || got[1].Unit != "db" {
		t.Errorf("got %+v", got)
	}
	same := everyLine("net-1  | ", textOf(t, "lock-held")) + everyLine("db-1  | ", textOf(t, "lock-held"))
	if got := FromText(same); len(got) != 2 || got[0].Unit != "net-1" || got[1].Unit != "db-1" {
		t.Errorf("one error of two units gave %+v", got)
	}
}

func TestEveryMessageOfAFailureIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	const expired, missing = "ExpiredToken: The security token included in the request is expired", "NoSuchBucket: The specified bucket does not exist"
	for name, text := range map[string]string{
		"one unit":   "ERRO[0001] " + expired + "\n\tstatus code: 403, request id: 4b7e\nERRO[0001] Create S3 bucket a returned an error: " + missing + "\n",
		"units":      "12:00:00.000 ERROR  [live/a] error occurred: " + expired + "\n12:00:00.000 ERROR  [live/b] error occurred: " + missing + "\n",
		"AWS CLI":    "$ aws s3 ls\n\nAn error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: no\n$ aws sts get-caller-identity\n\nAn error occurred (ExpiredToken) when calling the GetCallerIdentity operation: no\n",
		"logfmt":     "time=2026-11-27T23:42:01Z level=error msg=Module /a has finished with an error: " + expired + "\n\tstatus code: 403 prefix=[/a] \ntime=2026-11-27T23:42:01Z level=error msg=Module /b has finished with an error: " + missing + "\n",
		"JSON lines": `{"level":"error","prefix":"a","msg":"` + expired + `"}` + "\n" + `{"level":"error","prefix":"b","msg":"` + missing + `"}` + "\n",
	} {
		if got := found(text); got != TokenExpired.ID+" "+BucketMissing.ID {
			t.Errorf("%s: %q gives %q", name, text, got)
		}
	}
	const wrapped = `{"level":"error","msg":"Error finding AWS credentials: RequestError: send request failed\ncaused by: Post \"https://sts.amazonaws.com/\": x509: certificate signed by unknown authority"}`
	if got := found(wrapped); got != TLSUntrusted.ID {
		t.Errorf("a message of two lines gives %q", got)
	}
}

func TestWhatTerraformAddsToAProvidersErrorIsNoCause(t *testing.T) {
	t.Parallel()
	const added = "Error: Invalid provider configuration\n\nProvider \"registry.terraform.io/hashicorp/aws\" requires explicit configuration. Add a\nprovider block to the root module and configure the provider's required\narguments as described in the provider documentation.\n\n"
	for rest, want := range map[string]string{
		"Error: error configuring Terraform AWS Provider: no valid credential sources for Terraform AWS Provider found.\n": CredentialsMissing.ID,
		"Error: Invalid AWS Region: \n\n  with provider[\"registry.terraform.io/hashicorp/aws\"],\n":                       RegionInvalid.ID,
		"Error: the flux capacitor is empty\n": Unknown.ID,
	} {
		if got := found(added + rest); got != want {
			t.Errorf("%q gives %q", rest, got)
		}
	}
}

func TestAUnitIsANameAndNoTimeOrLevel(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"": "", "10:00:01.100 STDERR [net] tofu: ": "net", "[terragrunt] [/live/net] 2026/11/23 10:00:01 ": "/live/net",
		"terraform-1  | ": "terraform-1", "[2026-11-23T10:00:00Z] [ERROR] ": "", "[10:00:00]W:\t [Step 2/3] ": "",
		"plan\tRun terraform\t2026-11-23T10:00:00Z ": "plan", "> ": "", "2026-11-23T10:00:00Z ": "", "[ecs][2026-11-23T10:00:00+0000] Error=": "ecs",
	} {
		if got := unitOf(prefix); got != want {
			t.Errorf("%q names %q, not %q", prefix, got, want)
		}
	}
}
