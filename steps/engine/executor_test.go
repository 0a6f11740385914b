package engine

import (
	"testing"

	"stateroom/awsops"
	"stateroom/steps/files"
)

// An edit that follows another one fills what that one left, and nothing else.
func TestAnEditFillsOnlyWhatThePlanReferredTo(t *testing.T) {
	alike := "(known after apply: iam.key.bob#secret)" // reads like a reference
	ref := awsops.Ref("iam.key.bob", "secret")
	e := files.Edit{Before: files.Snapshot{Exists: true, Bytes: files.Content("a" + alike + ref)}, After: files.Content("b" + alike + ref)}
	x := &Executor{outputs: map[awsops.Reference]string{{Change: "iam.key.bob", Output: "secret"}: "S"}}
	got, err := e.Filled(x.fill)
	if err != nil || string(got.Before.Bytes) != "a"+alike+"S" || string(got.After) != "b"+alike+"S" {
		t.Errorf("filled %q, %q, %v", string(got.Before.Bytes), string(got.After), err)
	}
}
