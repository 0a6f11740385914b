package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"time"
)

// StartTLS serves on a second address behind a certificate that nobody trusts,
// as a proxy does that looks into TLS, until [Server.Close]. It gives the
// address as an endpoint, "https://127.0.0.1:PORT".
func (s *Server) StartTLS(ctx context.Context, addr string) (string, error) {
	if s.https != nil {
		return "", errors.New("sandbox: TLS is served already")
	}
	certificate, err := untrusted()
	if err != nil {
		return "", fmt.Errorf("sandbox: make a certificate: %w", err)
	}
	listener, err := listen(ctx, addr)
	if err != nil {
		return "", fmt.Errorf("sandbox: listen on %s: %w", addr, err)
	}
	// net/http would write every handshake that a client breaks off to standard error.
	s.https = s.newHTTP()
	s.https.ErrorLog = log.New(io.Discard, "", 0)
	s.serveOn(s.https, tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	return "https://" + listener.Addr().String(), nil
}

// untrusted makes a certificate for the loopback address that it signs itself.
func untrusted() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err //nolint:wrapcheck // the caller says for what
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stateroom sandbox proxy"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err //nolint:wrapcheck // the caller says for what
}
