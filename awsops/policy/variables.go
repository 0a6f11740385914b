package policy

import "strings"

// expand fills the policy variables of text from the request: ${key} for any
// condition key with one value, ${key, 'x'} with a default, and ${*}, ${?},
// ${$} for the characters themselves. A value's own * and ? are literal. The
// source of the rules is "IAM policy elements: Variables and tags" of the IAM
// User Guide. literal says that * and ? of text are no wildcards.
func (r *request) expand(text string, literal bool) pattern {
	if !r.variables || !strings.Contains(text, "${") {
		if literal {
			return pattern{text: text}
		}
		return wildcards(text)
	}
	p := pattern{star: markedStar, one: markedOne}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		p.wild = mark(&b, before, literal) || p.wild
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := r.variable(name)
		if !closed || !known {
			p.unsolved = true
			return p
		}
		b.WriteString(value)
		text = after
	}
	p.text = b.String()
	return p
}

// mark writes text with its wildcards marked and says whether there were any.
func mark(b *strings.Builder, text string, literal bool) bool {
	if literal || !strings.ContainsAny(text, "*?") {
		b.WriteString(text)
		return false
	}
	for i := range len(text) {
		switch text[i] {
		case '*':
			b.WriteByte(markedStar)
		case '?':
			b.WriteByte(markedOne)
		default:
			b.WriteByte(text[i])
		}
	}
	return true
}

func (r *request) variable(name string) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	key, fallback, hasDefault := strings.Cut(name, ",")
	if values := r.values(strings.TrimSpace(key)); len(values) == 1 {
		return values[0], true
	}
	fallback = strings.TrimSpace(fallback)
	quoted := len(fallback) >= 2 && fallback[0] == '\'' && fallback[len(fallback)-1] == '\''
	if !hasDefault || !quoted {
		return "", false
	}
	return fallback[1 : len(fallback)-1], true
}

// Literal writes text so that a resource or a condition value of a policy
// matches exactly it, even where it holds the characters *, ? or ${. State
// keys may.
func Literal(text string) string {
	if !strings.ContainsAny(text, "*?$") {
		return text
	}
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
}
