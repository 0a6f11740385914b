package troubleshoot

import (
	"fmt"
	"maps"
	"slices"

	"stateroom/steps"
)

// endpoints are the custom endpoints of the backends, each once. The one that
// every other question goes to needs no question of its own.
func endpoints(env *steps.Env, targets []target) []*endpointFacts {
	var all []*endpointFacts
	for _, t := range targets {
		for _, service := range slices.Sorted(maps.Keys(t.endpoints)) {
			url := t.endpoints[service]
			if url == env.Endpoint {
				continue
			}
			i := slices.IndexFunc(all, func(e *endpointFacts) bool { return e.url == url })
			if i < 0 {
				i, all = len(all), append(all, &endpointFacts{url: url, service: service})
			}
			all[i].ownAuthority = all[i].ownAuthority || t.ownAuthority
			if !slices.Contains(all[i].projects, t.project) {
				all[i].projects = append(all[i].projects, t.project)
			}
		}
	}
	return all
}

// judgeEndpoint rules on whether anybody answers there whom Terraform trusts.
func judgeEndpoint(e *endpointFacts) ruling {
	a := asked{name: checkNetwork, question: fmt.Sprintf("an unsigned HEAD to %s, endpoints.%s of the backend of %s", e.url, e.service, someOf(e.projects))}
	id := outage(e.err)
	switch {
	case e.err == nil:
		return a.passed("It answers.")
	case id == "tls-untrusted" && e.ownAuthority:
		return a.undecided("Its certificate is not trusted here; the backend brings a custom_ca_bundle of its own.")
	case id == "":
		return a.undecided("%s", told(e.err))
	}
	return a.broken(answer(e.err), trouble{
		id: id, cause: e.url, evidence: fmt.Sprintf("The backend of %s names the endpoint %s: %s", someOf(e.projects), e.url, told(e.err)),
		remedy: outages[id],
	})
}
