package blueprint

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"stateroom/steps/files"
)

// RemoveUser is the blueprint file old without one user: taken out of every
// group's list, without its own block, and with arn, which may be empty, no
// longer among the key's administrators. Every other byte stays, comments among
// it. A file that does not name the user is returned unchanged.
func RemoveUser(old []byte, name, arn string) ([]byte, error) {
	const file = "the blueprint"
	was, err := Parse(file, old)
	if err != nil {
		return nil, err
	}
	want := was.without(name, arn)
	if was.says(want) {
		return old, nil
	}
	parsed, diags := hclsyntax.ParseConfig(old, file, hcl.InitialPos)
	body, ok := parsed.Body.(*hclsyntax.Body)
	if diags.HasErrors() || !ok {
		return nil, fmt.Errorf("read %s: %w", file, diags)
	}
	var cuts files.Splices
	for _, c := range userCuts(old, body, name, arn) {
		cuts.Add(c.from, c.to, "")
	}
	text := cuts.Apply(old)
	if now, err := Parse(file, text); err != nil || !now.says(want) {
		return nil, fmt.Errorf("user %s cannot be taken out of %s without changing what else it says: do it by hand", name, file)
	}
	return text, nil
}

func (b *Blueprint) without(name, arn string) *Blueprint {
	c := b.Clone()
	for i := range c.Groups {
		c.Groups[i].Users = except(c.Groups[i].Users, name)
	}
	c.Users = slices.DeleteFunc(c.Users, func(u User) bool { return u.Name == name })
	c.Key.Administrators = except(c.Key.Administrators, arn)
	return c
}

func except(list []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == gone })
}

// cut is a stretch of bytes that goes.
type cut struct{ from, to int }

// userCuts are the places in which a blueprint names a user.
func userCuts(src []byte, body *hclsyntax.Body, name, arn string) []cut {
	var cuts []cut
	for _, block := range body.Blocks {
		switch block.Type {
		case "group":
			cuts = append(cuts, elementCuts(src, block.Body.Attributes["users"], name)...)
		case "kms_key":
			cuts = append(cuts, elementCuts(src, block.Body.Attributes["administrators"], arn)...)
		case "user":
			if slices.Equal(block.Labels, []string{name}) {
				cuts = append(cuts, blockCut(src, block.Range()))
			}
		}
	}
	return cuts
}

// elementCuts cut a text out of a list of texts.
func elementCuts(src []byte, list *hclsyntax.Attribute, text string) []cut {
	if list == nil {
		return nil
	}
	tuple, ok := list.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil
	}
	var cuts []cut
	for i, e := range tuple.Exprs {
		value, diags := e.Value(nil)
		if diags.HasErrors() || value.AsString() != text {
			continue
		}
		at := cut{e.Range().Start.Byte, e.Range().End.Byte}
		before := tuple.OpenRange.End.Byte
		if i > 0 {
			before = tuple.Exprs[i-1].Range().End.Byte
		}
		cuts = append(cuts, elementCut(src, at, before, i > 0))
	}
	return cuts
}

// elementCut widens the cut of a list's element by the comma that goes with it,
// and to its whole line where it has that for itself. before is where what
// stands before it ends.
func elementCut(src []byte, at cut, before int, follows bool) cut {
	line := lineAround(src, at)
	rest := bytes.TrimLeft(src[at.to:line.to], " \t")
	comma := bytes.HasPrefix(rest, []byte(","))
	if comma {
		at.to = line.to - len(rest) + 1
		rest = bytes.TrimLeft(rest[1:], " \t")
	}
	alone := len(bytes.TrimSpace(src[line.from:at.from])) == 0
	ends := len(bytes.TrimSpace(rest)) == 0 || rest[0] == '#' || bytes.HasPrefix(rest, []byte("//"))
	switch {
	case alone && ends && (comma || !follows || before < line.from):
		return line
	case comma:
		at.to = line.to - len(rest)
	case follows && string(bytes.TrimSpace(src[before:at.from])) == ",":
		at.from = before
	}
	return at
}

// lineAround is the line of a cut with its line break.
func lineAround(src []byte, at cut) cut {
	from := bytes.LastIndexByte(src[:at.from], '\n') + 1
	if end := bytes.IndexByte(src[at.to:], '\n'); end >= 0 {
		return cut{from, at.to + end + 1}
	}
	return cut{from, len(src)}
}

// blockCut is a block with its lines and the empty line before it.
func blockCut(src []byte, block hcl.Range) cut {
	lines := lineAround(src, cut{block.Start.Byte, block.End.Byte})
	if head, empty := bytes.CutSuffix(src[:lines.from], []byte("\n\n")); empty {
		lines.from = len(head) + 1
	} else if head, empty := bytes.CutSuffix(src[:lines.from], []byte("\r\n\r\n")); empty {
		lines.from = len(head) + 2
	}
	return lines
}
