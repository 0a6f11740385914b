package blueprint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Set gives one answer as --set PATH=V does: state_region, bucket.name,
// environment.production.role, group.admins.users (separated by commas),
// lock.use_lockfile, tags.team. A group, user, environment or project that is
// not there yet is made with its defaults. Values are not checked here, since
// the next Set may complete them: call FillDefaults and Check after the last.
// An unknown path is a Problem that names the known one that is probably meant.
func (b *Blueprint) Set(path, value string) error {
	if tag, ok := strings.CutPrefix(path, "tags."); ok && tag != "" {
		if b.Tags == nil {
			b.Tags = map[string]string{}
		}
		b.Tags[tag] = value
		return nil
	}
	a, err := b.settable(path)
	if err != nil {
		return err
	}
	if err := a.fromText(value); err != nil {
		return Problem{Path: path, Message: fmt.Sprintf("%q is not %s", value, err.Error())}
	}
	if path == "lock.dynamodb_table" {
		b.FillDefaults() // the billing mode comes and goes with the table
	}
	return nil
}

// settable finds the argument of a path, making its block where it is new.
func (b *Blueprint) settable(path string) (argument, error) {
	if a, ok := findArgument(b.arguments(), path); ok && a.name != "tags" {
		return a, nil
	}
	kindName, rest, _ := strings.Cut(path, ".")
	kind, ok := findKind(kindName)
	label, name := "", rest
	if dot := strings.LastIndexByte(rest, '.'); kind.labelled && dot > 0 {
		label, name = rest[:dot], rest[dot+1:] // user names may hold dots
	}
	if !ok || kind.labelled != (label != "") {
		return argument{}, b.unknownPath(path)
	}
	if _, known := findArgument(kind.def(label), name); !known {
		return argument{}, b.unknownPath(path)
	}
	if kind.at(b, label) == nil {
		kind.add(b, label)
	}
	if kind.name == "project" && name == "environment" {
		b.forgetDerived(label)
	}
	a, _ := findArgument(kind.at(b, label), name)
	return a, nil
}

// forgetDerived empties a project's directory and state key where they follow
// from its environment, so that FillDefaults derives them from the new one.
func (b *Blueprint) forgetDerived(project string) {
	for i := range b.Projects {
		p := &b.Projects[i]
		if p.Name != project || p.Environment == "" {
			continue
		}
		if p.Dir == p.defaultDir() {
			p.Dir = ""
		}
		if p.StateKey == p.defaultStateKey() {
			p.StateKey = ""
		}
	}
}

// fromText sets the field from a flag's text; the error's text says what was
// wanted.
func (a argument) fromText(text string) error {
	switch to := a.to.(type) {
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("a whole number")
		}
		*to = n
	case *bool:
		if text != "true" && text != "false" {
			return errors.New("true or false")
		}
		*to = text == "true"
	case *string:
		*to = text
	case *[]string:
		*to = append([]string{}, uniqueNames(strings.Split(text, ","))...)
	}
	return nil
}

func (b *Blueprint) unknownPath(path string) error {
	return Problem{Path: path, Message: "there is no such answer" + DidYouMean(path, b.Paths())}
}

// Paths lists every path that Set takes: of the blocks that are there, and
// with NAME for those that are not.
func (b *Blueprint) Paths() []string {
	var paths []string
	for _, a := range b.arguments() {
		if a.name == "tags" {
			a.name = "tags.NAME"
		}
		paths = append(paths, a.name)
	}
	for _, kind := range blockKinds() {
		labels := kind.labels(b)
		if len(labels) == 0 && kind.labelled {
			labels = []string{"NAME"}
		} else if len(labels) == 0 {
			labels = []string{""}
		}
		for _, label := range labels {
			for _, name := range argumentNames(kind.def(label)) {
				paths = append(paths, blockPath(kind.name, label)+"."+name)
			}
		}
	}
	return paths
}
