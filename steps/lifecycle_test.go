package steps

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// lifecycle gives the state bucket these rules besides what it has.
func (w *world) lifecycle(rules ...types.LifecycleRule) {
	w.t.Helper()
	h, name := w.hands("").s3, aws.String(team().Bucket.Name)
	if have, err := h.GetBucketLifecycleConfiguration(context.Background(), &s3.GetBucketLifecycleConfigurationInput{Bucket: name}); err == nil {
		rules = append(rules, have.Rules...)
	}
	_, err := h.PutBucketLifecycleConfiguration(context.Background(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	})
	w.must(err)
}

func ruleFor(prefix string) types.LifecycleRule {
	return types.LifecycleRule{ID: aws.String("theirs"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String(prefix)}}
}

// TestARuleThatTakesStatesIsNamed: a state that nobody writes is as old as the stack is
// quiet, and deleted by a rule that is meant for logs. What is not about states is nobody's
// business.
func TestARuleThatTakesStatesIsNamed(t *testing.T) {
	t.Parallel()
	expire := func(r types.LifecycleRule) types.LifecycleRule {
		r.Expiration = &types.LifecycleExpiration{Days: aws.Int32(30)}
		return r
	}
	archive := func(r types.LifecycleRule, class types.TransitionStorageClass) types.LifecycleRule {
		r.Transitions = []types.Transition{{Days: aws.Int32(1), StorageClass: class}}
		return r
	}
	old := func(r types.LifecycleRule, newer int32) types.LifecycleRule {
		r.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}
		if newer > 0 {
			r.NoncurrentVersionExpiration.NewerNoncurrentVersions = aws.Int32(newer)
		}
		return r
	}
	tagged := ruleFor("")
	tagged.Filter = &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{Prefix: aws.String(""), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}
	large := ruleFor("")
	large.Filter = &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{Prefix: aws.String("env:/dev/"), ObjectSizeGreaterThan: aws.Int64(1000)}}
	off := expire(ruleFor(""))
	off.Status = types.ExpirationStatusDisabled
	for name, c := range map[string]struct {
		rule    types.LifecycleRule
		finding string
		says    string
	}{
		"everything is deleted":        {expire(ruleFor("")), "bucket.lifecycle-takes-states", "deletes objects after 30 days"},
		"a project's is":               {expire(ruleFor("common/stag")), "bucket.lifecycle-takes-states", "\"theirs\""},
		"workspaces are, when large":   {expire(large), "bucket.lifecycle-takes-states", "deletes objects after 30 days"},
		"archived":                     {archive(ruleFor(""), types.TransitionStorageClassDeepArchive), "bucket.lifecycle-takes-states", "moves objects to DEEP_ARCHIVE after 1 day"},
		"colder, and still to be read": {archive(ruleFor(""), types.TransitionStorageClassGlacierIr), "", ""},
		"old versions go at once":      {old(ruleFor(""), 0), "bucket.lifecycle-shorter", "keeps only 0"},
		"old logs go":                  {old(expire(ruleFor("logs/")), 0), "", ""},
		"what has a tag goes":          {expire(tagged), "", ""},
		"switched off":                 {off, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, id := range []string{"theirs", "adopted"} {
				w := newWorld(t, sandbox.Options{})
				b := team()
				if id == "adopted" {
					w.makeBucket(w.hands(""), b.Bucket.Name, "eu-west-1")
				} else {
					w.healthy(w.run(w.setup(b)))
				}
				w.lifecycle(c.rule)
				summary, calls := w.adopted(bucketOfOthers)
				takes, shorter := findingOf(summary.Findings, "bucket.lifecycle-takes-states"), findingOf(summary.Findings, "bucket.lifecycle-shorter")
				found := takes
				if c.finding == "bucket.lifecycle-shorter" {
					found = shorter
				}
				switch {
				case c.finding == "" && (takes != nil || shorter != nil), c.finding != "" && found == nil:
					t.Errorf("%s: found %v", id, summary.Findings)
				case found == nil:
				case found == takes && id == "adopted":
					if !takes.Blocks || len(calls) > 0 || summary.ExitCode(false) != plan.ExitFindings {
						t.Errorf("%s: blocks %v, called %v", id, takes.Blocks, calls)
					}
					says(t, takes.Evidence+takes.Remedy, c.says, "Nothing was changed.", "--set bucket.name=NAME")
				default:
					says(t, found.Evidence, c.says)
				}
			}
		})
	}
}

// TestOurRuleThatTakesStatesIsPutRight: somebody has made it delete more than old versions.
func TestOurRuleThatTakesStatesIsPutRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	h, name := w.hands("").s3, aws.String(team().Bucket.Name)
	have, err := h.GetBucketLifecycleConfiguration(context.Background(), &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	w.must(err)
	for i := range have.Rules {
		if aws.ToString(have.Rules[i].ID) == lifecycleRule {
			have.Rules[i].Expiration = &types.LifecycleExpiration{Days: aws.Int32(30)}
		}
	}
	_, err = h.PutBucketLifecycleConfiguration(context.Background(), &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: have.Rules}})
	w.must(err)
	_, ids, _ := w.again(team())
	if len(ids) != 1 || ids[0] != "bucket.lifecycle" {
		t.Errorf("planned %v", ids)
	}
	summary, _, _ := w.again(team())
	w.healthy(summary)
}
