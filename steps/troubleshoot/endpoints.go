package troubleshoot

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
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
	if stranger := p.unknown(odd); stranger != "" {
		l.broken(checkNetwork, p.Name, asked, stranger+" is not asked: nobody agreed to it", leadsElsewhere)
		l.mendEndpoint(p, plan.Finding{ID: leadsElsewhere, Subject: p.Name}.Key())
		return
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
	l.found(found, plan.StepFiles, severity, evidence, remedy)
	l.mendEndpoint(p, l.newest())
	if len(p.strangers) > 0 {
		l.mendEndpoint(p, plan.Finding{ID: leadsElsewhere, Subject: p.Name}.Key())
	}
}

// mendEndpoint writes the endpoint that this run uses, where it uses one.
func (l *laptop) mendEndpoint(p project, finding string) {
	if l.env.Endpoint != "" {
		l.out.mends = append(l.out.mends, mend{project: p.Name, finding: finding, backend: func(b *tf.Backend) { b.Endpoint = l.env.Endpoint }})
	}
}

// checkLeads is about everything in a project's files that could lead elsewhere.
const checkLeads = "where requests, credentials and trust lead"

// leadsElsewhere is the finding of what a project's files lead to.
const leadsElsewhere = "files.points-elsewhere"

// leads tells of everything in the project that leads Terraform elsewhere.
func (l *laptop) leads(p project) {
	found := engine.LeadsElsewhere(l.answers, p.Name, p.elsewhere)
	l.out.findings = append(l.out.findings, found...)
	if len(found) > 0 {
		l.broken(checkLeads, p.Name, p.dir, found[0].Evidence, leadsElsewhere)
		return
	}
	l.passed(checkLeads, p.Name, p.dir, "AWS, or where this run goes itself")
}

// unknown is the first of these addresses that must not be asked anything, empty
// without one. One on this laptop may be: nothing leaves it, and the question
// carries no credentials.
func (p project) unknown(addresses []string) string {
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
			continue
		}
		if slices.ContainsFunc(p.elsewhere, func(e tf.Elsewhere) bool {
			return slices.Contains(p.strangers, e.Name) && (err != nil || e.Name == u.Redacted())
		}) {
			return address
		}
	}
	return ""
}

// knock asks every address for an answer, of whatever kind.
func (l *laptop) knock(ctx context.Context, p project, addresses []string) (found string, severity plan.Severity, evidence, remedy string) {
	at := p.at("endpoints.s3")
	for _, address := range addresses {
		err := l.reach(ctx, address, p.backend.Attributes.Get("custom_ca_bundle"))
		var unknown *tls.CertificateVerificationError
		switch {
		case errors.As(err, &unknown):
			return diagnosis.TLSUntrusted.ID, plan.Failure, fmt.Sprintf("%s: the backend's endpoint %s has a certificate that this laptop does not trust: %v.", at, address, unknown.Err),
				"Correct the endpoint, or name the certificate authority of your proxy in AWS_CA_BUNDLE."
		case err != nil:
			return diagnosis.NetworkUnreachable.ID, plan.Failure, fmt.Sprintf("%s: nobody answers at the backend's endpoint %s: %v.", at, address, err),
				"Correct the endpoint, or remove it to reach AWS itself."
		}
	}
	if l.env.Endpoint == "" {
		return "", "", "", ""
	}
	return "files.endpoint-differs", plan.Warning, fmt.Sprintf("%s: the backend's requests go to %s, but stateroom's to %s.", at, strings.Join(addresses, ", "), l.env.Endpoint),
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
