package account

import (
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// check is a question about one state.
func (s *stateAccess) check(name, call string) health.Question {
	return health.Question{Name: name, Subject: s.Project, Asked: fmt.Sprintf("%s of %s, as %s", call, s.StateLocation, s.in.asked), Resource: s.String()}
}

// checkRead is about HEAD and GET. HEAD tells no reason; GET is asked for it.
func checkRead(f *facts, s *stateAccess) health.Result {
	c := s.check(nameRead, "s3:HeadObject and s3:GetObject")
	q := s.ask(f, "s3:GetObject", s.arn())
	q.err = s.getErr
	cause := diagnosis.S3GetDenied
	if s.headErr != nil {
		cause = diagnosis.S3HeadDenied
		if q.err == nil {
			q.err = s.headErr
		}
	}
	d, denied := awsops.DenialOf(s.getErr)
	switch {
	case unusableKey(q.err) != nil:
		return c.Undecided("S3 may not use the key, which is checked below: %s", diagnosis.Answer(q.err))
	case denied && strings.HasPrefix(d.Action, "kms:") && s.in.standIn:
		return c.Undecided("%s cannot sign in, and the operator may not either.", q.by.who())
	case denied && strings.HasPrefix(d.Action, "kms:"): // which S3 asks for in the caller's name
		q.action, q.resource, q.rights, q.attached = d.Action, d.Resource, rights{}, keyPolicy(f, d.Resource)
		return denial(f, c, q, diagnosis.KMSDenied)
	case denied && d.Action == "s3:ListBucket":
		return c.Undecided("Without permission to list the bucket, a missing state looks denied: %s", diagnosis.Answer(q.err))
	}
	r := judge(f, c, q, cause)
	if r.Finding != nil && r.ID == diagnosis.S3HeadDenied.ID && s.getErr != nil {
		r.Also = append(r.Also, diagnosis.S3GetDenied.ID) // which an engine meets that sends no HEAD
	}
	return r
}

// checkWrite is about the right to write the state, which nothing proves that
// only reads.
func checkWrite(f *facts, s *stateAccess) health.Result {
	c := s.check(nameWrite, "iam:SimulatePrincipalPolicy for s3:PutObject")
	return s.simulated(f, c, s.arn(), right{"s3:PutObject", diagnosis.S3PutDenied})
}

// right is an action and what its lack is called.
type right struct {
	action string
	lack   *diagnosis.Diagnosis
}

// simulated is about actions that cannot be tried: the first that is refused decides.
func (s *stateAccess) simulated(f *facts, c health.Question, resource string, wanted ...right) health.Result {
	who := s.in.by.who()
	for _, w := range wanted {
		d, known := s.rights.of(w.action, resource)
		switch {
		case !known && s.rights.err != nil:
			return c.Undecided("%s Whether %s may do %s shows when Terraform locks and writes.", diagnosis.Describe(s.rights.err), who, w.action)
		case !known:
			return c.Undecided("IAM cannot simulate %s from here; whether it may do %s shows when Terraform locks and writes.", who, w.action)
		case !d.Allowed:
			return denial(f, c, s.ask(f, w.action, resource), w.lack)
		}
	}
	return c.Passed("Allowed.")
}

// checkHeaders is about the bucket's policy for the writes that this backend
// makes, with the encryption headers that it sends.
func checkHeaders(f *facts, s *stateAccess) health.Result {
	by, written := s.in.by, s.written(f)
	q := s.ask(f, "s3:PutObject", s.arn())
	c := health.Question{Name: nameHeaders, Subject: s.Project, Asked: fmt.Sprintf("the policy of bucket %s for a write with %s", s.Bucket, written.Sends()), Resource: s.KMSKey}
	d, judged := evaluate(f, q)
	switch {
	case s.KMSKey != "" && !possibleKey.MatchString(s.KMSKey):
		return c.Undecided("kms_key_id has to be corrected first.")
	case !judged && !by.works:
		return c.Undecided("%s cannot sign in.", by.who())
	case !judged:
		return c.Undecided("The policy may not be read from here; the first apply will show.")
	case d.Allowed:
		return c.Passed("It allows the write.")
	}
	x := faultOf(diagnosis.ExplicitDeny, by.profile+" "+d.Sid,
		fmt.Sprintf("A write of %s by %s with %s is refused: %s.", s.StateLocation, by.who(), written.Sends(), d.Why))
	x.Remedy = fmt.Sprintf("Set encrypt = true and kms_key_id = %q in the backend, then run terraform init -reconfigure.", f.keyARN())
	x.Who, x.Needs = by.who(), []string{fmt.Sprintf("A review of statement %q of the policy of bucket %s.", d.Sid, s.Bucket)}
	if len(keyDisagreements(f)) > 0 {
		x.Remedy = "Confirm the change: Let the bucket name the key that " + f.answers.Key.Alias + " points at."
		x.Changes = planned(f, sends("s3", "PutBucketPolicy"))
	}
	if c, can := unblockBucket(f, s.in); can {
		x.Changes, x.Cause = append(x.Changes, c), strings.Join([]string{by.profile, "s3", string(policy.ResourceBased)}, " ")
		x.Remedy = fmt.Sprintf("Remove statement %q from the policy of bucket %s, which is not one of the blueprint's.", d.Sid, s.Bucket)
	}
	return c.Failed("It refuses the write: "+d.Why+".", x)
}

// written is the location as it will be written: a project without a backend gets
// the blueprint's key.
func (s *stateAccess) written(f *facts) health.StateLocation {
	at := s.StateLocation
	if at.Planned && at.KMSKey == "" {
		at.KMSKey = f.keyARN()
	}
	return at
}

// checkLockFile is about the rights to the lock file: without its removal every
// run leaves a lock behind.
func checkLockFile(f *facts, s *stateAccess) health.Result {
	c := s.check(nameLockFile, "iam:SimulatePrincipalPolicy for the lock file")
	if !s.Lockfile {
		c.Asked = "the backend's use_lockfile"
		return c.Passed("The lock file is not in use.")
	}
	r := s.simulated(f, c, s.lockFileARN(), right{"s3:PutObject", diagnosis.S3PutDenied}, right{"s3:GetObject", diagnosis.S3GetDenied}, right{"s3:DeleteObject", diagnosis.LockReleaseFailed})
	if r.Check.Verdict == plan.Passed {
		r.Check.Answer = "It can be made, read and removed."
	}
	return r
}
