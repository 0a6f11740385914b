package session

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"stateroom/steps/blueprint"
)

// begin puts together what is answered before any question is asked: the
// blueprint and --set. It tells whether there was no blueprint.
func (s *session) begin() (a *blueprint.Answers, isNew bool, err error) {
	team, isNew, err := s.readBlueprint()
	if err != nil {
		return nil, false, err
	}
	a = &blueprint.Answers{Blueprint: team, Adopt: s.Adopt, Passphrases: s.ask, Asked: s.ask && !s.yes}
	for _, pair := range s.Set {
		path, value, _ := strings.Cut(pair, "=")
		if err := a.Set(path, value); err != nil {
			return nil, false, Usagef("--set %w", err)
		}
	}
	a.FillDefaults()
	a.IAm(s.Me)
	if err := a.Check(); err != nil {
		return nil, false, UsageError{err}
	}
	if !isNew {
		if err := one(a); err != nil {
			return nil, false, err
		}
	}
	if s.lab != nil && a.Me == "" && len(a.People()) > 0 {
		a.Me = a.People()[0]
	}
	return a, isNew, nil
}

// readBlueprint reads the team's answers. Without a file everything is still to
// be asked, except in the sandbox, which brings its own answers.
func (s *session) readBlueprint() (b *blueprint.Blueprint, isNew bool, err error) {
	if s.lab != nil && s.Blueprint == "" {
		return s.lab.Blueprint(), false, nil
	}
	b, err = blueprint.Read(s.Blueprint)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return blueprint.New(), true, nil
	case err != nil:
		return nil, false, UsageError{err}
	}
	return b, false, nil
}

// usable refuses what the command line and the blueprint say wrong, before anything
// is said, asked or rehearsed. A text needs neither.
func (s *session) usable(ctx context.Context) error {
	if s.NoChecks {
		return nil
	}
	if _, _, err := s.begin(); err != nil || s.Engine == "" {
		return err
	}
	if _, err := s.terraform(ctx); err != nil {
		return UsageError{err}
	}
	return nil
}

// complete refuses a run that would have to ask where nothing can be asked.
func (s *session) complete(a *blueprint.Answers, isNew bool) error {
	missing := a.Missing()
	if len(missing) == 0 {
		return s.consent()
	}
	nothing, command := "nothing can be asked here", s.command()
	if isNew {
		nothing = "there is no " + s.Blueprint + ", and " + nothing
	}
	text := nothing + ". Fill in the missing answers and run:"
	if s.nobody() {
		text, command = text[:len(text)-1]+" (with --yes in the place of --dry-run to apply):", command+" --dry-run"
	}
	for _, path := range missing {
		command += " \\\n      --set " + path + "=VALUE"
	}
	return Usagef("%s\n\n    %s", text, command)
}

// given tells whether a flag answered the question of this path, or of a part
// of it.
func (o *Options) given(path string) bool {
	return slices.ContainsFunc(o.Set, func(pair string) bool {
		return strings.HasPrefix(pair, path+"=") || strings.HasPrefix(pair, path+".")
	})
}

// one refuses a --me that is none of the team's.
func one(a *blueprint.Answers) error {
	users := a.AllUsers()
	for _, g := range a.IdentityGroups() {
		users = append(users, g.Name)
	}
	group := slices.IndexFunc(a.Groups, func(g blueprint.Group) bool { return g.Name == a.Me })
	switch {
	case a.Me == "", slices.Contains(users, a.Me):
	case group >= 0:
		return Usagef("--me %s names a group, not a person: give one of its users, %s", a.Me, strings.Join(a.Groups[group].Users, ", "))
	default:
		what := "users"
		if len(a.IdentityGroups()) > 0 {
			what = "users or groups that sign in"
		}
		return Usagef("--me %s is not one of the blueprint's %s%s, which are %s", a.Me, what, blueprint.DidYouMean(a.Me, users), strings.Join(users, ", "))
	}
	return nil
}
