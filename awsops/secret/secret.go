// Package secret holds the one type for text that must never be shown: secret
// access keys, session tokens, passphrases, MFA seeds.
//
// What lives here is only the wrapper that redacts itself; who may reveal a
// secret, where it is stored and how it is sealed is decided elsewhere.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every rendering of a secret shows instead of its text.
const Redacted = "(secret)"

// Secret is a piece of text that prints as "(secret)" through fmt (every verb,
// flags included), encoding/json, encoding/text and log/slog. The text is held
// behind a pointer so that two secrets cannot be told equal with == and a dump
// by reflection shows an address. The zero value is an absent secret.
type Secret struct {
	text *string
}

// New wraps text. An empty text gives the zero value.
func New(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the text, empty for the zero value. Call it only where the
// text leaves for its destination (a file of the user's, a signed request).
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is no text at all.
func (s Secret) IsZero() bool { return s.text == nil }

// String implements fmt.Stringer and always gives "(secret)".
func (s Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer and always gives "(secret)".
func (s Secret) GoString() string { return Redacted }

// Format implements fmt.Formatter: whatever the verb, "(secret)" is written.
// It is needed beside String because verbs such as %x and %d would otherwise
// reach the fields.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// MarshalJSON implements json.Marshaler and always gives "(secret)".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler and always gives "(secret)".
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements slog.LogValuer and always gives "(secret)".
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }
