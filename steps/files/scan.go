package files

import "strings"

// span is a range of bytes in a text: from its first to the one after its last.
type span struct{ from, to int }

// tokenKind is what a token is to somebody who looks for values behind names.
type tokenKind int

const (
	tokenWord    tokenKind = iota // a name, a number, a reference, an operator, or what no HCL has
	tokenQuoted                   // a text in quotes, with them
	tokenBody                     // the lines of a heredoc
	tokenMark                     // the beginning of a heredoc, or its end
	tokenOpen                     // a bracket
	tokenShut                     // and its end
	tokenComma                    //
	tokenNewline                  //
	tokenAssign                   // =, : or =>
	tokenCompare                  // ==, !=, <= or >=
	tokenRemark                   // a comment, without the end of its line
)

// token is one piece of a text.
type token struct {
	kind tokenKind
	span
}

// scanner takes a text that is meant to be HCL or JSON to pieces. It recovers at the end of
// a line from what is neither, so that no stray quote swallows the rest, and looks at each
// byte a bounded number of times.
type scanner struct {
	text   string
	at     int
	plain  bool // comments and heredocs are text: it is the inside of one that is read
	broken bool // an interpolation did not end: none is taken for one any more
	tokens []token
}

// scan gives the tokens of a text; plain says that it is the inside of a comment.
func scan(text string, plain bool) []token {
	s := scanner{text: text, plain: plain}
	for s.at < len(text) {
		s.next()
	}
	return s.tokens
}

// take ends a token of the kind given at to.
func (s *scanner) take(kind tokenKind, to int) {
	s.tokens = append(s.tokens, token{kind, span{s.at, to}})
	s.at = to
}

// next takes one token, or skips one byte of white space.
func (s *scanner) next() {
	rest := s.text[s.at:]
	switch c := rest[0]; {
	case c == '\n':
		s.take(tokenNewline, s.at+1)
	case c == ' ' || c == '\t' || c == '\r':
		s.at++
	case c == '"':
		s.take(tokenQuoted, s.quoted())
	case strings.IndexByte("[{(", c) >= 0:
		s.take(tokenOpen, s.at+1)
	case strings.IndexByte("]})", c) >= 0:
		s.take(tokenShut, s.at+1)
	case c == ',':
		s.take(tokenComma, s.at+1)
	case !s.plain && (c == '#' || strings.HasPrefix(rest, "//")):
		s.take(tokenRemark, s.lineEnd(s.at))
	case !s.plain && strings.HasPrefix(rest, "/*"):
		end := len(s.text)
		if length := strings.Index(rest[2:], "*/"); length >= 0 {
			end = s.at + 2 + length + 2
		}
		s.take(tokenRemark, end)
	case len(rest) > 1 && rest[1] == '=' && strings.IndexByte("=!<>", c) >= 0:
		s.take(tokenCompare, s.at+2)
	case strings.HasPrefix(rest, "=>"):
		s.take(tokenAssign, s.at+2)
	case c == '=' || c == ':':
		s.take(tokenAssign, s.at+1)
	case !s.plain && strings.HasPrefix(rest, "<<") && s.heredoc():
	default:
		s.take(tokenWord, s.wordEnd())
	}
}

// lineEnd is where the line that at stands in ends, its ending apart.
func (s *scanner) lineEnd(at int) int {
	if length := strings.IndexByte(s.text[at:], '\n'); length >= 0 {
		return at + len(strings.TrimRight(s.text[at:at+length], "\r"))
	}
	return len(s.text)
}

// wordEnd is where the word ends that begins here, which has one byte at least.
func (s *scanner) wordEnd() int {
	for at := s.at + 1; at < len(s.text); at++ {
		c := s.text[at]
		if strings.IndexByte(" \t\r\n\"[]{}(),=:!<>", c) >= 0 || !s.plain && (c == '#' || c == '/' && at+1 < len(s.text) && (s.text[at+1] == '/' || s.text[at+1] == '*')) {
			return at
		}
	}
	return len(s.text)
}

// quoted is where the text in quotes ends that begins here: behind its quote, those of the
// expressions within it apart, or at the end of the line where it lacks one.
func (s *scanner) quoted() int {
	inside := []byte{'"'} // what is open: a text in quotes, or a brace of an expression
	for at := s.at + 1; at < len(s.text); at++ {
		c, inText := s.text[at], inside[len(inside)-1] == '"'
		switch {
		case inText && c == '\n' && at > s.lineEnd(s.at)+1:
			// An expression took lines that a text in quotes may not: it was none.
			s.broken = true
			return s.lineEnd(s.at)
		case inText && c == '\n':
			inside = inside[:0]
		case inText && c == '\\' && at+1 < len(s.text) && s.text[at+1] != '\n':
			at++
		case c == '"' && inText, c == '}' && !inText:
			inside = inside[:len(inside)-1]
		case c == '"', c == '{' && !inText:
			inside = append(inside, c)
		case !s.broken && (c == '$' || c == '%') && inText && at+1 < len(s.text):
			switch s.text[at+1] {
			case '{':
				inside = append(inside, '{')
				at++
			case c: // an escaped one: no expression
				at++
			}
		}
		if len(inside) == 0 {
			if c == '\n' {
				return at
			}
			return at + 1
		}
	}
	if len(inside) > 1 {
		s.broken = true
	}
	return s.lineEnd(s.at)
}

// heredoc takes a heredoc that begins here as three tokens and tells whether one does. One
// without an end goes on to the end of the text.
func (s *scanner) heredoc() bool {
	begin := s.lineEnd(s.at)
	name := strings.TrimSpace(strings.TrimPrefix(s.text[s.at+2:begin], "-"))
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isWord(r) }) {
		return false
	}
	s.take(tokenMark, begin)
	end := begin
	for end < len(s.text) {
		line := end + 1 + strings.IndexByte(s.text[end:], '\n')
		if end = s.lineEnd(line); strings.TrimSpace(s.text[line:end]) == name {
			s.take(tokenBody, line)
			s.take(tokenMark, end)
			return true
		}
	}
	s.take(tokenBody, len(s.text))
	return true
}

// isWord tells whether a name may hold a rune.
func isWord(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
