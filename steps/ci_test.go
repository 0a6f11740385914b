package steps

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// ciTeam is the team's blueprint with a pipeline in staging and production.
func ciTeam() *blueprint.Blueprint {
	b := team()
	b.CIs = []blueprint.CI{{
		Name: "github", Provider: blueprint.ProviderGitHub, Repository: "acme/infra", OwnerID: "7", RepositoryID: "42",
		Plan: []string{"pull_request", "branch:main"}, Apply: []string{"environment:staging", "environment:production"},
		Environments: []string{"staging", "production"},
	}}
	return b
}

const (
	ciProvider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
	ciIssuer   = "https://token.actions.githubusercontent.com"
)

// byToken opens a role of the admin account with a token of these claims, as a job would.
func (w *world) byToken(role string, claims map[string]any) (sandbox.Credentials, error) {
	w.t.Helper()
	token, err := w.server.Token(claims)
	w.must(err)
	client := sts.NewFromConfig(w.config(sandbox.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}, "eu-west-1"))
	out, err := client.AssumeRoleWithWebIdentity(w.t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String("arn:aws:iam::111111111111:role/stateroom/ci/" + role), RoleSessionName: aws.String("run-1"), WebIdentityToken: &token,
	})
	if err != nil {
		return sandbox.Credentials{}, err
	}
	return sandbox.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}, nil
}

// job is a token of GitHub's for a job of acme/infra.
func job(of string) map[string]any {
	return map[string]any{"iss": ciIssuer, "aud": "sts.amazonaws.com", "sub": "repo:acme@7/infra@42:" + of}
}

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

func refusedWith(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// mayAssume tells whether somebody can open a role.
func (w *world) mayAssume(who sandbox.Credentials, role string) bool {
	w.t.Helper()
	_, err := sts.NewFromConfig(w.config(who, "eu-west-1")).AssumeRole(w.t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("terraform")})
	if code := refusedWith(err); err != nil && code != "AccessDenied" {
		w.t.Fatal(err)
	}
	return err == nil
}

// TestChangesAndAccessOfAPipelineAreToldApart: every change of a plan says where it is, and
// who may read an environment is whom its role lets in.
func TestChangesAndAccessOfAPipelineAreToldApart(t *testing.T) {
	t.Parallel()
	b := ciTeam()
	b.CIs[0].Watch, b.CIs[0].Environments, b.CIs[0].Apply = true, []string{"production"}, []string{"environment:production"}
	w := newWorld(t, sandbox.Options{})
	_, f := w.nine(b)
	r, err := f.Review(t.Context())
	w.must(err)
	titles, changes := map[string]bool{}, []*plan.Change{}
	for i := range r.Changes {
		if changes = append(changes, &r.Changes[i]); titles[r.Changes[i].Title] {
			t.Errorf("two changes are called %q", r.Changes[i].Title)
		}
		titles[r.Changes[i].Title] = true
	}
	told := plan.Access(changes...)
	for _, want := range []string{
		"The nightly watch of pipeline github may read the configuration of everything in staging and preprod.",
		"Plans of pipeline github and the nightly watch of pipeline github may read the configuration of everything in production.",
	} {
		if !slices.Contains(told, want) {
			t.Errorf("nobody says %q but %q", want, told)
		}
	}
}

// TestAPipelineReachesItsEnvironmentsAndNothingElse: whoever plans reads, each gate opens
// its environment alone, and a further run has nothing to do.
func TestAPipelineReachesItsEnvironmentsAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{"at once": {}, "AWS lags": {Seed: "1", Lag: harshLag, Propagation: harshLag / 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			w.healthy(w.run(w.setup(ciTeam())))
			w.settledNow(ciTeam())
			time.Sleep(o.Lag + o.Propagation)
			planner, err := w.byToken("stateroom-github-plan", job("pull_request"))
			w.must(err)
			applier, err := w.byToken("stateroom-github-apply-staging", job("environment:staging"))
			w.must(err)
			for _, c := range []struct {
				who  sandbox.Credentials
				role string
				want bool
			}{
				{planner, "arn:aws:iam::222222222222:role/TerraformAdmin-plan", true},
				{planner, "arn:aws:iam::444444444444:role/TerraformAdmin-plan", true},
				{planner, "arn:aws:iam::222222222222:role/TerraformAdmin", false},
				{planner, "arn:aws:iam::444444444444:role/TerraformAdmin", false},
				{planner, "arn:aws:iam::111111111111:role/stateroom/ci/stateroom-github-apply-staging", false},
				{applier, "arn:aws:iam::222222222222:role/TerraformAdmin", true},
				{applier, "arn:aws:iam::444444444444:role/TerraformAdmin", false},
				{applier, "arn:aws:iam::333333333333:role/TerraformAdmin", false},
				{applier, "arn:aws:iam::222222222222:role/TerraformAdmin-plan", false},
			} {
				if got := w.mayAssume(c.who, c.role); got != c.want {
					t.Errorf("a session that begins with %s opens %s: %t, want %t", c.who.AccessKeyID, c.role, got, c.want)
				}
			}
			w.states(planner, applier)
		})
	}
}

// states wants the planner to read the states of its environments alone and to write none,
// and the applier to write that of staging alone.
func (w *world) states(planner, applier sandbox.Credentials) {
	w.t.Helper()
	bucket := ciTeam().Bucket.Name
	put := func(who sandbox.Credentials, key string) error {
		_, err := s3.NewFromConfig(w.config(who, "eu-west-1"), pathStyle).PutObject(w.t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: strings.NewReader("{}"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: aws.String("arn:aws:kms:eu-west-1:111111111111:key/" + w.keyID()),
		})
		return err
	}
	get := func(who sandbox.Credentials, key string) error {
		_, err := s3.NewFromConfig(w.config(who, "eu-west-1"), pathStyle).GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
	for _, key := range []string{"common/staging", "common/preprod", "common/production"} {
		w.must(put(w.server.Operator(), key))
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"plan reads staging":            {get(planner, "common/staging"), ""},
		"plan reads production":         {get(planner, "common/production"), ""},
		"plan reads preprod":            {get(planner, "common/preprod"), "AccessDenied"},
		"plan writes staging":           {put(planner, "common/staging"), "AccessDenied"},
		"plan locks staging":            {put(planner, "common/staging.tflock"), "AccessDenied"},
		"apply reads staging":           {get(applier, "common/staging"), ""},
		"apply writes staging":          {put(applier, "common/staging"), ""},
		"apply locks staging":           {put(applier, "common/staging.tflock"), ""},
		"apply reads production":        {get(applier, "common/production"), "AccessDenied"},
		"apply writes production":       {put(applier, "common/production"), "AccessDenied"},
		"plan writes a workspace of it": {put(planner, "env:/x/common/staging"), "AccessDenied"},
	} {
		if got := refusedWith(c.err); got != c.want {
			w.t.Errorf("%s: %q, want %q (%v)", name, got, c.want, c.err)
		}
	}
}

// TestAPlanThatMayLockWritesNoState: lock rights are an option, a write of a state never.
func TestAPlanThatMayLockWritesNoState(t *testing.T) {
	t.Parallel()
	b := ciTeam()
	b.CIs[0].PlanLock = true
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(b)))
	planner, err := w.byToken("stateroom-github-plan", job("ref:refs/heads/main"))
	w.must(err)
	bucket := b.Bucket.Name
	for key, want := range map[string]string{"common/staging.tflock": "", "common/staging": "AccessDenied"} {
		_, err := s3.NewFromConfig(w.config(planner, "eu-west-1"), pathStyle).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: strings.NewReader("{}"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: aws.String("arn:aws:kms:eu-west-1:111111111111:key/" + w.keyID()),
		})
		if got := refusedWith(err); got != want {
			t.Errorf("%s: %q, want %q (%v)", key, got, want, err)
		}
	}
}

// TestAPipelineReachesNoWorkspaceOfALongerKey: to IAM the workspaces of live/network are
// among those of network.
func TestAPipelineReachesNoWorkspaceOfALongerKey(t *testing.T) {
	t.Parallel()
	b := ciTeam()
	b.Projects[0].StateKey, b.Projects[2].StateKey = "network", "live/network"
	if b.Projects[0].Environment != "staging" || b.Projects[2].Environment != "production" {
		t.Fatalf("the projects are %v", b.Projects)
	}
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(b)))
	staging, err := w.byToken("stateroom-github-apply-staging", job("environment:staging"))
	w.must(err)
	production, err := w.byToken("stateroom-github-apply-production", job("environment:production"))
	w.must(err)
	put := func(who sandbox.Credentials, key string) error {
		_, err := s3.NewFromConfig(w.config(who, "eu-west-1"), pathStyle).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &b.Bucket.Name, Key: &key, Body: strings.NewReader("{}"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: aws.String("arn:aws:kms:eu-west-1:111111111111:key/" + w.keyID()),
		})
		return err
	}
	lock := func(who sandbox.Credentials, key string) error {
		_, err := dynamodb.NewFromConfig(w.config(who, "eu-west-1")).PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &b.Lock.DynamoDBTable, Item: map[string]types.AttributeValue{"LockID": &types.AttributeValueMemberS{Value: b.Bucket.Name + "/" + key}},
		})
		return err
	}
	for key, want := range map[string]string{"env:/x/network": "", "env:/x/network.tflock": "", "env:/x/live/network": "AccessDenied", "env:/x/live/network.tflock": "AccessDenied", "live/network": "AccessDenied"} {
		if got := refusedWith(put(staging, key)); got != want {
			t.Errorf("staging writes %s: %q, want %q", key, got, want)
		}
	}
	for key, want := range map[string]string{"env:/x/network": "", "env:/x/network-md5": "", "env:/x/live/network": "AccessDeniedException", "env:/x/live/network-md5": "AccessDeniedException"} {
		if got := refusedWith(lock(staging, key)); got != want {
			t.Errorf("staging locks %s: %q, want %q", key, got, want)
		}
	}
	if err := errors.Join(put(production, "env:/x/live/network"), lock(production, "env:/x/live/network")); err != nil {
		t.Error(err)
	}
}

// TestARoleForPlansReadsSettingsAndNoData, as many as AWS's ReadOnlyAccess would let it, in
// a policy that IAM takes.
func TestARoleForPlansReadsSettingsAndNoData(t *testing.T) {
	t.Parallel()
	everything := policy.ParseOrEmpty(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	denials := policy.PlanDenials()
	if size := denials.Size(); size > policy.ManagedPolicyLimit { // and 10,240 are a role's inline policies
		t.Errorf("the denials have %d characters", size)
	}
	may := func(action string) bool {
		return policy.Evaluate(policy.Request{Principal: "arn:aws:sts::222222222222:assumed-role/x/y", Action: action, Resource: "*"}, policy.Policies{
			Identity: []policy.Named{{Document: everything}, {Document: denials}},
		}).Allowed
	}
	for _, action := range strings.Fields(`dax:GetItem athena:GetQueryResults es:ESHttpGet es:ESHttpHead cassandra:Select s3-object-lambda:GetObject s3:GetObject s3:GetObjectVersion
		s3:GetDataAccess s3express:CreateSession sdb:Select codecommit:GitPull codecommit:GetFile codecommit:GetCommit codeartifact:GetAuthorizationToken codeartifact:ReadFromRepository
		dynamodb:GetRecords dynamodb:Query dynamodb:PartiQLSelect rds:DownloadDBLogFilePortion rds:DownloadCompleteDBLogFile kinesis:GetRecords sqs:ReceiveMessage logs:GetLogEvents
		ssm:GetCommandInvocation states:GetExecutionHistory cognito-identity:GetCredentialsForIdentity wafv2:GetSampledRequests s3vectors:QueryVectors bedrock-agentcore:GetEvent`) {
		if may(action) {
			t.Errorf("plans may %s", action)
		}
	}
	for _, action := range strings.Fields(`lambda:GetFunction ssm:GetParameter ssm:GetDocument s3:GetBucketPolicy s3:GetObjectTagging s3:ListBucket dynamodb:DescribeTable es:DescribeDomain athena:GetWorkGroup
		codecommit:GetRepository codecommit:GetRepositoryTriggers codecommit:GetApprovalRuleTemplate codeartifact:DescribeRepository codeartifact:GetRepositoryPermissionsPolicy cognito-identity:GetIdentityPoolRoles
		cognito-idp:AdminGetUser cognito-idp:DescribeUserPool rds:DescribeDBInstances sqs:GetQueueAttributes kinesis:DescribeStreamSummary logs:DescribeLogGroups states:DescribeStateMachine wafv2:GetWebACL
		connect:DescribeContactFlow appconfig:GetHostedConfigurationVersion apigateway:GET iot:GetTopicRule kinesisvideo:DescribeStream transcribe:GetVocabulary mediastore:GetContainerPolicy glacier:GetVaultNotifications`) {
		if !may(action) {
			t.Errorf("plans may not %s, which a refresh needs", action)
		}
	}
}

// TestTheWatchSeesTheWholeSetupAndChangesNothing: with the rights of its role, which the
// pipeline's branch alone may assume, a dry run tells a setup that is as the blueprint says
// from one that is not.
func TestTheWatchSeesTheWholeSetupAndChangesNothing(t *testing.T) {
	t.Parallel()
	watched := func() *blueprint.Blueprint {
		b := ciTeam()
		b.CIs[0].Watch, b.CIs[0].Plan = true, []string{"branch:main"}
		return b
	}
	w := newWorld(t, sandbox.Options{})
	w.must(watched().Check())
	w.healthy(w.run(w.setup(watched())))
	w.settledNow(watched())
	for _, of := range []string{"pull_request", "ref:refs/heads/x", "environment:production"} {
		if _, err := w.byToken("stateroom-github-watch", job(of)); err == nil {
			t.Errorf("%s is let in", of)
		}
	}
	watcher, err := w.byToken("stateroom-github-watch", job("ref:refs/heads/main"))
	w.must(err)
	look := func() (*plan.Summary, int) {
		w.must(os.RemoveAll(filepath.Join(w.dir, ".aws")))
		w.inSession(&ststypes.Credentials{AccessKeyId: &watcher.AccessKeyID, SecretAccessKey: &watcher.SecretAccessKey, SessionToken: &watcher.SessionToken})
		s, f := w.nine(watched())
		s.Answers.Me, f.DryRun = "", true
		mark := len(w.server.Log())
		w.events = nil
		summary := w.run(f)
		if calls := w.mutations(mark); len(calls) > 0 {
			t.Errorf("it called %v", calls)
		}
		return summary, summary.ExitCode(true)
	}
	summary, code := look()
	if code != plan.ExitDone {
		t.Errorf("exit code %d: planned %v, found %v", code, w.plannedIDs(), summary.Findings)
	}
	for _, denied := range w.denied() {
		if !strings.HasPrefix(denied, "sts:AssumeRole") && denied != "s3:HeadObject" { // the operator's own ways in, and a look whether states were deleted
			t.Errorf("denied: %s", denied)
		}
	}
	_, err = w.hands("444444444444").iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("TerraformAdmin"), PolicyName: aws.String(inlinePolicy), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	w.must(err)
	if summary, code := look(); code != plan.ExitChanges || !slices.Contains(w.plannedIDs(), "iam.role.production.permissions") {
		t.Errorf("exit code %d: planned %v, found %v", code, w.plannedIDs(), summary.Findings)
	}
	for _, name := range []string{"stateroom-github-watch", "stateroom-github-plan"} {
		if _, err := iam.NewFromConfig(w.config(watcher, "eu-west-1")).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: &name}); refusedWith(err) != "AccessDenied" {
			t.Errorf("the watch may delete a role: %v", err)
		}
	}
}

// TestTheWatchSeesGroupsOfIdentityCenter, and not who is in the directory.
func TestTheWatchSeesGroupsOfIdentityCenter(t *testing.T) {
	t.Parallel()
	w, b := identityWorld(t, sandbox.Options{}), identityTeam()
	b.CIs = ciTeam().CIs
	b.CIs[0].Watch, b.CIs[0].Plan = true, []string{"branch:main"}
	w.healthy(w.run(w.nobody(b)))
	watcher, err := w.byToken("stateroom-github-watch", job("ref:refs/heads/main"))
	w.must(err)
	w.must(os.RemoveAll(filepath.Join(w.dir, ".aws")))
	w.inSession(&ststypes.Credentials{AccessKeyId: &watcher.AccessKeyID, SecretAccessKey: &watcher.SecretAccessKey, SessionToken: &watcher.SessionToken})
	s, f := w.nine(b)
	s.Answers.Me, f.DryRun = "", true
	w.events = nil
	if summary := w.run(f); summary.ExitCode(true) != plan.ExitDone {
		t.Errorf("exit code %d: planned %v, found %v", summary.ExitCode(true), w.plannedIDs(), summary.Findings)
	}
	role := machinesByARN(s.Observed(), s.Answers)["arn:aws:iam::111111111111:role/stateroom/ci/stateroom-github-watch"]
	text := role.inline.JSON()
	if strings.Contains(text, "ListUsers") || strings.Contains(text, "DescribeUser") || len(text) > 10240 {
		t.Errorf("%d characters: %s", len(text), text)
	}
}

// TestTwoPipelinesHaveNoRoleInCommon: what one block adds to another's name makes no third.
func TestTwoPipelinesHaveNoRoleInCommon(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"plan", "watch"} {
		b := ciTeam()
		b.Environments[0].Name, b.CIs[0].Environments = environment, []string{environment}
		other := b.CIs[0]
		other.Name, other.Watch = "github-apply", true
		b.CIs = append(b.CIs, other)
		if err := b.Check(); err == nil || !strings.Contains(err.Error(), "is the same as that of ci") {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

// hostile are what tokens of others say, and those of the same repository that are not
// meant: of each platform, beside the one that is.
func hostile() map[string]struct {
	ci    blueprint.CI
	right map[string]any
	wrong map[string]map[string]any
} {
	const org, project = "2a3b4c5d-1111-2222-3333-444455556666", "76543210-ba98-fedc-3210-edcba0987654"
	const user, repo, gate, step = "aaaa1111-bbbb-2222-cccc-333344445555", "{1de489be-ce6a-42a0-a8c8-eadbf1174ac7}", "{bd715740-c970-486b-b68a-b421ec2a1f8b}", "{759de0c6-eaee-4eaa-b7a6-c507eec759a7}"
	circle, bucket := "https://oidc.circleci.com/org/"+org, "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
	type table = struct {
		ci    blueprint.CI
		right map[string]any
		wrong map[string]map[string]any
	}
	sub := func(text string) map[string]any { return map[string]any{"sub": text} }
	const main = "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/main"
	return map[string]table{
		"GitHub": {
			blueprint.CI{Provider: "github", Repository: "acme/infra", OwnerID: "7", RepositoryID: "42", Apply: []string{"branch:main"}},
			map[string]any{"iss": ciIssuer, "aud": "sts.amazonaws.com", "sub": "repo:acme@7/infra@42:ref:refs/heads/main"},
			map[string]map[string]any{
				"fork": sub("repo:mallory/infra:ref:refs/heads/main"), "other repository": sub("repo:acme/site:ref:refs/heads/main"),
				"owner taken over": sub("repo:acme@8/infra@43:ref:refs/heads/main"), "owner that begins alike": sub("repo:acme-evil/infra:ref:refs/heads/main"),
				"other branch": sub("repo:acme/infra:ref:refs/heads/main2"), "pull request": sub("repo:acme/infra:pull_request"), "tag": sub("repo:acme/infra:ref:refs/tags/main"),
				"environment of the branch's name": sub("repo:acme/infra:environment:ref:refs/heads/main"),
			},
		},
		"GitLab": {
			blueprint.CI{Provider: "gitlab", Repository: "acme/infra", RepositoryID: "42", Apply: []string{"branch:main"}},
			map[string]any{"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:acme/infra:ref_type:branch:ref:main", "project_id": "42"},
			map[string]map[string]any{
				"fork": sub("project_path:mallory/infra:ref_type:branch:ref:main"), "other project": sub("project_path:acme/site:ref_type:branch:ref:main"),
				"path taken over": {"project_id": "43"}, "no project": {"project_id": nil}, "other branch": sub("project_path:acme/infra:ref_type:branch:ref:x"), "tag": sub("project_path:acme/infra:ref_type:tag:ref:main"),
			},
		},
		"CircleCI": {
			blueprint.CI{Provider: "circleci", Issuer: circle, Repository: "github.com/acme/infra", RepositoryID: project, Apply: []string{"branch:main"}},
			map[string]any{"iss": circle, "aud": org, "sub": "org/" + org + "/project/" + project + "/user/" + user + main},
			map[string]map[string]any{
				"fork":                                 sub("org/" + org + "/project/" + project + "/user/" + user + "/vcs-origin/github.com/mallory/infra/vcs-ref/refs/heads/main"),
				"other project":                        sub("org/" + org + "/project/" + user + "/user/" + user + main),
				"other branch":                         sub("org/" + org + "/project/" + project + "/user/" + user + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/x"),
				"branch that ends as the subject does": sub("org/" + org + "/project/" + project + "/user/" + user + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/x" + main),
				"other organization with the same subject": {"iss": "https://oidc.circleci.com/org/" + project, "aud": org},
				"token without a branch":                   sub("org/" + org + "/project/" + project + "/user/" + user),
			},
		},
		"Bitbucket": {
			blueprint.CI{Provider: "bitbucket", Issuer: bucket, Audience: "ari:cloud:bitbucket::workspace/922e118c", RepositoryID: repo, Apply: []string{"environment:" + gate}},
			map[string]any{"iss": bucket, "aud": "ari:cloud:bitbucket::workspace/922e118c", "sub": repo + ":" + gate + ":" + step},
			map[string]map[string]any{
				"fork": sub(step + ":" + gate + ":" + step), "other environment": sub(repo + ":" + step + ":" + step), "step without an environment": sub(repo + ":" + step),
				"other workspace": {"iss": strings.Replace(bucket, "/acme/", "/mallory/", 1)},
			},
		},
		"any issuer": {
			blueprint.CI{Provider: "oidc", Issuer: "https://ci.example.com", Apply: []string{"job:infra:main"}},
			map[string]any{"iss": "https://ci.example.com", "aud": "sts.amazonaws.com", "sub": "job:infra:main"},
			map[string]map[string]any{"other job": sub("job:infra:mainx"), "great letters": sub("JOB:infra:main")},
		},
	}
}

// TestOfEachPlatformOnlyTheRightJobIsLetIn sets each one up and presents tokens, truly
// signed, of forks, other repositories and branches, renamed owners, other audiences and
// other issuers.
func TestOfEachPlatformOnlyTheRightJobIsLetIn(t *testing.T) {
	t.Parallel()
	for name, table := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := team()
			table.ci.Name, table.ci.Environments = "ci", []string{"staging"}
			b.CIs = []blueprint.CI{table.ci}
			w := newWorld(t, sandbox.Options{})
			w.must(b.Check())
			w.healthy(w.run(w.setup(b)))
			if _, err := w.byToken("stateroom-ci-apply-staging", table.right); err != nil {
				t.Errorf("the right one is refused: %v", err)
			}
			table.wrong["no audience"] = map[string]any{"aud": nil}
			table.wrong["other audience"] = map[string]any{"aud": "https://github.com/acme"}
			table.wrong["other issuer with the same subject"] = map[string]any{"iss": "https://oidc.evil.example"}
			table.wrong["no subject"] = map[string]any{"sub": nil}
			for what, changed := range table.wrong {
				claims := maps.Clone(table.right)
				maps.Copy(claims, changed)
				maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
				if _, err := w.byToken("stateroom-ci-apply-staging", claims); err == nil {
					t.Errorf("%s is let in: %v", what, claims)
				}
			}
		})
	}
}

// TestAProviderOfOthersGetsTheAudienceAndKeepsTheRest, once somebody agrees, after being
// told which of its roles ask for none.
func TestAProviderOfOthersGetsTheAudienceAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	admin := w.hands("").iam
	_, err := admin.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String(ciIssuer), ClientIDList: []string{"theirs"}, ThumbprintList: []string{strings.Repeat("a", 40)},
	})
	w.must(err)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + ciProvider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/site:*"}}}]}`
	_, err = admin.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("deploy-site"), AssumeRolePolicyDocument: &trust})
	w.must(err)
	summary := w.run(w.setup(ciTeam()))
	if len(summary.NotOurs) != 1 || summary.NotOurs[0].NotOurs != ciProvider {
		t.Fatalf("nobody was asked: %v", summary.NotOurs)
	}
	if f := findingOf(summary.Findings, "iam.ci-audience-open"); f == nil || !strings.Contains(f.Evidence, "deploy-site") {
		t.Errorf("the role without an audience is not told: %v", findingIDs(summary.Findings))
	}
	w.events = nil
	summary = w.adopt(ciTeam(), ciProvider)
	if c := w.plannedChange("iam.oidc-provider.token.actions.githubusercontent.com.audience.sts.amazonaws.com"); c == nil || !strings.Contains(strings.Join(plan.Access(c), " "), "deploy-site") {
		t.Errorf("what the audience opens is not judged: %v", w.plannedIDs())
	}
	for _, f := range summary.Failures {
		t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	got, err := admin.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(ciProvider)})
	w.must(err)
	if !slices.Equal(got.ClientIDList, []string{"theirs", "sts.amazonaws.com"}) || len(got.ThumbprintList) != 1 || len(got.Tags) != 0 {
		t.Errorf("%+v", got)
	}
	if _, err := w.byToken("stateroom-github-plan", job("pull_request")); err != nil {
		t.Error(err)
	}
	if _, ids, _ := w.again(ciTeam()); len(ids) > 0 {
		t.Errorf("a further run planned %v", ids)
	}
}

// TestATrustThatSomebodyOpenedIsClosedAgain, and a policy that somebody widened, and one
// that asks for more stays.
func TestATrustThatSomebodyOpenedIsClosedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	admin := w.hands("").iam
	role := aws.String("stateroom-github-apply-production")
	was, err := admin.GetRole(t.Context(), &iam.GetRoleInput{RoleName: role})
	w.must(err)
	open := strings.ReplaceAll(policy.ParseOrEmpty(*was.Role.AssumeRolePolicyDocument).JSON(), `"repo:acme/infra:environment:production"`, `"repo:*"`)
	open = strings.ReplaceAll(open, `"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub"`, `"StringLike":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub"`)
	_, err = admin.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &open})
	w.must(err)
	stranger := map[string]any{"iss": ciIssuer, "aud": "sts.amazonaws.com", "sub": "repo:mallory/x:pull_request"}
	if _, err := w.byToken(*role, stranger); err != nil {
		t.Fatalf("the test opens nothing: %v", err)
	}
	_, err = admin.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("stateroom-github-plan"), PolicyName: aws.String(inlinePolicy), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	w.must(err)
	w.events = nil
	w.healthy(w.run(w.setup(ciTeam())))
	if ids := w.plannedIDs(); !slices.Equal(slices.Sorted(slices.Values(ids)), []string{"iam.ci.github.apply.production.trust", "iam.ci.github.plan.permissions"}) {
		t.Errorf("planned %v", ids)
	}
	if _, err := w.byToken(*role, stranger); err == nil {
		t.Error("the stranger is still let in")
	}
	w.settledNow(ciTeam())
}

// TestAStrangerBesideANarrowerTrustIsNotKept: two statements of a trust differ in their
// conditions alone, and one that meets both does not stand for both, so that another in the
// place of one goes, in an environment's role and in a pipeline's.
func TestAStrangerBesideANarrowerTrustIsNotKept(t *testing.T) {
	t.Parallel()
	b := gitLabTeam()
	b.Environments[0].MFA = true
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(b)))
	for _, c := range []struct{ account, role, change string }{
		{"", "stateroom-staging-plan", "iam.ci.staging.plan.trust"}, {"222222222222", "TerraformAdmin", "iam.role.staging.trust"},
	} {
		h := w.hands(c.account).iam
		got, err := h.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &c.role})
		w.must(err)
		was := policy.ParseOrEmpty(*got.Role.AssumeRolePolicyDocument)
		if len(was.Statements) != 2 {
			t.Fatalf("%s: %s", c.role, was.JSON())
		}
		both := was.Statements[0]
		both.Sid, both.Conditions = "Both", policy.Conditions{}
		for _, s := range was.Statements {
			for operator, keys := range s.Conditions {
				if both.Conditions[operator] == nil {
					both.Conditions[operator] = map[string][]string{}
				}
				maps.Copy(both.Conditions[operator], keys)
			}
		}
		store := func(second policy.Statement) (summary *plan.Summary, after string) {
			was.Statements = []policy.Statement{both, second}
			_, err := h.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &c.role, PolicyDocument: aws.String(was.JSON())})
			w.must(err)
			w.events = nil
			summary = w.run(w.setup(b))
			got, err := h.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &c.role})
			w.must(err)
			return summary, *got.Role.AssumeRolePolicyDocument
		}
		summary, after := store(was.Statements[1])
		if findingOf(summary.Findings, "iam.role-trust-stronger") == nil || !strings.Contains(after, "Both") {
			t.Errorf("%s, narrower than asked: found %v, and %s", c.role, findingIDs(summary.Findings), after)
		}
		_, after = store(policy.Statement{Sid: "Stranger", Effect: policy.Allow, Principals: policy.Principals{"AWS": {"arn:aws:iam::333333333333:root"}}, Actions: []string{"sts:AssumeRole"}})
		if !w.applied(c.change) || strings.Contains(after, "333333333333") {
			t.Errorf("%s: planned %v, and %s", c.role, w.plannedIDs(), after)
		}
		w.settledNow(b)
	}
}

// TestTagsOfPipelinesRolesAndProvidersFollowTheBlueprint, ours alone.
func TestTagsOfPipelinesRolesAndProvidersFollowTheBlueprint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	b := ciTeam()
	b.Tags = map[string]string{"team": "infra"}
	w.healthy(w.run(w.setup(b)))
	got, err := w.hands("").iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(ciProvider)})
	w.must(err)
	role, err := w.hands("").iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("stateroom-github-plan")})
	w.must(err)
	if len(got.Tags) != 2 || len(role.Role.Tags) != 2 {
		t.Errorf("%v and %v", got.Tags, role.Role.Tags)
	}
	w.settledNow(b)
}

// TestARoleThatNoPipelineHasAnyMoreIsDeleted, and nothing of others below the path.
func TestARoleThatNoPipelineHasAnyMoreIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	admin := w.hands("").iam
	trust := policy.TrustNobody().JSON()
	_, err := admin.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("theirs"), Path: aws.String(ciPath), AssumeRolePolicyDocument: &trust})
	w.must(err)
	b := ciTeam()
	b.CIs[0].Environments, b.CIs[0].Apply = []string{"staging"}, []string{"environment:staging"}
	w.healthy(w.run(w.setup(b)))
	roles, err := admin.ListRoles(t.Context(), &iam.ListRolesInput{PathPrefix: aws.String(ciPath)})
	w.must(err)
	var names []string
	for _, r := range roles.Roles {
		names = append(names, *r.RoleName)
	}
	if want := []string{"stateroom-github-apply-staging", "stateroom-github-plan", "theirs"}; !slices.Equal(names, want) {
		t.Errorf("left are %v, want %v", names, want)
	}
	w.settledNow(b)
}

// TestPipelinesAreLetInWhereThePeopleAreListedOrAskedForMFA, which a job cannot show.
func TestPipelinesAreLetInWhereThePeopleAreListedOrAskedForMFA(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*blueprint.Environment){
		"MFA":            func(e *blueprint.Environment) { e.MFA = true },
		"listed":         func(e *blueprint.Environment) { e.Trust = blueprint.TrustListed },
		"listed and MFA": func(e *blueprint.Environment) { e.Trust, e.MFA = blueprint.TrustListed, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := ciTeam()
			change(&b.Environments[0])
			w := newWorld(t, sandbox.Options{})
			if summary := w.run(w.setup(b)); summary.Failed > 0 {
				t.Fatal(summary.Failures)
			}
			applier, err := w.byToken("stateroom-github-apply-staging", job("environment:staging"))
			w.must(err)
			planner, err := w.byToken("stateroom-github-plan", job("pull_request"))
			w.must(err)
			role := "arn:aws:iam::222222222222:role/TerraformAdmin"
			if !w.mayAssume(applier, role) || w.mayAssume(planner, role) || w.mayAssume(w.server.Operator(), role) {
				t.Error("others than the pipeline that applies are let in, or it is not")
			}
			if _, ids, _ := w.again(b); len(ids) > 0 {
				t.Errorf("a further run planned %v", ids)
			}
		})
	}
}

// TestTheOperatorsAndTheMachinesPolicyAreEnough for a set-up, a change and a removal.
func TestTheOperatorsAndTheMachinesPolicyAreEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy(), stepstest.MachinesPolicy())
	w.healthy(w.run(w.setup(ciTeam())))
	fewer := ciTeam()
	fewer.CIs[0].Plan = []string{"branch:main"}
	fewer.CIs[0].Apply, fewer.CIs[0].Environments = fewer.CIs[0].Apply[:1], fewer.CIs[0].Environments[:1]
	w.healthy(w.run(w.setup(fewer)))
	w.healthy(w.run(w.setup(team())))
	if left := w.rolesOf(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}

// TestAnOperatorWithoutTheMachinesPolicyIsToldWhichOneIsMissing: all else is made.
func TestAnOperatorWithoutTheMachinesPolicyIsToldWhichOneIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy())
	summary := w.run(w.setup(ciTeam()))
	if found := findingOf(summary.Findings, "iam.ci-denied"); found == nil || !strings.Contains(found.Remedy, "stateroom policy machines") {
		t.Errorf("found %v", summary.Findings)
	}
	for _, failed := range summary.Failures {
		t.Errorf("%s failed: %v", failed.Change.ID, failed.Err)
	}
	if !w.applied(changeKey) {
		t.Error("the rest was not made")
	}
}

// TestWithoutAPipelineTheLookForWhatOneLeftIsCheap: a list of our path, and a question in
// each environment.
func TestWithoutAPipelineTheLookForWhatOneLeftIsCheap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	mark := len(w.server.Log())
	w.settledNow(team())
	lists, asked := 0, 0
	for _, e := range w.server.Log()[mark:] {
		switch {
		case strings.Contains(e.Operation, "OpenIDConnect"), strings.HasSuffix(e.Resource, "-plan") && e.Operation != "GetRole":
			t.Errorf("%s was called on %s", e.Operation, e.Resource)
		case e.Operation == "ListRoles" && strings.HasSuffix(e.Resource, ":role"+ciPath):
			lists++
		case e.Operation == "ListRoles":
			t.Errorf("all roles were listed: %s", e.Resource)
		case strings.HasSuffix(e.Resource, "-plan"):
			asked++
		}
	}
	if lists != 1 || asked != 3 {
		t.Errorf("%d lists and %d questions, want 1 and 3", lists, asked)
	}
}

// rolesOf are the names of the pipelines' roles in the admin account and of the roles for
// plans in the environments.
func (w *world) rolesOf() (names []string) {
	w.t.Helper()
	for _, account := range []string{"", "222222222222", "333333333333", "444444444444"} {
		out, err := w.hands(account).iam.ListRoles(w.t.Context(), &iam.ListRolesInput{})
		w.must(err)
		for _, r := range out.Roles {
			if *r.Path == ciPath || strings.HasSuffix(*r.RoleName, "-plan") {
				names = append(names, account+*r.RoleName)
			}
		}
	}
	return names
}

// TestWithTheLastPipelineItsRolesGo, in the admin account and in the environments, and who
// it let in before is let in no more; with one that only stops planning the roles for plans.
func TestWithTheLastPipelineItsRolesGo(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{"at once": {}, "AWS lags": {Seed: "3", Lag: harshLag, Propagation: harshLag / 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listed := func(b *blueprint.Blueprint) *blueprint.Blueprint {
				b.Environments[0].Trust = blueprint.TrustListed
				return b
			}
			w := newWorld(t, o)
			w.healthy(w.run(w.setup(listed(ciTeam()))))
			applies := ciTeam()
			applies.CIs[0].Plan = nil
			w.healthy(w.run(w.setup(listed(applies))))
			if got := w.rolesOf(); !slices.Equal(got, []string{"stateroom-github-apply-production", "stateroom-github-apply-staging"}) {
				t.Errorf("without plans there are %v", got)
			}
			w.settledNow(listed(applies))
			w.events = nil
			w.healthy(w.run(w.setup(listed(team()))))
			if c := w.plannedChange("iam.ci-role.stateroom-github-apply-staging"); c == nil || c.Action != plan.Delete || len(plan.Access(c)) > 0 {
				t.Errorf("planned %v", w.plannedIDs())
			}
			if got := w.rolesOf(); len(got) > 0 {
				t.Errorf("left are %v", got)
			}
			if _, err := w.byToken("stateroom-github-apply-staging", job("environment:staging")); err == nil {
				t.Error("the pipeline is still let in")
			}
			w.settledNow(listed(team()))
		})
	}
}

// TestWhatOthersPutOnAPipelinesRoleKeepsIt: a policy, or a statement of its trust.
func TestWhatOthersPutOnAPipelinesRoleKeepsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	admin, staging, production := w.hands("").iam, w.hands("222222222222").iam, w.hands("444444444444").iam
	anything := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`
	_, err := admin.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("stateroom-github-plan"), PolicyName: aws.String("theirs"), PolicyDocument: &anything})
	w.must(err)
	_, err = staging.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("TerraformAdmin-plan"), PolicyArn: aws.String("arn:aws:iam::aws:policy/PowerUserAccess")})
	w.must(err)
	was, err := production.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("TerraformAdmin-plan")})
	w.must(err)
	trust := policy.ParseOrEmpty(*was.Role.AssumeRolePolicyDocument)
	trust.Statements = append(trust.Statements, policy.EnvironmentTrust("aws", "111111111111", "", nil, true).Statements...)
	_, err = production.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("TerraformAdmin-plan"), PolicyDocument: aws.String(trust.JSON())})
	w.must(err)
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	if got := w.rolesOf(); !slices.Equal(got, []string{"stateroom-github-plan", "222222222222TerraformAdmin-plan", "444444444444TerraformAdmin-plan"}) {
		t.Errorf("left are %v", got)
	}
	told := ""
	for _, f := range summary.Findings {
		if f.ID == "iam.ci-role-unused" {
			told += f.Evidence + "\n"
		}
	}
	says(t, told, "stateroom-github-plan", "the inline policy theirs", "222222222222:role/TerraformAdmin-plan", "PowerUserAccess", "444444444444:role/TerraformAdmin-plan", `the statement "AssumeFromAdminAccount" of its trust policy`)
	w.settledNow(team())
}

// TestAnEnvironmentsOwnRoleIsNoRoleForPlans, though it is called as one would be.
func TestAnEnvironmentsOwnRoleIsNoRoleForPlans(t *testing.T) {
	t.Parallel()
	b := team()
	twin := b.Environments[0]
	twin.Name, twin.Role = "twin", "terraformadmin-plan"
	b.Environments = append(b.Environments, twin)
	w := newWorld(t, sandbox.Options{})
	w.must(b.Check())
	w.healthy(w.run(w.setup(b)))
	w.settledNow(b)
}

// TestABlockRenamedInItsCaseAloneKeepsItsRoles: to IAM they are the same.
func TestABlockRenamedInItsCaseAloneKeepsItsRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(pipelineTeam())))
	b := pipelineTeam()
	b.CIs[0].Name = "GitHub"
	summary := w.settledNow(b)
	if f := findingOf(summary.Findings, "iam.ci-unproven"); f == nil || !strings.HasPrefix(f.Subject, "stateroom-github-") {
		t.Errorf("found %v", findingIDs(summary.Findings))
	}
	planner, err := w.byToken("stateroom-github-plan", job("pull_request"))
	w.must(err)
	if !w.mayAssume(planner, "arn:aws:iam::222222222222:role/TerraformAdmin-plan") {
		t.Error("the role for plans is closed to it")
	}
}

// TestAnOperatorWhoMayNotSeeWhatAPipelineLeftIsToldSo, and all else is made.
func TestAnOperatorWhoMayNotSeeWhatAPipelineLeftIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(ciTeam())))
	w.actAsOperator(without(stepstest.OperatorPolicy(), "iam:ListRoles"))
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	if f := findingOf(summary.Findings, "iam.ci-unread"); f == nil || !strings.Contains(f.Remedy, "stateroom policy operator") {
		t.Errorf("found %v", findingIDs(summary.Findings))
	}
	w.grantOperator(stepstest.OperatorPolicy())
	summary = w.run(w.setup(team()))
	if f := findingOf(summary.Findings, "iam.ci-role-unread"); f == nil || !strings.Contains(f.Remedy, "stateroom policy machines") || f.Severity != plan.Warning || summary.Failed > 0 {
		t.Errorf("found %v", summary.Findings)
	}
	if got := w.rolesOf(); len(got) != 3 { // those of the admin account
		t.Errorf("left are %v", got)
	}
}

// TestPipelinesKnownByNameAreToldSo: which form a repository mints cannot be told from its
// name.
func TestPipelinesKnownByNameAreToldSo(t *testing.T) {
	t.Parallel()
	b := ciTeam()
	b.CIs[0].OwnerID, b.CIs[0].RepositoryID = "", ""
	w := newWorld(t, sandbox.Options{})
	summary := w.run(w.setup(b))
	w.healthy(summary)
	if f := findingOf(summary.Findings, "iam.ci-by-name"); f == nil || !strings.Contains(f.Remedy, "gh api repos/acme/infra") {
		t.Errorf("found %v", findingIDs(summary.Findings))
	}
}

// TestPipelinesAreProvenWhereTokensCanBeHad, and elsewhere it is said what only a run of
// the pipeline can prove, or when one has.
func TestPipelinesAreProvenWhereTokensCanBeHad(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{"at once": {}, "AWS lags": {Seed: "2", Lag: harshLag, Propagation: harshLag / 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			summary := w.run(w.setup(ciTeam()))
			w.healthy(summary)
			if told := findingOf(summary.Findings, "iam.ci-unproven"); told == nil || !strings.Contains(told.Remedy, "repo:acme@7/infra@42:") || !strings.Contains(told.Remedy, "CloudTrail") {
				t.Errorf("found %v", summary.Findings)
			}
			f := w.setup(ciTeam())
			f.Env.Token = w.token
			summary = w.run(f)
			w.healthy(summary)
			told := findingOf(summary.Findings, "iam.ci-proven")
			if told == nil || !strings.Contains(told.Evidence, "stateroom-github-plan") || !strings.Contains(told.Evidence, "stateroom-github-apply-production") {
				t.Errorf("found %v", summary.Findings)
			}
			summary = w.run(w.setup(ciTeam()))
			w.healthy(summary)
			if told := findingOf(summary.Findings, "iam.ci-proven"); told == nil || !strings.Contains(told.Evidence, "was last used on") {
				t.Errorf("found %v", summary.Findings)
			}
		})
	}
}

// TestAProofOfAPipelineFailsWhereItIsShutOut: the provider lost its audience.
func TestAProofOfAPipelineFailsWhereItIsShutOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token func(*world) func(issuer, audience, subject, project string) (secret.Secret, error)
		says  string
	}{
		"wrong audience": {func(w *world) func(issuer, audience, subject, project string) (secret.Secret, error) {
			return func(issuer, _, subject, project string) (secret.Secret, error) {
				return w.token(issuer, "theirs", subject, project)
			}
		}, "Incorrect token audience"},
		"every token is the right one": {func(w *world) func(issuer, audience, subject, project string) (secret.Secret, error) {
			return func(issuer, audience, subject, project string) (secret.Secret, error) {
				return w.token(issuer, audience, strings.TrimPrefix(subject, "stranger/"), project)
			}
		}, "does not name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			f := w.setup(ciTeam())
			f.Env.Token, f.Env.Patience = c.token(w), time.Second
			summary := w.run(f)
			if told := findingOf(summary.Findings, "iam.ci-refused"); told == nil || !strings.Contains(told.Evidence, c.says) || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("exit code %d, found %v", summary.ExitCode(false), summary.Findings)
			}
		})
	}
}

// token is the sandbox's issuer.
func (w *world) token(issuer, audience, subject, project string) (secret.Secret, error) {
	text, err := w.server.Token(map[string]any{"iss": issuer, "aud": audience, "sub": subject, "project_id": project})
	return secret.New(text), err
}
