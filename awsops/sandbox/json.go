package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// routeJSON names the operation of a JSON 1.0 or 1.1 request, which carries it
// in the header X-Amz-Target as "Prefix.Operation".
func routeJSON(r *request) string {
	target := r.http.Header.Get("X-Amz-Target")
	return target[strings.LastIndexByte(target, '.')+1:]
}

// jsonHandler works on one JSON request; the value it returns is the answer.
type jsonHandler func(*request) (any, error)

// jsonOp makes a handler of a typed function. In and Out are structs whose
// fields have the names of the wire; [epoch] is their time.
func jsonOp[In, Out any](work func(*request, In) (Out, error)) jsonHandler {
	return func(r *request) (any, error) {
		var in In
		if len(bytes.TrimSpace(r.body)) > 0 {
			if err := json.Unmarshal(r.body, &in); err != nil {
				return nil, badRequest("SerializationException", "%v", err)
			}
		}
		return work(r, in)
	}
}

// serveJSON answers from a table of operations, with the content type of the
// request: application/x-amz-json-1.0 or -1.1.
func serveJSON(r *request, operations map[string]jsonHandler) (response, error) {
	handler, ok := operations[r.operation]
	if !ok {
		return response{}, badRequest("UnknownOperationException", "The sandbox does not know %s:%s.", r.service, r.operation)
	}
	out, err := handler(r)
	if err != nil {
		return response{}, err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return response{}, fmt.Errorf("sandbox: write the answer of %s: %w", r.operation, err)
	}
	if out == nil {
		body = nil
	}
	contentType := r.http.Header.Get("Content-Type")
	if !strings.HasPrefix(contentType, "application/x-amz-json-") {
		contentType = "application/json"
	}
	return response{header: http.Header{"Content-Type": {contentType}}, body: body}, nil
}

func jsonFailure(_ *request, e *apiError) (response, error) {
	members := map[string]any{"__type": e.code, "message": e.message}
	maps.Copy(members, e.detail)
	body, err := json.Marshal(members)
	if err != nil {
		return response{}, fmt.Errorf("sandbox: write %s: %w", e.code, err)
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Errortype": {e.code}}
	return response{status: e.status, header: header, body: body}, nil
}

// epoch is a time in the JSON protocols: seconds since 1970.
type epoch time.Time

// MarshalJSON writes seconds with milliseconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(e).UnixMilli())/1000, 'f', 3, 64), nil
}
