package troubleshoot

import (
	"slices"
	"testing"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// stale is what a text that was printed before a mending still leads to.
func stale(ds ...*diagnosis.Diagnosis) *pasted {
	p := &pasted{met: make([]bool, len(ds)), alone: make([]bool, len(ds))}
	for _, d := range ds {
		p.quotes = append(p.quotes, quote{Match: diagnosis.Match{Diagnosis: d, Evidence: []string{"said"}}})
	}
	return p
}

func found(severity plan.Severity, ids ...string) (all []plan.Finding) {
	for _, id := range ids {
		all = append(all, plan.Finding{ID: id, Severity: severity})
	}
	return all
}

// A text does not change when what it tells of is mended; that the checks found it and
// pass now settles it, and nothing less does.
func TestATextIsSettledWhenTheChecksThatItLeadsToPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		text  []*diagnosis.Diagnosis
		looks [][]plan.Finding
		ran   bool
		left  []string // after the last look
	}{
		{"found and fixed", []*diagnosis.Diagnosis{diagnosis.S3PutDenied}, [][]plan.Finding{found(plan.Failure, "s3-put-denied"), nil}, false, nil},
		{"found and not seen yet", []*diagnosis.Diagnosis{diagnosis.S3PutDenied}, [][]plan.Finding{found(plan.Failure, "s3-put-denied"), nil, found(plan.Failure, "s3-put-denied")}, false, []string{"s3-put-denied"}},
		{"to know only", []*diagnosis.Diagnosis{diagnosis.BackendNotInitialized}, [][]plan.Finding{found(plan.Info, "backend-not-initialized"), nil}, false, nil},
		{"never found", []*diagnosis.Diagnosis{diagnosis.S3PutDenied}, [][]plan.Finding{nil, nil}, false, []string{"s3-put-denied"}},
		{"another thing fixed", []*diagnosis.Diagnosis{diagnosis.S3PutDenied}, [][]plan.Finding{found(plan.Failure, "config-invalid", "table-missing"), nil}, false, []string{"s3-put-denied"}},
		{"a cause of its kind", []*diagnosis.Diagnosis{diagnosis.S3HeadDenied}, [][]plan.Finding{found(plan.Failure, "s3-list-denied"), nil}, false, nil},
		{"the wrong key is denied everything", []*diagnosis.Diagnosis{diagnosis.S3HeadDenied}, [][]plan.Finding{found(plan.Failure, "wrong-account"), nil}, false, nil},
		{"a consequence with its cause", []*diagnosis.Diagnosis{diagnosis.S3GetDenied, diagnosis.LockReleaseFailed}, [][]plan.Finding{found(plan.Failure, "s3-get-denied"), nil}, false, nil},
		{"a cause that the checks tell by its consequence", []*diagnosis.Diagnosis{diagnosis.S3PutDenied, diagnosis.LockReleaseFailed}, [][]plan.Finding{found(plan.Failure, "lock-release-failed"), nil}, false, nil},
		{"a cause that is fixed while its consequence stays", []*diagnosis.Diagnosis{diagnosis.S3PutDenied, diagnosis.StateNotSaved}, [][]plan.Finding{found(plan.Failure, "s3-put-denied", "state-not-saved"), found(plan.Failure, "state-not-saved")}, false, []string{"state-not-saved"}},
		{"one of two", []*diagnosis.Diagnosis{diagnosis.ProfileMissing, diagnosis.TableMissing}, [][]plan.Finding{found(plan.Failure, "profile-missing"), nil}, false, []string{"table-missing"}},
		{"told with another", []*diagnosis.Diagnosis{diagnosis.KMSDenied}, [][]plan.Finding{{{ID: "s3-head-denied", Severity: plan.Failure, Also: []string{"kms-denied"}}}, nil}, false, nil},
		{"proven by Terraform", []*diagnosis.Diagnosis{diagnosis.S3PutDenied, diagnosis.Unknown}, [][]plan.Finding{nil}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := stale(c.text...)
			var left []string
			for _, look := range c.looks {
				left = nil
				for _, q := range p.open(look, c.ran) {
					left = append(left, q.ID)
				}
			}
			if !slices.Equal(left, c.left) {
				t.Errorf("left %v, not %v", left, c.left)
			}
		})
	}
}
