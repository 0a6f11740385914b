package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stateroom/steps/printable"
)

func TestWhatATerminalObeysOrHidesIsShownAsItsEscape(t *testing.T) {
	for text, want := range map[string]string{
		"alice":                        "alice",
		"Zoë 日本 🙂 – “x”":               "Zoë 日本 🙂 – “x”",
		"\x1b\x1b[31m[2J":              `\x1b\x1b[31m[2J`,
		"\x1b]52;c;aGk=\x07":           `\x1b]52;c;aGk=\x07`,
		"a\u009b2Jb":                   `a\u009b2Jb`,
		"a\u202eecila":                 `a\u202eecila`,
		"ad\u200bmin\ufeff":            `ad\u200bmin\ufeff`,
		"tag\U000e0041":                `tag\U000e0041`,
		"\u3164filler":                 `\u3164filler`,
		"\xff\xfeno UTF-8":             `\xff\xfeno UTF-8`,
		"\uFFFD is itself":             "\uFFFD is itself",
		"back\b\b\bspace\rand return":  `back\x08\x08\x08space\x0dand return`,
		"a line\nand\tanother":         "a line\nand\tanother",
		"separated\u2028by \u2029more": `separated\u2028by \u2029more`,
	} {
		if got := printable.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
	if got := printable.Line("a\nb\tc"); got != `a\x0ab\x09c` {
		t.Errorf("a line keeps no line end: %q", got)
	}
}

// TestAnEscapeIsReadWhereverTheTextEnds: also a backslash with nothing behind it, or half an
// escape, as untrusted text may end in.
func TestAnEscapeIsReadWhereverTheTextEnds(t *testing.T) {
	for text, want := range map[string]string{
		`"\u002a"`:           `"*"`,
		`"\u0041" and \`:     `"A" and \`,
		`\u0041\`:            `A\`,
		`\u0041\u00`:         `A\u00`,
		`\ud83d\ude42\ud83d`: "🙂" + `\ud83d`,
	} {
		if got := printable.Unescaped(text); got != want {
			t.Errorf("Unescaped(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestOnlyStylingOfOurOwnPasses(t *testing.T) {
	own := func(sequence string) bool { return sequence == "\x1b[1m" || sequence == "\x1b[0m" }
	for line, want := range map[string]string{
		"\x1b[1mbold\x1b[0m":             "\x1b[1mbold\x1b[0m",
		"\x1b[1m\x1b[8mhidden\x1b[0m":    "\x1b[1m\\x1b[8mhidden\x1b[0m",
		"\x1b[1m\x1b[2J\x1b]0;t\a\x1b[m": "\x1b[1m\\x1b[2J\\x1b]0;t\\x07\\x1b[m",
		"\x1b\x1b[1mx":                   "\\x1b\x1b[1mx",
		"ends in \x1b[":                  "ends in \\x1b[",
	} {
		if got := printable.Styled(line, own); got != want {
			t.Errorf("Styled(%q) = %q, want %q", line, got, want)
		}
	}
}

func FuzzNothingButTextIsLeft(f *testing.F) {
	for _, seed := range []string{"\x1b\x1b[31m[2J", "a\u202eb", "\xff\x9b", "{\"a\":\"\u009b\"}", "👩\u200d💻"} {
		f.Add(seed)
	}
	own := func(sequence string) bool { return sequence == "\x1b[1m" }
	f.Fuzz(func(t *testing.T, text string) {
		for name, got := range map[string]string{
			"Text":   strings.NewReplacer("\n", "", "\t", "").Replace(printable.Text(text)),
			"Line":   printable.Line(text),
			"Styled": strings.ReplaceAll(printable.Styled(text, own), "\x1b[1m", ""),
		} {
			if bad := strings.IndexFunc(got, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }); bad >= 0 || !utf8.ValidString(got) {
				t.Errorf("%s of %q leaves %q", name, text, got)
			}
		}
		if once := printable.Text(text); printable.Text(once) != once {
			t.Errorf("a second pass changes %q", once)
		}
		_ = printable.Unescaped(text) // which has to end
		line, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var before, after string
		if err := json.Unmarshal(line, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(printable.JSON(string(line))), &after); err != nil || before != after {
			t.Errorf("JSON of %q means %q: %v", before, after, err)
		}
	})
}
