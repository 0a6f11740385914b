package sandbox

import (
	"regexp"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

var (
	iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPath = regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`)
)

// checkName holds the rules for names: characters and length.
func checkName(member, name string, longest int) error {
	switch {
	case name == "":
		return invalid("ValidationError", "", member, "not be null")
	case len(name) > longest:
		return invalid("ValidationError", name, member, "have length less than or equal to %d", longest)
	case !iamName.MatchString(name):
		return validation("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

func checkPath(path string) error {
	if !iamPath.MatchString(path) || len(path) > 512 {
		return validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

// checkTags holds the rules for tags: fifty, and lengths.
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return limitExceeded("The number of tags has reached the maximum limit.")
	}
	for key, value := range tags {
		if key == "" || len(key) > 128 || len(value) > 256 {
			return invalid("ValidationError", key, "tags", "have length between 1 and 128 for a key and at most 256 for a value")
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return badRequest("InvalidInput", "Caller is trying to add/remove system tag: %s", key)
		}
	}
	return nil
}

func malformed(format string, args ...any) *apiError {
	return badRequest("MalformedPolicyDocument", format, args...)
}

// checkIdentityPolicy refuses what IAM refuses in an identity policy.
func (s *core) checkIdentityPolicy(text string) error {
	doc, err := checkDocument(text)
	if err != nil {
		return err
	}
	if err := policy.AcceptedIdentity(doc, s.partition.id); err != nil {
		return malformed("%s", err)
	}
	return nil
}

// checkTrust refuses what IAM refuses in a role's trust policy, principals
// that do not exist among it.
func (s *core) checkTrust(account, text string, now time.Time) error {
	if most := s.quota(account, "AssumeRolePolicySize"); policySize(text) > most {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", most)
	}
	doc, err := checkDocument(text)
	if err != nil {
		return err
	}
	for _, st := range doc.Statements {
		if len(st.Resources) > 0 || len(st.NotResources) > 0 {
			return malformed("Has prohibited field Resource")
		}
		if len(st.Principals) == 0 && len(st.NotPrincipals) == 0 {
			return malformed("Missing required field Principal")
		}
		for _, action := range st.Actions {
			if !strings.HasPrefix(strings.ToLower(action), "sts:") && action != "*" {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, provider := range st.Principals["Federated"] {
			if err := checkShared(st.Conditions, provider); err != nil && st.Effect == policy.Allow {
				return err
			}
		}
		for _, principal := range st.Principals["AWS"] {
			if !s.principalKnown(principal, now) {
				return malformed("Invalid principal in policy: \"AWS\":\"%s\"", principal)
			}
		}
	}
	return nil
}

// checkDocument holds what is true of every policy.
func checkDocument(text string) (policy.Document, error) {
	doc, err := policy.Parse(text)
	if err != nil {
		return doc, malformed("Syntax errors in policy.")
	}
	if err := policy.Accepted(doc); err != nil {
		return doc, malformed("%s", err)
	}
	return doc, nil
}

// policySize counts characters without white space, as IAM's limits do.
func policySize(text string) int { return len(strings.Join(strings.Fields(text), "")) }
