package sandbox

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// minPart is the least size of every part but the last, in bytes.
const minPart = 5 << 20

// s3Upload is a multipart upload that is neither complete nor aborted.
type s3Upload struct {
	id, key    string
	bucket     *s3Bucket
	encryption s3Encryption
	headers    http.Header // encryption headers, which its parts inherit
	object     http.Header // headers of the object to be
	algorithm  string      // checksum, as in "sha256"
	sumType    string      // FULL_OBJECT or COMPOSITE
	parts      map[int]*s3Part
}

type s3Part struct {
	body []byte
	etag string
	sum  string
}

func (s *s3Service) createUpload(c *s3Call) (response, error) {
	e, headers, err := s.startWrite(c)
	if err != nil {
		return response{}, err
	}
	u := &s3Upload{
		id: s.ids.lower(64), key: c.key, bucket: c.bucket, encryption: e, headers: headers,
		object: objectHeaders(c.http.Header), parts: map[int]*s3Part{},
		algorithm: strings.ToLower(cmp.Or(c.http.Header.Get("X-Amz-Checksum-Algorithm"), "crc64nvme")),
		sumType:   c.http.Header.Get("X-Amz-Checksum-Type"),
	}
	if err := checkAlgorithm(u.algorithm); err != nil {
		return response{}, err
	}
	if u.sumType == "" {
		u.sumType = "COMPOSITE"
		if u.algorithm == "crc64nvme" {
			u.sumType = "FULL_OBJECT"
		}
	}
	s.uploads[u.id] = u
	out, err := s3XML("InitiateMultipartUploadResult", struct {
		Bucket, Key, UploadId string
	}{Bucket: c.name, Key: c.key, UploadId: u.id})
	if err != nil {
		return response{}, err
	}
	e.setHeaders(out.header)
	out.header.Set("X-Amz-Checksum-Algorithm", strings.ToUpper(u.algorithm))
	out.header.Set("X-Amz-Checksum-Type", u.sumType)
	return out, nil
}

// upload finds the upload that the request names, for a caller who may do the
// action on its object.
func (s *s3Service) upload(c *s3Call, action string) (*s3Upload, error) {
	u := s.uploads[c.query.Get("uploadId")]
	if u == nil || u.bucket != c.bucket || u.key != c.key {
		return nil, fail(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	conditions := map[string][]string{}
	if action == "PutObject" {
		conditions = putConditions(u.headers, c.http.Header)
	}
	return u, s.allow(c, action, c.key, conditions)
}

// writable says whether the caller may go on with an upload, which under KMS
// takes kms:Decrypt on the key.
func (s *s3Service) writable(c *s3Call, u *s3Upload) error {
	return s.readable(c, &s3Version{key: u.key, encryption: u.encryption})
}

func (s *s3Service) uploadPart(c *s3Call) (response, error) {
	u, err := s.upload(c, "PutObject")
	if err != nil {
		return response{}, err
	}
	if c.http.Header.Get("X-Amz-Copy-Source") != "" {
		return response{}, notImplemented()
	}
	number, err := strconv.Atoi(c.query.Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return response{}, invalidArgument("Part number must be an integer between 1 and 10000, inclusive")
	}
	if _, _, err := verifyBody(c); err != nil {
		return response{}, err
	}
	if err := s.writable(c, u); err != nil {
		return response{}, err
	}
	p := &s3Part{body: c.body, etag: md5Of(c.body), sum: checksum(u.algorithm, c.body)}
	u.parts[number] = p
	header := http.Header{"Etag": {`"` + p.etag + `"`}}
	header.Set(checksumHeader+u.algorithm, p.sum)
	u.encryption.setHeaders(header)
	return response{header: header}, nil
}

// completedPart is one line of CompleteMultipartUpload.
type completedPart struct {
	PartNumber        int
	ETag              string
	ChecksumCRC32     string
	ChecksumCRC32C    string
	ChecksumCRC64NVME string
	ChecksumSHA1      string
	ChecksumSHA256    string
}

// checksum is what the caller says the part's checksum is, or "".
func (p completedPart) checksum(algorithm string) string {
	return map[string]string{
		"crc32": p.ChecksumCRC32, "crc32c": p.ChecksumCRC32C, "crc64nvme": p.ChecksumCRC64NVME,
		"sha1": p.ChecksumSHA1, "sha256": p.ChecksumSHA256,
	}[algorithm]
}

func (s *s3Service) completeUpload(c *s3Call) (response, error) {
	u, err := s.upload(c, "PutObject")
	if err != nil {
		return response{}, err
	}
	var in struct {
		Part []completedPart
	}
	if err := readXML(c, &in); err != nil {
		return response{}, err
	}
	parts, err := u.choose(in.Part)
	if err != nil {
		return response{}, err
	}
	if err := checkWriteConditions(c); err != nil {
		return response{}, err
	}
	if err := s.writable(c, u); err != nil {
		return response{}, err
	}
	v := u.assemble(parts)
	if given := c.http.Header.Get(checksumHeader + u.algorithm); given != "" && given != v.checksums[u.algorithm] {
		return response{}, badRequest("BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(u.algorithm))
	}
	v.modified = c.now
	delete(s.uploads, u.id)
	s.addVersion(c.bucket, v)
	return completed(c, v)
}

// choose checks the list of parts against what was uploaded.
func (u *s3Upload) choose(list []completedPart) ([]*s3Part, error) {
	if len(list) == 0 {
		return nil, malformedXML()
	}
	if !slices.IsSortedFunc(list, func(a, b completedPart) int { return a.PartNumber - b.PartNumber }) {
		return nil, badRequest("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
	}
	var parts []*s3Part
	for i, p := range list {
		have := u.parts[p.PartNumber]
		given := p.checksum(u.algorithm)
		if have == nil || strings.Trim(p.ETag, `"`) != have.etag || given != "" && given != have.sum {
			return nil, badRequest("InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		}
		if i < len(list)-1 && len(have.body) < minPart {
			return nil, badRequest("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		parts = append(parts, have)
	}
	return parts, nil
}

// assemble makes the object out of its parts. Its ETag and a composite checksum
// are those of the parts' digests, with the number of parts.
func (u *s3Upload) assemble(parts []*s3Part) *s3Version {
	var body, tags, sums bytes.Buffer
	for _, p := range parts {
		body.Write(p.body)
		tag, _ := hex.DecodeString(p.etag) // made by uploadPart
		tags.Write(tag)
		sum, _ := base64.StdEncoding.DecodeString(p.sum) // likewise
		sums.Write(sum)
	}
	v := &s3Version{key: u.key, body: body.Bytes(), headers: u.object, encryption: u.encryption, checksumType: u.sumType}
	v.etag = fmt.Sprintf("%s-%d", md5Of(tags.Bytes()), len(parts))
	sum := checksum(u.algorithm, v.body)
	if u.sumType == "COMPOSITE" {
		sum = fmt.Sprintf("%s-%d", checksum(u.algorithm, sums.Bytes()), len(parts))
	}
	v.checksums = map[string]string{u.algorithm: sum}
	return v
}

func completed(c *s3Call, v *s3Version) (response, error) {
	out, err := s3XML("CompleteMultipartUploadResult", struct {
		Location, Bucket, Key, ETag string
	}{Location: "http://" + c.http.Host + c.http.URL.Path, Bucket: c.name, Key: c.key, ETag: `"` + v.etag + `"`})
	if err != nil {
		return response{}, err
	}
	v.setVersionHeader(c.bucket, out.header)
	v.encryption.setHeaders(out.header)
	return out, nil
}

func (s *s3Service) abortUpload(c *s3Call) (response, error) {
	u, err := s.upload(c, "AbortMultipartUpload")
	if err != nil {
		return response{}, err
	}
	delete(s.uploads, u.id)
	return response{status: http.StatusNoContent}, nil
}
