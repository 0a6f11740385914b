package blueprint

import (
	"net"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"stateroom/steps/printable"
)

// Every rule takes a value and answers what is wrong with it, as the end of a
// sentence that begins with the value, or nothing.

// maxFileName is what the file systems of Linux, macOS and Windows take as one name.
const maxFileName = 255

// maxTags leaves one of the 50 that AWS allows for our own.
const maxTags = 49

var (
	accountPattern   = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern    = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]+){1,3}-[0-9]{1,2}$`)
	profilePattern   = regexp.MustCompile(`^[A-Za-z0-9_.@+-]+$`)
	labelPattern     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
	userPattern      = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	groupPattern     = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)
	rolePathPattern  = regexp.MustCompile(`^/([A-Za-z0-9_+=,.@-]+/)*$`)
	policyARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]+$`)
	trustKeptPattern = regexp.MustCompile(`^(arn:aws[a-z-]*:iam::[0-9]{12}:(root|(user|role|oidc-provider|saml-provider)/[A-Za-z0-9_+=,.@/:-]+)|[a-z0-9-]+(\.[a-z0-9-]+)+)$`)
	principalPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[A-Za-z0-9_+=,.@/-]+$`)
	aliasPattern     = regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`)
	tablePattern     = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)
	stateKeyPattern  = regexp.MustCompile(`^[A-Za-z0-9/!_.'()@=+,:-]+$`)
	bucketPattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	tagPattern       = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// matching makes a rule of a pattern.
func matching(pattern *regexp.Regexp, why string) func(string) string {
	return func(value string) string {
		if pattern.MatchString(value) {
			return ""
		}
		return why
	}
}

var (
	accountRule   = matching(accountPattern, "is not an account id: write its 12 digits, in a file in quotes")
	regionRule    = matching(regionPattern, "does not look like a region: write one such as eu-west-1")
	profileRule   = matching(profilePattern, "is not a valid profile name: use letters, digits and _ . @ + -")
	labelRule     = matching(labelPattern, "is not a valid name: begin with a letter or digit, use letters, digits, _ and -, 63 at most")
	userNameRule  = matching(userPattern, "is not a valid IAM user name: use letters, digits and _ + = , . @ -, 64 at most")
	groupNameRule = matching(groupPattern, "is not a valid IAM group name: use letters, digits and _ + = , . @ -, 128 at most")
	roleNameRule  = matching(userPattern, "is not a valid IAM role name: use letters, digits and _ + = , . @ -, 64 at most, without path or ARN")
	policyARNRule = matching(policyARNPattern, "is not the ARN of a managed policy: write one such as arn:aws:iam::aws:policy/ReadOnlyAccess")
	tableNameRule = matching(tablePattern, "is not a valid DynamoDB table name: use 3 to 255 letters, digits and _ . -")

	trustKeptRule = matching(trustKeptPattern,
		"is not a principal whose trust can be kept: write the ARN of an OIDC or SAML provider, an account's root, a role or a user, or the name of a service")
	principalARNRule = matching(principalPattern,
		"is not the ARN of an IAM user or role: write one such as arn:aws:iam::111111111111:user/alice")
)

func choiceRule(choices ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(choices, value) {
			return ""
		}
		return "is not among the choices: write " + oneOf(choices)
	}
}

func rolePathRule(value string) string {
	if !rolePathPattern.MatchString(value) || len(value) > 512 {
		return "is not a valid IAM path: begin and end it with a slash, as in /terraform/"
	}
	return ""
}

// permissionsRule takes a word, a managed policy's ARN, or a JSON file's path,
// which stays inside the blueprint's directory so that the team has it too.
func permissionsRule(value string) string {
	if slices.Contains([]string{PermissionsArticle, PermissionsPowerUser, PermissionsAdministrator}, value) {
		return ""
	}
	if strings.HasPrefix(value, "arn:") {
		return policyARNRule(value)
	}
	if strings.HasSuffix(value, ".json") {
		return dirRule(value)
	}
	return `is not among the choices: write "article", "poweruser", "administrator", a managed policy's ARN, or the path of a .json file`
}

// emailRule follows CreateAccount: 6 to 64 characters, one plain address.
func emailRule(value string) string {
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) < 6 || len(value) > 64 {
		return "is not an e-mail address that Organizations accepts: write one plain address of 6 to 64 characters"
	}
	return ""
}

// dirRule takes a path below the directory that it is relative to, with forward
// slashes, so that the blueprint reads the same on every system.
func dirRule(value string) string {
	switch {
	case strings.Contains(value, "\\") || !printable.Is(value):
		return "contains a character that is not portable: write it with forward slashes and visible characters"
	case path.IsAbs(value) || len(value) > 1 && value[1] == ':':
		return "is absolute: write it relative, so that it suits every laptop"
	case value == "" || path.Clean(value) == ".." || strings.HasPrefix(path.Clean(value), "../"):
		return "leads outside the repository: write a path without leading .."
	case slices.ContainsFunc(strings.Split(value, "/"), func(part string) bool { return len(part) > maxFileName }):
		return "has a part of more than 255 characters, which no file system accepts: choose a shorter one"
	}
	return ""
}

// backendConfigRule takes the path of a file, relative to a project's directory, that
// stays below what that is relative to.
func backendConfigRule(dir string) func(string) string {
	return func(value string) string {
		name, _, pair := strings.Cut(value, "=")
		if strings.ContainsAny(value, " \t\n'\"`$&;|<>()*?[]{}!#~\\") {
			if pair {
				return "contains a character that has a meaning of its own in a shell: write the value bare, as in key=common/production"
			}
			return "contains a character that has a meaning of its own in a shell: give the file another name"
		}
		if pair {
			return backendPairRule(name)
		}
		if value == "" || path.IsAbs(value) {
			return dirRule(value)
		}
		return dirRule(path.Join(dir, value))
	}
}

// backendPairRule is for the name of a NAME=VALUE.
func backendPairRule(name string) string {
	switch {
	case slices.Contains([]string{"access_key", "secret_key", "token", "sse_customer_key"}, name):
		return "is a secret, which a blueprint does not hold: let the backend name a profile"
	case !backendArgument.MatchString(name):
		return "is neither a file nor an argument such as key=common/production"
	}
	return ""
}

// backendArgument is what the name of a backend's argument looks like.
var backendArgument = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// CanKeepTrust tells a principal that trust_kept of an environment can name.
func CanKeepTrust(principal string) bool { return trustKeptRule(principal) == "" }

// stateKeyRule refuses what Terraform or S3 would take for something else:
// env:/ holds the other workspaces' states, .tflock the locks; *, ? and $ would
// be wildcards and variables in the IAM policies that name the key.
func stateKeyRule(value string) string {
	switch {
	case strings.HasPrefix(value, "/") || strings.HasSuffix(value, "/"):
		return "begins or ends with a slash, which Terraform refuses: leave it out"
	case strings.HasPrefix(value, "env:"):
		return "begins with env:, where Terraform keeps the other workspaces' states: choose another key"
	case strings.HasSuffix(value, ".tflock"):
		return "ends in .tflock, which is the name of a lock file: choose another key"
	case !stateKeyPattern.MatchString(value) || len(value) > 512:
		return "is not a valid state key: use up to 512 letters, digits and / ! _ . ' ( ) @ = + , : -"
	}
	for _, segment := range strings.Split(value, "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return "contains an empty part, . or .. between slashes: leave that out"
		case strings.HasSuffix(segment, ".tflock"):
			return "is below a .tflock, which is the name of a lock file: choose another key"
		}
	}
	return ""
}

// bucketNameRule is S3's rules for general purpose buckets. Dots are allowed,
// because a team may have such a bucket already: the SDKs and Terraform then
// use path-style addresses, since TLS wildcard certificates stop at a dot.
// Source: AmazonS3/latest/userguide/bucketnamingrules.html.
func bucketNameRule(value string) string {
	switch {
	case len(value) < 3 || len(value) > 63:
		return "is not a valid bucket name: S3 requires 3 to 63 characters"
	case strings.Contains(value, "_"):
		return "contains an underscore, which S3 refuses in bucket names: use a hyphen"
	case strings.ToLower(value) != value:
		return "contains capital letters, which S3 refuses in bucket names: use lowercase"
	case !bucketPattern.MatchString(value) || strings.Contains(value, ".."):
		return "is not a valid bucket name: use lowercase letters, digits, hyphens and single dots, with a letter or digit at both ends"
	case net.ParseIP(value) != nil:
		return "looks like an IP address, which S3 refuses as a bucket name: choose another"
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(value, prefix) {
			return "begins with " + prefix + ", which S3 reserves: choose another name"
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(value, suffix) {
			return "ends in " + suffix + ", which S3 reserves: choose another name"
		}
	}
	return ""
}

func aliasRule(value string) string {
	switch {
	case !strings.HasPrefix(value, "alias/"):
		return "is not a valid alias: write it with alias/ in front, as in alias/terraform"
	case strings.HasPrefix(value, "alias/aws/"):
		return "begins with alias/aws/, which AWS reserves for its own keys: choose another"
	case !aliasPattern.MatchString(value):
		return "is not a valid alias: after alias/ use letters, digits and / _ -"
	}
	return ""
}

func descriptionRule(value string) string {
	if !printable.Is(value) {
		return "contains an invisible character, such as a line end or an escape: write it without"
	}
	if utf8.RuneCountInString(value) > 8192 {
		return "is longer than the 8192 characters that KMS allows: shorten it"
	}
	return ""
}

// tagRule follows the characters that every service we tag takes.
func tagRule(name, value string) string {
	switch {
	case name == "" || utf8.RuneCountInString(name) > 128 || utf8.RuneCountInString(value) > 256:
		return "is too long or has no name: AWS allows names of 1 to 128 and values of up to 256 characters"
	case strings.HasPrefix(strings.ToLower(name), "aws:"):
		return "begins with aws:, which AWS reserves: choose another name"
	case strings.EqualFold(name, tagName):
		return "is the tag by which stateroom recognizes its own resources: choose another name"
	case !tagPattern.MatchString(name) || !tagPattern.MatchString(value) || !printable.Is(name+value):
		return "contains a character that AWS does not accept: use letters, digits, spaces and _ . : / = + - @"
	}
	return ""
}

// recipientRule takes what a handover can be sealed to: an age X25519 key or an
// ssh-ed25519 public key. Other SSH keys and secret keys are refused; the
// caller must not show the value, which may be a secret.
func recipientRule(value string) string {
	switch {
	case strings.Contains(value, "SECRET-KEY-"), strings.Contains(value, "PRIVATE KEY"):
		return "is a secret key, which must not be in this file: write its public key, and make a new pair"
	case strings.HasPrefix(value, "age1"):
		if _, err := age.ParseX25519Recipient(value); err == nil {
			return ""
		}
	case strings.HasPrefix(value, "ssh-ed25519 "):
		if _, err := agessh.ParseRecipient(value); err == nil && printable.Is(value) {
			return ""
		}
	}
	return "is not a recipient: write an age1… key (from age-keygen) or the one line of an id_ed25519.pub"
}
