package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// unreachable is how Go, the systems and the AWS CLI say that no answer came.
const unreachable = `lookup [\w.-]+(?: on \S+)?: no such host|no such host|connection refused|dial (?:tcp|udp)\b|cannot assign requested address|request canceled while waiting|connection reset by peer|i/o timeout|network is unreachable|no route to host|TLS handshake timeout|Client\.Timeout exceeded` +
	`|Temporary failure in name resolution|server misbehaving|Name or service not known|No such host is known|getaddrinfow|connectex|wsarecv|wsasend|broken pipe|tls: handshake failure|unexpected EOF|: EOF\b|context deadline exceeded` +
	`|Bad Gateway|Gateway Time-?out|StatusCode: 50[24]\b|[Cc]ould not connect to the endpoint URL|(?:Connect|Read) timeout on endpoint URL|Failed to connect to \S+|request send failed|StatusCode: 0\b|could not connect to registry|[Rr]egistry service (?:is )?unreachable|RequestError: send request failed`

// What passes by itself, and the way to AWS and to the registry.
var (
	Throttled = &Diagnosis{
		ID: "throttled", Family: Network, Step: plan.StepAccount,
		Meaning: "AWS throttled the requests.",
		Remedy:  "Wait a minute, then run the command again, with a lower -parallelism if it comes back.",
		text: []sign{{pattern: wording(`\b(?:Throttling(?:Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|ProvisionedThroughputExceededException|SlowDown|RequestThrottled(?:Exception)?)\b|Rate exceeded|(?i:please reduce your request rate)`)}, {
			pattern: wording(`(?:InternalError|InternalFailure|InternalServerError|ServiceUnavailable(?:Exception)?)\b: |StatusCode: 50[03]\b`), unless: wording(`registry\.|Failed to (?:query|install)`),
			meaning: "AWS itself failed to answer the request.",
			remedy:  "Wait a minute, then run the command again; if that does not help, check the AWS Health Dashboard for the region.",
		}},
		is: awsops.IsThrottle,
	}
	TLSUntrusted = &Diagnosis{
		ID: "tls-untrusted", Family: Network, Step: plan.StepAccount,
		Meaning: "The certificate of the server, or of a proxy in between, is not trusted here.",
		Remedy:  "Set AWS_CA_BUNDLE, or custom_ca_bundle in backend and provider, to the proxy's certificate authority.",
		text: []sign{
			{
				pattern: wording(`x509: certificate is valid for [^"]{0,200}\.amazonaws\.com\S*, not \S+\.\S+\.s3[.-]`),
				meaning: "The bucket has a dot in its name, which AWS's certificate for *.s3 does not cover.",
				remedy:  "Set use_path_style = true in the backend (force_path_style before Terraform 1.6), or move the state to a bucket without dots in its name. No certificate authority helps: the certificate is AWS's own.",
			},
			{
				pattern: wording(`x509: certificate has expired or is not yet valid`), unless: wording(`amazonaws\.com`),
				meaning: "The server's certificate, or that of a proxy in between, has expired.",
				remedy:  "Ask whoever runs the server or the proxy to renew its certificate; check this machine's clock first.",
			},
			{
				pattern: wording(`(?:Get|Head|access) '?"?https?://\S+.{0,80}(?:x509: |tls: failed to verify|self[- ]signed certificate|unable to get local issuer)|Failed to (?:query|install|resolve|download).*x509: `), unless: wording(`amazonaws\.com|operation error|send request failed`),
				meaning: "The certificate of a server that is not AWS's, such as the registry, or of a proxy in between, is not trusted here.",
				remedy:  "Add the proxy's certificate authority to those of the system, or name its file in SSL_CERT_FILE (Linux). AWS_CA_BUNDLE and custom_ca_bundle are for AWS alone.",
			},
			{pattern: wording(`x509: [^"]{0,120}|tls: failed to verify certificate|SSL validation failed|CERTIFICATE_VERIFY_FAILED|unable to get local issuer certificate|self[- ]signed certificate`)},
		},
		is: awsops.IsUntrusted,
	}
	NetworkUnreachable = &Diagnosis{
		ID: "network-unreachable", Family: Network, Step: plan.StepAccount,
		Meaning: "The server could not be reached from here.",
		Remedy:  "Check the network, the proxy (HTTPS_PROXY, NO_PROXY), the region's spelling and any custom endpoint.",
		text: []sign{
			{
				pattern: wording(`(?i)proxyconnect tcp|Proxy Authentication Required|StatusCode: 407|ProxyConnectionError|Failed to connect to proxy|Cannot connect to proxy`),
				meaning: "The proxy that the environment names did not let the request through.",
				remedy:  "Correct HTTPS_PROXY (address, user and password), or exempt the host with NO_PROXY.",
			},
			{
				pattern: wording(`server gave HTTP response to HTTPS client|first record does not look like a TLS handshake`),
				meaning: "What answered does not speak HTTPS: a proxy or an endpoint named with the wrong scheme, or a network that wants a sign-in first.",
				remedy:  "Write http:// where the proxy or the custom endpoint speaks only that; open a browser if the network asks for a sign-in.",
			},
			{
				pattern: wording(`invalid character '<' looking for beginning of value|(?:deserialization failed|failed to decode response body).*(?:got html|<html|XML syntax error|unknown error response)|text/html`),
				meaning: "What answered is not AWS: a proxy or the sign-in page of a network.",
				remedy:  "Sign in to the network in a browser, or correct the proxy (HTTPS_PROXY, NO_PROXY) and any custom endpoint.",
			},
			{
				pattern: wording(`dial tcp (?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)(?::\d+)?: |[Cc]ould not connect to the endpoint URL: "https?://(?:127\.|localhost|\[::1\])`),
				meaning: "Nothing answers at an address of this machine, where a custom endpoint, a proxy, or Terraform's own plugin should.",
				remedy:  "Start what should listen there (a proxy, LocalStack), or take it out of the endpoints, AWS_ENDPOINT_URL and HTTPS_PROXY. Where it is Terraform's plugin, let firewall and antivirus allow programs to talk to each other on 127.0.0.1.",
			},
			{pattern: wording(unreachable)},
		},
		is: awsops.IsUnanswered,
	}
	ProviderUnavailable = &Diagnosis{
		ID: "provider-unavailable", Family: Network, Step: plan.StepInit,
		Meaning: "The provider could not be downloaded from its registry.",
		Remedy:  "Make the registry reachable or name a provider mirror, then run terraform init again.",
		text: []sign{{
			pattern: wording(`archive has incorrect checksum|checksum list has (?:unexpected|no) SHA-256|error checking signature|authentication signature from unknown issuer`), unless: wording(`in the dependency lock file`),
			meaning: "The download is not what the registry lists for this release of the provider: its checksum or its signature differs.",
			remedy:  "Take another release (version in required_providers), or get it without the proxy or the mirror in between. If that does not help, the release was published incorrectly: its publisher has to fix it.",
		}, {
			pattern: wording(`Failed to (?:query|install|resolve).*unsuccessful request to \S+: (?:401|403|407|451)\b|(?:registry|releases)\.\S+: (?:bad response code|403|401): ?(?:40[13])?`),
			meaning: "Something between here and the registry refused the download of the provider.",
			remedy:  "Ask whoever runs the firewall or the proxy to allow registry.terraform.io (registry.opentofu.org) and releases.hashicorp.com (github.com), or name a provider mirror; then run terraform init again.",
		}, {pattern: wording(`Failed to (?:query available|resolve) provider packages|Failed to install providers?\b`), unless: wording(`in the dependency lock file|does not match configured version constraint|` + noProvider + `|` + fullDisk)}},
		consequence: true,
	}
)
