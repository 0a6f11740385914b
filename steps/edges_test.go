package steps

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

// TestAPlanExactlyAtAQuotaIsMadeAndOneCharacterMoreIsNot: the trust of a role that names
// users whose names fill it, and the policies of key and bucket beside a statement of
// somebody's that does.
func TestAPlanExactlyAtAQuotaIsMadeAndOneCharacterMoreIsNot(t *testing.T) {
	t.Parallel()
	theirs := func(have string, sid int, resource string) string {
		return strings.TrimSuffix(have, "]}") + fmt.Sprintf(`,{"Sid":%q,"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"kms:DescribeKey","Resource":%q}]}`, strings.Repeat("x", sid), resource)
	}
	for name, c := range map[string]struct {
		finding string
		arrange func(w *world, b *blueprint.Blueprint, over int)
	}{
		"trust": {"iam.trust-too-long", func(w *world, b *blueprint.Blueprint, over int) {
			b.Environments[0].Trust, b.Groups[0].Users = blueprint.TrustListed, nil
			size := func() int {
				o := emptyObserved(b)
				return len(roleFor(o, &blueprint.Answers{Blueprint: b}, "staging").trust().JSON())
			}
			for i := 0; ; i++ {
				b.Groups[0].Users = append(b.Groups[0].Users, fmt.Sprintf("u%02d", i))
				if room := 2048 + over - size(); room <= 55 {
					b.Groups[0].Users[i] += strings.Repeat("x", room)
					break
				}
			}
			if size() != 2048+over {
				w.t.Fatalf("the trust has %d characters", size())
			}
		}},
		"key": {"key.policy-too-long", func(w *world, b *blueprint.Blueprint, over int) {
			w.healthy(w.run(w.setup(b)))
			h, id := w.hands("").kms, aws.String(w.keyID())
			have, err := h.GetKeyPolicy(context.Background(), &kms.GetKeyPolicyInput{KeyId: id})
			w.must(err)
			b.Key.Administrators = []string{"arn:aws:iam::111111111111:user/operator"}
			want := len(policy.KeyPolicy("aws", "111111111111", b.Key.Administrators, nil).JSON()) - len(*have.Policy)
			_, err = h.PutKeyPolicy(context.Background(), &kms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(theirs(*have.Policy, 32768+over-want-len(theirs(*have.Policy, 0, "*")), "*"))})
			w.must(err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, over := range []int{0, 1} {
				w, b := newWorld(t, sandbox.Options{}), team()
				c.arrange(w, b, over)
				b.Users = nil
				mark := len(w.server.Log())
				s := w.setup(b)
				s.Answers.Me = ""
				summary := w.run(s)
				switch f := findingOf(summary.Findings, c.finding); {
				case over == 0 && (f != nil || summary.Failed > 0):
					t.Errorf("at the quota: %v, %v", f, summary.Failures)
				case over == 1 && (f == nil || len(w.mutations(mark)) > 0):
					t.Errorf("beyond the quota: found %v, called %v", findingIDs(summary.Findings), w.mutations(mark))
				}
			}
		})
	}
}
