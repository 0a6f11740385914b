package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// objectLock is a bucket's Object Lock, as far as its default retention goes. Only a
// new bucket can be given one here; retentions of single objects are not known.
type objectLock struct {
	Enabled   string         `xml:"ObjectLockEnabled"`
	Retention *lockRetention `xml:"Rule>DefaultRetention"`
}

type lockRetention struct {
	Mode  string
	Days  int `xml:",omitempty"`
	Years int `xml:",omitempty"`
}

func showObjectLock(b *s3Bucket) (any, error) {
	if b.lock == nil {
		return nil, absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
	}
	return b.lock, nil
}

func putObjectLock(b *s3Bucket, in objectLock) error {
	if b.lock == nil {
		return fail(http.StatusConflict, "InvalidBucketState", "Object Lock configuration cannot be enabled on existing buckets")
	}
	if r := in.Retention; in.Enabled != "Enabled" || r != nil && (r.Mode != "GOVERNANCE" && r.Mode != "COMPLIANCE" || (r.Days > 0) == (r.Years > 0)) {
		return malformedXML()
	}
	b.lock = &in
	return nil
}

// check refuses a write without a digest of its body, which S3 wants where a default
// retention protects what is written.
func (l *objectLock) check(h http.Header) error {
	if l == nil || l.Retention == nil || h.Get("Content-Md5") != "" || h.Get("X-Amz-Sdk-Checksum-Algorithm") != "" {
		return nil
	}
	for name := range h {
		if strings.HasPrefix(name, checksumHeader) || name == "X-Amz-Trailer" {
			return nil
		}
	}
	return badRequest("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
}

// holds tells whether a version may not be removed yet.
func (l *objectLock) holds(v *s3Version, now time.Time) bool {
	if l != nil && v != nil && v.held {
		return true
	}
	if l == nil || l.Retention == nil || v == nil || v.marker {
		return false
	}
	return now.Before(v.modified.AddDate(l.Retention.Years, 0, l.Retention.Days))
}
