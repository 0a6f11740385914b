package account

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// met are the denials in the order in which Terraform meets them: the first that is there
// names what is behind all of them.
var met = []*diagnosis.Diagnosis{
	diagnosis.S3HeadDenied, diagnosis.S3ListDenied, diagnosis.S3GetDenied, diagnosis.KMSDenied, diagnosis.TableDenied,
	diagnosis.S3PutDenied, diagnosis.LockReleaseFailed, diagnosis.AssumeRoleDenied,
}

// unite makes one fault of the rights that an identity lacks at several services at once
// and that the same changes, or the same person, would give it: a policy was detached, or
// the group was left.
func unite(faults []health.Result) []health.Result {
	var all []health.Result
	done := make([]bool, len(faults))
	for i, x := range faults {
		if done[i] {
			continue
		}
		alike := []health.Result{x}
		for j := i + 1; j < len(faults); j++ {
			if !done[j] && oneLack(x, faults[j]) {
				alike = append(alike, faults[j])
			}
		}
		if services(alike) < 2 {
			all = append(all, x)
			continue
		}
		for j := range faults {
			done[j] = done[j] || j >= i && (j == i || oneLack(x, faults[j]))
		}
		all = append(all, united(alike))
	}
	return all
}

// withAgreement tells with a refused write that the bucket names another key than the
// alias, where that is what refuses it: what mends the one mends the other.
func withAgreement(faults []health.Result) []health.Result {
	at := slices.IndexFunc(faults, func(x health.Result) bool { return x.ID == keysDisagree })
	if at < 0 {
		return faults
	}
	other := faults[at]
	of := slices.IndexFunc(faults, func(x health.Result) bool {
		return x.ID == diagnosis.ExplicitDeny.ID && len(x.Changes) > 0 && len(appendNew(other.Changes, x.Changes)) == len(other.Changes)
	})
	if of < 0 {
		return faults
	}
	x := &faults[of]
	f := *x.Finding
	f.Also, f.Evidence = append(f.Also, other.ID), f.Evidence+" "+other.Evidence
	x.Finding, x.Changes = &f, appendNew(x.Changes, other.Changes)
	return slices.Delete(faults, at, at+1)
}

// oneLack tells whether one thing is behind two faults: nothing allows either to the same
// identity, and the same changes would.
func oneLack(x, y health.Result) bool {
	ids := func(r health.Result) (list []string) {
		for _, c := range r.Changes {
			list = append(list, c.ID)
		}
		return list
	}
	return x.Lacks != "" && y.Lacks != "" && x.Who == y.Who && slices.Equal(ids(x), ids(y))
}

// services counts those at which rights are lacking.
func services(faults []health.Result) int {
	names := map[string]bool{}
	for _, x := range faults {
		service, _, _ := strings.Cut(x.Lacks, ":")
		names[service] = true
	}
	return len(names)
}

// united is the one fault of several: told by what Terraform meets first, with all that is
// lacking and all that is needed.
func united(faults []health.Result) health.Result {
	first := 0
	for i := range faults {
		if order(faults[i]) < order(faults[first]) {
			first = i
		}
	}
	one := faults[first]
	f := *one.Finding
	one.Finding, one.Needs = &f, nil
	var actions []string
	for _, x := range faults {
		if x.ID != f.ID && !slices.Contains(f.Also, x.ID) {
			f.Also = append(f.Also, x.ID)
		}
		if x.Lacks != one.Lacks && !slices.Contains(actions, x.Lacks) {
			actions = append(actions, x.Lacks)
		}
		if x.Subject != f.Subject {
			f.Subject = ""
		}
		for _, need := range x.Needs {
			if !slices.Contains(one.Needs, need) {
				one.Needs = append(one.Needs, need)
			}
		}
	}
	f.Lead = fmt.Sprintf("%s lacks its permissions in %d services at once, as when a policy is detached from its group, or the user is removed from it.",
		one.Who[strings.LastIndex(one.Who, "/")+1:], services(faults))
	f.Evidence += " It has no permission for " + plan.Enumerated(actions) + " either."
	return one
}

// order is when Terraform meets a denial.
func order(x health.Result) int {
	i := slices.IndexFunc(met, func(d *diagnosis.Diagnosis) bool { return d.ID == x.ID })
	if i < 0 {
		return len(met)
	}
	return i
}

// toldBy is the id of the fault that tells of a failed check.
func toldBy(faults []health.Result, r health.Result) string {
	for _, x := range faults {
		if slices.Contains(x.Also, r.ID) && (x.Who == r.Who || r.ID == keysDisagree) {
			return x.ID
		}
	}
	return r.ID
}
