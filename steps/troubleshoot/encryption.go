package troubleshoot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// arnParts is how many parts an ARN of a key has between colons.
const arnParts = 6

// keyARN is the form in which kms_key_id must stand: the bucket's policy compares
// it letter by letter with the key's ARN.
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)

// askPatience bounds a question to AWS that the laptop's part asks.
const askPatience = 20 * time.Second

// on reads a boolean argument; one that is not there is false.
func on(attributes tf.Attributes, name string) bool {
	value, err := strconv.ParseBool(attributes.Get(name))
	return err == nil && value
}

// encryption checks encrypt and kms_key_id: only both together make Terraform
// send the headers that the bucket's policy asks for (facts/terraform.md,
// finding 1).
func (l *laptop) encryption(ctx context.Context, p project) {
	b := p.s3()
	if b == nil {
		return
	}
	encrypt, key := b.Attributes.Find("encrypt"), b.Attributes.Find("kms_key_id")
	asked := b.String()
	if p.partial() && encrypt == nil {
		l.undecided(checkEncryption, p.Name, asked, "they may be given with -backend-config")
		return
	}
	if encrypt != nil && !encrypt.Literal || key != nil && !key.Literal || b.Attributes.Find("sse_customer_key") != nil {
		l.undecided(checkEncryption, p.Name, asked, "they are expressions, or a key of the customer's own is used")
		return
	}
	id := b.Attributes.Get("kms_key_id")
	answer := fmt.Sprintf("encrypt = %v, kms_key_id = %q", on(b.Attributes, "encrypt"), id)
	found, severity, evidence, remedy := l.headers(ctx, p, id)
	if found == "" {
		l.passed(checkEncryption, p.Name, asked, answer)
		return
	}
	l.broken(checkEncryption, p.Name, asked, answer, found)
	if found == diagnosis.KMSIDInvalid.ID {
		l.echo(found, id, diagnosis.KMSNotFound.ID, diagnosis.ExplicitDeny.ID)
	}
	l.found(found, plan.StepBucket, severity, evidence, remedy)
	l.mend(p, func(b *tf.Backend) { b.Encrypt = true })
	if arn := l.stateKey(ctx, p); arn != "" && id != arn {
		l.mend(p, func(b *tf.Backend) { b.KMSKeyID = arn })
	}
}

// headers tells what is wrong with the headers that Terraform would send.
func (l *laptop) headers(ctx context.Context, p project, id string) (found string, severity plan.Severity, evidence, remedy string) {
	encrypt := on(p.backend.Attributes, "encrypt")
	remedy = "Write encrypt = true and kms_key_id = the key's full ARN."
	policy := l.answers.Bucket.Policy
	sent, denied := "", policy == blueprint.BucketPolicyStrict
	switch {
	case id != "" && !keyARN.MatchString(id):
		return l.notARN(p, id)
	case !encrypt:
		sent = "encrypt is not set, so Terraform sends no encryption header"
		if id != "" {
			sent += " and kms_key_id counts for nothing"
		}
	case id == "":
		sent = "encrypt is set without kms_key_id, so Terraform asks for AES256"
		denied = policy != ""
	default:
		return l.otherKey(ctx, p, id)
	}
	at := p.at("encrypt")
	if denied {
		return diagnosis.ExplicitDeny.ID, plan.Failure,
			fmt.Sprintf("%s: %s, which the %s policy of bucket %s denies. init and plan pass all the same; the first apply fails and does not save the state.", at, sent, policy, l.answers.Bucket.Name), remedy
	}
	return "files.encryption-incomplete", plan.Warning,
		fmt.Sprintf("%s: %s, and it is left to the bucket how the state is encrypted.", at, sent), remedy
}

// accepted is what Terraform takes for a key beside its ARN (measured with
// 1.11.4): an id, or the name or the ARN of an alias.
var accepted = regexp.MustCompile(`^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)?alias/.+)$`)

// notARN is a key that is named by something else than its ARN. Terraform passes
// on what it accepts as it stands, and the bucket's policy compares that with
// the ARN.
func (l *laptop) notARN(p project, id string) (found string, severity plan.Severity, evidence, remedy string) {
	evidence = fmt.Sprintf("%s: kms_key_id is %q, which is not the ARN of a key", p.at("kms_key_id"), id)
	remedy = "Write the full ARN of the key, not its id or alias."
	switch {
	case !accepted.MatchString(id):
		return diagnosis.KMSIDInvalid.ID, plan.Failure, evidence + ".", remedy
	case l.answers.Bucket.Policy == "":
		return diagnosis.KMSIDInvalid.ID, plan.Warning, evidence + ". A bucket policy that asks for the ARN denies it.", remedy
	}
	return diagnosis.ExplicitDeny.ID, plan.Failure,
		fmt.Sprintf("%s. Terraform passes it on as it stands, and the policy of bucket %s denies everything but the ARN.", evidence, l.answers.Bucket.Name), remedy
}

// otherKey finds a project whose key is another than that of the rest.
func (l *laptop) otherKey(ctx context.Context, p project, id string) (found string, severity plan.Severity, evidence, remedy string) {
	for _, other := range l.projects {
		b := other.s3()
		if b == nil || b.Attributes.Get("bucket") != p.backend.Attributes.Get("bucket") {
			continue
		}
		theirs := b.Attributes.Get("kms_key_id")
		if theirs == "" || theirs == id || !keyARN.MatchString(theirs) {
			continue
		}
		right := l.aliasKey(ctx)
		if right == id {
			return "", "", "", ""
		}
		evidence := fmt.Sprintf("%s: kms_key_id is %s, but %s says %s for the same bucket.", p.at("kms_key_id"), id, other.at("kms_key_id"), theirs)
		if right == theirs && l.answers.Bucket.Policy != "" {
			return diagnosis.ExplicitDeny.ID, plan.Failure,
				evidence + " " + l.answers.Key.Alias + " is the latter, and the bucket's policy denies every other key.", "Write " + right + "."
		}
		return "files.kms-keys-differ", plan.Warning, evidence, "Write the ARN of the state encryption key in both."
	}
	return "", "", "", ""
}

// stateKey is the ARN of the state encryption key: what the other projects of
// the bucket agree on, or what the alias stands for; empty where neither tells.
func (l *laptop) stateKey(ctx context.Context, p project) string {
	agreed := ""
	for _, other := range l.projects {
		b := other.s3()
		if b == nil || other.Name == p.Name || b.Attributes.Get("bucket") != l.answers.Bucket.Name {
			continue
		}
		id := b.Attributes.Get("kms_key_id")
		switch {
		case !keyARN.MatchString(id) || id == agreed:
		case agreed == "":
			agreed = id
		default:
			return l.aliasKey(ctx)
		}
	}
	if agreed != "" {
		return agreed
	}
	if id := p.backend.Attributes.Get("kms_key_id"); keyARN.MatchString(id) {
		return id
	}
	return l.aliasKey(ctx)
}

// aliasKey asks AWS for the ARN of the blueprint's key, once, as the admin and
// else as the operator.
func (l *laptop) aliasKey(ctx context.Context) string {
	if l.alias != nil {
		return *l.alias
	}
	arn := ""
	l.alias = &arn
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range l.readers(ctx, l.answers.StateRegion) {
		if key, err := s.Key(ctx, l.answers.Key.Alias); err == nil && key != nil {
			arn = key.ARN
			break
		}
	}
	return arn
}

// readers are the sessions that may read the state and its key: the admin's on
// this laptop, then the operator's.
func (l *laptop) readers(ctx context.Context, region string) []*awsops.Session {
	var all []*awsops.Session
	if l.aws.credentialsErr == nil && l.troubles[l.answers.AdminProfile] == nil {
		if s, err := l.env.Sessions.Profile(ctx, l.answers.AdminProfile, region); err == nil {
			all = append(all, s)
		}
	}
	return append(all, l.env.Sessions.Home(region))
}

// restore asks for the blueprint's value of a backend argument.
func (l *laptop) restore(ctx context.Context, p project, name string) {
	a := l.answers
	values := map[string]func(*tf.Backend){
		"bucket":         func(b *tf.Backend) { b.Bucket = a.Bucket.Name },
		"key":            func(b *tf.Backend) { b.Key = p.StateKey },
		"region":         func(b *tf.Backend) { b.Region = a.StateRegion },
		"encrypt":        func(b *tf.Backend) { b.Encrypt = true },
		"dynamodb_table": func(b *tf.Backend) { b.DynamoDBTable = a.Lock.DynamoDBTable },
		"use_lockfile":   func(b *tf.Backend) { b.UseLockfile = a.Lock.UseLockfile },
	}
	if a.ProfileInFiles {
		values["profile"] = func(b *tf.Backend) { b.Profile = a.AdminProfile }
	}
	if name == "kms_key_id" {
		arn := l.stateKey(ctx, p)
		values[name] = func(b *tf.Backend) { b.KMSKeyID = arn }
	}
	if value := values[name]; value != nil {
		l.mend(p, value)
	}
}

// region checks the region of the backend, which is the state's, and that of the
// provider, which is the resources'.
func (l *laptop) region(ctx context.Context, p project) {
	b := p.s3()
	if b == nil {
		return
	}
	at, want := b.Attributes.Find("region"), l.answers.StateRegion
	switch {
	case at == nil && p.partial():
		l.undecided(checkRegion, p.Name, b.String(), "it may be given with -backend-config")
	case at == nil || at.Literal && at.Value == "":
		l.noRegion(ctx, p)
	case !at.Literal:
		l.undecided(checkRegion, p.Name, p.at("region"), "it is the expression "+at.Value)
	case at.Value == want:
		l.passed(checkRegion, p.Name, p.at("region"), "backend: "+at.Value)
	default:
		l.otherRegion(ctx, p, at.Value)
	}
}

// noRegion is a backend without a region: Terraform then takes AWS_REGION, and
// never the profile's (measured with 1.11.4).
func (l *laptop) noRegion(ctx context.Context, p project) {
	severity, evidence := plan.Failure, fmt.Sprintf("%s: the backend has no region, and neither AWS_REGION nor AWS_DEFAULT_REGION is set.", p.backend.Place)
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if value := l.getenv(name); value != "" {
			severity, evidence = plan.Warning, fmt.Sprintf("%s: the backend has no region; on this laptop %s=%s decides, on another nothing may.", p.backend.Place, name, value)
		}
	}
	l.broken(checkRegion, p.Name, p.backend.String(), "no region", diagnosis.RegionInvalid.ID)
	l.found(diagnosis.RegionInvalid.ID, plan.StepRegion, severity, evidence, "Write region = \""+l.answers.StateRegion+"\", where the bucket is.")
	l.restore(ctx, p, "region")
}

// otherRegion is a region that the blueprint does not name. Whether it is the
// bucket's all the same is asked of the bucket, and told by the part that looks
// at AWS; where AWS does not answer, the blueprint counts.
func (l *laptop) otherRegion(ctx context.Context, p project, region string) {
	want := l.answers.StateRegion
	asked := p.at("region")
	if !l.isRegion(ctx, region) {
		l.broken(checkRegion, p.Name, asked, "backend: "+region, diagnosis.RegionInvalid.ID)
		l.found(diagnosis.RegionInvalid.ID, plan.StepRegion, plan.Failure, fmt.Sprintf("%s: there is no region %s.", asked, region), "Write region = \""+want+"\", where the bucket is.")
		l.mend(p, func(b *tf.Backend) { b.Region = want })
		return
	}
	bucket := p.backend.Attributes.Get("bucket")
	switch actual := l.bucketRegion(ctx, bucket); actual {
	case region:
		l.broken(checkRegion, p.Name, asked, "backend and bucket: "+region+", blueprint: "+want, "files.region-differs")
		l.found("files.region-differs", plan.StepRegion, plan.Warning, fmt.Sprintf("%s: bucket %s is in %s, as the backend says, but the blueprint says %s.", asked, bucket, region, want), "Correct state_region in the blueprint.")
	case "":
		l.broken(checkRegion, p.Name, asked, "backend: "+region+", blueprint: "+want, diagnosis.RegionWrong.ID)
		l.found(diagnosis.RegionWrong.ID, plan.StepRegion, plan.Failure, fmt.Sprintf("%s: the backend says %s, but the blueprint keeps the state in %s. The bucket itself could not be asked.", asked, region, want), "Write region = \""+want+"\".")
		l.mend(p, func(b *tf.Backend) { b.Region = want })
	default:
		l.broken(checkRegion, p.Name, asked, "backend: "+region+", bucket: "+actual, diagnosis.RegionWrong.ID)
		// AWS's part tells the finding.
		l.out.mends = append(l.out.mends, mend{project: p.Name, finding: diagnosis.RegionWrong.ID, backend: func(b *tf.Backend) { b.Region = actual }})
	}
}

// regionForm is what the name of a region looks like.
var regionForm = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]+){1,3}-\d{1,2}$`)

// isRegion tells whether there is such a region, as far as AWS tells those who
// may ask; else whether it looks like one.
func (l *laptop) isRegion(ctx context.Context, name string) bool {
	if !regionForm.MatchString(name) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range l.readers(ctx, l.answers.StateRegion) {
		regions, answered, err := s.Regions(ctx)
		if err != nil || !answered {
			continue
		}
		for _, r := range regions {
			if r.Name == name {
				return true
			}
		}
		return false
	}
	return true
}

// bucketRegion is where the bucket is, empty where that cannot be asked.
func (l *laptop) bucketRegion(ctx context.Context, bucket string) string {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range l.readers(ctx, l.answers.StateRegion) {
		if region, _, err := s.BucketRegion(ctx, bucket); err == nil && region != "" {
			return region
		}
	}
	return ""
}
