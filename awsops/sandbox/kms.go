package sandbox

import (
	"net/http"
	"sort"
	"time"
)

// kmsState is every key and alias of every account and region.
type kmsState struct {
	keys    map[string]*kmsKey   // by key ARN
	aliases map[string]*kmsAlias // by alias ARN
}

func newKMSState() kmsState {
	return kmsState{keys: map[string]*kmsKey{}, aliases: map[string]*kmsAlias{}}
}

// tagged lists the keys of an account and region with their tags.
func (k *kmsState) tagged(a *account, region string) []taggedResource {
	var out []taggedResource
	for _, key := range k.in(a.id, region) {
		if len(key.tags) > 0 {
			out = append(out, taggedResource{arn: key.arn, tags: key.tags})
		}
	}
	return out
}

// in lists the keys of an account and region by id.
func (k *kmsState) in(account, region string) []*kmsKey {
	var out []*kmsKey
	for _, key := range k.keys {
		if key.account == account && key.region == region {
			out = append(out, key)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

// kmsOperations are the operations of KMS that the sandbox knows.
var kmsOperations = map[string]jsonHandler{
	"CreateKey":            jsonOp((*Server).kmsCreateKey),
	"DescribeKey":          jsonOp((*Server).kmsDescribeKey),
	"ListKeys":             jsonOp((*Server).kmsListKeys),
	"CreateAlias":          jsonOp((*Server).kmsCreateAlias),
	"DeleteAlias":          jsonOp((*Server).kmsDeleteAlias),
	"ListAliases":          jsonOp((*Server).kmsListAliases),
	"GetKeyPolicy":         jsonOp((*Server).kmsGetKeyPolicy),
	"PutKeyPolicy":         jsonOp((*Server).kmsPutKeyPolicy),
	"EnableKeyRotation":    jsonOp((*Server).kmsEnableKeyRotation),
	"UpdateKeyDescription": jsonOp((*Server).kmsUpdateKeyDescription),
	"DisableKeyRotation":   jsonOp((*Server).kmsDisableKeyRotation),
	"GetKeyRotationStatus": jsonOp((*Server).kmsGetKeyRotationStatus),
	"TagResource":          jsonOp((*Server).kmsTagResource),
	"UntagResource":        jsonOp((*Server).kmsUntagResource),
	"ListResourceTags":     jsonOp((*Server).kmsListResourceTags),
	"EnableKey":            jsonOp((*Server).kmsEnableKey),
	"DisableKey":           jsonOp((*Server).kmsDisableKey),
	"ScheduleKeyDeletion":  jsonOp((*Server).kmsScheduleKeyDeletion),
	"CancelKeyDeletion":    jsonOp((*Server).kmsCancelKeyDeletion),
	"GenerateDataKey":      jsonOp((*Server).kmsGenerateDataKey),
}

func (s *Server) serveKMS(r *request) response {
	s.kms.expireKeys(r.now)
	return s.serveJSON(r, kmsOperations)
}

// kmsError is an error of KMS; every one the sandbox gives is HTTP 400.
func kmsError(code, format string, args ...any) error {
	return fail(http.StatusBadRequest, code, format, args...)
}

// keyID is the input of the operations that name a key and nothing else.
type keyID struct{ KeyId string }

// key finds the key a request names, as seen by its caller, and asks whether
// the caller may do the request's operation with it.
func (s *Server) kmsKey(r *request, id string) (*kmsKey, error) {
	key, err := s.kms.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	return key, s.authorizeKey(r, r.operation, key, nil)
}

type createKeyInput struct {
	Policy, Description            string
	KeyUsage, KeySpec              string
	CustomerMasterKeySpec, Origin  string
	BypassPolicyLockoutSafetyCheck bool
	MultiRegion                    bool
	Tags                           []kmsTag
}

func (s *Server) kmsCreateKey(r *request, in createKeyInput) (map[string]any, error) {
	tags := kmsTags(in.Tags)
	conditions := tags.requestConditions()
	if err := s.authorize(r, "kms:CreateKey", "*", r.account.id, nil, conditions); err != nil {
		return nil, err
	}
	if in.Origin != "" && in.Origin != "AWS_KMS" || in.MultiRegion {
		return nil, kmsError("UnsupportedOperationException", "The sandbox makes single-Region keys with the origin AWS_KMS only.")
	}
	key := s.newKMSKey(r.account.id, r.region, r.now)
	key.description, key.tags = in.Description, tags
	key.usage = first(in.KeyUsage, key.usage)
	key.spec = first(in.KeySpec, in.CustomerMasterKeySpec, key.spec)
	if err := s.setKeyPolicy(r, key, first(in.Policy, defaultKeyPolicy(r.account.id)), in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := s.authorizeKey(r, "TagResource", key, conditions); err != nil {
			return nil, err
		}
	}
	s.kms.keys[key.arn] = key
	return map[string]any{"KeyMetadata": key.metadata()}, nil
}

func (s *Server) kmsDescribeKey(r *request, in keyID) (map[string]any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	return map[string]any{"KeyMetadata": key.metadata()}, nil
}

// metadata is the key as DescribeKey and CreateKey show it.
func (k *kmsKey) metadata() map[string]any {
	m := map[string]any{
		"AWSAccountId": k.account, "KeyId": k.id, "Arn": k.arn, "CreationDate": epoch(k.created),
		"Enabled": k.state == kmsEnabled, "Description": k.description, "KeyUsage": k.usage, "KeyState": k.state,
		"Origin": "AWS_KMS", "KeyManager": k.manager, "CustomerMasterKeySpec": k.spec, "KeySpec": k.spec, "MultiRegion": false,
	}
	if k.spec == "SYMMETRIC_DEFAULT" {
		m["EncryptionAlgorithms"] = []string{"SYMMETRIC_DEFAULT"}
	}
	if k.state == kmsPendingDeletion {
		m["DeletionDate"] = epoch(k.deletion)
	}
	return m
}

type listInput struct {
	KeyId, Marker string
	Limit         int
}

func (s *Server) kmsListKeys(r *request, in listInput) (map[string]any, error) {
	if err := s.authorize(r, "kms:ListKeys", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	var entries []kmsEntry
	for _, key := range s.kms.in(r.account.id, r.region) {
		entries = append(entries, kmsEntry{key.id, map[string]any{"KeyId": key.id, "KeyArn": key.arn}})
	}
	return kmsPage("Keys", entries, in)
}

// kmsEntry is one line of a list with the name that orders it.
type kmsEntry struct {
	name    string
	members map[string]any
}

// kmsPage cuts one page out of a sorted list; the marker is the last name of
// the page before.
func kmsPage(member string, entries []kmsEntry, in listInput) (map[string]any, error) {
	if in.Limit == 0 {
		in.Limit = 100
	}
	if in.Limit < 1 || in.Limit > 1000 {
		return nil, kmsError("ValidationException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 1000", in.Limit)
	}
	page, last := []map[string]any{}, ""
	for _, entry := range entries {
		if in.Marker != "" && entry.name <= in.Marker {
			continue
		}
		if len(page) == in.Limit {
			return map[string]any{member: page, "Truncated": true, "NextMarker": last}, nil
		}
		page, last = append(page, entry.members), entry.name
	}
	return map[string]any{member: page, "Truncated": false}, nil
}

type rotationInput struct {
	KeyId                string
	RotationPeriodInDays int
}

func (s *Server) kmsEnableKeyRotation(r *request, in rotationInput) (any, error) {
	key, err := s.rotatable(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	if in.RotationPeriodInDays == 0 {
		in.RotationPeriodInDays = 365
	}
	if in.RotationPeriodInDays < 90 || in.RotationPeriodInDays > 2560 {
		return nil, kmsError("ValidationException", "1 validation error detected: Value '%d' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value between 90 and 2560", in.RotationPeriodInDays)
	}
	key.rotation, key.rotationDays = true, in.RotationPeriodInDays
	return nil, nil
}

type descriptionInput struct{ KeyId, Description string }

func (s *Server) kmsUpdateKeyDescription(r *request, in descriptionInput) (any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := key.notPendingDeletion(); err != nil {
		return nil, err
	}
	key.description = in.Description
	return nil, nil
}

func (s *Server) kmsDisableKeyRotation(r *request, in keyID) (any, error) {
	key, err := s.rotatable(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	key.rotation = false
	return nil, nil
}

// rotatable is the key if its rotation may be changed now.
func (s *Server) rotatable(r *request, id string) (*kmsKey, error) {
	key, err := s.kmsKey(r, id)
	if err != nil {
		return nil, err
	}
	if key.spec != "SYMMETRIC_DEFAULT" {
		return nil, kmsError("UnsupportedOperationException", "%s key spec is %s which does not support rotation.", key.arn, key.spec)
	}
	return key, key.usable()
}

func (s *Server) kmsGetKeyRotationStatus(r *request, in keyID) (map[string]any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	on := key.rotation && key.state != kmsPendingDeletion
	out := map[string]any{"KeyId": key.arn, "KeyRotationEnabled": on}
	if on {
		out["RotationPeriodInDays"] = key.rotationDays
		out["NextRotationDate"] = epoch(key.created.AddDate(0, 0, key.rotationDays))
	}
	return out, nil
}

func (s *Server) kmsEnableKey(r *request, in keyID) (any, error) {
	return nil, s.setKeyState(r, in.KeyId, kmsEnabled)
}

func (s *Server) kmsDisableKey(r *request, in keyID) (any, error) {
	return nil, s.setKeyState(r, in.KeyId, kmsDisabled)
}

func (s *Server) setKeyState(r *request, id, state string) error {
	key, err := s.kmsKey(r, id)
	if err != nil {
		return err
	}
	if err := key.notPendingDeletion(); err != nil {
		return err
	}
	key.state = state
	return nil
}

type deletionInput struct {
	KeyId               string
	PendingWindowInDays int
}

func (s *Server) kmsScheduleKeyDeletion(r *request, in deletionInput) (map[string]any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := key.notPendingDeletion(); err != nil {
		return nil, err
	}
	if in.PendingWindowInDays == 0 {
		in.PendingWindowInDays = 30
	}
	if in.PendingWindowInDays < 7 || in.PendingWindowInDays > 30 {
		return nil, kmsError("ValidationException", "1 validation error detected: Value '%d' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value between 7 and 30", in.PendingWindowInDays)
	}
	key.state, key.window = kmsPendingDeletion, in.PendingWindowInDays
	key.deletion = r.now.Add(time.Duration(in.PendingWindowInDays) * 24 * time.Hour)
	return map[string]any{"KeyId": key.arn, "KeyState": key.state, "DeletionDate": epoch(key.deletion), "PendingWindowInDays": key.window}, nil
}

func (s *Server) kmsCancelKeyDeletion(r *request, in keyID) (map[string]any, error) {
	key, err := s.kmsKey(r, in.KeyId)
	if err != nil {
		return nil, err
	}
	if key.state != kmsPendingDeletion {
		return nil, kmsError("KMSInvalidStateException", "%s is not pending deletion.", key.arn)
	}
	key.state = kmsDisabled
	return map[string]any{"KeyId": key.arn}, nil
}

// expireKeys removes the keys whose waiting period is over, and their aliases.
func (k *kmsState) expireKeys(now time.Time) {
	for arn, key := range k.keys {
		if key.state != kmsPendingDeletion || now.Before(key.deletion) {
			continue
		}
		delete(k.keys, arn)
		for name, alias := range k.aliases {
			if alias.target == arn {
				delete(k.aliases, name)
			}
		}
	}
}
