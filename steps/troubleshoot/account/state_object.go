package account

import (
	"stateroom/awsops"
	"stateroom/steps/files/tf"
)

// stateObject is what matters of a state in the bucket. The state itself, which
// may hold secrets, is not kept.
type stateObject struct {
	tf.State
	digest  string // MD5 in hexadecimal, as the lock table holds it
	version string // of the object
	etag    string
	size    int
	// problem is why the content is no state, empty for a good one.
	problem string
}

// readState takes an object down to that.
func readState(c *awsops.Content) *stateObject {
	state, err := tf.ParseAnyState(c.Body)
	s := &stateObject{State: state, digest: tf.Digest(c.Body), version: c.Version, etag: c.ETag, size: len(c.Body)}
	switch {
	case err != nil: // whose own words may quote the state
		s.problem = "it is not JSON, or not that of a state"
	case s.Format == 0:
		s.problem = "it is JSON without a state's version"
	case !s.Supported():
		s.problem = "its format is not one that Terraform reads"
	}
	return s
}

// isState tells a state that some engine reads, if not Terraform up to 1.16.
func (s *stateObject) isState() bool { return s.problem == "" || s.Format > tf.NewestStateFormat }

// md5 is the digest, empty where there is no state.
func (s *stateObject) md5() string {
	if s == nil {
		return ""
	}
	return s.digest
}

// stateVersion is one older or newer version of a state.
type stateVersion struct {
	awsops.ObjectVersion
	// object is nil for a delete marker, and where the version was not read.
	object *stateObject
	err    error
}

func (v stateVersion) when() string { return v.Modified.UTC().Format("2006-01-02 15:04:05") }
