package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func noSuchKey(key string) error {
	e := fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	e.detail = map[string]any{"Key": key}
	return e
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
		e := fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
		e.detail = map[string]any{"x-amz-delete-marker": "true", "Method": c.http.Method, "ResourceType": "DeleteMarker"}
		return e
	case id != "" && len(id) != 32 && id != "null":
		return invalidArgument("Invalid version id specified")
	case id != "":
		e := fail(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
		e.detail = map[string]any{"Key": c.key, "VersionId": id}
		return e
	}
	e := fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	e.detail = map[string]any{"Key": c.key}
	if versions := c.bucket.keys[c.key]; len(versions) > 0 {
		e.detail["x-amz-delete-marker"] = "true"
		e.detail["x-amz-version-id"] = versions[len(versions)-1].id
	}
	return e
}

// getObject answers GET and HEAD, which differ in the body and in that HEAD
// takes the key only to show a checksum (HeadObject's ChecksumMode, S3 API
// reference).
func (s *s3Service) getObject(c *s3Call) (response, error) {
	v, err := s.findVersion(c, c.query.Get("versionId"))
	if err != nil {
		return response{}, err
	}
	if c.http.Method != http.MethodHead || c.http.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		if err := s.readable(c, v); err != nil {
			return response{}, err
		}
	}
	if status := checkReadConditions(c, v); status == http.StatusNotModified {
		return response{status: status, header: http.Header{"Etag": {`"` + v.etag + `"`}}}, nil
	} else if status != 0 {
		return response{}, preconditionFailed("If-Match")
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

// checkReadConditions is 304, 412 or 0 for If-None-Match and If-Match.
func checkReadConditions(c *s3Call, v *s3Version) int {
	if match := c.http.Header.Get("If-Match"); match != "" && match != "*" && strings.Trim(match, `"`) != v.etag {
		return http.StatusPreconditionFailed
	}
	if none := c.http.Header.Get("If-None-Match"); none == "*" || none != "" && strings.Trim(none, `"`) == v.etag {
		return http.StatusNotModified
	}
	return 0
}

// cutRange answers "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-LENGTH". Other
// forms are ignored, as RFC 9110 has it.
func cutRange(out *response, given string) error {
	size := len(out.body)
	text, ok := strings.CutPrefix(given, "bytes=")
	low, high, two := strings.Cut(text, "-")
	from, fromOK := rangeNumber(low)
	to, toOK := rangeNumber(high)
	switch {
	case !ok || !two || !fromOK || !toOK || from < 0 && to < 0 || from >= 0 && to >= 0 && to < from:
		return nil
	case from < 0:
		from, to = max(0, size-to), size-1
	case to < 0 || to >= size:
		to = size - 1
	}
	if from >= size || to < from {
		e := fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
		e.detail = map[string]any{"RangeRequested": given, "ActualObjectSize": strconv.Itoa(size)}
		return e
	}
	out.status = http.StatusPartialContent
	out.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, size))
	out.body = out.body[from : to+1]
	return nil
}

// rangeNumber reads one end of a range; -1 means that it was left out.
func rangeNumber(text string) (n int, ok bool) {
	if text == "" {
		return -1, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
