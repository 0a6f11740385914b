package troubleshoot

import (
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// runsRegardless are the causes that stand against nothing that Terraform is run for here:
// init asks nothing of it, or is its remedy, or has seen to it already.
var runsRegardless = []*diagnosis.Diagnosis{
	diagnosis.AssumeRoleDenied, diagnosis.EnvironmentDenied, // a provider's, which init does not configure
	diagnosis.LockReleaseFailed, diagnosis.LockCorrupt, diagnosis.TableMissing, diagnosis.TableSchema, diagnosis.TableDenied, // it takes no lock
	diagnosis.S3PutDenied,                          // it writes nothing
	diagnosis.StateNotSaved, diagnosis.StateFormat, // the state that lies here, see [health.Init]
	diagnosis.BackendChanged, diagnosis.ProviderLockFile, diagnosis.MigrationNeedsAnswer, // what init left, see [health.Init]
}

// stop lets nothing be run in a project while what it needs fails: of a failing finding
// that no change mends, the runs are stopped ([plan.Finding.Stops]), and what mends one
// comes before them.
func stop(r plan.Review) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Severity != plan.Failure || slices.ContainsFunc(runsRegardless, func(d *diagnosis.Diagnosis) bool { return d.ID == f.ID }) {
			continue
		}
		var mends []string
		for _, c := range r.Changes {
			if c.FixesFinding(*f) {
				mends = append(mends, c.ID)
			}
		}
		for j := range r.Changes {
			c := &r.Changes[j]
			switch {
			case c.Run == nil || f.Subject != "" && f.Subject != c.Run.Project || slices.Contains(mends, c.ID):
			case len(mends) == 0:
				f.Stops = append(f.Stops, c.ID)
			default:
				c.Needs = append(slices.Clone(c.Needs), mends...)
			}
		}
	}
}
