package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
)

const (
	sseHeader       = "X-Amz-Server-Side-Encryption"
	sseKeyHeader    = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	sseBucketHeader = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
)

// encryptionHeaders are those of a request that decide how the object is
// encrypted. The parts of a multipart upload inherit them.
func encryptionHeaders(c *s3Call) (http.Header, error) {
	out := http.Header{}
	for _, name := range []string{sseHeader, sseKeyHeader, sseBucketHeader} {
		if value := c.http.Header.Get(name); value != "" {
			out.Set(name, value)
		}
	}
	algorithm := out.Get(sseHeader)
	switch {
	case c.http.Header.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "":
		return nil, notImplemented()
	case algorithm != "" && !validAlgorithm(algorithm):
		return nil, invalidArgument("The encryption method specified is not supported")
	case out.Get(sseKeyHeader) != "" && (algorithm == "" || algorithm == "AES256"):
		return nil, invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	return out, nil
}

func validAlgorithm(name string) bool {
	return slices.Contains([]string{"AES256", "aws:kms", "aws:kms:dsse"}, name)
}

// putConditions are the condition keys of s3:PutObject. A header that was not
// sent is a key that is not there: default encryption does not fill it in.
func putConditions(encryption, request http.Header) map[string][]string {
	conditions := map[string][]string{}
	for key, value := range map[string]string{
		"s3:x-amz-server-side-encryption":                encryption.Get(sseHeader),
		"s3:x-amz-server-side-encryption-aws-kms-key-id": encryption.Get(sseKeyHeader),
		"s3:x-amz-acl":         request.Get("X-Amz-Acl"),
		"s3:x-amz-copy-source": request.Get("X-Amz-Copy-Source"),
		"s3:if-none-match":     request.Get("If-None-Match"),
		"s3:if-match":          request.Get("If-Match"),
	} {
		if value != "" {
			conditions[key] = []string{value}
		}
	}
	return conditions
}

// choose is the encryption that a new object gets: what the headers say, else
// the bucket's default. With aws:kms the key is found, and the caller may make
// a data key under it.
func (s *s3Service) choose(c *s3Call, headers http.Header) (s3Encryption, error) {
	e := c.bucket.encryption
	if algorithm := headers.Get(sseHeader); algorithm != "" {
		e = s3Encryption{algorithm: algorithm, key: headers.Get(sseKeyHeader), bucketKey: c.bucket.encryption.bucketKey}
	}
	if on, err := strconv.ParseBool(headers.Get(sseBucketHeader)); err == nil {
		e.bucketKey = on
	}
	if !e.usesKMS() {
		return s3Encryption{algorithm: e.algorithm}, nil
	}
	if e.key == "" {
		return s3Encryption{}, notImplemented() // there is no key alias/aws/s3
	}
	key, err := s.useKey(c, "GenerateDataKey", e, c.key)
	if err != nil {
		return s3Encryption{}, err
	}
	e.key = key.arn
	return e, nil
}

// useKey has S3 use a key for the caller, with the caller's rights, and wraps
// what KMS says as S3 does: codes get the prefix "KMS." and refusals are S3's
// AccessDenied.
func (s *s3Service) useKey(c *s3Call, operation string, e s3Encryption, object string) (*kmsKey, error) {
	resource := c.bucket.arn()
	if !e.bucketKey {
		resource += "/" + object
	}
	conditions := encryptionConditions(map[string]string{"aws:s3:arn": resource})
	conditions["kms:ViaService"] = []string{"s3." + c.bucket.region + "." + s.partition.suffix}
	conditions["aws:ViaAWSService"] = []string{"true"}
	conditions["aws:CalledVia"] = []string{"s3.amazonaws.com"}
	call := *c.request
	call.region = c.bucket.region
	key, err := s.kms.cryptoKey(&call, operation, e.key, conditions)
	var refused *apiError
	if errors.As(err, &refused) && refused.code != "AccessDenied" {
		return nil, badRequest("KMS."+refused.code, "%s", refused.message)
	}
	return key, err
}

// readable says whether the caller may read a version, as far as KMS decides.
func (s *s3Service) readable(c *s3Call, v *s3Version) error {
	if !v.encryption.usesKMS() {
		return nil
	}
	_, err := s.useKey(c, "Decrypt", v.encryption, v.key)
	return err
}

// setHeaders shows how an object is encrypted.
func (e s3Encryption) setHeaders(header http.Header) {
	header.Set(sseHeader, e.algorithm)
	if e.usesKMS() {
		header.Set(sseKeyHeader, e.key)
	}
	if e.bucketKey {
		header.Set(sseBucketHeader, "true")
	}
}
