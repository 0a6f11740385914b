package laptop

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// keyARN is the form in which kms_key_id must stand: the bucket's policy compares
// it letter by letter with the key's ARN.
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)

// on reads a boolean argument; one that is not there is false.
func on(attributes tf.Attributes, name string) bool {
	value, err := strconv.ParseBool(attributes.Get(name))
	return err == nil && value
}

// encryption checks encrypt and kms_key_id: only both together make Terraform
// send the headers that the bucket's policy asks for (facts/terraform.md,
// finding 1).
func encryption(ctx context.Context, in *inputs, p project) []health.Result {
	b := p.S3()
	if b == nil {
		return nil
	}
	q := question(p, "encryption arguments in backend", b.String())
	encrypt, key := b.Attributes.Find("encrypt"), b.Attributes.Find("kms_key_id")
	if p.Partial() && encrypt == nil {
		return []health.Result{q.Undecided("they may be given with -backend-config")}
	}
	if encrypt != nil && !encrypt.Literal || key != nil && !key.Literal || b.Attributes.Find("sse_customer_key") != nil {
		return []health.Result{q.Undecided("they are expressions, or a key of the customer's own is used")}
	}
	id := b.Attributes.Get("kms_key_id")
	names := "no kms_key_id"
	if id != "" {
		names = fmt.Sprintf("kms_key_id = %q", id)
	}
	answer := fmt.Sprintf("encrypt = %v, %s", on(b.Attributes, "encrypt"), names)
	wrong := headers(ctx, in, p, id)
	if wrong.Finding == nil {
		return []health.Result{q.Passed("%s", answer)}
	}
	r := q.Failed(answer, wrong)
	if wrong.ID == diagnosis.KMSIDInvalid.ID {
		r.Alias = &health.Alias{Resource: id, IDs: []string{diagnosis.KMSNotFound.ID, diagnosis.ExplicitDeny.ID}}
	}
	r.Fixes = []health.Fix{backendFix(p, func(b *tf.Backend) { b.Encrypt = true })}
	if arn := stateKey(ctx, in, p); arn != "" && id != arn {
		r.Fixes = append(r.Fixes, backendFix(p, func(b *tf.Backend) { b.KMSKeyID = arn }))
	}
	return []health.Result{r}
}

// wrongKey is a finding about the encryption of the bucket's objects.
func wrongKey(id string, severity plan.Severity, evidence, remedy string) health.Result {
	r := finding(id, plan.StepBucket, severity, evidence, remedy)
	if id == diagnosis.ExplicitDeny.ID {
		r.Lead = "The policy of the bucket denies what the backend sends; no permission outweighs that."
	}
	return r
}

// headers tells what is wrong with the headers that Terraform would send; the result of
// right ones is empty.
func headers(ctx context.Context, in *inputs, p project, id string) health.Result {
	policy := in.answers.Bucket.Policy
	sent, denied := "", policy == blueprint.BucketPolicyStrict
	switch {
	case id != "" && !keyARN.MatchString(id):
		return notARN(in, p, id)
	case !on(p.Backend.Attributes, "encrypt"):
		sent = "encrypt is " + cmp.Or(p.Backend.Attributes.Get("encrypt"), "not set") + ", so Terraform sends no encryption header"
		if id != "" {
			sent += " and kms_key_id counts for nothing"
		}
	case id == "":
		sent = "encrypt is set without kms_key_id, so Terraform asks for AES256"
		denied = policy != ""
	default:
		return otherKey(ctx, in, p, id)
	}
	at, remedy := p.At("encrypt"), "Write encrypt = true and kms_key_id = the key's full ARN."
	if denied {
		return wrongKey(diagnosis.ExplicitDeny.ID, plan.Failure,
			fmt.Sprintf("%s: %s, which the %s policy of bucket %s denies. init and plan pass all the same; the first apply fails and does not save the state.", at, sent, policy, in.answers.Bucket.Name), remedy)
	}
	return wrongKey("files.encryption-incomplete", plan.Warning,
		fmt.Sprintf("%s: %s, and it is left to the bucket how the state is encrypted.", at, sent), remedy)
}

// accepted is what Terraform takes for a key beside its ARN (measured with
// 1.11.4): an id, or the name or the ARN of an alias.
var accepted = regexp.MustCompile(`^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)?alias/.+)$`)

// notARN is a key that is named by something else than its ARN. Terraform passes
// on what it accepts as it stands, and the bucket's policy compares that with
// the ARN.
func notARN(in *inputs, p project, id string) health.Result {
	evidence := fmt.Sprintf("%s: kms_key_id is %q, which is not the ARN of a key", p.At("kms_key_id"), id)
	const remedy = "Write the full ARN of the key, not its id or alias."
	switch {
	case !accepted.MatchString(id):
		return wrongKey(diagnosis.KMSIDInvalid.ID, plan.Failure, evidence+".", remedy)
	case in.answers.Bucket.Policy == "":
		return wrongKey(diagnosis.KMSIDInvalid.ID, plan.Warning, evidence+". A bucket policy that asks for the ARN denies it.", remedy)
	}
	return wrongKey(diagnosis.ExplicitDeny.ID, plan.Failure,
		fmt.Sprintf("%s. Terraform passes it on unchanged, and the policy of bucket %s denies everything but the ARN.", evidence, in.answers.Bucket.Name), remedy)
}

// otherKey finds a project whose key is another than that of the rest.
func otherKey(ctx context.Context, in *inputs, p project, id string) health.Result {
	for _, other := range in.projects {
		b := other.S3()
		if b == nil || b.Attributes.Get("bucket") != p.Backend.Attributes.Get("bucket") {
			continue
		}
		theirs := b.Attributes.Get("kms_key_id")
		if theirs == "" || theirs == id || !keyARN.MatchString(theirs) {
			continue
		}
		right := in.key(ctx)
		if right == id {
			return health.Result{}
		}
		evidence := fmt.Sprintf("%s: kms_key_id is %s, but %s says %s for the same bucket.", p.At("kms_key_id"), id, other.At("kms_key_id"), theirs)
		if right == theirs && in.answers.Bucket.Policy != "" {
			return wrongKey(diagnosis.ExplicitDeny.ID, plan.Failure,
				evidence+" "+in.answers.Key.Alias+" is the latter, and the bucket's policy denies every other key.", "Write "+right+".")
		}
		return wrongKey("files.kms-keys-differ", plan.Warning, evidence, "Write the ARN of the state encryption key in both.")
	}
	return health.Result{}
}

// stateKey is the ARN of the state encryption key: what the other projects of
// the bucket agree on, or what the alias stands for; empty where neither tells.
func stateKey(ctx context.Context, in *inputs, p project) string {
	agreed := ""
	for _, other := range in.projects {
		b := other.S3()
		if b == nil || other.Name == p.Name || b.Attributes.Get("bucket") != in.answers.Bucket.Name {
			continue
		}
		id := b.Attributes.Get("kms_key_id")
		switch {
		case !keyARN.MatchString(id) || id == agreed:
		case agreed == "":
			agreed = id
		default:
			return in.key(ctx)
		}
	}
	if agreed != "" {
		return agreed
	}
	if id := p.Backend.Attributes.Get("kms_key_id"); keyARN.MatchString(id) {
		return id
	}
	return in.key(ctx)
}
