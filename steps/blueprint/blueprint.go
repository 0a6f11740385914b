// Package blueprint is the team's answers: what stateroom.hcl says, with its
// defaults and its rules, and beside it the choices of one run that no file holds
// ([Answers]). It reads and writes the file, sets one answer by its path, takes a
// user out, and says what is wrong with an answer and where it stands.
//
// What does not live here: the questions (each step has its own), what is in AWS,
// and everything that follows from both (package plan and above).
package blueprint

import (
	"slices"
	"strings"
)

// Choices of Environment.Permissions besides a managed policy's ARN and the
// path of a JSON file.
const (
	PermissionsArticle       = "article"
	PermissionsPowerUser     = "poweruser"
	PermissionsAdministrator = "administrator"
)

// Choices of Environment.Trust: the admin account as a whole (IAM policies
// there decide who), or the users' ARNs one by one.
const (
	TrustAccount = "account"
	TrustListed  = "listed"
)

// Choices of Key.Users: the key policy delegates to the account and the groups'
// IAM policies grant, or the key policy lists the users itself.
const (
	KeyUsersGroup  = "group"
	KeyUsersListed = "listed"
)

// Choices of Bucket.Policy: strict denies every PUT without the right
// encryption headers; compatible leaves a missing header to the bucket's
// default encryption.
const (
	BucketPolicyStrict     = "strict"
	BucketPolicyCompatible = "compatible"
)

// Choices of Lock.BillingMode, in DynamoDB's words. PROVISIONED is the
// article's table of one read and one write unit.
const (
	BillingPayPerRequest = "PAY_PER_REQUEST"
	BillingProvisioned   = "PROVISIONED"
)

// Everything as the only element of Group.Environments, means all
// environments, those still to come included.
const Everything = "*"

// Blueprint is the team's answers, without any secret, as stateroom.hcl holds
// them. Slices keep the order of the file.
type Blueprint struct {
	// Version is the format's version; 1 is the only one.
	Version int
	// AdminAccount is the 12-digit id of the account that holds users, state
	// bucket, key and lock table.
	AdminAccount string
	// StateRegion is the region of bucket, key and table.
	StateRegion string
	// AdminProfile is the profile in ~/.aws/credentials with the admin's key.
	AdminProfile string
	// ProfileInFiles is whether backend.tf and provider.tf name the profile;
	// false suits teams whose CI has credentials of its own.
	ProfileInFiles bool
	// Tags are put on everything that can be tagged, beside Tag's own.
	Tags   map[string]string
	Groups []Group
	Users  []User
	// IdentityCenter is where people of a group sign in that has no users.
	IdentityCenter IdentityCenter
	// CIs are the pipelines that work without a stored key.
	CIs          []CI
	Environments []Environment
	Projects     []Project
	Key          Key
	Bucket       Bucket
	Lock         Lock
}

// Group is admins and the environments that they reach: an IAM group of users, or a group
// of IAM Identity Center.
type Group struct {
	Name string
	// Users are IAM user names; a user needs no User of its own.
	Users []string
	// IdentityCenter is the display name of a group in Identity Center's identity store,
	// whose members are the admins then; empty for an IAM group.
	IdentityCenter string
	// Set is the permission set of a group that no blueprint names, where it is not the one
	// that setup gives it.
	Set string
	// BreakGlass says that the users are for when nobody can sign in with Identity Center:
	// their keys are sealed and unused, and give nothing without MFA.
	BreakGlass bool
	// Environments are names of environments, or Everything alone. Nil means
	// not answered: the only group of a blueprint then gets Everything.
	Environments []string
}

// User says how a user's first key is handed over.
type User struct {
	Name string
	// Recipient is the age1… or ssh-ed25519 public key to which the handover is
	// sealed; empty means a passphrase.
	Recipient string
}

// Environment is a sub-account with its environment role.
type Environment struct {
	Name string
	// Account is the 12-digit account id; it may be empty only when Email is
	// given, and then the account is created.
	Account string
	// Role and RolePath name the environment role; the path begins and ends
	// with a slash.
	Role, RolePath string
	// Permissions is one of the Permissions… choices, a managed policy's ARN,
	// or the path of a JSON policy relative to the blueprint.
	Permissions string
	// PermissionsBoundary is a managed policy's ARN, or empty.
	PermissionsBoundary string
	// Region is where the environment's resources live; empty means the
	// state's region (RegionOf).
	Region string
	// Email is the root address for an account that is to be created.
	Email string
	// Reach is the role through which the operator bootstraps the account.
	Reach string
	// MFA requires multi-factor authentication to assume the role.
	MFA bool
	// Trust is TrustAccount or TrustListed.
	Trust string
	// TrustKept are principals that are not the admins' (a CI's OIDC provider, say) and
	// keep what the role's trust policy gives them: their ARNs, or a service's name.
	TrustKept []string
}

// Project is one Terraform root directory with its own state key.
type Project struct {
	Name string
	// Dir is relative to --dir, with forward slashes.
	Dir string
	// Environment is the name of the environment that the project manages.
	Environment string
	// StateKey is the object key of the state in the bucket.
	StateKey string
	// BackendConfig is what completes a partial backend block, in the order in which init
	// is given it with -backend-config (the later wins): files, with forward slashes and
	// relative to Dir, and arguments as NAME=VALUE.
	BackendConfig []string
}

// Key is the KMS key that encrypts the state.
type Key struct {
	// Alias begins with alias/.
	Alias, Description string
	// Administrators are ARNs of IAM users and roles that may manage the key
	// beside the account's root.
	Administrators []string
	// Users is KeyUsersGroup or KeyUsersListed.
	Users string
}

// Bucket is the state bucket.
type Bucket struct {
	Name string
	// Policy is BucketPolicyStrict or BucketPolicyCompatible.
	Policy string
}

// Lock is how two applies at a time are kept apart: by S3's lock file, by a
// DynamoDB table, or both.
type Lock struct {
	UseLockfile bool
	// DynamoDBTable is the table's name; empty means no table.
	DynamoDBTable string
	// BillingMode is BillingPayPerRequest or BillingProvisioned, and empty
	// without a table.
	BillingMode string
}

// AllUsers lists every user of the blueprint once, in the order of the groups
// and then of the user blocks.
func (b *Blueprint) AllUsers() []string {
	var users []string
	for _, g := range b.Groups {
		users = append(users, g.Users...)
	}
	for _, u := range b.Users {
		users = append(users, u.Name)
	}
	return uniqueNames(users)
}

// User is a user's name as the blueprint writes it, since IAM makes no difference
// between great and small letters; it is false for one that the blueprint does not
// name.
func (b *Blueprint) User(name string) (string, bool) {
	for _, user := range b.AllUsers() {
		if strings.EqualFold(user, name) {
			return user, true
		}
	}
	return name, false
}

// UsersOf lists the users of the group with that name; none if it is unknown.
func (b *Blueprint) UsersOf(group string) []string {
	for _, g := range b.Groups {
		if g.Name == group {
			return uniqueNames(g.Users)
		}
	}
	return nil
}

// Reaches tells whether a group reaches an environment of the blueprint.
func (b *Blueprint) Reaches(group, environment string) bool {
	return slices.ContainsFunc(b.Groups, func(g Group) bool { return g.Name == group && g.reaches(environment) })
}

func (g Group) reaches(environment string) bool {
	return slices.Contains(g.Environments, Everything) || slices.Contains(g.Environments, environment)
}

// EnvironmentsOf lists the environments that the group reaches, with
// Everything spelled out, in the blueprint's order.
func (b *Blueprint) EnvironmentsOf(group string) []Environment {
	reached := map[string]bool{}
	b.reachedBy(reached, group)
	return slices.DeleteFunc(slices.Clone(b.Environments), func(e Environment) bool { return !reached[e.Name] })
}

// ProjectsOf lists the projects whose environment the group reaches.
func (b *Blueprint) ProjectsOf(group string) []Project {
	reached := map[string]bool{}
	b.reachedBy(reached, group)
	return slices.DeleteFunc(slices.Clone(b.Projects), func(p Project) bool { return !reached[p.Environment] })
}

// reachedBy adds the names of the environments that the group reaches.
func (b *Blueprint) reachedBy(reached map[string]bool, group string) {
	for _, g := range b.Groups {
		switch {
		case g.Name != group:
		case slices.Contains(g.Environments, Everything):
			for i := range b.Environments {
				reached[b.Environments[i].Name] = true
			}
		default:
			for _, name := range g.Environments {
				reached[name] = true
			}
		}
	}
}

// GroupsOf lists the names of the groups that the user belongs to.
func (b *Blueprint) GroupsOf(user string) []string {
	var groups []string
	for _, g := range b.Groups {
		if slices.Contains(g.Users, user) {
			groups = append(groups, g.Name)
		}
	}
	return groups
}

// EnvironmentsFor lists the environments that any of the user's groups reaches,
// in the blueprint's order.
func (b *Blueprint) EnvironmentsFor(user string) []Environment {
	reached := map[string]bool{}
	for _, group := range b.GroupsOf(user) {
		b.reachedBy(reached, group)
	}
	return slices.DeleteFunc(slices.Clone(b.Environments), func(e Environment) bool { return !reached[e.Name] })
}

// ProjectsFor lists the projects of the environments that the user reaches, in
// the blueprint's order.
func (b *Blueprint) ProjectsFor(user string) []Project {
	reached := map[string]bool{}
	for _, e := range b.EnvironmentsFor(user) {
		reached[e.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(b.Projects), func(p Project) bool { return !reached[p.Environment] })
}

// NeedsMFA tells whether the user reaches an environment whose role is assumed
// with a second factor only, or can do nothing without one.
func (b *Blueprint) NeedsMFA(user string) bool {
	return b.BreaksGlass(user) || slices.ContainsFunc(b.EnvironmentsFor(user), func(e Environment) bool { return e.MFA })
}

// LongTermProfile holds the access key of a user who needs a second factor,
// while the admin profile holds a session that was opened with it: Terraform
// cannot ask for a code.
func (b *Blueprint) LongTermProfile() string { return b.AdminProfile + "-long-term" }

// KeyProfile is the profile in ~/.aws/credentials that holds the user's own
// access key.
func (b *Blueprint) KeyProfile(user string) string {
	if b.NeedsMFA(user) {
		return b.LongTermProfile()
	}
	return b.AdminProfile
}

// RecipientOf is the recipient of the user's handover, or empty.
func (b *Blueprint) RecipientOf(user string) string {
	for _, u := range b.Users {
		if u.Name == user {
			return u.Recipient
		}
	}
	return ""
}

// Environment finds an environment by its name.
func (b *Blueprint) Environment(name string) (Environment, bool) {
	for i := range b.Environments {
		if b.Environments[i].Name == name {
			return b.Environments[i], true
		}
	}
	return Environment{}, false
}

// Project finds a project by its name.
func (b *Blueprint) Project(name string) (Project, bool) {
	for _, p := range b.Projects {
		if p.Name == name {
			return p, true
		}
	}
	return Project{}, false
}

// RegionOf is where the environment's resources live: its own region, or else
// the state's.
func (b *Blueprint) RegionOf(e Environment) string {
	if e.Region != "" {
		return e.Region
	}
	return b.StateRegion
}

// ReachOf is the role through which the operator enters the environment's account; the
// admin account itself needs none.
func (b *Blueprint) ReachOf(e Environment) string {
	if e.Account == b.AdminAccount {
		return ""
	}
	return e.Reach
}

// Ladder are the roles through which the operator may enter the environment's account,
// the blueprint's own first; the admin account itself needs none.
func (b *Blueprint) Ladder(e Environment) []string {
	if e.Account == b.AdminAccount {
		return []string{""}
	}
	ladder := []string{e.Reach}
	for _, role := range []string{DefaultReach, controlTowerReach} {
		if !slices.Contains(ladder, role) {
			ladder = append(ladder, role)
		}
	}
	if b.Watched() { // who watches enters by no other
		if own, known := b.Environment(e.Name); known {
			ladder = append(ladder, b.PlanReach(own))
		}
	}
	return ladder
}

// PlanReach is the environment's role for plans as a role that is entered.
func (b *Blueprint) PlanReach(e Environment) string {
	return strings.TrimPrefix(e.RolePath, "/") + e.PlanRoleIn().Role
}

// RoleARN is the ARN of the environment's role in the given partition (aws,
// aws-cn, aws-us-gov). It is empty while the account is not known.
func (b *Blueprint) RoleARN(partition string, e Environment) string {
	if e.Account == "" {
		return ""
	}
	return "arn:" + partition + ":iam::" + e.Account + ":role" + e.RolePath + e.Role
}

// tagName is the name of our own tag.
const tagName = "stateroom"

// Tag is the tag by which we know again what this blueprint made: stateroom =
// <admin account>/<bucket>.
func (b *Blueprint) Tag() (key, value string) {
	return tagName, b.AdminAccount + "/" + b.Bucket.Name
}

// ProfileFor is the name of the role profile in ~/.aws/config for the
// environment: the admin profile's name, a hyphen, the environment's name.
func (b *Blueprint) ProfileFor(environment string) string {
	return b.AdminProfile + "-" + environment
}

func uniqueNames(names []string) []string {
	var once []string
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(once, n) {
			once = append(once, n)
		}
	}
	return once
}
