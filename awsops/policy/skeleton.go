package policy

// Parse reads a policy document.
func Parse(text string) (Document, error) { return Document{}, nil }

// JSON writes the document.
func (d Document) JSON() string { return "" }

// Size counts the document's characters without white space.
func (d Document) Size() int { return 0 }

// Equivalent compares by meaning.
func Equivalent(a, b Document) bool { return false }

// Covers says whether some statement of have has at least want's effect.
func Covers(have Document, want Statement) bool { return false }

// Missing lists statements of want with no equivalent in have.
func Missing(have, want Document) []Statement { return nil }

// Extra lists statements of have with no equivalent in want.
func Extra(have, want Document) []Statement { return nil }

// EnvironmentTrust is an environment role's trust policy.
func EnvironmentTrust(partition, adminAccount, orgID string, principals []string, mfa bool) Document {
	return Document{}
}

// EnvironmentPermissions is the article's permission list.
func EnvironmentPermissions() Document { return Document{} }

// AssumeRoles lets a group assume the roles named.
func AssumeRoles(roleARNs []string) Document { return Document{} }

// AssumeRolesAnyAccount is the fixed-size form.
func AssumeRolesAnyAccount(partition, rolePathAndName, orgID string) Document { return Document{} }

// OwnCredentials lets users manage their own keys and MFA.
func OwnCredentials(partition string) Document { return Document{} }

// StateAccess says which state a group reaches.
type StateAccess struct {
	Partition, Region, Account, Bucket string
	Keys                               []string
	KMSKeyARN, Table                   string
	Lockfile, AllKeys                  bool
}

// State is the admins' state policy.
func State(a StateAccess) Document { return Document{} }

// Split packs statements into documents of at most limit characters.
func Split(statements []Statement, limit int) ([]Document, error) { return nil, nil }

// KeyPolicy is the key policy of the state encryption key.
func KeyPolicy(partition, account string, administrators, users []string) Document {
	return Document{}
}

// KeepsRootAdministration says whether the account root keeps kms:*.
func KeepsRootAdministration(doc Document, partition, account string) bool { return false }

// BucketRules are the arguments of the state bucket's policy.
type BucketRules struct {
	Partition, Bucket, KMSKeyARN string
	Strict                       bool
}

// Bucket is the state bucket's policy.
func Bucket(rules BucketRules) Document { return Document{} }
