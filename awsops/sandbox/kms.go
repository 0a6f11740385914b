package sandbox

import (
	"cmp"
	"maps"
	"time"
)

// kmsService is KMS: every key and alias of every account and region.
type kmsService struct {
	*core
	operations map[string]jsonHandler
	keys       map[string]*kmsKey   // by key ARN
	aliases    map[string]*kmsAlias // by alias ARN
}

func newKMS(c *core) *kmsService {
	s := &kmsService{core: c, keys: map[string]*kmsKey{}, aliases: map[string]*kmsAlias{}}
	s.operations = map[string]jsonHandler{
		"CreateKey":            jsonOp(s.createKey),
		"DescribeKey":          onKey(s, describeKey),
		"ListKeys":             jsonOp(s.listKeys),
		"CreateAlias":          jsonOp(s.createAlias),
		"DeleteAlias":          jsonOp(s.deleteAlias),
		"ListAliases":          jsonOp(s.listAliases),
		"GetKeyPolicy":         onKey(s, getKeyPolicy),
		"PutKeyPolicy":         onKey(s, s.putKeyPolicy),
		"EnableKeyRotation":    onKey(s, setRotation(true)),
		"UpdateKeyDescription": onKey(s, updateKeyDescription),
		"DisableKeyRotation":   onKey(s, setRotation(false)),
		"GetKeyRotationStatus": onKey(s, getKeyRotationStatus),
		"TagResource":          jsonOp(s.tagResource),
		"UntagResource":        jsonOp(s.untagResource),
		"ListResourceTags":     onKey(s, listResourceTags),
		"EnableKey":            onKey(s, setKeyState(kmsEnabled)),
		"DisableKey":           onKey(s, setKeyState(kmsDisabled)),
		"ScheduleKeyDeletion":  onKey(s, scheduleKeyDeletion),
		"CancelKeyDeletion":    onKey(s, cancelKeyDeletion),
		"GenerateDataKey":      jsonOp(s.generateDataKey),
	}
	return s
}

func (s *kmsService) serve(r *request) (response, error) {
	s.expireKeys(r.now)
	return serveJSON(r, s.operations)
}

// keyIn is the input of the operations that name a key; those that name nothing
// else have no more.
type keyIn struct{ KeyId string }

func (in keyIn) id() string { return in.KeyId }

// onKey is an operation on a key, as seen by the caller, who must be allowed to
// do it.
func onKey[In interface{ id() string }](s *kmsService, do func(*request, *kmsKey, In) (any, error)) jsonHandler {
	return jsonOp(func(r *request, in In) (any, error) {
		key, err := s.find(r.account.id, r.region, in.id())
		if err != nil {
			return nil, err
		}
		if err := s.authorizeKey(r, r.operation, key, nil); err != nil {
			return nil, err
		}
		return do(r, key, in)
	})
}

// tagged lists the keys of an account and region.
func (s *kmsService) tagged(a *account, region string) map[string]tagSet {
	out := map[string]tagSet{}
	for _, key := range s.in(a.id, region) {
		out[key.arn] = key.tags
	}
	return out
}

// in lists the keys of an account and region by ARN.
func (s *kmsService) in(account, region string) []*kmsKey {
	var out []*kmsKey
	for _, key := range inOrder(s.keys) {
		if key.account == account && key.region == region {
			out = append(out, key)
		}
	}
	return out
}

type createKeyInput struct {
	Policy, Description            string
	KeyUsage, KeySpec              string
	CustomerMasterKeySpec, Origin  string
	BypassPolicyLockoutSafetyCheck bool
	MultiRegion                    bool
	Tags                           []kmsTag
}

func (s *kmsService) createKey(r *request, in createKeyInput) (any, error) {
	tags := kmsTags(in.Tags)
	conditions := tags.requestConditions()
	if err := s.authorize(r, "kms:CreateKey", "*", r.account.id, nil, conditions); err != nil {
		return nil, err
	}
	if in.Origin != "" && in.Origin != "AWS_KMS" || in.MultiRegion {
		return nil, badRequest("UnsupportedOperationException", "The sandbox makes single-Region keys with the origin AWS_KMS only.")
	}
	key := s.newKey(r.account.id, r.region, r.now)
	key.description, key.tags = in.Description, tags
	key.usage = cmp.Or(in.KeyUsage, key.usage)
	key.spec = cmp.Or(in.KeySpec, in.CustomerMasterKeySpec, key.spec)
	if err := s.setKeyPolicy(r, key, cmp.Or(in.Policy, s.defaultKeyPolicy(r.account.id)), in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := s.authorizeKey(r, "TagResource", key, conditions); err != nil {
			return nil, err
		}
	}
	s.keys[key.arn] = key
	s.appears(key.arn, r.now)
	return describeKey(r, key, keyIn{})
}

// describeKey shows the key as CreateKey shows it too.
func describeKey(_ *request, k *kmsKey, _ keyIn) (any, error) {
	m := map[string]any{
		"AWSAccountId": k.account, "KeyId": k.id, "Arn": k.arn, "CreationDate": epoch(k.created),
		"Enabled": k.state == kmsEnabled, "Description": k.description, "KeyUsage": k.usage, "KeyState": k.state,
		"Origin": "AWS_KMS", "KeyManager": k.manager, "CustomerMasterKeySpec": k.spec, "KeySpec": k.spec, "MultiRegion": false,
	}
	if k.spec == symmetric {
		m["EncryptionAlgorithms"] = []string{symmetric}
	}
	if k.state == kmsPendingDeletion {
		m["DeletionDate"] = epoch(k.deletion)
	}
	return map[string]any{"KeyMetadata": m}, nil
}

type listInput struct {
	keyIn
	Marker string
	Limit  int
}

func (s *kmsService) listKeys(r *request, in listInput) (any, error) {
	if err := s.authorize(r, "kms:ListKeys", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	return kmsPage("Keys", s.in(r.account.id, r.region), in, func(key *kmsKey) any {
		return map[string]any{"KeyId": key.id, "KeyArn": key.arn}
	})
}

// kmsPage shows one page of a list.
func kmsPage[T any](member string, all []T, in listInput, show func(T) any) (any, error) {
	if in.Limit < 0 || in.Limit > 1000 {
		return nil, invalid("ValidationException", in.Limit, "limit", "have value between 1 and 1000")
	}
	page, next, ok := cut(all, in.Marker, cmp.Or(in.Limit, 100))
	if !ok {
		return nil, badRequest("InvalidMarkerException", "Could not deserialize marker: %s", in.Marker)
	}
	shown := []any{}
	for _, item := range page {
		shown = append(shown, show(item))
	}
	out := map[string]any{member: shown, "Truncated": next != ""}
	if next != "" {
		out["NextMarker"] = next
	}
	return out, nil
}

// setRotation turns the yearly rotation of a key on or off.
func setRotation(on bool) func(*request, *kmsKey, keyIn) (any, error) {
	return func(_ *request, key *kmsKey, _ keyIn) (any, error) {
		if err := key.rotatable(); err != nil {
			return nil, err
		}
		key.rotation = on
		return nil, nil
	}
}

// rotatable says whether the rotation of a key may be changed now.
func (k *kmsKey) rotatable() error {
	if k.spec != symmetric {
		return badRequest("UnsupportedOperationException", "%s key spec is %s which does not support rotation.", k.arn, k.spec)
	}
	return k.usable()
}

// rotationDays is after how long a key is rotated.
const rotationDays = 365

func getKeyRotationStatus(_ *request, key *kmsKey, _ keyIn) (any, error) {
	on := key.rotation && key.state != kmsPendingDeletion
	out := map[string]any{"KeyId": key.arn, "KeyRotationEnabled": on}
	if on {
		out["RotationPeriodInDays"] = rotationDays
		out["NextRotationDate"] = epoch(key.created.AddDate(0, 0, rotationDays))
	}
	return out, nil
}

type descriptionInput struct {
	keyIn
	Description string
}

func updateKeyDescription(_ *request, key *kmsKey, in descriptionInput) (any, error) {
	if err := key.changeable(); err != nil {
		return nil, err
	}
	key.description = in.Description
	return nil, nil
}

func setKeyState(state string) func(*request, *kmsKey, keyIn) (any, error) {
	return func(_ *request, key *kmsKey, _ keyIn) (any, error) {
		if _, stuck := keyStates[key.state]; stuck && key.state != "Unavailable" {
			return nil, key.invalidState()
		}
		key.state = state
		return nil, nil
	}
}

type deletionInput struct {
	keyIn
	PendingWindowInDays int
}

func scheduleKeyDeletion(r *request, key *kmsKey, in deletionInput) (any, error) {
	if err := key.changeable(); err != nil {
		return nil, err
	}
	days := cmp.Or(in.PendingWindowInDays, 30)
	if days < 7 || days > 30 {
		return nil, invalid("ValidationException", days, "pendingWindowInDays", "have value between 7 and 30")
	}
	key.state, key.deletion = kmsPendingDeletion, r.now.Add(time.Duration(days)*24*time.Hour)
	return map[string]any{"KeyId": key.arn, "KeyState": key.state, "DeletionDate": epoch(key.deletion), "PendingWindowInDays": days}, nil
}

func cancelKeyDeletion(_ *request, key *kmsKey, _ keyIn) (any, error) {
	if key.state != kmsPendingDeletion {
		return nil, badRequest("KMSInvalidStateException", "%s is not pending deletion.", key.arn)
	}
	key.state = kmsDisabled
	return map[string]any{"KeyId": key.arn}, nil
}

// expireKeys removes the keys whose waiting period is over, and their aliases.
func (s *kmsService) expireKeys(now time.Time) {
	for arn, key := range s.keys {
		if key.state == kmsPendingDeletion && !now.Before(key.deletion) {
			delete(s.keys, arn)
			maps.DeleteFunc(s.aliases, func(_ string, alias *kmsAlias) bool { return alias.target == arn })
		}
	}
}
