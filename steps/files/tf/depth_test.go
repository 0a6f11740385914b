package tf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A few times as much of any of these overflows the parser's stack, and that ends
// the process.
func TestNoNestingEndsTheProcess(t *testing.T) {
	for _, part := range []string{"(", "!", "-", "[", `"${`, "{a=", "a?", "a?b:", "f(", "a[", "1+", "a{\n"} {
		text := "a = " + strings.Repeat(part, 1<<15)
		if _, err := parseHCL("main.tf", []byte(text)); err == nil || !strings.Contains(err.Error(), "main.tf") {
			t.Errorf("%s: %v", part, err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "main.tf.json"), []byte(`{"terraform":{"required_version":"${`+text+`"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, problems := Inspect(dir, func(string) string { return "" }); len(problems) == 0 {
			t.Errorf("%s in JSON was read", part)
		}
	}
	wide := "a = [" + strings.Repeat(`{ b = "${c.d["e"]}-${1 + 2}", f = !true },`+"\n", 20000) + "]\n" + strings.Repeat("x = 1 + 2 - 3\n", 20000)
	if line := TooDeep([]byte(wide)); line != 0 {
		t.Errorf("a wide file is deep in line %d", line)
	}
}
