package blueprint

import (
	"strings"
)

// Defaults of the optional answers. They are the article's, except where
// facts/ says that AWS or Terraform have moved on.
const (
	// DefaultStateRegion is where the article keeps the state. It is the region
	// of bucket, key and table, not of the resources that Terraform makes.
	DefaultStateRegion = "eu-west-1"
	// DefaultAdminProfile is the profile that holds an admin's own access key.
	DefaultAdminProfile = "admin_iam"
	// DefaultRole is the environment role's name in every sub-account.
	DefaultRole = "TerraformAdmin"
	// DefaultRolePath is IAM's own default path.
	DefaultRolePath = "/"
	// DefaultReach is the role that Organizations puts in every account it
	// creates; through it the environment role is bootstrapped.
	DefaultReach = "OrganizationAccountAccessRole"
	// DefaultKeyAlias and DefaultKeyDescription are the article's.
	DefaultKeyAlias       = "alias/terraform"
	DefaultKeyDescription = "Used by terraform to store remote state"
	// DefaultSessionDuration is Identity Center's own default of a permission set, in ISO
	// 8601 as its API takes it. Tools renew such a session by themselves while the person
	// is signed in; one that has begun outlives the person's leaving.
	DefaultSessionDuration = "PT1H"
	// DefaultLockTable is the article's DynamoDB table.
	DefaultLockTable = "terraform_locks"
)

// controlTowerReach is the role that Control Tower puts in every account it makes or
// enrols; its account factory makes no other (AWS Control Tower User Guide, "How AWS
// Control Tower works with roles").
const controlTowerReach = "AWSControlTowerExecution"

// New returns the answers that nobody has to give: every default, and
// no group, environment or project.
func New() *Blueprint {
	return &Blueprint{
		Version:        blueprintVersion,
		StateRegion:    DefaultStateRegion,
		AdminProfile:   DefaultAdminProfile,
		ProfileInFiles: true,
		Tags:           map[string]string{},
		IdentityCenter: IdentityCenter{SessionDuration: DefaultSessionDuration},
		Key:            Key{Alias: DefaultKeyAlias, Description: DefaultKeyDescription, Users: KeyUsersGroup},
		Bucket:         Bucket{Policy: BucketPolicyStrict},
		Lock:           Lock{UseLockfile: true, DynamoDBTable: DefaultLockTable, BillingMode: BillingPayPerRequest},
	}
}

// NewEnvironment returns an environment of that name with every default and
// without an account.
func NewEnvironment(name string) Environment {
	return Environment{
		Name: name, Role: DefaultRole, RolePath: DefaultRolePath,
		Permissions: PermissionsArticle, Reach: DefaultReach, Trust: TrustAccount,
	}
}

// FillDefaults fills what depends on other answers and was not given: the
// environments of an only group (all of them), a project's environment (the one
// its name ends with or begins with, or else the only one), its directory and
// its state key, and the lock table's billing mode. Parse has done it;
// call it once more after the last Set.
func (b *Blueprint) FillDefaults() {
	if len(b.Groups) == 1 && b.Groups[0].Environments == nil {
		b.Groups[0].Environments = []string{Everything}
	}
	for i := range b.Projects {
		p := &b.Projects[i]
		if p.Environment == "" {
			p.Environment = b.environmentFor(p.Name)
		}
		p.fillDefaults()
	}
	if b.Lock.DynamoDBTable == "" {
		b.Lock.BillingMode = ""
	} else if b.Lock.BillingMode == "" {
		b.Lock.BillingMode = BillingPayPerRequest
	}
}

// environmentFor guesses a project's environment from its name; the longest
// name that fits wins, so that eu-production beats production.
func (b *Blueprint) environmentFor(project string) string {
	best := ""
	for _, e := range b.Environments {
		if projectPart(project, e.Name) != project && len(e.Name) > len(best) {
			best = e.Name
		}
	}
	if best == "" && len(b.Environments) == 1 {
		best = b.Environments[0].Name
	}
	return best
}

// fillDefaults derives directory and state key once the environment is known.
func (p *Project) fillDefaults() {
	if p.Environment == "" {
		return
	}
	if p.Dir == "" {
		p.Dir = p.defaultDir()
	}
	if p.StateKey == "" {
		p.StateKey = p.defaultStateKey()
	}
}

// defaultStateKey has the article's shape, part/environment: the project
// common-production keeps its state at common/production.
func (p *Project) defaultStateKey() string {
	return projectPart(p.Name, p.Environment) + "/" + p.Environment
}

// defaultDir is live/<environment> for an environment's common project, and
// live/<project> for any other.
func (p *Project) defaultDir() string {
	if projectPart(p.Name, p.Environment) == commonPart {
		return "live/" + p.Environment
	}
	return "live/" + p.Name
}

// commonPart is the article's word for what an environment's projects share.
const commonPart = "common"

// projectPart is the project's name without its environment: common for
// common-production, network for production-network, common for production
// itself, and the whole name where the environment is no part of it.
func projectPart(project, environment string) string {
	if project == environment {
		return commonPart
	}
	if part, ok := strings.CutSuffix(project, "-"+environment); ok && part != "" {
		return part
	}
	if part, ok := strings.CutPrefix(project, environment+"-"); ok && part != "" {
		return part
	}
	return project
}
