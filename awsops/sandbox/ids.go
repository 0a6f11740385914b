package sandbox

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"sync"
)

// idSource makes ids and secrets out of a seed and a counter, so that a seeded
// sandbox repeats itself.
type idSource struct {
	mu   sync.Mutex
	seed string
	n    int
}

func newIDSource(seed string) *idSource {
	if seed == "" {
		seed = rand.Text()
	}
	return &idSource{seed: seed}
}

func (s *idSource) next() [sha512.Size]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return sha512.Sum512(fmt.Appendf(nil, "%s/%d", s.seed, s.n))
}

// unique is an id of IAM: a prefix that tells the kind (AKIA, ASIA, AIDA, AROA,
// AGPA, ANPA) and sixteen or seventeen characters.
func (s *idSource) unique(prefix string) string {
	sum := s.next()
	length := 17
	if prefix == "AKIA" || prefix == "ASIA" {
		length = 16
	}
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:length]
}

// secret is a secret access key of 40 characters.
func (s *idSource) secret() string {
	sum := s.next()
	return base64.StdEncoding.EncodeToString(sum[:])[:40]
}

// token is a session token.
func (s *idSource) token() string {
	a, b := s.next(), s.next()
	return "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(append(a[:], b[:]...))
}

// uuid is a random id in the form 8-4-4-4-12.
func (s *idSource) uuid() string {
	b := s.next()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4, RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// lower is n characters of lower-case letters and digits.
func (s *idSource) lower(n int) string { return s.text("abcdefghijklmnopqrstuvwxyz0123456789", n) }

// hex is n hexadecimal digits.
func (s *idSource) hex(n int) string { return s.text("0123456789abcdef", n) }

// digits is n decimal digits, none of them zero.
func (s *idSource) digits(n int) string { return s.text("123456789", n) }

func (s *idSource) text(alphabet string, n int) string {
	sum, out := s.next(), make([]byte, n)
	for i := range out {
		out[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return string(out)
}
