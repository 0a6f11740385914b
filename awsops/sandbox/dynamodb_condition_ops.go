package sandbox

import (
	"bytes"
	"slices"
	"strings"
)

// function reads one of DynamoDB's boolean functions; ok is false when the
// next token is not one.
func (p *expressionParser) function() (c condition, ok bool, err error) {
	name := p.peek()
	if p.pos+1 >= len(p.tokens) || p.tokens[p.pos+1] != "(" || name == "size" {
		return nil, false, nil
	}
	want, known := map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}[name]
	if !known {
		if !isWordByte(name[0]) {
			return nil, false, nil
		}
		return nil, true, p.invalid("Invalid function name; function: %s", name)
	}
	p.pos += 2
	args, err := p.arguments()
	if err != nil {
		return nil, true, err
	}
	if len(args) != want {
		return nil, true, p.invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(args))
	}
	return callFunction(name, args), true, nil
}

// arguments reads operands up to the closing parenthesis.
func (p *expressionParser) arguments() ([]operand, error) {
	var args []operand
	for {
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		if p.accept(")") {
			return args, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

func callFunction(name string, args []operand) condition {
	switch name {
	case "attribute_exists":
		return func(i dynamoItem) bool { _, ok := args[0](i); return ok }
	case "attribute_not_exists":
		return func(i dynamoItem) bool { _, ok := args[0](i); return !ok }
	case "attribute_type":
		return both(args, func(a, b attributeValue) bool { return b.kind == "S" && a.kind == b.value })
	case "begins_with":
		return both(args, beginsWith)
	}
	return both(args, contains)
}

// both is false when either operand is missing from the item, as every
// DynamoDB comparison is.
func both(args []operand, test func(a, b attributeValue) bool) condition {
	return func(i dynamoItem) bool {
		a, okA := args[0](i)
		b, okB := args[1](i)
		return okA && okB && test(a, b)
	}
}

func beginsWith(a, b attributeValue) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case "S":
		return strings.HasPrefix(a.text(), b.text())
	case "B":
		return bytes.HasPrefix(a.binary(), b.binary())
	}
	return false
}

func contains(a, b attributeValue) bool {
	switch set := a.value.(type) {
	case string:
		return a.kind == "S" && b.kind == "S" && strings.Contains(set, b.text())
	case []byte:
		return b.kind == "B" && bytes.Contains(set, b.binary())
	case []string:
		return a.kind == b.kind+"S" && slices.Contains(set, b.text())
	case [][]byte:
		return b.kind == "B" && slices.ContainsFunc(set, func(e []byte) bool { return bytes.Equal(e, b.binary()) })
	case []attributeValue:
		return slices.ContainsFunc(set, b.equal)
	}
	return false
}

// comparison reads "a op b", "a BETWEEN b AND c" or "a IN (b, …)".
func (p *expressionParser) comparison() (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch {
	case p.accept("BETWEEN"):
		return p.between(left)
	case p.accept("IN"):
		return p.in(left)
	}
	op := p.peek()
	test, ok := comparators[op]
	if !ok {
		return nil, p.syntax()
	}
	p.pos++
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	if op == "<>" { // the one comparison that a missing attribute fulfils
		equal := both([]operand{left, right}, attributeValue.equal)
		return func(i dynamoItem) bool { return !equal(i) }, nil
	}
	return both([]operand{left, right}, test), nil
}

var comparators = map[string]func(a, b attributeValue) bool{
	"=":  attributeValue.equal,
	"<>": func(a, b attributeValue) bool { return !a.equal(b) },
	"<":  func(a, b attributeValue) bool { c, ok := a.compare(b); return ok && c < 0 },
	"<=": func(a, b attributeValue) bool { c, ok := a.compare(b); return ok && c <= 0 },
	">":  func(a, b attributeValue) bool { c, ok := a.compare(b); return ok && c > 0 },
	">=": func(a, b attributeValue) bool { c, ok := a.compare(b); return ok && c >= 0 },
}

func (p *expressionParser) between(left operand) (condition, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND"); err != nil {
		return nil, err
	}
	high, err := p.operand()
	if err != nil {
		return nil, err
	}
	above := both([]operand{left, low}, comparators[">="])
	below := both([]operand{left, high}, comparators["<="])
	return func(i dynamoItem) bool { return above(i) && below(i) }, nil
}

func (p *expressionParser) in(left operand) (condition, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	choices, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return func(i dynamoItem) bool {
		return slices.ContainsFunc(choices, func(c operand) bool {
			return both([]operand{left, c}, attributeValue.equal)(i)
		})
	}, nil
}
