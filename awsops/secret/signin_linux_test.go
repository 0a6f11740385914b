package secret_test

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/awsops/secret"
)

// BenchmarkHiding prints how time grows with the text, of what could be begun anew at every
// byte.
func BenchmarkHiding(b *testing.B) {
	for range b.N {
		for _, unit := range []string{"://", "://a:", "://a@", "proxy=", "proxy a:", ",http://", "?token=", "&a", "://a:1/@b.", "://\n│ ", "x://a:b@c,"} {
			grown := sandboxtest.Grown(b, func(size int) { secret.HideSignIn(strings.Repeat(unit, size/len(unit)) + "@") })
			fmt.Printf("sign-ins are hidden in eight times as many %q in %.0f times the time\n", unit, grown)
			if grown > 40 {
				b.Errorf("%q: %.0f times", unit, grown)
			}
		}
	}
}
