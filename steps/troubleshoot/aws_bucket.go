package troubleshoot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// judgeSite rules on a bucket as a whole: its region, that it is there and
// ours, and that it may be listed.
func judgeSite(f *facts, p *site) []ruling {
	if p.asked == "" {
		return []ruling{p.ask(checkBucket, "", "s3:HeadBucket").undecided("Nobody could be asked: neither %s nor the operator can sign in.", p.login.who())}
	}
	rulings := []ruling{judgeRegion(f, p), judgeExists(f, p)}
	if p.status != http.StatusNotFound && !p.foreign(f) {
		rulings = append(rulings, judgeList(f, p))
	}
	return rulings
}

// ask is a question about the bucket.
func (p *site) ask(name, subject, call string) asked {
	return asked{name: name, subject: subject, question: fmt.Sprintf("%s on %s in %s, as %s", call, p.bucket, p.region, p.asked), resource: p.bucket}
}

func (p *site) projects() []string {
	var names []string
	for _, s := range p.states {
		names = append(names, s.project)
	}
	return names
}

func judgeRegion(f *facts, p *site) ruling {
	a := asked{name: checkRegion, question: fmt.Sprintf("s3:HeadBucket on %s in %s, as %s", p.bucket, p.configured, p.asked)}
	regions := f.observed.Region
	there := slices.ContainsFunc(regions.Regions, func(r awsops.Region) bool { return r.Name == p.configured })
	switch {
	case regions.Answered && !there:
		return a.broken("account:ListRegions does not list it.", trouble{
			id: diagnosis.RegionInvalid.ID, cause: p.configured,
			evidence: fmt.Sprintf("The backend of %s names the region %s, which account:ListRegions does not list.", someOf(p.projects()), p.configured),
			remedy:   fmt.Sprintf("Write the bucket's region in the backend (the blueprint's is %s), then init -reconfigure.", f.answers.StateRegion),
		})
	case p.status == 0 && diagnosis.Outage(p.headErr) != nil:
		return a.failedBy(p.headErr)
	case p.status == 0 && p.headErr != nil:
		return a.undecided("%s", told(p.headErr))
	case p.status == http.StatusNotFound:
		return a.undecided("There is no bucket whose region could be compared.")
	case p.region != p.configured:
		return a.broken("It is in "+p.region+".", trouble{
			id: diagnosis.RegionWrong.ID, cause: p.bucket + p.configured,
			evidence: fmt.Sprintf("Bucket %s is in %s, but the backend of %s says %s.", p.bucket, p.region, someOf(p.projects()), p.configured),
			remedy:   fmt.Sprintf("Write region = %q in the backend, then init -reconfigure.", p.region),
		})
	}
	return a.passed("It is there.")
}

// foreign tells a bucket that is somebody else's: it opens only without an
// expected owner, or it is not among the operator's in the admin account.
func (p *site) foreign(f *facts) bool {
	return p.owned == http.StatusForbidden && p.status == http.StatusOK || p.elsewhere && f.operator.Account == f.answers.AdminAccount
}

func judgeExists(f *facts, p *site) ruling {
	a := p.ask("bucket exists", "", "s3:HeadBucket")
	switch {
	case p.status == http.StatusNotFound:
		t := trouble{
			id: diagnosis.BucketMissing.ID, cause: p.bucket, evidence: fmt.Sprintf("There is no bucket %s, which the backend of %s names.", p.bucket, someOf(p.projects())),
			remedy: fmt.Sprintf("Correct the name in the backend; the blueprint's is %s.", f.answers.Bucket.Name),
		}
		if p.bucket == f.answers.Bucket.Name {
			t.remedy = "Create it with stateroom setup."
			t.evidence += " The states that were in it are gone, unless a copy is somewhere else."
			t.mended = func(c plan.Change) bool { return c.Sends("s3") }
			t.changes = f.orphanDigests(p)
			t.handOn = &handOn{who: p.asked, needs: []string{"stateroom setup, as the operator: it creates the bucket " + p.bucket}}
		}
		return a.broken("HTTP 404: there is none.", t)
	case p.foreign(f):
		t := trouble{
			id: "bucket.taken", cause: p.bucket, severity: plan.Failure,
			evidence: fmt.Sprintf("Bucket %s belongs to another AWS account than %s, and Terraform would write the state there.", p.bucket, f.answers.AdminAccount),
			remedy:   "Correct the bucket's name in the backend, or choose another with stateroom setup --set bucket.name=NAME.",
		}
		if p.status != http.StatusOK { // which takes the right to list
			t.id = diagnosis.S3ListDenied.ID
			t.evidence = fmt.Sprintf("Bucket %s belongs to another AWS account than %s: %s", p.bucket, f.answers.AdminAccount, told(p.listErr))
			t.err = p.listErr
		}
		return a.broken("It is another account's.", t)
	case p.status == 0 && diagnosis.Outage(p.headErr) != nil:
		return a.failedBy(p.headErr)
	case p.status == 0:
		return a.undecided("%s", told(p.headErr))
	case p.owned == http.StatusOK:
		return a.passed("It is account " + f.answers.AdminAccount + "'s.")
	case p.status == http.StatusForbidden || p.owned == http.StatusForbidden:
		return a.undecided("HTTP 403: it exists, and HEAD tells no more.")
	}
	return a.passed("It is there.")
}

// judgeList rules on what Terraform does first of all.
func judgeList(f *facts, p *site) ruling {
	a := p.ask(checkBucket, "", "s3:ListObjectsV2 of env:/")
	q := question{action: "s3:ListBucket", resource: p.arn(), err: p.listErr, rights: p.rights, attached: f.bucketPolicy(p.bucket)}
	return judgeAnswer(f, p, a, p.listErr, q, diagnosis.S3ListDenied.ID, p.states[0].target)
}

// judgeAnswer rules on a call of the login itself that was answered or refused.
func judgeAnswer(f *facts, p *site, a asked, err error, q question, id string, t target) ruling {
	_, denied := awsops.DenialOf(err)
	switch {
	case diagnosis.Outage(err) != nil:
		return a.failedBy(err)
	case p.standIn && denied:
		return a.undecided("%s cannot sign in, and the operator may not either.", p.login.who())
	case p.standIn:
		return a.undecided("%s cannot sign in; the operator may.", p.login.who())
	case err == nil:
		return a.passed("It is allowed.")
	case !denied:
		return a.undecided("%s", told(err))
	}
	return f.denied(p, a, id, q, t)
}

// denied makes a trouble of a refusal: whose policy it is decides who can mend
// it and how.
func (f *facts) denied(p *site, a asked, id string, q question, t target) ruling {
	l := p.login
	why := f.explain(l, q)
	if why.explicit && strings.HasPrefix(q.action, "s3:") {
		id = diagnosis.ExplicitDeny.ID
	}
	evidence := why.why
	if q.err != nil {
		evidence = strings.TrimSpace(told(q.err) + " " + why.why)
	}
	// One missing right is one trouble, whatever states it concerns.
	cause := q.action
	if why.by == byResource || strings.HasPrefix(q.action, "kms:") {
		cause, _, _ = strings.Cut(q.action, ":") // one bucket's policy, or one key
	}
	found := trouble{id: id, cause: strings.Join([]string{l.profile, cause, why.by}, " "), evidence: evidence, err: q.err}
	found.handOn = &handOn{failed: q.err, who: l.who()}
	switch why.by {
	case byIdentity, "":
		found.handOn.needs = f.grant(l, t, f.keyOf(t), q)
		found.remedy = fmt.Sprintf("Allow %s on %s in a policy of the group: stateroom setup does, run by the operator.", q.action, q.resource)
		if why.explicit {
			found.remedy = "Remove the Deny statement from that policy, unless somebody meant it."
			found.handOn.needs = []string{fmt.Sprintf("Take the Deny of %s on %s out of the policy named above, which is none of the blueprint's.", q.action, q.resource)}
		}
		found.mended = f.mendsGroup(l)
	case byResource:
		f.deniedByResource(p, q, &found)
	default:
		found.remedy = fmt.Sprintf("Have the %s changed by whoever is responsible for it: it is not the blueprint's.", why.by)
		found.handOn.needs = []string{fmt.Sprintf("A %s that lets %s do %s on %s.", why.by, l.who(), q.action, q.resource)}
	}
	if stray := t.strays(f.answers); stray != "" && why.by != byResource && !strings.HasPrefix(q.action, "kms:") {
		found.evidence += " " + stray
		found.remedy, found.mended, found.changes = "Correct the backend, then init -reconfigure.", nil, nil
		found.handOn = nil
	}
	if l.stranger(f) {
		return a.undecided("%s is no user of the blueprint's, whose groups alone get rights to the state: %s", l.who(), evidence)
	}
	answered := "It is denied."
	if q.err != nil {
		answered = answer(q.err)
	}
	return a.broken(answered, found)
}

// stranger tells the operator's own credentials where no backend names a
// profile: an operator needs no right to any state.
func (l *login) stranger(f *facts) bool {
	return l.profile == "" && l.err == nil && len(f.answers.GroupsOf(userOf(l))) == 0
}

// keyOf is the ARN of the blueprint's key, empty where the key policy and not
// the group's gives the use of it.
func (f *facts) keyOf(t target) string {
	if f.answers.Key.Users == blueprint.KeyUsersListed {
		return ""
	}
	if k := f.observed.Key.Key; k != nil {
		return k.ARN
	}
	return t.kmsKey
}

// mendsGroup tells the changes that give a login's groups what they lack.
func (f *facts) mendsGroup(l *login) func(plan.Change) bool {
	user := userOf(l)
	groups := f.answers.GroupsOf(user)
	return func(c plan.Change) bool { return slices.Contains(groups, c.Group) && (c.User == "" || c.User == user) }
}

// deniedByResource tells the bucket's or the key's own policy. A statement that
// is none of the blueprint's can be taken out.
func (f *facts) deniedByResource(p *site, q question, t *trouble) {
	t.remedy = fmt.Sprintf("Correct the policy of %s: it refuses %s to %s.", q.resource, q.action, p.login.who())
	t.handOn.needs = []string{fmt.Sprintf("A policy of %s that does not refuse %s to %s; stateroom setup shows what the blueprint wants.", q.resource, q.action, p.login.who())}
	if strings.HasPrefix(q.action, "kms:") {
		t.mended = func(c plan.Change) bool { return c.Sends("kms", "PutKeyPolicy") }
		if c, can := f.unblockKey(p.login, q); can {
			t.changes = append(t.changes, c)
		}
		return
	}
	if c, can := f.unblockBucket(p); can {
		t.changes = append(t.changes, c)
	}
}
