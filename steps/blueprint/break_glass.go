package blueprint

import "slices"

// BreaksGlass tells whether a user is for emergencies alone.
func (b *Blueprint) BreaksGlass(user string) bool {
	return slices.ContainsFunc(b.Groups, func(g Group) bool { return g.BreakGlass && slices.Contains(g.Users, user) })
}

// People are the users who work with a key of their own: all but those for emergencies.
func (b *Blueprint) People() []string {
	return slices.DeleteFunc(b.AllUsers(), b.BreaksGlass)
}

// breakGlass checks a group for emergencies: its users are nothing else, so that whatever
// they are used for is one.
func (c *blueprintChecker) breakGlass(block string, g Group) {
	if !g.BreakGlass {
		return
	}
	if g.IdentityCenter != "" {
		c.bad(block, "break_glass", "", "is true, and the group signs in with Identity Center: give it IAM users, since it is for when that is down")
	}
	for _, user := range g.Users {
		if slices.ContainsFunc(c.Groups, func(other Group) bool { return !other.BreakGlass && slices.Contains(other.Users, user) }) {
			c.bad(block, "users", user, "%q is also a user of another group: a user for emergencies is used for nothing else", user)
		}
	}
	for _, e := range c.EnvironmentsOf(g.Name) {
		if e.Trust == TrustListed && e.Account == c.AdminAccount {
			c.bad(blockPath("environment", e.Name), "trust", "", "is %q in the admin account itself, where a role that names a user lets it in without MFA, and group %q may come in with MFA alone: let it trust the account", TrustListed, g.Name)
		}
	}
}
