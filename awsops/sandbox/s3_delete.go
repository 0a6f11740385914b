package sandbox

import (
	"errors"
	"net/http"
)

// deleted is what became of one key.
type deleted struct {
	version string // of the version removed or of the marker made
	marker  bool   // a delete marker was made, or removed
}

// deleteVersion removes one version for good or, without an id in a versioned
// bucket, covers the object with a delete marker.
func (s *s3Service) deleteVersion(c *s3Call, key, id string) (deleted, error) {
	action := "DeleteObject"
	conditions := map[string][]string{}
	if id != "" {
		action, conditions["s3:VersionId"] = "DeleteObjectVersion", []string{id}
	}
	if err := s.allow(c, action, key, conditions); err != nil {
		return deleted{}, err
	}
	if id != "" && c.bucket.mfaDelete {
		if err := withMFA(c); err != nil {
			return deleted{}, err
		}
	}
	switch {
	case id != "" && c.bucket.lock.holds(c.bucket.version(key, id), c.now):
		return deleted{}, fail(http.StatusForbidden, "AccessDenied", "Access Denied because object protected by object lock.")
	case id != "":
		v := c.bucket.version(key, id)
		c.bucket.remove(key, id)
		return deleted{version: id, marker: v != nil && v.marker}, nil
	case c.bucket.versioning == "":
		c.bucket.remove(key, "null")
		return deleted{}, nil
	}
	marker := &s3Version{key: key, modified: c.now, marker: true}
	s.addVersion(c.bucket, marker)
	return deleted{version: marker.id, marker: true}, nil
}

func (s *s3Service) deleteObject(c *s3Call) (response, error) {
	if match := c.http.Header.Get("If-Match"); match != "" {
		if err := checkWriteConditions(c); err != nil {
			return response{}, err
		}
	}
	d, err := s.deleteVersion(c, c.key, c.query.Get("versionId"))
	if err != nil {
		return response{}, err
	}
	out := response{status: http.StatusNoContent, header: http.Header{}}
	if d.version != "" {
		out.header.Set("X-Amz-Version-Id", d.version)
	}
	if d.marker {
		out.header.Set("X-Amz-Delete-Marker", "true")
	}
	return out, nil
}

// deleteObjects deletes up to 1,000 keys, each allowed or refused by itself.
func (s *s3Service) deleteObjects(c *s3Call) (response, error) {
	var in struct {
		Quiet  bool
		Object []struct{ Key, VersionId string }
	}
	if err := readXML(c, &in); err != nil {
		return response{}, err
	}
	if len(in.Object) == 0 || len(in.Object) > 1000 {
		return response{}, malformedXML()
	}
	if _, _, err := verifyBody(c); err != nil {
		return response{}, err
	}
	type done struct {
		Key                   string
		VersionId             string `xml:",omitempty"`
		DeleteMarker          bool   `xml:",omitempty"`
		DeleteMarkerVersionId string `xml:",omitempty"`
	}
	type failed struct{ Key, VersionId, Code, Message string }
	out := struct {
		Deleted []done
		Error   []failed
	}{}
	for _, o := range in.Object {
		d, err := s.deleteVersion(c, o.Key, o.VersionId)
		var refused *apiError
		switch {
		case errors.As(err, &refused):
			out.Error = append(out.Error, failed{o.Key, o.VersionId, refused.code, refused.message})
		case !in.Quiet:
			entry := done{Key: o.Key, VersionId: o.VersionId, DeleteMarker: d.marker}
			if d.marker {
				entry.DeleteMarkerVersionId = d.version
			}
			out.Deleted = append(out.Deleted, entry)
		}
	}
	return s3XML("DeleteResult", out)
}
