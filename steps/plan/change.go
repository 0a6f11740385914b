// Package plan is what a run proposes, shows and reports, as data: a [Change] with
// its exact calls, a [Finding], a [Check], the [Review] that an operator is asked
// to confirm, the events and the summary of carrying it out. What can be said of
// them without looking at anything is here, too: their order, who gets more access,
// what waits for consent, what is left out, and a plan as a shell script.
//
// What does not live here: whatever looks at AWS or at a disk, what decides on a
// change (package steps and the packages beside it), and what carries one out.
package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps/files"
)

// ProjectDir is the directory that a change runs in or writes to.
func (c Change) ProjectDir() string {
	switch {
	case c.Run != nil:
		return c.Run.Dir
	case c.Write != nil:
		return cmp.Or(c.Write.Dir, filepath.Dir(c.Target))
	}
	return ""
}

// HandoverLife is how long a handover may be used: long enough for a week's
// absence, and too short for a forgotten file to be of use to anybody.
const HandoverLife = 7 * 24 * time.Hour

// Action is what a change does to its target, in Terraform's words.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	// WriteFile makes or edits a file on this laptop.
	WriteFile Action = "write"
	// RunCommand runs Terraform as a child.
	RunCommand Action = "run"
)

// Symbol is the mark that Terraform users know: + ~ - or > for a command.
func (a Action) Symbol() string {
	switch a {
	case Create:
		return "+"
	case Update, WriteFile:
		return "~"
	case Delete:
		return "-"
	case RunCommand:
		return ">"
	}
	return "?"
}

// KnownAfterApply stands in a field for a value that AWS decides.
const KnownAfterApply = "(known after apply)"

// Field is one attribute before and after a change.
type Field = files.Field

// Change is one thing to create or alter, as data: what it is, the exact calls
// that make it so, what must be done first and how to undo it.
type Change struct {
	// ID is stable over runs: "bucket.versioning", "iam.role.production".
	ID string
	// Topic begins the ids of findings about the change where the step's name does
	// not: a group's policy is IAM's, whichever step it is for.
	Topic string
	// Of names the step that the change belongs to; Step is that one's number, which
	// whoever makes a review of it fills in.
	Of   StepName
	Step int
	// Title says in words what happens.
	Title  string
	Action Action
	// Target is the ARN or the path that changes.
	Target string
	// Account and Region are where the calls go; Role is the role that is
	// assumed to get there, empty for the operator's own credentials.
	Account, Region, Role string
	// Profile, when set, sends the calls as that profile of the shared files,
	// which is read when the change is made: a key that an earlier change has
	// written there is the one that signs.
	Profile string
	Fields  []Field
	// Calls are sent in order, exactly as they stand here once the references
	// in them are known.
	Calls []awsops.Call
	// Write is the file that the change writes, after its calls.
	Write *Write
	// Run is the Terraform command of the change.
	Run *Run
	// MFA, when set, says whose MFA codes the calls wait for. They are asked
	// for when the call that refers to them is about to be sent.
	MFA *MFA
	// Needs are the ids of the changes that must be done first.
	Needs []string
	// After are the ids of changes that must have ended first, however they
	// ended: what it does helps without them, too.
	After []string
	// Fixes are the keys of the findings that the change takes away
	// ([Finding.Key]); an id alone stands for all findings that have it.
	Fixes []string
	// Purpose says what for, where it is not to bring what is there to the blueprint.
	Purpose Purpose
	// Group and User name the group whose rights or members change, and the user who
	// becomes a member, or whose user or key it is.
	Group, User string
	// Environment names the environment that the change belongs to; its
	// failure does not stop the others.
	Environment string
	// Intent, when not nil, is journaled before the first call: the change is
	// one that AWS answers only once, or one whose target cannot carry a tag, or deletes an
	// access key ([Deleting]).
	Intent map[string]string
	// NotOurs is the ARN of something that exists without this blueprint's
	// tag. The change is left out until that ARN is adopted.
	NotOurs string
	// Undoes, when set, is what a change of the same run has made: only where its
	// value is the target is this change part of what that one announced.
	Undoes awsops.Reference
	// Unconfirmed, when set, is what is found where the change is due only since an
	// answer was lost and nobody has confirmed it, or as long as nobody has agreed to
	// NotOurs, in the place of the usual words.
	Unconfirmed *Finding
	// Leads says that NotOurs is no thing that is changed, but a place to which the
	// project's files lead Terraform.
	Leads bool
	// ConfirmByName says that agreeing to NotOurs takes typing it out: what is lost
	// cannot be brought back. --adopt agrees, too.
	ConfirmByName bool
	// Word is what is typed for it where NotOurs is nothing that a person types; Agreeing
	// is what agreeing is called where the thing is not adopted.
	Word, Agreeing string
	// Asks says in a few words why it needs a consent of its own, where that is not that
	// what it touches is not ours.
	Asks string
	// Takes names who loses something by the change. Such a change waits for consent of
	// its own, in NotOurs.
	Takes []string
	Cost  string
	// Cents are about how many US cents a month that is, at a team's use: some states of a
	// few kilobytes, some plans a day.
	Cents int
	Risk  string
	Undo  string
	// judged says that widens is all the access that the change gives.
	judged bool
	widens []Widening
}

// Purpose says what a change is for.
type Purpose int

// The purposes.
const (
	// Repair brings what is there to what the blueprint says, or back what is gone.
	Repair Purpose = iota
	// Make makes what cannot be brought back by making it: an account, a person's
	// user, the state encryption key.
	Make
	// Cosmetic is for order's sake: everything works as well without it.
	Cosmetic
	// Handover gives a person a key, or takes one that nobody can use.
	Handover
)

// FindingID is the id of a finding about the change: "iam.not-ours".
func (c Change) FindingID(problem string) string {
	return cmp.Or(c.Topic, string(c.Of)) + "." + problem
}

// IDs are those of the changes.
func IDs(changes []Change) map[string]bool {
	ids := make(map[string]bool, len(changes))
	for i := range changes {
		ids[changes[i].ID] = true
	}
	return ids
}

// Sends tells whether one of the calls is one of a service's operations, or any of
// them where none is named.
func (c Change) Sends(service string, operations ...string) bool {
	return slices.ContainsFunc(c.Calls, func(k awsops.Call) bool {
		return k.Service == service && (len(operations) == 0 || slices.Contains(operations, k.Operation))
	})
}

// NewFile tells whether the change writes a file that is not there yet.
func (c Change) NewFile() bool {
	return c.Write != nil && c.Action == WriteFile && !c.Write.Edit.Before.Exists
}

// Symbol is the change's mark in a plan; a new file is an addition, as in the plan's
// line.
func (c Change) Symbol() string {
	if c.NewFile() {
		return Create.Symbol()
	}
	return c.Action.Symbol()
}

// FixesFinding tells whether the change takes a finding away.
func (c Change) FixesFinding(f Finding) bool {
	return slices.Contains(c.Fixes, f.ID) || slices.Contains(c.Fixes, f.Key())
}

// FixesAny tells whether the change takes one of the findings away that have these [Keys].
func (c *Change) FixesAny(keys map[string]bool) bool {
	return slices.ContainsFunc(c.Fixes, func(key string) bool { return keys[key] })
}

// Write is one file to write, or to take away. The edit's text may hold
// references, which are filled when they are known; the write is refused when the file on disk is no
// longer the one that was inspected.
type Write struct {
	Edit files.Edit
	// Dir is the project's directory where the file lies below or beside it, empty for
	// the file's own.
	Dir string
	// Diff is the unified diff for people, with secrets redacted.
	Diff string
	// Seal, when set, seals the text for one reader before it is written.
	Seal *Seal
	// Remove takes the file away instead; of the edit only Before counts.
	Remove bool
}

// Seal says for whom a handover is sealed.
type Seal struct {
	User string
	// Recipient is an age or ssh-ed25519 public key; empty means a generated
	// passphrase that is shown once.
	Recipient string
}

// Counts are the three numbers of Terraform's plan line. A new file counts as
// an addition; a command counts as none.
func Counts(changes []Change) (add, change, destroy int) {
	var s Summary
	for i := range changes {
		s.Count(&changes[i])
	}
	return s.Add, s.Change, s.Destroy
}

// Commands counts the commands among changes, which Terraform's numbers leave out.
func Commands(changes []Change) int {
	var s Summary
	for i := range changes {
		s.Count(&changes[i])
	}
	return s.Run
}

// Count adds one more change to what a run planned.
func (s *Summary) Count(c *Change) {
	switch c.Action {
	case Create:
		s.Add++
	case Update:
		s.Change++
	case WriteFile:
		if c.Write != nil && c.Write.Edit.Before.Exists {
			s.Change++
		} else {
			s.Add++
		}
	case Delete:
		s.Destroy++
	case RunCommand:
		s.Run++
	}
}

// Line is the sentence that Terraform users look for.
func Line(changes []Change) string {
	var s Summary
	for i := range changes {
		s.Count(&changes[i])
	}
	return s.Line()
}

// Line is that sentence for what a run planned, with its commands behind it.
func (s *Summary) Line() string {
	line := fmt.Sprintf("Plan: %d to add, %d to change, %d to destroy.", s.Add, s.Change, s.Destroy)
	switch s.Run {
	case 0:
		return line
	case 1:
		return line + " 1 command to run."
	}
	return fmt.Sprintf("%s %d commands to run.", line, s.Run)
}

// MarshalJSON gives the change event's members of the JSON contract.
func (c Change) MarshalJSON() ([]byte, error) {
	type call struct {
		Service   string         `json:"service"`
		Operation string         `json:"operation"`
		Input     map[string]any `json:"input"`
	}
	calls := make([]call, 0, len(c.Calls))
	for _, k := range c.Calls {
		calls = append(calls, call{k.Service, k.Operation, k.InputMap()})
	}
	type access struct {
		Kind WideningKind `json:"kind"`
		For  string       `json:"for"`
		Text string       `json:"text"`
	}
	var gives []access
	for _, w := range c.Widens() {
		gives = append(gives, access{w.Kind, w.For, w.String()})
	}
	fields := c.Fields
	if fields == nil {
		fields = []Field{}
	}
	data, err := json.Marshal(struct {
		ID      string   `json:"id"`
		Step    int      `json:"step"`
		Action  Action   `json:"action"`
		Title   string   `json:"title"`
		Widens  bool     `json:"widens,omitempty"`
		Access  []access `json:"access,omitempty"`
		Target  string   `json:"target"`
		Account string   `json:"account"`
		Region  string   `json:"region,omitempty"`
		Profile string   `json:"profile,omitempty"`
		Fields  []Field  `json:"fields"`
		Calls   []call   `json:"calls"`
		Run     []string `json:"run,omitempty"`
		Diff    string   `json:"diff,omitempty"`
		Needs   []string `json:"needs,omitempty"`
		Mends   []string `json:"mends,omitempty"`
		Foreign string   `json:"adopt,omitempty"`
		Cost    string   `json:"cost,omitempty"`
		Risk    string   `json:"risk,omitempty"`
		Undo    string   `json:"undo,omitempty"`
	}{
		c.ID, c.Step, c.Action, c.Title, len(gives) > 0, gives, c.Target, c.Account, c.Region, c.Profile, fields, calls,
		c.runLines(), c.diff(), c.Needs, c.Fixes, c.NotOurs, c.Cost, c.Risk, c.Undo,
	})
	if err != nil {
		return nil, fmt.Errorf("change %s as JSON: %w", c.ID, err)
	}
	return []byte(awsops.ShowRefs(string(data))), nil
}

func (c Change) runLines() []string {
	if c.Run == nil {
		return nil
	}
	return c.Run.Lines
}

func (c Change) diff() string {
	if c.Write == nil {
		return ""
	}
	return c.Write.Diff
}

// ShowRefs gives a text with every reference as machines are shown it.
func ShowRefs(text string) string { return awsops.ShowRefs(text) }

// Known replaces references by the words that people read.
func Known(text string) string {
	return awsops.ReplaceRefs(text, func(awsops.Reference) string { return KnownAfterApply })
}

// Created lists the fields of something that is not there yet.
func Created(pairs ...string) []Field {
	fields := make([]Field, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		fields = append(fields, Field{Name: pairs[i], After: Known(pairs[i+1])})
	}
	return fields
}

// Typed is the word by which a person agrees to a change that takes one.
func (c *Change) Typed() string { return cmp.Or(c.Word, c.NotOurs) }

// Agree is what agreeing to a change is called that waits for a consent.
func (c *Change) Agree() string {
	switch {
	case c.Agreeing != "":
		return c.Agreeing
	case c.ConfirmByName:
		return "agree"
	}
	return "adopt"
}

// deletes is the name under which an intent holds the id of what it deletes.
const deletes = "deletes"

// Deleting is the intent of a change that deletes the access key of that id: a later look
// does not wait for a key that this laptop has deleted itself.
func Deleting(id string) map[string]string { return map[string]string{deletes: id} }

// Deletes is the id of what an intent deletes, empty where it deletes nothing.
func Deletes(intent map[string]string) string { return intent[deletes] }
