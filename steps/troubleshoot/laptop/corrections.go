package laptop

import (
	"fmt"
	"path/filepath"
	"slices"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// cannotEdit is a file of which no edit can be made.
func cannotEdit(err error) health.Result {
	return finding("files.cannot-edit", plan.StepFiles, plan.Warning, err.Error()+".", "Correct the file by hand, then run stateroom troubleshoot again.")
}

// Corrections are the changes that carry out the fixes of all parts, and bring
// every project's directory in line with its files. They come after what is
// changed already on this laptop. It makes no call and writes nothing.
func Corrections(env *engine.Env, a *blueprint.Answers, projects []health.Project, report health.Report) (changes []plan.Change, findings []plan.Finding) {
	first := fileChanges(report.Changes)
	for _, p := range projects {
		if p.Linked != nil {
			continue // told with the configuration, and nothing is run there either
		}
		edits, err := editsOf(p, report.Fixes)
		next := p.Files
		if err == nil && len(edits) > 0 {
			next, err = p.Files.With(edits)
		}
		if err != nil {
			f := steps.InJSON(p.Project, err)
			if f == nil {
				f = cannotEdit(err).Finding
			}
			findings = append(findings, *f)
			continue
		}
		own := slices.Clone(first)
		for _, edit := range edits {
			if edit.Changes() {
				c := plan.FileChange(a, edit, fmt.Sprintf("Correct %s of project %s", filepath.Base(edit.Before.Path), p.Name))
				c.Fixes = fixed(p, report.Fixes)
				changes, own = append(changes, c), append(own, c.ID)
			}
		}
		found, err := env.Elsewhere(next)
		if err != nil {
			continue // told with the configuration
		}
		strangers, init := engine.NotAgreed(a, found), report.InitOf(p.Name)
		for _, c := range plan.Leading(strangers, runs(env, a, p, next, init)...) {
			c.Fixes = ofDirectory(p.Name)
			c.Needs = append(c.Needs, own...)
			changes = append(changes, c)
		}
		if init.Push && !init.Stuck && !init.Refused && env.Engine != nil {
			c := plan.PushChange(a, p.Project, p.Dir)
			c.Fixes = []string{plan.Finding{ID: diagnosis.StateNotSaved.ID, Subject: p.Name}.Key()}
			c.Needs = idsOf(report.Changes, changes) // whichever of them it was that kept it from being saved
			changes = append(changes, plan.Leading(strangers, c)...)
		}
	}
	return changes, findings
}

// fixed are the keys of the findings that ask for the project's corrections.
func fixed(p health.Project, fixes []health.Fix) []string {
	var keys []string
	for _, fix := range fixes {
		if fix.Project == p.Name && fix.Finding != "" && !slices.Contains(keys, fix.Finding) {
			keys = append(keys, fix.Finding)
		}
	}
	return keys
}

// ofDirectory are the keys of the findings that an init of a project mends.
func ofDirectory(project string) []string {
	var keys []string
	for _, id := range []string{diagnosis.BackendChanged.ID, diagnosis.BackendNotInitialized.ID, diagnosis.MigrationNeedsAnswer.ID, diagnosis.ProviderLockFile.ID, diagnosis.StateFormat.ID} {
		keys = append(keys, plan.Finding{ID: id, Subject: project}.Key())
	}
	return keys
}

func idsOf(lists ...[]plan.Change) (all []string) {
	for _, c := range slices.Concat(lists...) {
		all = append(all, c.ID)
	}
	return all
}

// fileChanges are the ids of the changes that write files.
func fileChanges(changes []plan.Change) []string {
	var ids []string
	for _, c := range changes {
		if c.Action == plan.WriteFile {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// editsOf are the edits of a project's files that its fixes ask for. A backend
// block whose place is given with -backend-config is never written: it belongs to
// whatever else is given with it; nor is a file that a generator writes.
func editsOf(p health.Project, fixes []health.Fix) ([]files.Edit, error) {
	if p.Files.Generated != nil {
		return nil, nil
	}
	backend, provider := tf.Backend{Drop: []string{}}, tf.Provider{}
	if b := p.S3(); b != nil {
		backend = current(b)
	}
	inBackend, inProvider := false, false
	for _, fix := range fixes {
		if fix.Project != p.Name {
			continue
		}
		if fix.Backend != nil && !p.Partial() {
			fix.Backend(&backend)
			inBackend = true
		}
		if fix.Provider != nil {
			fix.Provider(&provider)
			inProvider = true
		}
	}
	var first, second []files.Edit
	var err error
	if inBackend {
		if first, err = tf.EditBackend(p.Files, backend); err != nil {
			return nil, err
		}
	}
	if !inProvider {
		return first, nil
	}
	next, err := p.Files.With(first)
	if err == nil {
		second, err = tf.EditProvider(next, provider)
	}
	if err != nil {
		return nil, err
	}
	return tf.Combine(first, second), nil
}

// current is a backend block as it stands, so that an edit changes nothing but
// what a fix asks for. An expression stays what it is.
func current(b *tf.BackendBlock) tf.Backend {
	get := b.Attributes.Get
	out := tf.Backend{
		Bucket: get("bucket"), Key: get("key"), Region: get("region"), KMSKeyID: get("kms_key_id"), Encrypt: on(b.Attributes, "encrypt"),
		DynamoDBTable: get("dynamodb_table"), UseLockfile: on(b.Attributes, "use_lockfile"), Profile: get("profile"),
		WorkspacePrefix: get("workspace_key_prefix"), NewRegion: on(b.Attributes, "skip_region_validation"),
	}
	if a := b.Attributes.Find("dynamodb_table"); a != nil && !a.Literal {
		out.DynamoDBTable = a.Value
	}
	if a := b.Attributes.Find("use_lockfile"); a != nil && !a.Literal {
		out.UseLockfile = true
	}
	return out
}

// runs are the Terraform commands that a project's directory needs once its
// files are as next. Without an engine there is nothing to run, and what a generator
// writes is initialised by that.
func runs(env *engine.Env, a *blueprint.Answers, p health.Project, next *tf.Project, init health.Init) []plan.Change {
	block, err := next.Backend()
	if env.Engine == nil || init.Refused || p.Files.Generated != nil || err != nil || block == nil || block.Type != "s3" {
		return nil
	}
	if len(init.Moves) > 0 {
		return init.Moves
	}
	kind := initKind(block, next, init.Kind)
	if init.Stuck || kind == tf.InitNone {
		return nil
	}
	c := plan.InitChange(a, p.Project, p.Dir, kind)
	c.Run.SkipWait = true
	if init.Asks && kind == tf.InitReconfigure {
		c.NotOurs, c.Asks, c.Agreeing = p.Dir, "init may lose sight of a state", "reconfigure"
	}
	if kind == tf.InitMoveAside {
		c.Run.Command = plan.MoveAside{To: init.MoveAside}
		c.Title = "Move aside what init left in project " + p.Name + ", and initialize it again"
		c.Run.Lines = []string{
			"mkdir -m 700 " + init.MoveAside,
			"find " + p.Files.State.DataDir + " -mindepth 1 -maxdepth 1 ! -name environment -exec mv {} " + init.MoveAside + " ';'",
			tf.InitCommand(p.BackendConfig),
		}
		c.Undo = "what init left is in " + init.MoveAside
	}
	return []plan.Change{c}
}

// initKind decides between the ways to initialise: what the look at the place of
// the state came to counts first.
func initKind(block *tf.BackendBlock, next *tf.Project, found tf.InitKind) tf.InitKind {
	have := next.State.Configured
	switch {
	case found == tf.InitMoveAside:
		return found
	case have == nil && len(full(next.State.States)) > 0:
		return tf.InitNone // it asks, and a move is what answers
	case have == nil && found == tf.InitUpgrade:
		return found
	case have == nil:
		return tf.InitFirst
	case len(have.Differs(block)) == 0:
		if found == tf.InitReconfigure {
			return tf.InitNone
		}
		return found
	}
	switch kind := tf.InitNeeded(current(block), next); kind {
	case tf.InitMigrate:
		if found == tf.InitReconfigure {
			return tf.InitReconfigure
		}
		return tf.InitNone
	case tf.InitNone:
		return tf.InitReconfigure // in what step 8 does not look at
	default:
		return kind
	}
}
