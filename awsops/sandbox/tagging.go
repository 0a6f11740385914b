package sandbox

// taggedResource is one resource in the answers of the tagging API.
type taggedResource struct {
	arn  string
	tags map[string]string
}

func (s *Server) serveTagging(r *request) response { return s.serveJSON(r, nil) }
