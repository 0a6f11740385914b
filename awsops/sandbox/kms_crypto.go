package sandbox

import (
	"crypto/rand"
	"strings"
)

type cryptoInput struct {
	KeyId             string
	EncryptionContext map[string]string
	KeySpec           string
}

// encryptionConditions are the condition keys of an encryption context.
func encryptionConditions(encryptionContext map[string]string) map[string][]string {
	conditions := map[string][]string{}
	for name, value := range encryptionContext {
		conditions["kms:EncryptionContext:"+name] = []string{value}
		conditions["kms:EncryptionContextKeys"] = append(conditions["kms:EncryptionContextKeys"], name)
	}
	return conditions
}

// cryptoKey finds a key for a cryptographic operation: the caller may use it,
// it is enabled, and it is symmetric.
func (s *kmsService) cryptoKey(r *request, operation, id string, conditions map[string][]string) (*kmsKey, error) {
	key, err := s.find(r.account.id, r.region, id)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(id, "alias/") {
		conditions["kms:RequestAlias"] = []string{id}
	}
	if err := s.authorizeKey(r, operation, key, conditions); err != nil {
		return nil, err
	}
	if err := key.usable(); err != nil {
		return nil, err
	}
	if key.spec != symmetric || key.usage != "ENCRYPT_DECRYPT" {
		return nil, badRequest("InvalidKeyUsageException", "%s key usage is %s which is not valid for %s.", key.arn, key.usage, operation)
	}
	return key, nil
}

// generateDataKey proves that the caller may use the key. What it gives is
// random: nobody here opens the blob again.
func (s *kmsService) generateDataKey(r *request, in cryptoInput) (map[string]any, error) {
	const length = 32 // bytes
	if in.KeySpec != "AES_256" {
		return nil, badRequest("ValidationException", "The sandbox makes data keys of the spec AES_256 only.")
	}
	key, err := s.cryptoKey(r, r.operation, in.KeyId, encryptionConditions(in.EncryptionContext))
	if err != nil {
		return nil, err
	}
	random := make([]byte, 2*length)
	_, _ = rand.Read(random) // never fails
	return map[string]any{"Plaintext": random[:length], "CiphertextBlob": random[length:], "KeyId": key.arn}, nil
}
