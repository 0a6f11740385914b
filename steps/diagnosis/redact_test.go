package diagnosis

import (
	"strings"
	"testing"
)

// TestASecretThatABoxBreaksIsTakenOutWhole has each secret in two parts, neither of
// which may be shown.
func TestASecretThatABoxBreaksIsTakenOutWhole(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a URL's password":           "│ could not download https://bob:hunter\n│ twoxyz@example.com/a\n",
		"a URL's token":              "│ could not download https://hunter0123456789abc\n│ twoxyz@example.com/a\n",
		"behind its name":            "│ password=hunter\n│ twoxyz\n│ and more\n",
		"in the line after its name": "│ password =\n│ huntertwoxyz\n",
		"in quotes":                  "│ password = \"hunter\n│ twoxyz\" and more\n",
		"words in quotes":            "│ passphrase: \"hunter of twoxyz\", and more\n",
		"words in single quotes":     "secret='hunter of twoxyz'\n",
		"a quote in quotes":          `password = "hunter\"twoxyz"`,
		"JSON in JSON":               `{\"password\":\"hunter twoxyz\",\"a\":\"b\"}`,
	} {
		boxed := "╷\n│ Error: it failed\n│ \n" + text + "╵\n"
		for _, shown := range append(told(boxed), Redact(text), Redact(boxed)) {
			if strings.Contains(shown, "hunter") || strings.Contains(shown, "twoxyz") {
				t.Errorf("%s: %q", name, shown)
			}
		}
	}
	if got := Redact("│ password=hunter\n│ twoxyz and more"); !strings.Contains(got, "and more") {
		t.Errorf("more than the secret is gone: %q", got)
	}
	for _, plain := range []string{`password = ""`, "│ https://example.com:8080/a\n│ bob@example.com"} {
		if got := Redact(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

// told are the errors of a text, as they would be shown.
func told(text string) []string {
	var list []string
	for _, p := range split(text).problems {
		list = append(list, p.text)
	}
	return list
}
