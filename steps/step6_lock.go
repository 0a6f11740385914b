package steps

import (
	"context"
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// lockStep is step 6: the DynamoDB table that keeps two applies apart. The S3
// lock file needs nothing made beforehand.
func lockStep() Step {
	return Step{
		Name: plan.StepLock, Title: "State lock", Short: "Lock",
		Why: "Two applies at a time would overwrite each other's state, so Terraform takes a lock first. " +
			"The S3 lock file is today's way (Terraform 1.11); a DynamoDB table serves older versions, and both together serve everyone.",
		Cost:      "A lock file in S3 costs nothing to speak of, and neither does a DynamoDB table on demand.",
		AWSOnly:   true,
		Questions: lockQuestions, Inspect: inspectTable, Plan: planTable, Facts: tableFacts,
	}
}

// LockFacts are the lock table as found; Table is nil when it is not there.
type LockFacts struct {
	Table *awsops.Table
}

const changeTable = "lock.create"

func lockQuestions(a *blueprint.Answers) []plan.Question {
	return []plan.Question{
		{Path: "lock.use_lockfile", Prompt: "Use the S3 lock file", Kind: plan.Confirm, Default: fmt.Sprint(a.Lock.UseLockfile), Help: "Terraform 1.10 and later, OpenTofu 1.10 and later."},
		{Path: "lock.dynamodb_table", Prompt: "DynamoDB lock table, empty for none", Name: "DynamoDB lock table", Kind: plan.Text, Default: a.Lock.DynamoDBTable, Help: "One table for all projects. On demand it costs next to nothing."},
	}
}

// inspectTable reads the table, if the blueprint wants one. One that is still being
// made or changed, as a killed run leaves it, takes no other change until then.
func inspectTable(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	if a.Lock.DynamoDBTable == "" {
		return nil
	}
	var err error
	home := env.Sessions.Home(a.StateRegion)
	o.Lock.Table, err = home.Table(ctx, a.Lock.DynamoDBTable)
	if err != nil || o.Lock.Table == nil || o.Lock.Table.Status == "ACTIVE" {
		return err
	}
	if err := home.WaitTableActive(ctx, a.Lock.DynamoDBTable); err != nil {
		return err
	}
	o.Lock.Table, err = home.Table(ctx, a.Lock.DynamoDBTable)
	return err
}

func tableARN(o *Observed, a *blueprint.Answers) string {
	return "arn:" + o.partition() + ":dynamodb:" + a.StateRegion + ":" + a.AdminAccount + ":table/" + a.Lock.DynamoDBTable
}

// planTable creates the table or protects the one that is there. A table with the
// wrong key schema is never recreated: it may be somebody's data.
func planTable(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	t := o.Lock.Table
	switch {
	case a.Lock.DynamoDBTable == "":
	case t == nil:
		p.Change(createTable(o, a), recoverTable(o, a))
	default:
		if bad := unusableTable(a, t); bad != nil {
			p.Find(*bad)
		} else {
			updateTable(o, a, t, &p)
		}
	}
	return p
}

func tableChange(o *Observed, a *blueprint.Answers, id, title string, calls ...awsops.Call) plan.Change {
	return plan.InAdminAccount(a, id, plan.Update, title, tableARN(o, a), calls...)
}

func createTable(o *Observed, a *blueprint.Answers) plan.Change {
	c := tableChange(o, a, changeTable, "Create the lock table "+a.Lock.DynamoDBTable,
		awsops.CreateTable(a.Lock.DynamoDBTable, a.Lock.BillingMode, 1, 1, plan.TagsOf(a)))
	c.JudgeTags(a, "table "+a.Lock.DynamoDBTable, plan.TagsOf(a))
	c.Action = plan.Create
	c.Fields = plan.Created("key", "LockID (S) HASH", "billing", a.Lock.BillingMode, "deletion protection", "on", "encryption", "on")
	if a.Lock.BillingMode == blueprint.BillingProvisioned {
		c.Cents = 60
	}
	c.Cost = "next to nothing: each lock is two writes and a read (1/1 provisioned: about 0.6 USD a month)"
	c.Undo = "aws dynamodb update-table --table-name NAME --no-deletion-protection-enabled, then aws dynamodb delete-table"
	return c
}

func recoverTable(o *Observed, a *blueprint.Answers) plan.Change {
	c := tableChange(o, a, "lock.point-in-time-recovery", "Turn on point-in-time recovery of the lock table", awsops.UpdateContinuousBackups(a.Lock.DynamoDBTable, true))
	c.Fields = []plan.Field{{Name: "point-in-time recovery", Before: "off", After: "on"}}
	c.Needs = []string{changeTable}
	return c
}

func unusableTable(a *blueprint.Answers, t *awsops.Table) *plan.Finding {
	finding := &plan.Finding{Severity: plan.Failure, Blocks: true}
	switch {
	case !t.IsLockTable():
		finding.ID = diagnosis.TableSchema.ID
		finding.Evidence = fmt.Sprintf("Table %s has the key %s, but Terraform needs exactly LockID (S) HASH.", t.ARN, t.Schema())
		finding.Remedy = "Choose another table with --set lock.dynamodb_table=NAME; this one is never recreated."
	case !plan.Ours(a, t.Tags) && !a.Adopted(t.ARN):
		finding.ID = "lock.not-ours"
		finding.Evidence = fmt.Sprintf("Table %s exists and does not carry this blueprint's tag.", t.ARN)
		finding.Remedy = "Allow it to be used, or choose another with --set lock.dynamodb_table=NAME."
		finding.Commands = plan.Allow("Use it", t.ARN)
	default:
		return nil
	}
	return finding
}

func updateTable(o *Observed, a *blueprint.Answers, t *awsops.Table, p *plan.Proposal) {
	if !t.DeletionProtection {
		c := tableChange(o, a, "lock.deletion-protection", "Protect the lock table from deletion", awsops.UpdateTableDeletionProtection(t.Name, true))
		c.Fields = []plan.Field{{Name: "deletion protection", Before: "off", After: "on"}}
		p.Change(c)
	}
	switch t.Billing {
	case a.Lock.BillingMode:
	case blueprint.BillingPayPerRequest:
		p.Keep("lock.on-demand", fmt.Sprintf("Table %s is billed on demand, which never keeps a lock waiting for capacity as the blueprint's %s could.", t.ARN, a.Lock.BillingMode))
	default:
		c := tableChange(o, a, "lock.billing", "Change how the lock table is billed", awsops.UpdateTableBilling(t.Name, a.Lock.BillingMode, 1, 1))
		c.Fields = []plan.Field{{Name: "billing", Before: t.Billing, After: a.Lock.BillingMode}}
		c.Needs = []string{"lock.deletion-protection"} // DynamoDB changes one table one update at a time
		p.Change(c)
	}
	if !t.PointInTime {
		c := recoverTable(o, a)
		c.Needs = append(c.Needs, "lock.deletion-protection", "lock.billing")
		p.Change(c)
	}
	p.Tag(a, tableChange(o, a, "lock.tags", "Tag the lock table"), "table "+t.Name, t.Tags,
		func(missing map[string]string) awsops.Call { return awsops.TagTable(t.ARN, missing) })
}

func tableFacts(o *Observed, _ *blueprint.Answers, _ *engine.Env) []plan.Fact {
	if o.Lock.Table == nil {
		return nil
	}
	return []plan.Fact{{Name: "Table", Value: o.Lock.Table.ARN}}
}
