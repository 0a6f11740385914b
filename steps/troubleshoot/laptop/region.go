package laptop

import (
	"context"
	"fmt"
	"regexp"

	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/health"
)

// regionQuestion is about the region of the backend.
func regionQuestion(p project, asked string) health.Question {
	return question(p, "region and .terraform", asked)
}

// region checks the region of the backend, which is the state's, and that of the
// provider, which is the resources'.
func region(ctx context.Context, in *inputs, p project) []health.Result {
	b := p.S3()
	if b == nil {
		return nil
	}
	q := regionQuestion(p, p.At("region"))
	at, want := b.Attributes.Find("region"), in.answers.StateRegion
	switch {
	case at == nil && p.Partial():
		return []health.Result{q.Undecided("it may be given with -backend-config")}
	case at == nil || at.Literal && at.Value == "":
		return []health.Result{noRegion(in, p)}
	case !at.Literal:
		return []health.Result{q.Undecided("it is the expression %s", at.Value)}
	case at.Value == want && !terraform.KnowsRegion(want) && !on(b.Attributes, "skip_region_validation"):
		return []health.Result{newRegion(p, q, want)}
	case at.Value == want:
		return []health.Result{q.Passed("backend: %s", at.Value)}
	}
	return []health.Result{otherRegion(ctx, in, p, q, at.Value)}
}

// noRegion is a backend without a region: Terraform then takes AWS_REGION, and
// never the profile's (measured with 1.11.4).
func noRegion(in *inputs, p project) health.Result {
	severity, evidence := plan.Failure, fmt.Sprintf("%s: the backend has no region, and neither AWS_REGION nor AWS_DEFAULT_REGION is set.", p.Backend.Place)
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if value := in.env.Environ.Get(name); value != "" {
			severity, evidence = plan.Warning, fmt.Sprintf("%s: the backend has no region; on this laptop %s=%s decides, on another nothing may.", p.Backend.Place, name, value)
		}
	}
	want := in.answers.StateRegion
	r := regionQuestion(p, p.Backend.String()).Failed("no region",
		finding(diagnosis.RegionInvalid.ID, plan.StepRegion, severity, evidence, "Write region = \""+want+"\", where the bucket is."))
	r.Fixes = []health.Fix{inRegion(p, want)}
	return r
}

// newRegion is the state's region, of which an engine may say that there is none.
func newRegion(p project, q health.Question, region string) health.Result {
	r := q.Failed("backend: "+region, finding(diagnosis.RegionInvalid.ID, plan.StepRegion, plan.Failure,
		fmt.Sprintf("%s: Terraform 1.11 does not know region %s, which is newer, and refuses it.", q.Asked, region), "Write skip_region_validation = true into the backend."))
	r.Fixes = []health.Fix{backendFix(p, func(b *tf.Backend) { b.NewRegion = true })}
	return r
}

func inRegion(p project, region string) health.Fix {
	return backendFix(p, func(b *tf.Backend) { b.Region, b.NewRegion = region, b.NewRegion || !terraform.KnowsRegion(region) })
}

// otherRegion is a region that the blueprint does not name. Whether it is the
// bucket's all the same is asked of the bucket, and told by the part that looks
// at AWS; where AWS does not answer, the blueprint counts.
func otherRegion(ctx context.Context, in *inputs, p project, q health.Question, region string) health.Result {
	want := in.answers.StateRegion
	if !isRegion(ctx, in, region) {
		r := q.Failed("backend: "+region, finding(diagnosis.RegionInvalid.ID, plan.StepRegion, plan.Failure,
			fmt.Sprintf("%s: there is no region %s.", q.Asked, region), "Write region = \""+want+"\", where the bucket is."))
		r.Fixes = []health.Fix{inRegion(p, want)}
		return r
	}
	bucket := p.Backend.Attributes.Get("bucket")
	switch actual := bucketRegion(ctx, in, bucket); actual {
	case region:
		return q.Failed("backend and bucket: "+region+", blueprint: "+want, finding("files.region-differs", plan.StepRegion, plan.Warning,
			fmt.Sprintf("%s: bucket %s is in %s, as the backend says, but the blueprint says %s.", q.Asked, bucket, region, want), "Correct state_region in the blueprint."))
	case "":
		r := q.Failed("backend: "+region+", blueprint: "+want, finding(diagnosis.RegionWrong.ID, plan.StepRegion, plan.Failure,
			fmt.Sprintf("%s: the backend says %s, but the blueprint keeps the state in %s. The bucket itself could not be asked.", q.Asked, region, want), "Write region = \""+want+"\"."))
		r.Fixes = []health.Fix{inRegion(p, want)}
		return r
	default:
		fix := inRegion(p, actual)
		fix.Finding = diagnosis.RegionWrong.ID // which AWS's part tells
		r := q.FailedAs("backend: "+region+", bucket: "+actual, diagnosis.RegionWrong.ID)
		r.Fixes = []health.Fix{fix}
		return r
	}
}

// regionForm is what the name of a region looks like.
var regionForm = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]+){1,3}-\d{1,2}$`)

// isRegion tells whether there is such a region, as far as AWS tells those who
// may ask; else whether it looks like one.
func isRegion(ctx context.Context, in *inputs, name string) bool {
	if !regionForm.MatchString(name) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, in.answers.StateRegion) {
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
func bucketRegion(ctx context.Context, in *inputs, bucket string) string {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, in.answers.StateRegion) {
		if region, _, err := s.BucketRegion(ctx, bucket); err == nil && region != "" {
			return region
		}
	}
	return ""
}

// stsRegion checks that the project's provider asks for its role, and who it is, in a
// region that knows the admin's key. In one that the key's account has not enabled, AWS
// answers as to a key that is none ([steps.RegionFacts.InspectSigning]).
func stsRegion(ctx context.Context, in *inputs, p project) []health.Result {
	provider := p.Files.Provider()
	if provider == nil {
		return nil
	}
	asked, at := provider.Attributes.Find("region"), p.Files.AsksIn()
	if at.Name != "" {
		asked = &at
	}
	if asked == nil || !asked.Literal || asked.Value == "" || asked.Value == in.answers.StateRegion || !regionForm.MatchString(asked.Value) {
		return nil
	}
	q := regionQuestion(p, asked.Place(provider.Place).String())
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, in.answers.StateRegion) {
		if home, err := s.KeyKnown(ctx, in.answers.StateRegion); err != nil || !home {
			continue // that one is another check's
		}
		known, err := s.KeyKnown(ctx, asked.Value)
		switch {
		case err != nil:
			return []health.Result{q.Undecided("%s: %v", asked.Value, err)}
		case known:
			return []health.Result{q.Passed("provider: %s", asked.Value)}
		}
		r := q.Failed("provider: "+asked.Value, caused(diagnosis.KeyInvalid, plan.Failure,
			fmt.Sprintf("%s: the provider asks the STS of %s, which does not know the access key that %s knows: the admin account has not enabled that region. Nothing is wrong with the key.", q.Asked, asked.Value, in.answers.StateRegion),
			fmt.Sprintf("Write sts_region = %q into the provider, or enable the region with aws account enable-region --region-name %s.", in.answers.StateRegion, asked.Value)))
		r.Fixes = []health.Fix{{Project: p.Name, Provider: func(to *tf.Provider) { to.STSRegion = in.answers.StateRegion }}}
		return []health.Result{r}
	}
	return nil
}
