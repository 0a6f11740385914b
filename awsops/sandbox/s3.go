package sandbox

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// s3Service is S3: every bucket, whose names are global over accounts and
// regions, with its objects. It asks KMS for the keys.
type s3Service struct {
	*core
	kms        *kmsService
	operations []s3Operation
	buckets    map[string]*s3Bucket
	uploads    map[string]*s3Upload // by upload id
}

func newS3(c *core, kms *kmsService) *s3Service {
	s := &s3Service{core: c, kms: kms, buckets: map[string]*s3Bucket{}, uploads: map[string]*s3Upload{}}
	s.operations = s.table()
	return s
}

// s3Call is one request to S3 with what its address names.
type s3Call struct {
	*request
	query     url.Values
	name, key string    // of the bucket and the object, "" if the path has none
	bucket    *s3Bucket // nil for ListBuckets and CreateBucket
}

// s3Handler works on one request to S3.
type s3Handler func(*s3Call) (response, error)

// s3Operation is one line of the routing table: how a request looks, how AWS
// calls the operation, the action on the bucket that it needs ("" where the work
// asks itself), and who does it.
type s3Operation struct {
	method string
	level  int    // 0 service, 1 bucket, 2 object
	mark   string // query parameter or header that tells it from others
	name   string
	action string
	serve  s3Handler
}

// table is the operations that the sandbox knows. They are tried in order: those
// with a mark come before those without.
func (s *s3Service) table() []s3Operation {
	const get, head, put, post, remove = http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete
	return []s3Operation{
		{get, 0, "", "ListBuckets", "", s.listBuckets},
		{get, 1, "versioning", "GetBucketVersioning", "GetBucketVersioning", showing("VersioningConfiguration", showVersioning)},
		{put, 1, "versioning", "PutBucketVersioning", "PutBucketVersioning", changeVersioning},
		{get, 1, "encryption", "GetBucketEncryption", "GetEncryptionConfiguration", showing("ServerSideEncryptionConfiguration", showEncryption)},
		{put, 1, "encryption", "PutBucketEncryption", "PutEncryptionConfiguration", putting(putEncryption)},
		{remove, 1, "encryption", "DeleteBucketEncryption", "PutEncryptionConfiguration", deleting(deleteEncryption)},
		{get, 1, "publicAccessBlock", "GetPublicAccessBlock", "GetBucketPublicAccessBlock", showing("PublicAccessBlockConfiguration", showAccessBlock)},
		{put, 1, "publicAccessBlock", "PutPublicAccessBlock", "PutBucketPublicAccessBlock", putting(putAccessBlock)},
		{remove, 1, "publicAccessBlock", "DeletePublicAccessBlock", "PutBucketPublicAccessBlock", deleting(deleteAccessBlock)},
		{get, 1, "ownershipControls", "GetBucketOwnershipControls", "GetBucketOwnershipControls", showing("OwnershipControls", showOwnership)},
		{put, 1, "ownershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls", putting(putOwnership)},
		{get, 1, "acl", "GetBucketAcl", "GetBucketAcl", showing("AccessControlPolicy", showACL)},
		{put, 1, "acl", "PutBucketAcl", "PutBucketAcl", putACL},
		{get, 1, "website", "GetBucketWebsite", "GetBucketWebsite", showing("WebsiteConfiguration", showWebsite)},
		{put, 1, "website", "PutBucketWebsite", "PutBucketWebsite", putting(putWebsite)},
		{get, 1, "policy", "GetBucketPolicy", "GetBucketPolicy", getBucketPolicy},
		{put, 1, "policy", "PutBucketPolicy", "PutBucketPolicy", s.putPolicy},
		{remove, 1, "policy", "DeleteBucketPolicy", "DeleteBucketPolicy", deleting(func(b *s3Bucket) { b.policyText, b.policy = "", nil })},
		{get, 1, "abac", "GetBucketAbac", "GetBucketAbac", showing("AbacStatus", showABAC)},
		{put, 1, "abac", "PutBucketAbac", "PutBucketAbac", putting(putABAC)},
		{get, 1, "tagging", "GetBucketTagging", "GetBucketTagging", showing("Tagging", showTagging)},
		{put, 1, "tagging", "PutBucketTagging", "PutBucketTagging", putting(putTagging)},
		{get, 1, "lifecycle", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration", showing("LifecycleConfiguration", showLifecycle)},
		{put, 1, "lifecycle", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration", putting(s.putLifecycle)},
		{remove, 1, "lifecycle", "DeleteBucketLifecycle", "PutLifecycleConfiguration", deleting(func(b *s3Bucket) { b.lifecycle = nil })},
		{get, 1, "object-lock", "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration", showing("ObjectLockConfiguration", showObjectLock)},
		{put, 1, "object-lock", "PutObjectLockConfiguration", "PutBucketObjectLockConfiguration", putting(putObjectLock)},
		{get, 1, "requestPayment", "GetBucketRequestPayment", "GetBucketRequestPayment", showing("RequestPaymentConfiguration", showRequestPayment)},
		{put, 1, "requestPayment", "PutBucketRequestPayment", "PutBucketRequestPayment", putting(putRequestPayment)},
		{get, 1, "replication", "GetBucketReplication", "GetReplicationConfiguration", showing("ReplicationConfiguration", showReplication)},
		{put, 1, "replication", "PutBucketReplication", "PutReplicationConfiguration", putting(putReplication)},
		{get, 1, "versions", "ListObjectVersions", "", s.listVersions},
		{post, 1, "delete", "DeleteObjects", "", s.deleteObjects},
		{get, 1, "list-type", "ListObjectsV2", "", s.listObjectsV2},
		{head, 1, "", "HeadBucket", "", s.headBucket},
		{put, 1, "", "CreateBucket", "", s.createBucket},
		{remove, 1, "", "DeleteBucket", "DeleteBucket", s.deleteBucket},

		{put, 2, "legal-hold", "PutObjectLegalHold", "", s.putLegalHold},
		{post, 2, "uploads", "CreateMultipartUpload", "", s.createUpload},
		{post, 2, "uploadId", "CompleteMultipartUpload", "", s.completeUpload},
		{put, 2, "uploadId", "UploadPart", "", s.uploadPart},
		{remove, 2, "uploadId", "AbortMultipartUpload", "", s.abortUpload},
		{put, 2, "X-Amz-Copy-Source", "CopyObject", "", s.copyObject},
		{put, 2, "", "PutObject", "", s.putObject},
		{get, 2, "", "GetObject", "", s.getObject},
		{head, 2, "", "HeadObject", "", s.getObject},
		{remove, 2, "", "DeleteObject", "", s.deleteObject},
	}
}

// route names the operation of an S3 request.
func (s *s3Service) route(r *request) string {
	if op := s.find(r); op != nil {
		return op.name
	}
	return ""
}

// s3Subresources are query parameters that make a request another operation. A
// request with one that the table does not name must not be taken for the
// plain operation: PUT ?tagging would overwrite an object.
var s3Subresources = []string{
	"abac", "accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory",
	"legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification", "object-lock",
	"ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment",
	"restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads", "versioning", "versions", "website",
}

func (s *s3Service) find(r *request) *s3Operation {
	name, key := s3Address(r.http)
	level := 0
	if key != "" {
		level = 2
	} else if name != "" {
		level = 1
	}
	query := r.http.URL.Query()
	for i, op := range s.operations {
		marked := query.Has(op.mark) || r.http.Header.Get(op.mark) != ""
		if op.mark == "" {
			marked = !slices.ContainsFunc(s3Subresources, query.Has)
		}
		if op.method == r.http.Method && op.level == level && marked {
			return &s.operations[i]
		}
	}
	return nil
}

// s3Address gives bucket and key of a path-style address, which is what a port of
// this machine is asked with.
func s3Address(h *http.Request) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(h.URL.Path, "/"), "/")
	return bucket, key
}

func (s *s3Service) serve(r *request) (response, error) {
	op := s.find(r)
	if op == nil {
		return response{}, notImplemented()
	}
	c := &s3Call{request: r, query: r.http.URL.Query()}
	c.name, c.key = s3Address(r.http)
	if err := s.openBucket(c, op); err != nil {
		return response{}, err
	}
	if op.action == "" {
		return op.serve(c)
	}
	if err := s.allow(c, op.action, "", nil); err != nil {
		return response{}, err
	}
	if op.method == http.MethodGet {
		return op.serve(c)
	}
	return s.reconfigure(c, op)
}

// reconfigure changes a setting of a bucket. S3 makes one such change at a time, and
// under [Options.Lag] takes a while for it.
func (s *s3Service) reconfigure(c *s3Call, op *s3Operation) (response, error) {
	if c.now.Before(c.bucket.busy) {
		return response{}, fail(http.StatusConflict, "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.")
	}
	out, err := op.serve(c)
	if err == nil {
		c.bucket.busy = c.now.Add(s.draw("busy", op.name, c.name))
	}
	return out, err
}

func notImplemented() error {
	return fail(http.StatusNotImplemented, "NotImplemented", "A header or query you provided implies functionality that is not implemented.")
}

// openBucket finds the bucket that the request names and turns away who is in
// the wrong region or expects another owner.
func (s *s3Service) openBucket(c *s3Call, op *s3Operation) error {
	if op.level == 0 || op.name == "CreateBucket" {
		return nil
	}
	b := s.buckets[c.name]
	if b == nil {
		return noSuchBucket(c.name)
	}
	c.bucket = b
	if c.region != b.region {
		return s.wrongRegion(c, b)
	}
	if err := b.pays(c); err != nil {
		return err
	}
	return checkOwner(c.http.Header.Get("X-Amz-Expected-Bucket-Owner"), b)
}

func noSuchBucket(name string) *apiError {
	return fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist").with(details{"BucketName": name})
}

func checkOwner(expected string, b *s3Bucket) error {
	if expected == "" || expected == b.account {
		return nil
	}
	return accessDeniedS3()
}

func accessDeniedS3() *apiError {
	return fail(http.StatusForbidden, "AccessDenied", "Access Denied")
}

// wrongRegion answers as the endpoint of the region that the request was
// signed for: the global one of us-east-1 forwards the request to the bucket's
// region, where the signature's scope is wrong; any other one redirects.
func (s *s3Service) wrongRegion(c *s3Call, b *s3Bucket) error {
	if c.region == "us-east-1" {
		return badRequest("AuthorizationHeaderMalformed",
			"The authorization header is malformed; the region '%s' is wrong; expecting '%s'", c.region, b.region).with(details{"Region": b.region, bucketRegion: b.region})
	}
	return fail(http.StatusMovedPermanently, "PermanentRedirect",
		"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.").with(details{"Bucket": b.name, "Endpoint": b.name + ".s3." + b.region + "." + s.partition.suffix, bucketRegion: b.region})
}

// bucketRegion is the detail of an error that becomes a header, not an element.
const bucketRegion = "x-amz-bucket-region"

// allow asks whether the caller may do an action on the bucket (key "") or on
// an object in it.
func (s *s3Service) allow(c *s3Call, action, key string, conditions map[string][]string) error {
	return s.allowIn(c, c.bucket, action, key, conditions)
}

func (s *s3Service) allowIn(c *s3Call, b *s3Bucket, action, key string, conditions map[string][]string) error {
	resource := b.arn()
	if key != "" {
		resource += "/" + key
	}
	return s.authorize(c.request, "s3:"+action, resource, b.account, b.lets(c.account.id), conditions)
}

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// s3XML answers with a document of that name.
func s3XML(name string, document any) (response, error) {
	out, err := xmlResponse(http.StatusOK, xml.Name{Space: s3Namespace, Local: name}, document)
	out.header.Set("Content-Type", "application/xml")
	return out, err
}

// readXML reads the body of a request into a struct.
func readXML(c *s3Call, into any) error {
	if err := xml.Unmarshal(c.body, into); err != nil {
		return malformedXML()
	}
	return nil
}

func malformedXML() error {
	return badRequest("MalformedXML",
		"The XML you provided was not well-formed or did not validate against our published schema")
}

func invalidArgument(format string, args ...any) error {
	return badRequest("InvalidArgument", format, args...)
}

// s3Failure renders an error as S3 does: the details that are named like headers
// become some.
func s3Failure(r *request, e *apiError) (response, error) {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	var document struct{ Elements []element }
	add := func(name, text string) {
		document.Elements = append(document.Elements, element{xml.Name{Local: name}, text})
	}
	add("Code", e.code)
	add("Message", e.message)
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(e.detail)) {
		if text, ok := e.detail[name].(string); ok && strings.HasPrefix(name, "x-amz-") {
			header.Set(name, text)
		} else if ok {
			add(name, text)
		}
	}
	add("RequestId", r.id)
	add("HostId", r.id)
	out, err := xmlResponse(e.status, xml.Name{Local: "Error"}, document)
	header.Set("Content-Type", "application/xml")
	out.header = header
	return out, err
}
