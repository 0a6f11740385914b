package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// What passes by itself, and the way to AWS and to the registry.
var (
	Throttled = &Diagnosis{
		ID: "throttled", Family: Network, Step: plan.StepAccount,
		Meaning: "AWS asked for fewer requests.",
		Remedy:  "Wait a minute and run again, with a lower -parallelism if it comes back.",
		text:    []sign{{pattern: wording(`\b(?:Throttling(?:Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|ProvisionedThroughputExceededException|SlowDown|RequestThrottled(?:Exception)?)\b`)}},
		is:      awsops.IsThrottle,
	}
	TLSUntrusted = &Diagnosis{
		ID: "tls-untrusted", Family: Network, Step: plan.StepAccount,
		Meaning: "The certificate of the server, or of a proxy between, is not trusted here.",
		Remedy:  "Set AWS_CA_BUNDLE, or custom_ca_bundle in backend and provider, to the proxy's certificate authority.",
		text:    []sign{{pattern: wording(`x509: [^"]{0,120}|tls: failed to verify certificate`)}},
		is:      awsops.IsUntrusted,
	}
	NetworkUnreachable = &Diagnosis{
		ID: "network-unreachable", Family: Network, Step: plan.StepAccount,
		Meaning: "The server could not be reached from here.",
		Remedy:  "Check the network, the proxy (HTTPS_PROXY, NO_PROXY), the region's spelling and any custom endpoint.",
		text:    []sign{{pattern: wording(`lookup [\w.-]+(?: on \S+)?: no such host|no such host|connection refused|connection reset by peer|i/o timeout|network is unreachable|no route to host|TLS handshake timeout|Client\.Timeout exceeded|proxyconnect tcp`)}},
		is:      awsops.IsUnanswered,
	}
	ProviderUnavailable = &Diagnosis{
		ID: "provider-unavailable", Family: Network, Step: plan.StepInit,
		Meaning:     "The provider could not be had from its registry.",
		Remedy:      "Reach the registry or name a provider mirror, then init again.",
		text:        []sign{{pattern: wording(`Failed to (?:query available|resolve) provider packages|Failed to install providers?\b`), unless: wording(`in the dependency lock file`)}},
		consequence: true,
	}
)
