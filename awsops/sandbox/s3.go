package sandbox

import "net/http"

// s3State is every bucket.
type s3State struct{}

func newS3State() s3State { return s3State{} }

// tagged lists the buckets of an account and region with their tags.
func (b *s3State) tagged(*account, string) []taggedResource { return nil }

// routeS3 names the operation of an S3 request.
func routeS3(*request) string { return "" }

func (s *Server) serveS3(r *request) response {
	return s.fail(r, fail(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented."))
}

// s3Failure renders an error as S3 does.
func s3Failure(r *request, e *apiError) response { return queryFailure(r, e) }
