package terraform

import (
	"strings"
	"testing"
)

func TestAPasswordInAURLOfACommandsOutputIsNotKept(t *testing.T) {
	for _, text := range []string{
		"git::https://oauth2:glpat-ABCDEFGH@gitlab.com/vpc.git",
		"proxyconnect http://bob:glpat-ABCDEFGH@proxy:8080, then",
		`invalid proxy address "bob:glpat-ABCDEFGH@proxy:8080"`,
	} {
		var c collector
		s := c.stream()
		if _, err := s.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
		if got := c.output.String(); strings.Contains(got, "glpat") || !strings.Contains(got, "(secret)@") {
			t.Errorf("of %s is kept %q", text, got)
		}
	}
}
