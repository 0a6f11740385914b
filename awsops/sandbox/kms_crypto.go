package sandbox

import (
	"crypto/rand"
	"strings"
)

type cryptoInput struct {
	KeyId             string
	Plaintext         []byte
	CiphertextBlob    []byte
	EncryptionContext map[string]string
	KeySpec           string
	NumberOfBytes     int
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
func (s *Server) cryptoKey(r *request, operation, id string, conditions map[string][]string) (*kmsKey, error) {
	key, err := s.kms.find(r.account.id, r.region, id)
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
	if key.spec != "SYMMETRIC_DEFAULT" || key.usage != "ENCRYPT_DECRYPT" {
		return nil, kmsError("InvalidKeyUsageException", "%s key usage is %s which is not valid for %s.", key.arn, key.usage, operation)
	}
	return key, nil
}

func (s *Server) kmsEncrypt(r *request, in cryptoInput) (map[string]any, error) {
	if len(in.Plaintext) == 0 || len(in.Plaintext) > 4096 {
		return nil, kmsError("ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096 and greater than or equal to 1")
	}
	key, err := s.cryptoKey(r, "Encrypt", in.KeyId, encryptionConditions(in.EncryptionContext))
	if err != nil {
		return nil, err
	}
	blob, err := key.encrypt(in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return map[string]any{"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}, nil
}

func (s *Server) kmsDecrypt(r *request, in cryptoInput) (map[string]any, error) {
	arn, sealed, ok := blobKey(in.CiphertextBlob)
	if !ok {
		return nil, kmsError("InvalidCiphertextException", "")
	}
	if _, err := s.kms.find(r.account.id, r.region, arn); err != nil {
		return nil, accessDenied.in(r.protocol, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.")
	}
	key, err := s.cryptoKey(r, "Decrypt", arn, encryptionConditions(in.EncryptionContext))
	if err != nil {
		return nil, err
	}
	if in.KeyId != "" {
		named, err := s.kms.find(r.account.id, r.region, in.KeyId)
		if err != nil {
			return nil, err
		}
		if named != key {
			return nil, kmsError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
		}
	}
	plaintext, err := key.decrypt(sealed, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Plaintext": plaintext, "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}, nil
}

func (s *Server) kmsGenerateDataKey(r *request, in cryptoInput) (map[string]any, error) {
	length, err := dataKeyLength(in)
	if err != nil {
		return nil, err
	}
	key, err := s.cryptoKey(r, r.operation, in.KeyId, encryptionConditions(in.EncryptionContext))
	if err != nil {
		return nil, err
	}
	plaintext := make([]byte, length)
	_, _ = rand.Read(plaintext) // never fails
	blob, err := key.encrypt(plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Plaintext": plaintext, "CiphertextBlob": blob, "KeyId": key.arn}, nil
}

func (s *Server) kmsGenerateDataKeyWithoutPlaintext(r *request, in cryptoInput) (map[string]any, error) {
	out, err := s.kmsGenerateDataKey(r, in)
	delete(out, "Plaintext")
	return out, err
}

// dataKeyLength is the length of the data key asked for, in bytes.
func dataKeyLength(in cryptoInput) (int, error) {
	switch {
	case (in.KeySpec == "") == (in.NumberOfBytes == 0):
		return 0, kmsError("ValidationException", "Please specify either number of bytes or key spec.")
	case in.KeySpec == "AES_256":
		return 32, nil
	case in.KeySpec == "AES_128":
		return 16, nil
	case in.KeySpec == "" && in.NumberOfBytes >= 1 && in.NumberOfBytes <= 1024:
		return in.NumberOfBytes, nil
	}
	return 0, kmsError("ValidationException", "1 validation error detected: Value at 'keySpec' or 'numberOfBytes' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128] or be between 1 and 1024")
}
