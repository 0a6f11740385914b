package account

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// checkLocks is about the locks of a bucket's states: their table, the right to its
// items, and who holds them.
func checkLocks(f *facts, b *bucketAccess) (results []health.Result) {
	for _, t := range b.tables {
		results = append(results, checkTable(f, b, t))
	}
	for _, s := range b.states {
		if b.closed() && s.Bucket != f.answers.Bucket.Name {
			continue // the right to its lock was never given
		}
		if s.Table != "" {
			results = append(results, checkItems(f, s))
		}
		results = append(results, checkHolder(f, s)...)
	}
	return results
}

// checkTable is about a lock table: that it is there and has the one key that
// Terraform uses.
func checkTable(f *facts, b *bucketAccess, t *tableAccess) health.Result {
	c := health.Question{Name: nameTable, Asked: fmt.Sprintf("dynamodb:DescribeTable on %s in %s, as %s", t.name, b.region, b.asked), Resource: t.name, Apart: b.by.with(t.name)}
	switch outage := diagnosis.Outage(t.describeErr); {
	case outage != nil:
		return outageOf(c, outage, t.describeErr)
	case t.describeErr != nil:
		return c.Undecided("Terraform does not need to describe the table: %s", diagnosis.Describe(t.describeErr))
	case t.table == nil:
		return c.Failed("Not found.", missingTable(f, b, t))
	case !t.table.IsLockTable():
		x := faultOf(diagnosis.TableSchema, t.name,
			fmt.Sprintf("Table %s has the key %s, but Terraform needs exactly LockID (S) HASH. It affects %s.", t.table.ARN, t.table.Schema(), someOf(t.projects)))
		x.Remedy = "Name another table in the backend; a key schema cannot be changed, and this table is never recreated: it may be somebody's data."
		return c.Failed("Its key is "+t.table.Schema()+".", x)
	case t.table.Status != "ACTIVE" && t.table.Status != "UPDATING":
		return c.Undecided("It is %s; ask again in a minute.", t.table.Status)
	}
	return c.Passed("Its key is LockID (S) HASH.")
}

func missingTable(f *facts, b *bucketAccess, t *tableAccess) health.Result {
	x := faultOf(diagnosis.TableMissing, t.name,
		fmt.Sprintf("There is no table %s in %s, which the backend of %s names for its lock.", t.name, b.region, someOf(t.projects)))
	x.Name = t.name
	if t.name != f.answers.Lock.DynamoDBTable {
		x.Remedy = fmt.Sprintf("Correct dynamodb_table in the backend; the blueprint's is %q.", f.answers.Lock.DynamoDBTable)
		return x
	}
	x.Remedy = "Create it with stateroom setup, as the operator."
	x.Changes = planned(f, sends("dynamodb"))
	x.Who, x.Needs = b.asked, []string{plan.CommandLine(plan.Change{Region: b.region}, awsops.CreateTable(t.name, awsops.PayPerRequest, 0, 0, nil))}
	return x
}

// checkItems is about the right to read and write the table's items.
func checkItems(f *facts, s *stateAccess) health.Result {
	b, table := s.in, s.tableARN(f.answers.AdminAccount)
	c := health.Question{Name: nameItems, Subject: s.Project, Asked: fmt.Sprintf("dynamodb:GetItem of %s in %s, as %s", s.LockID(), s.Table, b.asked), Resource: s.Table}
	err := errors.Join(s.lockErr, s.digestErr)
	switch {
	case awsops.IsNotFound(s.lockErr) || awsops.HasCode(s.lockErr, "ValidationException"):
		return c.Undecided("The table itself has to be fixed first.")
	case err != nil || b.standIn:
		q := s.ask(f, "dynamodb:GetItem", table)
		q.err, q.attached = err, nil
		return judge(f, c, q, diagnosis.TableDenied)
	}
	c.Asked = fmt.Sprintf("iam:SimulatePrincipalPolicy for %s on %s", strings.Join(tableActions, ", "), s.Table)
	return s.simulated(f, c, table,
		right{tableActions[0], diagnosis.TableDenied}, right{tableActions[1], diagnosis.TableDenied}, right{tableActions[2], diagnosis.LockReleaseFailed})
}

// staleAfter is the age at which a lock is more likely left behind than held.
const staleAfter = time.Hour

// held is a lock as it was found in one place or in both: Terraform with both
// kinds of lock puts the same id in each.
type held struct {
	info tf.LockInfo
	// corrupt says that what lies there is no lock.
	corrupt bool
	item    *awsops.LockItem
	file    *awsops.Content
}

// locks are the locks of one state.
func (s *stateAccess) locks() []held {
	var all []held
	if s.lock != nil {
		info, ok := tf.ReadLock(s.lock.Info)
		all = append(all, held{info: info, corrupt: !ok, item: s.lock})
	}
	if s.file == nil {
		return all
	}
	info, ok := tf.ReadLock(string(s.file.Body))
	if len(all) > 0 && ok && all[0].info.ID == info.ID {
		all[0].file = s.file
		return all
	}
	return append(all, held{info: info, corrupt: !ok, file: s.file})
}

// checkHolder is about whether somebody holds the state's lock.
func checkHolder(f *facts, s *stateAccess) []health.Result {
	c := health.Question{Name: nameLock, Subject: s.Project, Asked: fmt.Sprintf("the lock of %s, as %s", s.StateLocation, s.in.asked)}
	if s.locksByOperator {
		c.Asked = fmt.Sprintf("the lock of %s, as the operator, since %s may not see it", s.StateLocation, s.in.asked)
	}
	locks := s.locks()
	switch {
	case len(locks) > 0:
		results := make([]health.Result, len(locks))
		for i, h := range locks {
			results[i] = checkHeld(f, s, c, h)
		}
		return results
	case s.lockErr != nil && !s.locksByOperator:
		return []health.Result{c.Undecided("%s", diagnosis.Describe(s.lockErr))}
	case s.fileErr != nil && !s.locksByOperator:
		return []health.Result{c.Undecided("%s", diagnosis.Describe(s.fileErr))}
	}
	return []health.Result{c.Passed("Not locked.")}
}

func checkHeld(f *facts, s *stateAccess, c health.Question, h held) health.Result {
	where := h.where(s)
	c.Apart = where
	if h.corrupt {
		x := faultOf(diagnosis.LockCorrupt, where,
			fmt.Sprintf("The content of %s, where the lock of project %s belongs, is not a Terraform lock (JSON with an ID).", where, s.Project))
		x.Changes = []plan.Change{release(f, s, h)}
		return c.Failed("The content of "+where+" is not a lock.", x)
	}
	age, since, operation := f.now.Sub(h.info.Created), h.info.Since(), h.info.Operation
	if operation == "" {
		operation = "an operation that it does not name"
	}
	x := faultOf(diagnosis.LockHeld, h.info.ID, fmt.Sprintf("The lock of project %s at %s has been held by %s for %s since %s (%s ago), id %s.",
		s.Project, where, h.info.Who, operation, since, roundAge(age), h.info.ID))
	x.Changes, x.Advice = []plan.Change{release(f, s, h)}, true
	x.Severity = plan.Info
	x.Lead = fmt.Sprintf("%s has held the lock of %s for %s, since %s.", h.info.Who, s.Project, roundAge(age), since)
	x.Remedy = fmt.Sprintf("Wait for %s to finish; release the lock only when that run is surely over.", h.info.Who)
	if age > staleAfter {
		x.Severity = plan.Warning
		x.Remedy = fmt.Sprintf("Ask %s whether that run is over; if it is, confirm the release of the lock.", h.info.Who)
	}
	return c.Failed(fmt.Sprintf("%s has held it for %s.", h.info.Who, roundAge(age)), x)
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
func (h held) where(s *stateAccess) string {
	var places []string
	if h.item != nil {
		places = append(places, fmt.Sprintf("item %s of table %s", s.LockID(), s.Table))
	}
	if h.file != nil {
		places = append(places, fmt.Sprintf("s3://%s/%s", s.Bucket, s.LockFile()))
	}
	return strings.Join(places, " and ")
}
