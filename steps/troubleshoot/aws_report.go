package troubleshoot

import (
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/diagnosis"
)

// handOn is what somebody who has the rights needs, to mend what the reader of
// a finding may not.
type handOn struct {
	failed error // the call that AWS refused, nil where the refusal was simulated
	who    string
	needs  []string // a policy statement or a command, one after another
}

// report is the text to send: identity, failed call, evidence and what is
// needed. It holds no secret.
func (h *handOn) report(t trouble, account string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "To whoever administers AWS account %s: %s\n", account, t.id)
	who := h.who
	var e *awsops.Error
	if errors.As(h.failed, &e) {
		who = e.Identity
		fmt.Fprintf(&b, "\nFailed call: %s:%s", e.Service, e.Operation)
		if e.Resource != "" {
			b.WriteString(" on " + e.Resource)
		}
		b.WriteString("\nAWS answered: " + answer(h.failed))
	}
	if who != "" {
		fmt.Fprintf(&b, "\nIdentity: %s", who)
	}
	fmt.Fprintf(&b, "\nEvidence: %s\n\nNeeded:\n", t.evidence)
	for _, need := range h.needs {
		b.WriteString(need + "\n")
	}
	return diagnosis.Redact(strings.TrimSpace(b.String()))
}

// grant is the statement of the blueprint that allows a question, in the words
// of the group's policy; never more than that.
func (f *facts) grant(l *login, t target, keyARN string, q question) []string {
	doc := policy.State(policy.StateAccess{
		Partition: l.partition(), Region: f.answers.StateRegion, Account: f.answers.AdminAccount, Bucket: f.answers.Bucket.Name,
		Keys: []string{t.stateKey}, KMSKeyARN: keyARN, Table: f.answers.Lock.DynamoDBTable, Lockfile: f.answers.Lock.UseLockfile,
	})
	request := f.request(l, q)
	for _, s := range doc.Statements {
		one := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{s}}
		if policy.Evaluate(request, policy.Policies{Identity: []policy.Named{{Document: one}}, Resource: delegated(request)}).Allowed {
			return []string{fmt.Sprintf("This statement in a policy of the group of %s (stateroom setup puts it there):", l.who()), one.JSON()}
		}
	}
	return []string{fmt.Sprintf("The right to %s on %s for %s: run stateroom setup, which compares the groups' policies with the blueprint.", q.action, q.resource, l.who())}
}

// delegated is a resource policy that leaves the decision to the identity's.
func delegated(r policy.Request) *policy.Named {
	account := strings.SplitN(r.Principal+":::::", ":", 6)[4]
	return &policy.Named{Document: policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Principals: policy.Principals{"AWS": {account}}, Actions: []string{"*"}, Resources: []string{"*"},
	}}}}
}
