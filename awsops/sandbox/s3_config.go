package sandbox

import (
	"net/http"
	"slices"
)

// The settings of a bucket: what is put is read, checked and kept, and what was
// never put is answered as AWS answers it. The table of operations says which
// action each needs.

// showing answers a setting as a document of that name.
func showing(name string, show func(*s3Bucket) (any, error)) s3Handler {
	return func(c *s3Call) (response, error) {
		document, err := show(c.bucket)
		if err != nil {
			return response{}, err
		}
		return s3XML(name, document)
	}
}

// putting reads the document of a setting.
func putting[T any](put func(*s3Bucket, T) error) s3Handler {
	return func(c *s3Call) (response, error) {
		var in T
		if err := readXML(c, &in); err != nil {
			return response{}, err
		}
		return response{}, put(c.bucket, in)
	}
}

// deleting takes a setting away.
func deleting(remove func(*s3Bucket)) s3Handler {
	return func(c *s3Call) (response, error) {
		remove(c.bucket)
		return response{status: http.StatusNoContent}, nil
	}
}

// absent is the answer to reading a configuration that was never made.
func absent(code, message string) *apiError { return fail(http.StatusNotFound, code, "%s", message) }

type versioningConfiguration struct {
	Status    string `xml:",omitempty"`
	MfaDelete string `xml:",omitempty"`
}

func showVersioning(b *s3Bucket) (any, error) {
	out := versioningConfiguration{Status: b.versioning}
	if b.mfaDelete {
		out.MfaDelete = "Enabled"
	}
	return out, nil
}

func putVersioning(b *s3Bucket, in versioningConfiguration) error {
	if in.Status != "Enabled" && in.Status != "Suspended" {
		return badRequest("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	if b.lock != nil && in.Status != "Enabled" {
		return fail(http.StatusConflict, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	if b.replication != nil && in.Status != "Enabled" {
		return fail(http.StatusConflict, "InvalidBucketState", "A replication configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	b.versioning = in.Status
	return nil
}

type encryptionRule struct {
	Default struct {
		SSEAlgorithm   string
		KMSMasterKeyID string `xml:",omitempty"`
	} `xml:"ApplyServerSideEncryptionByDefault"`
	BucketKeyEnabled bool
}

type encryptionConfiguration struct {
	Rule []encryptionRule `xml:"Rule"`
}

// showEncryption shows AES256 for a bucket that was never configured: since
// January 2023 every bucket encrypts.
func showEncryption(b *s3Bucket) (any, error) {
	var rule encryptionRule
	rule.Default.SSEAlgorithm, rule.Default.KMSMasterKeyID = b.encryption.algorithm, b.encryption.key
	rule.BucketKeyEnabled = b.encryption.bucketKey
	return encryptionConfiguration{[]encryptionRule{rule}}, nil
}

func putEncryption(b *s3Bucket, in encryptionConfiguration) error {
	if len(in.Rule) != 1 || !validAlgorithm(in.Rule[0].Default.SSEAlgorithm) {
		return malformedXML()
	}
	rule := in.Rule[0]
	if rule.Default.SSEAlgorithm == "AES256" && rule.Default.KMSMasterKeyID != "" {
		return invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	b.encryption = s3Encryption{algorithm: rule.Default.SSEAlgorithm, key: rule.Default.KMSMasterKeyID, bucketKey: rule.BucketKeyEnabled}
	return nil
}

func deleteEncryption(b *s3Bucket) { b.encryption = s3Encryption{algorithm: "AES256"} }

type publicAccessBlock struct {
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

func showAccessBlock(b *s3Bucket) (any, error) {
	if b.access == nil {
		return nil, absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return b.access, nil
}

func putAccessBlock(b *s3Bucket, in publicAccessBlock) error {
	b.access = &in
	return nil
}

func deleteAccessBlock(b *s3Bucket) { b.access = nil }

type ownershipControls struct {
	Ownership []string `xml:"Rule>ObjectOwnership"`
}

func validOwnership(ownership string) bool {
	return slices.Contains([]string{"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}, ownership)
}

func showOwnership(b *s3Bucket) (any, error) { return ownershipControls{[]string{b.ownership}}, nil }

func putOwnership(b *s3Bucket, in ownershipControls) error {
	if len(in.Ownership) != 1 || !validOwnership(in.Ownership[0]) {
		return malformedXML()
	}
	if in.Ownership[0] == "BucketOwnerEnforced" && len(b.grants) > 0 {
		return badRequest("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	b.ownership = in.Ownership[0]
	return nil
}

type s3Tagging struct {
	Tags []tag `xml:"TagSet>Tag"`
}

func showTagging(b *s3Bucket) (any, error) {
	if len(b.tags) == 0 {
		return nil, absent("NoSuchTagSet", "The TagSet does not exist")
	}
	return s3Tagging{b.tags.list()}, nil
}

// abacStatus says whether policies go by the tags of the bucket. Its tags are then set
// with S3 Control's TagResource alone, which the sandbox has not; AWS documents no code for
// what PutBucketTagging is refused with ("Enabling ABAC in general purpose buckets", S3 user
// guide).
type abacStatus struct {
	Status string `xml:",omitempty"`
}

func showABAC(b *s3Bucket) (any, error) { return abacStatus{b.abac}, nil }

func putABAC(b *s3Bucket, in abacStatus) error {
	if in.Status != "Enabled" && in.Status != "Disabled" {
		return malformedXML()
	}
	b.abac = in.Status
	return nil
}

func putTagging(b *s3Bucket, in s3Tagging) error {
	tags := tagsOf(in.Tags)
	if b.abac == "Enabled" {
		return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	if len(tags) != len(in.Tags) || len(tags) > 50 {
		return badRequest("InvalidTag", "Cannot provide multiple Tags with the same key, or more than 50")
	}
	b.tags = tags
	return nil
}

// lifecycleConfiguration is stored as it came and given back; nothing expires in
// a sandbox.
type lifecycleConfiguration struct {
	Rules []lifecycleRule `xml:"Rule"`
}

type lifecycleRule struct {
	Text string `xml:",innerxml"`
}

func showLifecycle(b *s3Bucket) (any, error) {
	if b.lifecycle == nil {
		return nil, absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	return b.lifecycle, nil
}

func (s *s3Service) putLifecycle(b *s3Bucket, in struct {
	Rules []struct {
		lifecycleRule
		ID, Status string
	} `xml:"Rule"`
},
) error {
	if b.mfaDelete { // the code is that of the other order of the two
		return fail(http.StatusConflict, "InvalidBucketState", "Lifecycle configuration is not supported on a bucket with Mfa Authentication.")
	}
	if len(in.Rules) == 0 || len(in.Rules) > 1000 {
		return malformedXML()
	}
	out := &lifecycleConfiguration{}
	for _, rule := range in.Rules {
		if rule.Status != "Enabled" && rule.Status != "Disabled" {
			return malformedXML()
		}
		if rule.ID == "" {
			rule.Text = "<ID>" + s.ids.lower(40) + "</ID>" + rule.Text
		}
		out.Rules = append(out.Rules, rule.lifecycleRule)
	}
	b.lifecycle = out
	return nil
}
