package troubleshoot

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"stateroom/steps"
	"stateroom/steps/files"
)

// knockPatience bounds the wait for an endpoint to answer at all.
const knockPatience = 5 * time.Second

// endpoints checks the addresses that a backend names in AWS's stead: those that
// the set-up uses, and that somebody answers there whom this laptop trusts.
func (l *laptop) endpoints(ctx context.Context, p project) {
	b := p.s3()
	if b == nil {
		return
	}
	asked := p.at("endpoints.s3")
	var odd []string
	for _, a := range b.Attributes {
		if strings.HasPrefix(a.Name, "endpoints.") && a.Literal && a.Value != "" && a.Value != l.env.Endpoint && !slices.Contains(odd, a.Value) {
			odd = append(odd, a.Value)
		}
	}
	if len(odd) == 0 {
		answer := "the backend names none"
		if b.Attributes.Find("endpoints.s3") != nil {
			answer = "they are " + l.env.Endpoint
		}
		l.passed(checkNetwork, p.Name, asked, answer)
		return
	}
	found, severity, evidence, remedy := l.knock(ctx, p, odd)
	if found == "" {
		l.passed(checkNetwork, p.Name, asked, strings.Join(odd, ", ")+": somebody answers")
		return
	}
	l.broken(checkNetwork, p.Name, asked, strings.Join(odd, ", "), found)
	l.found(found, 7, severity, evidence, remedy)
	if l.env.Endpoint != "" {
		l.mend(p, func(b *files.Backend) { b.Endpoint = l.env.Endpoint })
	}
}

// knock asks every address for an answer, of whatever kind.
func (l *laptop) knock(ctx context.Context, p project, addresses []string) (found string, severity steps.Severity, evidence, remedy string) {
	at := p.at("endpoints.s3")
	for _, address := range addresses {
		err := l.reach(ctx, address, p.backend.Attributes.Get("custom_ca_bundle"))
		var unknown *tls.CertificateVerificationError
		switch {
		case errors.As(err, &unknown):
			return "tls-untrusted", steps.Failure, fmt.Sprintf("%s: the backend's endpoint %s has a certificate that this laptop does not trust: %v.", at, address, unknown.Err),
				"Correct the endpoint, or name the certificate authority of your proxy in AWS_CA_BUNDLE."
		case err != nil:
			return "network-unreachable", steps.Failure, fmt.Sprintf("%s: nobody answers at the backend's endpoint %s: %v.", at, address, err),
				"Correct the endpoint, or remove it to reach AWS itself."
		}
	}
	if l.env.Endpoint == "" {
		return "", "", "", ""
	}
	return "files.endpoint-differs", steps.Warning, fmt.Sprintf("%s: the backend's requests go to %s, but stateroom's to %s.", at, strings.Join(addresses, ", "), l.env.Endpoint),
		"Write the endpoint that is meant in both."
}

// reach tells whether something answers at an address, over the proxy that the
// environment names.
func (l *laptop) reach(ctx context.Context, address, bundle string) error {
	ctx, cancel := context.WithTimeout(ctx, knockPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the address
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.authorities(ctx, bundle)}}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the address
	}
	return answer.Body.Close() //nolint:wrapcheck // as above
}

// authorities are those of a bundle, nil for the system's.
func (l *laptop) authorities(ctx context.Context, bundle string) *x509.CertPool {
	if bundle == "" {
		bundle = l.getenv("AWS_CA_BUNDLE")
	}
	text, err := files.Load(ctx, bundle, files.Limit{})
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}
