package awsops

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The refused work cancels the listing that goes on beside it, which is nobody's wish.
func TestWhatFailsBesideAListingIsToldAndNotThatTheListingWasBrokenOff(t *testing.T) {
	session := fakeAWS(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Requestid", "1")
		switch list := strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListKeys"); {
		case list && strings.Contains(string(body), "Marker"):
			<-r.Context().Done()
		case list:
			_, _ = io.WriteString(w, `{"Keys":[{"KeyId":"k","KeyArn":"arn:aws:kms:eu-west-1:111111111111:key/k"}],"Truncated":true,"NextMarker":"2"}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`)
		}
	}).Home("")
	if _, err := session.scanKeys(t.Context(), "stateroom", "a"); IsCancelled(err) || !IsUnknownKey(err) {
		t.Errorf("%v", err)
	}
}
