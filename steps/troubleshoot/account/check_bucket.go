package account

import (
	"fmt"
	"net/http"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/troubleshoot/health"
)

// checkBucket is about a bucket as a whole, its region, that it is there and ours, and
// that it may be listed; then about what may be done with each of the states in it.
func checkBucket(f *facts, b *bucketAccess) []health.Result {
	if b.asked == "" {
		return []health.Result{b.check(nameExists, "s3:HeadBucket").Undecided("Not checked: neither %s nor the operator can sign in.", b.by.who())}
	}
	results := []health.Result{checkRegion(f, b), checkExists(f, b)}
	if b.closed() {
		return results
	}
	results = append(results, checkList(f, b))
	if b.unreachable() {
		return results
	}
	for _, s := range b.states {
		results = append(results, checkRead(f, s), checkWrite(f, s), checkHeaders(f, s), checkLockFile(f, s))
	}
	return results
}

// apart tells the bucket from others, and from the same as another backend or another
// profile names it.
func (b *bucketAccess) apart() string { return b.by.with(b.bucket + " in " + b.configured) }

// with is the name of something that this identity asks for.
func (id *identity) with(name string) string {
	if id.profile == "" {
		return name
	}
	return "profile " + id.profile + ", " + name
}

// check is a question about the bucket.
func (b *bucketAccess) check(name, call string) health.Question {
	by := ""
	if b.asked != "" {
		by = ", as " + b.asked
	}
	return health.Question{Name: name, Asked: fmt.Sprintf("%s on %s in %s%s", call, b.bucket, b.region, by), Resource: b.bucket, Apart: b.apart()}
}

func checkRegion(f *facts, b *bucketAccess) health.Result {
	c := health.Question{Name: nameRegion, Asked: fmt.Sprintf("s3:HeadBucket on %s in %s, as %s", b.bucket, b.configured, b.asked), Apart: b.apart()}
	regions := f.observed.Region
	there := slices.ContainsFunc(regions.Regions, func(r awsops.Region) bool { return r.Name == b.configured })
	switch outage := diagnosis.Outage(b.headErr); {
	case regions.Answered && !there:
		x := faultOf(diagnosis.RegionInvalid, b.configured,
			fmt.Sprintf("The backend of %s names the region %s, which account:ListRegions does not list.", someOf(b.projects()), b.configured))
		x.Remedy = fmt.Sprintf("Write the bucket's region in the backend (the blueprint's is %s), then run terraform init -reconfigure.", f.answers.StateRegion)
		return c.Failed("account:ListRegions does not list it.", x)
	case b.status == 0 && outage != nil:
		return outageOf(c, outage, b.headErr)
	case b.status == 0 && b.headErr != nil:
		return c.Undecided("%s", diagnosis.Describe(b.headErr))
	case b.status == http.StatusNotFound:
		return c.Undecided("No bucket was found to compare regions with.")
	case b.region != b.configured:
		x := faultOf(diagnosis.RegionWrong, b.bucket+b.configured,
			fmt.Sprintf("Bucket %s is in %s, but the backend of %s says %s.", b.bucket, b.region, someOf(b.projects()), b.configured))
		x.Name = b.bucket
		x.Remedy = fmt.Sprintf("Write region = %q in the backend, then run terraform init -reconfigure.", b.region)
		return c.Failed("It is in "+b.region+".", x)
	}
	return c.Passed("It is in %s.", b.configured)
}

func checkExists(f *facts, b *bucketAccess) health.Result {
	c := b.check(nameExists, "s3:HeadBucket")
	switch outage := diagnosis.Outage(b.headErr); {
	case b.status == http.StatusNotFound:
		return c.Failed("HTTP 404: not found.", missingBucket(f, b))
	case b.foreign():
		return c.Failed("It belongs to another account.", foreignBucket(f, b))
	case b.status == 0 && outage != nil:
		return outageOf(c, outage, b.headErr)
	case b.status == 0:
		return c.Undecided("%s", diagnosis.Describe(b.headErr))
	case b.owned == http.StatusOK:
		if f.guessed {
			return c.Passed("It exists.")
		}
		return c.Passed("It belongs to account %s.", f.answers.AdminAccount)
	case b.status == http.StatusForbidden || b.owned == http.StatusForbidden:
		return c.Undecided("HTTP 403: it exists; HEAD says no more.")
	}
	return c.Passed("It exists.")
}

func missingBucket(f *facts, b *bucketAccess) health.Result {
	x := faultOf(diagnosis.BucketMissing, b.bucket, fmt.Sprintf("There is no bucket %s, which the backend of %s names.", b.bucket, someOf(b.projects())))
	x.Name = b.bucket
	if b.bucket != f.answers.Bucket.Name {
		x.Remedy = fmt.Sprintf("Correct the name in the backend; the blueprint's is %s.", f.answers.Bucket.Name)
		return x
	}
	x.Remedy = "Create it with stateroom setup."
	x.Evidence += " The states that were in it are gone, unless a copy is somewhere else."
	x.Changes = append(planned(f, sends("s3")), orphanDigests(f, b)...)
	x.Who, x.Needs = b.asked, []string{"stateroom setup, as the operator: it creates the bucket " + b.bucket}
	return x
}

func foreignBucket(f *facts, b *bucketAccess) health.Result {
	const remedy = "Correct the bucket's name in the backend, or choose another with stateroom setup --set bucket.name=NAME."
	if b.status != http.StatusOK { // which takes the right to list
		x := faultOf(diagnosis.S3ListDenied, b.bucket,
			fmt.Sprintf("Bucket %s belongs to a different AWS account than %s: %s", b.bucket, f.answers.AdminAccount, diagnosis.Describe(b.listErr)))
		x.Err, x.Remedy = b.listErr, remedy
		return x
	}
	return ownFault("bucket.taken", b.bucket,
		fmt.Sprintf("Bucket %s belongs to a different AWS account than %s, and Terraform would write the state there.", b.bucket, f.answers.AdminAccount), remedy)
}

// checkList is about what Terraform does first of all.
func checkList(f *facts, b *bucketAccess) health.Result {
	q := b.states[0].ask(f, "s3:ListBucket", b.arn())
	q.err, q.rights = b.listErr, b.rights
	return judge(f, b.check(nameList, "s3:ListObjectsV2 of env:/"), q, diagnosis.S3ListDenied)
}

// judge is about a call of the identity itself that was answered or refused.
func judge(f *facts, c health.Question, q question, d *diagnosis.Diagnosis) health.Result {
	_, denied := awsops.DenialOf(q.err)
	switch outage := diagnosis.Outage(q.err); {
	case outage != nil:
		return outageOf(c, outage, q.err)
	case q.at.in.standIn && denied:
		return c.Undecided("%s cannot sign in, and the operator may not either.", q.by.who())
	case q.at.in.standIn:
		return c.Undecided("%s cannot sign in; the operator may.", q.by.who())
	case q.err == nil:
		return c.Passed("Allowed.")
	case !denied:
		return c.Undecided("%s", diagnosis.Describe(q.err))
	}
	return denial(f, c, q, d)
}
