package awsops

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// isDial says that no connection came about, to the endpoint or to the proxy
// before it, so that nothing was sent.
func isDial(err error) bool {
	var late *unfinished
	if errors.As(err, &late) {
		return late.dial
	}
	var op *net.OpError
	var dns *net.DNSError
	return (errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")) || errors.As(err, &dns)
}

// refusedByProxy is the answer of a proxy that does not let a connection through.
type refusedByProxy struct{ proxy, status string }

func (r *refusedByProxy) Error() string {
	return "the proxy " + r.proxy + " answered " + r.status
}

// onProxyAnswer gives a proxy's refusal a type and a name.
func onProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &refusedByProxy{proxy: proxy.Host, status: answer.Status}
}

func isProxyRefusal(err error) bool {
	var refused *refusedByProxy
	return errors.As(err, &refused)
}

// isProxyDown says that the proxy itself could not be connected to.
func isProxyDown(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

// IsUntrusted says that the certificate of the server, or of a proxy between,
// is not trusted here.
func IsUntrusted(err error) bool {
	var failed *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &failed) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// speaksHTTP says that an https endpoint answered without TLS.
func speaksHTTP(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}

// errPlainToTLS is how a server that expects TLS refuses plain HTTP, with a 400.
var errPlainToTLS = errors.New("the endpoint expects TLS")

// speaksTLS says that an http endpoint expects TLS: it said so, or answered with
// a TLS record.
func speaksTLS(err error) bool {
	return errors.Is(err, errPlainToTLS) || strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

// saysTLS knows that refusal in the words of Go's and nginx's servers.
func saysTLS(body []byte) bool {
	text := string(body)
	return strings.Contains(text, "HTTP request to an HTTPS server") ||
		strings.Contains(text, "plain HTTP request was sent to HTTPS port")
}

// isNoAddress says that the endpoint is no address to which HTTP can be sent, such
// as one without a scheme. Neither the SDK nor net/http gives that a type.
func isNoAddress(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Failed to parse uri") || strings.Contains(text, "unsupported protocol scheme")
}

// speaksOther says that what answered is no HTTP of a size that makes sense.
func speaksOther(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed HTTP") || strings.Contains(text, "server response headers exceeded")
}

// brokeOff says that the connection was ended before there was an answer. Many
// servers refuse plain HTTP so where they expect TLS.
func brokeOff(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || (errors.As(err, &op) && (op.Op == "read" || op.Op == "write") && !op.Timeout())
}

// stranger is an answer that cannot be AWS's: a page for people, a redirect that no
// AWS service signed with a request id, or one without an end.
type stranger struct{ with string }

func (s *stranger) Error() string { return "what answered with " + s.with + " is not AWS" }

func isStranger(err error) bool {
	var other *stranger
	return errors.As(err, &other)
}

// strange knows such an answer. Refusals are left to the SDK, which names them.
func strange(response *http.Response, body []byte) bool {
	if response.StatusCode >= http.StatusBadRequest || response.Header.Get("X-Amz-Request-Id") != "" ||
		response.Header.Get("X-Amzn-Requestid") != "" {
		return false
	}
	start := strings.ToLower(string(body[:min(len(body), 512)]))
	return response.StatusCode >= http.StatusMultipleChoices && response.StatusCode != http.StatusNotModified ||
		strings.Contains(start, "<html") || strings.Contains(start, "<!doctype html")
}

// neverSent says that the request itself did not leave: there was no connection,
// or none that could be trusted with it.
func neverSent(err error) bool {
	return isDial(err) || isProxyRefusal(err) || IsUntrusted(err) || speaksHTTP(err) || isNoAddress(err)
}

// hopeless says that another attempt fails the same way, so that it is told at
// once: a misconfiguration, or an endpoint at which nobody ever answered.
func (s *Sessions) hopeless(err error) bool {
	if IsUntrusted(err) || speaksHTTP(err) || speaksTLS(err) || isNoAddress(err) || errors.Is(err, errElsewhere) {
		return true
	}
	return !s.reached.Load() && (isDial(err) || isProxyRefusal(err) || speaksOther(err))
}
