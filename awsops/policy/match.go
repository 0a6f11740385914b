package policy

import (
	"strings"
	"unicode/utf8"
)

// A pattern is text with wildcards. Once policy variables are filled in, a
// literal * must not be mistaken for a wildcard, so such a pattern marks its
// wildcards with bytes that no valid UTF-8 text contains.
type pattern struct {
	text     string
	star     byte // any run of characters, the empty one included
	one      byte // exactly one character
	wild     bool // some wildcard is in text
	unsolved bool // it names a variable that has no value: it matches nothing
}

const (
	markedStar = 0xff
	markedOne  = 0xfe
)

// wildcards reads text that has no policy variables.
func wildcards(text string) pattern {
	return pattern{text: text, star: '*', one: '?', wild: strings.ContainsAny(text, "*?")}
}

// matches compares the whole of value.
func (p pattern) matches(value string) bool {
	if p.unsolved {
		return false
	}
	if !p.wild {
		return p.text == value
	}
	return p.glob(p.text, value)
}

// matchesARN compares as IAM compares ARNs: each of the first five parts that
// colons separate on its own, so that a wildcard for the region cannot reach
// into the account; in the rest a wildcard crosses both "/" and ":". A pattern
// with fewer parts is no ARN to IAM and matches none. What is not an ARN at
// all is compared as a whole.
func (p pattern) matchesARN(value string) bool {
	if p.unsolved {
		return false
	}
	if !p.wild {
		return p.text == value
	}
	pattern, text := p.text, value
	if !strings.HasPrefix(pattern, "arn:") || !strings.HasPrefix(text, "arn:") {
		return p.glob(pattern, text)
	}
	if strings.Count(pattern, ":") < 5 || strings.Count(text, ":") < 5 {
		return false
	}
	for range 5 {
		var left, right string
		left, pattern, _ = strings.Cut(pattern, ":")
		right, text, _ = strings.Cut(text, ":")
		if !p.glob(left, right) {
			return false
		}
	}
	return p.glob(pattern, text)
}

// glob remembers only the last star, which makes it linear in practice and at
// worst the product of both lengths.
func (p pattern) glob(pattern, text string) bool {
	i, j := 0, 0
	star, resume := -1, 0
	for j < len(text) {
		switch {
		case i < len(pattern) && pattern[i] == p.star:
			star, resume = i, j
			i++
		case i < len(pattern) && pattern[i] == p.one:
			_, width := utf8.DecodeRuneInString(text[j:])
			i, j = i+1, j+width
		case i < len(pattern) && pattern[i] == text[j]:
			i, j = i+1, j+1
		case star >= 0:
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == p.star {
		i++
	}
	return i == len(pattern)
}

// matchesAction compares without regard to case, which actions do not have.
func matchesAction(pattern, action string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return strings.EqualFold(pattern, action)
	}
	return pattern == "*" || wildcards(strings.ToLower(pattern)).matches(strings.ToLower(action))
}
