package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Entry is one request in the log.
type Entry struct {
	Sequence  int // from 1, in the order in which the work was done
	Time      time.Time
	Service   string // the name it was signed for: "iam", "s3"…
	Operation string
	Account   string // the caller's, empty when the signature was refused
	Caller    string // ARN
	Region    string
	Resource  string // the first resource that was authorized
	Status    int    // HTTP status, 0 when the request was dropped before any work
	Code      string // AWS's error code, empty on success
	Input     any    // form or JSON as maps and lists; for S3 method, path, query, headers and body
	Mutating  bool   // the operation would change something
}

// Log gives every request so far, but for the oldest where [Options.Logged] says so.
func (s *Server) Log() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// readPrefixes begin the names of operations that change nothing.
var readPrefixes = []string{
	"Get", "List", "Describe", "Head", "Simulate", "AssumeRole", "GenerateDataKey", "IsMember",
	"RegisterClient", "StartDeviceAuthorization", "Authorize", "CreateToken", // somebody signs in
}

// mutating tells an operation that would change something: none that was cut off before
// it could be read.
func mutating(operation string) bool {
	return operation != "" && !slices.ContainsFunc(readPrefixes, func(prefix string) bool { return strings.HasPrefix(operation, prefix) })
}

// entry is the request as far as it is known.
func (r *request) entry() Entry {
	e := Entry{
		Time: r.now, Service: r.service, Operation: r.operation, Region: r.region,
		Resource: r.resource, Input: r.input, Mutating: mutating(r.operation),
	}
	if r.caller != nil {
		e.Account, e.Caller = r.account.id, r.caller.arn
	}
	if r.failure != nil {
		e.Code = r.failure.code
	}
	return e
}

// record appends the request to the log.
func (s *Server) record(r *request, status int) Entry {
	e := r.entry()
	s.logged++
	e.Status, e.Sequence = status, s.logged
	if keep := s.options.Logged; keep > 0 && len(s.log) == 2*keep {
		s.log = append(make([]Entry, 0, 2*keep), s.log[keep:]...) // what the others held is free
	}
	s.log = append(s.log, e)
	return e
}

// describe decodes the input for the log.
func (r *request) describe() {
	switch r.protocol {
	case queryProtocol:
		r.input = formValue(r.form)
	case jsonProtocol, restJSONProtocol:
		input := map[string]any{}
		for name := range r.http.URL.Query() {
			input[name] = r.http.URL.Query().Get(name)
		}
		if len(input) > 0 {
			r.input = input
		} else if json.Unmarshal(r.body, &input) == nil {
			r.input = input
		}
	case s3Protocol:
		r.input = s3Input(r)
	}
}

// s3Input keeps the body of configuration calls only; objects stay out.
func s3Input(r *request) map[string]any {
	headers := map[string]any{}
	for name, values := range r.http.Header {
		if strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "If-") || name == "Content-Md5" {
			headers[name] = strings.Join(values, ",")
		}
	}
	delete(headers, "X-Amz-Security-Token")
	input := map[string]any{
		"Method": r.http.Method, "Path": r.http.URL.Path, "Query": r.http.URL.RawQuery, "Headers": headers,
	}
	if !strings.Contains(r.operation, "Object") && !strings.Contains(r.operation, "Part") {
		input["Body"] = string(r.body)
	}
	return input
}
