package sandbox

import (
	"encoding/base64"
	"encoding/xml"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// s3BucketOperations are the operations on the service and on buckets.
var s3BucketOperations = []s3Operation{
	{http.MethodGet, 0, "", "ListBuckets", (*Server).s3ListBuckets},
	{http.MethodGet, 1, "versioning", "GetBucketVersioning", (*Server).s3GetVersioning},
	{http.MethodPut, 1, "versioning", "PutBucketVersioning", (*Server).s3PutVersioning},
	{http.MethodGet, 1, "encryption", "GetBucketEncryption", (*Server).s3GetEncryption},
	{http.MethodPut, 1, "encryption", "PutBucketEncryption", (*Server).s3PutEncryption},
	{http.MethodDelete, 1, "encryption", "DeleteBucketEncryption", (*Server).s3DeleteEncryption},
	{http.MethodGet, 1, "publicAccessBlock", "GetPublicAccessBlock", (*Server).s3GetAccessBlock},
	{http.MethodPut, 1, "publicAccessBlock", "PutPublicAccessBlock", (*Server).s3PutAccessBlock},
	{http.MethodDelete, 1, "publicAccessBlock", "DeletePublicAccessBlock", (*Server).s3DeleteAccessBlock},
	{http.MethodGet, 1, "ownershipControls", "GetBucketOwnershipControls", (*Server).s3GetOwnership},
	{http.MethodPut, 1, "ownershipControls", "PutBucketOwnershipControls", (*Server).s3PutOwnership},
	{http.MethodGet, 1, "policy", "GetBucketPolicy", (*Server).s3GetPolicy},
	{http.MethodPut, 1, "policy", "PutBucketPolicy", (*Server).s3PutPolicy},
	{http.MethodDelete, 1, "policy", "DeleteBucketPolicy", (*Server).s3DeletePolicy},
	{http.MethodGet, 1, "tagging", "GetBucketTagging", (*Server).s3GetTagging},
	{http.MethodPut, 1, "tagging", "PutBucketTagging", (*Server).s3PutTagging},
	{http.MethodGet, 1, "lifecycle", "GetBucketLifecycleConfiguration", (*Server).s3GetLifecycle},
	{http.MethodPut, 1, "lifecycle", "PutBucketLifecycleConfiguration", (*Server).s3PutLifecycle},
	{http.MethodGet, 1, "object-lock", "GetObjectLockConfiguration", (*Server).s3GetObjectLock},
	{http.MethodGet, 1, "versions", "ListObjectVersions", (*Server).s3ListVersions},
	{http.MethodPost, 1, "delete", "DeleteObjects", (*Server).s3DeleteObjects},
	{http.MethodGet, 1, "list-type", "ListObjectsV2", (*Server).s3ListObjectsV2},
	{http.MethodHead, 1, "", "HeadBucket", (*Server).s3HeadBucket},
	{http.MethodPut, 1, "", "CreateBucket", (*Server).s3CreateBucket},
	{http.MethodDelete, 1, "", "DeleteBucket", (*Server).s3DeleteBucket},
}

type s3Owner struct{ ID string }

type s3TagList struct {
	Tag []struct{ Key, Value string }
}

func (l s3TagList) set() tagSet {
	tags := tagSet{}
	for _, t := range l.Tag {
		tags[t.Key] = t.Value
	}
	return tags
}

func (s *Server) s3ListBuckets(c *s3Call) (response, error) {
	if err := s.authorize(c.request, "s3:ListAllMyBuckets", "*", c.account.id, nil, nil); err != nil {
		return response{}, err
	}
	limit := 10_000
	if text := c.query.Get("max-buckets"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limit {
			return response{}, invalidArgument("Argument max-buckets must be an integer between 1 and 10000")
		}
		limit = n
	}
	after, err := base64.URLEncoding.DecodeString(c.query.Get("continuation-token"))
	if err != nil {
		return response{}, invalidArgument("The continuation token provided is incorrect")
	}
	type entry struct{ Name, CreationDate, BucketRegion string }
	out := struct {
		XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner             s3Owner
		Buckets           []entry `xml:"Buckets>Bucket"`
		Prefix            string  `xml:",omitempty"`
		ContinuationToken string  `xml:",omitempty"`
	}{Owner: s3Owner{canonicalID(c.account.id)}, Prefix: c.query.Get("prefix")}
	for _, name := range sortedKeys(s.s3.buckets) {
		b := s.s3.buckets[name]
		region := c.query.Get("bucket-region")
		if b.account != c.account.id || !strings.HasPrefix(name, out.Prefix) || region != "" && region != b.region || name <= string(after) {
			continue
		}
		if len(out.Buckets) == limit {
			out.ContinuationToken = base64.URLEncoding.EncodeToString([]byte(out.Buckets[limit-1].Name))
			break
		}
		out.Buckets = append(out.Buckets, entry{name, s3Time(b.created), b.region})
	}
	return s3XML(out)
}

var (
	bucketName     = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	bucketReserved = regexp.MustCompile(`\.\.|\.-|-\.|^xn--|^sthree-|^amzn-s3-demo-|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$`)
)

func validBucketName(name string) bool {
	return bucketName.MatchString(name) && !bucketReserved.MatchString(name) && net.ParseIP(name) == nil
}

type createBucketConfiguration struct {
	LocationConstraint string
	Tags               s3TagList
}

func (s *Server) s3CreateBucket(c *s3Call) (response, error) {
	var in createBucketConfiguration
	if len(c.body) > 0 {
		if err := readXML(c, &in); err != nil {
			return response{}, err
		}
	}
	if !validBucketName(c.name) {
		e := fail(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
		e.detail = map[string]any{"BucketName": c.name}
		return response{}, e
	}
	if err := checkLocation(c.region, in.LocationConstraint); err != nil {
		return response{}, err
	}
	b := &s3Bucket{
		name: c.name, account: c.account.id, region: c.region, created: c.now, tags: in.Tags.set(),
		encryption: s3Encryption{algorithm: "AES256"}, keys: map[string][]*s3Version{},
		ownership: first(c.http.Header.Get("X-Amz-Object-Ownership"), "BucketOwnerEnforced"),
		access:    &publicAccessBlock{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true},
	}
	if err := s.mayCreate(c, b); err != nil {
		return response{}, err
	}
	if old := s.s3.buckets[c.name]; old != nil {
		if err := taken(c, old); err != nil {
			return response{}, err
		}
	} else {
		s.s3.buckets[c.name] = b
	}
	return response{status: http.StatusOK, header: http.Header{"Location": {"/" + c.name}, "X-Amz-Bucket-Arn": {b.arn()}}}, nil
}

// checkLocation compares the location asked for with the region of the
// endpoint; us-east-1 takes no constraint and forwards every other one.
func checkLocation(region, constraint string) error {
	switch {
	case constraint == "us-east-1" || strings.ContainsAny(constraint, " /"):
		return fail(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid")
	case constraint == "" && region != "us-east-1":
		return fail(http.StatusBadRequest, "IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case constraint != "" && constraint != region:
		return fail(http.StatusBadRequest, "IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
	}
	return nil
}

// mayCreate asks for everything that the request does besides creating.
func (s *Server) mayCreate(c *s3Call, b *s3Bucket) error {
	conditions := b.tags.requestConditions()
	if c.region != "us-east-1" {
		conditions["s3:LocationConstraint"] = []string{c.region}
	}
	actions := []string{"CreateBucket"}
	if len(b.tags) > 0 {
		actions = append(actions, "TagResource")
	}
	if c.http.Header.Get("X-Amz-Object-Ownership") != "" {
		conditions["s3:x-amz-object-ownership"] = []string{b.ownership}
		actions = append(actions, "PutBucketOwnershipControls")
	}
	if !validOwnership(b.ownership) {
		return invalidArgument("Invalid x-amz-object-ownership header: %s", b.ownership)
	}
	for _, action := range actions {
		if err := s.allowIn(c, b, action, "", conditions); err != nil {
			return err
		}
	}
	return nil
}

// taken is nil only in us-east-1, where creating one's own bucket again
// answers 200.
func taken(c *s3Call, old *s3Bucket) error {
	switch {
	case old.account != c.account.id:
		return fail(http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")
	case old.region == "us-east-1" && c.region == "us-east-1":
		return nil
	}
	return fail(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
}

func (s *Server) s3HeadBucket(c *s3Call) (response, error) {
	header := http.Header{"X-Amz-Bucket-Region": {c.bucket.region}, "X-Amz-Access-Point-Alias": {"false"}, "X-Amz-Bucket-Arn": {c.bucket.arn()}}
	if err := s.allow(c, "ListBucket", "", nil); err != nil {
		e := accessDeniedS3()
		e.detail = map[string]any{bucketRegion: c.bucket.region}
		return response{}, e
	}
	return response{status: http.StatusOK, header: header}, nil
}

func (s *Server) s3DeleteBucket(c *s3Call) (response, error) {
	if err := s.allow(c, "DeleteBucket", "", nil); err != nil {
		return response{}, err
	}
	if len(c.bucket.keys) > 0 {
		message := "The bucket you tried to delete is not empty"
		if c.bucket.versioning != "" {
			message += ". You must delete all versions in the bucket."
		}
		return response{}, fail(http.StatusConflict, "BucketNotEmpty", "%s", message)
	}
	delete(s.s3.buckets, c.name)
	for id, upload := range s.s3.uploads {
		if upload.bucket == c.bucket {
			delete(s.s3.uploads, id)
		}
	}
	return response{status: http.StatusNoContent}, nil
}
