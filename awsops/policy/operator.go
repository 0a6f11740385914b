package policy

import (
	_ "embed"
	"slices"
	"strings"
)

// OperatorAccess names what the operator works on: the answers of one blueprint.
type OperatorAccess struct {
	Partition string
	Account   string // the admin account
	Region    string // of the state
	Bucket    string
	Alias     string // of the state encryption key, with "alias/"
	Table     string // the DynamoDB lock table; empty: none
	// Reach are the roles (path and name, without the leading slash) through which the
	// environments' accounts are entered; empty where there is none to enter.
	Reach []string
	// Roles are the ARNs of the environment roles that the operator makes with rights of
	// its own, since the environment is the admin account itself.
	Roles []string
	// PlanRoles are those beside them that only read, for pipelines' plans. They are looked
	// for also where no pipeline plans any more.
	PlanRoles []string
	// Replaced are the ARNs of the users whose keys pipelines replace, whatever their path.
	Replaced []string
	// Administrators are the ARNs of the roles that administer the key. They are looked up.
	Administrators []string
	// Accounts says that accounts of environments are to be created.
	Accounts bool
}

// The policies, with CAPITALS in the place of what the blueprint says. A statement
// that it has no use for is dropped.
var (
	//go:embed operator.json
	operatorPolicy string
	//go:embed people.json
	peoplePolicy string
	//go:embed identity.json
	identityPolicy string
	//go:embed machines.json
	machinesPolicy string
)

// Operator is what whoever runs set-up needs in the admin account, and no more: to look
// at all that is inspected, to make what is missing and to repair what differs. In the
// environments' accounts the role that is entered does the work.
//
// It is narrowed by path, tag and iam:PolicyARN to what the blueprint makes, so that a
// slip of the hand touches nobody else's users, groups and keys. What was there before
// and is adopted has neither path nor tag, and is not in it.
func Operator(a OperatorAccess) Document { return a.fill(operatorPolicy) }

// People is what the operator needs besides to hand keys over and to see people off. Of
// all policies it lets the operator attach to a user only the one that denies
// everything. Without the last statement the rights are taken all the same, and the user
// stays.
func People(a OperatorAccess) Document { return a.fill(peoplePolicy) }

// Identity is what the operator needs besides where groups sign in with Identity Center.
// Identity Center acts in the management account with the caller's own rights of IAM, and
// its reserved roles have a path with a region or without one ("Identity-based policy
// examples for IAM Identity Center", IAM Identity Center user guide).
func Identity(a OperatorAccess) Document { return a.fill(identityPolicy) }

// Machines is what the operator needs besides where pipelines work without a stored key.
func Machines(a OperatorAccess) Document { return a.fill(machinesPolicy) }

// Watch is what of these rights of the operator's reads: enough to look whether all is as the
// blueprint says, and to change nothing. No state and no other object is read, and of a
// directory its groups alone.
func Watch(parts ...Document) (d Document) {
	d.Version = Version2012
	var all []Statement
	for _, part := range parts {
		all = append(all, part.Statements...)
	}
	for _, s := range all {
		s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(action string) bool {
			service, verb, _ := strings.Cut(action, ":")
			reads := strings.HasPrefix(verb, "Get") || strings.HasPrefix(verb, "List") || strings.HasPrefix(verb, "Describe")
			person := service == "identitystore" && (strings.Contains(verb, "User") || strings.Contains(verb, "Member"))
			return !reads || person || action == "s3:GetObject" || action == "s3:GetObjectVersion"
		})
		if len(s.Actions) > 0 {
			d.Statements = append(d.Statements, s)
		}
	}
	return d
}

// fill puts the answers into a policy.
func (a OperatorAccess) fill(text string) Document {
	d := ParseOrEmpty(text)
	answers := strings.NewReplacer("PARTITION", a.Partition, "ACCOUNT", a.Account, "REGION", a.Region, "BUCKET", a.Bucket, "ALIAS", a.Alias, "TABLE", a.Table)
	put := func(values []string) {
		for i := range values {
			values[i] = answers.Replace(values[i])
		}
	}
	d.Statements = slices.DeleteFunc(d.Statements, func(s Statement) bool {
		return s.Sid == "LockTable" && a.Table == "" || s.Sid == "CreateAccounts" && !a.Accounts
	})
	for i := range d.Statements {
		s := &d.Statements[i]
		switch s.Resources[0] {
		case "ROLES":
			s.Resources = a.Roles
		case "PLANROLES":
			s.Resources = a.PlanRoles
		case "REPLACED":
			s.Resources = a.Replaced
		case "ADMINISTRATORS":
			s.Resources = a.Administrators
		case "arn:PARTITION:iam::*:role/REACH":
			s.Resources = nil
			for _, role := range a.Reach {
				s.Resources = append(s.Resources, "arn:"+a.Partition+":iam::*:role/"+role)
			}
		default:
			put(s.Resources)
		}
		for _, keys := range s.Conditions {
			for _, values := range keys {
				put(values)
			}
		}
	}
	d.Statements = slices.DeleteFunc(d.Statements, func(s Statement) bool { return len(s.Resources) == 0 })
	return d
}
