package troubleshoot

import (
	"fmt"
	"path/filepath"
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// mend is a correction of a project's files that a finding asks for. All of a
// project's become one edit of each file, so that no part of the examination
// overwrites another's.
type mend struct {
	project string
	// finding is the key of the finding that asks for it.
	finding  string
	backend  func(*tf.Backend)
	provider func(*tf.Provider)
}

// workdir is what the project's directory needs, to be filled in.
func (o *outcome) workdir(name string) *workdir {
	if o.workdirs == nil {
		o.workdirs = map[string]*workdir{}
	}
	if o.workdirs[name] == nil {
		o.workdirs[name] = &workdir{}
	}
	return o.workdirs[name]
}

// corrections are the changes that carry out the mends of all parts, and bring
// every project's directory in line with its files. They come after what is
// changed already on this laptop. It makes no call and writes nothing.
func (s *scene) corrections(o outcome) (changes []plan.Change, findings []plan.Finding) {
	first := fileChanges(o.changes)
	for _, p := range s.projects {
		if p.linked != nil {
			continue // told with the configuration, and nothing is run there either
		}
		edits, err := p.edits(o.mends)
		next := p.files
		if err == nil && len(edits) > 0 {
			next, err = p.files.With(edits)
		}
		if err != nil {
			findings = append(findings, plan.Finding{
				ID: "files.cannot-edit", Of: plan.StepFiles, Severity: plan.Warning, Evidence: err.Error() + ".",
				Remedy: "Correct the file by hand, then run stateroom troubleshoot again.",
			})
			continue
		}
		own := slices.Clone(first)
		for _, edit := range edits {
			if edit.Changes() {
				c := plan.FileChange(s.answers, edit, fmt.Sprintf("Correct %s of project %s", filepath.Base(edit.Before.Path), p.Name))
				c.Mends = p.mended(o.mends)
				changes, own = append(changes, c), append(own, c.ID)
			}
		}
		found, err := s.env.Elsewhere(next)
		if err != nil {
			continue // told with the configuration
		}
		strangers := engine.NotAgreed(s.answers, found)
		for _, c := range plan.Leading(strangers, s.runs(p, next, o.workdir(p.Name))...) {
			c.Mends = ofDirectory(p.Name)
			c.Needs = append(c.Needs, own...)
			changes = append(changes, c)
		}
		if dir := o.workdir(p.Name); dir.push && !dir.stuck && !dir.refused && s.env.Engine != nil {
			c := plan.PushChange(s.answers, p.Project, p.dir)
			c.Mends = []string{plan.Finding{ID: diagnosis.StateNotSaved.ID, Subject: p.Name}.Key()}
			c.Needs = idsOf(o.changes, changes) // whichever of them it was that kept it from being saved
			changes = append(changes, plan.Leading(strangers, c)...)
		}
	}
	return changes, findings
}

// mended are the keys of the findings that ask for the project's corrections.
func (p project) mended(mends []mend) []string {
	var keys []string
	for _, m := range mends {
		if m.project == p.Name && m.finding != "" && !slices.Contains(keys, m.finding) {
			keys = append(keys, m.finding)
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

// edits are the edits of a project's files that its mends ask for. A backend
// block whose place is given with -backend-config is never written: it belongs to
// whatever else is given with it; nor is a file that a generator writes.
func (p project) edits(mends []mend) ([]files.Edit, error) {
	if p.files.Generated != nil {
		return nil, nil
	}
	backend, provider := tf.Backend{Drop: []string{}}, tf.Provider{}
	if b := p.s3(); b != nil {
		backend = current(b)
	}
	inBackend, inProvider := false, false
	for _, m := range mends {
		if m.project != p.Name {
			continue
		}
		if m.backend != nil && !p.partial() {
			m.backend(&backend)
			inBackend = true
		}
		if m.provider != nil {
			m.provider(&provider)
			inProvider = true
		}
	}
	var first, second []files.Edit
	var err error
	if inBackend {
		if first, err = tf.EditBackend(p.files, backend); err != nil {
			return nil, err
		}
	}
	if !inProvider {
		return first, nil
	}
	next, err := p.files.With(first)
	if err == nil {
		second, err = tf.EditProvider(next, provider)
	}
	if err != nil {
		return nil, err
	}
	return tf.Combine(first, second), nil
}

// current is a backend block as it stands, so that an edit changes nothing but
// what a mend asks for. An expression stays what it is.
func current(b *tf.BackendBlock) tf.Backend {
	get := b.Attributes.Get
	out := tf.Backend{
		Bucket: get("bucket"), Key: get("key"), Region: get("region"), KMSKeyID: get("kms_key_id"), Encrypt: on(b.Attributes, "encrypt"),
		DynamoDBTable: get("dynamodb_table"), UseLockfile: on(b.Attributes, "use_lockfile"), Profile: get("profile"),
		WorkspacePrefix: get("workspace_key_prefix"),
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
func (s *scene) runs(p project, next *tf.Project, dir *workdir) []plan.Change {
	block, err := next.Backend()
	if s.env.Engine == nil || dir.refused || p.files.Generated != nil || err != nil || block == nil || block.Type != "s3" {
		return nil
	}
	if len(dir.moves) > 0 {
		return dir.moves
	}
	kind := initKind(block, next, dir)
	if dir.stuck || kind == tf.InitNone {
		return nil
	}
	c := plan.InitChange(s.answers, p.Project, p.dir, kind)
	c.Run.Settled = true
	if dir.asks && kind == tf.InitReconfigure {
		c.Foreign = p.dir
	}
	if kind == tf.InitAside {
		c.Run.Backup = dir.aside
		c.Title = "Move aside what init left in project " + p.Name + ", and initialise it again"
		c.Run.Lines = []string{
			"mkdir -m 700 " + dir.aside,
			"find " + p.files.State.DataDir + " -mindepth 1 -maxdepth 1 ! -name environment -exec mv {} " + dir.aside + " ';'",
			"terraform init",
		}
		c.Undo = "what init left lies in " + dir.aside
	}
	return []plan.Change{c}
}

// initKind decides between the ways to initialise: what the look at the place of
// the state came to counts first.
func initKind(block *tf.BackendBlock, next *tf.Project, dir *workdir) tf.InitKind {
	have := next.State.Configured
	switch {
	case dir.kind == tf.InitAside:
		return dir.kind
	case have == nil && len(full(next.State.States)) > 0:
		return tf.InitNone // it asks, and a move is what answers
	case have == nil && dir.kind == tf.InitUpgrade:
		return dir.kind
	case have == nil:
		return tf.InitFirst
	case len(have.Differs(block)) == 0:
		if dir.kind == tf.InitReconfigure {
			return tf.InitNone
		}
		return dir.kind
	}
	switch kind := tf.InitNeeded(current(block), next); kind {
	case tf.InitMigrate:
		if dir.kind == tf.InitReconfigure {
			return tf.InitReconfigure
		}
		return tf.InitNone
	case tf.InitNone:
		return tf.InitReconfigure // in what step 8 does not look at
	default:
		return kind
	}
}
