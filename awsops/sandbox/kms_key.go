package sandbox

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"stateroom/awsops/policy"
)

// The key states of KMS that a call of the sandbox's can bring about, and the one in
// which nothing can be changed either. [Server.SetKeyState] brings about all of them.
const (
	kmsEnabled         = "Enabled"
	kmsDisabled        = "Disabled"
	kmsPendingDeletion = "PendingDeletion"
	kmsCreating        = "Creating"
)

// keyStates are the states in which KMS refuses things, in the words of its refusals
// ("Key states of AWS KMS keys", KMS developer guide). In Updating a key can be used,
// and not be enabled or disabled.
var keyStates = map[string]string{
	kmsPendingDeletion: "pending deletion", "PendingReplicaDeletion": "pending replica deletion", "PendingImport": "pending import",
	"Unavailable": "unavailable", kmsCreating: "creating", "Updating": "updating",
}

// invalidState refuses what cannot be done with the key in its state.
func (k *kmsKey) invalidState() error {
	return badRequest("KMSInvalidStateException", "%s is %s.", k.arn, keyStates[k.state])
}

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
		arn: s.partition.arn("kms", region, account, "key/"+id),
	}
}

// usable is nil if the key can be used for cryptography now.
func (k *kmsKey) usable() error {
	switch k.state {
	case kmsEnabled, "Updating":
		return nil
	case kmsDisabled:
		return badRequest("DisabledException", "%s is disabled.", k.arn)
	}
	return k.invalidState()
}

// changeable is nil if the key's settings can be changed now.
func (k *kmsKey) changeable() error {
	switch k.state {
	case kmsPendingDeletion, "PendingReplicaDeletion", kmsCreating:
		return k.invalidState()
	}
	return nil
}

// find resolves a key id, key ARN, alias name or alias ARN as KMS does: a bare
// name belongs to the caller's account, and everything to the endpoint's
// region.
func (s *kmsService) find(account, region, id string) (*kmsKey, error) {
	prefix, whole := s.partition.arn("kms", region, account, ""), id
	switch {
	case id == "":
		return nil, invalid("ValidationException", "", "keyId", "have length greater than or equal to 1")
	case strings.HasPrefix(id, "alias/"):
		whole = prefix + id
	case isKeyID(id):
		whole = prefix + "key/" + id
	case !strings.HasPrefix(id, "arn:"):
		return nil, badRequest("NotFoundException", "Invalid keyId '%s'", id)
	}
	named, err := arn.Parse(whole)
	isAlias := strings.HasPrefix(named.Resource, "alias/")
	switch {
	case err != nil || named.Service != "kms" || !isAlias && !strings.HasPrefix(named.Resource, "key/"):
		return nil, badRequest("InvalidArnException", "Invalid arn %s", id)
	case named.Region != region:
		return nil, badRequest("NotFoundException", "Invalid arn %s", named.Region)
	case isAlias && (s.aliases[whole] == nil || s.unseen("alias", whole, s.options.Now())):
		return nil, aliasNotFound(whole)
	case isAlias:
		whole = s.aliases[whole].target
	}
	if key := s.keys[whole]; key != nil {
		return key, nil
	}
	return nil, badRequest("NotFoundException", "Key '%s' does not exist", whole)
}

func isKeyID(id string) bool {
	return len(id) == 36 && strings.Count(id, "-") == 4 && strings.Trim(strings.ToLower(id), "0123456789abcdef-") == ""
}
