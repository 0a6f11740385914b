package account

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
	"stateroom/steps/troubleshoot/health"
)

// keysDisagree is the id of a bucket that names another key than the alias.
const keysDisagree = "bucket.keys-disagree"

// checkAgreement is about whether the bucket's own settings name the key that
// the alias points at; two who set up at once can have left them apart. Where
// they agree the keys' own checks have said all.
func checkAgreement(f *facts) []health.Result {
	said := keyDisagreements(f)
	if len(said) == 0 {
		return nil
	}
	alias, bucket := f.answers.Key.Alias, f.answers.Bucket.Name
	c := health.Question{Name: "bucket and alias name one key", Asked: fmt.Sprintf("the policy and the default encryption of bucket %s beside %s, as %s", bucket, alias, f.operator.ARN)}
	x := ownFault(keysDisagree, bucket,
		fmt.Sprintf("%s points at %s, but of bucket %s %s.", alias, f.observed.Key.Key.ARN, bucket, strings.Join(said, ", and ")),
		"Run stateroom setup: it lets the bucket name the alias's key, and keeps Decrypt for every key that a stored version needs.")
	x.Advice = true
	x.Changes = planned(f, func(c plan.Change) bool {
		spare := slices.ContainsFunc(f.observed.Key.Spare, func(k steps.SpareKey) bool { return k.ARN == c.Target })
		return spare || c.Sends("s3", "PutBucketPolicy", "PutBucketEncryption") || c.Group != "" && c.User == ""
	})
	return []health.Result{c.Failed("They name different keys.", x)}
}

// keyDisagreements say which of the bucket's own settings name another key than
// the alias does.
func keyDisagreements(f *facts) []string {
	if !f.looked(plan.StepKey) || !f.looked(plan.StepBucket) {
		return nil
	}
	return steps.KeyDisagreements(f.observed, f.answers)
}

// checkKeys is about the encryption keys of a bucket's states: that they are there and
// enabled, and that they may be used.
func checkKeys(f *facts, b *bucketAccess) (results []health.Result) {
	for _, k := range b.keys {
		state := checkKeyState(f, k)
		use := health.Question{Name: nameKey, Asked: fmt.Sprintf("kms:GenerateDataKey with %s, as %s", k.id, b.asked), Apart: b.by.with(k.id)}
		if state.Check.Verdict == plan.Failed || !possibleKey.MatchString(k.id) {
			results = append(results, state, use.Undecided("The key itself has to be fixed first."))
			continue
		}
		results = append(results, state, checkKeyUse(f, k, use))
	}
	return results
}

// possibleKey is what KMS takes for a key: an id, an ARN or an alias.
var possibleKey = regexp.MustCompile(`^(?:arn:[\w-]+:kms:.+|alias/.+|(?:mrk-)?[0-9a-fA-F-]{32,36})$`)

// unusableKey is the diagnosis of a key that can be used by nobody, as S3 or KMS says
// it; nil for every other error.
func unusableKey(err error) *diagnosis.Diagnosis {
	d, ok := diagnosis.FromError(err)
	if !ok || d.Family != diagnosis.Key || d == diagnosis.KMSDenied {
		return nil
	}
	return d
}

func checkKeyState(f *facts, k *keyAccess) health.Result {
	c := health.Question{Name: nameKeyState, Asked: fmt.Sprintf("kms:DescribeKey on %s in %s, as %s", k.id, k.in.region, k.in.asked), Resource: k.id, Apart: k.in.by.with(k.id)}
	unusable := unusableKey(k.dataKeyErr)
	if k.describeErr == nil {
		unusable = cmp.Or(diagnosis.OfKey(k.key), unusable)
	}
	switch outage := diagnosis.Outage(k.describeErr); {
	case !possibleKey.MatchString(k.id):
		return c.Undecided("That is not a key id, ARN or alias.")
	case outage != nil:
		return outageOf(c, outage, k.describeErr)
	case unusable == diagnosis.KMSPendingDeletion:
		return c.Failed("Pending deletion.", pendingKey(f, k))
	case unusable == diagnosis.KMSDisabled:
		return c.Failed("Disabled.", disabledKey(f, k))
	case unusable == diagnosis.KMSNotFound:
		return c.Failed("Not found.", absentKey(f, k))
	case waitsForAWS(unusable):
		return c.Failed("It cannot be used at the moment.", stuckKey(k, unusable))
	case k.describeErr != nil:
		return c.Undecided("%s", diagnosis.Describe(k.describeErr))
	}
	return c.Passed("%s.", k.key.State)
}

func pendingKey(f *facts, k *keyAccess) health.Result {
	when := "soon"
	if k.key != nil && !k.key.DeletionDate.IsZero() {
		when = "on " + k.key.DeletionDate.UTC().Format("2006-01-02")
	}
	c := keyChange(f, k, "key.rescue", "Keep the key, which is scheduled for deletion "+when, awsops.CancelKeyDeletion(k.arn()), awsops.EnableKey(k.arn()))
	c.Fields = []plan.Field{{Name: "state", Before: "PendingDeletion", After: "Enabled"}}
	c.Undo = "aws kms schedule-key-deletion --key-id " + k.arn()
	return keyFault(f, diagnosis.KMSPendingDeletion, k, fmt.Sprintf("Key %s is scheduled for deletion %s; every state encrypted with it would be lost.", k.arn(), when), c)
}

func disabledKey(f *facts, k *keyAccess) health.Result {
	c := keyChange(f, k, "key.enable", "Enable the key", awsops.EnableKey(k.arn()))
	c.Fields = []plan.Field{{Name: "state", Before: "Disabled", After: "Enabled"}}
	c.Undo = "aws kms disable-key --key-id " + k.arn()
	return keyFault(f, diagnosis.KMSDisabled, k, fmt.Sprintf("Key %s is Disabled.", k.arn()), c)
}

// waitsForAWS tells a key in a state that no change of ours ends.
func waitsForAWS(d *diagnosis.Diagnosis) bool {
	return d == diagnosis.KMSPendingImport || d == diagnosis.KMSUnavailable || d == diagnosis.KMSUpdating || d == diagnosis.KMSUnusable
}

// stuckKey is such a key, of which the catalogue's own remedy says what to do.
func stuckKey(k *keyAccess, d *diagnosis.Diagnosis) health.Result {
	evidence := fmt.Sprintf("Key %s cannot be used in the state that it is in.", k.arn())
	if k.key != nil {
		evidence = fmt.Sprintf("Key %s is %s.", k.arn(), k.key.State)
	}
	return faultOf(d, k.arn(), evidence+" It affects "+someOf(k.projects)+".")
}

// keyFault is a fault of a key with the changes that mend it, and what somebody else
// would do. Of two lines that are said for a change of two calls each is one command.
func keyFault(f *facts, d *diagnosis.Diagnosis, k *keyAccess, evidence string, changes ...plan.Change) health.Result {
	x := faultOf(d, k.arn(), evidence+" It affects "+someOf(k.projects)+".")
	x.Name = keyCalled(f, k.arn())
	x.Remedy = "Ask somebody who administers the key to fix it; the details say how."
	x.Who = f.operator.ARN
	for _, c := range changes {
		for _, call := range c.Calls {
			x.Needs = append(x.Needs, plan.CommandLine(c, call))
		}
	}
	if mayMend(f, plan.StepKey) {
		x.Changes = changes
	}
	return x
}

func keyChange(f *facts, k *keyAccess, id, title string, calls ...awsops.Call) plan.Change {
	c := plan.Change{
		ID: id, Of: plan.StepKey, Action: plan.Update, Title: title, Target: k.arn(),
		Account: f.answers.AdminAccount, Region: k.in.region, Calls: calls,
		Risk: "Anyone who may use the key can read and write the states again.",
	}
	c.Judge(plan.Gives(plan.WidensKeyPolicy, "key "+k.arn(), fmt.Sprintf("Key %s may be used again by anyone whom its policy and the account's policies allow.", k.arn())))
	if k.arn() != f.keyARN() {
		// A key that the blueprint does not know is somebody's else.
		c.ID, c.NotOurs = id+"."+k.arn()[strings.LastIndex(k.arn(), "/")+1:], k.arn()
	}
	return c
}

// keyCalled is what a key is called in a sentence: the blueprint's by its alias.
func keyCalled(f *facts, id string) string {
	if id == f.keyARN() {
		return f.answers.Key.Alias
	}
	return keyName(id)
}

// absentKey tells a key that is not there from one in another region.
func absentKey(f *facts, k *keyAccess) health.Result {
	x := faultOf(diagnosis.KMSNotFound, k.id, fmt.Sprintf("There is no key %s in %s, where bucket %s is.", k.id, k.in.region, k.in.bucket))
	x.Name = keyCalled(f, k.id)
	x.Remedy = fmt.Sprintf("Write kms_key_id = %q in the backend, then run terraform init -reconfigure.", f.keyARN())
	if named, ok := awsops.ParseARN(k.id); ok && named.Region != "" && named.Region != k.in.region {
		x.Evidence = fmt.Sprintf("Key %s is in %s, but bucket %s is in %s, and S3 takes keys of the bucket's region only.", k.id, named.Region, k.in.bucket, k.in.region)
	}
	switch {
	case f.looked(plan.StepKey) && f.observed.Key.Key == nil:
		x.Remedy = "Nothing brings back a deleted key, nor what was encrypted with it: start over with stateroom setup and another --set bucket.name=NAME, and import what is there."
	case !k.named:
		x.Remedy = "Run stateroom setup: it finds the key by its tag, or makes one."
		x.Changes = planned(f, sends("kms", "CreateAlias"))
	}
	return x
}

// checkKeyUse is about the right to write and to read with the key. A policy may allow
// it through S3 alone (kms:ViaService), so that AWS's refusal of our direct question is
// looked at again. Reading was not asked directly: a state that is there proves it.
func checkKeyUse(f *facts, k *keyAccess, c health.Question) health.Result {
	b := k.in
	q := question{
		by: b.by, at: b.states[0], action: "kms:GenerateDataKey", resource: k.arn(), err: k.dataKeyErr, rights: k.rights, attached: keyPolicy(f, k.arn()),
		context: map[string][]string{ // of a call that S3 makes for its caller
			"kms:ViaService": {"s3." + b.region + ".amazonaws.com"}, "kms:CallerAccount": {b.by.Account},
			"kms:EncryptionContext:aws:s3:arn": {b.arn()}, "kms:EncryptionContextKeys": {"aws:s3:arn"},
		},
	}
	decision, judged := evaluate(f, q)
	rights, known := q.rights.of(q.action, q.resource)
	if _, denied := awsops.DenialOf(q.err); denied && !b.standIn {
		if judged && decision.Allowed && known && (rights.Allowed || keyAlone(f, q, rights)) {
			return c.Passed("It is denied directly, but allowed through S3.")
		}
		return denial(f, c, q, diagnosis.KMSDenied)
	}
	if r := judge(f, c, q, diagnosis.KMSDenied); r.Check.Verdict != plan.Passed {
		return r
	}
	q.action, q.err = "kms:Decrypt", nil
	decision, judged = evaluate(f, q)
	rights, known = q.rights.of(q.action, q.resource)
	if judged && !decision.Allowed || known && !rights.Allowed && !keyAlone(f, q, rights) {
		c.Asked = fmt.Sprintf("kms:Decrypt with %s, as %s", k.id, b.asked)
		return denial(f, c, q, diagnosis.KMSDenied)
	}
	return c.Passed("Allowed.")
}

// keyAlone tells a question to which the key's own policy says yes by naming the identity:
// of one in its account no other policy has to allow it then, and a simulation, which does
// not know the key's policy, misses nothing but that.
func keyAlone(f *facts, q question, d awsops.Simulated) bool {
	if q.attached == nil || d.Explicit || d.ByBoundary || d.ByOrganization {
		return false
	}
	return policy.Evaluate(request(f, q), policy.Policies{Resource: q.attached}).Allowed
}
