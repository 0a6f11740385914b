package steps

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// hands are SDK clients with which a test changes the sandbox behind the
// engine's back, as somebody in the console would.
type hands struct {
	iam      *iam.Client
	kms      *kms.Client
	s3       *s3.Client
	dynamodb *dynamodb.Client
}

// hands are an administrator's in an account; empty means the admin account.
func (w *world) hands(account string) hands {
	w.t.Helper()
	return w.handsIn(account, "eu-west-1")
}

func (w *world) handsIn(account, region string) hands {
	w.t.Helper()
	who := w.server.Operator()
	if account != "" {
		out, err := sts.NewFromConfig(w.config(who, region)).AssumeRole(context.Background(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + blueprint.DefaultReach), RoleSessionName: aws.String("test"),
		})
		w.must(err)
		who = sandbox.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
	}
	cfg := w.config(who, region)
	return hands{
		iam: iam.NewFromConfig(cfg), kms: kms.NewFromConfig(cfg), dynamodb: dynamodb.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

func (w *world) config(who sandbox.Credentials, region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(w.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, who.SessionToken),
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// finished is a world in which the team's set-up has been made.
func finished(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.server = sandboxtest.Prepared(t, sandbox.Options{}, "team", sandboxtest.Home(w.dir), func(server *sandbox.Server, url string, home sandboxtest.Home) {
		first := &world{t: t, server: server, url: url, dir: string(home), who: server.Operator()}
		first.healthy(first.run(first.setup(team())))
	})
	w.url, w.who = w.server.URL(), w.server.Operator()
	return w
}

// plannedIDs are the ids of the changes that were told, sorted.
func (w *world) plannedIDs() []string {
	var ids []string
	for _, e := range w.events {
		if e.Kind == plan.EventChange {
			ids = append(ids, e.Change.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// plannedChange is the change of that id, or nil when none was told.
func (w *world) plannedChange(id string) *plan.Change {
	for _, e := range w.events {
		if e.Kind == plan.EventChange && e.Change.ID == id {
			return e.Change
		}
	}
	return nil
}

// again runs a set-up of b and gives its summary, the ids that it planned and
// the mutating calls that it made.
func (w *world) again(b *blueprint.Blueprint) (summary *plan.Summary, ids, calls []string) {
	w.t.Helper()
	w.events = nil
	mark := len(w.server.Log())
	summary = w.run(w.setup(b))
	return summary, w.plannedIDs(), w.mutations(mark)
}

// settledNow fails the test unless a further run plans nothing and is healthy.
func (w *world) settledNow(b *blueprint.Blueprint, adopt ...string) *plan.Summary {
	w.t.Helper()
	w.events = nil
	mark := len(w.server.Log())
	s := w.setup(b)
	s.Answers.Adopt = adopt
	summary := w.run(s)
	w.healthy(summary)
	if ids, calls := w.plannedIDs(), w.mutations(mark); len(ids)+len(calls) > 0 {
		w.t.Errorf("a further run planned %v and called %v", ids, calls)
		for _, e := range w.events {
			if e.Change != nil && e.Change.Write != nil {
				w.t.Log(e.Change.Write.Diff)
			}
		}
	}
	return summary
}

// findingOf is the finding of that id, or nil.
func findingOf(findings []plan.Finding, id string) *plan.Finding {
	for i := range findings {
		if findings[i].ID == id {
			return &findings[i]
		}
	}
	return nil
}

func findingIDs(findings []plan.Finding) []string {
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.ID)
	}
	return ids
}

// says fails the test unless the text holds every part.
func says(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the message does not say %q:\n%s", part, text)
		}
	}
}
