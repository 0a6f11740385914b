package sandbox

import (
	"strings"

	"stateroom/awsops/policy"
)

// authorizeKey asks whether the caller may do an operation with a key. Beside
// the usual evaluation KMS demands that the key policy itself takes part: an
// identity policy counts only if the key policy gives the caller's account the
// operation ("Allowing access to AWS accounts", KMS developer guide).
func (s *kmsService) authorizeKey(r *request, operation string, key *kmsKey, conditions map[string][]string) error {
	action := "kms:" + operation
	conditions = key.tags.resourceConditions(conditions)
	conditions["kms:CallerAccount"] = []string{r.account.id}
	conditions["kms:KeySpec"] = []string{key.spec}
	conditions["kms:KeyUsage"] = []string{key.usage}
	conditions["kms:KeyOrigin"] = []string{"AWS_KMS"}
	if aliases := s.aliasesOf(key); len(aliases) > 0 {
		conditions["kms:ResourceAliases"] = aliases
	}
	if err := s.authorize(r, action, key.arn, key.account, &key.policy, conditions); err != nil {
		return err
	}
	if s.options.Unenforced || s.keyPolicyAdmits(r, action, key, conditions) {
		return nil
	}
	message := "User: " + r.caller.arn + " is not authorized to perform: " + action + " on resource: " + key.arn +
		" because no resource-based policy allows the " + action + " action"
	return accessDenied.in(r.protocol, message)
}

// keyPolicyAdmits says whether the key policy allows an action to the caller
// or to the caller's account as a whole.
func (s *kmsService) keyPolicyAdmits(r *request, action string, key *kmsKey, conditions map[string][]string) bool {
	ask, all := s.question(r, action, key.arn, r.account.id, &key.policy, conditions)
	alone := policy.Policies{Resource: all.Resource}
	for _, principal := range []string{r.caller.arn, s.partition.arn("iam", "", r.account.id, "root")} {
		ask.Principal = principal
		if policy.Evaluate(ask, alone).Allowed {
			return true
		}
	}
	return false
}

func (s *kmsService) defaultKeyPolicy(account string) string {
	return `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",` +
		`"Principal":{"AWS":"` + s.partition.arn("iam", "", account, "root") + `"},"Action":"kms:*","Resource":"*"}]}`
}

// setKeyPolicy gives a key a policy, after KMS's checks: it parses, its
// principals exist, and the caller can change it again (unless bypassed).
func (s *kmsService) setKeyPolicy(r *request, key *kmsKey, text string, bypass bool) error {
	if len(text) > 32768 {
		return badRequest("LimitExceededException", "The key policy exceeds the limit of 32768 bytes.")
	}
	text = s.byARN(text)
	document, err := policy.Parse(text)
	if err != nil {
		return malformedKeyPolicy("Policy contains a statement that cannot be read: %v", err)
	}
	if len(document.Statements) == 0 {
		return malformedKeyPolicy("The new key policy will not allow you to update the key policy in the future.")
	}
	if err := s.checkKeyStatements(r, document); err != nil {
		return err
	}
	trial := *key
	trial.policy = document
	if !bypass && !s.keyPolicyAdmits(r, "kms:PutKeyPolicy", &trial, map[string][]string{"kms:CallerAccount": {r.account.id}}) {
		return malformedKeyPolicy("The new key policy will not allow you to update the key policy in the future.")
	}
	key.policyText, key.policy = text, document
	return nil
}

// rewritePolicies has the keys' policies rewritten.
func (s *kmsService) rewritePolicies(alter rewrite) {
	for _, key := range s.keys {
		if text := alter("kms", key.account, key.arn, key.policyText); text != key.policyText {
			key.policyText, key.policy = text, s.document(text)
		}
	}
}

func malformedKeyPolicy(format string, args ...any) error {
	return badRequest("MalformedPolicyDocumentException", format, args...)
}

func (s *kmsService) checkKeyStatements(r *request, document policy.Document) error {
	for _, statement := range document.Statements {
		if len(statement.Principals) == 0 && len(statement.NotPrincipals) == 0 {
			return malformedKeyPolicy("Policy contains a statement with no principal.")
		}
		for _, action := range append(append([]string{}, statement.Actions...), statement.NotActions...) {
			if action != "*" && !strings.HasPrefix(strings.ToLower(action), "kms:") {
				return malformedKeyPolicy("Policy contains a statement with one or more invalid actions.")
			}
		}
		if len(statement.Resources) == 0 && len(statement.NotResources) == 0 {
			return malformedKeyPolicy("Policy contains a statement with no resource.")
		}
		if s.unknownPrincipal(statement, r.now) != "" {
			return malformedKeyPolicy("Policy contains a statement with one or more invalid principals.")
		}
	}
	return nil
}

type keyPolicyInput struct {
	keyIn
	PolicyName, Policy             string
	BypassPolicyLockoutSafetyCheck bool
}

func (in keyPolicyInput) checkName() error {
	if in.PolicyName != "" && in.PolicyName != "default" {
		return badRequest("NotFoundException", "No such policy exists")
	}
	return nil
}

func getKeyPolicy(_ *request, key *kmsKey, in keyPolicyInput) (any, error) {
	return map[string]any{"Policy": key.policyText, "PolicyName": "default"}, in.checkName()
}

func (s *kmsService) putKeyPolicy(r *request, key *kmsKey, in keyPolicyInput) (any, error) {
	if err := in.checkName(); err != nil {
		return nil, err
	}
	return nil, s.setKeyPolicy(r, key, in.Policy, in.BypassPolicyLockoutSafetyCheck)
}
