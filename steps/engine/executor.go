package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sort"
	"sync"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// settleInterval is the longest pause between two looks at whether AWS shows
// what was just made.
const settleInterval = 3 * time.Second

// OutputSettled is an output that every change with a call has: the time, by
// AWS's clock, from which on its last call counts everywhere.
const OutputSettled = "settled"

// PolicyDelay is how long AWS may go on deciding by a policy of before: what its
// console allows for when it revokes a role's sessions (IAM User Guide, "Revoking
// IAM role temporary security credentials").
const PolicyDelay = 30 * time.Second

// mayMeet is how often a change may find its target made by somebody else: a
// look may lag behind what is there.
const mayMeet = 3

// Executor applies changes: each as soon as what it needs is done, many at a
// time, and sends exactly the calls that stand in the changes.
type Executor struct {
	env     *Env
	answers *blueprint.Answers
	emit    plan.Emit
	// stop, once closed, lets the changes under way finish and starts no other.
	stop <-chan struct{}

	mu      sync.Mutex
	outputs map[awsops.Reference]string
	secrets map[awsops.Reference]secret.Secret
	// spent are the MFA devices whose codes were taken in this run: the one that
	// is shown may be used up.
	spent map[string]bool
	// met counts how often a change found its target made by somebody else; only
	// the loop of Apply reads and writes it.
	met map[string]int
	// findings are what the commands under way have found, backups the files that lie
	// beside those that were edited, and left what is still missing of a change, by its id.
	findings []plan.Finding
	backups  []string
	left     map[string]string
}

// Result is what became of a plan.
type Result struct {
	Applied int
	Failed  []plan.FailedChange
	// Skipped are the changes left out because one that they need failed, or
	// because the run was stopped.
	Skipped []plan.Change
	// Unknown are the changes whose answer was lost: AWS may or may not have
	// made them, and only another inspection tells.
	Unknown []plan.Change
	// Taken are those of Unknown that somebody else has made, by their ids.
	Taken []string
	// Findings are what the commands found that is worth telling and no
	// failure; each is given once, by the Apply in which it was found.
	Findings []plan.Finding
	// Backups are the paths of what the edited files held before.
	Backups []string
}

// NewExecutor returns an executor over env that reports to emit. A closed stop
// starts no further change; nil never stops.
func NewExecutor(env *Env, a *blueprint.Answers, emit plan.Emit, stop <-chan struct{}) *Executor {
	return &Executor{
		env: env, answers: a, emit: emit, stop: stop,
		outputs: map[awsops.Reference]string{},
		secrets: map[awsops.Reference]secret.Secret{}, spent: map[string]bool{}, met: map[string]int{},
	}
}

// done is what a worker reports of one change.
type done struct {
	index int
	err   error
	took  time.Duration
}

// Apply makes the changes. It returns when every change is applied, failed or
// skipped; it never stops at the first failure.
func (x *Executor) Apply(ctx context.Context, changes []plan.Change) Result {
	s := plan.NewOrder(changes)
	results := make(chan done)
	running := 0
	var result Result
	for {
		for running < x.env.Parallel && !x.stopped(ctx) {
			index, ok := s.Next()
			if !ok {
				break
			}
			running++
			go func() {
				x.emit(plan.Event{Kind: plan.EventStarted, Change: &changes[index]})
				start := time.Now()
				err := Guarded(func() error { return x.change(ctx, changes[index]) })
				results <- done{index, err, time.Since(start)}
			}()
		}
		if running == 0 {
			break
		}
		d := <-results
		running--
		x.report(&result, s, changes, d)
	}
	for _, i := range s.Left() {
		result.Skipped = append(result.Skipped, changes[i])
	}
	result.Findings, x.findings = plan.Together(x.inOrder(x.findings)), nil
	result.Backups, x.backups = x.backups, nil
	return result
}

// report books the outcome of one change and tells it to the presenter.
func (x *Executor) report(result *Result, s *plan.Order, changes []plan.Change, d done) {
	c := &changes[d.index]
	if d.err == nil {
		result.Applied++
		s.Done(d.index)
		x.mu.Lock()
		left := x.left[c.ID]
		x.mu.Unlock()
		x.emit(plan.Event{Kind: plan.EventApplied, Change: c, Took: d.took, Text: left})
		return
	}
	if lost := awsops.IsOutcomeUnknown(d.err); lost || x.taken(c.ID, d.err) {
		result.Unknown = append(result.Unknown, *c)
		if !lost {
			result.Taken = append(result.Taken, c.ID)
		}
	} else {
		result.Failed = append(result.Failed, plan.FailedChange{Change: *c, Err: d.err})
		x.emit(plan.Event{Kind: plan.EventFailed, Change: c, Err: d.err, Took: d.took})
	}
	for _, i := range s.Fail(d.index) {
		result.Skipped = append(result.Skipped, changes[i])
		x.emit(plan.Event{Kind: plan.EventSkipped, Change: &changes[i], Text: "needs " + c.ID})
	}
}

// inOrder puts findings in the order of the blueprint's projects; others come first.
func (x *Executor) inOrder(findings []plan.Finding) []plan.Finding {
	if len(findings) == 0 {
		return nil
	}
	place := map[string]int{} // from 1 on
	for i, p := range x.answers.Projects {
		place[p.Name] = i + 1
	}
	sort.SliceStable(findings, func(i, j int) bool { return place[findings[i].Subject] < place[findings[j].Subject] })
	return findings
}

// taken says that somebody else has made what the change was to make, since it
// was planned. What depends on it must not go on with what the plan knew: it is
// looked at again, and planned from what is there. A change that is planned
// again and found taken again is a failure: the look does not see what is in
// the way.
func (x *Executor) taken(id string, err error) bool {
	if !awsops.IsTaken(err) || x.met[id] >= mayMeet {
		return false
	}
	x.met[id]++
	return true
}

func (x *Executor) stopped(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-x.stop:
		return true
	default:
		return false
	}
}

// change makes one change: its intent in the journal, its calls in order, what
// AWS gives only once onto the disk, then its file and its command.
func (x *Executor) change(ctx context.Context, c plan.Change) error {
	if x.env.NoWidening && len(c.Widens()) > 0 {
		return errWidens(c)
	}
	room, err := x.reserve(ctx, c)
	if err != nil {
		return err
	}
	if room != nil {
		defer room.Close()
	}
	if c.Intent != nil {
		if err := x.env.Journal.Append(recordName(c), PhaseIntent, c.Intent); err != nil {
			return err
		}
	}
	if err := x.callsAndFile(ctx, c, room); err != nil {
		return errors.Join(err, x.unmade(c, err))
	}
	if c.Run != nil {
		if err := x.run(ctx, c); err != nil {
			return err
		}
	}
	if c.Intent != nil {
		return x.env.Journal.Append(recordName(c), PhaseDone, nil)
	}
	return nil
}

// unmade notes what became of an intent to make one thing where that is not known to be
// there: AWS has refused it, else what somebody else makes at the same time passes for
// what this run has lost, or no answer came, and AWS takes time from now on to show it.
func (x *Executor) unmade(c plan.Change, err error) error {
	made, known := x.lookup(awsops.Reference{Change: c.ID, Output: "id"})
	switch {
	case c.Intent == nil || len(c.Calls) != 1 || known && made != "":
		return nil
	case awsops.IsRefused(err):
		return x.env.Journal.Append(recordName(c), phaseRefused, nil)
	case awsops.IsOutcomeUnknown(err):
		return x.env.Journal.Append(recordName(c), phaseUnanswered, nil)
	}
	return nil
}

// callsAndFile makes the calls of a change and writes its file. What AWS gave only
// once is written even where something else went wrong after it.
func (x *Executor) callsAndFile(ctx context.Context, c plan.Change, room *files.Reservation) error {
	err := x.calls(ctx, c)
	if c.Write == nil || err != nil && !x.holdsSecret(c.ID) {
		return err
	}
	return errors.Join(err, x.write(ctx, c, room))
}

// holdsSecret tells whether AWS gave the change a secret.
func (x *Executor) holdsSecret(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for ref := range x.secrets {
		if ref.Change == id {
			return true
		}
	}
	return false
}

func (x *Executor) calls(ctx context.Context, c plan.Change) error {
	if len(c.Calls) == 0 {
		return nil
	}
	account, err := x.fill(c.Account)
	if err != nil {
		return err
	}
	session, err := x.env.sessionOf(ctx, c, account)
	if err != nil {
		return err
	}
	for _, planned := range c.Calls {
		out, err := x.sendPlanned(ctx, session, planned, c)
		if err != nil {
			return err
		}
		if err := x.keep(c, out); err != nil {
			return err
		}
		if err := x.settle(ctx, session, c, planned, out); err != nil {
			return err
		}
	}
	return nil
}

// sendPlanned sends a call once what it refers to is known, be it from AWS or
// from a person.
func (x *Executor) sendPlanned(ctx context.Context, s *awsops.Session, planned awsops.Call, c plan.Change) (awsops.Outputs, error) {
	if c.MFA != nil && asksForCode(c.ID, planned) {
		return x.sendWithCode(ctx, s, planned, c)
	}
	call, err := planned.Resolve(x.lookup)
	if err != nil {
		return awsops.Outputs{}, fmt.Errorf("%s: %w", c.ID, err)
	}
	return x.send(ctx, s, call, c)
}

// send makes one call, and makes it again while AWS does not yet show what an
// earlier change made: the call itself is the probe. A "create" that finds its
// target there after an attempt whose answer was lost has succeeded, and so has
// whatever takes away what is gone already. What a look has just seen may be one that
// AWS does not know everywhere yet: a key that is only said to be gone would stay.
func (x *Executor) send(ctx context.Context, s *awsops.Session, call awsops.Call, c plan.Change) (out awsops.Outputs, err error) {
	begun := time.Now()
	pollErr := awsops.Poll(ctx, max(x.env.Patience, call.Patience()), settleInterval, func(ctx context.Context) (bool, error) {
		early := time.Since(begun) < x.env.Patience/newsShare // as the call begins: its attempts may take long
		out, err = s.Do(ctx, call)
		gone := awsops.AlreadyGone(call, err)
		if gone && early && !awsops.TakenByLostAttempt(call, err) {
			return false, nil
		}
		if gone || awsops.MadeByLostAttempt(err) {
			err = nil
		}
		return err == nil || !mayHeal(err, c), nil
	})
	return out, errors.Join(err, pollErr)
}

// mayHeal tells an error that passes once AWS shows what the changes before
// this one made, or has finished what it is at. A new account's role is denied until then, and a new
// organization makes no account while it is being finished.
func mayHeal(err error, c plan.Change) bool {
	newAccount := len(awsops.FindRefs(c.Account)) > 0
	return awsops.HasCode(err, "FinalizingOrganization") || awsops.IsBusy(err) || len(c.Needs) > 0 && (awsops.IsNotYetVisible(err) || awsops.IsUnknownDevice(err)) || newAccount && awsops.IsAccessDenied(err)
}

// keep remembers what a call returned, for the changes that refer to it, and
// journals it when AWS gives it only once.
func (x *Executor) keep(c plan.Change, out awsops.Outputs) error {
	values := map[string]string{OutputSettled: settledAt(out)}
	maps.Copy(values, out.Values)
	x.mu.Lock()
	for name, value := range values {
		x.outputs[awsops.Reference{Change: c.ID, Output: name}] = value
	}
	for name, hidden := range map[string]secret.Secret{"secret": out.Secret, "token": out.Token} {
		if !hidden.IsZero() {
			x.secrets[awsops.Reference{Change: c.ID, Output: name}] = hidden
		}
	}
	x.mu.Unlock()
	if c.Intent == nil {
		return nil
	}
	return x.env.Journal.Append(recordName(c), PhaseGot, values)
}

// settledAt is when the call that was answered so counts everywhere.
func settledAt(out awsops.Outputs) string {
	at := out.At
	if at.IsZero() { // a lost answer to what was there already
		at = time.Now()
	}
	return at.Add(PolicyDelay).UTC().Format(time.RFC3339)
}

// settle waits for the few creations that AWS finishes after it has answered.
func (x *Executor) settle(ctx context.Context, s *awsops.Session, c plan.Change, call awsops.Call, out awsops.Outputs) error {
	known, err := s.Settle(ctx, call, out)
	var refused *awsops.NotCreatedError
	switch {
	case errors.As(err, &refused):
		return notCreated(c, refused.Reason)
	case err != nil || len(known) == 0:
		return err
	}
	return x.keep(c, awsops.Outputs{Values: known})
}

func (x *Executor) lookup(r awsops.Reference) (string, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	value, ok := x.outputs[r]
	return value, ok
}

// fill replaces the references in text by what the changes before returned. A
// secret is filled only here, on its way to the file it is sealed into.
func (x *Executor) fill(text string) (string, error) {
	var missing error
	filled := awsops.ReplaceRefs(text, func(r awsops.Reference) string {
		if value, ok := x.lookup(r); ok {
			return value
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		hidden, found := x.secrets[r]
		if !found {
			missing = fmt.Errorf("nothing was returned for %s", r)
		}
		return hidden.Reveal()
	})
	return filled, missing
}

// notCreated is AWS's refusal to make an account: its own word, what that means
// and the one thing to do.
func notCreated(c plan.Change, reason string) error {
	meaning, remedy := "", "Look up the reason in the Organizations API reference, under CreateAccountStatus, then run the command again."
	switch reason {
	case "EMAIL_ALREADY_EXISTS":
		meaning = " The address belongs to another AWS account, perhaps one that is closed."
		remedy = fmt.Sprintf("Choose another with --set environment.%s.email=ADDRESS.", c.Environment)
	case "ACCOUNT_LIMIT_EXCEEDED":
		meaning = " The organization holds as many accounts as its quota allows."
		remedy = "Request a higher quota (Service Quotas, AWS Organizations), then run the command again."
	}
	return fmt.Errorf("AWS did not create account %s for %s: %s.%s %s", c.Environment, c.Target, reason, meaning, remedy)
}
