package troubleshoot

import (
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// judgeTable rules on a lock table: that it is there and has the one key that
// Terraform uses.
func judgeTable(f *facts, p *site, t *tableFacts) ruling {
	a := asked{name: checkTable, question: fmt.Sprintf("dynamodb:DescribeTable on %s in %s, as %s", t.name, p.region, p.asked), resource: t.name}
	switch {
	case diagnosis.Outage(t.describeErr) != nil:
		return a.failedBy(t.describeErr)
	case t.describeErr != nil:
		return a.undecided("Terraform does not need to describe the table: %s", told(t.describeErr))
	case t.table == nil:
		return missingTable(f, p, t, a)
	case !t.table.IsLockTable():
		return a.broken("Its key is "+schemaOf(t.table)+".", trouble{
			id: diagnosis.TableSchema.ID, cause: t.name,
			evidence: fmt.Sprintf("Table %s has the key %s, but Terraform needs exactly LockID (S) HASH. It concerns %s.", t.table.ARN, schemaOf(t.table), someOf(t.projects)),
			remedy:   "Name another table in the backend; a key schema cannot be changed, and this table is never recreated: it may be somebody's data.",
		})
	case t.table.Status != "ACTIVE" && t.table.Status != "UPDATING":
		return a.undecided("It is %s; ask again in a minute.", t.table.Status)
	}
	return a.passed("Its key is LockID (S) HASH.")
}

func schemaOf(t *awsops.Table) string {
	var keys []string
	for _, k := range t.Keys {
		keys = append(keys, fmt.Sprintf("%s (%s) %s", k.Name, k.Type, k.Role))
	}
	return strings.Join(keys, ", ")
}

func missingTable(f *facts, p *site, t *tableFacts, a asked) ruling {
	found := trouble{
		id: diagnosis.TableMissing.ID, cause: t.name,
		evidence: fmt.Sprintf("There is no table %s in %s, which the backend of %s names for its lock.", t.name, p.region, someOf(t.projects)),
		remedy:   fmt.Sprintf("Correct dynamodb_table in the backend; the blueprint's is %q.", f.answers.Lock.DynamoDBTable),
	}
	if t.name == f.answers.Lock.DynamoDBTable {
		found.remedy = "Create it with stateroom setup, as the operator."
		found.mended = func(c plan.Change) bool { return c.Sends("dynamodb") }
		found.handOn = &handOn{who: p.asked, needs: []string{plan.CommandLine(
			plan.Change{Region: p.region}, awsops.CreateTable(t.name, awsops.PayPerRequest, 0, 0, nil))}}
	}
	return a.broken("There is none.", found)
}

// judgeItems rules on the right to read and write the table's items.
func judgeItems(f *facts, p *site, s *stateFacts) ruling {
	arn := p.tableARN(f, s.table)
	a := asked{name: checkTable, subject: s.project, question: fmt.Sprintf("dynamodb:GetItem of %s in %s, as %s", s.lockID(), s.table, p.asked), resource: s.table}
	err := errors.Join(s.lockErr, s.digestErr)
	q := question{action: "dynamodb:GetItem", resource: arn, err: err, rights: s.rights}
	switch {
	case awsops.IsNotFound(s.lockErr) || awsops.HasCode(s.lockErr, "ValidationException"):
		return a.undecided("The table itself has to be mended first.")
	case err != nil:
		return judgeAnswer(f, p, a, err, q, diagnosis.TableDenied.ID, s.target)
	case p.standIn:
		return a.undecided("%s cannot sign in; the operator may.", p.login.who())
	}
	a.question = fmt.Sprintf("iam:SimulatePrincipalPolicy for %s on %s", strings.Join(tableActions, ", "), s.table)
	if r := f.judgeRights(p, a, s, diagnosis.TableDenied.ID, arn, tableActions[:2]...); r.check.Verdict != plan.Passed {
		return r
	}
	return f.judgeRights(p, a, s, diagnosis.LockReleaseFailed.ID, arn, tableActions[2])
}
