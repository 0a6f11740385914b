package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"time"

	"stateroom/awsops/policy"
)

// tagged lists the buckets of an account and region.
func (s *s3Service) tagged(a *account, region string) map[string]tagSet {
	out := map[string]tagSet{}
	for _, b := range s.buckets {
		if b.account == a.id && b.region == region {
			out[b.arn()] = b.tags
		}
	}
	return out
}

// s3Bucket is one bucket with its configuration and objects.
type s3Bucket struct {
	name, account, region string
	created               time.Time
	busy                  time.Time // with a change, until then
	versioning            string    // "", Enabled or Suspended
	mfaDelete             bool
	requesterPays         bool
	replication           *replication
	encryption            s3Encryption
	access                *publicAccessBlock // nil when deleted
	ownership             string
	grants                []aclGrant // beside the owner's
	website               *websiteConfiguration
	abac                  string // Enabled, Disabled, or empty when never set
	policyText            string
	policy                *policy.Document
	tags                  tagSet
	lifecycle             *lifecycleConfiguration
	lock                  *objectLock             // nil without Object Lock
	keys                  map[string][]*s3Version // newest last
}

// lets is the policy as it counts for a caller of an account: RestrictPublicBuckets
// lets nobody of another in by one that is public.
func (b *s3Bucket) lets(account string) *policy.Document {
	if b.policy == nil || account == b.account || b.access == nil || !b.access.RestrictPublicBuckets || len(policy.Public(*b.policy)) == 0 {
		return b.policy
	}
	restricted := *b.policy
	restricted.Statements = slices.DeleteFunc(slices.Clone(restricted.Statements), func(s policy.Statement) bool { return s.Effect == policy.Allow })
	return &restricted
}

func (b *s3Bucket) arn() string { return partitionOf(b.region).arn("s3", "", "", b.name) }

// s3Version is one version of an object, or a delete marker.
type s3Version struct {
	key, id      string // id is "null" without versioning
	modified     time.Time
	marker, held bool // a delete marker; under a legal hold
	body         []byte
	etag         string // without quotes
	headers      http.Header
	encryption   s3Encryption
	checksums    map[string]string // algorithm, as in "sha256", to base64
	checksumType string            // FULL_OBJECT or COMPOSITE
}

// s3Encryption is how an object is, or will be, encrypted.
type s3Encryption struct {
	algorithm string // AES256, aws:kms or aws:kms:dsse
	key       string // as configured for a default, the key's ARN for an object
	bucketKey bool
}

// usesKMS says whether a KMS key protects the object.
func (e s3Encryption) usesKMS() bool { return e.algorithm != "AES256" }

// current is the newest version of a key, nil if there is none or it is a
// delete marker.
func (b *s3Bucket) current(key string) *s3Version {
	versions := b.keys[key]
	if len(versions) == 0 || versions[len(versions)-1].marker {
		return nil
	}
	return versions[len(versions)-1]
}

// objects are the current versions of all keys, by key.
func (b *s3Bucket) objects() []*s3Version {
	var out []*s3Version
	for _, key := range slices.Sorted(maps.Keys(b.keys)) {
		if v := b.current(key); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// versions are all versions by key, the newest of each first.
func (b *s3Bucket) versions() []*s3Version {
	var out []*s3Version
	for _, versions := range inOrder(b.keys) {
		for _, v := range slices.Backward(versions) {
			out = append(out, v)
		}
	}
	return out
}

func (b *s3Bucket) version(key, id string) *s3Version {
	for _, v := range b.keys[key] {
		if v.id == id {
			return v
		}
	}
	return nil
}

// addVersion makes v the current version. Without versioning it replaces the null
// version.
func (s *s3Service) addVersion(b *s3Bucket, v *s3Version) {
	v.id = "null"
	if b.versioning == "Enabled" {
		v.id = s.ids.lower(32)
	} else {
		b.remove(v.key, "null")
	}
	b.keys[v.key] = append(b.keys[v.key], v)
}

// remove takes one version away for good.
func (b *s3Bucket) remove(key, id string) {
	left := slices.DeleteFunc(b.keys[key], func(v *s3Version) bool { return v.id == id })
	if len(left) == 0 {
		delete(b.keys, key)
		return
	}
	b.keys[key] = left
}

// ObjectInfo is what the sandbox holds of an object, for tests.
type ObjectInfo struct {
	Body      []byte
	VersionID string // "null" without versioning
	SSE       string // AES256, aws:kms or aws:kms:dsse
	KMSKeyARN string // empty for AES256
	Versions  int    // all versions of the key, delete markers included
}

// Object gives the current version of an object; ok is false when the bucket
// or the object is missing or deleted.
func (s *Server) Object(bucket, key string) (info ObjectInfo, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.s3.buckets[bucket]
	if b == nil {
		return ObjectInfo{}, false
	}
	v := b.current(key)
	if v == nil {
		return ObjectInfo{}, false
	}
	return ObjectInfo{
		Body: slices.Clone(v.body), VersionID: v.id, SSE: v.encryption.algorithm, KMSKeyARN: v.encryption.key,
		Versions: len(b.keys[key]),
	}, true
}

// canonicalID is the canonical user id of an account, which S3 calls its owner.
func canonicalID(account string) string {
	sum := sha256.Sum256([]byte("canonical/" + account))
	return hex.EncodeToString(sum[:])
}

// s3Time is a time in S3's XML.
func s3Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
