package policy

// Type is a type of policy in the wording of AWS's access denied messages.
type Type string

// The policy types that AWS names in access denied messages.
const (
	IdentityBased       Type = "identity-based policy"
	ResourceBased       Type = "resource-based policy"
	PermissionsBoundary Type = "permissions boundary"
	ServiceControl      Type = "service control policy"
	SessionPolicy       Type = "session policy"
	RoleTrust           Type = "role trust policy"
)

// Named is a document with the name under which it is explained.
type Named struct {
	Name     string
	Type     Type
	Document Document
}

// Request is what a caller asks for.
type Request struct {
	// Principal is the caller's ARN: an IAM user, a role session
	// (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION) or an account's root.
	Principal        string
	PrincipalAccount string
	Action           string
	Resource         string
	ResourceAccount  string
	// Context holds condition keys, matched without regard to case.
	Context map[string][]string
}

// Policies are all documents that bear on one request.
type Policies struct {
	Identity []Named
	Boundary *Named
	SCPs     [][]Named // one slice per level from the root to the account
	Session  *Named
	Resource *Named
}

// Decision is the outcome of [Evaluate].
type Decision struct {
	Allowed   bool
	Explicit  bool // a Deny statement decided
	Type      Type
	Policy    string
	Sid       string
	Statement int // index in the policy's document, -1 when none decided
	Why       string
}

// Evaluate decides a request.
func Evaluate(r Request, p Policies) Decision { return Decision{Statement: -1} }

// Message words a refusal as AWS does.
func (d Decision) Message(r Request) string { return "" }
