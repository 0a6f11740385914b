package onboard

import (
	"errors"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// TestWhereNobodyHasAKeyNoneIsAskedFor: a question that cannot lead anywhere is not asked.
func TestWhereNobodyHasAKeyNoneIsAskedFor(t *testing.T) {
	t.Parallel()
	b := blueprint.New()
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins"}}
	questions, err := (&Start{Repository: b}).Questions(plan.Given{})
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) || len(questions) > 0 || !strings.Contains(refusal.Remedy, "aws sso login --profile admin_iam") {
		t.Errorf("asked %v, %v", questions, err)
	}
	b.Groups = append(b.Groups, blueprint.Group{Name: "others", Users: []string{"bob"}})
	if questions, err = (&Start{Repository: b}).Questions(plan.Given{}); err != nil || len(questions) == 0 {
		t.Errorf("with a user, asked %v, %v", questions, err)
	}
}
