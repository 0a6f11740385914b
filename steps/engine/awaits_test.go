package engine

import (
	"testing"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// TestAKeyThatWasMadeAndIsNotListedIsWaitedFor: a list may be older than a key, and a
// second one would be made (seed long 43). One that this laptop has deleted is gone.
func TestAKeyThatWasMadeAndIsNotListedIsWaitedFor(t *testing.T) {
	t.Parallel()
	const change, made, gone = "iam.user.bob.key", "AKIAMADE", "some.change"
	listed := UserKeys{All: []awsops.AccessKey{{ID: made}}}
	for name, c := range map[string]struct {
		records []Record
		listed  UserKeys
		want    bool
	}{
		"never begun":           {nil, UserKeys{}, false},
		"begun, no answer":      {[]Record{{Change: change, Phase: PhaseIntent}}, UserKeys{}, true},
		"made, not listed":      {[]Record{{Change: change, Phase: PhaseIntent}, {Change: change, Phase: PhaseGot, Values: map[string]string{"id": made}}, {Change: change, Phase: PhaseDone}}, UserKeys{}, true},
		"made and listed":       {[]Record{{Change: change, Phase: PhaseIntent}, {Change: change, Phase: PhaseGot, Values: map[string]string{"id": made}}, {Change: change, Phase: PhaseDone}}, listed, false},
		"made and deleted here": {[]Record{{Change: change, Phase: PhaseIntent}, {Change: change, Phase: PhaseGot, Values: map[string]string{"id": made}}, {Change: change, Phase: PhaseDone}, {Change: gone, Phase: PhaseIntent, Values: plan.Deleting(made)}, {Change: gone, Phase: PhaseDone}}, UserKeys{}, false},
		"another one deleted":   {[]Record{{Change: change, Phase: PhaseIntent}, {Change: change, Phase: PhaseGot, Values: map[string]string{"id": made}}, {Change: change, Phase: PhaseDone}, {Change: "offboard.key." + made, Phase: PhaseIntent, Values: plan.Deleting("AKIAOTHER")}}, UserKeys{}, true},
		"deletion refused":      {[]Record{{Change: change, Phase: PhaseIntent}, {Change: change, Phase: PhaseGot, Values: map[string]string{"id": made}}, {Change: change, Phase: PhaseDone}, {Change: gone, Phase: PhaseIntent, Values: plan.Deleting(made)}, {Change: gone, Phase: phaseRefused}}, UserKeys{}, true},
	} {
		if got := (&Journal{records: c.records}).awaits(change, c.listed); got != c.want {
			t.Errorf("%s: it is waited for: %t", name, got)
		}
	}
}
