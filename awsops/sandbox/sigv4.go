package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
	"unique"
)

const (
	sigAlgorithm  = "AWS4-HMAC-SHA256"
	sigTime       = "20060102T150405Z"
	maxClockSkew  = 15 * time.Minute
	unsignedBody  = "UNSIGNED-PAYLOAD"
	emptyBodyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// signature is what a request says about its own signing, in its Authorization
// header.
type signature struct {
	keyID, date, region, service string // of the credential scope
	headers                      []string
	value                        string // hexadecimal
	token                        string
	time                         time.Time
	payload                      string // x-amz-content-sha256
}

func (g signature) scope() string {
	return strings.Join([]string{g.date, g.region, g.service, "aws4_request"}, "/")
}

// parseSignature reads the signature of a request. The error is a [refusal]'s
// message; ok is false when the request is not signed at all.
func parseSignature(h *http.Request) (g signature, ok bool, problem string) {
	if h.URL.Query().Has("X-Amz-Algorithm") {
		return g, true, "The sandbox takes no presigned addresses."
	}
	header := h.Header.Get("Authorization")
	fields, found := strings.CutPrefix(header, sigAlgorithm)
	if !found {
		return g, false, ""
	}
	var credential, timestamp string
	for part := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			g.headers = strings.Split(value, ";")
		case "Signature":
			g.value = value
		}
	}
	g.token = h.Header.Get("X-Amz-Security-Token")
	g.payload = h.Header.Get("X-Amz-Content-Sha256")
	timestamp = h.Header.Get("X-Amz-Date")
	if timestamp == "" {
		if date, err := http.ParseTime(h.Header.Get("Date")); err == nil {
			timestamp = date.UTC().Format(sigTime)
		}
	}
	problem = g.finish(credential, timestamp)
	return g, true, problem
}

// finish reads credential scope and time, and says what is wrong with them.
func (g *signature) finish(credential, timestamp string) string {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + credential + "'"
	}
	g.keyID, g.date = parts[0], parts[1]
	g.region, g.service = unique.Make(parts[2]).Value(), unique.Make(parts[3]).Value() // which a key remembers, without the header
	at, err := time.Parse(sigTime, timestamp)
	if err != nil {
		return "Date must be in ISO-8601 'basic format'. Got '" + timestamp + "'. See http://en.wikipedia.org/wiki/ISO_8601"
	}
	g.time = at
	if g.value == "" || !slices.Contains(g.headers, "host") {
		return "Authorization header requires 'Signature' parameter and 'host' among its signed headers."
	}
	if !strings.HasPrefix(timestamp, g.date) {
		return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + g.date + "' != '" + timestamp[:8] + "', from '" + timestamp + "'."
	}
	return ""
}

// skew says in AWS's words that the request is too old or from the future.
func (g signature) skew(now time.Time) string {
	stamp, at := now.UTC().Format(sigTime), g.time.UTC().Format(sigTime)
	if oldest := now.Add(-maxClockSkew); g.time.Before(oldest) {
		return "Signature expired: " + at + " is now earlier than " + oldest.UTC().Format(sigTime) + " (" + stamp + " - 15 min.)"
	}
	if newest := now.Add(maxClockSkew); g.time.After(newest) {
		return "Signature not yet current: " + at + " is still later than " + newest.UTC().Format(sigTime) + " (" + stamp + " + 15 min.)"
	}
	return ""
}

// key derives the signing key.
func (g signature) key(secret string) []byte {
	key := mac([]byte("AWS4"+secret), g.date)
	for _, part := range []string{g.region, g.service, "aws4_request"} {
		key = mac(key, part)
	}
	return key
}

// matches recomputes the signature over the request.
func (g signature) matches(h *http.Request, body []byte, key []byte) bool {
	payload := g.payload
	if payload == "" {
		payload = hash(body)
	}
	canonical := strings.Join([]string{
		h.Method, g.canonicalPath(h), g.canonicalQuery(h), g.canonicalHeaders(h),
		strings.Join(g.headers, ";"), payload,
	}, "\n")
	text := strings.Join([]string{sigAlgorithm, g.time.UTC().Format(sigTime), g.scope(), hash([]byte(canonical))}, "\n")
	want := hex.EncodeToString(mac(key, text))
	return hmac.Equal([]byte(want), []byte(g.value))
}

// canonicalPath encodes the path once more than the wire does, except for S3,
// whose path is signed as it is sent.
func (g signature) canonicalPath(h *http.Request) string {
	path := h.URL.Path
	if g.service != "s3" {
		path = h.URL.EscapedPath()
	}
	if path == "" {
		path = "/"
	}
	return awsEscape(path, "/")
}

func (g signature) canonicalQuery(h *http.Request) string {
	var pairs []string
	for name, values := range h.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, awsEscape(name, "")+"="+awsEscape(value, ""))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func (g signature) canonicalHeaders(h *http.Request) string {
	var out strings.Builder
	for _, name := range g.headers {
		values := h.Header.Values(name)
		if name == "host" {
			values = []string{h.Host}
		}
		trimmed := make([]string, len(values))
		for i, value := range values {
			trimmed[i] = strings.Join(strings.Fields(value), " ")
		}
		out.WriteString(name + ":" + strings.Join(trimmed, ",") + "\n")
	}
	return out.String()
}

// awsEscape encodes every byte that RFC 3986 reserves, with a space as %20,
// except those in keep.
func awsEscape(text, keep string) string {
	const upper = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~', strings.IndexByte(keep, c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteByte('%')
			out.WriteByte(upper[c>>4])
			out.WriteByte(upper[c&15])
		}
	}
	return out.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
