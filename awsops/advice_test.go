package awsops

import (
	"strings"
	"testing"
)

// TestARefusalOfTheAccountItselfHasARemedy: no right and no key is at fault.
func TestARefusalOfTheAccountItselfHasARemedy(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		"LimitExceeded": "Service Quotas", "LimitExceededException": "Service Quotas", "OptInRequired": "billing console",
		"SubscriptionRequiredException": "billing console", "RegionDisabledException": "enable-region",
	} {
		_, remedy := advice(&Error{Code: code, Status: 403})
		if !strings.Contains(remedy, says) {
			t.Errorf("%s: %q", code, remedy)
		}
	}
}
