package sandbox

import (
	"encoding/xml"
	"net/http"
	"slices"
)

// noContent is the answer of deleting and of PutBucketPolicy.
func noContent() response { return response{status: http.StatusNoContent} }

// setting allows an action on the bucket and, for a write, reads its body.
func (s *Server) setting(c *s3Call, action string, into any) error {
	if err := s.allow(c, action, "", nil); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	return readXML(c, into)
}

// absent is the answer to reading a configuration that was never made.
func absent(code, message string) error { return fail(http.StatusNotFound, code, "%s", message) }

type versioningConfiguration struct {
	XMLName   xml.Name `xml:"VersioningConfiguration"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Status    string   `xml:",omitempty"`
	MfaDelete string   `xml:",omitempty"`
}

func (s *Server) s3GetVersioning(c *s3Call) (response, error) {
	if err := s.setting(c, "GetBucketVersioning", nil); err != nil {
		return response{}, err
	}
	return s3XML(versioningConfiguration{Namespace: s3Namespace, Status: c.bucket.versioning})
}

func (s *Server) s3PutVersioning(c *s3Call) (response, error) {
	var in versioningConfiguration
	if err := s.setting(c, "PutBucketVersioning", &in); err != nil {
		return response{}, err
	}
	if in.Status != "Enabled" && in.Status != "Suspended" {
		return response{}, fail(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	if in.MfaDelete == "Enabled" {
		return response{}, notImplemented()
	}
	c.bucket.versioning = in.Status
	return response{}, nil
}

type encryptionRule struct {
	Default struct {
		SSEAlgorithm   string
		KMSMasterKeyID string `xml:",omitempty"`
	} `xml:"ApplyServerSideEncryptionByDefault"`
	BucketKeyEnabled bool
}

type encryptionConfiguration struct {
	XMLName   xml.Name         `xml:"ServerSideEncryptionConfiguration"`
	Namespace string           `xml:"xmlns,attr,omitempty"`
	Rule      []encryptionRule `xml:"Rule"`
}

// s3GetEncryption answers AES256 for a bucket that was never configured: since
// January 2023 every bucket encrypts.
func (s *Server) s3GetEncryption(c *s3Call) (response, error) {
	if err := s.setting(c, "GetEncryptionConfiguration", nil); err != nil {
		return response{}, err
	}
	var rule encryptionRule
	rule.Default.SSEAlgorithm, rule.Default.KMSMasterKeyID = c.bucket.encryption.algorithm, c.bucket.encryption.key
	rule.BucketKeyEnabled = c.bucket.encryption.bucketKey
	return s3XML(encryptionConfiguration{Namespace: s3Namespace, Rule: []encryptionRule{rule}})
}

func (s *Server) s3PutEncryption(c *s3Call) (response, error) {
	var in encryptionConfiguration
	if err := s.setting(c, "PutEncryptionConfiguration", &in); err != nil {
		return response{}, err
	}
	if len(in.Rule) != 1 {
		return response{}, malformedXML()
	}
	rule := in.Rule[0]
	e := s3Encryption{algorithm: rule.Default.SSEAlgorithm, key: rule.Default.KMSMasterKeyID, bucketKey: rule.BucketKeyEnabled}
	if !slices.Contains([]string{"AES256", "aws:kms", "aws:kms:dsse"}, e.algorithm) {
		return response{}, malformedXML()
	}
	if e.algorithm == "AES256" && e.key != "" {
		return response{}, invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	c.bucket.encryption = e
	return response{}, nil
}

func (s *Server) s3DeleteEncryption(c *s3Call) (response, error) {
	if err := s.setting(c, "PutEncryptionConfiguration", nil); err != nil {
		return response{}, err
	}
	c.bucket.encryption = s3Encryption{algorithm: "AES256"}
	return noContent(), nil
}

type publicAccessBlock struct {
	XMLName               xml.Name `xml:"PublicAccessBlockConfiguration"`
	Namespace             string   `xml:"xmlns,attr,omitempty"`
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

func (s *Server) s3GetAccessBlock(c *s3Call) (response, error) {
	if err := s.setting(c, "GetBucketPublicAccessBlock", nil); err != nil {
		return response{}, err
	}
	if c.bucket.access == nil {
		return response{}, absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	out := *c.bucket.access
	out.XMLName, out.Namespace = xml.Name{}, s3Namespace
	return s3XML(out)
}

func (s *Server) s3PutAccessBlock(c *s3Call) (response, error) {
	var in publicAccessBlock
	if err := s.setting(c, "PutBucketPublicAccessBlock", &in); err != nil {
		return response{}, err
	}
	c.bucket.access = &in
	return response{}, nil
}

func (s *Server) s3DeleteAccessBlock(c *s3Call) (response, error) {
	if err := s.setting(c, "PutBucketPublicAccessBlock", nil); err != nil {
		return response{}, err
	}
	c.bucket.access = nil
	return noContent(), nil
}

type ownershipControls struct {
	XMLName   xml.Name `xml:"OwnershipControls"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Ownership []string `xml:"Rule>ObjectOwnership"`
}

func validOwnership(ownership string) bool {
	return slices.Contains([]string{"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}, ownership)
}

func (s *Server) s3GetOwnership(c *s3Call) (response, error) {
	if err := s.setting(c, "GetBucketOwnershipControls", nil); err != nil {
		return response{}, err
	}
	return s3XML(ownershipControls{Namespace: s3Namespace, Ownership: []string{c.bucket.ownership}})
}

func (s *Server) s3PutOwnership(c *s3Call) (response, error) {
	var in ownershipControls
	if err := s.setting(c, "PutBucketOwnershipControls", &in); err != nil {
		return response{}, err
	}
	if len(in.Ownership) != 1 || !validOwnership(in.Ownership[0]) {
		return response{}, malformedXML()
	}
	c.bucket.ownership = in.Ownership[0]
	return response{}, nil
}

type s3Tagging struct {
	XMLName   xml.Name `xml:"Tagging"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	TagSet    s3TagList
}

func (s *Server) s3GetTagging(c *s3Call) (response, error) {
	if err := s.setting(c, "GetBucketTagging", nil); err != nil {
		return response{}, err
	}
	if len(c.bucket.tags) == 0 {
		return response{}, absent("NoSuchTagSet", "The TagSet does not exist")
	}
	out := s3Tagging{Namespace: s3Namespace}
	for _, name := range c.bucket.tags.names() {
		out.TagSet.Tag = append(out.TagSet.Tag, struct{ Key, Value string }{name, c.bucket.tags[name]})
	}
	return s3XML(out)
}

func (s *Server) s3PutTagging(c *s3Call) (response, error) {
	var in s3Tagging
	if err := s.setting(c, "PutBucketTagging", &in); err != nil {
		return response{}, err
	}
	tags := in.TagSet.set()
	if len(tags) != len(in.TagSet.Tag) || len(tags) > 50 {
		return response{}, fail(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key, or more than 50")
	}
	c.bucket.tags = tags
	return noContent(), nil
}
