package plain

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/words"
)

// EventSchema is the JSON Schema of an event. It allows no member that it does not name,
// so that one that is added here is added there.
//
//go:embed events.schema.json
var EventSchema []byte

// JSON presents the events of one run as JSON, one object a line, its kind in
// "event": change, applied, failed, finding, sign-in, summary. What is no such event
// (progress, Terraform's output) goes to another writer as lines. No secret is
// in any of them: passphrases are not made in this mode.
type JSON struct {
	out   io.Writer
	lines *Lines
	// Detailed is --detailed-exitcode, for the summary's exit code.
	Detailed bool
}

// NewJSON returns a presenter that writes events to out and all else to rest.
func NewJSON(out, rest io.Writer) *JSON {
	return &JSON{out: out, lines: NewLines(rest)}
}

// Emit writes one event.
func (j *JSON) Emit(e plan.Event) {
	switch e.Kind {
	case plan.EventChange:
		j.write("change", e.Change)
	case plan.EventApplied:
		j.write("applied", newDone(e))
	case plan.EventFailed:
		j.write("failed", newFailure(e))
	case plan.EventFinding:
		j.write("finding", e.Finding)
	case plan.EventSignIn:
		j.write("sign-in", newSignIn(e))
	case plan.EventSummary:
		j.write("summary", newSummary(e.Summary, j.Detailed))
	case plan.EventSkipped:
		j.lines.print("%s: not begun, %s\n", e.Change.Title, e.Text)
	case plan.EventProgress, plan.EventLine:
		j.lines.Emit(e)
	case plan.EventStarted, plan.EventPassphrase, plan.EventInspected, plan.EventCheck: // checks stand in the summary
	}
}

// write puts the kind before the members of value, which is an object.
func (j *JSON) write(kind string, value any) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		j.lines.print("the %s event cannot be written as JSON: %v\n", kind, err)
		return
	}
	// As in Lines, a reader that has gone away does not stop a change half-way.
	fmt.Fprintf(j.out, "{\"event\":%q,%s", kind, printable.JSON(plan.ShowRefs(line.String()[1:])))
}

// done is a change that was made.
type done struct {
	ID           string      `json:"id"`
	Step         int         `json:"step"`
	Action       plan.Action `json:"action"`
	Target       string      `json:"target"`
	Account      string      `json:"account"`
	Milliseconds int64       `json:"milliseconds"`
}

func newDone(e plan.Event) done {
	c := e.Change
	return done{c.ID, c.Step, c.Action, c.Target, c.Account, e.Took.Milliseconds()}
}

// failure is a change that was not made. The members after error are empty
// where it was no call to AWS that failed.
type failure struct {
	done
	Error     string `json:"error"`
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
	Code      string `json:"code,omitempty"`
	Identity  string `json:"identity,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Remedy    string `json:"remedy,omitempty"`
}

func newFailure(e plan.Event) failure {
	f := e.FailedCall()
	return failure{newDone(e), e.Err.Error(), f.Service, f.Operation, f.Code, f.Identity, f.RequestID, f.Remedy}
}

// signIn is how a sign-in in the browser goes. Its address is told once, of no use to anybody
// else when somebody has signed in, and its code is what the page shows.
type signIn struct {
	State    plan.SignInState `json:"state"`
	StartURL string           `json:"start_url"`
	Address  string           `json:"address,omitempty"`
	Code     string           `json:"code,omitempty"`
	Page     string           `json:"page,omitempty"`
	Until    *time.Time       `json:"until,omitempty"`
	Error    string           `json:"error,omitempty"`
}

func newSignIn(e plan.Event) signIn {
	news := e.SignIn
	told, until := signIn{State: news.State, StartURL: news.StartURL}, news.Until
	if v := news.Visit; v != nil {
		told.Address, told.Code, told.Page, until = v.Address.Reveal(), v.Code, v.Page, v.Until
	}
	if !until.IsZero() {
		at := until.UTC().Truncate(time.Second)
		told.Until = &at
	}
	if e.Err != nil {
		told.Error = e.Err.Error()
	}
	return told
}

// summary is how the run ended.
type summary struct {
	Add      int      `json:"add"`
	Change   int      `json:"change"`
	Destroy  int      `json:"destroy"`
	Applied  int      `json:"applied"`
	Failed   int      `json:"failed"`
	Skipped  int      `json:"skipped"`
	Unknown  int      `json:"unknown"`
	Findings int      `json:"findings"`
	Adopt    []string `json:"adopt"`
	DryRun   bool     `json:"dry_run"`
	Declined bool     `json:"declined"`
	Stopped  bool     `json:"stopped"`
	ExitCode int      `json:"exit_code"`
	Notes    []string `json:"notes"`
	// Run counts the plan's commands, which are in none of Terraform's three numbers.
	Run int `json:"run"`
	// Outcome is what is so now, for a person; Proof how far that was shown to work.
	Outcome string `json:"outcome"`
	Proof   *proof `json:"proof,omitempty"`
	// Checks are those of the last look of a flow.
	Checks []plan.Check `json:"checks,omitempty"`
}

// proof is how far a result was shown to work.
type proof struct {
	State   string      `json:"state"`
	As      string      `json:"as,omitempty"`
	With    plan.Tool   `json:"with,omitempty"`
	Version string      `json:"version,omitempty"`
	At      *time.Time  `json:"at,omitempty"`
	Why     plan.WhyNot `json:"why,omitempty"`
	Because string      `json:"because,omitempty"`
}

// proofStates are the states as machines are told them.
var proofStates = map[plan.ProofState]string{
	plan.NotProven: "not-proven", plan.ProvenAsOperator: "proven-as-operator", plan.Proven: "proven",
}

func newProof(p plan.Proof) *proof {
	if p.State == plan.NothingToProve {
		return nil
	}
	told := &proof{proofStates[p.State], p.As, p.With, p.Version, nil, p.Why, p.Because}
	if !p.At.IsZero() && p.State != plan.NotProven {
		at := p.At.UTC().Truncate(time.Second)
		told.At = &at
	}
	return told
}

func newSummary(s *plan.Summary, detailed bool) summary {
	notes := append([]string{}, s.Told()...)
	if s.Next != "" {
		notes = append(notes, toNext(s)+" "+s.Next)
	}
	return summary{
		Add: s.Add, Change: s.Change, Destroy: s.Destroy,
		Applied: s.Applied, Failed: s.Failed, Skipped: s.Skipped, Unknown: s.Unknown,
		Findings: words.Attention(s.Findings), Adopt: append([]string{}, plan.Adoptable(s.NotOurs)...),
		DryRun: s.DryRun, Declined: s.Declined, Stopped: s.Stopped,
		ExitCode: s.ExitCode(detailed), Notes: notes, Run: s.Run, Outcome: strings.Join(words.Outcome(s, "Run the command again", words.InLines).Lead, " "), Proof: newProof(s.Proof),
		Checks: s.Checks,
	}
}
