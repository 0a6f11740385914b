package onboard

import (
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// sessionsOf is what the operator types to end the sessions of everybody in the
// environments' roles.
func sessionsOf(user string) string { return user + "/sessions" }

// longest is how long a session of the role lasts.
func longest(role roleAccess) time.Duration {
	return max(time.Hour, time.Duration(role.Role.MaxSession)*time.Second)
}

// roleSessions is what is known of the sessions in one role that the user may
// hold. They are the role's and not the user's: no deny of the user reaches them.
type roleSessions struct {
	role roleAccess
	// ended is the time before which all were revoked, zero where none were.
	ended time.Time
	// until is when the last of them ends by itself, zero where that is not known:
	// the user may open more, or it is not known since when it cannot.
	until time.Time
	// over says that none can be alive, as far as is known.
	over bool
}

// roleSessions are those of every role that can be looked at. Which of them the
// user ever opened nobody records, so that each counts.
func (o *offboarding) roleSessions() []roleSessions {
	var all []roleSessions
	for _, role := range o.access.Roles {
		if role.Role == nil {
			continue
		}
		s := roleSessions{role: role}
		if !o.ended.IsZero() {
			s.until = o.ended.Add(longest(role))
		}
		before, revoked := policy.Revoked(role.Inline[steps.RevocationOf(o.name)])
		if revoked && (o.denied || o.User == nil) && !before.Before(o.ended) {
			s.ended = before
		}
		s.over = !s.ended.IsZero() || !s.until.IsZero() && o.now.After(s.until) || o.User == nil && o.ended.IsZero()
		all = append(all, s)
	}
	return all
}

// endSessions plans to end the role sessions that the user may hold. Where a
// session's name does not tell whose it is, that takes the operator's word: those
// of everybody end, and a Terraform that is under way in one stops half-way.
func (o *offboarding) endSessions() {
	var order []string
	open := map[string][]string{} // environments by until when
	for _, s := range o.roleSessions() {
		if s.over {
			continue
		}
		c := o.revoke(s.role)
		o.add(c)
		if c.NotOurs == "" || o.answers.Adopted(c.NotOurs) {
			continue
		}
		until := o.lasting(s)
		if open[until] == nil {
			order = append(order, until)
		}
		open[until] = append(open[until], s.role.Environment.Name)
	}
	for _, until := range order {
		o.find(plan.Finding{
			ID: "offboard.sessions", Of: plan.StepIAM, Severity: plan.Info,
			Evidence: fmt.Sprintf("Sessions of the roles in %s that %s may have opened stay open %s.", plan.Listed(open[until]), o.name, until),
			Remedy:   "Wait, or end them now, with everybody else's of these roles.",
			Commands: plan.Allow("End them now", sessionsOf(o.name)),
		})
	}
}

// lasting says until when the sessions of a role may go on.
func (o *offboarding) lasting(s roleSessions) string {
	switch {
	case !s.until.IsZero():
		return "until " + clock(s.until) + " at the latest"
	case o.denied:
		return "until " + clock(o.now.Add(longest(s.role))) + " at the latest"
	}
	return "for up to " + hours(longest(s.role)) + " after the user is denied everything"
}

// revoke ends the sessions of a role that were opened before the deny of the
// user counted.
func (o *offboarding) revoke(role roleAccess) plan.Change {
	before := o.now.Add(engine.PolicyDelay).Format(time.RFC3339)
	if o.User != nil && !o.denied {
		before = awsops.Ref(denyChange(o.name), engine.OutputSettled)
	}
	name, word := "", sessionsOf(o.name)
	whose := "everybody's sessions"
	risk := "Anyone who works in this environment has to sign in again, and a terraform apply that is running there stops half-way."
	// Once the user was taken out of the trust, it no longer tells what let the
	// user in.
	if trust, err := policy.Parse(role.Role.Trust); err == nil && !o.denied && o.User != nil && policy.FixesSessionName(trust) {
		name, word, whose, risk = o.name, "", plan.Whose(o.name)+" sessions", ""
	}
	doc, inline := policy.RevokeSessions(before, name).JSON(), steps.RevocationOf(o.name)
	c := role.change(plan.Change{
		ID:     "offboard.sessions." + role.Environment.Name,
		Topic:  topicOffboard,
		Title:  fmt.Sprintf("End %s in %s in %s that are open now", whose, role.Role.Name, role.Environment.Name),
		Fields: []plan.Field{{Name: "inline policy " + inline, After: policy.RevokeSessions(knownTime(before), name).JSON()}},
		Calls:  []awsops.Call{awsops.PutRolePolicy(role.Role.Name, inline, doc)},
		Needs:  []string{denyChange(o.name)}, NotOurs: word, ConfirmByName: word != "", Risk: risk,
		Undo: fmt.Sprintf("aws iam delete-role-policy --role-name %s --policy-name %s; stateroom setup does it once all of them have ended", role.Role.Name, inline),
	})
	c.Judge() // it only denies
	return c
}

// knownTime is a time for people to read.
func knownTime(text string) string {
	if len(awsops.FindRefs(text)) > 0 {
		return plan.KnownAfterApply
	}
	return text
}

// clock is a time of day for people; tomorrow's is told with its date.
func clock(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 January") }

// hours are a role's longest session in words.
func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return plan.Counted(int(d/time.Hour), "hour")
	}
	return plan.Counted(int(d/time.Minute), "minute")
}

// sessionNotes tell of every role whether sessions may be alive, those that are
// alike in one sentence.
func (o *offboarding) sessionNotes() []string {
	var sentences []string
	names := map[string][]string{}
	for _, s := range o.roleSessions() {
		text := ""
		switch {
		case !s.ended.IsZero():
			text = "Role sessions in %s from before " + clock(s.ended) + " are ended."
		case s.over && !s.until.IsZero():
			text = "Role sessions in %s that " + o.name + " may have had ended by " + clock(s.until) + "."
		case s.over:
			text = "Role sessions in %s: when " + o.name + " was taken away is not known here; they end by themselves, within " + hours(longest(s.role)) + " of that."
		default:
			text = "Role sessions in %s that " + o.name + " may have opened belong to the role and stay open " + o.lasting(s) + "."
		}
		if !slices.Contains(sentences, text) {
			sentences = append(sentences, text)
		}
		names[text] = append(names[text], s.role.Environment.Name)
	}
	var notes []string
	for _, text := range sentences {
		notes = append(notes, fmt.Sprintf(text, plan.Listed(names[text])))
	}
	return notes
}
