package sandbox

func (s *Server) serveSTS(r *request) response { return s.serveQuery(r, "", nil) }
