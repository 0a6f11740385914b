package diagnosis

import (
	"strings"

	"stateroom/awsops/secret"
)

var (
	// namedSecret is a value behind a name that tells of a secret, in HCL, INI,
	// JSON, an environment, a header or a query. It ends with its quotes; without any, at
	// the white space. In a box of Terraform's it may go on in the next line ([boxBreak]).
	namedSecret = wording(`(?i)((?:secret(?:_?access)?_?key|client_?secret|session_?token|security[_-]token|auth_?token|access_?token|refresh_?token|\btoken|password|passwd|passphrase|_pass|private_?key|api[_-]?key|x-amz-signature|\bsignature|aws_secret|\bsecret)\\?"?[\s│]*(?:=>|[=:])[\s│]*)` +
		`(?:(\\")[^"\\\n]+(?:` + boxBreak + `[^"\\\n]*)?\\"` +
		`|(")(?:\\.|[^"\\\n])+(?:` + boxBreak + `(?:\\.|[^"\\\n])*)?"` +
		`|(')[^'\n]+(?:` + boxBreak + `[^'\n]*)?'` +
		`|(\\?["']?)[^\s"'&,;\\]+(?:` + boxBreak + `[^\s"'&,;\\]*)?)`)
	// privateKey is a PEM block, cut off or not.
	privateKey = wording(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)
	// flagSecret is a value behind a flag that tells of a secret.
	flagSecret = wording(`(?i)(\s--?(?:[\w-]+-)?(?:password|passwd|token|secret|api-?key) )[^\s"']+`)
	// authorization is what a header signs in with. Signature Version 4 sends none of it but a
	// signature.
	authorization = wording(`(?i)(authorization\\?["']?\s*[:=]\s*\\?["']?(?:basic|bearer|token|negotiate)\s+)[^\s"'\\,]+`)
	// longToken is a session token, a JSON web token, or what GitHub, GitLab, Slack, Vault,
	// HCP Terraform, Stripe, npm and Google let programs sign in with, by how it begins.
	longToken = wording(`[A-Za-z0-9/+_=%-]{100,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*` +
		`|\b(?:gh[opsur]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abeprs]-[\w-]{10,}|hv[brs]\.[\w-]{20,}|\w{14}\.atlasv1\.[\w-]{30,}|[rs]k_(?:live|test)_\w{10,}|npm_\w{36}|AIza[\w-]{35})`)
	// goesOn is the rest of a secret that a terminal or an editor broke over lines: lines
	// of nothing else.
	goesOn = wording(`(?m)\(secret\)(["'\\]*)(?:[ \t]*\n[ \t│]*[A-Za-z0-9/+][A-Za-z0-9/+_=%-]{11,}["'\\,;}]*[ \t]*$)+`)
	// base64Run finds what may be a secret access key: those are exactly 40.
	base64Run = wording(`[A-Za-z0-9/+]{40,}`)
)

// boxBreak is where a text in a box of Terraform's goes on: terminals and logs break a
// long word there, and what is half a secret is none to be shown either.
const boxBreak = `[ \t]*\n[ \t]*│[ \t]*`

// Redact takes secrets out of a text. Access key ids stay whole: they name the
// key and open nothing. A lower-case hexadecimal run of 40 is a checksum.
func Redact(text string) string {
	text = privateKey.regexp().ReplaceAllLiteralString(text, secret.Redacted)
	text = secret.HideSignIn(text)
	text = namedSecret.regexp().ReplaceAllString(text, "${1}${2}${3}${4}${5}"+secret.Redacted+"${2}${3}${4}")
	text = flagSecret.regexp().ReplaceAllString(text, "${1}"+secret.Redacted)
	text = authorization.regexp().ReplaceAllString(text, "${1}"+secret.Redacted)
	text = longToken.regexp().ReplaceAllLiteralString(text, secret.Redacted)
	text = base64Run.regexp().ReplaceAllStringFunc(text, func(found string) string {
		if len(found) == 40 && strings.ToLower(found) != found && strings.ToUpper(found) != found {
			return secret.Redacted
		}
		return found
	})
	return goesOn.regexp().ReplaceAllString(text, secret.Redacted+"${1}")
}
