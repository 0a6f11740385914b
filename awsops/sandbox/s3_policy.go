package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"stateroom/awsops/policy"
)

func getBucketPolicy(c *s3Call) (response, error) {
	if c.bucket.policy == nil {
		return response{}, noSuchBucketPolicy(c.name)
	}
	return response{header: http.Header{"Content-Type": {"application/json"}}, body: []byte(c.bucket.policyText)}, nil
}

func noSuchBucketPolicy(name string) error {
	return fail(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist").with(details{"BucketName": name})
}

func (s *s3Service) putPolicy(c *s3Call) (response, error) {
	if len(c.body) > 20*1024 {
		return response{}, malformedBucketPolicy("Policy exceeds the maximum allowed document size.")
	}
	text := s.byARN(string(c.body))
	document, err := policy.Parse(text)
	if err != nil || len(document.Statements) == 0 {
		return response{}, malformedBucketPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	for _, statement := range document.Statements {
		if err := s.checkBucketStatement(c, statement); err != nil {
			return response{}, err
		}
	}
	if c.bucket.access != nil && c.bucket.access.BlockPublicPolicy && len(policy.Public(document)) > 0 {
		return response{}, fail(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: \"%s\" because public policies are blocked by the BlockPublicPolicy block public access setting.", c.caller.arn, c.bucket.arn())
	}
	c.bucket.policyText, c.bucket.policy = text, &document
	return response{status: http.StatusNoContent}, nil
}

// rewritePolicies has the buckets' policies rewritten.
func (s *s3Service) rewritePolicies(alter rewrite) {
	for _, b := range s.buckets {
		if b.policy == nil {
			continue
		}
		if text := alter("s3", b.account, b.arn(), b.policyText); text != b.policyText {
			document := s.document(text)
			b.policyText, b.policy = text, &document
		}
	}
}

func malformedBucketPolicy(message string) error {
	return badRequest("MalformedPolicy", "%s", message)
}

// checkBucketStatement refuses what S3 refuses when a policy is put: unknown
// principals, actions of other services, resources outside the bucket, and a
// statement whose actions cannot apply to any of its resources.
func (s *s3Service) checkBucketStatement(c *s3Call, statement policy.Statement) error {
	if len(statement.Principals) == 0 && len(statement.NotPrincipals) == 0 {
		return malformedBucketPolicy("Missing required field Principal")
	}
	if s.unknownPrincipal(statement, c.now) != "" {
		return malformedBucketPolicy("Invalid principal in policy")
	}
	for _, action := range slices.Concat(statement.Actions, statement.NotActions) {
		if action != "*" && !strings.HasPrefix(strings.ToLower(action), "s3:") {
			return malformedBucketPolicy("Policy has invalid action")
		}
	}
	resources := slices.Concat(statement.Resources, statement.NotResources)
	if len(resources) == 0 {
		return malformedBucketPolicy("Missing required field Resource")
	}
	for _, resource := range resources {
		name, ok := strings.CutPrefix(resource, s.partition.arn("s3", "", "", ""))
		bucket, _, _ := strings.Cut(name, "/")
		if !ok || !policyNames(bucket, c.name) {
			return malformedBucketPolicy("Policy has invalid resource")
		}
	}
	if len(statement.Actions) > 0 && len(statement.Resources) > 0 && !anyApplies(statement) {
		return malformedBucketPolicy("Action does not apply to any resource(s) in statement")
	}
	return nil
}

// policyNames says whether a pattern of a policy can mean the bucket.
func policyNames(pattern, bucket string) bool {
	if head, _, wild := strings.Cut(pattern, "*"); wild {
		return strings.HasPrefix(bucket, head)
	}
	return pattern == bucket
}

// objectActions begin the names of the actions on objects; all others are on
// the bucket.
var objectActions = []string{"getobject", "putobject", "deleteobject", "abortmultipartupload", "listmultipartuploadparts", "restoreobject"}

// anyApplies says whether each action can apply to one of the resources.
func anyApplies(statement policy.Statement) bool {
	return !slices.ContainsFunc(statement.Actions, func(action string) bool {
		name := strings.TrimPrefix(strings.ToLower(action), "s3:")
		if strings.ContainsAny(name, "*?") {
			return false
		}
		object := slices.ContainsFunc(objectActions, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		return !slices.ContainsFunc(statement.Resources, func(resource string) bool {
			slash := strings.Contains(resource, "/")
			return slash == object || object && strings.HasSuffix(resource, "*")
		})
	})
}
