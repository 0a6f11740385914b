package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Severity says what a finding asks for.
type Severity string

// The severities. Only Info lets a run end healthy (exit code 0).
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Failure Severity = "error"
)

// Finding is one observed fact with its evidence and its remedy. The id is
// step.subject-problem ("bucket.versioning-off") or one of the error diagnoses.
type Finding struct {
	ID string `json:"id"`
	// Subject is the environment or the project that it is about, as in [Check];
	// empty where it is about the whole set-up.
	Subject string `json:"subject,omitempty"`
	// Of names the step that it belongs to; Step is that one's number, which whoever
	// makes a review of it fills in.
	Of       StepName `json:"-"`
	Step     int      `json:"step"`
	Severity Severity `json:"severity"`
	// Lead is what is wrong in one sentence of plain words; empty where the evidence
	// begins with it.
	Lead string `json:"lead,omitempty"`
	// Evidence is what was seen, naming the resource and, where a call failed,
	// the call, the identity and the request id.
	Evidence string `json:"evidence"`
	// Quote is what Terraform printed of it, word for word; empty where it was not
	// asked. JSON's evidence ends with it ([Finding.Told]).
	Quote string `json:"-"`
	// Resource is what of AWS's it is about, as a backend names it: a bucket, a state
	// as s3://BUCKET/KEY, a table, a key. Two findings of one resource can be one.
	Resource string `json:"-"`
	// Name is what the lead calls that, or the profile or the identity that it is about;
	// empty where there is none to call it by.
	Name string `json:"-"`
	// RequestIDs are AWS's ids of the requests in which it said so, which the evidence
	// and the details name and another look does not bring again.
	RequestIDs []string `json:"-"`
	// Remedy is the one thing to do.
	Remedy string `json:"remedy"`
	// Commands are to be copied; each may be the one that helps.
	Commands []ShellCommand `json:"commands,omitempty"`
	// Also are the ids of what comes of the same cause and is not told apart from it.
	Also []string `json:"also,omitempty"`
	// Details is a longer text to hand on, such as a CloudFormation template.
	Details string `json:"details,omitempty"`
	// Blocks marks a finding with which no change may be made at all.
	Blocks bool `json:"-"`
	// Stops are the ids of the changes in whose place the finding stands: none of them is
	// planned, nor anything that needs one of them ([Change.Needs]).
	Stops []string `json:"-"`
	// Probed marks a finding of set-up that a health check does not repeat: it asks AWS
	// for that itself, as whoever is to use it, or it is about nothing that is there.
	Probed bool `json:"-"`
	// Exact says that AWS or Terraform has told more of the cause than its id does, so that
	// meaning and remedy are that wording's own.
	Exact bool `json:"-"`
}

// String is the finding as one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s %s%s", f.ID, f.Told(), f.Remedy, inLine(f.In("the same command with").Commands))
}

// In is the finding for whoever has begun the run with this command: its own commands as
// they are typed.
func (f Finding) In(command string) Finding {
	f.Commands = slices.Clone(f.Commands)
	for i, c := range f.Commands {
		if c.Adopt != "" {
			f.Commands[i].Line = command + c.Adopt
		}
	}
	return f
}

// Seen is the evidence without the lead that it may begin with.
func (f Finding) Seen() string { return strings.TrimSpace(strings.TrimPrefix(f.Evidence, f.Lead)) }

// terraformSaid stands before what Terraform printed.
const terraformSaid = " Terraform said: "

// Told is the evidence with what Terraform printed.
func (f Finding) Told() string {
	if f.Quote == "" {
		return f.Evidence
	}
	return f.Evidence + terraformSaid + f.Quote
}

// AddQuote adds to what Terraform printed, once.
func (f *Finding) AddQuote(text string) {
	switch {
	case f.Quote == "":
		f.Quote = text
	case !strings.Contains(f.Quote, text):
		f.Quote += terraformSaid + text
	}
}

// MarshalJSON gives the members of the JSON contract.
func (f Finding) MarshalJSON() ([]byte, error) {
	type members Finding
	f.Evidence = f.Told()
	data, err := json.Marshal(members(f))
	if err != nil {
		return nil, fmt.Errorf("finding %s as JSON: %w", f.ID, err)
	}
	return data, nil
}

// Key tells the finding from others of the same id: "bucket.versioning-off", or
// with a subject "assume-role-denied@production".
func (f Finding) Key() string {
	if f.Subject == "" {
		return f.ID
	}
	return f.ID + "@" + f.Subject
}

// Bears tells whether the finding is told by an id or stands for one.
func (f Finding) Bears(id string) bool { return f.ID == id || slices.Contains(f.Also, id) }

// NeedsAttention tells whether any finding keeps the run from being healthy.
func NeedsAttention(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity != Info })
}

// Together makes one finding of those that say the same of several environments
// or projects: of one id, with one remedy. It has the evidence of the first and
// names the others. One that stands there twice is kept once.
func Together(findings []Finding) []Finding {
	type others struct {
		names  []string
		beside map[string]bool
	}
	var out []Finding
	first := map[string][]int{} // of out, by what those that are alike have in common
	of := map[int]*others{}
	for _, f := range findings {
		common := f.common()
		at := slices.IndexFunc(first[common], func(i int) bool { return out[i].alike(f) })
		if at < 0 {
			first[common] = append(first[common], len(out))
			out = append(out, f)
			continue
		}
		i := first[common][at]
		more := of[i]
		if more == nil {
			more = &others{beside: map[string]bool{out[i].Subject: true}}
			of[i], out[i].Stops = more, slices.Clip(out[i].Stops)
		}
		if !more.beside[f.Subject] {
			more.beside[f.Subject], more.names = true, append(more.names, f.Subject)
			out[i].Stops = append(out[i].Stops, f.Stops...)
		}
	}
	for i, more := range of {
		if len(more.names) > 0 {
			out[i].Subject = ""
			out[i].Evidence = fmt.Sprintf("%s The same applies to %s.", out[i].Evidence, Enumerated(more.names))
		}
	}
	return out
}

// alike tells whether two findings are one of several subjects, or the same.
func (f Finding) alike(g Finding) bool {
	if f.Subject != "" && g.Subject != "" {
		return f.ID == g.ID && f.Severity == g.Severity && f.Remedy == g.Remedy && slices.Equal(f.Commands, g.Commands) && f.Details == g.Details
	}
	return f.Same(g)
}

// common is what all findings have in common that are alike.
func (f Finding) common() string {
	if f.Subject != "" {
		return f.ID + "@" + f.Remedy
	}
	return f.ID + " " + f.anyRequest().Evidence
}

// Findings are some of which it can be asked whether one says the same, be they many
// thousands: the finding of every environment, say.
type Findings map[string][]Finding

// FindingsOf are these.
func FindingsOf(findings []Finding) Findings {
	all := Findings{}
	for _, f := range findings {
		all.Add(f)
	}
	return all
}

// Add adds one, and tells whether none said the same.
func (all Findings) Add(f Finding) bool {
	if all.Has(f) {
		return false
	}
	key := f.Key() + " " + f.anyRequest().Evidence
	all[key] = append(all[key], f)
	return true
}

// Has tells whether one says the same ([Finding.Same]).
func (all Findings) Has(f Finding) bool {
	return slices.ContainsFunc(all[f.Key()+" "+f.anyRequest().Evidence], f.Same)
}

// Keys are the ids and the keys of findings, as changes name those that they take away.
func Keys(findings []Finding) map[string]bool {
	keys := make(map[string]bool, len(findings))
	for i := range findings {
		keys[findings[i].ID], keys[findings[i].Key()] = true, true
	}
	return keys
}

// Same tells whether two findings differ in nothing but the requests in which AWS
// said it.
func (f Finding) Same(g Finding) bool {
	return reflect.DeepEqual(f.anyRequest(), g.anyRequest())
}

// anyRequest is the finding as any request would lead to it.
func (f Finding) anyRequest() Finding {
	for _, id := range f.RequestIDs {
		f.Evidence, f.Details = strings.ReplaceAll(f.Evidence, id, ""), strings.ReplaceAll(f.Details, id, "")
	}
	f.RequestIDs = nil
	return f
}

// namesShown bounds how many names stand in one sentence.
const namesShown = 12

// Counted is a number with its noun: "1 statement", "2 statements".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Listed joins names by commas.
func Listed(names []string) string {
	if len(names) > namesShown {
		names = append(names[:namesShown:namesShown], fmt.Sprintf("and %d more", len(names)-namesShown))
	}
	return strings.Join(names, ", ")
}

// Capital is a text that begins a sentence.
func Capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// Whose is a name as the owner of what follows: "bob's", "admins'".
func Whose(name string) string {
	if strings.HasSuffix(name, "s") {
		return name + "'"
	}
	return name + "'s"
}

// Enumerated joins names as a sentence does.
func Enumerated(names []string) string {
	if len(names) > namesShown {
		names = append(names[:namesShown:namesShown], fmt.Sprintf("%d more", len(names)-namesShown))
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
