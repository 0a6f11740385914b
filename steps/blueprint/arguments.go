package blueprint

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

// blueprintVersion is the only version of the format.
const blueprintVersion = 1

// argument is one argument of the blueprint or of one of its blocks. Reading,
// writing, --set and the listing of known paths all go by the same tables, so
// that none of them can know an argument that another does not.
type argument struct {
	name string
	// to points at the field: *int, *bool, *string, *[]string or
	// *map[string]string.
	to any
	// always is for arguments that are written out even where they equal the
	// default, because a reader of the file wants to see them.
	always bool
}

// blockKind is one kind of block: its name in the file, whether it has a label,
// and how to list, find or make the block of that label in a blueprint.
type blockKind struct {
	name     string
	labelled bool
	// blocks are those of a blueprint in its order, each with its label and arguments.
	blocks func(b *Blueprint) iter.Seq2[string, []argument]
	// at returns the arguments of the block with that label, or nil.
	at func(b *Blueprint, label string) []argument
	// add appends a block of that label with its defaults.
	add func(b *Blueprint, label string)
	// def returns the arguments of such a block with nothing given, for
	// comparison when writing.
	def func(label string) []argument
}

func (b *Blueprint) arguments() []argument {
	return []argument{
		{"version", &b.Version, true},
		{"admin_account", &b.AdminAccount, true},
		{"state_region", &b.StateRegion, true},
		{"admin_profile", &b.AdminProfile, true},
		{"profile_in_files", &b.ProfileInFiles, false},
		{"tags", &b.Tags, false},
	}
}

func (g *Group) arguments() []argument {
	return []argument{
		{"users", &g.Users, true},
		{"identity_center", &g.IdentityCenter, true},
		{"break_glass", &g.BreakGlass, false},
		{"environments", &g.Environments, true},
	}
}

func (u *User) arguments() []argument {
	return []argument{{"recipient", &u.Recipient, false}}
}

func (c *IdentityCenter) arguments() []argument {
	return []argument{
		{"start_url", &c.StartURL, false},
		{"region", &c.Region, false},
		{"session", &c.Session, false},
		{"session_duration", &c.SessionDuration, false},
	}
}

func (e *Environment) arguments() []argument {
	return []argument{
		{"account", &e.Account, true},
		{"email", &e.Email, false},
		{"role", &e.Role, true},
		{"role_path", &e.RolePath, false},
		{"permissions", &e.Permissions, true},
		{"permissions_boundary", &e.PermissionsBoundary, false},
		{"region", &e.Region, false},
		{"reach", &e.Reach, false},
		{"mfa", &e.MFA, false},
		{"trust", &e.Trust, false},
		{"trust_kept", &e.TrustKept, false},
	}
}

func (p *Project) arguments() []argument {
	return []argument{
		{"dir", &p.Dir, true},
		{"environment", &p.Environment, true},
		{"state_key", &p.StateKey, true},
		{"backend_config", &p.BackendConfig, false},
	}
}

func (k *Key) arguments() []argument {
	return []argument{
		{"alias", &k.Alias, true},
		{"description", &k.Description, true},
		{"administrators", &k.Administrators, false},
		{"users", &k.Users, true},
	}
}

func (b *Bucket) arguments() []argument {
	return []argument{{"name", &b.Name, true}, {"policy", &b.Policy, true}}
}

func (l *Lock) arguments() []argument {
	return []argument{
		{"use_lockfile", &l.UseLockfile, true},
		{"dynamodb_table", &l.DynamoDBTable, true},
		{"billing_mode", &l.BillingMode, true},
	}
}

// blockKinds lists the kinds of blocks in the order in which they are written.
func blockKinds() []blockKind {
	return []blockKind{
		labelled("group", func(b *Blueprint) *[]Group { return &b.Groups },
			func(g *Group) string { return g.Name }, func(label string) Group { return Group{Name: label} },
			(*Group).arguments),
		labelled("user", func(b *Blueprint) *[]User { return &b.Users },
			func(u *User) string { return u.Name }, func(label string) User { return User{Name: label} },
			(*User).arguments),
		{
			name: "identity_center", add: func(*Blueprint, string) {},
			blocks: func(b *Blueprint) iter.Seq2[string, []argument] {
				if b.IdentityCenter == New().IdentityCenter {
					return func(func(string, []argument) bool) {} // nothing to say
				}
				return one(b.IdentityCenter.arguments())
			},
			at:  func(b *Blueprint, _ string) []argument { return b.IdentityCenter.arguments() },
			def: func(string) []argument { return New().IdentityCenter.arguments() },
		},
		labelled("environment", func(b *Blueprint) *[]Environment { return &b.Environments },
			func(e *Environment) string { return e.Name }, NewEnvironment, (*Environment).arguments),
		labelled("project", func(b *Blueprint) *[]Project { return &b.Projects },
			func(p *Project) string { return p.Name }, func(label string) Project { return Project{Name: label} },
			(*Project).arguments),
		labelled("ci", func(b *Blueprint) *[]CI { return &b.CIs },
			func(c *CI) string { return c.Name }, func(label string) CI { return CI{Name: label} },
			(*CI).arguments),
		single("kms_key", func(b *Blueprint) []argument { return b.Key.arguments() }),
		single("bucket", func(b *Blueprint) []argument { return b.Bucket.arguments() }),
		// An absent lock block means both locks, but an argument absent from
		// the block means that lock is not used: hence the empty default.
		{
			name: "lock", add: func(*Blueprint, string) {},
			blocks: func(b *Blueprint) iter.Seq2[string, []argument] { return one(b.Lock.arguments()) },
			at:     func(b *Blueprint, _ string) []argument { return b.Lock.arguments() },
			def:    func(string) []argument { return (&Lock{}).arguments() },
		},
	}
}

func labelled[T any](name string, list func(*Blueprint) *[]T, label func(*T) string,
	fresh func(string) T, arguments func(*T) []argument,
) blockKind {
	return blockKind{
		name: name, labelled: true,
		blocks: func(b *Blueprint) iter.Seq2[string, []argument] {
			return func(yield func(string, []argument) bool) {
				for i := range *list(b) {
					if item := &(*list(b))[i]; !yield(label(item), arguments(item)) {
						return
					}
				}
			}
		},
		at: func(b *Blueprint, wanted string) []argument {
			for i := len(*list(b)) - 1; i >= 0; i-- { // whoever reads a file asks for what was added last
				if item := &(*list(b))[i]; label(item) == wanted {
					return arguments(item)
				}
			}
			return nil
		},
		add: func(b *Blueprint, wanted string) { *list(b) = append(*list(b), fresh(wanted)) },
		def: func(wanted string) []argument { item := fresh(wanted); return arguments(&item) },
	}
}

func single(name string, at func(*Blueprint) []argument) blockKind {
	return blockKind{
		name: name, add: func(*Blueprint, string) {},
		blocks: func(b *Blueprint) iter.Seq2[string, []argument] { return one(at(b)) },
		at:     func(b *Blueprint, _ string) []argument { return at(b) },
		def:    func(string) []argument { return at(New()) },
	}
}

// one is a block without a label.
func one(arguments []argument) iter.Seq2[string, []argument] {
	return func(yield func(string, []argument) bool) { yield("", arguments) }
}

// labels are those of the blueprint's blocks of the kind, in its order.
func (k blockKind) labels(b *Blueprint) (labels []string) {
	for label := range k.blocks(b) {
		labels = append(labels, label)
	}
	return labels
}

// blockPath is the path of a block, as --set and problems name it.
func blockPath(kind, label string) string {
	if label == "" {
		return kind
	}
	return kind + "." + label
}

func findArgument(arguments []argument, name string) (argument, bool) {
	for _, a := range arguments {
		if a.name == name {
			return a, true
		}
	}
	return argument{}, false
}

func findKind(name string) (blockKind, bool) {
	for _, k := range blockKinds() {
		if k.name == name {
			return k, true
		}
	}
	return blockKind{}, false
}

// same reports whether two arguments hold equal values; an empty list or map
// equals none.
func (a argument) same(other argument) bool {
	return a.empty() && other.empty() || reflect.DeepEqual(a.to, other.to)
}

// empty reports whether the argument holds nothing that could be written: no
// text, no element.
func (a argument) empty() bool {
	x := reflect.ValueOf(a.to).Elem()
	return slices.Contains([]reflect.Kind{reflect.String, reflect.Slice, reflect.Map}, x.Kind()) && x.Len() == 0
}

// wanted says what the argument takes, for messages.
func (a argument) wanted() string {
	switch a.to.(type) {
	case *int:
		return "a whole number"
	case *bool:
		return "true or false, without quotes"
	case *[]string:
		return `a list of texts in quotes, such as ["one", "two"]`
	case *map[string]string:
		return `a map of texts, such as { team = "infra" }`
	default:
		return "a text in quotes"
	}
}

// oneOf lists choices for a message: "a", "b" or "c".
func oneOf(choices []string) string {
	quoted := make([]string, len(choices))
	for i, c := range choices {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
