package diagnosis

import (
	"strings"
	"testing"
)

// TestARefusalLeadsToWhatItsPolicyCanDo has every type of policy that AWS names, in a
// refusal by a Deny statement and in one for want of an Allow.
func TestARefusalLeadsToWhatItsPolicyCanDo(t *testing.T) {
	t.Parallel()
	says := map[string]string{
		"service control policy": "SCP", "resource control policy": "RCP", "permissions boundary": "boundary", "session policy": "session",
		"VPC endpoint policy": "endpoint", "identity-based policy": "stateroom login", "resource-based policy": "bucket's policy", "role trust policy": "trust policy",
	}
	for policy, want := range says {
		got := FromText(textOfDenial("with an explicit deny in a " + policy))
		if got[0].ID != "explicit-deny" || !strings.Contains(got[0].Remedy, want) || strings.Contains(strings.ToLower(got[0].Remedy), "allow the action") || strings.HasPrefix(got[0].Remedy, "Allow") {
			t.Errorf("a Deny of a %s leads to %s: %s", policy, got[0].ID, got[0].Remedy)
		}
		if policy == "identity-based policy" || policy == "resource-based policy" || policy == "role trust policy" {
			continue // whose Allow is missing where no other policy stands in the way
		}
		got = FromText(textOfDenial("because no " + policy + " allows the s3:PutObject action"))
		if got[0].ID != "s3-put-denied" || !strings.Contains(got[0].Remedy, want) {
			t.Errorf("no Allow in a %s leads to %s: %s", policy, got[0].ID, got[0].Remedy)
		}
	}
}

func textOfDenial(reason string) string {
	return boxed(sample{summary: "Failed to save state", detail: "Error saving state: failed to upload state: " +
		s3Denied("PutObject", denied("s3:PutObject", `"arn:aws:s3:::states/app.tfstate"`, reason))})
}

func TestARefusalShowsThePolicyAndWhereAWSExplainsIt(t *testing.T) {
	t.Parallel()
	const arn, link, id = "arn:aws:organizations::222222222222:policy/o-x/service_control_policy/p-1", "https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/a1b2c3", "a1b2c3"
	got := FromText(textOfDenial("with an explicit deny in a service control policy: " + arn + ". Go to " + link + " for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: " + id))
	if !strings.Contains(got[0].Remedy, arn) || !strings.Contains(got[0].Remedy, link) {
		t.Errorf("the remedy is %q", got[0].Remedy)
	}
	got = FromText(textOfDenial("with an explicit deny in a service control policy. Call the GetRequestAuthorizationDetails API with the following authorization id: " + id))
	if !strings.Contains(got[0].Remedy, id) {
		t.Errorf("the remedy is %q", got[0].Remedy)
	}
}

// TestALinkThatIsNotAWSsIsNotShownAsAWSs: a pasted text may come from anybody.
func TestALinkThatIsNotAWSsIsNotShownAsAWSs(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"evil.example", "console.aws.amazon.com.evil.example", "evil.example/console.aws.amazon.com", "evil-console.aws.amazon.com@evil.example", "xconsole.aws.amazon.com"} {
		got := FromText(textOfDenial("with an explicit deny in a service control policy. Go to https://" + host + "/iam/home#/authorization-details/a1b2c3 for complete details"))
		if strings.Contains(got[0].Remedy, "https://") {
			t.Errorf("the remedy is %q", got[0].Remedy)
		}
	}
	const china = "https://cn-north-1.console.amazonaws.cn/iam/home?region=cn-north-1#/authorization-details/a1b2c3"
	if got := FromText(textOfDenial("with an explicit deny in a service control policy. Go to " + china + " for complete details")); !strings.Contains(got[0].Remedy, china) {
		t.Errorf("the remedy is %q", got[0].Remedy)
	}
}

// TestADenyInAResourceIsNoMissingPermission has the environment's role refused by a policy
// that the role's own cannot outweigh.
func TestADenyInAResourceIsNoMissingPermission(t *testing.T) {
	t.Parallel()
	got := FromText(boxed(sample{summary: "creating S3 Bucket (app)", detail: s3Denied("CreateBucket", denied("s3:CreateBucket", `"arn:aws:s3:::app"`, "with an explicit deny in a service control policy")) + ` with aws_s3_bucket.app, on main.tf line 3, in resource "aws_s3_bucket" "app":`}))
	if got[0].ID != "environment-denied" || !strings.Contains(got[0].Remedy, "SCP") || strings.Contains(got[0].Remedy, "Add the action") {
		t.Errorf("got %s: %s", got[0].ID, got[0].Remedy)
	}
}

// TestTheInnermostCauseDecides has wrappers that name another cause than what they quote.
func TestTheInnermostCauseDecides(t *testing.T) {
	t.Parallel()
	const none = "Error: No valid credential sources found\n\nPlease see the documentation.\n\nError: "
	const chain = "Error: Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, "
	for text, want := range map[string]string{
		none + "failed to refresh cached credentials, operation error STS: AssumeRole, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post \"https://sts.eu-west-1.amazonaws.com/\": x509: certificate signed by unknown authority":            "tls-untrusted",
		none + "failed to refresh cached credentials, operation error STS: AssumeRole, https response error StatusCode: 0, RequestID: , request send failed, Post \"https://sts.eu-west-1.amazonaws.com/\": Proxy Authentication Required":                                                                    "network-unreachable",
		none + "failed to refresh cached credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 1, ExpiredTokenException: Token expired: current date/time 1 must be before the expiration date/time 0":                                                "web-identity-expired",
		none + "failed to refresh cached credentials, process provider error: error in credential_process: exit status 1":                                                                                                                                                                                     "credential-process-failed",
		none + "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, exceeded maximum number of attempts, 3, request send failed, Get \"http://169.254.169.254/latest/meta-data/\": dial tcp 169.254.169.254:80: connect: no route to host":                    "credentials-missing",
		none + "failed to refresh cached credentials, operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error ExpiredToken: The security token included in the request is expired":                                                                                     "token-expired",
		chain + "operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: " + denied("sts:AssumeRole", "arn:aws:iam::222222222222:role/x", ""):                                                                                                            "assume-role-denied",
		chain + "operation error SSO: GetRoleCredentials, https response error StatusCode: 401, RequestID: 1, UnauthorizedException: Session token not found or invalid":                                                                                                                                      "sso-expired",
		"Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, https response error StatusCode: 412" + tail16 + "api error PreconditionFailed: no\noperation error S3: GetObject, https response error StatusCode: 403" + tail16 + "api error AccessDenied: Access Denied\n": "lock-held",
	} {
		if got := found(text); got != want {
			t.Errorf("got %q, not %q, from %s", got, want, text)
		}
	}
}
