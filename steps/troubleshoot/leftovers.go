package troubleshoot

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// newestStateFormat is what Terraform 0.12 to 1.15 and OpenTofu write and read.
const newestStateFormat = 4

// checkLocal is about states on this laptop.
const checkLocal = "state readable"

// workdir is what a project's directory needs, as far as the place of the state
// decides it.
type workdir struct {
	// kind is what is to be run; InitNone leaves that to the arguments.
	kind tf.InitKind
	// moves are the changes that move a state.
	moves []plan.Change
	// stuck says that nothing may be run: a state could be lost, or nobody can
	// tell.
	stuck bool
	// refused says that the engine does not take the configuration.
	refused bool
	// asks says that init -reconfigure takes consent: it may lose sight of a state.
	asks bool
	// push says that a state lies here which an apply could not save.
	push bool
	// aside is where what init left goes.
	aside string
}

// cache compares what init last configured with the backend block (facts,
// "rm -rf .terraform"), and looks whether Terraform can read what lies here.
func (l *laptop) cache(ctx context.Context, p project) {
	l.localStates(p)
	state := p.files.State
	asked := state.DataDir
	switch {
	case p.files.Generated != nil:
		l.undecided(checkBackend, p.Name, asked, "its generator initialises it")
	case state.Unreadable:
		l.unreadable(ctx, p)
	case state.Configured == nil:
		l.notInitialised(ctx, p)
	case p.backend == nil && p.err != nil:
		l.undecided(checkBackend, p.Name, asked, "the backend block cannot be read")
	case p.backend == nil:
		l.changed(ctx, p, []string{"type"})
	default:
		if names := state.Configured.Differs(p.backend); len(names) > 0 {
			l.changed(ctx, p, names)
			return
		}
		l.passed(checkBackend, p.Name, asked, fmt.Sprintf("initialised with this backend, workspace %s", state.Workspace))
	}
}

// localStates finds states that Terraform cannot read.
func (l *laptop) localStates(p project) {
	tell := func(evidence string) {
		l.broken(checkLocal, p.Name, p.dir, evidence, diagnosis.StateFormat.ID)
		l.found(diagnosis.StateFormat.ID, plan.StepInit, plan.Failure, evidence, "Use the engine version that wrote it, or restore it from its backup.")
	}
	for _, err := range p.problems {
		if isState(p, err) && !isCache(p, err) {
			tell(err.Error() + ".")
		}
	}
	for _, s := range p.files.State.States {
		if s.Format < 1 || s.Format > newestStateFormat {
			tell(fmt.Sprintf("%s is a state of format %d, which no engine here reads.", s.Path, s.Format))
		}
	}
}

// notInitialised is a directory in which init never configured a backend. A
// fresh clone is healthy; one with a state of its own makes init ask.
func (l *laptop) notInitialised(ctx context.Context, p project) {
	asked := p.files.State.DataDir
	if p.s3() == nil {
		l.passed(checkBackend, p.Name, asked, "nothing is configured, and there is no backend \"s3\"")
		return
	}
	if held := full(p.files.State.States); len(held) > 0 {
		evidence := fmt.Sprintf("A state lies in %s (resources: %d), but the backend (%s) keeps it in S3: init asks whether to move it, and nobody answers an unattended run.", held[0].Path, held[0].Resources, p.backend.Place)
		l.broken(checkBackend, p.Name, asked, evidence, diagnosis.MigrationNeedsAnswer.ID)
		l.found(diagnosis.MigrationNeedsAnswer.ID, plan.StepInit, plan.Failure, evidence, "Let it be moved here with --adopt "+p.dir+".")
		l.move(ctx, p)
		return
	}
	if p.partial() {
		l.undecided(checkBackend, p.Name, asked, "not initialised, and the place of the state is given with -backend-config")
		return
	}
	if l.env.Engine == nil {
		l.passed(checkBackend, p.Name, asked, "not initialised, and there is no Terraform here that could")
		return
	}
	l.broken(checkBackend, p.Name, asked, "terraform init has not run here", diagnosis.BackendNotInitialized.ID)
	l.found(diagnosis.BackendNotInitialized.ID, plan.StepInit, plan.Info, fmt.Sprintf("%s was never initialised on this laptop, like a fresh clone.", p.dir), "Run terraform init there.")
}

// full are the states that hold something.
func full(states []tf.StateFile) []tf.StateFile {
	var out []tf.StateFile
	for _, s := range states {
		if s.Resources > 0 {
			out = append(out, s)
		}
	}
	return out
}

// moving are the arguments that say where the state is.
var moving = map[string]bool{"bucket": true, "key": true, "workspace_key_prefix": true, "type": true}

// changed is a backend block that is no longer what init configured. The state
// must move where its place changed, unless none is there or all have arrived;
// else the way to it changed.
func (l *laptop) changed(ctx context.Context, p project, names []string) {
	asked := p.files.State.Configured.Path
	at := p.dir
	if p.backend != nil {
		at = p.backend.String()
	}
	evidence := fmt.Sprintf("%s differs in %s from what init last configured (%s).", at, strings.Join(names, ", "), asked)
	answer := "it differs in " + strings.Join(names, ", ")
	moved := false
	for _, name := range names {
		moved = moved || moving[name]
	}
	l.broken(checkBackend, p.Name, asked, answer, diagnosis.BackendChanged.ID)
	switch {
	case !moved && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "endpoint") }):
		// Another address may be another AWS, with another state in it.
		l.out.workdir(p.Name).asks = true
		l.found(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" Whether a state lies at the endpoint of before was not looked at.",
			"If it is the same AWS, run terraform init -reconfigure in "+p.dir+", or let it be done here with --adopt "+p.dir+".")
	case !moved:
		l.found(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" The state stays where it is.", "Run terraform init -reconfigure in "+p.dir+".")
	case l.drifted(p):
		// The file is what is out of line, which stateAt has told and corrects.
		if p.backend == nil {
			l.found(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" The backend block is gone.", "Put it back into the files; nothing has to be moved.")
		}
	default:
		l.elsewhereConfigured(ctx, p, evidence)
	}
}

// drifted tells whether init knows the blueprint's place, and only the file
// names another or none.
func (l *laptop) drifted(p project) bool {
	configured := configuredSpot(p)
	return configured != nil && configured.is(l.blueprintSpot(p)) && (p.backend == nil || p.s3() != nil)
}

// elsewhereConfigured decides what is right where init knows another place than
// the file: by looking what lies in both.
func (l *laptop) elsewhereConfigured(ctx context.Context, p project, evidence string) {
	found := func(more, remedy string) *plan.Finding {
		return l.found(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" "+more, remedy)
	}
	b := p.s3()
	if b == nil || !spotOf(b.Attributes.Get).is(l.blueprintSpot(p)) {
		l.out.workdir(p.Name).stuck = true
		found("Neither of the two is the blueprint's.", "Run stateroom setup, which moves the state to the blueprint's place after asking.")
		return
	}
	here, there := spotOf(b.Attributes.Get), configuredSpot(p)
	if there == nil {
		if p.files.State.Configured.Type == "local" && len(full(p.files.State.States)) == 0 {
			found("No state lies on this laptop.", "Run terraform init -reconfigure in "+p.dir+".")
			l.out.workdir(p.Name).kind = tf.InitReconfigure
			return
		}
		remedy := "Let it be moved here with --adopt " + p.dir + "."
		if len(p.strangers) > 0 {
			remedy = "Find out whether the state is there, then let it be moved here with --adopt " + strings.Join(append(slices.Clone(p.strangers), p.dir), " --adopt ") +
				"; if it is not, remove " + p.files.State.Configured.Path + " and run terraform init in " + p.dir + "."
		}
		found("The state is in another kind of backend: "+p.files.WhereStateIs()+".", remedy)
		l.move(ctx, p)
		return
	}
	keys, err := l.states(ctx, *there)
	switch {
	case err != nil:
		l.out.workdir(p.Name).stuck = true
		found(fmt.Sprintf("Whether a state lies in %s cannot be seen: %v", there, err), "Find that out, then run terraform init -migrate-state in "+p.dir+" if one does, and -reconfigure if none does.").RequestIDs = awsops.RequestIDs(err)
	case len(keys) == 0:
		found(fmt.Sprintf("No state lies in %s.", there), "Run terraform init -reconfigure in "+p.dir+".")
		l.out.workdir(p.Name).kind = tf.InitReconfigure
	case l.arrived(ctx, *there, here, keys):
		found(fmt.Sprintf("The state of %s came to %s: it was moved there.", there, here), "Run terraform init -reconfigure in "+p.dir+".")
		l.out.workdir(p.Name).kind = tf.InitReconfigure
	default:
		found(fmt.Sprintf("The state lies in %s and has to move to %s.", there, here), "Let it be moved here with --adopt "+p.dir+".")
		l.move(ctx, p)
	}
}

// move plans the move of a state as step 8 does: after a backup, with consent,
// and compared afterwards.
func (l *laptop) move(ctx context.Context, p project) {
	dir := l.out.workdir(p.Name)
	dir.stuck = true
	if l.env.Engine == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	readers := l.readers(ctx, l.answers.StateRegion)
	moves, obstacle := steps.PlanMove(ctx, l.env, l.answers, p.Project, p.files, readers[0])
	if obstacle != nil {
		l.out.findings = append(l.out.findings, *obstacle)
		return
	}
	dir.moves = moves
}

// noted finds place and kind of a backend in a damaged note of init's.
var noted = regexp.MustCompile(`(?s)"type":\s*"s3".*?"bucket":\s*"([^"]+)".*?"key":\s*"([^"]+)"`)

// heldState finds the state that Terraform before 0.9 kept in the same file.
var heldState = regexp.MustCompile(`"(?:modules|resources)":\s*[\[{]\s*["{]`)

// unreadable is a note of init's that Terraform cannot read, so that not even
// init -reconfigure runs. It is moved aside only if no state can be lost.
func (l *laptop) unreadable(ctx context.Context, p project) {
	path := filepath.Join(p.files.State.DataDir, "terraform.tfstate")
	evidence := fmt.Sprintf("Terraform cannot read what init left in %s.", path)
	l.broken(checkBackend, p.Name, path, "it is not what terraform init writes", diagnosis.StateFormat.ID)
	dir := l.out.workdir(p.Name)
	dir.stuck = true
	why, safe, err := l.safe(ctx, p, path)
	if !safe {
		l.found(diagnosis.StateFormat.ID, plan.StepInit, plan.Failure, evidence+" "+why, "Find out which backend this directory had; then move "+p.files.State.DataDir+" aside, run terraform init and select workspace "+p.files.State.Workspace+".").RequestIDs = awsops.RequestIDs(err)
		return
	}
	l.found(diagnosis.StateFormat.ID, plan.StepInit, plan.Failure, evidence+" "+why, fmt.Sprintf("Move the content of %s aside and run terraform init; workspace %s stays selected.", p.files.State.DataDir, p.files.State.Workspace))
	dir.stuck, dir.kind, dir.aside = false, tf.InitAside, freeName(p.files.State.DataDir+".aside")
}

// safe tells whether forgetting what init noted can lose no state, and why; err is
// what kept it from being seen.
func (l *laptop) safe(ctx context.Context, p project, path string) (why string, safe bool, err error) {
	b := p.s3()
	if b == nil {
		return "There is no backend \"s3\" block to go on with.", false, nil
	}
	if held := full(p.files.State.States); len(held) > 0 {
		return fmt.Sprintf("A state lies in %s, which may belong to it.", held[0].Path), false, nil
	}
	text, err := files.Read(path)
	if err != nil {
		return err.Error() + ".", false, err
	}
	if heldState.Match(text.Bytes) {
		return "It holds a state itself.", false, nil
	}
	here := spotOf(b.Attributes.Get)
	if found := noted.FindSubmatch(text.Bytes); found != nil {
		if was := (spot{bucket: string(found[1]), key: string(found[2])}); was.bucket != here.bucket || was.key != here.key {
			return fmt.Sprintf("It names %s, and the backend %s.", was, here), false, nil
		}
		return fmt.Sprintf("It still names %s, as the backend does, so no state is lost without it.", here), true, nil
	}
	keys, err := l.states(ctx, here)
	switch {
	case err != nil:
		return fmt.Sprintf("Whether a state lies in %s cannot be seen: %v", here, err), false, err
	case len(keys) == 0:
		return fmt.Sprintf("No state lies in %s, so the state may be in another place that only this file knew.", here), false, nil
	}
	return fmt.Sprintf("The state lies in %s, where the backend says, so none is lost without it.", here), true, nil
}

// freeName is a path at which nothing is: the name, or with a number.
func freeName(name string) string {
	for n, path := 2, name; ; n++ {
		if _, err := os.Lstat(path); err != nil {
			return path
		}
		path = fmt.Sprintf("%s.%d", name, n)
	}
}

// providers compares the provider lock file with what the files ask for.
func (l *laptop) providers(p project) {
	path := filepath.Join(p.dir, tf.LockFile)
	locked, err := tf.ReadLockFile(p.dir)
	if err != nil {
		l.broken(checkLockFile, p.Name, path, err.Error(), diagnosis.ProviderLockFile.ID)
		l.found(diagnosis.ProviderLockFile.ID, plan.StepInit, plan.Failure, err.Error()+".", "Restore the file from version control, or move it aside and run terraform init.")
		return
	}
	if locked == nil {
		l.passed(checkLockFile, p.Name, path, "there is none, as before the first init that reached the providers")
		return
	}
	for _, r := range p.files.Required() {
		evidence, kind := lockProblem(path, r, locked)
		if evidence == "" {
			continue
		}
		l.broken(checkLockFile, p.Name, path, evidence, diagnosis.ProviderLockFile.ID)
		remedy := "Run terraform init in " + p.dir + "."
		if kind == tf.InitUpgrade {
			remedy = "Run terraform init -upgrade in " + p.dir + ", if the constraint was changed on purpose."
		}
		l.found(diagnosis.ProviderLockFile.ID, plan.StepInit, plan.Failure, evidence, remedy)
		if dir := l.out.workdir(p.Name); dir.kind == tf.InitNone && !dir.stuck {
			dir.kind = kind
		}
		return
	}
	for _, have := range locked {
		ok, known, err := have.Genuine(p.files.State.DataDir)
		if err != nil || !known || ok {
			continue // what cannot be compared is Terraform's to tell
		}
		evidence := fmt.Sprintf("%s: %s %s as it is installed in %s has none of the checksums in the lock file.", files.Place{Path: path, Line: have.Line}, have.Source, have.Version, p.files.State.DataDir)
		l.broken(checkLockFile, p.Name, path, evidence, diagnosis.ProviderLockFile.ID)
		l.found(diagnosis.ProviderLockFile.ID, plan.StepInit, plan.Failure, evidence, "Restore the lock file from version control; if it is as it was, find out where the package came from before you use it.")
		return
	}
	l.passed(checkLockFile, p.Name, path, fmt.Sprintf("it holds %d providers, and all that are asked for", len(locked)))
}

// lockProblem tells what the lock file lacks for one required provider.
func lockProblem(path string, r tf.RequiredProvider, locked []tf.LockedProvider) (evidence string, kind tf.InitKind) {
	for _, have := range locked {
		if !r.Locks(have) {
			continue
		}
		if ok, understood := tf.Permits(r.Version, have.Version); r.Version != "" && understood && !ok {
			return fmt.Sprintf("%s: %s %s is locked, but %s asks for %s.", files.Place{Path: path, Line: have.Line}, r.Source, have.Version, r.Place, r.Version), tf.InitUpgrade
		}
		return "", tf.InitNone
	}
	return fmt.Sprintf("%s asks for provider %s, which %s does not hold.", r.Place, r.Source, path), tf.InitFirst
}
