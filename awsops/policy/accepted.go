package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Accepted says, in IAM's words where they are known, why no document like this is stored,
// whatever it is attached to; nil where nothing is known that stands against it.
func Accepted(d Document) error {
	if len(d.Statements) == 0 {
		return errors.New("Syntax errors in policy.") //nolint:staticcheck // AWS's words
	}
	sids := map[string]bool{}
	for _, s := range d.Statements {
		if s.Sid != "" && sids[s.Sid] {
			return errors.New("Statement IDs (SID) in a single policy must be unique.") //nolint:staticcheck // AWS's words
		}
		sids[s.Sid] = true
		for _, action := range slices.Concat(s.Actions, s.NotActions) {
			if action != "*" && !strings.Contains(action, ":") {
				return errors.New("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.") //nolint:staticcheck // AWS's words
			}
		}
	}
	return nil
}

// AcceptedIdentity is [Accepted] for the policies of users, groups and roles in a
// partition: they name resources and no principals ("Troubleshoot IAM policies" and "IAM
// JSON policy elements: Sid" of the IAM User Guide).
func AcceptedIdentity(d Document, partition string) error {
	if err := Accepted(d); err != nil {
		return err
	}
	for _, s := range d.Statements {
		resources := slices.Concat(s.Resources, s.NotResources)
		switch {
		case strings.ContainsFunc(s.Sid, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}):
			return errors.New("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		case len(s.Principals) > 0 || len(s.NotPrincipals) > 0:
			return errors.New("Policy document should not specify a principal.") //nolint:staticcheck // AWS's words
		case len(resources) == 0:
			return errors.New("Policy statement must contain resources.") //nolint:staticcheck // AWS's words
		}
		for _, resource := range resources {
			if resource != "*" && !strings.HasPrefix(resource, "arn:") {
				return fmt.Errorf("Resource %s must be in ARN format or \"*\".", resource) //nolint:staticcheck // AWS's words
			}
			if in := strings.SplitN(resource, ":", 3); len(in) > 1 && in[1] != partition && !strings.ContainsAny(in[1], "*?") {
				return fmt.Errorf("Partition \"%s\" is not valid for resource \"%s\".", in[1], resource) //nolint:staticcheck // AWS's words
			}
		}
	}
	return nil
}
