package files

import (
	"regexp"
	"strings"
	"testing"

	"stateroom/awsops/secret"
)

// shownOf is a text as a diff shows it.
func shownOf(text string) string {
	return redactNamed(text, func(string) string { return secret.Redacted })
}

func TestAValueBehindANameThatTellsOfASecretIsHiddenWhole(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"a list":                {`api_tokens = ["hunter1", "hunter2"]`, `api_tokens = (secret)`},
		"a list and a setting":  {`x = { tokens = ["hunter1", "hunter2"], y = 3 }`, `x = { tokens = (secret), y = 3 }`},
		"a list over lines":     {"passwords = [\n  \"hunter1\", # old: hunter2\n  \"hunter3\",\n]\nregion = \"r\"\n", "passwords = [\n  (secret)\n  (secret)\n]\nregion = \"r\"\n"},
		"an object":             {"secrets = {\n  bob = \"hunter1\"\n  carol = { pin = \"hunter2\" }\n}\nplain = 1\n", "secrets = {\n  (secret)\n  (secret)\n}\nplain = 1\n"},
		"a brace in a text":     {"variable \"token\" {\n  description = \"{\"\n  default = \"hunter1}\"\n  type = string\n}\nx = \"seen}\"\n", "variable \"token\" {\n  description = (secret)\n  default = (secret)\n  type = string\n}\nx = \"seen}\"\n"},
		"a bracket in a remark": {"passwords = [ # ]\n  \"hunter1\",\n]\nx = 1\n", "passwords = (secret)\n  (secret)\n]\nx = 1\n"},
		"a call":                {"password = join(\"\", [\n  \"hunter1\",\n])\n", "password = (secret)\n  (secret)\n])\n"},
		"a heredoc":             {"private_key = <<-EOT\n  hunter1 {\n  EOT\nx = 1\n", "private_key = <<-EOT\n  (secret)\n  EOT\nx = 1\n"},
		"a heredoc in a call":   {"private_key = trimspace(<<EOT\nhunter1\nEOT\n)\nx = 1\n", "private_key = (secret)<<EOT\n(secret)\nEOT\n)\nx = 1\n"},
		"a quote in a text":     {`password = "hun\"hunter1" # was hunter2`, `password = (secret) # (secret)`},
		"an expression":         {`password = "${lookup(var.m, "hunter1")}hunter2"` + "\nx = 1", "password = (secret)\nx = 1"},
		"a default":             {`password = var.p == "" ? "hunter1" : var.p`, `password = (secret)`},
		"a comparison":          {`count = var.token == "hunter1" ? 1 : 0`, `count = var.token == (secret) ? 1 : 0`},
		"a remark behind more":  {"x = { token = \"hunter1\" } # hunter2\ny = 1 # seen", "x = { token = (secret) } # (secret)\ny = 1 # seen"},
		"a pair":                {`environment = [{ name = "DB_PASSWORD", value = "hunter1" }, { name = "A", value = "seen" }]`, `environment = [{ name = "DB_PASSWORD", value = (secret) }, { name = "A", value = "seen" }]`},
		"a pair left open":      {"x = {\n  name = \"DB_PASSWORD\"\n  value = \"hunter1\"\n", "x = {\n  name = \"DB_PASSWORD\"\n  value = (secret)\n"},
		"a pair turned":         {"set {\n  value = \"hunter1\"\n  name  = \"db.password\"\n}", "set {\n  value = (secret)\n  name  = \"db.password\"\n}"},
		"a text":                {`url = "postgres://h/d?user=bob;password=hunter1"`, `url = "postgres://h/d?user=bob;password=(secret)"`},
		"JSON in a text":        {`x = "{\"password\":\"hunter1\"}"`, `x = "{\"password\":(secret)"`},
		"lines of a heredoc":    {"x = <<EOT\nexport DB_PASSWORD=hunter1\n\"passwords\": [\n\"hunter2\"\n],\nseen\nEOT\n", "x = <<EOT\nexport DB_PASSWORD=(secret)\n\"passwords\": [\n(secret)\n],\nseen\nEOT\n"},
		"a remark":              {"# the password is hunter1\n# seen", "# the password (secret)\n# seen"},
		"a remark over lines":   {"# password:\n# hunter1\n# seen", "# password:\n# (secret)\n# seen"},
		"a remark of settings":  {"# passwords = [\n#   \"hunter1\",\n# ]\n# seen\n", "# passwords = [\n#   (secret)\n# ]\n# seen\n"},
		"a block remark":        {"/* seen\n * token hunter1\n * seen */\nx = 1", "/* seen\n * token (secret)\n * seen */\nx = 1"},
		"behind a setting":      {"x = 1 # the token hunter1", "x = 1 # the token (secret)"},
		"JSON":                  {"{\n  \"api_keys\": [\"hunter1\", \"hunter2\"],\n  \"password\":\n    \"hunter3\",\n  \"secrets\": {\n    \"a\": \"hunter4\"\n  },\n  \"region\": \"r\"\n}\n", "{\n  \"api_keys\": (secret),\n  \"password\":\n    (secret),\n  \"secrets\": {\n    (secret)\n  },\n  \"region\": \"r\"\n}\n"},
		"a variable in JSON":    {`{"variable": {"db_password": {"default": "hunter1", "type": "string"}}}`, `{"variable": {"db_password": (secret)}}`},
		"a stray quote":         {"x = \"seen\npassword = \"hunter1\ny = 1\n", "x = \"seen\npassword = (secret)\ny = 1\n"},
		"a stray expression":    {"x = \"${seen\npassword = \"hunter1\"\ny = 1\n", "x = \"${seen\npassword = (secret)\ny = 1\n"},
		"a value that is none":  {"password =\nregion = \"r\"\n", "password =\nregion = \"r\"\n"},
		"Windows' lines":        {"passwords = [\r\n  \"hunter1\",\r\n]\r\nx = <<E\r\nseen\r\nE\r\n", "passwords = [\r\n  (secret)\r\n]\r\nx = <<E\r\nseen\r\nE\r\n"},
	} {
		if got := shownOf(tt.text); got != tt.want {
			t.Errorf("%s:\n%s\nis shown as\n%s\nwant\n%s", name, tt.text, got, tt.want)
		}
	}
}

func TestWhatIsNoSecretIsShown(t *testing.T) {
	for _, text := range []string{
		"password = var.db_password\n", "master_password = random_password.db.result # rotated\n", "token = null\n", "secret_enabled = true\n",
		`role = "arn:aws:secretsmanager:eu-west-1:1:secret:seen"`, `source = "git::https://example.com/a?ref=v1"`,
		"shared_credentials_files = [\n  \"seen\",\n]\n", "kms_key_id = \"seen\"\n", "bucket = \"b\" # the state\n",
		`environment = [{ name = "REGION", value = "seen" }]`, "tags = { Name = \"key\", value = 1 }\n", `{"a": [{"b": "c"}], "d": null}`,
		"x = <<EOT\n#cloud-config\nruncmd: [ls, \"/\"]\nEOT\n", "a = b ? c : d // seen\n", "",
	} {
		if got := shownOf(text); got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

// FuzzRedactNamed: any text and any value: no panic, as many lines as before, nothing hidden
// where nothing tells of a secret, and a secret behind a text that is whole is hidden in
// whatever shape it stands.
func FuzzRedactNamed(f *testing.F) {
	for _, seed := range []string{
		"", "x = 1\n", "x = \"${a(\"b\")}\" # c\n", "y = <<EOT\nz\nEOT\n", "/* a\n*/\n", "{\"a\": [\"b\", {\"c\": \"}\"}]}\n", "token = \"x", "a = \"%%{\"\r\n", "# password: (\n", "x {\n  y = [\n",
	} {
		f.Add(seed, "hunter", "2")
	}
	shapes := []string{"passwords = [\"%a\", \"%b\"]", "passwords = [\n  \"%a\", # %b\n  \"%b\",\n]", "secrets = {\n  \"%a\" = { x = \"%b\" }\n}", "token = <<EOT\n%a }\n%b\nEOT", "\"api_keys\": [\n\"%a\",\n\"%b\"],", "variable \"db_password\" {\n  description = \"%a\"\n  default = [\"%b\"]\n}"}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		shown := shownOf(text)
		if strings.Count(shown, "\n") != strings.Count(text, "\n") {
			t.Fatalf("lines are lost: %q became %q", text, shown)
		}
		if !secretRemark.MatchString(text) && !secretInText.MatchString(text) && !secretWords.MatchString(text) && shown != secret.HideSignIn(text) && !strings.Contains(text, "@") {
			t.Fatalf("nothing tells of a secret, but %q became %q", text, shown)
		}
		if !ends(text) {
			return
		}
		first, second := "qX"+plainOf(a)+"Xq", "zX"+plainOf(b)+"Xz"
		for _, shape := range shapes {
			whole := text + "\n" + strings.NewReplacer("%a", first, "%b", second).Replace(shape) + "\nlast = \"seen\"\n"
			got := shownOf(whole)
			if strings.Contains(got, first) || strings.Contains(got, second) {
				t.Fatalf("a secret shows:\n%s\nin\n%s", got, whole)
			}
			if !strings.HasSuffix(got, "\nlast = \"seen\"\n") {
				t.Fatalf("more than the secret is gone:\n%s\nof\n%s", got, whole)
			}
		}
	})
}

// secretWords finds what might make somebody look closer.
var secretWords = regexp.MustCompile(`(?i)` + secretWord)

// plainOf is what of a fuzzed text a value can be without any escape.
func plainOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && isWord(r) {
			return r
		}
		return -1
	}, text)
}

// ends tells whether a text leaves nothing open for what follows it.
func ends(text string) bool {
	r := redactor{text: text, tokens: scan(text, false)}
	r.match()
	for i, t := range r.tokens {
		said := text[t.from:t.to]
		switch {
		case t.kind == tokenOpen && r.shut[i] == len(r.tokens),
			t.kind == tokenQuoted && (len(said) < 2 || !strings.HasSuffix(said, `"`) || strings.HasSuffix(said, `\"`)),
			t.kind == tokenRemark && strings.HasPrefix(said, "/*") && (len(said) < 4 || !strings.HasSuffix(said, "*/")),
			t.kind == tokenBody && i+1 == len(r.tokens):
			return false
		}
	}
	return true
}
