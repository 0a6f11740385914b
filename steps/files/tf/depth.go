package tf

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"stateroom/steps/files"
)

// maxDepth is how deep an expression may nest. HCL's parser calls itself for
// every level, and a stack that overflows ends the process with no way to catch
// it: 100 kB of opening parentheses suffice (measured with hcl v2.24).
const maxDepth = 1000

// TooDeep gives the line at which a text in HCL's native syntax nests deeper
// than its parser may be trusted with, 0 where it never does. Ask before parsing
// what somebody else wrote.
func TooDeep(src []byte) int {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos) // what is wrong with it the parser says
	levels := []level{{}}
	depth := 0 // of all levels together
	for _, token := range tokens {
		inner := &levels[len(levels)-1]
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote:
			inner.operators++ // an index of an index nests to the left
			levels = append(levels, level{opener: token.Type})
			depth += 2
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote:
			if len(levels) > 1 {
				depth -= 1 + inner.operators
				levels = levels[:len(levels)-1]
			}
		case hclsyntax.TokenComma:
			depth -= inner.end()
		case hclsyntax.TokenNewline:
			if inner.opener == 0 || inner.opener == hclsyntax.TokenOBrace {
				depth -= inner.end()
			}
		default:
			if nesting(token.Type) {
				inner.operators++
				depth++
			}
		}
		if depth > maxDepth {
			return token.Range.Start.Line
		}
	}
	return 0
}

// level is what one bracket has opened: the operators since its last comma nest
// into each other.
type level struct {
	opener    hclsyntax.TokenType
	operators int
}

func (l *level) end() (operators int) {
	operators, l.operators = l.operators, 0
	return operators
}

func nesting(t hclsyntax.TokenType) bool {
	switch t { //nolint:exhaustive // most tokens are no operators
	case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash,
		hclsyntax.TokenPercent, hclsyntax.TokenQuestion, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp,
		hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq:
		return true
	}
	return false
}

// tooDeepJSON is the same for the JSON syntax, whose texts may hold expressions:
// every bracket counts, within texts too.
func tooDeepJSON(src []byte) int {
	line, depth, operators := 1, 0, 0
	for _, c := range src {
		switch c {
		case '\n':
			line++
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth = max(depth-1, 0)
		case '"', ',':
			operators = 0
		case '!', '-', '?', '+', '*', '/', '%', '&', '|', '=', '<', '>':
			operators++
		}
		if depth > maxDepth || operators > longestJSONText {
			return line
		}
	}
	return 0
}

// longestJSONText is how many characters that may be operators one text may
// hold: dashes and slashes are common in what is no expression.
const longestJSONText = 20 * maxDepth

func depthError(path string, line int) error {
	return &files.Error{
		Action: "read", Path: path, Line: line, Problem: "it nests deeper than " + strconv.Itoa(maxDepth) + " levels, which nobody writes by hand",
		Remedy: "find out who wrote it before you use it",
	}
}
