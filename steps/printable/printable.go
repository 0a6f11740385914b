// Package printable makes text of unknown origin safe to show: names from a
// blueprint, a handover or an AWS account, and what Terraform printed. A terminal
// takes commands from the text that it shows, and bidirectional and invisible
// characters let a name read as another one, so that a plan could be hidden from
// whoever consents to it.
//
// Such a character is shown as its escape, as in Go's own notation, and never
// dropped: without it a name would still read as another one.
//
// What does not live here: our own styling (ui/tui/theme), and what a blueprint
// may hold (steps).
package printable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// invisible are letters and marks that fonts show as nothing, beside the format
// characters that Unicode itself calls so (Cf).
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
	},
}

// Rune tells whether a character only shows itself: it is no control character
// (C0, DEL, C1), no format character (bidirectional, zero width, tags), no line
// or paragraph separator, and not invisible.
func Rune(r rune) bool {
	return r != utf8.RuneError && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, invisible)
}

// Text escapes everything but line ends and tabs that does not only show itself.
func Text(text string) string {
	return escaped(text, func(r rune) bool { return r == '\n' || r == '\t' })
}

// Line does the same for what has to stay one line.
func Line(text string) string { return escaped(text, func(rune) bool { return false }) }

// Is tells whether a text is one line that only shows itself.
func Is(text string) bool { return Line(text) == text }

func escaped(text string, kept func(rune) bool) string {
	if strings.IndexFunc(text, func(r rune) bool { return !Rune(r) && !kept(r) }) < 0 {
		return text
	}
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&out, `\x%02x`, text[i]) // a byte that is no UTF-8
		case r == utf8.RuneError, Rune(r), kept(r):
			out.WriteRune(r)
		default:
			out.WriteString(escape(r))
		}
	}
	return out.String()
}

// escape is a character in Go's notation: \x1b, \u202e, \U000e0041.
func escape(r rune) string {
	switch {
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Unescaped is a text in a language of quoted strings (JSON, HCL, YAML) with the escapes
// \uXXXX and \UXXXXXXXX as the characters that they stand for: "\u002a" grants as much as
// "*" and reads as less. An escape stays where the character does not show itself, or
// means something in a string of such a language, so that the text means what it meant.
func Unescaped(text string) string {
	if !strings.Contains(strings.ToLower(text), `\u`) {
		return text
	}
	var out strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '\\')
		if at < 0 {
			break
		}
		out.WriteString(text[:at])
		text = text[at:]
		r, length := unescape(text)
		if second, more := unescape(text[length:]); utf16.IsSurrogate(r) && more > 0 {
			r, length = utf16.DecodeRune(r, second), length+more
		}
		if r != utf8.RuneError && !utf16.IsSurrogate(r) && r > ' ' && Rune(r) && !unicode.IsSpace(r) && !strings.ContainsRune("\"\\'`$%", r) {
			out.WriteRune(r)
		} else {
			out.WriteString(text[:length])
		}
		text = text[length:]
	}
	return out.String() + text
}

// unescape reads the escape that a text begins with: its character, RuneError for none or
// for another kind of escape, and its length.
func unescape(text string) (r rune, length int) {
	digits := map[byte]int{'u': 4, 'U': 8}
	if text == "" || text[0] != '\\' {
		return utf8.RuneError, 0
	}
	if len(text) == 1 { // nothing is left for it to escape
		return utf8.RuneError, 1
	}
	n := digits[text[1]]
	if n == 0 || len(text) < 2+n {
		return utf8.RuneError, 2
	}
	code, err := strconv.ParseUint(text[2:2+n], 16, 32)
	if err != nil || code > unicode.MaxRune {
		return utf8.RuneError, 2
	}
	return rune(code), 2 + n
}

// Styled is Line for a line that our own styling is in already: an escape
// sequence that styles, and that own knows, is left as it is.
func Styled(line string, own func(sequence string) bool) string {
	if strings.IndexFunc(line, func(r rune) bool { return !Rune(r) }) < 0 {
		return line
	}
	var out strings.Builder
	for line != "" {
		at := strings.Index(line, "\x1b[")
		if at < 0 {
			break
		}
		out.WriteString(Line(line[:at]))
		line = line[at:]
		length := styling(line)
		if length == 0 || !own(line[:length]) {
			length = 1
			out.WriteString(escape(rune(line[0])))
		} else {
			out.WriteString(line[:length])
		}
		line = line[length:]
	}
	out.WriteString(Line(line))
	return out.String()
}

// styling is how long the SGR sequence is that a text begins with, 0 where it
// begins with none.
func styling(text string) int {
	for i := len("\x1b["); i < len(text); i++ {
		switch c := text[i]; {
		case c == 'm':
			return i + 1
		case (c < '0' || c > '9') && c != ';':
			return 0
		}
	}
	return 0
}

// JSON escapes, in a text that is JSON already, what encoding/json leaves as it
// is: it escapes C0 only. Line ends between values stay.
func JSON(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !Rune(r) && r != '\n' }) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case Rune(r), r == '\n', r == utf8.RuneError:
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
