// Package diagnosis goes from an error text to its name, its meaning and its remedy.
// [Read] takes a text of any size down to what matters, and [Diagnose] names what is
// behind it by one table, causes before what they cause; [Redact] takes the secrets
// out of a text that is to be shown. All of it is pure text.
//
// What does not live here: looking whether it is so (package troubleshoot).
package diagnosis

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Diagnosis is one cause, or consequence, that an error text names.
type Diagnosis struct {
	// ID is one of the fixed ids of the table, or Unknown.
	ID string
	// Meaning is one sentence on what the text means.
	Meaning string
	// Evidence is what matched: each entry is one error, folded to one line,
	// with secrets taken out, and cut around the match if it is long. For
	// Unknown it is the text as it was read.
	Evidence []string
	// Subject is what the text names: profile, bucket, region, account, lock,
	// identity, action, resource, policy, address and the like. Never nil.
	Subject map[string]string
	// Checks names the checks that confirm it, in order.
	Checks []string
	// Fix is one sentence on what mends it.
	Fix string
}

// mostEvidence bounds the texts kept for a diagnosis that comes again and again.
const mostEvidence = 5

// Diagnose names what a text of Terraform or OpenTofu says, as Read gives it or
// as it was pasted. Causes come before what they cause, and what comes twice is
// named once. A text that no row of the table matches leads to one diagnosis,
// Unknown, which keeps the text (its beginning, if Read refuses it): nothing is guessed. Secrets in the text appear
// in no field.
func Diagnose(text string) []Diagnosis {
	clean, err := Read(strings.NewReader(text))
	if err != nil {
		return []Diagnosis{unknown(excerpt(Redact(strings.ToValidUTF8(text, "\ufffd")), 0, 0))}
	}
	found := make([][]Diagnosis, len(rows))
	for _, problem := range split(clean) {
		for _, i := range match(problem) {
			found[i] = merge(found[i], rows[i].diagnosis(problem))
		}
	}
	list := mergeIDs(slices.Concat(found...))
	if len(list) == 0 {
		return []Diagnosis{unknown(Redact(clean))}
	}
	return list
}

// Rank is the place of an id in the table of diagnoses, in which causes stand
// before what they cause. An id that is not in it comes last.
func Rank(id string) int {
	i := slices.IndexFunc(rows, func(r row) bool { return r.id == id })
	if i < 0 {
		return len(rows)
	}
	return i
}

// match answers the rows for one error: the first cause, then consequences.
func match(problem string) []int {
	inside := resourceError.MatchString(problem)
	var list []int
	for i, r := range rows {
		if r.at == inResource && !inside || r.at == outside && inside {
			continue
		}
		if !r.consequence && len(list) > 0 || !r.pattern.MatchString(problem) {
			continue
		}
		if r.unless == nil || !r.unless.MatchString(problem) {
			list = append(list, i)
		}
	}
	return list
}

// resourceError recognises an error that Terraform places in a resource.
var resourceError = regexp.MustCompile(`\bon \S+ line \d+, in (?:resource|data|ephemeral|action) "`)

// general is what any row's error may name, if the row's own pattern did not.
var general = []*regexp.Regexp{
	regexp.MustCompile(`User: (?P<identity>arn:\S+) is not authorized`),
	regexp.MustCompile(`not authorized to perform: (?P<action>[\w-]+:\w+)`),
	regexp.MustCompile(`not authorized to perform: \S+ on resource: "?(?P<resource>[^" ]+)`),
	regexp.MustCompile(`with an explicit deny in an? (?P<policy>[\w -]+?) policy`),
	regexp.MustCompile(`because no (?P<policy>[\w-]+) policy allows`),
	regexp.MustCompile(`\bwith (?P<address>\S+), on \S+ line \d+`),
}

func (r row) diagnosis(problem string) Diagnosis {
	at := r.pattern.FindStringIndex(problem)
	subject := map[string]string{}
	for _, pattern := range append([]*regexp.Regexp{r.pattern}, general...) {
		capture(subject, pattern, problem)
	}
	return Diagnosis{
		ID: r.id, Meaning: r.meaning, Evidence: []string{excerpt(problem, at[0], at[1])},
		Subject: subject, Checks: slices.Clone(r.checks), Fix: r.fix,
	}
}

// sameName maps the names of groups that Go wants to differ within a pattern.
var sameName = map[string]string{"asked": "configured", "expected": "region"}

// capture adds the named groups of all matches to the subject; the first counts.
func capture(subject map[string]string, pattern *regexp.Regexp, problem string) {
	names := pattern.SubexpNames()
	for _, groups := range pattern.FindAllStringSubmatch(problem, -1) {
		for i, value := range groups {
			if names[i] != "" && value != "" {
				add(subject, names[i], strings.TrimRight(value, ".,;:"))
			}
		}
	}
}

func add(subject map[string]string, name, value string) {
	if same, ok := sameName[name]; ok {
		name = same
	}
	if _, ok := subject[name]; !ok {
		subject[name] = value
	}
}

// merge adds a diagnosis, or joins it to one that speaks of the same subject.
func merge(list []Diagnosis, d Diagnosis) []Diagnosis {
	for i := range list {
		known := &list[i]
		if known.ID != d.ID || !agree(known.Subject, d.Subject) {
			continue
		}
		maps.Copy(known.Subject, d.Subject)
		for _, e := range d.Evidence {
			if len(known.Evidence) < mostEvidence && !slices.Contains(known.Evidence, e) {
				known.Evidence = append(known.Evidence, e)
			}
		}
		return list
	}
	return append(list, d)
}

// mergeIDs joins what two rows of one id found.
func mergeIDs(list []Diagnosis) []Diagnosis {
	var out []Diagnosis
	for _, d := range list {
		out = merge(out, d)
	}
	return out
}

// agree tells whether two subjects contradict each other nowhere.
func agree(a, b map[string]string) bool {
	for name, value := range a {
		if other, ok := b[name]; ok && other != value {
			return false
		}
	}
	return true
}

// Bounds of an excerpt, in bytes: what is kept whole, and what is kept of a
// longer error before and from the beginning of the match.
const (
	wholeEvidence = 2000
	beforeMatch   = 400
	fromMatch     = 1400
)

// excerpt is the error, or what stands around the match in a long one.
func excerpt(problem string, start, end int) string {
	if len(problem) <= wholeEvidence {
		return problem
	}
	from, to := max(0, start-beforeMatch), min(len(problem), max(start+fromMatch, min(end, start+wholeEvidence)))
	text := strings.ToValidUTF8(problem[from:to], "")
	if from > 0 {
		text = "… " + text
	}
	if to < len(problem) {
		text += " …"
	}
	return text
}
