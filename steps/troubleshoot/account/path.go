package account

import (
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
)

// station is what one type of policy says of a request.
type station struct {
	by   policy.Type
	says string
}

// decisionPath tells what each type of policy says of a refused question, in the order
// in which a person looks for what to change: identity, boundary, service control,
// resource control, resource, session. What nobody here may read is said to be unread;
// the one that decided is marked. It is empty where the type that decided is not known.
func decisionPath(f *facts, q question, why policy.Decision) string {
	if why.Type == "" {
		return ""
	}
	stations := append(ownStations(q), station{policy.ResourceControl, "not read: an organization's resource control policies show in AWS's own words alone"})
	stations = append(stations, resourceStation(f, q), sessionStation(q))
	if why.Type == policy.RoleTrust {
		stations[len(stations)-2].by = policy.RoleTrust
	}
	var b strings.Builder
	fmt.Fprintf(&b, "How AWS evaluates %s on %s for %s:\n", q.action, q.resource, q.by.who())
	for _, s := range stations {
		mark := " "
		if s.by == why.Type {
			mark, s.says = ">", decidesAs(s.says, why)
		}
		fmt.Fprintf(&b, "%s %-24s %s\n", mark, s.by, s.says)
	}
	return b.String()
}

// decidesAs words the station that decided; what AWS said of it counts more than what
// was found here.
func decidesAs(says string, why policy.Decision) string {
	found := strings.HasPrefix(says, "denies") || strings.HasPrefix(says, "does not allow")
	switch {
	case found:
		return says + "; this decides"
	case why.Explicit:
		return "denies it, as AWS says; this decides"
	}
	return "does not allow it, as AWS says; this decides"
}

// ownStations are the identity's policies, its boundary and the organization's, which
// the simulation tells of.
func ownStations(q question) []station {
	s, known := q.rights.of(q.action, q.resource)
	identity, boundary, organization := "not read", "not read", "not read"
	switch {
	case !known && q.rights.err != nil:
		identity = "not read: " + q.by.who() + " cannot be simulated from here"
	case !known:
	case s.Allowed:
		identity, boundary, organization = "allows it", "allows it, or there is none", "allows it, or does not apply"
	default:
		identity, boundary, organization = simulatedStations(s)
	}
	return []station{{policy.IdentityBased, identity}, {policy.PermissionsBoundary, boundary}, {policy.ServiceControl, organization}}
}

// simulatedStations tells apart what a refused simulation was refused by. Behind the
// first refusal nothing is known of the others.
func simulatedStations(s awsops.Simulated) (identity, boundary, organization string) {
	refusal := "does not allow it"
	if s.Explicit {
		refusal = "denies it"
		if len(s.Policies) > 0 {
			refusal += " in " + strings.Join(s.Policies, ", ")
		}
	}
	identity, boundary, organization = "not known behind that refusal", "allows it, or there is none", "allows it, or does not apply"
	switch {
	case s.ByOrganization:
		organization = refusal
	case s.ByBoundary:
		boundary = refusal
	default:
		identity = refusal
	}
	return identity, boundary, organization
}

// resourceStation is the policy of the resource by our own evaluator, which names the
// statement and the condition.
func resourceStation(f *facts, q question) station {
	d, judged := evaluate(f, q)
	s := station{policy.ResourceBased, "not read"}
	switch {
	case judged && d.Allowed:
		s.says = "does not refuse it"
	case judged && d.Explicit:
		s.says = "denies it: " + strings.TrimPrefix(d.Why, "denied by ")
	case judged:
		s.says = "does not allow it: " + d.Why
	}
	return s
}

// sessionStation: only a session of a role or a federated one can have such a policy.
func sessionStation(q question) station {
	if q.by.Kind == awsops.KindUser {
		return station{policy.SessionPolicy, "none: a user's own key"}
	}
	return station{policy.SessionPolicy, "not read: whoever began the session has set it"}
}
