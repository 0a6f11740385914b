package troubleshoot

import (
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// staleAfter is the age at which a lock is more likely left behind than held.
const staleAfter = time.Hour

// held is a lock as it was found in one place or in both: Terraform with both
// kinds of lock puts the same id in each.
type held struct {
	info lockInfo
	// corrupt says that what lies there is no lock.
	corrupt bool
	item    *awsops.LockItem
	file    *awsops.Content
}

// locks are the locks of one state.
func (s *stateFacts) locks() []held {
	var all []held
	if s.lock != nil {
		info, ok := readLock(s.lock.Info)
		all = append(all, held{info: info, corrupt: !ok, item: s.lock})
	}
	if s.file == nil {
		return all
	}
	info, ok := readLock(string(s.file.Body))
	if len(all) > 0 && ok && all[0].info.ID == info.ID {
		all[0].file = s.file
		return all
	}
	return append(all, held{info: info, corrupt: !ok, file: s.file})
}

// judgeLock rules on whether somebody holds the state's lock.
func judgeLock(f *facts, p *site, s *stateFacts) []ruling {
	a := asked{name: checkLock, subject: s.project, question: fmt.Sprintf("the lock of s3://%s/%s, as %s", p.bucket, s.key, p.asked)}
	if s.locksByOperator {
		a.question = fmt.Sprintf("the lock of s3://%s/%s, as the operator, since %s may not see it", p.bucket, s.key, p.asked)
	}
	locks := s.locks()
	if len(locks) == 0 {
		switch {
		case s.locksByOperator:
		case s.lockErr != nil:
			return []ruling{a.undecided("%s", told(s.lockErr))}
		case s.fileErr != nil:
			return []ruling{a.undecided("%s", told(s.fileErr))}
		}
		return []ruling{a.passed("Nobody holds it.")}
	}
	var rulings []ruling
	for _, h := range locks {
		rulings = append(rulings, judgeHeld(f, p, s, a, h))
	}
	return rulings
}

func judgeHeld(f *facts, p *site, s *stateFacts, a asked, h held) ruling {
	where := h.where(s)
	if h.corrupt {
		return a.broken("What lies at "+where+" is no lock.", trouble{
			id: diagnosis.LockCorrupt.ID, cause: where,
			evidence: fmt.Sprintf("What lies at %s, where the lock of project %s belongs, is not a lock of Terraform's (JSON with an ID).", where, s.project),
			remedy:   "Make sure that nobody runs Terraform in this project, then delete it.",
			changes:  []plan.Change{release(f, p, s, h)},
		})
	}
	age := f.now.Sub(h.info.Created)
	t := trouble{
		id: diagnosis.LockHeld.ID, cause: h.info.ID, severity: plan.Info, changes: []plan.Change{release(f, p, s, h)},
		evidence: fmt.Sprintf("The lock of project %s at %s is held by %s for %s since %s (%s ago), id %s.",
			s.project, where, h.info.Who, operationOf(h.info), h.info.Created.UTC().Format(time.RFC3339), roundAge(age), h.info.ID),
		remedy: fmt.Sprintf("Wait for %s to finish; release the lock only when that run is surely over.", h.info.Who),
	}
	if age > staleAfter {
		t.severity = plan.Warning
		t.remedy = fmt.Sprintf("Ask %s whether that run is over, then release the lock by typing its id.", h.info.Who)
	}
	return a.broken(fmt.Sprintf("%s holds it since %s.", h.info.Who, h.info.Created.UTC().Format(time.RFC3339)), t)
}

func operationOf(l lockInfo) string {
	if l.Operation == "" {
		return "an operation that it does not name"
	}
	return l.Operation
}

// roundAge is an age as people tell it: "40s", "25m", "7h", "3 days".
func roundAge(age time.Duration) string {
	switch {
	case age < time.Minute:
		return age.Round(time.Second).String()
	case age < 2*time.Hour:
		return fmt.Sprintf("%dm", age/time.Minute)
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh", age/time.Hour)
	}
	return fmt.Sprintf("%d days", age/(24*time.Hour))
}

// where names the item and the file of a lock.
func (h held) where(s *stateFacts) string {
	text := ""
	if h.item != nil {
		text = fmt.Sprintf("item %s of table %s", s.lockID(), s.table)
	}
	if h.file != nil {
		if text != "" {
			text += " and "
		}
		text += fmt.Sprintf("s3://%s/%s", s.bucket, s.lockFile())
	}
	return text
}

// release takes a lock away that is still the one shown. It asks for the lock's
// id to be typed: two runs at a time can lose what one of them writes.
func release(f *facts, p *site, s *stateFacts, h held) plan.Change {
	kind, typed := "item", h.info.ID
	if h.item == nil {
		kind = "file"
	}
	if h.corrupt {
		typed = s.lockID()
	}
	c := plan.Change{
		ID: "lock.release." + s.project + "." + kind, Of: plan.StepLock, Action: plan.Delete,
		Title:  fmt.Sprintf("Release the lock of project %s, held by %s since %s", s.project, h.info.Who, h.info.Created.UTC().Format(time.RFC3339)),
		Target: h.where(s), Account: f.answers.AdminAccount, Region: p.region, Profile: p.hand(s),
		Foreign: typed, Typed: true,
		Risk: "If that run is not over, two write the state at a time, and what one of them did is forgotten.",
		Undo: "none; whoever runs Terraform next takes a lock of its own",
	}
	if h.corrupt {
		c.Title = fmt.Sprintf("Delete what lies where the lock of project %s belongs", s.project)
		c.Fields = []plan.Field{{Name: "lock", Before: "unreadable"}}
	} else {
		c.Fields = []plan.Field{
			{Name: "id", Before: h.info.ID},
			{Name: "who", Before: h.info.Who},
			{Name: "operation", Before: h.info.Operation},
			{Name: "created", Before: h.info.Created.UTC().Format(time.RFC3339)},
		}
	}
	if h.file != nil {
		c.Calls = append(c.Calls, awsops.DeleteObjectIf(s.bucket, s.lockFile(), f.answers.AdminAccount, h.file.ETag))
	}
	if h.item != nil {
		c.Calls = append(c.Calls, awsops.DeleteLockIf(s.table, s.lockID(), h.item.Info))
	}
	return c
}

// hand is the profile whose rights write locks and digests: the login's, unless
// it cannot sign in or lacks them, which leaves the operator's.
func (p *site) hand(s *stateFacts) string {
	if p.standIn {
		return ""
	}
	for _, d := range s.rights.results {
		if !d.Allowed && (d.Action == "dynamodb:DeleteItem" || d.Action == "dynamodb:PutItem" || d.Action == "s3:DeleteObject") {
			return ""
		}
	}
	return p.login.profile
}
