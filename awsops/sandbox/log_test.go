package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// A rehearsal of ten thousand accounts makes more requests than anybody reads.
func TestTheLogKeepsTheNewestRequestsWhereItIsBounded(t *testing.T) {
	s := serve(t, Options{Logged: 3})
	client := orgAs(s, s.Operator())
	for range 20 {
		_, err := client.DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
		wantError(t, err, "", "")
		log := s.Log()
		last := log[len(log)-1]
		if len(log) > 6 || last.Sequence > 3 && len(log) < 3 || log[0].Sequence != last.Sequence-len(log)+1 {
			t.Fatalf("after request %d the log holds %d, from %d on", last.Sequence, len(log), log[0].Sequence)
		}
	}
	if log := s.Log(); log[len(log)-1].Sequence != 20 {
		t.Errorf("the last request is number %d of 20", log[len(log)-1].Sequence)
	}
}
