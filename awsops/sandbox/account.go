package sandbox

func routeAccount(*request) string { return "" }

func (s *Server) serveAccount(r *request) response { return s.serveJSON(r, nil) }
