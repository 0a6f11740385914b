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

// TestASecretThatIsBrokenOverLinesOrToldByItsShapeIsTakenOut: terminals and editors break
// what is long without any box, and not every secret stands behind a name.
func TestASecretThatIsBrokenOverLinesOrToldByItsShapeIsTakenOut(t *testing.T) {
	t.Parallel()
	const key, token = "wJalrXUtnFEMI/K7MDENGbPxRfiCYEXAMPLEKEYz", "IQoJb3JpZ2luX2VjEJrAbc1/dE9Abc1/dE9Abc1/dE9Abc1/dE9Abc1/dE9Abc1/dE9Abc1/dE9Abc1/dE9"
	for text, parts := range map[string][]string{
		"AWS_SECRET_ACCESS_KEY=" + key[:20] + "\n" + key[20:] + "\nregion = eu-west-1": {key[:20], key[20:]},
		"\"SecretAccessKey\": \"" + key[:20] + "\n" + key[20:] + "\",\n":               {key[:20], key[20:]},
		"AWS_SESSION_TOKEN=" + token[:30] + "\n" + token[30:60] + "\n" + token[60:]:    {token[:30], token[30:60], token[60:]},
		"git clone with ghp_abcdefghijklmnopqrstuvwxyz0123456789 failed":               {"ghp_"},

		"glpat-abcdefghijklmnopqrst":                                                      {"glpat-"},
		"xoxb-123456789012-abcdefghijkl":                                                  {"xoxb"},
		"VAULT hvs.CAESIJ0123456789abcdefghij":                                            {"hvs."},
		"login --password hunter3hunter --api-key hunter4 --user":                         {"hunter"},
		"Authorization: Basic aHVudGVyOmh1bnRlcg==\n\"authorization\":\"Bearer hunter7\"": {"aHVu", "hunter"},
		"https://x/k?X-Amz-Security-Token=hunter8&sig=hunter9 https://bob:12/hunter10@p":  {"hunter"},
		"TF_VAR_db_pass=hunter5, api_key = 'hunter6'":                                     {"hunter"},
	} {
		for _, shown := range append(told("Error: it failed\n"+text+"\n"), Redact(text)) {
			for _, part := range parts {
				if strings.Contains(shown, part) {
					t.Errorf("%q shows %q", shown, part)
				}
			}
		}
	}
	for _, plain := range []string{"password (set)\nInitializing", "tests pass: 12, fail: 0", "the token is old\nterraform-provider-aws", "access_key = AKIAIOSFODNN7EXAMPLE"} {
		if got := Redact(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
	if got := Redact("password=hunter2\nInitializing the backend..."); !strings.Contains(got, "Initializing the backend") {
		t.Errorf("more than the secret is gone: %q", got)
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
