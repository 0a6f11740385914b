package practice

import (
	"slices"
	"strings"

	"stateroom/ui/learn"
)

// chapters are the course, in the order in which a newcomer takes it: first the two
// cases of the article ("No valid credential sources" and its checklist for a 403), last
// what few will ever meet.
var chapters = []struct{ title, about, faults string }{
	{
		"No valid credentials", "The most common case: where Terraform looks for its access key, and what hides it.",
		`profile-missing-name credentials-missing credentials-missing-file profile-missing key-invalid-inactive key-invalid-token
		signature-mismatch key-invalid`,
	},
	{
		"Four reasons for a 403", "Access denied: by the bucket, the key, the role, or what the role may do.",
		`s3-list-denied s3-head-denied s3-head-denied-group s3-head-denied-detached kms-denied assume-role-denied-group assume-role-denied
		environment-denied`,
	},
	{
		"One word in the backend", "Arguments of the backend block that are wrong by one word.",
		`region-wrong bucket-missing region-invalid region-invalid-missing explicit-deny explicit-deny-aes256 explicit-deny-key-id kms-id-invalid
		table-denied-name wrong-account config-invalid config-invalid-block config-invalid-variable`,
	},
	{
		"Terraform init", "What init leaves behind, and when it has to run again.",
		`backend-not-initialized backend-changed migration-needs-answer provider-unavailable provider-lock-file`,
	},
	{
		"Locks", "Who holds a lock, where it is, and when it may be taken away.",
		`lock-held lock-held-file lock-held-table s3-put-denied s3-get-denied lock-release-failed lock-release-failed-table table-denied
		table-missing lock-corrupt lock-corrupt-table`,
	},
	{
		"The state, its key and its bucket", "What protects the state, and what to do when it is in the way.",
		`kms-disabled kms-pending-deletion kms-denied-key-policy kms-denied-deny explicit-deny-bucket-policy state-not-saved digest-mismatch
		digest-mismatch-object assume-role-denied-role bucket-missing-deleted`,
	},
	{
		"Sessions", "Sign-ins that end, and codes that Terraform cannot ask for.",
		`token-expired mfa-profile sso-expired wrong-account-keys`,
	},
	{
		"The rare ones", "What few will ever meet, and what nobody can undo.",
		`network-unreachable tls-untrusted clock-skew throttled environment-denied-scp table-schema state-format kms-not-found`,
	},
}

// Course is all faults in the order of the course, each once, with what is told of it.
func Course() []learn.Chapter {
	all := Faults()
	course := make([]learn.Chapter, len(chapters))
	for i, c := range chapters {
		course[i] = learn.Chapter{Title: c.title, About: c.about}
		for _, name := range strings.Fields(c.faults) {
			if at := slices.IndexFunc(all, func(f Fault) bool { return f.Name() == name }); at >= 0 {
				course[i].Faults = append(course[i].Faults, all[at].Lesson())
			}
		}
	}
	return course
}
