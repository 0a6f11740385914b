package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// conditionLimit is DynamoDB's bound on the length of an expression, in bytes.
const conditionLimit = 4096

// condition is a parsed expression: it answers whether an item (nil when there
// is none) fulfils it.
type condition func(item dynamoItem) bool

// operand is a parsed operand: the value it has for an item, and whether the
// item has it at all.
type operand func(item dynamoItem) (attributeValue, bool)

// pathStep is one step of a document path: a name, or an index when name is "".
type pathStep struct {
	name  string
	index int
}

// expressionParser turns the text of a ConditionExpression, FilterExpression,
// KeyConditionExpression or ProjectionExpression into functions. It is a plain
// recursive-descent parser over the grammar of "Condition and filter
// expressions, operators, and functions" in the DynamoDB developer guide.
// Reserved words are not refused.
type expressionParser struct {
	label  string // "ConditionExpression", for messages
	tokens []string
	pos    int
	names  map[string]string
	values map[string]attributeValue
	used   map[string]bool
}

// newExpressionParser tokenizes text. What the expressions of one request used
// of names and values is collected in used.
func newExpressionParser(label, text string, names map[string]string, values map[string]attributeValue, used map[string]bool) (*expressionParser, error) {
	p := &expressionParser{label: label, names: names, values: values, used: used}
	if len(text) > conditionLimit {
		return nil, p.invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	if strings.TrimSpace(text) == "" {
		return nil, p.invalid("The expression can not be empty;")
	}
	for rest := text; ; {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" {
			return p, nil
		}
		n := tokenLength(rest)
		if n == 0 {
			return nil, p.invalid("Syntax error; token: %q, near: %q", rest[:1], rest)
		}
		p.tokens = append(p.tokens, rest[:n])
		rest = rest[n:]
	}
}

// tokenLength is the length of the token that text starts with, or 0.
func tokenLength(text string) int {
	for _, op := range []string{"<>", "<=", ">=", "<", ">", "=", "(", ")", ",", ".", "[", "]", "+", "-"} {
		if strings.HasPrefix(text, op) {
			return len(op)
		}
	}
	n := 0
	if text[0] == '#' || text[0] == ':' {
		n = 1
	}
	start := n
	for n < len(text) && isWordByte(text[n]) {
		n++
	}
	if n == start {
		return 0
	}
	return n
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (p *expressionParser) invalid(format string, args ...any) error {
	return validationError("Invalid %s: %s", p.label, fmt.Sprintf(format, args...))
}

func (p *expressionParser) syntax() error {
	if p.pos >= len(p.tokens) {
		return p.invalid("Syntax error; token: \"<EOF>\", near: %q", p.tokens[len(p.tokens)-1])
	}
	near := p.tokens[max(0, p.pos-1):min(len(p.tokens), p.pos+2)]
	return p.invalid("Syntax error; token: %q, near: %q", p.tokens[p.pos], strings.Join(near, " "))
}

func (p *expressionParser) peek() string {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos]
	}
	return ""
}

// accept consumes the next token if it is word, without regard to case.
func (p *expressionParser) accept(word string) bool {
	if p.pos < len(p.tokens) && strings.EqualFold(p.tokens[p.pos], word) {
		p.pos++
		return true
	}
	return false
}

func (p *expressionParser) expect(word string) error {
	if !p.accept(word) {
		return p.syntax()
	}
	return nil
}

// parseCondition reads the whole text as one condition.
func (p *expressionParser) parseCondition() (condition, error) {
	c, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.tokens) {
		return nil, p.syntax()
	}
	return c, nil
}

func (p *expressionParser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.accept("OR") {
		var right condition
		if right, err = p.and(); err == nil {
			a := left
			left = func(i dynamoItem) bool { return a(i) || right(i) }
		}
	}
	return left, err
}

func (p *expressionParser) and() (condition, error) {
	left, err := p.not()
	for err == nil && p.accept("AND") {
		var right condition
		if right, err = p.not(); err == nil {
			a := left
			left = func(i dynamoItem) bool { return a(i) && right(i) }
		}
	}
	return left, err
}

func (p *expressionParser) not() (condition, error) {
	if p.accept("NOT") {
		inner, err := p.not()
		if err != nil {
			return nil, err
		}
		return func(i dynamoItem) bool { return !inner(i) }, nil
	}
	if p.accept("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	if c, ok, err := p.function(); ok {
		return c, err
	}
	return p.comparison()
}

// path reads a document path such as #a.b[3].
func (p *expressionParser) path() ([]pathStep, error) {
	first, err := p.pathName()
	steps := []pathStep{{name: first}}
	for err == nil {
		switch {
		case p.accept("."):
			var name string
			name, err = p.pathName()
			steps = append(steps, pathStep{name: name})
		case p.accept("["):
			index, bad := strconv.Atoi(p.peek())
			if bad != nil {
				return nil, p.syntax()
			}
			p.pos++
			steps = append(steps, pathStep{index: index})
			err = p.expect("]")
		default:
			return steps, nil
		}
	}
	return nil, err
}

func (p *expressionParser) pathName() (string, error) {
	token := p.peek()
	switch {
	case token == "" || token[0] == ':' || token[0] != '#' && !isWordByte(token[0]) || token[0] >= '0' && token[0] <= '9':
		return "", p.syntax()
	case token[0] != '#':
		p.pos++
		return token, nil
	}
	name, ok := p.names[token]
	if !ok {
		return "", p.invalid("An expression attribute name used in the document path is not defined; attribute name: %s", token)
	}
	p.used[token] = true
	p.pos++
	return name, nil
}

// operand reads a path, a :value or size(path).
func (p *expressionParser) operand() (operand, error) {
	token := p.peek()
	if strings.HasPrefix(token, ":") {
		value, ok := p.values[token]
		if !ok {
			return nil, p.invalid("An expression attribute value used in expression is not defined; attribute value: %s", token)
		}
		p.used[token] = true
		p.pos++
		return func(dynamoItem) (attributeValue, bool) { return value, true }, nil
	}
	if strings.EqualFold(token, "size") && p.pos+1 < len(p.tokens) && p.tokens[p.pos+1] == "(" {
		p.pos += 2
		inner, err := p.operand()
		if err != nil {
			return nil, err
		}
		return sizeOf(inner), p.expect(")")
	}
	steps, err := p.path()
	if err != nil {
		return nil, err
	}
	return func(i dynamoItem) (attributeValue, bool) { return lookUp(i, steps) }, nil
}

func sizeOf(inner operand) operand {
	return func(i dynamoItem) (attributeValue, bool) {
		v, ok := inner(i)
		if !ok {
			return v, false
		}
		n, ok := v.size()
		return attributeValue{kind: "N", value: strconv.Itoa(n)}, ok
	}
}

// lookUp follows a document path into an item.
func lookUp(item dynamoItem, steps []pathStep) (attributeValue, bool) {
	value, ok := item[steps[0].name]
	for _, step := range steps[1:] {
		if !ok {
			break
		}
		switch inner := value.value.(type) {
		case map[string]attributeValue:
			value, ok = inner[step.name]
		case []attributeValue:
			ok = step.name == "" && step.index < len(inner)
			if ok {
				value = inner[step.index]
			}
		default:
			ok = false
		}
	}
	return value, ok
}
