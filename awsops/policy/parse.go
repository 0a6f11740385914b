package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Parse reads a policy document. It takes what AWS hands out: URL-encoded text
// (IAM's Get calls), a single value or a list, one statement object or a list
// of them, booleans and numbers as condition values. A document that names no
// version gets [Version2008], as AWS understands it.
//
// Errors name the statement and the element at fault. What AWS would refuse as
// malformed (an unknown element, no Effect, both Action and NotAction) is an
// error here too, since a policy that is half understood must not be compared.
func Parse(text string) (Document, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && strings.Contains(text, "%") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return Document{}, fmt.Errorf("policy document: %w", err)
		}
		text = decoded
	}
	document, err := parseDocument([]byte(text))
	if err != nil {
		return Document{}, fmt.Errorf("policy document: %w", err)
	}
	return document, nil
}

// ParseOrEmpty reads a document that AWS holds; what cannot be parsed counts as empty
// and is shown as different.
func ParseOrEmpty(text string) Document {
	doc, err := Parse(text)
	if err != nil {
		return Document{}
	}
	return doc
}

func parseDocument(text []byte) (Document, error) {
	elements, err := object(text)
	if err != nil {
		return Document{}, err
	}
	d := Document{Version: Version2008}
	found := false
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		raw := elements[name]
		switch name {
		case "Version":
			d.Version, err = scalar(raw)
		case "Id":
			d.ID, err = scalar(raw)
		case "Statement":
			found = true
			d.Statements, err = parseStatements(raw)
			if err != nil {
				return Document{}, err
			}
		default:
			err = errors.New("no such element in a policy")
		}
		if err != nil {
			return Document{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !found {
		return Document{}, errors.New("it has no Statement")
	}
	if d.Version != Version2012 && d.Version != Version2008 {
		return Document{}, fmt.Errorf("version %q is neither %s nor %s", d.Version, Version2012, Version2008)
	}
	return d, nil
}

func parseStatements(raw json.RawMessage) ([]Statement, error) {
	var items []json.RawMessage
	if raw[0] != '[' {
		items = []json.RawMessage{raw}
	} else if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("Statement: %w", err)
	}
	var statements []Statement
	for i, item := range items {
		s, err := parseStatement(item)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func parseStatement(raw json.RawMessage) (Statement, error) {
	elements, err := object(raw)
	if err != nil {
		return Statement{}, err
	}
	var s Statement
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if err := s.set(name, elements[name]); err != nil {
			return Statement{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, s.check()
}

func (s *Statement) set(name string, raw json.RawMessage) (err error) {
	switch name {
	case "Sid":
		s.Sid, err = scalar(raw)
	case "Effect":
		var effect string
		effect, err = scalar(raw)
		s.Effect = Effect(effect)
	case "Principal":
		s.Principals, err = principals(raw)
	case "NotPrincipal":
		s.NotPrincipals, err = principals(raw)
	case "Action":
		s.Actions, err = someValues(raw)
	case "NotAction":
		s.NotActions, err = someValues(raw)
	case "Resource":
		s.Resources, err = someValues(raw)
	case "NotResource":
		s.NotResources, err = someValues(raw)
	case "Condition":
		s.Conditions, err = conditions(raw)
	default:
		err = errors.New("no such element in a statement")
	}
	return err
}

// check refuses what no AWS service accepts. Whether principals and resources
// must be there depends on the kind of policy and is not checked.
func (s *Statement) check() error {
	switch {
	case s.Effect != Allow && s.Effect != Deny:
		return fmt.Errorf("effect %q is neither Allow nor Deny", string(s.Effect))
	case s.Actions == nil && s.NotActions == nil:
		return errors.New("it has no Action")
	case s.Actions != nil && s.NotActions != nil:
		return errors.New("it has both Action and NotAction")
	case s.Resources != nil && s.NotResources != nil:
		return errors.New("it has both Resource and NotResource")
	case s.Principals != nil && s.NotPrincipals != nil:
		return errors.New("it has both Principal and NotPrincipal")
	}
	return nil
}

func principals(raw json.RawMessage) (Principals, error) {
	if raw[0] == '"' {
		name, err := scalar(raw)
		if err != nil {
			return nil, err
		}
		if name != "*" {
			return nil, fmt.Errorf("%q is not a principal: write {\"AWS\": …} or \"*\"", name)
		}
		return Principals{"*": {"*"}}, nil
	}
	m, err := valueMap(raw)
	if err == nil && len(m) == 0 {
		err = errors.New("it is empty")
	}
	return m, err
}

func conditions(raw json.RawMessage) (Conditions, error) {
	operators, err := object(raw)
	if err != nil || len(operators) == 0 {
		return nil, err
	}
	c := make(Conditions, len(operators))
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		if c[operator], err = valueMap(operators[operator]); err != nil {
			return nil, fmt.Errorf("%s: %w", operator, err)
		}
	}
	return c, nil
}

func valueMap(raw json.RawMessage) (map[string][]string, error) {
	keys, err := object(raw)
	if err != nil {
		return nil, err
	}
	m := make(map[string][]string, len(keys))
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if m[key], err = values(keys[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return m, nil
}

// someValues is values for the elements that may not be empty.
func someValues(raw json.RawMessage) ([]string, error) {
	list, err := values(raw)
	if err == nil && len(list) == 0 {
		err = errors.New("it is empty")
	}
	return list, err
}

func values(raw json.RawMessage) ([]string, error) {
	if raw[0] != '[' {
		value, err := scalar(raw)
		return []string{value}, err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("not a list: %w", err)
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		value, err := scalar(item)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

// scalar reads a string, a boolean or a number; AWS treats the latter two as
// the text they are written with.
func scalar(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", fmt.Errorf("not a string: %w", err)
		}
		return s, nil
	case '{', '[', 'n':
		return "", fmt.Errorf("%.40s is not a single value", raw)
	default:
		return string(raw), nil
	}
}

// object reads one JSON object and nothing after it. No member may be there twice, as IAM
// has it ("More than one Effect, Action, or Resource element in a statement element" of
// "Troubleshoot IAM policies"): JSON's readers keep the last, which may be the wider one.
func object(raw []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	start, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object: %v", start)
	}
	m := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("not a JSON object: %w", err)
		}
		name, _ := token.(string) // an object's member has no other name
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%q appears twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("not a JSON object: %w", err)
		}
		m[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more text follows the JSON object")
	}
	return m, nil
}
