package sandbox

import (
	"encoding/xml"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// s3Call is one request to S3 with what its address names.
type s3Call struct {
	*request
	query     url.Values
	name, key string    // of the bucket and the object, "" if the path has none
	bucket    *s3Bucket // nil for ListBuckets and CreateBucket
}

// s3Handler works on one request to S3.
type s3Handler func(*Server, *s3Call) (response, error)

// s3Operation is one line of the routing table: how a request looks, how AWS
// calls the operation, and who does it.
type s3Operation struct {
	method string
	level  int    // 0 service, 1 bucket, 2 object
	mark   string // query parameter or header that tells it from others
	name   string
	serve  s3Handler
}

// s3Operations are tried in order: those with a mark come before those without.
var s3Operations = slices.Concat(s3BucketOperations, s3ObjectOperations)

// routeS3 names the operation of an S3 request.
func routeS3(r *request) string {
	if op := findS3Operation(r); op != nil {
		return op.name
	}
	return ""
}

// s3Subresources are query parameters that make a request another operation. A
// request with one that the table does not name must not be taken for the
// plain operation: PUT ?acl would overwrite an object.
var s3Subresources = []string{
	"accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory",
	"legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification", "object-lock",
	"ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment",
	"restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads", "versioning", "versions", "website",
}

func findS3Operation(r *request) *s3Operation {
	name, key := s3Address(r.http)
	level := 0
	if key != "" {
		level = 2
	} else if name != "" {
		level = 1
	}
	query := r.http.URL.Query()
	for i, op := range s3Operations {
		marked := query.Has(op.mark) || r.http.Header.Get(op.mark) != ""
		if op.mark == "" {
			marked = !slices.ContainsFunc(s3Subresources, query.Has)
		}
		if op.method == r.http.Method && op.level == level && marked {
			return &s3Operations[i]
		}
	}
	return nil
}

// s3Address gives bucket and key of a path-style address or, if the host is a
// name such as bucket.s3.eu-west-1.amazonaws.com or bucket.localhost, of a
// virtual-hosted one.
func s3Address(h *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(h.URL.Path, "/")
	host := h.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, mark := range []string{".s3.", ".s3-", ".localhost"} {
		if i := strings.Index(host, mark); i > 0 {
			return host[:i], path
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func (s *Server) serveS3(r *request) response {
	op := findS3Operation(r)
	if op == nil {
		return s.fail(r, notImplemented())
	}
	c := &s3Call{request: r, query: r.http.URL.Query()}
	c.name, c.key = s3Address(r.http)
	if err := s.openBucket(c, op); err != nil {
		return s.fail(r, err)
	}
	out, err := op.serve(s, c)
	if err != nil {
		return s.fail(r, err)
	}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	return out
}

func notImplemented() error {
	return fail(http.StatusNotImplemented, "NotImplemented", "A header or query you provided implies functionality that is not implemented.")
}

// openBucket finds the bucket that the request names and turns away who is in
// the wrong region or expects another owner.
func (s *Server) openBucket(c *s3Call, op *s3Operation) error {
	if op.level == 0 || op.name == "CreateBucket" {
		return nil
	}
	b := s.s3.buckets[c.name]
	if b == nil {
		return noSuchBucket(c.name)
	}
	c.bucket = b
	if c.region != b.region {
		return wrongRegion(c, b)
	}
	return checkOwner(c.http.Header.Get("X-Amz-Expected-Bucket-Owner"), b)
}

func noSuchBucket(name string) *apiError {
	e := fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	e.detail = map[string]any{"BucketName": name}
	return e
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
func wrongRegion(c *s3Call, b *s3Bucket) error {
	if c.region == "us-east-1" {
		e := fail(http.StatusBadRequest, "AuthorizationHeaderMalformed",
			"The authorization header is malformed; the region '%s' is wrong; expecting '%s'", c.region, b.region)
		e.detail = map[string]any{"Region": b.region, bucketRegion: b.region}
		return e
	}
	e := fail(http.StatusMovedPermanently, "PermanentRedirect",
		"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
	e.detail = map[string]any{"Bucket": b.name, "Endpoint": b.name + ".s3." + b.region + ".amazonaws.com", bucketRegion: b.region}
	return e
}

// bucketRegion is the detail of an error that becomes a header, not an element.
const bucketRegion = "x-amz-bucket-region"

// allow asks whether the caller may do an action on the bucket (key "") or on
// an object in it.
func (s *Server) allow(c *s3Call, action, key string, conditions map[string][]string) error {
	return s.allowIn(c, c.bucket, action, key, conditions)
}

func (s *Server) allowIn(c *s3Call, b *s3Bucket, action, key string, conditions map[string][]string) error {
	resource := b.arn()
	if key != "" {
		resource += "/" + key
	}
	return s.authorize(c.request, "s3:"+action, resource, b.account, b.policy, conditions)
}

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// s3XML answers with a document in S3's content type.
func s3XML(document any) (response, error) {
	out, err := xmlResponse(http.StatusOK, document)
	if err == nil {
		out.header.Set("Content-Type", "application/xml")
	}
	return out, err
}

// readXML reads the body of a request into a struct.
func readXML(c *s3Call, into any) error {
	if err := xml.Unmarshal(c.body, into); err != nil {
		return malformedXML()
	}
	return checkContentMD5(c)
}

func malformedXML() error {
	return fail(http.StatusBadRequest, "MalformedXML",
		"The XML you provided was not well-formed or did not validate against our published schema")
}

func invalidArgument(format string, args ...any) error {
	return fail(http.StatusBadRequest, "InvalidArgument", format, args...)
}

// s3Failure renders an error as S3 does.
func s3Failure(r *request, e *apiError) response {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	document := struct {
		XMLName  xml.Name `xml:"Error"`
		Elements []element
	}{}
	add := func(name, text string) {
		document.Elements = append(document.Elements, element{XMLName: xml.Name{Local: name}, Text: text})
	}
	add("Code", e.code)
	add("Message", e.message)
	header := http.Header{}
	for _, name := range sortedKeys(e.detail) {
		if text, ok := e.detail[name].(string); ok && strings.HasPrefix(name, "x-amz-") {
			header.Set(name, text)
		} else if ok {
			add(name, text)
		}
	}
	add("RequestId", r.id)
	add("HostId", r.id)
	out, err := xmlResponse(e.status, document)
	if err != nil {
		return response{status: http.StatusInternalServerError}
	}
	header.Set("Content-Type", "application/xml")
	out.header = header
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
