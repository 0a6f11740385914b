package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// trust is who may assume the role: the admin account, narrowed to the
// organization, or the users one by one.
func (b *roleBuilder) trust() policy.Document {
	people, machines := b.peoplesTrust(), b.machines()
	switch {
	case machines == nil:
		return people
	case policy.Equivalent(people, policy.TrustNobody()): // whose Deny would be theirs as well
		return policy.Document{Version: policy.Version2012, Statements: []policy.Statement{*machines}}
	}
	people.Statements = append(people.Statements, *machines)
	return people
}

// machines is the statement for the pipelines that apply to the environment, nil where
// nothing but their own policies has to let them: the trust of the whole account without
// MFA does.
func (b *roleBuilder) machines() *policy.Statement {
	if b.e.Trust != blueprint.TrustListed && !b.e.MFA {
		return nil
	}
	var roles []string
	for _, ci := range b.a.CIsIn(b.e.Name) {
		if len(ci.ApplySubjects(b.e.Name)) > 0 {
			roles = append(roles, b.a.RoleARN(b.o.partition(), atCI(b.o, b.a, ci.ApplyRole(b.e.Name))))
		}
	}
	if len(roles) == 0 {
		return nil
	}
	s := policy.MachineTrust(b.o.partition(), b.a.AdminAccount, b.o.orgID(), roles)
	return &s
}

func (b *roleBuilder) peoplesTrust() policy.Document {
	var principals []string
	if b.e.Trust == blueprint.TrustListed {
		for _, user := range b.usersOf() {
			principals = append(principals, userARN(b.o, b.a, user))
		}
		sets := b.setsOf()
		principals = append(principals, b.formerOf()...)
		if b.f.Role != nil {
			for _, arn := range replacedIn(b.a, policy.ParseOrEmpty(b.f.Role.Trust), b.a.CIsIn(b.e.Name)) {
				if !slices.Contains(principals, arn) {
					principals = append(principals, arn)
				}
			}
		}
		byIdentity := policy.IdentityTrust(b.o.partition(), b.a.AdminAccount, b.o.orgID(), sets)
		switch {
		case len(principals)+len(sets) == 0:
			return policy.TrustNobody() // without principals it would be the whole account
		case len(principals) == 0:
			return policy.Document{Version: policy.Version2012, Statements: []policy.Statement{byIdentity}}
		case len(sets) > 0:
			doc := policy.EnvironmentTrust(b.o.partition(), b.a.AdminAccount, b.o.orgID(), principals, b.e.MFA)
			doc.Statements = append(doc.Statements, byIdentity)
			return doc
		}
	}
	return policy.EnvironmentTrust(b.o.partition(), b.a.AdminAccount, b.o.orgID(), principals, b.e.MFA)
}

// setsOf are the permission sets of every group that reaches the environment.
func (b *roleBuilder) setsOf() (sets []string) {
	for _, g := range b.a.IdentityGroups() {
		if b.a.Reaches(g.Name, b.e.Name) {
			sets = append(sets, g.PermissionSet())
		}
	}
	return sets
}

// formerOf are the users who reached the environment by a group that signs in with Identity
// Center by now, and who have not moved yet. Whom the role does not trust today is none of
// them: anyone may have been put into the IAM group by hand.
func (b *roleBuilder) formerOf() (arns []string) {
	if b.f.Role == nil {
		return nil
	}
	have := policy.Policies{Identity: everything, Resource: &policy.Named{Type: policy.RoleTrust, Document: policy.ParseOrEmpty(b.f.Role.Trust)}}
	for _, g := range b.a.IdentityGroups() {
		if b.a.Reaches(g.Name, b.e.Name) {
			arns = append(arns, b.o.IAM.formerWithKeys(g.Name)...)
		}
	}
	return slices.DeleteFunc(arns, func(arn string) bool {
		d := policy.Evaluate(policy.Request{
			Principal: arn, Action: "sts:AssumeRole", Resource: b.f.Role.ARN, ResourceAccount: b.e.Account,
			Context: map[string][]string{"aws:PrincipalOrgID": {b.o.orgID()}, "aws:MultiFactorAuthPresent": {"true"}},
		}, have)
		return !d.Allowed && len(d.Missing) == 0
	})
}

// formerUnread tells whether the role names its people, and it is not known whom of those who
// had a key it still has to.
func (b *roleBuilder) formerUnread() bool {
	return b.e.Trust == blueprint.TrustListed && slices.ContainsFunc(b.a.IdentityGroups(), func(g blueprint.Group) bool {
		return b.a.Reaches(g.Name, b.e.Name) && b.o.IAM.Former[g.Name].Denied != nil
	})
}

// grown is have with the statements of want that it lacks. Where not all was read, a policy
// lets in whom it should, and keeps nobody out who was let in.
func grown(have, want policy.Document) policy.Document {
	all := have
	all.Statements = slices.Clone(have.Statements)
	for _, s := range want.Statements {
		if !policy.Covers(have, s) {
			all.Statements = append(all.Statements, s)
		}
	}
	return withoutDoubleSids(all)
}

// usersOf are the members of every group that reaches the environment.
func (b *roleBuilder) usersOf() []string {
	var users []string
	for _, g := range b.a.Groups {
		reaches := b.a.Reaches(g.Name, b.e.Name)
		for _, u := range b.a.UsersOf(g.Name) {
			if reaches && !slices.Contains(users, u) {
				users = append(users, u)
			}
		}
	}
	return users
}

// trusted are the changes that make the users whom the trust policy names.
func (b *roleBuilder) trusted() []string {
	var ids []string
	if b.e.Trust == blueprint.TrustListed {
		for _, user := range b.usersOf() {
			ids = append(ids, userChange(user))
		}
	}
	return ids
}

// trustCorrection is what becomes of the trust of an environment's role.
type trustCorrection struct {
	// stored is the trust as AWS holds it, rest what of it is the blueprint's to correct, and
	// want what takes its place.
	stored, rest, want policy.Document
	// right says that nothing is corrected, beyond with which conditions it asks for more.
	right  bool
	beyond []string
	// after is the whole trust once set-up has run.
	after policy.Document
}

// corrected is what set-up makes of the role's trust: the blueprint's where there is no role
// yet. Whoever prints or writes a trust takes it from here.
func (b *roleBuilder) corrected() (c trustCorrection) {
	c.want = b.trust()
	if b.f.Role == nil {
		c.after = c.want
		return c
	}
	c.stored = policy.ParseOrEmpty(b.f.Role.Trust)
	have := policy.WithoutDeleted(c.stored)
	var kept []policy.Statement
	kept, c.rest = b.keptTrust(have, c.want)
	if b.formerUnread() {
		c.want = grown(c.rest, c.want)
	}
	equal := policy.Equivalent(c.rest, c.want)
	if c.right = equal || atLeast(c.rest, c.want); c.right {
		if !equal {
			c.beyond = asksBeyond(c.rest, c.want)
		}
		c.after = have
		return c
	}
	c.want = alsoAsking(c.want, asking(c.rest, c.stored))
	c.after = c.want
	c.after.Statements = slices.Concat(c.want.Statements, kept)
	return c
}

func (b *roleBuilder) updateTrust() {
	t := b.corrected()
	if len(t.beyond) > 0 {
		b.keep("trust-stronger", "has a trust policy that asks for more than the blueprint does: "+plan.Enumerated(t.beyond))
	}
	if t.right {
		if len(policy.Deleted(t.stored)) > 0 {
			c := b.trustChange("", t.after)
			c.Judge() // who was deleted is nobody any more
			b.dropDeleted(&c, t.stored)
			b.Change(c)
		}
		return
	}
	lost, gains := lostTrust(t.rest, t.want), b.trustGains(t.rest, t.want)
	c := b.trustChange("Correct who may assume "+b.e.Role+" in "+b.e.Name, t.after)
	c.Judge(gains...)
	switch {
	case len(lost) > 0:
		c.Risk = plan.Enumerated(lost) + " can no longer assume the role."
	case len(t.rest.Statements) > 0:
		c.Risk = "Anyone who is only in the old trust policy can no longer assume the role."
	}
	if keep := slices.DeleteFunc(lost, func(p string) bool { return !blueprint.CanKeepTrust(p) }); len(keep) > 0 {
		c.Risk += fmt.Sprintf(" Who is meant to is kept with --set environment.%s.trust_kept=%s.", b.e.Name, strings.Join(keep, ","))
	}
	c.Needs = append(c.Needs, b.trusted()...)
	b.dropDeleted(&c, t.stored)
	b.Change(c)
}

// trustChange is the change of the role's trust to what it is to be.
func (b *roleBuilder) trustChange(title string, after policy.Document) plan.Change {
	c := b.change(trustSuffix, plan.Update, title, awsops.UpdateAssumeRolePolicy(b.e.Role, after.JSON()))
	c.Fields = []plan.Field{{Name: "trust", Before: b.f.Role.Trust, After: after.JSON()}}
	return c
}

// dropDeleted books and tells whom the trust names that was deleted.
func (b *roleBuilder) dropDeleted(c *plan.Change, stored policy.Document) {
	b.Find(c.Drop("iam.role-deleted-principal", "trust policy of "+b.name(), stored)...)
}

// asking are the statements whose conditions a corrected trust takes over: those that are
// corrected, or, where all whom they were about were deleted, those.
func asking(rest, stored policy.Document) policy.Document {
	if len(rest.Statements) > 0 {
		return rest
	}
	stored.Statements = slices.DeleteFunc(slices.Clone(stored.Statements), func(s policy.Statement) bool {
		return len(policy.WithoutDeleted(oneStatement(s)).Statements) > 0
	})
	return stored
}

// keptTrust parts a trust policy into the statements that the blueprint keeps, which are
// about principals alone that it names and that want is not about, and the rest.
func (b *roleBuilder) keptTrust(have, want policy.Document) (kept []policy.Statement, rest policy.Document) {
	ours := principalsOf(want.Statements...)
	rest = have
	rest.Statements = nil
	for _, s := range have.Statements {
		names := principalsOf(s)
		foreign := len(names) > 0 && len(s.NotPrincipals) == 0 && !slices.ContainsFunc(names, func(name string) bool {
			return slices.Contains(ours, name) || !slices.Contains(b.e.TrustKept, name)
		})
		if foreign {
			kept = append(kept, s)
		} else {
			rest.Statements = append(rest.Statements, s)
		}
	}
	return kept, rest
}

// lostTrust are the principals that may assume the role by have and are not in want.
func lostTrust(have, want policy.Document) []string {
	allows := slices.DeleteFunc(slices.Clone(have.Statements), func(s policy.Statement) bool { return s.Effect != policy.Allow })
	still := principalsOf(want.Statements...)
	return slices.DeleteFunc(principalsOf(allows...), func(name string) bool { return slices.Contains(still, name) })
}

// principalsOf are the principals that statements name, each once.
func principalsOf(statements ...policy.Statement) []string {
	var names []string
	for _, s := range statements {
		for _, values := range s.Principals {
			names = append(names, values...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// mfaKey is the condition key of a second factor.
const mfaKey = "aws:MultiFactorAuthPresent"

// trustGains judges who may assume the role.
func (b *roleBuilder) trustGains(have, want policy.Document) []plan.Widening {
	if b.e.Account != b.a.AdminAccount {
		have = withUsers(have, want)
	}
	if !policy.Wider(have, want) {
		return nil
	}
	machines := b.machines() // which cannot show one, and are not counted
	asks := func(s policy.Statement) bool {
		return mentions(s, mfaKey) || machines != nil && policy.Equivalent(oneStatement(s), oneStatement(*machines))
	}
	with := ""
	if !slices.ContainsFunc(want.Statements, func(s policy.Statement) bool { return !asks(s) }) {
		with = " with MFA"
	}
	granted := policy.Granted(have, want)
	gains := []plan.Widening{b.gains(plan.WidensTrust, " may be assumed by "+plan.Principals(granted)+with+".")}
	if slices.ContainsFunc(have.Statements, asks) && with == "" {
		gains = append(gains, b.gains(plan.WidensMFA, " no longer requires MFA."))
	}
	return gains
}

// withUsers is a trust policy that also names the users of want whose account it
// trusts as a whole. From another account a user needs that account's word in
// either case, so naming some of them is the narrower of the two.
func withUsers(have, want policy.Document) policy.Document {
	have.Statements = slices.Clone(have.Statements)
	for i, s := range have.Statements {
		named := slices.Clone(s.Principals["AWS"])
		for _, root := range s.Principals["AWS"] {
			account, whole := strings.CutSuffix(root, ":root")
			for _, w := range want.Statements {
				for _, user := range w.Principals["AWS"] {
					if whole && strings.HasPrefix(user, account+":") && user != root {
						named = append(named, user)
					}
				}
			}
		}
		if len(named) > len(s.Principals["AWS"]) {
			have.Statements[i].Principals = maps.Clone(s.Principals)
			have.Statements[i].Principals["AWS"] = named
		}
	}
	return have
}

// secondFactor tells what a trust that asks for one means: Terraform cannot ask
// for a code (facts/credential-files.md, "The MFA trap").
func (b *roleBuilder) secondFactor() {
	if !b.e.MFA {
		return
	}
	b.Find(plan.Finding{
		ID: "iam.role-needs-mfa", Severity: plan.Info,
		Evidence: fmt.Sprintf("Role %s requires MFA, so it was not proven with an access key alone.", awsops.ShowRefs(b.a.RoleARN(b.o.partition(), b.e))),
		Remedy:   fmt.Sprintf("Ask each of its admins to run stateroom login, which opens a session for profile %s: Terraform itself asks for no code.", b.a.AdminProfile),
	})
}

// atLeast tells whether have is want or a narrower form of it: the same
// statements, each with at least the conditions that are wanted. A policy like
// that is stronger than asked and is left alone. Each statement stands for one: two of
// want may differ in their conditions alone, and a narrower form of both would leave one of
// have to be anything.
func atLeast(have, want policy.Document) bool {
	left := slices.Clone(have.Statements)
	take := func(fits func(policy.Statement) bool) bool {
		i := slices.IndexFunc(left, fits)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	others := slices.DeleteFunc(slices.Clone(want.Statements), func(w policy.Statement) bool {
		return take(func(h policy.Statement) bool { return policy.Equivalent(oneStatement(h), oneStatement(w)) })
	})
	return len(have.Statements) == len(want.Statements) && !slices.ContainsFunc(others, func(w policy.Statement) bool {
		return !take(func(h policy.Statement) bool {
			narrowed := w
			narrowed.Conditions = h.Conditions
			return conditionsInclude(h.Conditions, w.Conditions) && policy.Equivalent(oneStatement(h), oneStatement(narrowed))
		})
	})
}

// asksBeyond are the condition keys of have that want does not ask for in the same way; where
// it does so elsewhere, in another statement, those of the statements that want has not.
func asksBeyond(have, want policy.Document) (keys []string) {
	var all []string
	for _, h := range have.Statements {
		if slices.ContainsFunc(want.Statements, func(w policy.Statement) bool { return policy.Equivalent(oneStatement(h), oneStatement(w)) }) {
			continue
		}
		for operator, conditions := range h.Conditions {
			for key := range conditions {
				all = append(all, key)
				if !slices.ContainsFunc(want.Statements, func(w policy.Statement) bool { return len(w.Conditions.Spellings(operator, key)) > 0 }) {
					keys = append(keys, key)
				}
			}
		}
	}
	if len(keys) == 0 {
		keys = all
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// alsoAsking carries the conditions of a lone statement over to the lone
// statement that takes its place, so that correcting it loses no second factor
// that somebody asked for. The organization is the blueprint's to know.
func alsoAsking(want, have policy.Document) policy.Document {
	if len(want.Statements) != 1 || len(have.Statements) != 1 || want.Statements[0].Effect != have.Statements[0].Effect {
		return want
	}
	conditions := policy.Conditions{}
	for operator, keys := range want.Statements[0].Conditions {
		conditions[operator] = maps.Clone(keys)
	}
	for operator, keys := range have.Statements[0].Conditions {
		for key, values := range keys {
			fixes := strings.HasPrefix(operator, "String") && !strings.Contains(operator, "Not")
			if len(conditions.Spellings(operator, key)) > 0 || fixes && strings.EqualFold(key, orgKey) {
				continue
			}
			if conditions[operator] == nil {
				conditions[operator] = map[string][]string{}
			}
			conditions[operator][key] = values
		}
	}
	want.Statements = slices.Clone(want.Statements)
	want.Statements[0].Conditions = conditions
	return want
}

// orgKey is the condition key of the caller's organization.
const orgKey = "aws:PrincipalOrgID"

func conditionsInclude(have, want policy.Conditions) bool {
	for operator, keys := range want {
		for key, values := range keys {
			spellings := have.Spellings(operator, key)
			if len(spellings) == 0 || slices.ContainsFunc(spellings, func(v []string) bool { return !slices.Equal(v, values) }) {
				return false
			}
		}
	}
	return true
}
