package engine

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// paceOf is how long the calls of changes take at least.
func (e *Env) paceOf(changes []plan.Change) awsops.Pace {
	if e.Sessions == nil {
		return awsops.Pace{}
	}
	type kind struct{ service, operation string }
	all, inAccount := map[kind]*awsops.Expected{}, map[kind]map[string]int{}
	for i := range changes {
		for _, call := range changes[i].Calls {
			k := kind{call.Service, call.Operation}
			if all[k] == nil {
				all[k], inAccount[k] = &awsops.Expected{Service: call.Service, Operation: call.Operation}, map[string]int{}
			}
			inAccount[k][changes[i].Account]++
			all[k].Calls++
			all[k].Most = max(all[k].Most, inAccount[k][changes[i].Account])
		}
	}
	calls := make([]awsops.Expected, 0, len(all))
	for _, expected := range all {
		calls = append(calls, *expected)
	}
	return e.Sessions.Pace(e.Parallel, calls...)
}

// Foretell says before something is begun how long it takes, where that is long.
func (e *Env) Foretell(what string, p awsops.Pace) {
	if p.Long() {
		e.Emit(plan.Event{Kind: plan.EventProgress, Text: what + " takes " + p.String() + "."})
	}
}
