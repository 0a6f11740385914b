package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// PolicyPart is the part of a blueprint of which each has a policy of its own.
type PolicyPart string

// The parts. Of what belongs to the whole blueprint there is one policy.
const (
	OfBlueprint   PolicyPart = ""
	OfGroup       PolicyPart = "group"
	OfEnvironment PolicyPart = "environment"
	OfCI          PolicyPart = "ci"
)

// Policy is a policy that can be printed before, or without, a run: one that set-up
// writes, or one that the operator needs.
type Policy struct {
	// Name is its name on the command line.
	Name string
	// About says in a few words what it is.
	About string
	// Of is the part of the blueprint that has one.
	Of PolicyPart
	// Managed says that it can be made as a managed policy.
	Managed bool
	// needs are what of the blueprint has to be known, and document builds it.
	needs    []string
	document func(o *Observed, a *blueprint.Answers, part string) (policy.Document, error)
	held     *standing
}

// standing is of a policy of which set-up keeps some of what AWS holds already.
type standing struct {
	// asked tells whether it is looked at, though the blueprint says all of what is printed;
	// nil for no. unseen says what of it is not in what is printed; empty for nothing.
	asked  func(a *blueprint.Answers) bool
	unseen func(o *Observed, a *blueprint.Answers, parts []string) string
}

// Policies are all that can be printed.
func Policies() []Policy {
	admin, bucket := "admin_account", "bucket.name"
	return []Policy{
		{"operator", "what whoever runs stateroom setup needs in the admin account", OfBlueprint, true, []string{admin, bucket}, operatorDocument, nil},
		{"people", "what the operator needs besides, for handover and offboard", OfBlueprint, true, []string{admin, bucket}, peopleDocument, nil},
		{"identity", "what the operator needs besides, for Identity Center", OfBlueprint, true, []string{admin, bucket}, identityDocument, nil},
		{"machines", "what the operator needs besides, for pipelines (ci)", OfBlueprint, true, []string{admin, bucket}, machinesDocument, nil},
		{"admin", "what a group's members may do: the next three together", OfGroup, true, []string{admin, bucket}, adminDocument, nil},
		{"assume", "which environment roles a group's members may assume", OfGroup, true, []string{admin}, assumeDocument, nil},
		{"state", "which states a group's members may read, write and lock", OfGroup, true, []string{admin, bucket}, stateDocument, nil},
		{"credentials", "a group's members manage their own access keys and MFA devices", OfGroup, true, nil, ownDocument, nil},
		{"trust", "who may assume an environment's role", OfEnvironment, false, []string{admin}, trustOf, &standing{anyway, unseenTrust}},
		{"permissions", "what an environment's role may do", OfEnvironment, false, nil, permissionsOf, nil},
		{"ci", "what a pipeline's role may do, to plan or to apply", OfCI, false, []string{admin, bucket}, ciDocument, nil},
		{"ci-trust", "which jobs of a pipeline may assume that role", OfCI, false, []string{admin}, ciTrustDocument, nil},
		{"bucket", "what the state bucket refuses", OfBlueprint, false, []string{admin, bucket}, bucketPolicyOf, &standing{nil, unseenBucket}},
		{"key", "who may manage and use the state encryption key", OfBlueprint, false, []string{admin}, keyPolicyOf, &standing{listsUsers, unseenKey}},
	}
}

// Parts are those of the blueprint that have such a policy; none where the blueprint has
// one as a whole.
func (p Policy) Parts(a *blueprint.Answers) (names []string) {
	switch p.Of {
	case OfBlueprint:
	case OfGroup:
		for _, g := range a.Groups {
			names = append(names, g.Name)
		}
	case OfEnvironment:
		for _, e := range a.Environments {
			names = append(names, e.Name)
		}
	case OfCI:
		for _, b := range machineRoles(&Observed{}, a) {
			if b.e.Name == "" {
				names = append(names, b.e.Role)
			}
		}
	}
	return names
}

// Missing are the answers that it rests on and that the blueprint does not give.
func (p Policy) Missing(a *blueprint.Answers) (paths []string) {
	missing := a.Missing()
	for _, need := range p.needs {
		if slices.Contains(missing, need) {
			paths = append(paths, need)
		}
	}
	return paths
}

// Document is the policy of a part of the blueprint. What AWS decides and o does not hold
// is a reference in it, which [awsops.FindRefs] finds.
func (p Policy) Document(o *Observed, a *blueprint.Answers, part string) (policy.Document, error) {
	return p.document(o, a, part)
}

// AsksAWS tells whether AWS is asked for what it holds, whatever the blueprint says.
func (p Policy) AsksAWS(a *blueprint.Answers) bool {
	return p.held != nil && p.held.asked != nil && p.held.asked(a)
}

// Unseen says what set-up keeps in AWS and the policy of these parts does not hold; empty
// where it holds everything.
func (p Policy) Unseen(o *Observed, a *blueprint.Answers, parts []string) string {
	if p.held == nil {
		return ""
	}
	return p.held.unseen(o, a, parts)
}

// SuggestBucket is the name that a state bucket is offered; empty while the admin account
// is not known.
func SuggestBucket(a *blueprint.Answers) string {
	if a.AdminAccount == "" {
		return ""
	}
	return "terraform-state-" + a.AdminAccount + "-" + a.StateRegion
}

// WithoutAWS is what is known without asking AWS: what only AWS knows is a reference.
func WithoutAWS(ctx context.Context, env *engine.Env, a *blueprint.Answers) (*Observed, error) {
	o := &Observed{}
	o.Account.Identity = awsops.Identity{Account: a.AdminAccount, Partition: awsops.PartitionOf(a.StateRegion)}
	o.Account.Organization = &awsops.Organization{ID: awsops.Ref("organization", "id")}
	o.IAM.Users = map[string]UserFacts{}
	for _, name := range a.AllUsers() {
		o.IAM.Users[name] = UserFacts{User: &awsops.User{Name: name, ARN: awsops.Ref(userChange(name), "arn")}}
	}
	return o, o.IAM.readPermissions(ctx, env, a, o.partition())
}

// Look asks AWS for what the policy of these parts names: the organization, accounts, users,
// groups and the key; and for the roles of environments whose trust it is. It only reads.
func (p Policy) Look(ctx context.Context, env *engine.Env, a *blueprint.Answers, parts []string) (*Observed, error) {
	o, home := &Observed{}, env.Sessions.Home(a.StateRegion)
	if err := inspectAccount(ctx, env, a, o); err != nil {
		return nil, err
	}
	if err := o.IAM.readPermissions(ctx, env, a, o.partition()); err != nil {
		return nil, err
	}
	for _, look := range []func() error{
		func() error { return o.IAM.inspectGroups(ctx, home, a) },
		func() error { return o.IAM.inspectUsers(ctx, env, home, a) },
		func() error { return o.IAM.inspectFormer(ctx, env, home, a) },
		func() error { return o.IAM.inspectPolicies(ctx, home) },
		func() error { return inspectKey(ctx, env, a, o) },
		func() error {
			if p.held == nil || p.Of != OfEnvironment {
				return nil
			}
			return o.IAM.inspectRoles(ctx, env, o, a, parts...)
		},
	} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// NotMade is why a policy cannot be printed that names what is not there yet.
func NotMade(a *blueprint.Answers, refs []awsops.Reference) error {
	var what []string
	for _, ref := range refs {
		name := ref.Change
		if ref.Change == changeKey {
			name = "the key " + a.Key.Alias
		}
		for _, e := range a.Environments {
			if ref.Change == accountChange(e.Name) {
				name = "the account of environment " + e.Name
			}
		}
		if !slices.Contains(what, name) {
			what = append(what, name)
		}
	}
	return &plan.Refusal{
		Finding: "policy.not-made",
		What:    "The policy names what is not in AWS yet: " + strings.Join(what, ", ") + ".",
		Remedy:  "Run stateroom setup first; until then stateroom setup --dry-run shows the policy with its place left open.",
	}
}

func operatorDocument(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return policy.Operator(operatorAccess(o, a)), nil
}

func peopleDocument(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return policy.People(operatorAccess(o, a)), nil
}

func identityDocument(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return policy.Identity(operatorAccess(o, a)), nil
}

func machinesDocument(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return policy.Machines(operatorAccess(o, a)), nil
}

// roleOfCI finds the role of a pipeline by its name, which is one of Parts.
func roleOfCI(o *Observed, a *blueprint.Answers, name string) *machineRole {
	all := machineRoles(o, a)
	return all[slices.IndexFunc(all, func(b *machineRole) bool { return b.e.Name == "" && b.e.Role == name })]
}

func ciDocument(o *Observed, a *blueprint.Answers, role string) (policy.Document, error) {
	return roleOfCI(o, a, role).inline, nil
}

func ciTrustDocument(o *Observed, a *blueprint.Answers, role string) (policy.Document, error) {
	return roleOfCI(o, a, role).trust, nil
}

// operatorAccess is what the operator of this blueprint works on. A blueprint without
// environments is one that is still to be answered: most enter them by the default role.
func operatorAccess(o *Observed, a *blueprint.Answers) policy.OperatorAccess {
	access := policy.OperatorAccess{
		Partition: o.partition(), Account: a.AdminAccount, Region: a.StateRegion, Bucket: a.Bucket.Name,
		Alias: a.Key.Alias, Table: a.Lock.DynamoDBTable,
	}
	for _, e := range a.Environments {
		access.Accounts = access.Accounts || e.Account == ""
		if e.Account == a.AdminAccount {
			access.Roles = append(access.Roles, a.RoleARN(o.partition(), e))
			access.PlanRoles = append(access.PlanRoles, a.RoleARN(o.partition(), e.PlanRoleIn()))
		} else if reach := a.ReachOf(e); !slices.Contains(access.Reach, reach) {
			access.Reach = append(access.Reach, reach)
		}
	}
	replaced, _ := a.Replaced()
	for _, user := range replaced {
		access.Replaced = append(access.Replaced, iamARN(o, a, "user/"+user), iamARN(o, a, "user/*/"+user))
	}
	if len(a.Environments) == 0 {
		access.Reach = []string{blueprint.DefaultReach}
	}
	for _, arn := range a.Key.Administrators {
		if named, _ := awsops.ParseARN(arn); named.AccountID == a.AdminAccount && strings.HasPrefix(named.Resource, "role/") {
			access.Administrators = append(access.Administrators, arn)
		}
	}
	return access
}

// documents are a group's of one subject, as set-up makes them.
type documents func(o *Observed, a *blueprint.Answers, g blueprint.Group) ([]policy.Document, *plan.Finding)

// ownDocuments let members manage their own key and device; those for emergencies have the
// operator do that, so that a key that is stolen gives nothing at all.
func ownDocuments(o *Observed, _ *blueprint.Answers, g blueprint.Group) ([]policy.Document, *plan.Finding) {
	if g.BreakGlass {
		return nil, nil
	}
	return []policy.Document{policy.OwnCredentials(o.partition())}, nil
}

func stateDocuments(o *Observed, a *blueprint.Answers, g blueprint.Group) ([]policy.Document, *plan.Finding) {
	if _, refused := assumePolicies(o, a, g); refused != nil {
		return nil, refused
	}
	return statePolicies(o, a, g)
}

func adminDocument(o *Observed, a *blueprint.Answers, group string) (policy.Document, error) {
	return groupDocument(o, a, group, assumePolicies, stateDocuments, ownDocuments)
}

func assumeDocument(o *Observed, a *blueprint.Answers, group string) (policy.Document, error) {
	return groupDocument(o, a, group, assumePolicies)
}

func stateDocument(o *Observed, a *blueprint.Answers, group string) (policy.Document, error) {
	return groupDocument(o, a, group, stateDocuments)
}

func ownDocument(o *Observed, a *blueprint.Answers, group string) (policy.Document, error) {
	return groupDocument(o, a, group, ownDocuments)
}

// groupDocument is what a group's policies of some subjects allow, as one document.
func groupDocument(o *Observed, a *blueprint.Answers, group string, subjects ...documents) (all policy.Document, err error) {
	i := slices.IndexFunc(a.Groups, func(g blueprint.Group) bool { return g.Name == group })
	for _, of := range subjects {
		docs, refused := of(o, a, a.Groups[i])
		if refused != nil {
			return all, &plan.Refusal{Finding: refused.ID, What: refused.Evidence, Remedy: refused.Remedy}
		}
		for _, doc := range docs {
			all.Statements = append(all.Statements, doc.Statements...)
		}
	}
	if len(all.Statements) == 0 {
		if a.Groups[i].BreakGlass {
			return all, &plan.Refusal{
				Finding: "policy.nothing", What: "Group " + group + " has no such policy: its users are for emergencies, and the operator manages their keys.",
				Remedy: "No action needed.",
			}
		}
		return all, &plan.Refusal{
			Finding: "policy.nothing", What: "Group " + group + " has no such policy: the blueprint gives it no project of its environments.",
			Remedy: "Add a project to the blueprint.",
		}
	}
	return withoutDoubleSids(all), nil
}

func roleFor(o *Observed, a *blueprint.Answers, environment string) *roleBuilder {
	e, _ := a.Environment(environment) // it is one of Parts
	return &roleBuilder{o: o, a: a, e: o.environment(e), f: o.IAM.Roles[environment]}
}

func trustOf(o *Observed, a *blueprint.Answers, environment string) (policy.Document, error) {
	return roleFor(o, a, environment).corrected().after, nil
}

func anyway(*blueprint.Answers) bool { return true }

func listsUsers(a *blueprint.Answers) bool { return a.Key.Users == blueprint.KeyUsersListed }

// unseenTrust tells of roles that could not be read.
func unseenTrust(o *Observed, a *blueprint.Answers, environments []string) string {
	var unread []string
	for _, name := range environments {
		if o.IAM.Roles[name].Unreachable != nil {
			unread = append(unread, name)
		}
	}
	if len(unread) == 0 {
		return ""
	}
	role := roleFor(o, a, unread[0])
	return fmt.Sprintf("The role of %s could not be read, so whom it trusts already and setup keeps, such as admins who still use a key, is missing here. In account %s, see it before you replace it:\n\n    aws iam get-role --role-name %s\n",
		plan.Enumerated(unread), role.e.Account, role.e.Role)
}

func unseenBucket(*Observed, *blueprint.Answers, []string) string { return unseenOf("bucket") }

func unseenKey(o *Observed, _ *blueprint.Answers, _ []string) string {
	if o.Key.Key != nil {
		return ""
	}
	return unseenOf("key")
}

func unseenOf(what string) string {
	return "Of a " + what + " that is there already, setup keeps the policy's other statements, which are missing here. To see them:\n\n    stateroom setup --dry-run\n"
}

func permissionsOf(o *Observed, a *blueprint.Answers, environment string) (policy.Document, error) {
	b := roleFor(o, a, environment)
	if arn := b.attachment(); arn != "" {
		return policy.Document{}, &plan.Refusal{
			Finding: "policy.managed", What: fmt.Sprintf("The role of environment %s gets a managed policy that is there already, %s.", environment, arn),
			Remedy: "AWS prints it: aws iam get-policy-version --policy-arn " + arn + " --version-id VERSION.",
		}
	}
	return b.document(), nil
}

func bucketPolicyOf(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return policy.Bucket(bucketRules(o, a)), nil
}

func keyPolicyOf(o *Observed, a *blueprint.Answers, _ string) (policy.Document, error) {
	return correctedKeyPolicy(o, a), nil
}
