package sandbox

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// The streaming values of x-amz-content-sha256: the body is framed in chunks
// (Content-Encoding: aws-chunked), each signed or not, with or without trailing
// headers. See "Signature calculations: transferring a payload in multiple
// chunks" in the S3 API reference.
const (
	streamUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// chunkReader takes the framing off a body and verifies the chain of chunk
// signatures, which begins with the signature of the request.
type chunkReader struct {
	signature
	key      []byte
	previous string
	signed   bool
	out      bytes.Buffer
}

// dechunk gives the body without its framing and the trailing headers.
func dechunk(g signature, key, body []byte) ([]byte, http.Header, *apiError) {
	c := chunkReader{signature: g, key: key, previous: g.value, signed: g.payload != streamUnsignedTrailer}
	rest, e := c.chunks(body)
	if e != nil {
		return nil, nil, e
	}
	trailers, e := c.trailers(rest)
	return c.out.Bytes(), trailers, e
}

var (
	errChunk          = badRequest("IncompleteBody", "The request body terminated unexpectedly")
	errChunkSignature = badSignature.in(s3Protocol, "")
)

// chunks reads "SIZE[;chunk-signature=…]\r\nDATA\r\n" up to the chunk of size
// zero and gives what follows it.
func (c *chunkReader) chunks(body []byte) ([]byte, *apiError) {
	for {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		if !ok {
			return nil, errChunk
		}
		head, extension, _ := strings.Cut(string(line), ";")
		size, err := strconv.ParseUint(head, 16, 31)
		if err != nil || size > uint64(len(rest)) {
			return nil, errChunk
		}
		data := rest[:size]
		if c.signed && !c.verify("-PAYLOAD", strings.TrimPrefix(extension, "chunk-signature="), emptyBodyHash+"\n"+hash(data)) {
			return nil, errChunkSignature
		}
		if size == 0 {
			return rest, nil
		}
		c.out.Write(data)
		if body, ok = bytes.CutPrefix(rest[size:], []byte("\r\n")); !ok {
			return nil, errChunk
		}
	}
}

// trailers reads "name:value\r\n" lines up to the empty one.
func (c *chunkReader) trailers(rest []byte) (http.Header, *apiError) {
	if !bytes.HasSuffix(rest, []byte("\r\n")) {
		return nil, errChunk
	}
	header := http.Header{}
	var signed strings.Builder
	given := ""
	for line := range strings.SplitSeq(string(rest), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "x-amz-trailer-signature" {
			given = value
			continue
		}
		header.Set(name, value)
		signed.WriteString(name + ":" + value + "\n")
	}
	if c.payload == streamSignedTrailer && !c.verify("-TRAILER", given, hash([]byte(signed.String()))) {
		return nil, errChunkSignature
	}
	return header, nil
}

// verify checks one link of the chain.
func (c *chunkReader) verify(kind, given, hashes string) bool {
	text := strings.Join([]string{sigAlgorithm + kind, c.time.UTC().Format(sigTime), c.scope(), c.previous, hashes}, "\n")
	want := hex.EncodeToString(mac(c.key, text))
	c.previous = want
	return hmac.Equal([]byte(want), []byte(given))
}
