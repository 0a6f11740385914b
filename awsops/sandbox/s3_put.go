package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// startWrite allows s3:PutObject and chooses the encryption of the new object.
func (s *s3Service) startWrite(c *s3Call) (s3Encryption, http.Header, error) {
	if len(c.key) > 1024 {
		return s3Encryption{}, nil, badRequest("KeyTooLongError", "Your key is too long")
	}
	headers, err := encryptionHeaders(c)
	if err != nil {
		return s3Encryption{}, nil, err
	}
	if err := s.allow(c, "PutObject", c.key, putConditions(headers, c.http.Header)); err != nil {
		return s3Encryption{}, nil, err
	}
	if acl := c.http.Header.Get("X-Amz-Acl"); c.bucket.ownership == "BucketOwnerEnforced" && acl != "" && acl != "bucket-owner-full-control" {
		return s3Encryption{}, nil, badRequest("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	e, err := s.choose(c, headers)
	return e, headers, err
}

// checkWriteConditions are the conditional writes: If-None-Match: * creates only,
// If-Match replaces only what the caller has seen.
func checkWriteConditions(c *s3Call) error {
	now := c.bucket.current(c.key)
	switch none := c.http.Header.Get("If-None-Match"); {
	case none == "*" && now != nil:
		return preconditionFailed("If-None-Match")
	case none != "" && none != "*":
		return notImplemented()
	}
	if match := c.http.Header.Get("If-Match"); match != "" {
		if now == nil {
			return noSuchKey(c.key)
		}
		if strings.Trim(match, `"`) != now.etag {
			return preconditionFailed("If-Match")
		}
	}
	return nil
}

func preconditionFailed(condition string) error {
	return fail(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold").with(details{"Condition": condition})
}

func (s *s3Service) putObject(c *s3Call) (response, error) {
	algorithm, sum, err := verifyBody(c)
	if err != nil {
		return response{}, err
	}
	e, _, err := s.startWrite(c)
	if err != nil {
		return response{}, err
	}
	if err := c.bucket.lock.check(c.http.Header); err != nil {
		return response{}, err
	}
	if err := checkWriteConditions(c); err != nil {
		return response{}, err
	}
	v := &s3Version{
		key: c.key, modified: c.now, body: c.body, etag: etagOf(c.body, e, c.id), headers: objectHeaders(c.http.Header),
		encryption: e, checksums: map[string]string{algorithm: sum}, checksumType: "FULL_OBJECT",
	}
	s.addVersion(c.bucket, v)
	header := http.Header{"Etag": {`"` + v.etag + `"`}}
	v.setVersionHeader(c.bucket, header)
	v.setChecksumHeaders(header)
	e.setHeaders(header)
	return response{header: header}, nil
}

// setVersionHeader names the version, if the bucket ever had versioning.
func (v *s3Version) setVersionHeader(b *s3Bucket, header http.Header) {
	if b.versioning != "" {
		header.Set("X-Amz-Version-Id", v.id)
	}
}

// objectHeaders are the headers of a write that reads give back.
func objectHeaders(request http.Header) http.Header {
	out := http.Header{"Content-Type": {"binary/octet-stream"}}
	for name, values := range request {
		switch name {
		case "Content-Type", "Content-Encoding", "Cache-Control", "Content-Disposition", "Content-Language", "Expires":
			out[name] = values
		default:
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				out[name] = values
			}
		}
	}
	return out
}

// copyObject copies within or between buckets; restoring an older version is
// a copy of it over the current one.
func (s *s3Service) copyObject(c *s3Call) (response, error) {
	source, v, err := s.copySource(c)
	if err != nil {
		return response{}, err
	}
	e, headers, err := s.startWrite(c)
	if err != nil {
		return response{}, err
	}
	if err := checkWriteConditions(c); err != nil {
		return response{}, err
	}
	replace := c.http.Header.Get("X-Amz-Metadata-Directive") == "REPLACE"
	if source == c.bucket && v == c.bucket.current(c.key) && !replace && len(headers) == 0 {
		return response{}, badRequest("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	made := &s3Version{key: c.key, modified: c.now, body: v.body, encryption: e, headers: v.headers, checksums: v.checksums, checksumType: v.checksumType}
	made.etag = etagOf(v.body, e, c.id)
	if replace {
		made.headers = objectHeaders(c.http.Header)
	}
	s.addVersion(c.bucket, made)
	out, err := s3XML("CopyObjectResult", struct {
		LastModified, ETag string
	}{LastModified: s3Time(made.modified), ETag: `"` + made.etag + `"`})
	if err != nil {
		return response{}, err
	}
	made.setVersionHeader(c.bucket, out.header)
	if source.versioning != "" {
		out.header.Set("X-Amz-Copy-Source-Version-Id", v.id)
	}
	e.setHeaders(out.header)
	return out, nil
}

// copySource finds what x-amz-copy-source names, as far as the caller may read
// it.
func (s *s3Service) copySource(c *s3Call) (*s3Bucket, *s3Version, error) {
	path, query, _ := strings.Cut(c.http.Header.Get("X-Amz-Copy-Source"), "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil, nil, invalidArgument("Invalid copy source encoding.")
	}
	name, key, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || key == "" {
		return nil, nil, invalidArgument("Invalid copy source object key")
	}
	b := s.buckets[name]
	if b == nil {
		return nil, nil, noSuchBucket(name)
	}
	if err := checkOwner(c.http.Header.Get("X-Amz-Source-Expected-Bucket-Owner"), b); err != nil {
		return nil, nil, err
	}
	read := &s3Call{request: c.request, name: name, key: key, bucket: b}
	v, err := s.findVersion(read, strings.TrimPrefix(query, "versionId="))
	if err != nil {
		return nil, nil, err
	}
	return b, v, s.readable(read, v)
}
