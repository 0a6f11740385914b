package sandbox

import (
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// The key states of KMS that the sandbox has.
const (
	kmsEnabled         = "Enabled"
	kmsDisabled        = "Disabled"
	kmsPendingDeletion = "PendingDeletion"
)

// symmetric is the spec of the keys that encrypt, and their one algorithm.
const symmetric = "SYMMETRIC_DEFAULT"

// kmsKey is one key. It has no material: nothing here decrypts.
type kmsKey struct {
	id, arn, account, region string
	description              string
	usage, spec              string
	manager                  string // CUSTOMER, or AWS for a managed key such as alias/aws/s3
	state                    string
	created, deletion        time.Time
	rotation                 bool
	policyText               string
	policy                   policy.Document
	tags                     tagSet
}

// kmsAlias is one alias of a key.
type kmsAlias struct {
	name, arn, target string // target is a key ARN
	created           time.Time
}

// newKey makes an enabled symmetric key.
func (s *kmsService) newKey(account, region string, now time.Time) *kmsKey {
	id := s.ids.uuid()
	return &kmsKey{
		id: id, account: account, region: region, created: now, state: kmsEnabled, manager: "CUSTOMER",
		usage: "ENCRYPT_DECRYPT", spec: symmetric,
		arn: "arn:aws:kms:" + region + ":" + account + ":key/" + id,
	}
}

// usable is nil if the key can be used for cryptography now.
func (k *kmsKey) usable() error {
	switch k.state {
	case kmsDisabled:
		return badRequest("DisabledException", "%s is disabled.", k.arn)
	case kmsPendingDeletion:
		return badRequest("KMSInvalidStateException", "%s is pending deletion.", k.arn)
	}
	return nil
}

// notPendingDeletion is nil if the key's settings can be changed now.
func (k *kmsKey) notPendingDeletion() error {
	if k.state == kmsPendingDeletion {
		return k.usable()
	}
	return nil
}

// find resolves a key id, key ARN, alias name or alias ARN as KMS does: a bare
// name belongs to the caller's account, and everything to the endpoint's
// region.
func (s *kmsService) find(account, region, id string) (*kmsKey, error) {
	prefix := "arn:aws:kms:" + region + ":"
	arn := id
	switch {
	case id == "":
		return nil, invalid("ValidationException", "", "keyId", "have length greater than or equal to 1")
	case strings.HasPrefix(id, "alias/"):
		arn = prefix + account + ":" + id
	case !strings.HasPrefix(id, "arn:"):
		arn = prefix + account + ":key/" + id
		if !isKeyID(id) {
			return nil, badRequest("NotFoundException", "Invalid keyId '%s'", id)
		}
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "kms" || !strings.HasPrefix(parts[5], "key/") && !strings.HasPrefix(parts[5], "alias/") {
		return nil, badRequest("InvalidArnException", "Invalid arn %s", id)
	}
	if parts[3] != region {
		return nil, badRequest("NotFoundException", "Invalid arn %s", parts[3])
	}
	if strings.HasPrefix(parts[5], "alias/") {
		alias := s.aliases[arn]
		if alias == nil {
			return nil, badRequest("NotFoundException", "Alias %s is not found.", arn)
		}
		arn = alias.target
	}
	key := s.keys[arn]
	if key == nil {
		return nil, badRequest("NotFoundException", "Key '%s' does not exist", arn)
	}
	return key, nil
}

func isKeyID(id string) bool {
	return len(id) == 36 && strings.Count(id, "-") == 4 && strings.Trim(strings.ToLower(id), "0123456789abcdef-") == ""
}
