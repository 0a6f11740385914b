package troubleshoot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// ruling is one check with the trouble that it found, if any.
type ruling struct {
	check   plan.Check
	trouble *trouble
}

// trouble is a finding before it is known what mends it.
type trouble struct {
	id       string
	severity plan.Severity // Failure where it is not set
	evidence string
	remedy   string // for where no change mends it
	// subject is the project or the environment. Troubles of one id and one
	// cause are told once, with all their subjects.
	subject, cause string
	// mended tells which changes of the blueprint's own plan mend it, by id.
	mended func(change string) bool
	// changes mend it besides.
	changes []plan.Change
	// handOn is what somebody with more rights has to know and to do, empty
	// where that is nobody's rights' matter.
	handOn *handOn
}

// asked is a question and who put it: the first half of a check.
type asked struct{ name, subject, question string }

func (a asked) check(answer string, v plan.Verdict) ruling {
	return ruling{check: plan.Check{Name: a.name, Subject: a.subject, Asked: a.question, Answer: answer, Verdict: v}}
}

func (a asked) passed(answer string) ruling { return a.check(answer, plan.Passed) }

func (a asked) undecided(format string, args ...any) ruling {
	return a.check(fmt.Sprintf(format, args...), plan.Undecided)
}

func (a asked) broken(answer string, t trouble) ruling {
	r := a.check(answer, plan.Broken)
	t.subject = cmp.Or(t.subject, a.subject)
	r.check.Finding, r.trouble = t.id, &t
	return r
}

// told is a failed call in one sentence: the call, the resource, the identity
// and AWS's own words with the request id.
func told(err error) string {
	var e *awsops.Error
	if !errors.As(err, &e) {
		return sentence(err.Error())
	}
	text := strings.TrimPrefix(e.Service+":"+e.Operation, ":")
	if e.Resource != "" {
		text += " on " + e.Resource
	}
	if e.Identity != "" {
		text += ", as " + e.Identity
	}
	return text + ": " + answer(err)
}

// answer is AWS's own words alone.
func answer(err error) string {
	var e *awsops.Error
	switch {
	case !errors.As(err, &e):
		return sentence(err.Error())
	case e.Code == "" && e.Meaning != "" && !awsops.IsUnanswered(err):
		return diagnosis.Redact(e.Meaning) // the SDK's chain of everything that it tried says less
	}
	return diagnosis.Redact(e.Answer())
}

func sentence(text string) string {
	text = diagnosis.Redact(strings.TrimSpace(text))
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// outage is the diagnosis of an error that is about the credentials or the way
// to AWS and not about what was asked; empty for every other.
func outage(err error) string {
	switch {
	case err == nil:
		return ""
	case awsops.IsClock(err):
		return "clock-skew"
	case awsops.IsSSO(err):
		return "sso-expired"
	case strings.Contains(err.Error(), "AssumeRoleTokenProvider"):
		return "mfa-profile"
	case awsops.IsNoProfile(err):
		return "profile-missing"
	case awsops.IsExpired(err):
		return "token-expired"
	case awsops.IsUnknownKey(err), awsops.IsStaleToken(err):
		return "key-invalid"
	case awsops.IsBadSecret(err):
		return "signature-mismatch"
	case awsops.IsThrottle(err):
		return "throttled"
	case awsops.IsUntrusted(err):
		return "tls-untrusted"
	case awsops.IsCredentials(err):
		return "credentials-missing"
	case awsops.IsUnanswered(err):
		return "network-unreachable"
	}
	return ""
}

// outages are the remedies, each the one thing to do.
var outages = map[string]string{
	"clock-skew":          "Set this machine's clock, for example by NTP.",
	"sso-expired":         "Sign in again: aws sso login.",
	"mfa-profile":         "Get session credentials with the MFA code first (stateroom login), and name the profile that holds them.",
	"profile-missing":     "Write the profile, or correct its name in backend and provider.",
	"token-expired":       "Get new session credentials the way you got these.",
	"key-invalid":         "Use an active access key; wait a minute if it was just made.",
	"signature-mismatch":  "Write access key id and secret again as they were handed out, or get a new one: the operator runs stateroom handover USER, you run stateroom onboard.",
	"throttled":           "Wait a minute and run again, with a lower -parallelism if it comes back.",
	"tls-untrusted":       "Set AWS_CA_BUNDLE, or custom_ca_bundle in backend and provider, to the proxy's certificate authority.",
	"credentials-missing": "Write the profile to the credentials file, and name it in the backend and in the provider.",
	"network-unreachable": "Check the network, the proxy (HTTPS_PROXY, NO_PROXY), the region's spelling and any custom endpoint.",
}

// failedBy rules a check whose call did not get as far as what it asked.
func (a asked) failedBy(err error) ruling {
	id := outage(err)
	return a.broken(answer(err), trouble{id: id, cause: id, evidence: told(err), remedy: outages[id]})
}

// mergeTroubles joins the troubles of one id and cause in the order of their first
// appearance.
func mergeTroubles(rulings []ruling) []trouble {
	var all []trouble
	subjects := map[int][]string{}
	for _, r := range rulings {
		if r.trouble == nil {
			continue
		}
		t := *r.trouble
		i := slices.IndexFunc(all, func(x trouble) bool { return x.id == t.id && x.cause == t.cause })
		if i < 0 {
			i, all = len(all), append(all, t)
		} else {
			all[i].changes = appendNew(all[i].changes, t.changes)
		}
		if t.subject != "" && !slices.Contains(subjects[i], t.subject) {
			subjects[i] = append(subjects[i], t.subject)
		}
	}
	for i := range all {
		if len(subjects[i]) > 1 {
			all[i].subject = ""
			all[i].evidence += " It concerns " + someOf(subjects[i]) + "."
		}
	}
	return all
}

// someOf lists a few names of many.
func someOf(names []string) string {
	const shown = 5
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
