package troubleshoot

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// judgeState rules on the content of a state and on its digest in the table.
func judgeState(f *facts, p *site, s *stateFacts) []ruling {
	rulings := []ruling{judgeContent(f, p, s)}
	if s.table != "" {
		rulings = append(rulings, judgeDigest(f, p, s))
	}
	return rulings
}

func judgeContent(f *facts, p *site, s *stateFacts) ruling {
	a := p.askState("state readable", s, "s3:GetObject")
	switch {
	case s.getErr != nil:
		return a.undecided("%s", answer(s.getErr))
	case s.object == nil:
		return judgeAbsence(f, p, s, a)
	case s.object.problem == "":
		return a.passed(fmt.Sprintf("It is format %d, serial %d, written by %s.", s.object.format, s.object.serial, s.object.engine))
	}
	t := trouble{
		id: diagnosis.StateFormat.ID, cause: s.key,
		evidence: fmt.Sprintf("The state s3://%s/%s of project %s (version %s, %d bytes) cannot be used: %s.", p.bucket, s.key, s.project, s.object.version, s.object.size, s.object.problem),
		remedy:   "Use the version of Terraform that wrote the state, or a newer one.",
	}
	if s.object.format > newestFormat {
		t.evidence += fmt.Sprintf(" It is format %d, written by %s; Terraform up to 1.15 reads format %d.", s.object.format, s.object.engine, newestFormat)
		return a.broken("Its format is "+fmt.Sprint(s.object.format)+".", t)
	}
	f.offerRestore(p, s, &t)
	return a.broken(s.object.problem+".", t)
}

// judgeAbsence rules on a project without a state: either there never was one, or
// somebody deleted it, and the next apply makes all that it held a second time. One
// whose digest is still there is told of with that.
func judgeAbsence(f *facts, p *site, s *stateFacts, a asked) ruling {
	marked := s.deleted || len(s.versions) > 0 && s.versions[0].Marker
	switch {
	case !marked && s.deletedErr != nil:
		return a.undecided("There is no state, and whether one was deleted cannot be seen: %s", told(s.deletedErr))
	case !marked:
		return a.passed("There is no state yet.")
	case !s.digestHolds():
		r := a.check("It was deleted.", plan.Broken)
		r.check.Finding = diagnosis.DigestMismatch.ID
		return r
	}
	t := trouble{
		id: "state.deleted", cause: s.key,
		evidence: fmt.Sprintf("The state s3://%s/%s of project %s was deleted: a delete marker lies over it, and the next apply would make everything that it held a second time.", p.bucket, s.key, s.project),
	}
	if s.versionsErr != nil {
		t.evidence += " The versions of the object may not be listed: " + told(s.versionsErr)
		t.err = s.versionsErr
	} else {
		t.evidence += fmt.Sprintf(" There are %s.", describe(s.versions))
	}
	f.offerRestore(p, s, &t)
	return a.broken("It was deleted.", t)
}

// judgeDigest rules on the MD5 that the lock table holds of the state.
func judgeDigest(f *facts, p *site, s *stateFacts) ruling {
	a := asked{name: checkDigest, subject: s.project, question: fmt.Sprintf("item %s-md5 of table %s beside the MD5 of s3://%s/%s, as %s", s.lockID(), s.table, p.bucket, s.key, p.asked)}
	switch {
	case s.digestErr != nil:
		return a.undecided("%s", told(s.digestErr))
	case s.getErr != nil:
		return a.undecided("%s", told(s.getErr))
	case s.digest == nil:
		return a.passed("The table holds none, so that there is none to differ.")
	case s.digestHolds():
		return a.passed("They agree.")
	}
	calculated := "but there is no state"
	if s.object != nil {
		calculated = "but the state's is " + s.object.digest
	}
	t := trouble{
		id: diagnosis.DigestMismatch.ID, cause: s.key,
		evidence: fmt.Sprintf("The table holds the digest %s for project %s, %s.", s.digest.Digest, s.project, calculated),
	}
	f.repair(p, s, &t)
	return a.broken(fmt.Sprintf("The table says %s, %s.", s.digest.Digest, calculated), t)
}

// repair plans the digest's repair where the versions leave no doubt that the
// newest one is the good one, and says otherwise what to look at.
func (f *facts) repair(p *site, s *stateFacts, t *trouble) {
	compared, good := compare(s)
	t.evidence += " " + compared
	if !good {
		f.offerRestore(p, s, t)
		return
	}
	t.remedy = "Write the digest of the newest version into the table."
	t.changes = []plan.Change{f.digestChange(p, s)}
}

// digestChange makes the digest that of the state in the bucket, if the item is
// still the one that was compared.
func (f *facts) digestChange(p *site, s *stateFacts) plan.Change {
	id := s.lockID() + "-md5"
	c := plan.Change{
		ID: "lock.digest." + s.project, Of: plan.StepLock, Action: plan.Update,
		Title:  fmt.Sprintf("Correct the digest of project %s's state", s.project),
		Target: fmt.Sprintf("item %s of table %s", id, s.table), Account: f.answers.AdminAccount, Region: p.region, Profile: p.hand(s),
		Fields: []plan.Field{{Name: "digest", Before: s.digest.Digest}},
		Risk:   "Terraform works with the state that is in the bucket now, as described.",
		Undo:   fmt.Sprintf("write the digest %s back", s.digest.Digest),
	}
	if s.object == nil {
		c.Action = plan.Delete
		c.Title = fmt.Sprintf("Remove the digest of project %s's state, which is no more", s.project)
		// The digest is the last that tells of the state, and all that keeps the
		// next apply from beginning with none.
		c.Foreign, c.Typed = s.lockID()+"-md5", true
		c.Risk = "Terraform then begins with no state, and the next apply makes everything that the lost one held a second time."
		c.Calls = []awsops.Call{awsops.DeleteDigest(s.table, id, s.digest.Digest)}
		return c
	}
	c.Fields[0].After = s.object.digest
	c.Calls = []awsops.Call{awsops.PutDigest(s.table, id, s.digest.Digest, s.object.digest)}
	return c
}

// orphanDigests removes the digests of states that went with their bucket, with
// which Terraform would refuse the new one.
func (f *facts) orphanDigests(p *site) []plan.Change {
	var changes []plan.Change
	for _, s := range p.states {
		if s.digest != nil && s.digest.Digest != "" && f.mayMend(plan.StepBucket) {
			c := f.digestChange(p, s)
			for _, made := range f.plan.Changes {
				if made.Sends("s3", "CreateBucket") {
					c.Needs = append(c.Needs, made.ID)
				}
			}
			changes = append(changes, c)
		}
	}
	return changes
}

// compare tells what the versions say, and whether they leave no doubt that
// what is there now is what should be: of one lineage with the highest serial,
// or nothing where nothing ever was.
func compare(s *stateFacts) (text string, good bool) {
	switch {
	case s.versionsErr != nil:
		return "The versions of the object may not be listed: " + told(s.versionsErr), false
	case s.object == nil && len(s.versions) == 0:
		return "The object has no version at all.", true
	case s.object == nil:
		return fmt.Sprintf("The object was deleted; %s.", describe(s.versions)), false
	case !s.object.isState():
		return "The newest version is no state.", false
	}
	text = fmt.Sprintf("Compared: %s.", describe(s.versions))
	matching := slices.IndexFunc(s.versions, func(v stateVersion) bool { return v.object != nil && v.object.digest == s.digest.Digest })
	if matching >= 0 {
		text += fmt.Sprintf(" The digest is that of version %s.", s.versions[matching].ID)
	} else {
		text += " The digest is that of none of them."
	}
	for _, v := range s.versions {
		switch {
		case v.err != nil:
			return text + " Not every version could be read.", false
		case v.object == nil || !v.object.isState() || v.ID == s.object.version:
			continue
		case v.object.lineage != s.object.lineage:
			return text + " They are not of one lineage.", false
		case v.object.serial > s.object.serial:
			return text + " An older version has the higher serial.", false
		}
	}
	return text + " The newest has the highest serial and is the good one.", true
}

// describe lists versions, newest first.
func describe(versions []stateVersion) string {
	var parts []string
	for _, v := range versions {
		text := "version " + v.ID + " of " + v.Modified.UTC().Format("2006-01-02 15:04:05")
		switch {
		case v.Marker:
			text += ", a delete marker"
		case v.object == nil:
			text += ", not read"
		case !v.object.isState():
			text += ", no state"
		default:
			text += fmt.Sprintf(", serial %d, MD5 %s", v.object.serial, v.object.digest)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "no versions"
	}
	return strings.Join(parts, "; ")
}
