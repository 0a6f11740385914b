package account

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// checkStates is about the states in a bucket and their digests in the lock table.
func checkStates(f *facts, b *bucketAccess) (results []health.Result) {
	if b.closed() {
		return nil
	}
	for _, s := range b.states {
		results = append(results, checkContent(f, s))
		if s.Table != "" {
			results = append(results, checkDigest(f, s))
		}
	}
	return results
}

func checkContent(f *facts, s *stateAccess) health.Result {
	c := s.check("state readable", "s3:GetObject")
	switch {
	case s.getErr != nil:
		return c.Undecided("%s", diagnosis.Answer(s.getErr))
	case s.object == nil:
		return checkAbsence(f, s, c)
	case s.object.problem == "":
		return c.Passed("It is format %d, serial %d, written by %s.", s.object.Format, s.object.Serial, s.object.Engine)
	}
	x := faultOf(diagnosis.StateFormat, s.Key,
		fmt.Sprintf("The state %s of project %s (version %s, %d bytes) cannot be used: %s.", s.StateLocation, s.Project, s.object.version, s.object.size, s.object.problem))
	if s.object.Format > tf.NewestStateFormat {
		x.Remedy = "Use the version of Terraform that wrote the state, or a newer one."
		x.Evidence += fmt.Sprintf(" It is format %d, written by %s; Terraform up to 1.16 reads format %d.", s.object.Format, s.object.Engine, tf.NewestStateFormat)
		return c.Failed("Its format is "+fmt.Sprint(s.object.Format)+".", x)
	}
	offerRestore(f, s, &x)
	return c.Failed(s.object.problem+".", x)
}

// checkAbsence is about a project without a state: either there never was one, or
// somebody deleted it, and the next apply makes all that it held a second time. One
// whose digest is still there is told of with that.
func checkAbsence(f *facts, s *stateAccess, c health.Question) health.Result {
	marked := s.deleted || len(s.versions) > 0 && s.versions[0].Marker
	switch {
	case !marked && s.deletedErr != nil:
		return c.Undecided("There is no state, and stateroom cannot tell whether one was deleted: %s", diagnosis.Describe(s.deletedErr))
	case !marked:
		return c.Passed("There is no state yet.")
	case !s.digestHolds():
		return c.FailedAs("Deleted.", diagnosis.DigestMismatch.ID)
	}
	evidence := fmt.Sprintf("The state %s of project %s was deleted: a delete marker hides it, and the next apply would make everything that it held a second time.", s.StateLocation, s.Project)
	if s.versionsErr != nil {
		evidence += " The versions of the object may not be listed: " + diagnosis.Describe(s.versionsErr)
	} else {
		evidence += fmt.Sprintf(" There are %s.", listed(s.versions))
	}
	x := ownFault("state.deleted", s.Key, evidence, "")
	offerRestore(f, s, &x)
	x.RequestIDs = awsops.RequestIDs(s.versionsErr)
	return c.Failed("Deleted.", x)
}

// checkDigest is about the MD5 that the lock table holds of the state.
func checkDigest(f *facts, s *stateAccess) health.Result {
	c := health.Question{Name: nameDigest, Subject: s.Project, Asked: fmt.Sprintf("item %s of table %s beside the MD5 of %s, as %s", s.DigestID(), s.Table, s.StateLocation, s.in.asked)}
	switch {
	case s.digestErr != nil:
		return c.Undecided("%s", diagnosis.Describe(s.digestErr))
	case s.getErr != nil:
		return c.Undecided("%s", diagnosis.Describe(s.getErr))
	case s.digest == nil:
		return c.Passed("The table has none, so there is nothing to compare.")
	case s.digestHolds():
		return c.Passed("It matches the state.")
	}
	calculated := "but there is no state"
	if s.object != nil {
		calculated = "but the state's is " + s.object.digest
	}
	compared, good := compare(s)
	x := faultOf(diagnosis.DigestMismatch, s.Key,
		fmt.Sprintf("The table holds the digest %s for project %s, %s. %s", s.digest.Digest, s.Project, calculated, compared))
	x.RequestIDs = awsops.RequestIDs(s.versionsErr)
	if good { // the newest version, without a doubt
		x.Changes = []plan.Change{digestChange(f, s)}
	} else {
		offerRestore(f, s, &x)
	}
	return c.Failed(fmt.Sprintf("The table says %s, %s.", s.digest.Digest, calculated), x)
}

// compare tells what the versions say, and whether they leave no doubt that
// what is there now is what should be: of one lineage with the highest serial,
// or nothing where nothing ever was.
func compare(s *stateAccess) (text string, good bool) {
	switch {
	case s.versionsErr != nil:
		return "The versions of the object may not be listed: " + diagnosis.Describe(s.versionsErr), false
	case s.object == nil && len(s.versions) == 0:
		return "The object has no version at all.", true
	case s.object == nil:
		return fmt.Sprintf("The object was deleted; %s.", listed(s.versions)), false
	case !s.object.isState():
		return "The newest version is not a state.", false
	}
	text = fmt.Sprintf("Compared: %s.", listed(s.versions))
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
		case v.object.Lineage != s.object.Lineage:
			return text + " They have different lineages.", false
		case v.object.Serial > s.object.Serial:
			return text + " An older version has the higher serial.", false
		}
	}
	return text + " The newest has the highest serial and is the good one.", true
}

// listed are versions in words, newest first.
func listed(versions []stateVersion) string {
	if len(versions) == 0 {
		return "no versions"
	}
	parts := make([]string, len(versions))
	for i, v := range versions {
		parts[i] = "version " + v.ID + " of " + v.when()
		switch {
		case v.Marker:
			parts[i] += ", a delete marker"
		case v.object == nil:
			parts[i] += ", not read"
		case !v.object.isState():
			parts[i] += ", not a state"
		default:
			parts[i] += fmt.Sprintf(", serial %d, MD5 %s", v.object.Serial, v.object.digest)
		}
	}
	return strings.Join(parts, "; ")
}
