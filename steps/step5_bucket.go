package steps

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// bucketStep is step 5: the bucket that holds every project's state, and the
// policy that lets the admins work with it (step5_access.go).
func bucketStep() Step {
	return Step{
		Name: plan.StepBucket, Title: "S3 bucket", Short: "Bucket",
		Why: "The state has to be on more than one laptop, so it lives in a bucket, versioned so that you can go back. " +
			"The bucket's policy refuses what is not encrypted with your key.",
		Cost:      "AWS calls it an S3 bucket; a state is a few kilobytes, so it costs cents a month.",
		AWSOnly:   true,
		Questions: bucketQuestions, Inspect: inspectBucket, Plan: planBucket, Facts: bucketFacts,
	}
}

// BucketFacts are the bucket as found.
type BucketFacts struct {
	Bucket *awsops.Bucket
	// Made says that this laptop's journal set out to create the bucket.
	Made bool
	// ABAC says that a bucket which lacks tags takes none from set-up.
	ABAC bool
}

// The changes of the bucket that others name: that it is made, who owns its objects,
// its default encryption, and its policy.
const (
	changeBucket    = "bucket.create"
	changeOwnership = "bucket.ownership"
	changeDefault   = "bucket.encryption"
	changePolicy    = "bucket.policy"
	changeVersions  = "bucket.versioning"
)

// What the lifecycle keeps: old versions expire by age only beyond the newest
// hundred of each state, so that a busy project can always go back.
const (
	noncurrentDays     = 90
	noncurrentVersions = 100
	abortUploadDays    = 7
	lifecycleRule      = "stateroom-old-versions"
	// probeRule clears away what the probes of step 8 leave behind: versions of
	// states in workspaces of their own, under names that are never used again.
	probeRule = "stateroom-probes"
)

func bucketQuestions(a *blueprint.Answers) []plan.Question {
	return []plan.Question{
		{
			Path: "bucket.name", Prompt: "Name of the state bucket", Kind: plan.Text, Required: true, Default: cmp.Or(a.Bucket.Name, SuggestBucket(a)),
			Help: "Bucket names are shared by all of AWS; with account id and region in it the name is yours.",
		},
		{
			Path: "bucket.policy", Prompt: "Bucket policy", Kind: plan.Choice, Default: a.Bucket.Policy, Options: []string{blueprint.BucketPolicyStrict, blueprint.BucketPolicyCompatible},
			Help: "What the bucket refuses.",
			Means: map[string]string{
				blueprint.BucketPolicyStrict:     "Every write must name the encryption.",
				blueprint.BucketPolicyCompatible: "A missing header is left to the bucket's default encryption (OpenTofu 1.10.1 needs it).",
			},
		},
	}
}

// inspectBucket reads all of the bucket's settings.
func inspectBucket(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	var err error
	o.Bucket.Made = env.Journal.Intended(changeBucket)
	home := env.Sessions.Home(a.StateRegion)
	o.Bucket.Bucket, err = home.Bucket(ctx, a.Bucket.Name, a.AdminAccount)
	if b := o.Bucket.Bucket; err == nil && b.Ownership == awsops.BucketOurs && len(plan.MissingTags(b.Tags, plan.TagsOf(a))) > 0 {
		o.Bucket.ABAC = home.In(b.Region).TaggedByTagResource(ctx, b.Name, a.AdminAccount)
	}
	return err
}

func bucketARN(o *Observed, a *blueprint.Answers) string {
	return "arn:" + o.partition() + ":s3:::" + a.Bucket.Name
}

// planBucket creates the bucket, or brings an existing one to what is asked without
// weakening anything it has.
func planBucket(o *Observed, a *blueprint.Answers) plan.Proposal {
	if bad := unusableBucket(o, a); bad != nil {
		return plan.Proposal{Findings: []plan.Finding{*bad}}
	}
	b := bucketBuilder{o: o, a: a, b: o.Bucket.Bucket}
	if b.b.Ownership == awsops.BucketFree {
		b.create()
	}
	b.publicAccess()
	b.ownership()
	b.versioning()
	b.tags()
	b.lifecycle()
	b.encryption()
	b.policy()
	b.others()
	b.lock()
	b.mfaDelete()
	b.payer()
	b.copies()
	b.chain()
	return b.And(planStateAccess(o, a))
}

// unusableBucket says why the bucket's name cannot be used at all.
func unusableBucket(o *Observed, a *blueprint.Answers) *plan.Finding {
	b := o.Bucket.Bucket
	finding := &plan.Finding{Severity: plan.Failure, Blocks: true, Remedy: "Choose another name with --set bucket.name=NAME."}
	switch {
	case b.Ownership == awsops.BucketTaken:
		finding.ID, finding.Probed = "bucket.taken", true
		finding.Evidence = fmt.Sprintf("Bucket %s belongs to another AWS account.", b.Name)
	case b.Ownership == awsops.BucketDenied:
		finding.ID, finding.Probed = "bucket.denied", true
		finding.Evidence = fmt.Sprintf("Bucket %s exists, is not in your list of buckets, and you may not read it.", b.Name)
	case b.Ownership == awsops.BucketOurs && b.Region != a.StateRegion:
		finding.ID, finding.Probed = "bucket.other-region", true
		finding.Evidence = fmt.Sprintf("Bucket %s is yours, but in %s and not in %s.", b.Name, b.Region, a.StateRegion)
		finding.Remedy = fmt.Sprintf("Use it where it is with --set state_region=%s, or choose another name with --set bucket.name=NAME.", b.Region)
	case b.Ownership == awsops.BucketOurs && !plan.Ours(a, b.Tags) && !o.Bucket.Made && !a.Adopted(bucketARN(o, a)):
		finding.ID = "bucket.not-ours"
		finding.Evidence = fmt.Sprintf("Bucket %s is in your account and does not carry this blueprint's tag.", b.Name)
		finding.Remedy = "Allow it to be used, or choose another name with --set bucket.name=NAME."
		finding.Commands = plan.Allow("Use it", bucketARN(o, a))
	default:
		return unusablePolicy(o, a)
	}
	return finding
}

// bucketBuilder collects the changes of the bucket.
type bucketBuilder struct {
	plan.Proposal

	o *Observed
	a *blueprint.Answers
	b *awsops.Bucket
}

func (b *bucketBuilder) add(id, title string, call awsops.Call, fields ...plan.Field) *plan.Change {
	c := plan.InAdminAccount(b.a, id, plan.Update, title, bucketARN(b.o, b.a), call)
	c.Fields = fields
	b.Change(c)
	return &b.Changes[len(b.Changes)-1]
}

// chain lets the writes to one bucket go one at a time: S3 answers
// OperationAborted to two at once.
func (b *bucketBuilder) chain() {
	for i := 1; i < len(b.Changes); i++ {
		b.Changes[i].Needs = append(b.Changes[i].Needs, b.Changes[i-1].ID)
	}
}

func (b *bucketBuilder) fresh() bool { return b.b.Ownership == awsops.BucketFree }

func (b *bucketBuilder) create() {
	c := b.add(changeBucket, "Create the state bucket "+b.a.Bucket.Name,
		awsops.CreateBucket(b.a.Bucket.Name, b.a.StateRegion, plan.TagsOf(b.a)),
		plan.Created("name", b.a.Bucket.Name, "region", b.a.StateRegion, "object ownership", "BucketOwnerEnforced")...)
	c.JudgeTags(b.a, "bucket "+b.a.Bucket.Name, plan.TagsOf(b.a))
	c.Action = plan.Create
	c.Intent = map[string]string{}
	c.Cents = 2
	c.Cost = "a few cents a month: 0.023 USD per GB, and 0.005 USD for 1,000 writes"
	c.Undo = "aws s3api delete-bucket --bucket " + b.a.Bucket.Name + " once every version in it is deleted: the states are gone then"
}

func (b *bucketBuilder) publicAccess() {
	if b.b.PublicAccessBlock.All() {
		return
	}
	before := "not all four flags on"
	if b.fresh() {
		before = ""
	}
	b.add("bucket.public-access", "Block all public access to the bucket",
		awsops.PutPublicAccessBlock(b.a.Bucket.Name, b.a.AdminAccount), plan.Field{Name: "public access block", Before: before, After: "all four flags on"})
}

func (b *bucketBuilder) ownership() {
	if b.fresh() || b.b.ObjectOwnership == awsops.BucketOwnerEnforced {
		return
	}
	if site := servesSite(b.o, b.a); site != nil {
		b.Find(*site)
	}
	if listed := openByACL(b.o, b.a); listed != nil {
		b.Find(*listed)
		return
	}
	b.add(changeOwnership, "Make the bucket's owner own every object",
		awsops.PutBucketOwnershipControls(b.a.Bucket.Name, b.a.AdminAccount),
		plan.Field{Name: "object ownership", Before: b.b.ObjectOwnership, After: awsops.BucketOwnerEnforced}).Risk = "Access control lists on the bucket and its objects stop working."
}

func (b *bucketBuilder) versioning() {
	if b.b.Versioning == "Enabled" {
		return
	}
	if b.b.MFADelete {
		b.Find(versionsForRoot(b.o, b.a))
		return
	}
	before := b.b.Versioning
	if before == "" && !b.fresh() {
		before = "off"
	}
	b.add(changeVersions, "Keep every version of the state",
		awsops.PutBucketVersioning(b.a.Bucket.Name, b.a.AdminAccount), plan.Field{Name: "versioning", Before: before, After: "Enabled"})
}

// tags puts the blueprint's tags beside those that are there. A new bucket has
// them from its creation.
func (b *bucketBuilder) tags() {
	if b.fresh() {
		return
	}
	if missing := plan.MissingTags(b.b.Tags, plan.TagsOf(b.a)); b.o.Bucket.ABAC && len(missing) > 0 {
		b.Find(tagByHand(b.o, b.a, missing))
		return
	}
	b.Tag(b.a, plan.InAdminAccount(b.a, "bucket.tags", plan.Update, "Tag the bucket", bucketARN(b.o, b.a)), "bucket "+b.a.Bucket.Name, b.b.Tags,
		func(missing map[string]string) awsops.Call {
			all := map[string]string{}
			maps.Copy(all, b.b.Tags)
			maps.Copy(all, missing)
			return awsops.PutBucketTagging(b.a.Bucket.Name, b.a.AdminAccount, all)
		})
}

// tagByHand is the finding of a bucket whose tags S3 Control alone may set: set-up goes on
// without them.
func tagByHand(o *Observed, a *blueprint.Answers, missing map[string]string) plan.Finding {
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		tags = append(tags, fmt.Sprintf("'Key=%s,Value=%s'", key, missing[key]))
	}
	return plan.Finding{
		ID: "bucket.tags-by-hand", Severity: plan.Warning,
		Evidence: fmt.Sprintf("Bucket %s lacks tags of the blueprint's, and its policies go by tags (ABAC), so S3 no longer accepts tags from PutBucketTagging. Anyone who may change them may change who has access.", a.Bucket.Name),
		Remedy:   "Tag it by hand.",
		Commands: plan.Copy("Tag the bucket", "aws s3control tag-resource --account-id %s --region %s --resource-arn %s --tags %s", a.AdminAccount, a.StateRegion, bucketARN(o, a), strings.Join(tags, " ")),
	}
}

// lifecycle lets old versions expire in a bucket that we made. A bucket that
// keeps more than that keeps it.
func (b *bucketBuilder) lifecycle() {
	expires := false
	for _, r := range b.b.Lifecycle {
		if !r.Enabled || r.Tagged || r.ID == probeRule || !b.holdsStates(r.Prefix) {
			continue
		}
		if r.Takes != "" {
			b.Find(takesStates(b.o, b.a, r))
		}
		if r.ID == lifecycleRule || r.NoncurrentDays == 0 {
			continue
		}
		if expires = true; r.NewerNoncurrentVersions < noncurrentVersions {
			b.Find(plan.Finding{
				ID: "bucket.lifecycle-shorter", Severity: plan.Warning,
				Evidence: fmt.Sprintf("Lifecycle rule %q of bucket %s deletes old versions after %s and keeps only %d of them.", r.ID, b.b.Name, plan.Counted(int(r.NoncurrentDays), "day"), r.NewerNoncurrentVersions),
				Remedy:   fmt.Sprintf("Raise NewerNoncurrentVersions of that rule to %d, or remove the rule.", noncurrentVersions),
			})
		}
	}
	if b.b.MFADelete { // it takes none, which is told
		return
	}
	want := awsops.LifecycleRule{
		ID: lifecycleRule, Enabled: true, NoncurrentDays: noncurrentDays,
		NewerNoncurrentVersions: noncurrentVersions, AbortMultipartDays: abortUploadDays,
	}
	i := slices.IndexFunc(b.b.Lifecycle, func(r awsops.LifecycleRule) bool { return r.ID == lifecycleRule })
	switch {
	case i >= 0 && b.b.Lifecycle[i].Equal(want):
		return
	case i >= 0 && b.longer(b.b.Lifecycle[i]):
		b.Keep("bucket.longer-retention", fmt.Sprintf("Rule %s of bucket %s keeps more than the blueprint's: %s.", lifecycleRule, b.b.Name, describeRule(b.b.Lifecycle[i])))
		return
	case i < 0 && expires && !b.o.Bucket.Made:
		return
	case i < 0 && !b.fresh() && !b.o.Bucket.Made:
		b.Keep("bucket.no-expiry", fmt.Sprintf("Bucket %s has no rule of ours for old versions.", b.b.Name))
		return
	}
	rules := slices.Clone(b.b.Lifecycle)
	before := ""
	if i >= 0 {
		before = describeRule(rules[i])
		rules[i] = want
	} else {
		rules = append(rules, want)
	}
	if !slices.ContainsFunc(rules, func(r awsops.LifecycleRule) bool { return r.ID == probeRule }) {
		rules = append(rules, awsops.LifecycleRule{
			ID: probeRule, Enabled: true, Prefix: "env:/" + terraform.ProbePrefix, NoncurrentDays: 1, ExpireDeleteMarkers: true,
		})
	}
	c := b.add("bucket.lifecycle", "Expire old versions beyond the newest hundred",
		awsops.PutBucketLifecycle(b.a.Bucket.Name, b.a.AdminAccount, rules), plan.Field{Name: "rule " + lifecycleRule, Before: before, After: describeRule(want)})
	if !b.fresh() {
		c.Purpose = plan.Cosmetic
	}
}

// longer tells a rule that keeps at least as much as ours.
func (b *bucketBuilder) longer(r awsops.LifecycleRule) bool {
	return !r.Enabled || r.Takes == "" && (r.NoncurrentDays == 0 || r.NoncurrentDays >= noncurrentDays && r.NewerNoncurrentVersions >= noncurrentVersions)
}

// holdsStates tells whether states of the blueprint lie, or may, at keys that begin with
// prefix.
func (b *bucketBuilder) holdsStates(prefix string) bool {
	const workspaces = "env:/"
	return strings.HasPrefix(workspaces, prefix) || strings.HasPrefix(prefix, workspaces) ||
		slices.ContainsFunc(b.a.Projects, func(p blueprint.Project) bool { return strings.HasPrefix(p.StateKey, prefix) })
}

// takesStates is the finding of a lifecycle rule that deletes or archives the states
// themselves, which nobody writes while nothing changes: Terraform then begins without
// one, and makes everything a second time, or cannot read it. Of a bucket that is not the
// blueprint's nothing is touched.
func takesStates(o *Observed, a *blueprint.Answers, r awsops.LifecycleRule) plan.Finding {
	f := plan.Finding{
		ID: "bucket.lifecycle-takes-states", Severity: plan.Warning, Resource: a.Bucket.Name,
		Evidence: fmt.Sprintf("Lifecycle rule %q of bucket %s %s, and a state is written only when something changes.", r.ID, a.Bucket.Name, r.Takes),
		Remedy:   "Remove that rule, or give it a prefix below which there is no state.",
	}
	if !ourBucket(o, a) {
		f.Severity, f.Blocks = plan.Failure, true
		f.Evidence += " Nothing was changed."
		f.Remedy += " Or choose another name with --set bucket.name=NAME."
	}
	return f
}

func describeRule(r awsops.LifecycleRule) string {
	return fmt.Sprintf("old versions expire after %s beyond the newest %d; unfinished uploads after %s", plan.Counted(int(r.NoncurrentDays), "day"), r.NewerNoncurrentVersions, plan.Counted(int(r.AbortMultipartDays), "day"))
}

// encryption makes the key the bucket's default. Another customer key in use
// there is as strong and stays: Terraform names its key with every write. So
// does a second layer of encryption (aws:kms:dsse, which has no bucket key).
func (b *bucketBuilder) encryption() {
	have := b.b.Encryption
	before := ""
	switch {
	case have == nil || b.fresh():
	case have.Algorithm == "AES256" || have.KeyID == "" || strings.Contains(have.KeyID, "alias/aws/"):
		before = strings.TrimSpace(have.Algorithm + " " + have.KeyID)
	case have.Algorithm == "aws:kms" && b.isSpare(have.KeyID): // a set-up lost the alias after it had written this
		before = have.Algorithm + " " + have.KeyID
	case !b.isOurKey(have.KeyID):
		b.Keep("bucket.other-key", fmt.Sprintf("Bucket %s encrypts with %s %s by default, a key of yours that is not the blueprint's.", b.b.Name, have.Algorithm, have.KeyID))
		return
	case have.Algorithm == "aws:kms:dsse" || have.BucketKey && !strings.Contains(have.KeyID, "alias/"):
		return
	default:
		before = have.Algorithm + " " + have.KeyID
		if !have.BucketKey {
			before += ", without a bucket key"
		}
	}
	c := b.add(changeDefault, "Encrypt with the key by default",
		awsops.PutBucketEncryption(b.a.Bucket.Name, b.a.AdminAccount, b.o.keyARN()),
		plan.Field{Name: "default encryption", Before: before, After: "aws:kms " + plan.Known(b.o.keyARN()) + ", with a bucket key"})
	c.Needs = []string{changeKey}
}

// isOurKey tells the blueprint's key by id, ARN or alias.
func (b *bucketBuilder) isOurKey(id string) bool {
	if b.o.Key.Key == nil {
		return false
	}
	return id == b.o.Key.Key.ARN || id == b.o.Key.Key.ID || id == b.a.Key.Alias || strings.HasSuffix(id, ":"+b.a.Key.Alias)
}

// isSpare tells another key with this blueprint's tag.
func (b *bucketBuilder) isSpare(id string) bool {
	return slices.ContainsFunc(b.o.Key.Spare, func(k SpareKey) bool { return k.ARN == id || strings.HasSuffix(k.ARN, "/"+id) })
}

func bucketFacts(o *Observed, a *blueprint.Answers, _ *engine.Env) []plan.Fact {
	if b := o.Bucket.Bucket; b == nil || b.Ownership != awsops.BucketOurs {
		return nil
	}
	return []plan.Fact{{Name: "Bucket", Value: "s3://" + a.Bucket.Name}}
}
