package account

import (
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// writer is the profile whose rights write locks and digests: the identity's, unless
// it cannot sign in or lacks them, which leaves the operator's.
func (s *stateAccess) writer() string {
	if s.in.standIn {
		return ""
	}
	for _, d := range s.rights.results {
		if !d.Allowed && (d.Action == "dynamodb:DeleteItem" || d.Action == "dynamodb:PutItem" || d.Action == "s3:DeleteObject") {
			return ""
		}
	}
	return s.in.by.profile
}

// release takes a lock away that is still the one shown. It asks for the project's name
// to be typed: two runs at a time can lose what one of them writes.
func release(f *facts, s *stateAccess, h held) plan.Change {
	kind := "item"
	if h.item == nil {
		kind = "file"
	}
	c := plan.Change{
		ID: "lock.release." + s.Project + "." + kind, Of: plan.StepLock, Action: plan.Delete,
		Title:  fmt.Sprintf("Release the lock of project %s, held by %s since %s", s.Project, h.info.Who, h.info.Since()),
		Target: h.where(s), Account: f.answers.AdminAccount, Region: s.in.region, Profile: s.writer(),
		NotOurs: h.info.ID, ConfirmByName: true, Word: s.Project, Agreeing: "release",
		Fields: []plan.Field{
			{Name: "id", Before: h.info.ID}, {Name: "who", Before: h.info.Who}, {Name: "operation", Before: h.info.Operation}, {Name: "created", Before: h.info.Since()},
		},
		Risk: "If that run is not over, two write the state at a time, and what one of them did is forgotten.",
		Undo: "none; whoever runs Terraform next takes a lock of its own",
	}
	if h.corrupt {
		c.Title, c.NotOurs, c.Agreeing = fmt.Sprintf("Delete the invalid lock of project %s", s.Project), s.LockID(), "delete"
		c.Fields = []plan.Field{{Name: "lock", Before: "unreadable"}}
	}
	if h.file != nil {
		c.Calls = append(c.Calls, awsops.DeleteObjectIf(s.Bucket, s.LockFile(), f.answers.AdminAccount, h.file.ETag))
	}
	if h.item != nil {
		c.Calls = append(c.Calls, awsops.DeleteLockIf(s.Table, s.LockID(), h.item.Info))
	}
	return c
}

// digestChange makes the digest that of the state in the bucket, if the item is
// still the one that was compared.
func digestChange(f *facts, s *stateAccess) plan.Change {
	c := plan.Change{
		ID: "lock.digest." + s.Project, Of: plan.StepLock, Action: plan.Update,
		Title:  fmt.Sprintf("Correct the digest of the state of project %s", s.Project),
		Target: fmt.Sprintf("item %s of table %s", s.DigestID(), s.Table), Account: f.answers.AdminAccount, Region: s.in.region, Profile: s.writer(),
		Fields: []plan.Field{{Name: "digest", Before: s.digest.Digest, After: s.object.md5()}},
		Risk:   "Terraform works with the state that is in the bucket now, as described.",
		Undo:   fmt.Sprintf("write the digest %s back", s.digest.Digest),
	}
	if s.object == nil {
		c.Action = plan.Delete
		c.Title = fmt.Sprintf("Remove the digest of the state of project %s, which no longer exists", s.Project)
		// The digest is the last that tells of the state, and all that keeps the
		// next apply from beginning with none.
		c.NotOurs, c.ConfirmByName, c.Word = s.DigestID(), true, s.Project
		c.Risk = "Terraform then begins with no state, and the next apply makes everything that the lost one held a second time."
		c.Calls = []awsops.Call{awsops.DeleteDigest(s.Table, s.DigestID(), s.digest.Digest)}
		return c
	}
	c.Calls = []awsops.Call{awsops.PutDigest(s.Table, s.DigestID(), s.digest.Digest, s.object.digest)}
	return c
}

// orphanDigests removes the digests of states that went with their bucket, with
// which Terraform would refuse the new one.
func orphanDigests(f *facts, b *bucketAccess) []plan.Change {
	var changes []plan.Change
	for _, s := range b.states {
		if s.digest == nil || s.digest.Digest == "" || !mayMend(f, plan.StepBucket) {
			continue
		}
		c := digestChange(f, s)
		for _, made := range planned(f, sends("s3", "CreateBucket")) {
			c.Needs = append(c.Needs, made.ID)
		}
		changes = append(changes, c)
	}
	return changes
}

// better is the version that should be the state where the current one should
// not: the one whose digest the lock table holds, which is what Terraform wrote
// last, or the newest good one where the table holds none. No version of its
// lineage may have a higher serial, and none may be unread.
func better(s *stateAccess) *stateVersion {
	var found *stateVersion
	for i := range s.versions {
		v := &s.versions[i]
		switch {
		case v.err != nil:
			return nil
		case v.object == nil || v.object.problem != "" || s.object != nil && v.ID == s.object.version:
			continue
		case s.digest != nil && s.digest.Digest != "" && s.digest.Digest != v.object.digest:
			continue
		case found == nil:
			found = v
		}
	}
	if found == nil {
		return nil
	}
	for _, v := range s.versions {
		if v.object != nil && v.object.isState() && v.object.Lineage == found.object.Lineage && v.object.Serial > found.object.Serial {
			return nil
		}
	}
	return found
}

// offerRestore plans to put that version back, with consent to the object, or
// says what to look at.
func offerRestore(f *facts, s *stateAccess, x *health.Result) {
	x.Remedy = "Compare the versions by hand, restore the correct one, then run stateroom troubleshoot again."
	x.Who, x.Needs = s.in.asked, []string{
		fmt.Sprintf("aws s3api list-object-versions --region %s --bucket %s --prefix '%s'", s.in.region, s.Bucket, s.Key),
		"The correct version, copied over the current one.",
	}
	v, key := better(s), f.observed.Key.Key
	if v == nil || key == nil || s.Bucket != f.answers.Bucket.Name {
		return
	}
	etag := ""
	if s.object != nil {
		etag = s.object.etag
	}
	c := plan.Change{
		ID: "state.restore." + s.Project, Topic: "state", Of: plan.StepBucket, Action: plan.Update,
		Title:  fmt.Sprintf("Put back version %s (serial %d) of the state of project %s", v.ID, v.object.Serial, s.Project),
		Target: s.String(), Account: f.answers.AdminAccount, Region: s.in.region, Profile: s.versionsBy,
		Fields:  []plan.Field{{Name: "MD5", Before: s.object.md5(), After: v.object.digest}, {Name: "serial", After: fmt.Sprint(v.object.Serial)}},
		Calls:   []awsops.Call{awsops.CopyVersion(s.Bucket, s.Key, v.ID, f.answers.AdminAccount, key.ARN, etag)},
		NotOurs: s.String(), Asks: "somebody put there what is there now", Agreeing: "restore",
		Risk: "What is there now was put there by somebody; it stays as an older version.",
		Undo: "copy the version that is current now over it again",
	}
	x.Evidence += fmt.Sprintf(" Version %s of %s is the last good one: serial %d, MD5 %s.", v.ID, v.when(), v.object.Serial, v.object.digest)
	x.Changes, x.Needs = []plan.Change{c}, []string{plan.CommandLine(c, c.Calls[0])}
}
