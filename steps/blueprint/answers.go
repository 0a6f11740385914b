package blueprint

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"stateroom/awsops"
	"stateroom/steps/files"
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
	given := map[string]bool{}
	for _, pair := range strings.Split(value, ",") {
		name, answer, ok := strings.Cut(strings.TrimSpace(pair), "=")
		name, answer = strings.TrimSpace(name), strings.TrimSpace(answer)
		if !ok || name == "" || answer == "" {
			return fmt.Errorf("%q is not of the form name=value", strings.TrimSpace(pair))
		}
		if given[name] { // the second would take the place of the first
			return fmt.Errorf("%s is named twice", name)
		}
		given[name] = true
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

// Discovery is what a first look tells before any question is asked, so that
// the questions can offer it.
type Discovery struct {
	// Account is the caller's, Identity who that is, and Region where that was asked.
	Account  string
	Identity awsops.Identity
	Region   string
	// Accounts are the organization's, where the caller may list them.
	Accounts []awsops.Account
	// Alone says that the account is in no organization, and Denied is AWS's answer to
	// whoever may not see it, or not list its accounts from its management account.
	Alone  bool
	Denied error
}

// mostOffered bounds the accounts offered as environments: a longer list is the
// blueprint's to hold.
const mostOffered = 20

// Environments offers every active account but the admin account, in the form
// that --set environment takes: name=id, separated by commas.
func (d *Discovery) Environments(admin string) string {
	offered := d.Offered(admin)
	if len(offered) > mostOffered {
		return ""
	}
	return strings.Join(Pairs(offered), ", ")
}

// Offered are the active accounts but the admin account.
func (d *Discovery) Offered(admin string) []awsops.Account {
	var offered []awsops.Account
	if d != nil {
		for _, account := range d.Accounts {
			if account.State == "ACTIVE" && account.ID != admin {
				offered = append(offered, account)
			}
		}
	}
	return offered
}

// Pairs are accounts as environments' name=id, in their order. Accounts may have the same
// name, or such as become the same: these carry their ids.
func Pairs(accounts []awsops.Account) []string {
	times := map[string]int{}
	for _, account := range accounts {
		times[environmentName(account.Name)]++
	}
	pairs := make([]string, len(accounts))
	for i, account := range accounts {
		name := environmentName(account.Name)
		switch {
		case name == "":
			name = "account-" + account.ID
		case times[name] > 1:
			name += "-" + account.ID
		}
		pairs[i] = name + "=" + account.ID
	}
	return pairs
}

// environmentName turns an account's name into one that a profile and a
// directory can have.
func environmentName(account string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.ToLower(account))
	name = strings.TrimLeft(name, "-_")
	const room = 63 - len("-123456789012") // of a name's length, beside an id
	return strings.Trim(name[:min(len(name), room)], "-")
}

// Answers is everything the operator decided: the team's blueprint and the
// choices of this run that no blueprint holds.
type Answers struct {
	*Blueprint
	// Me is the user whose new key goes into this laptop's own profile.
	Me string
	// Member is the group that signs in with Identity Center of which a member works on
	// this laptop; empty where nobody has said so.
	Member string
	// Adopt lists the ARNs of things that exist without this blueprint's tag
	// and may be changed all the same.
	Adopt []string
	// met are those of Adopt that something was found for; nil where nobody wants to know.
	met *sync.Map
	// Discovered is what the questions may offer; nil offers nothing.
	Discovered *Discovery
	// Passphrases allows a handover to be sealed to a generated passphrase,
	// which needs a terminal to show it once.
	Passphrases bool
	// WithoutBlueprint says that the rest was read from the projects' own files, which are
	// then as they are to be.
	WithoutBlueprint bool
	// Asked says that somebody is asked before anything is made: what a look has found
	// may be offered to the blueprint.
	Asked bool
	// Watching says that the run is a pipeline's nightly watch, on whose machine no admin
	// works.
	Watching bool
}

// IAm says who works on this laptop: a user, or a member of the named group that signs in
// with Identity Center; nobody that the blueprint knows by an empty name.
func (a *Answers) IAm(name string) {
	if a.Me, a.Member = name, ""; a.IsIdentityGroup(name) && !slices.Contains(a.AllUsers(), name) {
		a.Me, a.Member = "", name
	}
}

// Adopted tells whether the operator agreed to change what already exists at arn,
// which may be a path: then it is the place that counts, however it is spelt.
func (a *Answers) Adopted(arn string) bool {
	i := slices.IndexFunc(a.Adopt, func(have string) bool {
		return have == arn || filepath.IsAbs(arn) && !strings.HasPrefix(have, "arn:") && files.RealPath(have) == files.RealPath(arn)
	})
	if i >= 0 && a.met != nil {
		a.met.Store(a.Adopt[i], true)
	}
	return i >= 0
}

// Unmet gives those of the targets for which, from now on, [Answers.Adopted] was not asked.
func (a *Answers) Unmet(targets []string) func() []string {
	met := &sync.Map{}
	a.met = met
	return func() []string {
		return slices.DeleteFunc(slices.Clone(targets), func(target string) bool { _, is := met.Load(target); return is })
	}
}
