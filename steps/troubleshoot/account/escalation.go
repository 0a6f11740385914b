package account

import (
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/troubleshoot/health"
)

// escalation is the text to send to whoever has the rights to mend a fault: identity,
// failed call, evidence, what the fault tells in detail and what is needed. It holds no
// secret.
func escalation(x health.Result, account string) string {
	var b strings.Builder
	whose := "AWS account " + account
	if account == "" { // nobody could sign in, and nobody has said it
		whose = "the AWS account"
	}
	fmt.Fprintf(&b, "To whoever administers %s: %s\n", whose, x.ID)
	who := x.Who
	var e *awsops.Error
	if errors.As(x.Err, &e) {
		who = e.Identity
		fmt.Fprintf(&b, "\nFailed call: %s:%s", e.Service, e.Operation)
		if e.Resource != "" {
			b.WriteString(" on " + e.Resource)
		}
		b.WriteString("\nAWS answered: " + diagnosis.Answer(x.Err))
	}
	if who != "" {
		fmt.Fprintf(&b, "\nIdentity: %s", who)
	}
	fmt.Fprintf(&b, "\nEvidence: %s\n", x.Evidence)
	if x.Details != "" {
		b.WriteString("\n" + x.Details)
	}
	b.WriteString("\nNeeded:\n" + strings.Join(x.Needs, "\n"))
	return diagnosis.Redact(strings.TrimSpace(b.String()))
}

// grant is the statement of the blueprint that allows a question, in the words
// of the group's policy; never more than that.
func grant(f *facts, q question) []string {
	key := q.at.KMSKey
	if k := f.observed.Key.Key; k != nil {
		key = k.ARN
	}
	if f.answers.Key.Users == blueprint.KeyUsersListed {
		key = "" // the key policy and not the group's gives the use of it
	}
	doc := policy.State(policy.StateAccess{
		Partition: q.by.partition(), Region: f.answers.StateRegion, Account: f.answers.AdminAccount, Bucket: f.answers.Bucket.Name,
		Keys: []string{q.at.StateKey}, KMSKeyARN: key, Table: f.answers.Lock.DynamoDBTable, Lockfile: f.answers.Lock.UseLockfile,
	})
	r := request(f, q)
	for _, s := range doc.Statements {
		one := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{s}}
		if policy.Evaluate(r, policy.Policies{Identity: []policy.Named{{Document: one}}, Resource: delegated(r)}).Allowed {
			return []string{fmt.Sprintf("This statement in a policy of the group of %s (stateroom setup puts it there):", q.by.who()), one.JSON()}
		}
	}
	return []string{fmt.Sprintf("Permission for %s on %s, for %s: run stateroom setup, which compares the groups' policies with the blueprint.", q.action, q.resource, q.by.who())}
}

// delegated is a resource policy that leaves the decision to the identity's.
func delegated(r policy.Request) *policy.Named {
	principal, _ := awsops.ParseARN(r.Principal)
	return &policy.Named{Document: policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Principals: policy.Principals{"AWS": {principal.AccountID}}, Actions: []string{"*"}, Resources: []string{"*"},
	}}}}
}
