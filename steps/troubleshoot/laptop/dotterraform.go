package laptop

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// initQuestion is about what init last configured.
func initQuestion(p project, asked string) health.Question {
	return question(p, "configured backend and .terraform", asked)
}

// dotTerraform compares what init last configured with the backend block (facts,
// "rm -rf .terraform"), and looks whether Terraform can read what lies here.
func dotTerraform(ctx context.Context, in *inputs, p project) []health.Result {
	results := localStates(p)
	state := p.Files.State
	q := initQuestion(p, state.DataDir)
	switch {
	case p.Files.Generated != nil:
		return append(results, q.Undecided("its generator initializes it"))
	case state.Unreadable:
		return append(results, unreadable(ctx, in, p))
	case state.Configured == nil:
		return append(results, notInitialised(ctx, in, p, q)...)
	case p.Backend == nil && len(p.Problems) > 0:
		return append(results, q.Undecided("the backend block cannot be read"))
	case p.Backend == nil:
		return append(results, changed(ctx, in, p, []string{"type"})...)
	}
	if names := state.Configured.Differs(p.Backend); len(names) > 0 {
		return append(results, changed(ctx, in, p, names)...)
	}
	return append(results, q.Passed("initialized with this backend, workspace %s", state.Workspace))
}

// localStates finds states that Terraform cannot read.
func localStates(p project) []health.Result {
	var results []health.Result
	tell := func(evidence string) {
		results = append(results, question(p, "state readable", p.Dir).Failed(evidence,
			finding(diagnosis.StateFormat.ID, plan.StepInit, plan.Failure, evidence, "Use the engine version that wrote it, or restore it from its backup.")))
	}
	for _, err := range p.Problems {
		if isState(p, err) && !isCache(p, err) {
			tell(err.Error() + ".")
		}
	}
	for _, s := range p.Files.State.States {
		if !s.Supported() && !s.Encrypted { // OpenTofu's own laptop has the key
			tell(fmt.Sprintf("%s is a state of format %d, which no engine here reads.", s.Path, s.Format))
		}
	}
	return results
}

// notInitialised is a directory in which init never configured a backend. A
// fresh clone is healthy; one with a state of its own makes init ask.
func notInitialised(ctx context.Context, in *inputs, p project, q health.Question) []health.Result {
	if p.S3() == nil {
		return []health.Result{q.Passed("nothing is configured, and there is no backend \"s3\"")}
	}
	if held := full(p.Files.State.States); len(held) > 0 {
		evidence := fmt.Sprintf("There is a state in %s (resources: %d), but the backend (%s) keeps it in S3: init asks whether to move it, and nobody answers an unattended run.", held[0].Path, held[0].Resources, p.Backend.Place)
		r := q.Failed(evidence, caused(diagnosis.MigrationNeedsAnswer, plan.Failure, evidence, "Have it moved here."))
		r.Commands = plan.Allow("Move it", p.Dir)
		return moving(ctx, in, p, r)
	}
	switch {
	case p.Partial():
		return []health.Result{q.Undecided("not initialized, and the place of the state is given with -backend-config")}
	case in.env.Engine == nil:
		return []health.Result{q.Passed("not initialized, and there is no Terraform here to run it")}
	}
	return []health.Result{q.Failed("terraform init has not run here",
		caused(diagnosis.BackendNotInitialized, plan.Info, fmt.Sprintf("%s was never initialized on this laptop, like a fresh clone.", p.Dir), "Run terraform init there."))}
}

// full are the states that hold something.
func full(states []tf.State) []tf.State {
	var out []tf.State
	for _, s := range states {
		if s.Resources > 0 {
			out = append(out, s)
		}
	}
	return out
}

// moves tells whether an argument says where the state is.
func moves(argument string) bool {
	return slices.Contains([]string{"bucket", "key", "workspace_key_prefix", "type"}, argument)
}

// changed is a backend block that is no longer what init configured. The state
// must move where its place changed, unless none is there or all have arrived;
// else the way to it changed.
func changed(ctx context.Context, in *inputs, p project, names []string) []health.Result {
	configured, at := p.Files.State.Configured.Path, p.Dir
	if p.Backend != nil {
		at = p.Backend.String()
	}
	if len(p.BackendConfig) > 0 {
		at = p.At(names[0])
	}
	evidence := fmt.Sprintf("%s differs in %s from what init last configured (%s).", at, strings.Join(names, ", "), configured)
	q := initQuestion(p, configured)
	answer := "it differs in " + strings.Join(names, ", ")
	failed := func(more, remedy string) health.Result {
		return q.Failed(answer, caused(diagnosis.BackendChanged, plan.Failure, evidence+" "+more, remedy))
	}
	switch {
	case slices.ContainsFunc(names, moves) && !drifted(p):
		return otherConfigured(ctx, in, p, failed)
	case slices.ContainsFunc(names, moves) && p.Backend == nil:
		return []health.Result{failed("The backend block is gone.", "Put it back into the files; nothing has to be moved.")}
	case slices.ContainsFunc(names, moves):
		return []health.Result{q.FailedAs(answer, diagnosis.BackendChanged.ID)} // stateLocation tells and corrects it
	case slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "endpoint") }):
		// Another address may be another AWS, with another state in it.
		r := failed("stateroom did not check whether there is a state at the earlier endpoint.",
			"If it is the same AWS, run "+tf.InitCommand(p.BackendConfig, "-reconfigure")+" in "+p.Dir+", or have it done here.")
		r.Commands, r.Init.Asks = plan.Allow("Do it here", p.Dir), true
		return []health.Result{r}
	}
	return []health.Result{failed("The state stays where it is.", "Run "+tf.InitCommand(p.BackendConfig, "-reconfigure")+" in "+p.Dir+".")}
}

// drifted tells whether init knows the blueprint's place, and only the file
// names another or none.
func drifted(p project) bool {
	return p.noted != nil && p.noted.Same(p.wanted) && (p.Backend == nil || p.S3() != nil)
}

// otherConfigured decides what is right where init knows another place than
// the file: by looking what lies in both.
func otherConfigured(ctx context.Context, in *inputs, p project, failed func(more, remedy string) health.Result) []health.Result {
	reconfigure := func(more string) []health.Result {
		r := failed(more, "Run "+tf.InitCommand(p.BackendConfig, "-reconfigure")+" in "+p.Dir+".")
		r.Init.Kind = tf.InitReconfigure
		return []health.Result{r}
	}
	if p.S3() == nil || !p.here.Same(p.wanted) {
		r := failed("Neither of the two is the blueprint's.", "Run stateroom setup, which moves the state to the blueprint's place after asking.")
		r.Init.Stuck = true
		return []health.Result{r}
	}
	adopt, targets := "Have it moved here.", []string{p.Dir}
	if p.noted == nil {
		if p.Files.State.Configured.Type == "local" && len(full(p.Files.State.States)) == 0 {
			return reconfigure("There is no state on this laptop.")
		}
		if len(p.Strangers) > 0 {
			adopt = "Find out whether the state is there, then have it moved here; if it is not, remove " + p.Files.State.Configured.Path + " and run terraform init in " + p.Dir + "."
			targets = append(slices.Clone(p.Strangers), p.Dir)
		}
		r := failed("The state is in another kind of backend: "+p.Files.WhereStateIs()+".", adopt)
		r.Commands = plan.Allow("Move it", targets...)
		return moving(ctx, in, p, r)
	}
	keys, err := states(ctx, in, *p.noted)
	switch {
	case err != nil:
		r := failed(fmt.Sprintf("stateroom cannot tell whether there is a state in %s: %v", p.noted, err), "Find that out, then run terraform init -migrate-state in "+p.Dir+" if one does, and -reconfigure if none does.")
		r.Init.Stuck, r.Err = true, err
		return []health.Result{r}
	case len(keys) == 0:
		return reconfigure(fmt.Sprintf("There is no state in %s.", p.noted))
	case arrived(ctx, in, *p.noted, p.here, keys):
		return reconfigure(fmt.Sprintf("The state of %s came to %s: it was moved there.", p.noted, p.here))
	}
	r := failed(fmt.Sprintf("The state is in %s and has to move to %s.", p.noted, p.here), adopt)
	r.Commands = plan.Allow("Move it", targets...)
	return moving(ctx, in, p, r)
}

// moving adds the move of a state as step 8 makes it: after a backup, with consent,
// and compared afterwards.
func moving(ctx context.Context, in *inputs, p project, r health.Result) []health.Result {
	r.Init.Stuck = true
	if in.env.Engine == nil {
		return []health.Result{r}
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	all := map[string]*tf.Project{p.Name: p.Files}
	for _, other := range in.projects {
		if other.Whole {
			all[other.Name] = other.Files
		}
	}
	moves, obstacle := steps.PlanMove(ctx, in.env, in.answers, p.Project.Project, all, readers(ctx, in, in.answers.StateRegion)[0])
	if obstacle != nil {
		return []health.Result{r, {Finding: obstacle}}
	}
	r.Init.Moves = moves
	return []health.Result{r}
}

// noted finds place and kind of a backend in a damaged note of init's.
var noted = regexp.MustCompile(`(?s)"type":\s*"s3".*?"bucket":\s*"([^"]+)".*?"key":\s*"([^"]+)"`)

// heldState finds the state that Terraform before 0.9 kept in the same file.
var heldState = regexp.MustCompile(`"(?:modules|resources)":\s*[\[{]\s*["{]`)

// unreadable is a note of init's that Terraform cannot read, so that not even
// init -reconfigure runs. It is moved aside only if no state can be lost.
func unreadable(ctx context.Context, in *inputs, p project) health.Result {
	dir := p.Files.State.DataDir
	path := filepath.Join(dir, "terraform.tfstate")
	why, safe, err := forgettable(ctx, in, p, path)
	remedy := fmt.Sprintf("Move the content of %s aside and run terraform init; workspace %s stays selected.", dir, p.Files.State.Workspace)
	if !safe {
		remedy = "Find out which backend this directory had; then move " + dir + " aside, run terraform init and select workspace " + p.Files.State.Workspace + "."
	}
	r := initQuestion(p, path).Failed("it is not what terraform init writes",
		caused(diagnosis.StateFormat, plan.Failure, fmt.Sprintf("Terraform cannot read what init left in %s. %s", path, why), remedy))
	r.Err = err
	if r.Init.Stuck = !safe; safe {
		r.Init.Kind, r.Init.MoveAside = tf.InitMoveAside, files.FreeName(dir+".aside")
	}
	return r
}

// forgettable tells whether forgetting what init noted can lose no state, and why; err
// is what kept it from being seen.
func forgettable(ctx context.Context, in *inputs, p project, path string) (why string, safe bool, err error) {
	if p.S3() == nil {
		return "There is no backend \"s3\" block to go on with.", false, nil
	}
	if held := full(p.Files.State.States); len(held) > 0 {
		return fmt.Sprintf("There is a state in %s, which may belong to it.", held[0].Path), false, nil
	}
	text, err := files.Read(path)
	if err != nil {
		return err.Error() + ".", false, err
	}
	if heldState.Match(text.Bytes) {
		return "It holds a state itself.", false, nil
	}
	if found := noted.FindSubmatch(text.Bytes); found != nil {
		was := health.StateLocation{Bucket: string(found[1]), StateKey: string(found[2])}.Filled()
		if was.Bucket != p.here.Bucket || was.StateKey != p.here.StateKey {
			return fmt.Sprintf("It names %s, and the backend %s.", was, p.here), false, nil
		}
		return fmt.Sprintf("It still names %s, as the backend does, so no state is lost without it.", p.here), true, nil
	}
	keys, err := states(ctx, in, p.here)
	switch {
	case err != nil:
		return fmt.Sprintf("stateroom cannot tell whether there is a state in %s: %v", p.here, err), false, err
	case len(keys) == 0:
		return fmt.Sprintf("There is no state in %s, so the state may be in another place that only this file knew.", p.here), false, nil
	}
	return fmt.Sprintf("The state is in %s, where the backend says, so none is lost without it.", p.here), true, nil
}
