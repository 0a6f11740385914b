package sandbox

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// request is one call whose signature was verified.
type request struct {
	ctx  context.Context
	http *http.Request
	// answer takes what is answered.
	answer http.ResponseWriter
	id     string // request id of the answer
	now    time.Time
	held   int64 // room taken for the body among all bodies

	body  []byte
	form  url.Values // query protocol only
	input any        // decoded form or JSON, for the log

	service   string // the name it was signed for
	protocol  protocol
	region    string
	operation string

	caller  *caller
	account *account // the caller's
	secure  bool     // the loopback port counts as secure transport

	resource string    // the first resource that was authorized, for the log
	failure  *apiError // the error that was answered
}

// response is an answer, complete before the lock is released.
type response struct {
	status int // 0 means 200
	header http.Header
	body   []byte
}

// xmlResponse answers with a document of that name.
func xmlResponse(status int, name xml.Name, document any) (response, error) {
	body := bytes.NewBufferString(xml.Header)
	out := response{status: status, header: http.Header{"Content-Type": {"text/xml"}}}
	if err := xml.NewEncoder(body).EncodeElement(document, xml.StartElement{Name: name}); err != nil {
		return out, fmt.Errorf("sandbox: write %s: %w", name.Local, err)
	}
	out.body = body.Bytes()
	return out, nil
}
