package blueprint

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stateroom/steps/printable"
)

// IdentityCenter is the organization's IAM Identity Center, as far as AWS does not tell it
// or the team decides it.
type IdentityCenter struct {
	// StartURL is where people sign in. No call of AWS's returns it, so that it is needed
	// where the team has given its portal a name of its own; else it follows from the
	// identity store.
	StartURL string
	// Region is Identity Center's primary region, where it cannot be found.
	Region string
	// Session is the name of the [sso-session] section on each laptop, and by that the key
	// of the token cache there; empty for one that carries the management account's id.
	Session string
	// SessionDuration is how long a session of a permission set lasts, in ISO 8601.
	SessionDuration string
}

// permissionSetPrefix begins the names of our permission sets.
const permissionSetPrefix = "Terraform-"

// maxPermissionSetName is how many characters Identity Center allows (CreatePermissionSet,
// IAM Identity Center API reference).
const maxPermissionSetName = 32

// PermissionSet is the name of the permission set of a group that signs in with Identity
// Center; empty for an IAM group.
func (g Group) PermissionSet() string {
	if g.IdentityCenter == "" {
		return ""
	}
	return cmp.Or(g.Set, permissionSetPrefix+g.Name)
}

// GroupOf is the group of which nothing is known but its permission set: whoever has that
// is a member, and works in every environment that is known.
func GroupOf(set string) Group {
	name, ours := strings.CutPrefix(set, permissionSetPrefix)
	g := Group{Name: name, IdentityCenter: name, Environments: []string{Everything}}
	if !ours {
		g.Set = set
	}
	return g
}

// PermissionSetProblem says why a text is no permission set's name; empty where it is one.
func PermissionSetProblem(value string) string { return permissionSetRule(value) }

// SessionName is the name of the [sso-session] section on each laptop. It is the key of the
// token cache there, so that two organizations on one laptop must not share it: unless the
// team has chosen one, it holds the id of the management account, to which an
// organization's Identity Center belongs.
func (b *Blueprint) SessionName() string {
	return cmp.Or(b.IdentityCenter.Session, "stateroom-"+b.AdminAccount)
}

// IdentityGroup is the group of that name that signs in with Identity Center.
func (b *Blueprint) IdentityGroup(name string) (Group, bool) {
	groups := b.IdentityGroups()
	i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return Group{}, false
	}
	return groups[i], true
}

// StartURLProblem says why a text is no address at which people sign in; empty where it is
// one.
func StartURLProblem(value string) string { return startURLRule(value) }

// RegionProblem says why a text is no region; empty where it is one.
func RegionProblem(value string) string { return regionRule(value) }

// IdentityGroups are the groups that sign in with Identity Center.
func (b *Blueprint) IdentityGroups() []Group {
	return slices.DeleteFunc(slices.Clone(b.Groups), func(g Group) bool { return g.IdentityCenter == "" })
}

// UserGroups are the groups of IAM users.
func (b *Blueprint) UserGroups() []Group {
	return slices.DeleteFunc(slices.Clone(b.Groups), func(g Group) bool { return g.IdentityCenter != "" })
}

var (
	permissionSetPattern = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	// sessionPattern are the names that the AWS CLI and the SDKs read alike: no quotes, no
	// space (facts/identity-center.md, section 4).
	sessionPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// sessionDurationPattern is AWS's for the hours and minutes of a permission set (Duration,
	// IAM Identity Center API reference): no fractions, and the hours first.
	sessionDurationPattern = regexp.MustCompile(`^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$`)

	startURLPattern = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$`)
)

var (
	sessionRule       = matching(sessionPattern, "is not a name that every tool reads the same way: use letters, digits, _ and -, 64 at most")
	permissionSetRule = matching(permissionSetPattern, "is not the name of a permission set: write it as the AWS access portal shows it")
	startURLRule      = matching(startURLPattern, "is not a start URL: write one such as https://d-1234567890.awsapps.com/start, as the AWS access portal's page shows it")
)

// displayRule takes a group's display name (identitystore, GroupDisplayName).
func displayRule(value string) string {
	if !printable.Is(value) || utf8.RuneCountInString(value) > 1024 {
		return "is not the display name of a group: write it as Identity Center shows it"
	}
	return ""
}

// sessionDurationRule takes what a permission set takes: 1 to 12 hours (SessionDuration,
// IAM Identity Center user guide "Set session duration").
func sessionDurationRule(value string) string {
	const wrong = "is not a session duration: write one to twelve hours as ISO 8601, such as PT1H or PT1H30M"
	if d := SessionLength(value); !sessionDurationPattern.MatchString(value) || d < time.Hour || d > 12*time.Hour || d%time.Minute != 0 {
		return wrong
	}
	return ""
}

// SessionLength is how long a session of such a duration lasts; zero of a text that is none.
func SessionLength(value string) time.Duration {
	d, _ := time.ParseDuration(strings.ToLower(strings.TrimPrefix(value, "PT")))
	return d
}

// identityCenter checks the block and what the groups say of Identity Center.
func (c *blueprintChecker) identityCenter() {
	const block = "identity_center"
	c.optional(block, "start_url", c.IdentityCenter.StartURL, startURLRule)
	c.optional(block, "region", c.IdentityCenter.Region, regionRule)
	c.optional(block, "session", c.IdentityCenter.Session, sessionRule)
	c.rule(block, "session_duration", c.IdentityCenter.SessionDuration, sessionDurationRule)
	sets := newSeen("group")
	for _, g := range c.IdentityGroups() {
		block := blockPath("group", g.Name)
		c.rule(block, "identity_center", g.IdentityCenter, displayRule)
		if len(g.Users) > 0 {
			c.bad(block, "users", "", "is set together with identity_center: a group has IAM users or signs in with Identity Center, so make two groups, or leave one of the two out")
		}
		if name := g.PermissionSet(); len(name) > maxPermissionSetName || !permissionSetPattern.MatchString(name) {
			c.bad(block, "", "", "would have the permission set %s, and Identity Center allows %d letters, digits and _ + = , . @ -: give the group a name of at most %d",
				name, maxPermissionSetName, maxPermissionSetName-len(permissionSetPrefix))
		}
		c.once(sets, block, "", strings.ToLower(g.PermissionSet()), g.Name)
		if slices.ContainsFunc(c.AllUsers(), func(user string) bool { return strings.EqualFold(user, g.Name) }) {
			c.bad(block, "", "", "has the name of a user, so that --me %s could be either: give the group another name", g.Name)
		}
		c.withoutMFA(g)
	}
}

// withoutMFA refuses a role that asks for AWS's own second factor of people who cannot show
// it: aws:MultiFactorAuthPresent is never true of a session of Identity Center, whatever
// the person did there to sign in.
func (c *blueprintChecker) withoutMFA(g Group) {
	for _, e := range c.EnvironmentsOf(g.Name) {
		if e.MFA {
			c.bad(blockPath("environment", e.Name), "mfa", "", "%s", fmt.Sprintf(
				"is true, and group %q signs in with Identity Center, whose sessions never count as MFA for IAM: require MFA in Identity Center's settings, and leave mfa out here", g.Name))
		}
	}
}

// IsIdentityGroup tells whether the group of that name signs in with Identity Center.
func (b *Blueprint) IsIdentityGroup(name string) bool {
	_, is := b.IdentityGroup(name)
	return is
}
