package sandbox

import (
	"net/http"
	"strings"
)

// What people switch on in buckets that hold more than states: MFA Delete, Requester Pays,
// replication, and legal holds. Nothing is charged or copied here; what S3 refuses because
// of them is.

// changeVersioning is a PutBucketVersioning. With MFA Delete S3 takes a change of the
// versioning, and the removal of a version, from the account's root user alone, with a code
// ("Configuring MFA delete", S3 user guide); here any code is one, whoever sends it. It does
// not go together with a lifecycle configuration; the words are those that people quote
// (cloudposse/terraform-aws-codebuild#76).
func changeVersioning(c *s3Call) (response, error) {
	var in versioningConfiguration
	if err := readXML(c, &in); err != nil {
		return response{}, err
	}
	if in.MfaDelete != "" || c.bucket.mfaDelete {
		if err := withMFA(c); err != nil {
			return response{}, err
		}
	}
	if in.MfaDelete == "Enabled" && c.bucket.lifecycle != nil {
		return response{}, fail(http.StatusConflict, "InvalidBucketState", "Mfa Authentication is not supported on a bucket with lifecycle configuration. Delete lifecycle configuration before enabling Mfa Authentication.")
	}
	if err := putVersioning(c.bucket, in); err != nil {
		return response{}, err
	}
	if in.MfaDelete != "" {
		c.bucket.mfaDelete = in.MfaDelete == "Enabled"
	}
	return response{}, nil
}

// withMFA refuses a request without a device's serial number and code.
func withMFA(c *s3Call) error {
	if serial, code, ok := strings.Cut(c.http.Header.Get("X-Amz-Mfa"), " "); !ok || serial == "" || code == "" {
		return fail(http.StatusForbidden, "AccessDenied", "Mfa Authentication must be used for this request")
	}
	return nil
}

// requestPayment is who pays for requests.
type requestPayment struct{ Payer string }

func showRequestPayment(b *s3Bucket) (any, error) {
	if b.requesterPays {
		return requestPayment{"Requester"}, nil
	}
	return requestPayment{"BucketOwner"}, nil
}

func putRequestPayment(b *s3Bucket, in requestPayment) error {
	if in.Payer != "Requester" && in.Payer != "BucketOwner" {
		return malformedXML()
	}
	b.requesterPays = in.Payer == "Requester"
	return nil
}

// pays refuses another account's request that does not say that it pays ("Using Requester
// Pays buckets", S3 user guide).
func (b *s3Bucket) pays(c *s3Call) error {
	if b.requesterPays && c.account.id != b.account && c.http.Header.Get("X-Amz-Request-Payer") != "requester" {
		return accessDeniedS3()
	}
	return nil
}

// replication is stored as it came.
type replication struct {
	Role  string
	Rules []struct {
		Text string `xml:",innerxml"`
	} `xml:"Rule"`
}

func showReplication(b *s3Bucket) (any, error) {
	if b.replication == nil {
		return nil, absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
	}
	return b.replication, nil
}

func putReplication(b *s3Bucket, in replication) error {
	if in.Role == "" || len(in.Rules) == 0 {
		return malformedXML()
	}
	if b.versioning != "Enabled" {
		return badRequest("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	b.replication = &in
	return nil
}

// legalHold is whether a version is held until somebody lets it go.
type legalHold struct{ Status string }

// heldVersion is the version that a request names, of a bucket with Object Lock.
func heldVersion(c *s3Call) (*s3Version, error) {
	v := c.bucket.current(c.key)
	if id := c.query.Get("versionId"); id != "" {
		v = c.bucket.version(c.key, id)
	}
	switch {
	case v == nil || v.marker:
		return nil, noSuchKey(c.key)
	case c.bucket.lock == nil:
		return nil, badRequest("InvalidRequest", "Bucket is missing Object Lock Configuration")
	}
	return v, nil
}

func (s *s3Service) putLegalHold(c *s3Call) (response, error) {
	if err := s.allow(c, "PutObjectLegalHold", c.key, nil); err != nil {
		return response{}, err
	}
	var in legalHold
	if err := readXML(c, &in); err != nil || in.Status != "ON" && in.Status != "OFF" {
		return response{}, malformedXML()
	}
	v, err := heldVersion(c)
	if err != nil {
		return response{}, err
	}
	v.held = in.Status == "ON"
	return response{}, nil
}
