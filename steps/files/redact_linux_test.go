package files

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops/sandbox/sandboxtest"
)

// BenchmarkRedact prints how time grows with the text, of what could be read again from
// every line.
func BenchmarkRedact(b *testing.B) {
	for range b.N {
		for _, unit := range []string{"x = \"${\n", "x = <<A\n", "a = { value = [\n", "# token: (\n", "/*\n", "password = [\n", "x = \"\\", "}\n", "name = \"token\"\nvalue = 1\n", "\"${\"", "\n"} {
			grown := sandboxtest.Grown(b, func(size int) { shownOf(strings.Repeat(unit, size/len(unit))) })
			fmt.Printf("eight times as many %q are looked through for secrets in %.0f times the time\n", unit, grown)
			if grown > 40 {
				b.Errorf("%q: %.0f times", unit, grown)
			}
		}
	}
}
