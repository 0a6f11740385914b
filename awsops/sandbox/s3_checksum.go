package sandbox

import (
	"cmp"
	"crypto/md5"  //nolint:gosec // ETags are MD5 by definition
	"crypto/sha1" //nolint:gosec // x-amz-checksum-sha1 is SHA-1 by definition
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	digest "hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
)

// crc64NVME is the polynomial of S3's default checksum, in Go's reversed form.
const crc64NVME = 0x9a6c9329ac4bc9b5

// checksumAlgorithms makes the hash of each x-amz-checksum-NAME header.
var checksumAlgorithms = map[string]func() digest.Hash{
	"crc32":     func() digest.Hash { return crc32.NewIEEE() },
	"crc32c":    func() digest.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() digest.Hash { return crc64.New(crc64.MakeTable(crc64NVME)) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

const checksumHeader = "X-Amz-Checksum-"

// rawChecksum is the digest of data under a known algorithm.
func rawChecksum(algorithm string, data []byte) []byte {
	h := checksumAlgorithms[algorithm]()
	_, _ = h.Write(data) // a hash never fails
	return h.Sum(nil)
}

func checksum(algorithm string, data []byte) string {
	return base64.StdEncoding.EncodeToString(rawChecksum(algorithm, data))
}

// givenChecksum is the checksum that a request carries.
func givenChecksum(c *s3Call) (algorithm, value string) {
	for name := range checksumAlgorithms {
		if value := c.http.Header.Get(checksumHeader + name); value != "" {
			return name, value
		}
	}
	return "", ""
}

// verifyBody checks the checksum of a body and says which one to keep: the one sent, else the one announced, else CRC64NVME.
func verifyBody(c *s3Call) (algorithm, value string, err error) {
	digest := md5.Sum(c.body) //nolint:gosec // Content-MD5 is MD5
	if given := c.http.Header.Get("Content-Md5"); given != "" && given != base64.StdEncoding.EncodeToString(digest[:]) {
		return "", "", badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	algorithm, given := givenChecksum(c)
	algorithm = cmp.Or(algorithm, strings.ToLower(c.http.Header.Get("X-Amz-Sdk-Checksum-Algorithm")), "crc64nvme")
	if err := checkAlgorithm(algorithm); err != nil {
		return "", "", err
	}
	value = checksum(algorithm, c.body)
	if given != "" && given != value {
		return "", "", badRequest("BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(algorithm))
	}
	return algorithm, value, nil
}

func checkAlgorithm(name string) error {
	if checksumAlgorithms[name] == nil {
		return badRequest("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	return nil
}

// etagOf is the MD5 of a body; under KMS it is not, as S3 documents, so that
// nobody relies on it.
func etagOf(body []byte, e s3Encryption, id string) string {
	if e.usesKMS() {
		body = append([]byte(id), body...)
	}
	return md5Of(body)
}

func md5Of(body []byte) string {
	sum := md5.Sum(body) //nolint:gosec // an ETag is MD5
	return hex.EncodeToString(sum[:])
}

// setChecksumHeaders shows the checksums of a version.
func (v *s3Version) setChecksumHeaders(header http.Header) {
	for algorithm, value := range v.checksums {
		header.Set(checksumHeader+algorithm, value)
		header.Set(checksumHeader+"Type", v.checksumType)
	}
}
