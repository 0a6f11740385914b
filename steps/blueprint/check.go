package blueprint

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
)

// Check validates the answers that were given, wherever they came from, and
// returns Problems with each answer's path, so that the caller can name
// the flag (--set bucket.name=…). What was not given is Missing's business.
func (b *Blueprint) Check() error {
	if problems := b.problems(); len(problems) > 0 {
		return problems
	}
	return nil
}

// Missing lists the paths of the required answers that were not given, in the
// form that --set takes. For a block that is altogether missing the article's
// name stands in: admins, production, common-production.
func (b *Blueprint) Missing() []string {
	var paths []string
	need := func(missing bool, path string) {
		if missing {
			paths = append(paths, path)
		}
	}
	need(b.Version == 0, "version")
	need(b.AdminAccount == "", "admin_account")
	need(len(b.Groups) == 0, "group.admins.users")
	for _, g := range b.Groups {
		need(g.Environments == nil && len(b.Groups) > 1, "group."+g.Name+".environments")
	}
	need(len(b.Environments) == 0, "environment.production.account")
	for _, e := range b.Environments {
		need(e.Account == "" && e.Email == "", "environment."+e.Name+".account")
	}
	need(len(b.Projects) == 0, "project.common-production.environment")
	for _, p := range b.Projects {
		need(p.Environment == "" && b.environmentFor(p.Name) == "", "project."+p.Name+".environment")
	}
	for _, ci := range b.CIs {
		ci.ciMissing(need)
	}
	need(b.Bucket.Name == "", "bucket.name")
	return paths
}

// blueprintChecker collects problems in the order of the blueprint.
type blueprintChecker struct {
	*Blueprint
	found Problems
}

// problems finds everything that is wrong. Every rule lets an empty text pass
// where the argument has no default, since it then is missing or not wanted.
func (b *Blueprint) problems() Problems {
	c := &blueprintChecker{Blueprint: b}
	c.root()
	c.groups()
	c.users()
	c.identityCenter()
	c.environments()
	c.projects()
	c.ci()
	c.key()
	c.bucketAndLock()
	return c.found
}

// bad adds a problem with an argument of a block; value says which element of a
// list it is about, if any.
func (c *blueprintChecker) bad(block, name, element, format string, args ...any) {
	at := block
	if name != "" {
		at = strings.TrimPrefix(block+"."+name, ".")
	}
	c.found = append(c.found, Problem{Path: at, Message: fmt.Sprintf(format, args...), block: block, element: element})
}

// rule adds the problem of a value that a rule refuses.
func (c *blueprintChecker) rule(block, name, value string, rule func(string) string) {
	if why := rule(value); why != "" {
		c.bad(block, name, value, "%q %s", abridged(value), why)
	}
}

// abridged is a value as a sentence can hold it: of one that nobody reads whole, the
// beginning and how long it is.
func abridged(value string) string {
	const most, begins = 120, 60
	if runes := []rune(value); len(runes) > most {
		return fmt.Sprintf("%s… (%d characters)", string(runes[:begins]), len(runes))
	}
	return value
}

// optional is rule for an argument that may be empty.
func (c *blueprintChecker) optional(block, name, value string, rule func(string) string) {
	if value != "" {
		c.rule(block, name, value, rule)
	}
}

func (c *blueprintChecker) root() {
	if c.Version != blueprintVersion && c.Version != 0 {
		c.bad("", "version", "", "%d is not a version that this version of stateroom reads: write %d, or install a newer version",
			c.Version, blueprintVersion)
	}
	c.optional("", "admin_account", c.AdminAccount, accountRule)
	c.rule("", "state_region", c.StateRegion, regionRule)
	c.rule("", "admin_profile", c.AdminProfile, profileRule)
	if len(c.Tags) > maxTags {
		c.bad("", "tags", "", "has %d tags, and AWS allows %d besides stateroom's own: keep fewer", len(c.Tags), maxTags)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Tags)) {
		if why := tagRule(name, c.Tags[name]); why != "" {
			c.bad("", "tags", "", "the tag %q %s", abridged(name), why)
		}
	}
}

func (c *blueprintChecker) groups() {
	labels := newSeen("group")
	spelling := map[string]string{}
	for _, g := range c.Groups {
		block := blockPath("group", g.Name)
		c.rule(block, "", g.Name, groupNameRule)
		c.once(labels, block, "", g.Name, g.Name)
		c.members(block, g, spelling)
		c.reach(block, g)
		c.breakGlass(block, g)
	}
}

// members checks a group's users. IAM holds names unique without regard to
// case, so one user must be spelled one way everywhere.
func (c *blueprintChecker) members(block string, g Group, spelling map[string]string) {
	here := map[string]bool{}
	for _, user := range g.Users {
		c.rule(block, "users", user, userNameRule)
		folded := strings.ToLower(user)
		switch {
		case spelling[folded] != "" && spelling[folded] != user:
			c.bad(block, "users", user, "%q is also written %q, and IAM takes both for one user: write it one way", user, spelling[folded])
		case here[folded]:
			c.bad(block, "users", user, "%q is listed twice: keep it once", user)
		}
		here[folded], spelling[folded] = true, user
	}
}

func (c *blueprintChecker) reach(block string, g Group) {
	if g.Environments != nil && len(g.Environments) == 0 {
		c.bad(block, "environments", "", `is empty, so the group would reach nothing: name its environments, or write ["*"] for all`)
	}
	here := map[string]bool{}
	for _, name := range g.Environments {
		_, known := c.Environment(name)
		switch {
		case name == Everything && len(g.Environments) > 1:
			c.bad(block, "environments", name, `"*" means all environments already: write ["*"] alone, or leave it out`)
		case name != Everything && !known:
			c.bad(block, "environments", name, "there is no environment %q%s", name, c.insteadOf(name))
		case here[name]:
			c.bad(block, "environments", name, "%q is listed twice: keep it once", name)
		}
		here[name] = true
	}
}

// insteadOf says what to do about an environment that there is not, as the end of a
// sentence.
func (c *blueprintChecker) insteadOf(unknown string) string {
	if len(c.Environments) == 0 {
		return ": add an environment block of that name"
	}
	names := make([]string, len(c.Environments))
	for i, e := range c.Environments {
		names[i] = e.Name
	}
	slices.Sort(names)
	meant := DidYouMean(unknown, names)
	const most = 10
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return meant + ": add it, or use one of " + strings.Join(names, ", ")
}

func (c *blueprintChecker) users() {
	labels := newSeen("user")
	for _, u := range c.Users {
		block := blockPath("user", u.Name)
		c.rule(block, "", u.Name, userNameRule)
		c.once(labels, block, "", strings.ToLower(u.Name), u.Name)
		if why := recipientRule(u.Recipient); u.Recipient != "" && why != "" {
			c.bad(block, "recipient", "", "%s", why)
		}
		if member := c.memberLike(u.Name); member != "" && member != u.Name {
			c.bad(block, "", "", "the groups write this user %q, and IAM takes both for one user: write it one way", member)
		}
	}
}

// memberLike is how the groups spell a user's name, or empty.
func (c *blueprintChecker) memberLike(name string) string {
	for _, g := range c.Groups {
		for _, user := range g.Users {
			if strings.EqualFold(user, name) {
				return user
			}
		}
	}
	return ""
}

func (c *blueprintChecker) environments() {
	labels, emails, roles := newSeen("environment"), newSeen("environment"), newSeen("environment")
	for _, e := range c.Environments {
		block := blockPath("environment", e.Name)
		c.rule(block, "", e.Name, labelRule)
		c.once(labels, block, "", strings.ToLower(e.Name), e.Name)
		c.optional(block, "account", e.Account, accountRule)
		c.optional(block, "email", e.Email, emailRule)
		c.rule(block, "role", e.Role, roleNameRule)
		c.rule(block, "role_path", e.RolePath, rolePathRule)
		c.rule(block, "permissions", e.Permissions, permissionsRule)
		c.optional(block, "permissions_boundary", e.PermissionsBoundary, policyARNRule)
		c.optional(block, "region", e.Region, regionRule)
		c.rule(block, "reach", e.Reach, roleNameRule)
		if strings.EqualFold(e.Role, e.Reach) {
			c.bad(block, "role", "", "is %s, the role through which the account is entered, so admins would get all of its permissions: choose another name", e.Role)
		}
		c.rule(block, "trust", e.Trust, choiceRule(TrustAccount, TrustListed))
		for _, principal := range e.TrustKept {
			c.rule(block, "trust_kept", principal, trustKeptRule)
		}
		if e.Email != "" {
			c.once(emails, block, "email", strings.ToLower(e.Email), e.Name)
		}
		if e.Account != "" {
			c.once(roles, block, "role", e.Account+"/"+strings.ToLower(e.Role), e.Name)
		}
	}
}

func (c *blueprintChecker) projects() {
	labels, dirs, keys := newSeen("project"), newSeen("project"), newSeen("project")
	for _, p := range c.Projects {
		block := blockPath("project", p.Name)
		c.rule(block, "", p.Name, labelRule)
		c.once(labels, block, "", strings.ToLower(p.Name), p.Name)
		if _, known := c.Environment(p.Environment); p.Environment != "" && !known {
			c.bad(block, "environment", "", "there is no environment %q%s", p.Environment, c.insteadOf(p.Environment))
		}
		if p.Dir != "" {
			c.rule(block, "dir", p.Dir, dirRule)
			c.once(dirs, block, "dir", path.Clean(p.Dir), p.Name)
		}
		if p.StateKey != "" {
			c.rule(block, "state_key", p.StateKey, stateKeyRule)
			c.once(keys, block, "state_key", p.StateKey, p.Name)
		}
		for _, file := range p.BackendConfig {
			c.rule(block, "backend_config", file, backendConfigRule(p.Dir))
		}
	}
	c.digests()
}

// digestSuffix ends the LockID of the DynamoDB item in which Terraform keeps a
// state's digest.
const digestSuffix = "-md5"

// digests refuses two keys of which one's lock item is the other's digest item.
func (c *blueprintChecker) digests() {
	owner := map[string]string{}
	for _, p := range c.Projects {
		owner[p.StateKey] = p.Name
	}
	for _, p := range c.Projects {
		base, isDigest := strings.CutSuffix(p.StateKey, digestSuffix)
		if other := owner[base]; isDigest && base != "" && other != "" {
			c.bad(blockPath("project", p.Name), "state_key", "",
				"%q is the lock table's item for the digest of project %q: choose a key that does not end in %s", p.StateKey, other, digestSuffix)
		}
	}
}

func (c *blueprintChecker) key() {
	const block = "kms_key"
	c.rule(block, "alias", c.Key.Alias, aliasRule)
	c.rule(block, "description", c.Key.Description, descriptionRule)
	for _, arn := range c.Key.Administrators {
		c.rule(block, "administrators", arn, principalARNRule)
	}
	c.rule(block, "users", c.Key.Users, choiceRule(KeyUsersGroup, KeyUsersListed))
}

func (c *blueprintChecker) bucketAndLock() {
	c.optional("bucket", "name", c.Bucket.Name, bucketNameRule)
	c.rule("bucket", "policy", c.Bucket.Policy, choiceRule(BucketPolicyStrict, BucketPolicyCompatible))
	if !c.Lock.UseLockfile && c.Lock.DynamoDBTable == "" {
		c.bad("lock", "", "", `holds neither lock, so two applies could destroy the state: write use_lockfile = true, or name a dynamodb_table, or leave the block out for both`)
	}
	c.optional("lock", "dynamodb_table", c.Lock.DynamoDBTable, tableNameRule)
	if c.Lock.DynamoDBTable != "" {
		c.optional("lock", "billing_mode", c.Lock.BillingMode, choiceRule(BillingPayPerRequest, BillingProvisioned))
	}
}

// seen remembers which block used a value first.
type seen struct {
	kind  string
	first map[string]string
}

func newSeen(kind string) seen { return seen{kind: kind, first: map[string]string{}} }

// once adds a problem where another block of the kind has the same value.
func (c *blueprintChecker) once(s seen, block, name, value, label string) {
	first, taken := s.first[value]
	if !taken {
		s.first[value] = label
		return
	}
	c.bad(block, name, "", "is the same as that of %s %q: each %s needs its own", s.kind, first, s.kind)
}

// Problem is one thing that is wrong with the answers.
type Problem struct {
	// Path is the answer, as --set names it: bucket.name,
	// environment.production.role. It is empty for a syntax error.
	Path string
	// File and Line say where it stands; File is empty for answers that come
	// from flags, and then Line is 0.
	File string
	Line int
	// Message says in one sentence what is wrong and what to write instead.
	Message string

	// block is the path of the argument's block, and element the one of a list that
	// the problem is about: where it stands when the argument itself stands nowhere.
	block, element string
}

// Error is file:line: path: message, without the parts that are not known.
func (p Problem) Error() string {
	text := p.Message
	if p.Path != "" {
		text = abridged(p.Path) + ": " + text
	}
	if p.File != "" {
		text = fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
	}
	return text
}

// Problems is everything that is wrong with the answers at once, first
// first. It is never empty where it is returned as an error.
type Problems []Problem

// Error has one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted orders problems by line, keeping the order within one.
func (ps Problems) sorted() Problems {
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].Line < ps[j].Line })
	return ps
}
