package sandbox

import (
	"cmp"
	"encoding/base64"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

type s3Owner struct{ ID string }

func (s *s3Service) listBuckets(c *s3Call) (response, error) {
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
		Owner             s3Owner
		Buckets           []entry `xml:"Buckets>Bucket"`
		Prefix            string  `xml:",omitempty"`
		ContinuationToken string  `xml:",omitempty"`
	}{Owner: s3Owner{canonicalID(c.account.id)}, Prefix: c.query.Get("prefix")}
	region := c.query.Get("bucket-region")
	for _, b := range inOrder(s.buckets) {
		if b.account != c.account.id || !strings.HasPrefix(b.name, out.Prefix) || region != "" && region != b.region || b.name <= string(after) {
			continue
		}
		if len(out.Buckets) == limit {
			out.ContinuationToken = base64.URLEncoding.EncodeToString([]byte(out.Buckets[limit-1].Name))
			break
		}
		out.Buckets = append(out.Buckets, entry{b.name, s3Time(b.created), b.region})
	}
	return s3XML("ListAllMyBucketsResult", out)
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
	Tags               []tag `xml:"Tags>Tag"`
}

func (s *s3Service) createBucket(c *s3Call) (response, error) {
	var in createBucketConfiguration
	if len(c.body) > 0 {
		if err := readXML(c, &in); err != nil {
			return response{}, err
		}
	}
	if !validBucketName(c.name) {
		return response{}, badRequest("InvalidBucketName", "The specified bucket is not valid.").with(details{"BucketName": c.name})
	}
	if err := checkLocation(c.region, in.LocationConstraint); err != nil {
		return response{}, err
	}
	b := &s3Bucket{
		name: c.name, account: c.account.id, region: c.region, created: c.now, tags: tagsOf(in.Tags),
		encryption: s3Encryption{algorithm: "AES256"}, keys: map[string][]*s3Version{},
		ownership: cmp.Or(c.http.Header.Get("X-Amz-Object-Ownership"), "BucketOwnerEnforced"),
		access:    &publicAccessBlock{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true},
	}
	if strings.EqualFold(c.http.Header.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
		b.lock, b.versioning = &objectLock{Enabled: "Enabled"}, "Enabled"
	}
	if err := s.mayCreate(c, b); err != nil {
		return response{}, err
	}
	if old := s.buckets[c.name]; old != nil {
		if err := taken(c, old); err != nil {
			return response{}, err
		}
	} else {
		s.buckets[c.name] = b
		s.appears(b.arn(), c.now)
	}
	return response{status: http.StatusOK, header: http.Header{"Location": {"/" + c.name}, "X-Amz-Bucket-Arn": {b.arn()}}}, nil
}

// checkLocation compares the location asked for with the region of the
// endpoint; us-east-1 takes no constraint and forwards every other one.
func checkLocation(region, constraint string) error {
	switch {
	case constraint == "us-east-1" || strings.ContainsAny(constraint, " /"):
		return badRequest("InvalidLocationConstraint", "The specified location-constraint is not valid")
	case constraint == "" && region != "us-east-1":
		return badRequest("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case constraint != "" && constraint != region:
		return badRequest("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
	}
	return nil
}

// mayCreate asks for everything that the request does besides creating.
func (s *s3Service) mayCreate(c *s3Call, b *s3Bucket) error {
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

func (s *s3Service) headBucket(c *s3Call) (response, error) {
	header := http.Header{"X-Amz-Bucket-Region": {c.bucket.region}, "X-Amz-Access-Point-Alias": {"false"}, "X-Amz-Bucket-Arn": {c.bucket.arn()}}
	if err := s.allow(c, "ListBucket", "", nil); isCode(err, "NoSuchBucket") {
		return response{}, err
	} else if err != nil {
		return response{}, accessDeniedS3().with(details{bucketRegion: c.bucket.region})
	}
	return response{status: http.StatusOK, header: header}, nil
}

func (s *s3Service) deleteBucket(c *s3Call) (response, error) {
	if len(c.bucket.keys) > 0 {
		message := "The bucket you tried to delete is not empty"
		if c.bucket.versioning != "" {
			message += ". You must delete all versions in the bucket."
		}
		return response{}, fail(http.StatusConflict, "BucketNotEmpty", "%s", message)
	}
	delete(s.buckets, c.name)
	for id, upload := range s.uploads {
		if upload.bucket == c.bucket {
			delete(s.uploads, id)
		}
	}
	return response{status: http.StatusNoContent}, nil
}
