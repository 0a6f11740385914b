package troubleshoot

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// judgeAccess rules on what a login may do with one state and its lock file.
func judgeAccess(f *facts, p *site, s *stateFacts) []ruling {
	return []ruling{judgeRead(f, p, s), judgeWrite(f, p, s), judgeHeaders(f, p, s), judgeLockFile(f, p, s)}
}

// askState is a question about one state.
func (p *site) askState(name string, s *stateFacts, call string) asked {
	return asked{name: name, subject: s.project, question: fmt.Sprintf("%s of %s, as %s", call, s.target, p.asked), resource: s.String()}
}

// judgeRead rules on HEAD and GET. HEAD tells no reason; GET is asked for it.
func judgeRead(f *facts, p *site, s *stateFacts) ruling {
	a := p.askState(checkBucket, s, "s3:HeadObject and s3:GetObject")
	q := question{
		action: "s3:GetObject", resource: s.arn(p), err: s.getErr, rights: s.rights, attached: f.bucketPolicy(p.bucket),
	}
	id := diagnosis.S3GetDenied.ID
	err := s.getErr
	if s.headErr != nil {
		id = diagnosis.S3HeadDenied.ID
		if err == nil {
			err, q.err = s.headErr, s.headErr
		}
	}
	d, denied := awsops.DenialOf(s.getErr)
	switch {
	case unusableKey(err) != nil:
		return a.undecided("S3 may not use the key, which is ruled on below: %s", answer(err))
	case denied && strings.HasPrefix(d.Action, "kms:"):
		return f.deniedKey(p, a, s.target, d, s.getErr)
	case denied && d.Action == "s3:ListBucket":
		return a.undecided("A state that is not there reads as denied to whoever may not list the bucket: %s", answer(err))
	}
	return judgeAnswer(f, p, a, err, q, id, s.target)
}

// deniedKey rules on a read that S3 could not decrypt for the caller.
func (f *facts) deniedKey(p *site, a asked, t target, d awsops.Denial, err error) ruling {
	if p.standIn {
		return a.undecided("%s cannot sign in, and the operator may not either.", p.login.who())
	}
	return f.denied(p, a, diagnosis.KMSDenied.ID, question{action: d.Action, resource: d.Resource, err: err, attached: f.keyPolicy(d.Resource)}, t)
}

// unusableKey is the diagnosis of a key that can be used by nobody, as S3 or KMS says
// it; nil for every other error.
func unusableKey(err error) *diagnosis.Diagnosis {
	d, ok := diagnosis.FromError(err)
	if !ok || d.Family != diagnosis.Key || d == diagnosis.KMSDenied {
		return nil
	}
	return d
}

// judgeWrite rules on the right to write the state, which nothing proves that
// only reads.
func judgeWrite(f *facts, p *site, s *stateFacts) ruling {
	a := p.askState(checkBucket, s, "iam:SimulatePrincipalPolicy for s3:PutObject")
	return f.judgeRights(p, a, s, diagnosis.S3PutDenied.ID, s.arn(p), "s3:PutObject")
}

// judgeRights rules by simulation on actions that cannot be tried: the first
// that is refused decides.
func (f *facts) judgeRights(p *site, a asked, s *stateFacts, id, resource string, actions ...string) ruling {
	for _, action := range actions {
		d, known := s.rights.of(action, resource)
		switch {
		case !known && s.rights.err != nil:
			return a.undecided("%s Whether %s may do %s shows when Terraform locks and writes.", told(s.rights.err), p.login.who(), action)
		case !known:
			return a.undecided("IAM cannot simulate %s from here; whether it may do %s shows when Terraform locks and writes.", p.login.who(), action)
		case !d.Allowed:
			return f.denied(p, a, id, question{action: action, resource: resource, rights: s.rights, attached: f.bucketPolicy(p.bucket)}, s.target)
		}
	}
	return a.passed("It is allowed.")
}

// judgeHeaders rules on the bucket's policy for the writes that this backend
// makes, with the encryption headers that it sends.
func judgeHeaders(f *facts, p *site, s *stateFacts) ruling {
	q := question{action: "s3:PutObject", resource: s.arn(p), attached: f.bucketPolicy(p.bucket), context: s.written(f).headers()}
	a := asked{name: checkBucket, subject: s.project, question: fmt.Sprintf("the policy of bucket %s for a write with %s", p.bucket, s.written(f).sends()), resource: s.kmsKey}
	d, judged := f.evaluate(p.login, q)
	switch {
	case s.kmsKey != "" && !possibleKey.MatchString(s.kmsKey):
		return a.undecided("kms_key_id has to be corrected first.")
	case !judged && !p.login.works(f):
		return a.undecided("%s cannot sign in.", p.login.who())
	case !judged:
		return a.undecided("The policy may not be read from here; the first apply shows.")
	case d.Allowed:
		return a.passed("It lets the write pass.")
	}
	t := trouble{
		id: diagnosis.ExplicitDeny.ID, cause: p.login.profile + " " + d.Sid,
		evidence: fmt.Sprintf("A write of s3://%s/%s by %s with %s is refused: %s.", p.bucket, s.key, p.login.who(), s.written(f).sends(), d.Why),
		remedy:   fmt.Sprintf("Set encrypt = true and kms_key_id = %q in the backend, then init -reconfigure.", f.keyARN()),
		handOn:   &handOn{who: p.login.who(), needs: []string{fmt.Sprintf("A look at statement %q of the policy of bucket %s.", d.Sid, p.bucket)}},
	}
	if len(f.keyDisagreements()) > 0 {
		t.remedy = "Confirm the change: Let the bucket name the key that " + f.answers.Key.Alias + " points at."
		t.mended = func(c plan.Change) bool { return c.Sends("s3", "PutBucketPolicy") }
	}
	if c, can := f.unblockBucket(p); can {
		t.changes = []plan.Change{c}
		t.cause = strings.Join([]string{p.login.profile, "s3", byResource}, " ")
		t.remedy = fmt.Sprintf("Remove statement %q from the policy of bucket %s, which is none of the blueprint's.", d.Sid, p.bucket)
	}
	return a.broken("It refuses the write: "+d.Why+".", t)
}

// keyARN is the ARN of the blueprint's key, or words for one that is not known.
func (f *facts) keyARN() string {
	if k := f.observed.Key.Key; k != nil {
		return k.ARN
	}
	return "the key's full ARN"
}

// written is the target as it will be written: a project without a backend gets
// the blueprint's key.
func (s *stateFacts) written(f *facts) target {
	t := s.target
	if t.planned {
		t.kmsKey = f.keyARN()
	}
	return t
}

// judgeLockFile rules on the rights to the lock file: without its removal every
// run leaves a lock behind.
func judgeLockFile(f *facts, p *site, s *stateFacts) ruling {
	file := s.arn(p) + ".tflock"
	a := p.askState(checkLock, s, "iam:SimulatePrincipalPolicy for the lock file")
	if !s.lockfile {
		a.question = "the backend's use_lockfile"
		return a.passed("The lock file is not in use.")
	}
	for _, right := range []struct{ id, action string }{
		{diagnosis.S3PutDenied.ID, "s3:PutObject"}, {diagnosis.S3GetDenied.ID, "s3:GetObject"}, {diagnosis.LockReleaseFailed.ID, "s3:DeleteObject"},
	} {
		if r := f.judgeRights(p, a, s, right.id, file, right.action); r.check.Verdict != plan.Passed {
			return r
		}
	}
	return a.passed("It can be made, read and removed.")
}

// questions are everything that the site's states need of the bucket's policy.
func (p *site) questions(f *facts) []question {
	all := []question{{action: "s3:ListBucket", resource: p.arn()}}
	for _, s := range p.states {
		object, headers := s.arn(p), s.written(f).headers()
		all = append(all, question{action: "s3:GetObject", resource: object}, question{action: "s3:PutObject", resource: object, context: headers})
		if s.lockfile {
			for _, action := range []string{"s3:GetObject", "s3:DeleteObject"} {
				all = append(all, question{action: action, resource: object + ".tflock"})
			}
			all = append(all, question{action: "s3:PutObject", resource: object + ".tflock", context: headers})
		}
	}
	return all
}

// unblockBucket takes out of the bucket's policy what refuses the login and is
// none of the blueprint's statements, and puts in what those lack.
func (f *facts) unblockBucket(p *site) (plan.Change, bool) {
	attached := f.bucketPolicy(p.bucket)
	if attached == nil || !f.mayMend(plan.StepBucket) {
		return plan.Change{}, false
	}
	own := policy.Bucket(policy.BucketRules{
		Partition: p.login.partition(), Bucket: p.bucket, KMSKeyARN: f.keyARN(), Strict: f.answers.Bucket.Policy == blueprint.BucketPolicyStrict,
	})
	have, after := f.planned("s3", "PutBucketPolicy", attached.Document)
	doc, removed := f.unblocked(p.login, have, policy.ResourceBased, own, p.questions(f))
	if len(removed) == 0 {
		return plan.Change{}, false
	}
	for i, s := range own.Statements { // what is taken out may stand in the place of one
		if !policy.Covers(doc, s) {
			doc.Statements = slices.Insert(doc.Statements, min(i, len(doc.Statements)), s)
		}
	}
	names := strings.Join(removed, ", ")
	c := plan.Change{
		ID: "bucket.policy.unblock", Of: plan.StepBucket, Action: plan.Update,
		Title:  fmt.Sprintf("Remove %s from the policy of bucket %s", names, p.bucket),
		Target: p.arn(), Account: f.answers.AdminAccount, Region: p.region,
		Fields:  []plan.Field{{Name: "policy", Before: have.JSON(), After: doc.JSON()}},
		Calls:   []awsops.Call{awsops.PutBucketPolicy(p.bucket, f.answers.AdminAccount, doc.JSON())},
		Needs:   after,
		Foreign: p.arn() + "#" + removed[0],
		Risk:    "Somebody put the statement there; whatever else it refused is left to the other policies from then on.",
		Undo:    "aws s3api put-bucket-policy with the policy shown as before",
	}
	c.JudgePolicy(plan.WidensBucket, have, doc, "bucket "+p.bucket, fmt.Sprintf("The policy of bucket %s no longer refuses what %s did.", p.bucket, names))
	return c, true
}
