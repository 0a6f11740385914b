package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Clone is a copy that shares nothing with b as far as Set and FillDefaults
// reach: they replace inner lists and never edit them.
func (b *Blueprint) Clone() *Blueprint {
	c := *b
	c.Tags = maps.Clone(b.Tags)
	c.Groups = slices.Clone(b.Groups)
	c.Users = slices.Clone(b.Users)
	c.Environments = slices.Clone(b.Environments)
	c.Projects = slices.Clone(b.Projects)
	return &c
}

// Clone is a copy of the answers that a background inspection can read while
// the operator changes the original.
func (a *Answers) Clone() *Answers {
	c := *a
	c.Blueprint = a.Blueprint.Clone()
	c.Adopt = slices.Clone(a.Adopt)
	return &c
}

// Answer puts the answer to a question into the blueprint, or says why it
// cannot be; the blueprint is then as before. The questions for all
// environments and all projects at once take pairs: name=value, name=value.
func (b *Blueprint) Answer(path, value string) error {
	trial := b.Clone()
	if err := trial.answer(path, value); err != nil {
		return err
	}
	trial.FillDefaults()
	if err := trial.Check(); err != nil {
		return err
	}
	*b = *trial
	return nil
}

func (b *Blueprint) answer(path, value string) error {
	if path != "environment" && path != "project" {
		return b.Set(path, value)
	}
	for _, pair := range strings.Split(value, ",") {
		name, answer, ok := strings.Cut(strings.TrimSpace(pair), "=")
		name, answer = strings.TrimSpace(name), strings.TrimSpace(answer)
		if !ok || name == "" || answer == "" {
			return fmt.Errorf("%q is not of the form name=value", strings.TrimSpace(pair))
		}
		if err := b.Set(path+"."+name+"."+pairMember(path, answer), answer); err != nil {
			return err
		}
	}
	return nil
}

// pairMember is the argument that the second part of a pair gives.
func pairMember(path, answer string) string {
	switch {
	case path == "project":
		return "environment"
	case strings.Contains(answer, "@"):
		return "email"
	}
	return "account"
}
