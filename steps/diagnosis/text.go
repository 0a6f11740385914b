package diagnosis

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Match is a cause that a text names.
type Match struct {
	*Diagnosis
	// Meaning and Remedy are the cause's own, or what this text tells more exactly.
	Meaning, Remedy string
	// Exact says that the text tells the remedy more exactly than the cause does.
	Exact bool
	// Unit is the unit, the project or the container whose log named it; empty where the
	// text tells none apart.
	Unit string
	// Evidence is what matched: each entry is one error, folded to one line,
	// with secrets taken out, and cut around the match if it is long. For
	// Unknown it is the text as it was read.
	Evidence []string
	// Quote is the first of these in short: its beginning, and where it matched.
	Quote string
	// subject is what tells two errors of one cause apart: profile, bucket, resource,
	// action, address and unit.
	subject map[string]string
}

// mostEvidence bounds the texts kept for a cause that comes again and again.
const mostEvidence = 5

// FromText names what a text of Terraform or OpenTofu says, as Read gives it or
// as it was pasted. Causes come before what they cause, and what comes twice is
// named once. A text without an error leads to one match, NoError, and errors that
// nothing in the catalogue matches to one, Unknown, which keeps the text (its beginning,
// if Read refuses it): nothing is guessed. Secrets in the text appear in no member.
func FromText(text string) []Match {
	clean, err := Read(strings.NewReader(text))
	if err != nil {
		return []Match{of(Unknown, excerpt(Redact(strings.ToValidUTF8(text, "\ufffd")), 0, 0))}
	}
	told := split(clean)
	if strings.Contains(clean, tokenCall) { // an event of CloudTrail's is no error in an engine's words
		if token, _ := ClaimsIn(clean); token.Refused != "" {
			told.problems = append(told.problems, problem{text: folded(token.Refused)})
		}
	}
	list := causes(told.problems)
	if slices.ContainsFunc(list, func(m Match) bool { return !m.consequence }) {
		return list
	}
	// What an engine or a CI system told under a heading says less than what stands around.
	unheaded := withoutHeading(told)
	switch list = causes(append(told.problems, unheaded...)); {
	case len(list) > 0:
		return list
	case len(told.problems)+len(unheaded) == 0:
		return []Match{of(NoError, excerpt(Redact(clean), 0, 0))}
	}
	return []Match{of(Unknown, Redact(clean))}
}

// causes are what errors say, in the order of the catalogue.
func causes(problems []problem) []Match {
	found := map[*Diagnosis][]Match{}
	seen := map[problem]bool{}
	for _, p := range problems {
		if seen[p] {
			continue
		}
		seen[p] = true
		for _, m := range match(p) {
			found[m.Diagnosis] = merge(found[m.Diagnosis], m)
		}
	}
	var list []Match
	for _, d := range catalogue {
		list = append(list, found[d]...)
	}
	return list
}

// of is a match without more than its evidence.
func of(d *Diagnosis, evidence string) Match {
	return Match{Diagnosis: d, Meaning: d.Meaning, Remedy: d.Remedy, Evidence: []string{evidence}, Quote: quote(evidence, 0)}
}

// match is what one error says: the first cause, then consequences.
func match(p problem) []Match {
	inside := resourceError.regexp().MatchString(p.text)
	var list []Match
	for _, layer := range layers(p.text) {
		if m, ok := first(p, layer, inside); ok {
			list = append(list, m)
			break
		}
	}
	for _, d := range catalogue {
		if d.consequence {
			if m, ok := p.as(d, p.text, inside); ok {
				list = append(list, m)
			}
		}
	}
	return list
}

// first is the first cause that a layer of an error names.
func first(p problem, layer string, inside bool) (Match, bool) {
	for _, d := range catalogue {
		if d.consequence {
			continue
		}
		if m, ok := p.as(d, layer, inside); ok {
			return m, true
		}
	}
	return Match{}, false
}

// as is the error as one cause, if a layer of it says so.
func (p problem) as(d *Diagnosis, layer string, inside bool) (Match, bool) {
	i := slices.IndexFunc(d.text, func(s sign) bool { return s.matches(layer, inside) })
	if i < 0 {
		return Match{}, false
	}
	start, end := d.text[i].within(p.text)
	m := of(d, excerpt(p.text, start, end))
	m.Quote = quote(p.text, end)
	m.Unit, m.subject = p.unit, d.text[i].subject(p.text)
	exact := cmp.Or(d.text[i].remedy, denialRemedy(d, layer))
	m.Meaning, m.Remedy, m.Exact = cmp.Or(d.text[i].meaning, meaningOf(d, layer), d.Meaning), cmp.Or(exact, d.Remedy), exact != ""
	if p.unit != "" {
		m.subject["unit"] = p.unit
	}
	return m, true
}

// denials are the causes that a policy decides.
var denials = []*Diagnosis{
	ExplicitDeny, AssumeRoleDenied, EnvironmentDenied, KMSDenied, TableDenied, S3ListDenied, S3HeadDenied, S3GetDenied, S3PutDenied,
}

func denialRemedy(d *Diagnosis, text string) string {
	if !slices.Contains(denials, d) {
		return ""
	}
	return remedyOf(d, text)
}

var (
	// unsent is what the SDK says of a request that no answer came to, whatever words the
	// system has for it. The machine's own sources of credentials do not count: that
	// nobody answers there means that there are none.
	unsent = wording(`request send failed|StatusCode: 0\b`)
	local  = wording(`ec2imds|EC2 IMDS|169\.254\.|EC2RoleRequest|EC2Metadata`)
	// operation begins a call in the SDK's words, answered tells that AWS answered it.
	operation = wording(`operation error [\w -]+: \w+,`)
	answered  = wording(`StatusCode: [1-9]|api error|Exception: `)
	// several begins a list of calls that were tried one after the other, of which none led
	// to another.
	several = wording(`\d+ errors? occurred: ?\*`)
)

// layers are the parts of an error from its innermost cause to all of it: a request that
// was never answered, what stands under the last quoted heading, and the last call of a
// chain whose outer calls never got to be sent.
func layers(text string) []string {
	var list []string
	inner := text
	if i := strings.LastIndex(text, " Error: "); i > 0 {
		inner = text[i+1:]
	}
	own := local.regexp().MatchString(inner)
	for _, before := range []string{"caused by: ", "no valid credential sources found: "} {
		if i := strings.LastIndex(inner, before); i > 0 && !own {
			inner = inner[i+len(before):]
		}
	}
	calls := operation.regexp().FindAllStringIndex(inner, -1)
	last := inner
	if n := len(calls); n > 1 && !several.regexp().MatchString(inner) && !answered.regexp().MatchString(inner[calls[n-2][0]:calls[n-1][0]]) {
		last = inner[calls[n-1][0]:]
	}
	if at := unsent.regexp().FindStringIndex(last); at != nil && !own {
		list = append(list, last[at[0]:])
	}
	for _, l := range []string{last, inner, text} {
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

func (s sign) matches(problem string, inside bool) bool {
	if s.at == inResource && !inside || s.at == outside && inside {
		return false
	}
	return s.pattern.regexp().MatchString(problem) && (s.unless == nil || !s.unless.regexp().MatchString(problem))
}

// resourceError recognises an error that Terraform places in a resource.
// Terraform until 0.11 names it alone.
var resourceError = wording(`\bon \S+ line \d+, in (?:resource|data|ephemeral|action) "|(?:^|\s)\* (?:[\w.\[\]"-]+\.)?aws_\w+\.[\w.\[\]"-]+: `)

// general is what any error may name besides.
var general = []*pattern{
	wording(`not authorized to perform: (?P<action>[\w-]+:\w+)`),
	wording(`not authorized to perform: \S+ on resource: "?(?P<resource>[^" ]+)`),
	wording(`\bwith (?P<address>\S+), on \S+ line \d+`),
}

// subject are the named groups of all matches; the first of a name counts.
func (s sign) subject(problem string) map[string]string {
	subject := map[string]string{}
	for _, p := range append([]*pattern{s.pattern}, general...) {
		names := p.regexp().SubexpNames()
		for _, groups := range p.regexp().FindAllStringSubmatch(problem, -1) {
			for i, value := range groups {
				if _, have := subject[names[i]]; !have && names[i] != "" && value != "" {
					subject[names[i]] = strings.TrimRight(value, ".,;:")
				}
			}
		}
	}
	return subject
}

// merge adds a match of one cause, or joins it to one that speaks of the same subject.
func merge(list []Match, m Match) []Match {
	for i := range list {
		known := &list[i]
		if !agree(known.subject, m.subject) {
			continue
		}
		maps.Copy(known.subject, m.subject)
		for _, e := range m.Evidence {
			if len(known.Evidence) < mostEvidence && !slices.Contains(known.Evidence, e) {
				known.Evidence = append(known.Evidence, e)
			}
		}
		return list
	}
	return append(list, m)
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

// within is where the sign matches an error.
func (s sign) within(problem string) (start, end int) {
	if at := s.pattern.regexp().FindStringIndex(problem); at != nil {
		return at[0], at[1]
	}
	return 0, 0 // an edge of the innermost layer is none of the whole
}

// Bounds of what is quoted beside what the checks found, in bytes: all of it, and its
// beginning where it matched further behind.
const (
	longestQuote = 400
	quoteHead    = 100
)

// quote is the beginning of an error and, if that is further behind, what it matched up to
// an end.
func quote(problem string, end int) string {
	head, text := problem, ""
	switch {
	case len(problem) <= longestQuote:
		return problem
	case end <= longestQuote:
		head = problem[:longestQuote]
	default:
		head, text = problem[:quoteHead], problem[end-(longestQuote-quoteHead):end]
		head, text = head[:max(0, strings.LastIndex(head, " "))], text[max(0, strings.Index(text, " ")):]
	}
	if end < len(problem) && text != "" {
		text += " …"
	}
	return strings.ToValidUTF8(head+" …"+text, "")
}

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
