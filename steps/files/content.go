package files

import (
	"fmt"
	"io"
	"log/slog"
)

// Content is the bytes of a file. Files of credentials hold secrets, so a
// Content shows only its length in fmt, JSON and logs; convert it to []byte or
// string where the bytes themselves are wanted.
type Content []byte

// String gives the length, never the bytes.
func (c Content) String() string { return fmt.Sprintf("(%d bytes)", len(c)) }

// Format implements fmt.Formatter for every verb, %x and %#v included.
func (c Content) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalJSON gives the length as a string, never the bytes.
func (c Content) MarshalJSON() ([]byte, error) { return []byte(`"` + c.String() + `"`), nil }

// LogValue implements slog.LogValuer.
func (c Content) LogValue() slog.Value { return slog.StringValue(c.String()) }
