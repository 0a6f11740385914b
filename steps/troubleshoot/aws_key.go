package troubleshoot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// judgeKey rules on the state of an encryption key and on the right to use it.
func judgeKey(f *facts, p *site, k *keyFacts) []ruling {
	a := asked{name: checkKeyState, question: fmt.Sprintf("kms:DescribeKey on %s in %s, as %s", k.id, p.region, p.asked), resource: k.id}
	state := keyState(f, p, k, a)
	use := asked{name: checkKey, question: fmt.Sprintf("kms:GenerateDataKey with %s, as %s", k.id, p.asked)}
	if state.check.Verdict == plan.Broken || !possibleKey.MatchString(k.id) {
		return []ruling{state, use.undecided("The key itself has to be mended first.")}
	}
	return []ruling{state, keyUse(f, p, k, use)}
}

func keyState(f *facts, p *site, k *keyFacts, a asked) ruling {
	unusable := unusableKey(k.dataKeyErr)
	if k.describeErr == nil {
		unusable = cmp.Or(diagnosis.OfKey(k.key), unusable)
	}
	switch {
	case !possibleKey.MatchString(k.id):
		return a.undecided("It is no key's id, ARN or alias.")
	case diagnosis.Outage(k.describeErr) != nil:
		return a.failedBy(k.describeErr)
	case unusable == diagnosis.KMSPendingDeletion:
		return pendingKey(f, p, k, a)
	case unusable == diagnosis.KMSDisabled:
		return disabledKey(f, p, k, a)
	case unusable == diagnosis.KMSNotFound:
		return absentKey(f, p, k, a)
	case k.describeErr != nil:
		return a.undecided("%s", told(k.describeErr))
	}
	return a.passed("It is enabled.")
}

// judgeAgreement rules on whether the bucket's own settings name the key that
// the alias points at; two who set up at once can have left them apart. Where
// they agree the keys' own checks have said all.
func judgeAgreement(f *facts) []ruling {
	said := f.keyDisagreements()
	if len(said) == 0 {
		return nil
	}
	key, bucket := f.observed.Key.Key.ARN, f.answers.Bucket.Name
	a := asked{name: checkKey, question: fmt.Sprintf("the policy and the default encryption of bucket %s beside %s, as %s", bucket, f.answers.Key.Alias, f.operator.ARN)}
	return []ruling{a.broken("They name different keys.", trouble{
		id: "bucket.keys-disagree", cause: bucket, severity: plan.Failure,
		evidence: fmt.Sprintf("%s points at %s, but of bucket %s %s.", f.answers.Key.Alias, key, bucket, strings.Join(said, ", and ")),
		remedy:   "Run stateroom setup: it lets the bucket name the alias's key, and keeps Decrypt for every key that a stored version needs.",
		mended: func(c plan.Change) bool {
			spare := slices.ContainsFunc(f.observed.Key.Spare, func(k steps.SpareKey) bool { return k.ARN == c.Target })
			return spare || c.Sends("s3", "PutBucketPolicy", "PutBucketEncryption") || c.Group != "" && c.User == ""
		},
	})}
}

// keyDisagreements say which of the bucket's own settings name another key than
// the alias does.
func (f *facts) keyDisagreements() []string {
	if !f.looked(plan.StepKey) || !f.looked(plan.StepBucket) {
		return nil
	}
	return steps.KeyDisagreements(f.observed, f.answers)
}

// possibleKey is what KMS takes for a key: an id, an ARN or an alias.
var possibleKey = regexp.MustCompile(`^(?:arn:[\w-]+:kms:.+|alias/.+|(?:mrk-)?[0-9a-fA-F-]{32,36})$`)

// arn is the key's own where it could be described.
func (k *keyFacts) arn() string {
	if k.key != nil {
		return k.key.ARN
	}
	return k.id
}

func pendingKey(f *facts, p *site, k *keyFacts, a asked) ruling {
	when := "soon"
	if k.key != nil && !k.key.DeletionDate.IsZero() {
		when = "on " + k.key.DeletionDate.UTC().Format("2006-01-02")
	}
	t := keyTrouble(diagnosis.KMSPendingDeletion.ID, k, fmt.Sprintf("Key %s is to be deleted %s; every state under it is lost then.", k.arn(), when))
	c := f.keyChange(p, k, "key.rescue", "Keep the key, which is to be deleted "+when, awsops.CancelKeyDeletion(k.arn()), awsops.EnableKey(k.arn()))
	c.Fields = []plan.Field{{Name: "state", Before: "PendingDeletion", After: "Enabled"}}
	c.Undo = "aws kms schedule-key-deletion --key-id " + k.arn()
	f.offerKey(&t, c)
	return a.broken("It is pending deletion.", t)
}

func disabledKey(f *facts, p *site, k *keyFacts, a asked) ruling {
	state := "Disabled"
	if k.key != nil {
		state = k.key.State
	}
	t := keyTrouble(diagnosis.KMSDisabled.ID, k, fmt.Sprintf("Key %s is %s.", k.arn(), state))
	if state == "Disabled" {
		c := f.keyChange(p, k, "key.enable", "Enable the key", awsops.EnableKey(k.arn()))
		c.Fields = []plan.Field{{Name: "state", Before: state, After: "Enabled"}}
		c.Undo = "aws kms disable-key --key-id " + k.arn()
		f.offerKey(&t, c)
	}
	return a.broken("It is "+state+".", t)
}

func keyTrouble(id string, k *keyFacts, evidence string) trouble {
	return trouble{
		id: id, cause: k.arn(), evidence: evidence + " It concerns " + someOf(k.projects) + ".",
		remedy: "Have it mended by somebody who administers the key; the details say how.",
	}
}

// offerKey adds a change of the key, and what somebody else would do. Of two
// lines that are said for a change of two calls each is one command.
func (f *facts) offerKey(t *trouble, c plan.Change) {
	t.handOn = &handOn{who: f.operator.ARN}
	for _, call := range c.Calls {
		t.handOn.needs = append(t.handOn.needs, plan.CommandLine(c, call))
	}
	if f.mayMend(plan.StepKey) {
		t.changes = []plan.Change{c}
	}
}

func (f *facts) keyChange(p *site, k *keyFacts, id, title string, calls ...awsops.Call) plan.Change {
	c := plan.Change{
		ID: id, Of: plan.StepKey, Action: plan.Update, Title: title, Target: k.arn(),
		Account: f.answers.AdminAccount, Region: p.region, Calls: calls,
		Risk: "Whoever may use the key can read and write the states again.",
	}
	c.Judge(plan.Gives(plan.WidensKeyPolicy, "key "+k.arn(), fmt.Sprintf("Key %s may be used again by whomever its policy and the account's let.", k.arn())))
	if k.arn() != f.keyARN() {
		// A key that the blueprint does not know is somebody's else.
		c.ID, c.Foreign = id+"."+lastPart(k.arn()), k.arn()
	}
	return c
}

func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// absentKey tells a key that is not there from one in another region.
func absentKey(f *facts, p *site, k *keyFacts, a asked) ruling {
	t := trouble{
		id: diagnosis.KMSNotFound.ID, cause: k.id,
		evidence: fmt.Sprintf("There is no key %s in %s, where bucket %s is.", k.id, p.region, p.bucket),
		remedy:   fmt.Sprintf("Write kms_key_id = %q in the backend, then init -reconfigure.", f.keyARN()),
	}
	if region := keyRegion(k.id); region != "" && region != p.region {
		t.evidence = fmt.Sprintf("Key %s is in %s, but bucket %s is in %s, and S3 takes keys of the bucket's region only.", k.id, region, p.bucket, p.region)
	}
	if f.looked(plan.StepKey) && f.observed.Key.Key == nil {
		t.remedy = "Nothing brings back a deleted key, nor what was encrypted with it: start anew with stateroom setup and another --set bucket.name=NAME, and import what is there."
		return a.broken("There is none.", t)
	}
	if !k.named {
		t.remedy = "Run stateroom setup: it finds the key by its tag, or makes one."
		t.mended = func(c plan.Change) bool { return c.Sends("kms", "CreateAlias") }
	}
	return a.broken("There is none.", t)
}

// keyUse rules on the right to write with the key. A policy may allow it through
// S3 alone (kms:ViaService), so that AWS's refusal of our direct question is
// looked at again.
func keyUse(f *facts, p *site, k *keyFacts, a asked) ruling {
	q := question{
		action: "kms:GenerateDataKey", resource: k.arn(), err: k.dataKeyErr, rights: k.rights, attached: f.keyPolicy(k.arn()),
		context: viaS3(p),
	}
	t := p.states[0].target
	if _, denied := awsops.DenialOf(k.dataKeyErr); !denied || p.standIn {
		r := judgeAnswer(f, p, a, k.dataKeyErr, q, diagnosis.KMSDenied.ID, t)
		if r.check.Verdict != plan.Passed {
			return r
		}
		return f.keyRead(p, k, a, t)
	}
	decision, judged := f.evaluate(p.login, q)
	rights, known := k.rights.of(q.action, q.resource)
	if judged && decision.Allowed && known && rights.Allowed {
		return a.passed("It is denied directly, but allowed through S3.")
	}
	return f.denied(p, a, diagnosis.KMSDenied.ID, q, t)
}

// keyRead rules on the right to read, which a state that is there has proven.
func (f *facts) keyRead(p *site, k *keyFacts, a asked, t target) ruling {
	q := question{action: "kms:Decrypt", resource: k.arn(), rights: k.rights, attached: f.keyPolicy(k.arn()), context: viaS3(p)}
	decision, judged := f.evaluate(p.login, q)
	rights, known := k.rights.of(q.action, q.resource)
	if judged && !decision.Allowed || known && !rights.Allowed {
		a.question = fmt.Sprintf("kms:Decrypt with %s, as %s", k.id, p.asked)
		return f.denied(p, a, diagnosis.KMSDenied.ID, q, t)
	}
	return a.passed("It is allowed.")
}

// viaS3 are the condition keys of a call that S3 makes for its caller.
func viaS3(p *site) map[string][]string {
	return map[string][]string{
		"kms:ViaService": {"s3." + p.region + ".amazonaws.com"}, "kms:CallerAccount": {p.login.identity.Account},
		"kms:EncryptionContext:aws:s3:arn": {p.arn()}, "kms:EncryptionContextKeys": {"aws:s3:arn"},
	}
}

// unblockKey takes out of the key policy what refuses the login and is none of
// the blueprint's statements.
func (f *facts) unblockKey(l *login, q question) (plan.Change, bool) {
	attached := f.keyPolicy(q.resource)
	if attached == nil || !f.mayMend(plan.StepKey) {
		return plan.Change{}, false
	}
	have, after := f.planned("kms", "PutKeyPolicy", attached.Document)
	decrypt := q
	decrypt.action = "kms:Decrypt"
	doc, removed := f.unblocked(l, have, policy.ResourceBased, policy.Document{}, []question{q, decrypt})
	if len(removed) == 0 || !policy.KeepsRootAdministration(doc, l.partition(), f.answers.AdminAccount) {
		return plan.Change{}, false
	}
	names := strings.Join(removed, ", ")
	c := plan.Change{
		ID: "key.policy.unblock", Of: plan.StepKey, Action: plan.Update,
		Title:  fmt.Sprintf("Remove %s from the policy of key %s", names, q.resource),
		Target: q.resource, Account: f.answers.AdminAccount, Region: f.answers.StateRegion,
		Fields:  []plan.Field{{Name: "policy", Before: have.JSON(), After: doc.JSON()}},
		Calls:   []awsops.Call{awsops.PutKeyPolicy(q.resource, doc.JSON())},
		Needs:   after,
		Foreign: q.resource + "#" + removed[0],
		Risk:    "Somebody put the statement there; whatever else it refused is left to the other policies from then on.",
		Undo:    "aws kms put-key-policy with the policy shown as before",
	}
	c.JudgePolicy(plan.WidensKeyPolicy, have, doc, "key "+q.resource, fmt.Sprintf("The policy of key %s no longer refuses what %s did.", q.resource, names))
	return c, true
}
