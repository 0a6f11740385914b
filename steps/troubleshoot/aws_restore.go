package troubleshoot

import (
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// better is the version that should be the state where the current one should
// not: the one whose digest the lock table holds, which is what Terraform wrote
// last, or the newest good one where the table holds none. No version of its
// lineage may have a higher serial, and none may be unread.
func better(s *stateFacts) *stateVersion {
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
		if v.object != nil && v.object.isState() && v.object.lineage == found.object.lineage && v.object.serial > found.object.serial {
			return nil
		}
	}
	return found
}

// offerRestore plans to put that version back, with consent to the object, or
// says what to look at.
func (f *facts) offerRestore(p *site, s *stateFacts, t *trouble) {
	t.remedy = "Compare the versions by hand, restore the one that is right, then run stateroom troubleshoot again."
	t.handOn = &handOn{who: p.asked, needs: []string{
		fmt.Sprintf("aws s3api list-object-versions --region %s --bucket %s --prefix '%s'", p.region, p.bucket, s.key),
		"A copy of the version that is right over the current one.",
	}}
	v := better(s)
	key := f.observed.Key.Key
	if v == nil || key == nil || s.bucket != f.answers.Bucket.Name {
		return
	}
	etag := ""
	if s.object != nil {
		etag = s.object.etag
	}
	name := fmt.Sprintf("s3://%s/%s", s.bucket, s.key)
	c := plan.Change{
		ID: "state.restore." + s.project, Topic: "state", Of: plan.StepBucket, Action: plan.Update,
		Title:  fmt.Sprintf("Put back version %s (serial %d) of project %s's state", v.ID, v.object.serial, s.project),
		Target: name, Account: f.answers.AdminAccount, Region: p.region, Profile: s.versionsBy,
		Fields:  []plan.Field{{Name: "MD5", Before: currentDigest(s), After: v.object.digest}, {Name: "serial", After: fmt.Sprint(v.object.serial)}},
		Calls:   []awsops.Call{awsops.CopyVersion(s.bucket, s.key, v.ID, f.answers.AdminAccount, key.ARN, etag)},
		Foreign: name,
		Risk:    "What is there now was put there by somebody; it stays as an older version.",
		Undo:    "copy the version that is current now over it again",
	}
	t.evidence += fmt.Sprintf(" Version %s of %s is the last good one: serial %d, MD5 %s.", v.ID, v.Modified.UTC().Format("2006-01-02 15:04:05"), v.object.serial, v.object.digest)
	t.changes = []plan.Change{c}
	t.handOn.needs = []string{plan.CommandLine(c, c.Calls[0])}
}

func currentDigest(s *stateFacts) string {
	if s.object == nil {
		return ""
	}
	return s.object.digest
}
