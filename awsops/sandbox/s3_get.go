package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func noSuchKey(key string) error {
	return fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.").with(details{"Key": key})
}

// findVersion is the version of the call's object that the caller asks for and
// may read. Whoever may not list the bucket does not learn that a key is
// missing.
func (s *s3Service) findVersion(c *s3Call, id string) (*s3Version, error) {
	action := "GetObject"
	conditions := map[string][]string{}
	if id != "" {
		action, conditions["s3:VersionId"] = "GetObjectVersion", []string{id}
	}
	if err := s.allow(c, action, c.key, conditions); err != nil {
		return nil, err
	}
	v := c.bucket.current(c.key)
	if id != "" {
		v = c.bucket.version(c.key, id)
	}
	if v != nil && !v.marker {
		return v, nil
	}
	if err := s.allow(c, "ListBucket", "", nil); err != nil {
		return nil, err
	}
	return nil, missingVersion(c, v, id)
}

// missingVersion says how an object is missing.
func missingVersion(c *s3Call, v *s3Version, id string) error {
	switch {
	case v != nil: // a delete marker, asked for by its id
		return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.").with(details{"x-amz-delete-marker": "true", "Method": c.http.Method, "ResourceType": "DeleteMarker"})
	case id != "" && len(id) != 32 && id != "null":
		return invalidArgument("Invalid version id specified")
	case id != "":
		return fail(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.").with(details{"Key": c.key, "VersionId": id})
	}
	missing := details{"Key": c.key}
	if versions := c.bucket.keys[c.key]; len(versions) > 0 {
		missing["x-amz-delete-marker"] = "true"
		missing["x-amz-version-id"] = versions[len(versions)-1].id
	}
	return fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.").with(missing)
}

// getObject answers GET and HEAD, which differ in the body and in that HEAD
// takes the key only to show a checksum (HeadObject's ChecksumMode, S3 API
// reference).
func (s *s3Service) getObject(c *s3Call) (response, error) {
	if c.http.Header.Get("If-Match") != "" || c.http.Header.Get("If-None-Match") != "" {
		return response{}, notImplemented()
	}
	v, err := s.findVersion(c, c.query.Get("versionId"))
	if err != nil {
		return response{}, err
	}
	if c.http.Method != http.MethodHead || c.http.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		if err := s.readable(c, v); err != nil {
			return response{}, err
		}
	}
	header := v.headers.Clone()
	header.Set("Etag", `"`+v.etag+`"`)
	header.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	header.Set("Accept-Ranges", "bytes")
	v.setVersionHeader(c.bucket, header)
	v.encryption.setHeaders(header)
	out := response{status: http.StatusOK, header: header, body: v.body}
	if given := c.http.Header.Get("Range"); given != "" {
		if err := cutRange(&out, given); err != nil {
			return response{}, err
		}
	}
	if c.http.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && out.status == http.StatusOK {
		v.setChecksumHeaders(header)
	}
	header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return out, nil
}

// cutRange answers "bytes=FIRST-LAST" or "bytes=FIRST-". Other forms are ignored,
// as RFC 9110 has it.
func cutRange(out *response, given string) error {
	size := len(out.body)
	text, _ := strings.CutPrefix(given, "bytes=")
	low, high, _ := strings.Cut(text, "-")
	from, fromOK := rangeNumber(low)
	to, toOK := rangeNumber(high)
	switch {
	case !fromOK || high != "" && (!toOK || to < from):
		return nil
	case high == "" || to >= size:
		to = size - 1
	}
	if from >= size {
		return fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable").
			with(details{"RangeRequested": given, "ActualObjectSize": strconv.Itoa(size)})
	}
	out.status = http.StatusPartialContent
	out.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, size))
	out.body = out.body[from : to+1]
	return nil
}

// rangeNumber reads one end of a range.
func rangeNumber(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
