package steps

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// The pipelines, with CAPITALS in the place of what the blueprint says, and parts between
// #NAME and #end of which each is left out where no job of it would be let in.
var (
	//go:embed pipeline_github.yml
	gitHubPipeline string
	//go:embed pipeline_gitlab.yml
	gitLabPipeline string
)

// The actions of GitHub's pipeline, each by the commit of a release: a tag can be moved.
const (
	actionCheckout    = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
	actionTerraform   = "hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e # v4.0.1"
	actionCredentials = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3" //nolint:gosec // an action's name
)

// pipelineMark begins the first line of a pipeline's file that setup wrote; the rest of the
// line is the checksum of what follows. Where that is another, somebody has edited it.
const pipelineMark = "# Made by stateroom setup, which leaves it as it is once you edit it. sha256:"

// pipelinePath is where a pipeline's file is written.
func pipelinePath(env *engine.Env, ci blueprint.CI) string {
	return filepath.Join(env.Root(), filepath.FromSlash(ci.Pipeline))
}

func (f *FileFacts) inspectPipelines(env *engine.Env, a *blueprint.Answers) error {
	f.Pipelines = map[string]files.Snapshot{}
	for _, ci := range a.CIs {
		if ci.Pipeline == "" {
			continue
		}
		snapshot, err := files.Read(pipelinePath(env, ci))
		if err != nil {
			return err
		}
		f.Pipelines[ci.Name] = snapshot
	}
	return nil
}

// planPipelines writes the pipelines' files that were asked for. One that somebody wrote, or
// has edited, is kept byte for byte.
func planPipelines(o *Observed, a *blueprint.Answers, p *plan.Proposal) {
	for _, ci := range a.CIs {
		if ci.Pipeline == "" {
			p.Find(offeredPipeline(o, a, ci))
			continue
		}
		have, text := o.Files.Pipelines[ci.Name], pipelineText(o, a, ci)
		edit := files.Edit{
			Before: have, After: files.Content(text), Mode: 0o644,
			Fields: []files.Field{{Name: "pipeline", After: ci.Provider}},
			Redact: func(text string, _ func(string) string) string { return text }, // it names tokens and holds none
		}
		if have.Exists && !ownPipeline(string(have.Bytes)) && edit.Changes() {
			p.Find(plan.Finding{
				ID: "files.pipeline-edited", Subject: ci.Name, Severity: plan.Info,
				Evidence: fmt.Sprintf("%s is not as setup wrote it, or was there before, and was left as it is.", have.Path),
				Remedy:   "Take over from the text below what it lacks, or move the file away and run stateroom setup again.", Details: plan.Known(text),
			})
			continue
		}
		before := len(p.Changes)
		addEdit(a, p, edit, nil, fmt.Sprintf("Write the pipeline of ci %s to %s", ci.Name, ci.Pipeline))
		for i := range p.Changes[before:] {
			p.Changes[before+i].Needs = append(p.Changes[before+i].Needs, changeMachines)
		}
	}
}

// sealedPipeline puts the line in front that says whose a pipeline is.
func sealedPipeline(body string) string { return pipelineMark + checksum(body) + "\n" + body }

// checksum is of the text as git keeps it: on Windows it may have given it other line ends.
func checksum(body string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(body, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// ownPipeline tells whether a file is as setup wrote it.
func ownPipeline(text string) bool {
	first, body, _ := strings.Cut(text, "\n")
	sum, marked := strings.CutPrefix(strings.TrimSuffix(first, "\r"), pipelineMark)
	return marked && sum == checksum(body)
}

// pipelineRow is one project in a pipeline.
type pipelineRow struct {
	project                      blueprint.Project
	dir, gate, role, reads, name string
}

func pipelineText(o *Observed, a *blueprint.Answers, ci blueprint.CI) string {
	branch := ci.Branch()
	var plans, applies []pipelineRow
	for _, project := range a.ProjectsOfCI(ci) {
		e, _ := a.Environment(project.Environment)
		e = o.environment(e)
		row := pipelineRow{project: project, dir: project.Dir, name: project.Name, gate: ci.GatedBy(e.Name), reads: a.RoleARN(o.partition(), e.PlanRoleIn())}
		if ci.PlanRole() != "" {
			plans = append(plans, row)
		}
		row.role = a.RoleARN(o.partition(), atCI(o, a, ci.ApplyRole(e.Name)))
		if row.gate != "" || slices.Contains(ci.Apply, "branch:"+branch) && len(ci.Environments) == 1 {
			applies = append(applies, row)
		}
	}
	lock := "-lock=false"
	if ci.PlanLock {
		lock = "-lock-timeout=5m"
	}
	planRole, audience := a.RoleARN(o.partition(), atCI(o, a, ci.PlanRole())), ci.AudienceIn(o.partition())
	// What is filled in is not looked at again: a project may be called REGION. In a filter of
	// GitHub's + is a sign ("Workflow syntax", "Filter pattern cheat sheet").
	fill := []string{"PLANLOCK", lock, "PLANROLE", planRole, "BRANCH", branch, "QUOTED", quoted(strings.ReplaceAll(branch, "+", `\+`)), "REGION", a.StateRegion, "AUDIENCE", quoted(audience)}
	if ci.Provider == blueprint.ProviderGitLab {
		fill = append(fill, "PROFILE", tokenProfile(a), "WATCHES\n", gitLabWatch(o, a, ci, branch), "READONLY", indented(readOnlyOverride, 6), "JOBS\n", gitLabJobs(ci, branch, planRole, plans, applies))
		return sealedPipeline(strings.NewReplacer(fill...).Replace(gitLabPipeline))
	}
	text := part(gitHubPipeline, "plan", len(plans) > 0 && slices.Contains(ci.Plan, "pull_request"))
	text = part(text, "apply", len(applies) > 0)
	text = part(text, "watch", ci.Watch)
	text = part(text, "drift", len(plans) > 0 && slices.Contains(ci.Plan, "branch:"+branch))
	gates, environment := "", ""
	if gated := slices.DeleteFunc(slices.Clone(applies), func(r pipelineRow) bool { return r.gate == "" }); len(gated) > 0 {
		var names []string
		for _, row := range gated {
			if !slices.Contains(names, row.gate) {
				names = append(names, row.gate)
			}
		}
		gates = "Give the environments " + strings.Join(names, ", ") + " required reviewers and a rule that lets the branch " + branch + " in alone."
		environment = "    environment: ${{ matrix.gate }}\n"
	}
	fill = append(fill, "# GATES\n", commented(gates), "ENVIRONMENT\n", environment, "PLANS\n", gitHubRows(plans), "APPLIES\n", gitHubRows(applies),
		"WATCHBEGIN\n", gitHubBegin(a, audience, true), "WATCHROLE", a.RoleARN(o.partition(), atCI(o, a, ci.WatchRole())),
		"BEGIN\n", gitHubBegin(a, audience, false), "READONLY", indented(readOnlyOverride, 10), "WATCHSCRIPT", indented(watchScript(a, downloadsWithCurl), 10))
	return sealedPipeline(strings.NewReplacer(fill...).Replace(text))
}

// tokenProfile is the section of the AWS config file in which a job's session is: the
// profile that the projects' files name, as on every laptop.
func tokenProfile(a *blueprint.Answers) string {
	if !a.ProfileInFiles {
		return "default"
	}
	return "profile " + a.AdminProfile
}

func commented(text string) string {
	if text == "" {
		return ""
	}
	return "# " + text + "\n"
}

// part keeps what stands between #name and #end, or takes it out.
func part(text, name string, keep bool) string {
	before, rest, _ := strings.Cut(text, "#"+name+"\n")
	inside, after, _ := strings.Cut(rest, "#end\n")
	if !keep {
		inside = ""
	}
	return before + inside + after
}

// readOnlyOverride is what a job that plans does first. The project's provider assumes the
// role that applies; a file beside it, which only the runner has, names the one that reads
// (Terraform, "Override files").
const readOnlyOverride = `cat > stateroom_override.tf <<END
provider "aws" {
  assume_role {
    role_arn = "$READS"
  }
}
END`

// overrideByHand is what jobs do by hand: a checkout may be kept from one that plans to one
// that applies, as Atlantis keeps it.
const overrideByHand = `# In a job that applies, in the project's directory, where one that plans may have been:
rm -f stateroom_override.tf
# In a job that plans, in the project's directory:
` + readOnlyOverride + "\n"

func indented(text string, by int) string {
	return strings.Repeat(" ", by) + strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", by))
}

// quoted is a text in YAML, of which JSON's texts are a part.
func quoted(text string) string {
	out, _ := json.Marshal(text) // a text always encodes
	return string(out)
}

// unevaluated is a text of which GitHub evaluates no expression.
func unevaluated(text string) string {
	return quoted(strings.ReplaceAll(text, "${{", "${{ '${{' }}"))
}

func gitHubRows(rows []pipelineRow) string {
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "          - project: %s\n            dir: %s\n", quoted(row.name), unevaluated(row.dir))
		if row.role != "" {
			fmt.Fprintf(&b, "            role: %s\n", quoted(row.role))
			if row.gate != "" {
				fmt.Fprintf(&b, "            gate: %s\n", quoted(row.gate))
			}
			continue
		}
		fmt.Fprintf(&b, "            reads: %s\n", quoted(row.reads))
	}
	return b.String()
}

// gitHubBegin are the first steps of each job, up to the role. The action's files are put
// where a runner of one's own forgets them. The watch has no Terraform, which would have to
// be initialized first, and no admin's profile: the session is the environment's.
func gitHubBegin(a *blueprint.Answers, audience string, watch bool) string {
	terraform := "      - uses: " + actionTerraform + "\n        with:\n          terraform_wrapper: false\n"
	if watch {
		terraform = ""
	}
	text := `      - uses: ` + actionCheckout + `
        with:
          persist-credentials: false
` + terraform + `      - name: Name the session and keep it to this run
        run: |
          {
            echo "AWS_SHARED_CREDENTIALS_FILE=$RUNNER_TEMP/aws-credentials"
            echo "AWS_CONFIG_FILE=$RUNNER_TEMP/aws-config"
            echo "TF_IN_AUTOMATION=1"
            echo "SESSION=$(printf %s "$GITHUB_JOB-$GITHUB_RUN_ID-$GITHUB_ACTOR" | tr -c 'A-Za-z0-9_.@-' - | cut -c1-64)"
          } >> "$GITHUB_ENV"
      - uses: ` + actionCredentials + `
        with:
          aws-region: ` + a.StateRegion + `
          audience: ` + quoted(audience) + `
          role-session-name: ${{ env.SESSION }}
`
	if a.ProfileInFiles && !watch {
		text += "          aws-profile: " + quoted(a.AdminProfile) + " # as on every laptop, so that backend.tf and provider.tf are the same\n          overwrite-aws-profile: true\n"
	}
	return text
}

// literal is a text of which GitLab expands nothing.
func literal(text string) string { return quoted(strings.ReplaceAll(text, "$", "$$")) }

// offeredPipeline says how a pipeline comes to its session where setup writes no file of it.
func offeredPipeline(o *Observed, a *blueprint.Answers, ci blueprint.CI) plan.Finding {
	path := map[string]string{blueprint.ProviderGitHub: ".github/workflows/terraform.yml", blueprint.ProviderGitLab: ".gitlab-ci.yml"}[ci.Provider]
	if path != "" {
		return plan.Finding{
			ID: "files.pipeline-offered", Subject: ci.Name, Severity: plan.Info,
			Evidence: fmt.Sprintf("Setup writes no pipeline for ci %q.", ci.Name),
			Remedy:   fmt.Sprintf("To get one that plans, applies and looks for drift, run stateroom setup with --set ci.%s.pipeline=%s.", ci.Name, path),
		}
	}
	roles := rolesOfJobs(o, a, ci)
	if ci.ByRole() {
		return runnersProfile(a, ci, roles)
	}
	token := map[string]string{blueprint.ProviderCircleCI: "CIRCLE_OIDC_TOKEN_V2", blueprint.ProviderBitbucket: "BITBUCKET_STEP_OIDC_TOKEN"}[ci.Provider]
	return plan.Finding{
		ID: "files.pipeline-by-hand", Subject: ci.Name, Severity: plan.Info,
		Evidence: fmt.Sprintf("Setup writes no pipeline for ci %q: its jobs put the token of their platform into a file and name it in the profile that backend.tf and provider.tf name.", ci.Name),
		Remedy:   "Put the lines below at the beginning of each job. A job that plans then runs terraform plan -lock=false, one that applies plans again and applies.",
		Details: plan.Known(roles + ownFiles + sessionName(ci) + `printf %s "$` + cmp.Or(token, "TOKEN") + `" > "$run/token"
cat > "$AWS_CONFIG_FILE" <<END
[` + tokenProfile(a) + `]
region = ` + a.StateRegion + `
role_arn = $ROLE
web_identity_token_file = $run/token
role_session_name = $session
END
` + overrideByHand),
	}
}

// runnersWatch is the job of the nightly watch of a runner: without Terraform and an admin's
// profile, as GitHub's and GitLab's.
func runnersWatch(a *blueprint.Answers, ci blueprint.CI) string {
	if !ci.Watch {
		return ""
	}
	return `# In a job that watches, every night, in the repository; it fails with 3 where findings remain,
# and with 4 where AWS is not as stateroom.hcl says. The variables say where a release of
# stateroom is (linux, amd64), and its checksum:
sed -i '1s/.*/[default]/' "$AWS_CONFIG_FILE"
` + watchScript(a, downloadsWithCurl) + "\n"
}

const downloadsWithCurl = "curl -fsSL --proto '=https' -o"

// watchScript is the nightly watch of every pipeline. What downloads a release takes the
// file's name and its address; one that is another never runs, without sh -e either. Both
// looks are taken and both are in the log, and the first that finds something says how the
// job ends.
func watchScript(a *blueprint.Answers, downloads string) string {
	return downloads + ` "$run/stateroom.tar.gz" "$STATEROOM_ARCHIVE" &&
  echo "$STATEROOM_SHA256  $run/stateroom.tar.gz" | sha256sum -c - &&
  tar -xzf "$run/stateroom.tar.gz" -C "$run" stateroom || exit 1
found=0
"$run/stateroom" setup --dry-run --detailed-exitcode --json --region ` + a.StateRegion + ` || found=$?
"$run/stateroom" troubleshoot --json --region ` + a.StateRegion + ` || found=$((found ? found : $?))
exit $found`
}

// ownFiles keeps a job's AWS files to the run.
const ownFiles = `umask 077
run=$(mktemp -d) && export AWS_CONFIG_FILE="$run/config" AWS_SHARED_CREDENTIALS_FILE="$run/credentials"
`

// sessionName names a job's session by the run and by who began it, as CloudTrail then shows
// them. The variables are those of the platform (CircleCI, "Project values and variables";
// Bitbucket, "Variables and secrets"; Atlantis, "Custom workflows").
func sessionName(ci blueprint.CI) string {
	comment, run, actor := "# RUN and ACTOR are your platform's variables of the run and of who began it:\n", "RUN", "ACTOR"
	switch ci.Provider {
	case blueprint.ProviderCircleCI:
		comment, run, actor = "", "CIRCLE_BUILD_NUM", "CIRCLE_USERNAME"
	case blueprint.ProviderBitbucket:
		comment, run, actor = "", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_TRIGGERER_UUID"
	case blueprint.ProviderRole:
		comment, run, actor = "# In Atlantis; elsewhere your platform's variables of the run and of who began it:\n", "PULL_NUM", "USER_NAME"
	}
	return comment + fmt.Sprintf("session=$(printf %%s \"%s-${%s-}-${%s-}\" | tr -c 'A-Za-z0-9_.@-' - | cut -c1-64)\n", ci.Name, run, actor)
}

// rolesOfJobs are the roles that a pipeline's jobs begin with, as comments of a script.
func rolesOfJobs(o *Observed, a *blueprint.Answers, ci blueprint.CI) (roles string) {
	if ci.PlanRole() != "" {
		roles = "# Plans: ROLE=" + a.RoleARN(o.partition(), atCI(o, a, ci.PlanRole())) + "\n"
	}
	for _, e := range o.environments(a.EnvironmentsOfCI(ci)) {
		if ci.PlanRole() != "" {
			roles += "#   of " + e.Name + ": READS=" + a.RoleARN(o.partition(), e.PlanRoleIn()) + "\n"
		}
		if len(ci.ApplySubjects(e.Name)) > 0 {
			roles += "# Applies to " + e.Name + ": ROLE=" + a.RoleARN(o.partition(), atCI(o, a, ci.ApplyRole(e.Name))) + "\n"
		}
	}
	if ci.Watch {
		roles += "# Watches: ROLE=" + a.RoleARN(o.partition(), atCI(o, a, ci.WatchRole())) + "\n"
	}
	return roles
}

// runnersProfile says how a runner with a role of its own comes to its session. Where its
// credentials come from AWS's SDKs and Terraform are told by credential_source, and with
// IRSA by a profile of the pod's token ("Assume role credential provider", AWS SDKs and Tools
// Reference Guide), whose variables would otherwise come before a [default]. The session tags
// of EKS Pod Identity are transitive, so that each role of the chain would have to allow
// sts:TagSession.
func runnersProfile(a *blueprint.Answers, ci blueprint.CI, roles string) plan.Finding {
	planned := "A job that plans then runs terraform plan -lock=false, one that applies plans again and applies."
	override := overrideByHand
	if ci.PlanRole() == "" {
		planned, override = "A job then plans and applies.", ""
	}
	return plan.Finding{
		ID: "files.pipeline-by-hand", Subject: ci.Name, Severity: plan.Info,
		Evidence: fmt.Sprintf("Setup writes no pipeline for ci %q: in its jobs the runner's role assumes that of the job, by the profile that backend.tf and provider.tf name.", ci.Name),
		Remedy: fmt.Sprintf("Put the lines below at the beginning of each job. %s A runner's role in a different account than %s also needs a policy there that allows sts:AssumeRole on ROLE.",
			planned, a.AdminAccount),
		Details: plan.Known(roles + ownFiles + sessionName(ci) + `# On an EC2 instance; in ECS, in CodeBuild and with EKS Pod Identity, whose association is to
# have session tags disabled; and with IRSA:
source="credential_source = Ec2InstanceMetadata"
[ -z "${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI-}${AWS_CONTAINER_CREDENTIALS_FULL_URI-}" ] || source="credential_source = EcsContainer"
[ -z "${AWS_WEB_IDENTITY_TOKEN_FILE-}" ] || source="source_profile = runner"
cat > "$AWS_CONFIG_FILE" <<END
[` + tokenProfile(a) + `]
region = ` + a.StateRegion + `
role_arn = $ROLE
$source
role_session_name = $session

[profile runner]
role_arn = ${AWS_ROLE_ARN-}
web_identity_token_file = ${AWS_WEB_IDENTITY_TOKEN_FILE-}
END
unset AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE
` + override + runnersWatch(a, ci)),
	}
}

// gitLabJobs are a job for each project and purpose: GitLab's matrices have no environments
// of their own.
func gitLabJobs(ci blueprint.CI, branch, planRole string, plans, applies []pipelineRow) string {
	var b strings.Builder
	reads := func(name string, row pipelineRow, arguments string, rules ...string) {
		fmt.Fprintf(&b, "%s:\n  extends: .reads\n  variables:\n    DIR: %s\n    ROLE: %s\n    READS: %s\n    PLAN_ARGS: %s\n  rules:\n", quoted(name), literal(row.dir), quoted(planRole), quoted(row.reads), quoted(arguments))
		for _, rule := range rules {
			fmt.Fprintf(&b, "    - if: %s\n", rule)
		}
		b.WriteString("\n")
	}
	for _, row := range plans {
		if slices.Contains(ci.Plan, "merge_request") {
			reads("plan "+row.name, row, "", `$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID`)
		}
		if slices.Contains(ci.Plan, "merge_request") || slices.Contains(ci.Plan, "branch:"+branch) {
			reads("drift "+row.name, row, "-detailed-exitcode", `$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == `+quoted(branch))
		}
	}
	for _, row := range applies {
		fmt.Fprintf(&b, "%s:\n  extends: .terraform\n  stage: apply\n  variables:\n    DIR: %s\n    ROLE: %s\n  environment:\n    name: %s\n  # One run at a time for each project, and none is cut off: it would leave its lock.\n  resource_group: %s\n  interruptible: false\n",
			quoted("apply "+row.name), literal(row.dir), quoted(row.role), quoted(row.project.Environment), quoted("terraform-"+row.name))
		fmt.Fprintf(&b, `  script:
    - trap 'rm -f "$run/tfplan"' EXIT
    - terraform init -input=false -lockfile=readonly
    - terraform plan -input=false -no-color -lock-timeout=5m -out="$run/tfplan"
    - terraform apply -input=false -no-color -lock-timeout=5m "$run/tfplan"
  rules:
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == %s

`, quoted(branch))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// gitLabWatch is the job of the nightly watch, without Terraform and without an admin's
// profile as GitHub's.
func gitLabWatch(o *Observed, a *blueprint.Answers, ci blueprint.CI, branch string) string {
	if !ci.Watch {
		return ""
	}
	return `
# The project's variables say where a release of stateroom is (linux, amd64), and its checksum. It fails with 3 where
# findings remain, such as keys due for renewal, and with 4 where AWS is not as stateroom.hcl says. The log holds account
# ids, ARNs, user names and access key ids: of a public project everybody can read it.
watch:
  extends: .terraform
  image: alpine:3.22
  stage: plan
  variables:
    DIR: "."
    ROLE: ` + quoted(a.RoleARN(o.partition(), atCI(o, a, ci.WatchRole()))) + `
  script:
    - rm "$AWS_CONFIG_FILE"
    - export AWS_ROLE_ARN="$ROLE" AWS_WEB_IDENTITY_TOKEN_FILE="$run/token" AWS_ROLE_SESSION_NAME="$session"
    - |
` + indented(watchScript(a, "wget -qO"), 6) + `
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == ` + quoted(branch) + "\n"
}
