package awsops

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// What a long run is said to take is the longer of what the answers take and what AWS's
// rates make of it, and the sandbox's rates are its own.
func TestARunTakesAtLeastWhatLatencyAndRatesMakeOfIt(t *testing.T) {
	s := &Sessions{}
	s.answers.add(40 * time.Millisecond)
	s.answers.add(60 * time.Millisecond)
	entering := Expected{Service: "sts", Operation: "AssumeRole", Calls: 10000, Most: 10000}
	reading := Expected{Service: "iam", Operation: "GetRole", Calls: 10000, Most: 1}
	unnamed := Expected{Service: "organizations", Operation: "DescribeOrganizationalUnit", Calls: 10, Most: 10}
	listing := Expected{Service: "organizations", Operation: "ListAccounts", Calls: 500, Most: 500}
	for name, c := range map[string]struct {
		atOnce        int
		calls         []Expected
		latency, rate string
	}{
		"nothing":            {16, nil, "0s", "0s"},
		"by latency":         {16, []Expected{entering, reading}, "1m2.5s", "15.666s"},
		"by the rate":        {1, []Expected{listing}, "25s", "1m1s"},
		"an unnamed one's":   {1, []Expected{unnamed}, "500ms", "9s"},
		"one account's rate": {16, []Expected{{Service: "iam", Operation: "GetRole", Calls: 300, Most: 300}, {Service: "iam", Operation: "CreateRole", Calls: 300, Most: 300}}, "1.875s", "5s"},
	} {
		p := s.Pace(c.atOnce, c.calls...)
		if got := p.ByLatency.String(); got != c.latency {
			t.Errorf("%s: by latency %s, not %s", name, got, c.latency)
		}
		if got := p.ByRate.Truncate(time.Millisecond).String(); got != c.rate {
			t.Errorf("%s: by the rates %s, not %s", name, got, c.rate)
		}
	}
	if want := "about 1m3s: 20000 calls to AWS take 1m3s at 50ms each and 16 at a time, and 16s by AWS's rates"; s.Pace(16, entering, reading).String() != want {
		t.Errorf("told as %q", s.Pace(16, entering, reading))
	}
	s.base.BaseEndpoint = aws.String("http://127.0.0.1:4570")
	if p := s.Pace(16, listing); p.ByRate != 0 {
		t.Errorf("the sandbox is held to AWS's rate: %s", p)
	}
}
