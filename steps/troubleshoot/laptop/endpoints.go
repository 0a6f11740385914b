package laptop

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

	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// knockPatience bounds the wait for an endpoint to answer at all.
const knockPatience = 5 * time.Second

// endpoints checks the addresses that a backend names in AWS's stead: those that
// the set-up uses, and that somebody answers there whom this laptop trusts.
func endpoints(ctx context.Context, in *inputs, p project) []health.Result {
	b := p.S3()
	if b == nil {
		return nil
	}
	q := question(p, "endpoints and proxy", p.At("endpoints.s3"))
	var odd []string
	for _, a := range b.Attributes {
		if strings.HasPrefix(a.Name, "endpoints.") && a.Literal && a.Value != "" && a.Value != in.env.Endpoint && !slices.Contains(odd, a.Value) {
			odd = append(odd, a.Value)
		}
	}
	if stranger := unknownAddress(p, odd); stranger != "" {
		r := q.FailedAs(tf.NameOf(stranger)+" is not asked: nobody agreed to it", leadsElsewhere)
		r.Fixes = endpointFix(in, p, plan.Finding{ID: leadsElsewhere, Subject: p.Name}.Key())
		return []health.Result{r}
	}
	if len(odd) == 0 {
		answer := "the backend names none"
		if b.Attributes.Find("endpoints.s3") != nil {
			answer = "they are " + tf.NameOf(in.env.Endpoint)
		}
		return []health.Result{q.Passed("%s", answer)}
	}
	wrong := knock(ctx, in, p, odd)
	if wrong.Finding == nil {
		return []health.Result{q.Passed("%s: reachable", named(odd))}
	}
	r := q.Failed(named(odd), wrong)
	r.Fixes = endpointFix(in, p, "")
	if len(p.Strangers) > 0 {
		r.Fixes = append(r.Fixes, endpointFix(in, p, plan.Finding{ID: leadsElsewhere, Subject: p.Name}.Key())...)
	}
	return []health.Result{r}
}

// endpointFix writes the endpoint that this run uses, where it uses one.
func endpointFix(in *inputs, p project, finding string) []health.Fix {
	if in.env.Endpoint == "" {
		return nil
	}
	return []health.Fix{{Project: p.Name, Finding: finding, Backend: func(b *tf.Backend) { b.Endpoint = in.env.Endpoint }}}
}

// leadsElsewhere is the finding of what a project's files lead to.
const leadsElsewhere = "files.points-elsewhere"

// leads tells of everything in the project that leads Terraform elsewhere.
func leads(_ context.Context, in *inputs, p project) []health.Result {
	q := question(p, "where requests and secrets go", p.Dir)
	found := engine.LeadsElsewhere(in.answers, p.Name, p.Elsewhere)
	if len(found) == 0 {
		return []health.Result{q.Passed("to AWS, or to where this run goes itself")}
	}
	results := []health.Result{q.FailedAs(found[0].Evidence, leadsElsewhere)}
	for _, f := range found {
		results = append(results, health.Result{Finding: &f})
	}
	return results
}

// unknownAddress is the first of these addresses that must not be asked anything, empty
// without one. One on this laptop may be: nothing leaves it, and the question
// carries no credentials.
func unknownAddress(p project, addresses []string) string {
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
			continue
		}
		if slices.ContainsFunc(p.Elsewhere, func(e tf.Elsewhere) bool {
			return slices.Contains(p.Strangers, e.Name) && e.Name == tf.NameOf(address)
		}) {
			return address
		}
	}
	return ""
}

// knock asks every address for an answer, of whatever kind. The result of addresses that
// are right is empty.
func knock(ctx context.Context, in *inputs, p project, addresses []string) health.Result {
	at := p.At("endpoints.s3")
	for _, address := range addresses {
		name, err := tf.NameOf(address), reach(ctx, in, address, p.Backend.Attributes.Get("custom_ca_bundle"))
		var wrong health.Result
		var unknown *tls.CertificateVerificationError
		switch {
		case err == nil:
			continue
		case errors.As(err, &unknown):
			wrong = finding(diagnosis.TLSUntrusted.ID, plan.StepFiles, plan.Failure, fmt.Sprintf("%s: the backend's endpoint %s has a certificate that this laptop does not trust: %v.", at, name, unknown.Err),
				"Correct the endpoint, or name the certificate authority of your proxy in AWS_CA_BUNDLE.")
		default:
			wrong = finding(diagnosis.NetworkUnreachable.ID, plan.StepFiles, plan.Failure, fmt.Sprintf("%s: the backend's endpoint %s does not answer: %s.", at, name, secret.HideSignIn(err.Error())),
				"Correct the endpoint, or remove it to reach AWS itself.")
		}
		// That nobody agreed to the address is the same thing wrong.
		wrong.Resource, wrong.Alias = name, &health.Alias{IDs: []string{leadsElsewhere}, Resource: name}
		return wrong
	}
	if in.env.Endpoint == "" {
		return health.Result{}
	}
	return finding("files.endpoint-differs", plan.StepFiles, plan.Warning, fmt.Sprintf("%s: the backend's requests go to %s, but stateroom's to %s.", at, named(addresses), tf.NameOf(in.env.Endpoint)),
		"Write the endpoint that is meant in both.")
}

// named are the names of addresses, to be told.
func named(addresses []string) string {
	var names []string
	for _, address := range addresses {
		names = append(names, tf.NameOf(address))
	}
	return strings.Join(names, ", ")
}

// reach tells whether something answers at an address, over the proxy that the
// environment names.
func reach(ctx context.Context, in *inputs, address, bundle string) error {
	ctx, cancel := context.WithTimeout(ctx, knockPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the address
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities(ctx, in, bundle)}}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the address
	}
	return answer.Body.Close() //nolint:wrapcheck // as above
}

// authorities are those of a bundle, nil for the system's.
func authorities(ctx context.Context, in *inputs, bundle string) *x509.CertPool {
	if bundle == "" {
		bundle = in.env.Environ.Get("AWS_CA_BUNDLE")
	}
	text, err := files.Load(ctx, bundle, files.Limit{})
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}
