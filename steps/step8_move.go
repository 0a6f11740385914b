package steps

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// Move is a project's state that is somewhere else than the blueprint says.
type Move struct {
	// Pointed says that the project's files name the new place already.
	Pointed bool
	// Backup is the directory in which the next backup will lie; Earlier are
	// those that were made before. No backup is ever overwritten.
	Backup  string
	Earlier []string
	// Lock is the id of the lock that is taken in the new place: that of a move
	// which was begun and not finished, or a new one.
	Lock string
	// Begun says that an earlier run began to move the state and was not seen to
	// end.
	Begun bool
	// Others are the keys in the new place, of every workspace, that hold a state
	// which no move of this project brought there. Successor says that one of
	// them is a later state of the same lineage. Err says that this could not be
	// found out.
	Others    []string
	Successor bool
	Err       error
	// Deleted is a state that lay at a key to be written and that somebody may put
	// back, nil without one.
	Deleted *engine.DeletedState
	// Remembered says that the state may be read where init remembers it, for
	// the files name the new place.
	Remembered bool
	// Twin is another project whose state is to be moved from the same place,
	// empty without one: moved twice, one state would live on under two keys.
	Twin string
}

// inspectMove tells whether a project's state is to be moved, or was not seen
// to have arrived, and all that the move has to know. all are the projects that can
// be read, this one among them.
func inspectMove(ctx context.Context, env *engine.Env, a *blueprint.Answers, p blueprint.Project, all map[string]*tf.Project, s *awsops.Session) (Move, bool) {
	at := all[p.Name]
	intent, moves := moving(env, a, p, at)
	if !moves {
		return Move{}, false
	}
	earlier, next := backups(env, a, p.Name, at.Dir)
	m := Move{Pointed: pointed(blueprintPlace(a, p), at), Backup: next, Earlier: earlier, Begun: intent != nil, Lock: intent["lock"], Twin: twin(env, a, p, all)}
	if m.Lock == "" {
		m.Lock = engine.NewLockID()
	}
	there, err := engine.LookAt(ctx, s, a.Bucket.Name, p.StateKey, at.State.States, m.Earlier)
	if m.Deleted, m.Err = there.Deleted, err; m.Deleted == nil && err == nil {
		m.Others, m.Successor = there.Others(at.State.States)
	}
	return m, true
}

// moving tells whether the state of a project is to be moved, and what an earlier run
// noted that began to and was not seen to end.
func moving(env *engine.Env, a *blueprint.Answers, p blueprint.Project, at *tf.Project) (intent map[string]string, moves bool) {
	intent, begun := env.Journal.Unfinished(engine.InDir(moveChange(p.Name), at.Dir))
	if begun && intent == nil {
		intent = map[string]string{}
	}
	return intent, begun || tf.InitNeeded(blueprintPlace(a, p), at) == tf.InitMigrate
}

// twin is another project whose state is to be moved from the place of this one's,
// empty without one.
func twin(env *engine.Env, a *blueprint.Answers, p blueprint.Project, all map[string]*tf.Project) string {
	place := all[p.Name].StatePlace()
	if place == "" {
		return ""
	}
	for _, other := range a.Projects {
		there := all[other.Name]
		if there == nil || other.Name == p.Name {
			continue
		}
		if _, moves := moving(env, a, other, there); moves && there.StatePlace() == place {
			return other.Name
		}
	}
	return ""
}

// pointed tells whether the project's backend block names the wanted place.
func pointed(want tf.Backend, p *tf.Project) bool {
	block, err := p.Backend()
	return err == nil && block != nil && block.SamePlace(want)
}

// backups finds the backups of the states of a project's directory, from the oldest
// on, and the name of the next. Those of another clone are of another state: what
// was moved from there may not be replaced from here.
func backups(env *engine.Env, a *blueprint.Answers, project, dir string) (earlier []string, next string) {
	base := filepath.Join(engine.BackupsDir(env, a), project+"-"+engine.PlaceID(dir))
	next = base
	for n := 2; ; n++ {
		if _, err := os.Stat(next); err != nil {
			return earlier, next
		}
		earlier, next = append(earlier, next), fmt.Sprintf("%s.%d", base, n)
	}
}

// obstacle is why a project's state cannot be moved, or nil. Its files are then
// left as they are, too: pointed elsewhere, they would lose sight of it.
func (m Move) obstacle(a *blueprint.Answers, project blueprint.Project, at *tf.Project) *plan.Finding {
	place := fmt.Sprintf("s3://%s/%s", a.Bucket.Name, project.StateKey)
	f := &plan.Finding{Severity: plan.Warning, Stops: []string{plan.ProjectID(project.Name)}}
	switch {
	case m.Twin != "":
		f.ID, f.Severity = "init.one-source", plan.Failure
		f.Evidence = fmt.Sprintf("Projects %s and %s keep their states in one place (%s): moved for both, one state would be under two keys, and two configurations would manage the same resources.", project.Name, m.Twin, at.WhereStateIs())
		f.Remedy = "Decide whose state it is, and take the other project out of the blueprint or give it a backend of its own; then run stateroom setup again. Neither state was moved."
	case at.UnusableState() != nil:
		s := at.UnusableState()
		why, remedy := s.Unusable()
		f.ID, f.Severity = "init.state-unusable", plan.Failure
		f.Evidence = fmt.Sprintf("The state %s of project %s %s. It was not moved, and nothing of the project was changed.", s.Path, project.Name, why)
		f.Remedy = remedy + " Then run stateroom setup again."
	case m.Err != nil:
		f.ID, f.Severity = "init.destination-unknown", plan.Failure
		f.Evidence = fmt.Sprintf("Project %s has a state of its own, and stateroom cannot tell whether %s holds another: %v", project.Name, place, m.Err)
		f.RequestIDs = awsops.RequestIDs(m.Err)
		f.Remedy = "Allow the operator to read the bucket, then run stateroom setup again."
	case m.Deleted != nil:
		f.ID, f.Severity = "init.destination-deleted", plan.Failure
		f.Evidence = fmt.Sprintf("Project %s has a state of its own (%s), but where it would be moved %v. Neither the state nor the files of the project were changed.", project.Name, at.WhereStateIs(), m.Deleted)
		f.Remedy = fmt.Sprintf("Put the deleted state back if it counts (stateroom troubleshoot looks for the version), delete all its versions, the delete marker too, if it does not, or choose another key with --set project.%s.state_key=KEY; then run stateroom setup again.", project.Name)
	case prefixAlone(a, project, at) != "":
		f.ID = "init.workspace-prefix"
		f.Evidence = fmt.Sprintf("Project %s keeps its state in %s as the blueprint says, but those of its other workspaces below %s/ (workspace_key_prefix), to which the admins' policies give no access.",
			project.Name, place, prefixAlone(a, project, at))
		f.Remedy = fmt.Sprintf("Choose another key with --set project.%s.state_key=KEY, to which all of them are moved; or, if there is no other workspace, remove workspace_key_prefix and run %s in %s.", project.Name, tf.InitCommand(project.BackendConfig, "-reconfigure"), at.Dir)
	case len(m.Others) > 0 && (m.Pointed || m.Successor):
		f.ID = "init.moved-elsewhere"
		f.Evidence = fmt.Sprintf("The state of project %s is in %s, where somebody has worked with it, but this laptop last worked on another place (%s).", project.Name, m.others(a), at.WhereStateIs())
		f.Remedy = m.takeOver(project, at)
	case len(m.Others) > 0:
		f.ID, f.Severity = "init.destination-occupied", plan.Failure
		f.Evidence = fmt.Sprintf("Project %s has a state of its own (%s), but %s holds a state already.", project.Name, at.WhereStateIs(), m.others(a))
		f.Remedy = fmt.Sprintf("Decide which of the two to keep, or choose another key with --set project.%s.state_key=KEY.", project.Name)
	case at.OtherConfig() && !m.resumed():
		f.ID, f.Severity = "init.other-config", plan.Failure
		f.Evidence = fmt.Sprintf("This directory of project %s last worked with %s, and the files that the blueprint names for it (%s) give another place: stateroom cannot tell which of the two states to move. Nothing was changed.",
			project.Name, at.WhereStateIs(), strings.Join(project.BackendConfig, ", "))
		f.Remedy = fmt.Sprintf("Run %s in %s, so that it works with what the files say, or name the other files with --set project.%s.backend_config=FILE; then run stateroom setup again.",
			tf.InitCommand(project.BackendConfig, "-reconfigure"), at.Dir, project.Name)
	case at.StrayState() != nil:
		f.ID, f.Severity = "init.states-ambiguous", plan.Failure
		f.Evidence = fmt.Sprintf("Project %s works with the state in %s, and another is in %s: stateroom cannot tell which of them to move.", project.Name, at.WhereStateIs(), at.StrayState().Path)
		f.Remedy = "Move the one that does not count out of the project's directory, then run stateroom setup again."
	case m.Pointed && !m.Remembered && !m.resumed():
		f.ID = "init.repointed"
		f.Evidence = fmt.Sprintf("The files of project %s name %s, but init last worked with another place (%s), and no backup of the state there was made. Nothing was taken from there.", project.Name, place, at.WhereStateIs())
		f.Remedy = "Find out whether that is this laptop's own doing: notes of terraform init can come with the repository, and then they are to be removed from it. If the state is there, put the earlier backend back into " + at.Dir + ", then run stateroom setup again: it backs the state up and moves it."
	default:
		return nil
	}
	return f
}

// prefixAlone is the workspace_key_prefix of a project whose own state is where the
// blueprint says while those of its other workspaces are not, empty for any other
// project.
func prefixAlone(a *blueprint.Answers, project blueprint.Project, at *tf.Project) string {
	want := blueprintPlace(a, project)
	use := at.InUse()
	if use == nil {
		return ""
	}
	prefix := use.Attributes.Get("workspace_key_prefix")
	want.WorkspacePrefix = prefix
	if use.SamePlace(want) && !(tf.Backend{}).KeepsWorkspaces(prefix) {
		return prefix
	}
	return ""
}

// resumed tells a move that was agreed to before: one that was begun, or whose
// files this laptop has pointed to the new place already.
func (m Move) resumed() bool { return m.Begun || m.Pointed && !m.Remembered && len(m.Earlier) > 0 }

// others names the states that are in the way.
func (m Move) others(a *blueprint.Answers) string {
	places := make([]string, len(m.Others))
	for i, key := range m.Others {
		places[i] = "s3://" + a.Bucket.Name + "/" + key
	}
	return strings.Join(places, ", ")
}

// takeOver is how a laptop goes on with a state that a colleague has moved.
func (m Move) takeOver(project blueprint.Project, at *tf.Project) string {
	remedy := "If a colleague moved the state there, "
	if !m.Pointed {
		remedy += "pull the team's files, "
	}
	for _, s := range at.State.States {
		if filepath.Dir(s.Path) == at.Dir && filepath.Base(s.Path) == "terraform.tfstate" {
			remedy += "move " + s.Path + " aside, "
		}
	}
	return remedy + "run " + tf.InitCommand(project.BackendConfig, "-reconfigure") + " in " + at.Dir + "."
}

// repoints tells whether writing the wanted backend would lead a project away
// from its state, and asks whether that takes consent.
func (f InitFacts) repoints(project string) (repoints, asks bool) {
	m, moves := f.Moves[project]
	return moves && !m.Pointed, !m.resumed()
}

// mayMove tells whether this laptop can move the state of a project at all.
func mayMove(o *Observed, a *blueprint.Answers, project blueprint.Project) bool {
	return o.Init.NoEngine() == nil && adminHere(o, a) && slices.ContainsFunc(reachable(o, a), func(p blueprint.Project) bool { return p.Name == project.Name })
}

// canMove tells whether step 8 is going to move the state of a project.
func canMove(o *Observed, a *blueprint.Answers, project blueprint.Project) bool {
	at := o.Files.Projects[project.Name]
	return at.Files != nil && at.Err() == nil && mayMove(o, a, project) && o.Init.Moves[project.Name].obstacle(a, project, at.Files) == nil
}

// notMoved names the projects that are left as they are because this laptop
// cannot move their state.
func notMoved(o *Observed, a *blueprint.Answers) []plan.Finding {
	var findings []plan.Finding
	for _, project := range a.Projects {
		if _, moves := o.Init.Moves[project.Name]; !moves || mayMove(o, a, project) {
			continue
		}
		findings = append(findings, plan.Finding{
			ID: "init.state-not-moved", Severity: plan.Warning,
			Evidence: fmt.Sprintf("Project %s keeps its state elsewhere, and moving it takes Terraform and the profile of one of its admins on this laptop, so the project was left as it is.", project.Name),
			Remedy:   "Run stateroom setup " + meOption(a) + " where both are.",
		})
	}
	return findings
}

// stateElsewhere is the finding of a project in dir whose move nobody agreed to;
// the changes say where its state is.
func stateElsewhere(dir string, notOurs []plan.Change) plan.Finding {
	where := ""
	for _, c := range notOurs {
		if c.NotOurs != dir || c.Run == nil {
			continue
		}
		if _, moving := c.Run.Command.(plan.Move); moving {
			where = " (" + c.Fields[0].Before + ")"
		}
	}
	return plan.Finding{
		ID: "init.state-elsewhere", Of: plan.StepInit, Severity: plan.Warning,
		Evidence: fmt.Sprintf("The project in %s has a backend or a state of its own%s, so it was left as it is.", dir, where),
		Remedy:   "Have its state backed up, moved to the state bucket and compared.", Commands: plan.Allow("Move it", dir),
	}
}

// PlanMove plans to move a project's state to where its files point already,
// from where init or the local state says that it is. s is who looks whether
// something lies there, and all are the projects that can be read, this one among them;
// a finding says why it cannot be done.
func PlanMove(ctx context.Context, env *engine.Env, a *blueprint.Answers, project blueprint.Project, all map[string]*tf.Project, s *awsops.Session) ([]plan.Change, *plan.Finding) {
	at := all[project.Name]
	m, moves := inspectMove(ctx, env, a, project, all, s)
	if !moves {
		return nil, nil
	}
	m.Remembered = true
	changes, obstacle := m.plan(a, project, at)
	if obstacle != nil {
		obstacle.Of = plan.StepInit
	}
	return changes, obstacle
}

// plan moves a state: a backup, the move, the files, and the init after which the
// comparison must hold. What an earlier run was allowed to begin is finished without
// asking again.
func (m Move) plan(a *blueprint.Answers, project blueprint.Project, at *tf.Project) ([]plan.Change, *plan.Finding) {
	if obstacle := m.obstacle(a, project, at); obstacle != nil {
		return nil, obstacle
	}
	backup := plan.InProject(a, backupChange(project.Name), "Back up the state of project "+project.Name, project, at.Dir, plan.BackUp{To: m.Backup},
		"terraform state pull > "+filepath.Join(m.Backup, "WORKSPACE.tfstate"), "terraform untaint -allow-missing ADDRESS, of nothing that is there: nobody may hold the lock")
	backup.Target = m.Backup
	backup.Needs = append(append(asAdmin(a), assumable(project.Environment)...), plan.ProjectID(project.Name)) // as the files, which have to follow the state
	move := plan.InProject(a, moveChange(project.Name), "Move the state of project "+project.Name+" to the state bucket", project, at.Dir,
		plan.Move{Backup: m.Backup, Earlier: m.Earlier, Lock: m.Lock}, moveLines(a, project, m.Backup)...)
	move.Target = fmt.Sprintf("s3://%s/%s", a.Bucket.Name, project.StateKey)
	move.Fields = []plan.Field{{Name: "state", Before: at.WhereStateIs(), After: move.Target}}
	move.Needs, move.Intent = []string{backup.ID}, map[string]string{"backup": m.Backup, "lock": m.Lock}
	move.Undo = "the old place keeps its state, and what is in the new one is its copy in " + m.Backup
	arrive := plan.InProject(a, plan.InitID(project.Name), "Initialize project "+project.Name+" where its state is now", project, at.Dir,
		plan.Arrive{Backup: m.Backup}, arrivalLines(project, at, m.Backup)...)
	arrive.Fields = []plan.Field{{Name: "must hold", After: "same lineage, no lower serial, same resources and outputs"}}
	arrive.Undo = "the earlier state is in " + m.Backup
	arrive.Needs = []string{move.ID}
	if !m.resumed() { // what was agreed to is only finished
		move.Judge(plan.Gives(plan.WidensState, "project "+project.Name, fmt.Sprintf("Whoever may read the state of project %s in the state bucket can read what is in %s, passwords included.", project.Name, at.WhereStateIs())))
		for _, c := range []*plan.Change{&backup, &move, &arrive} {
			c.NotOurs, c.Asks, c.Agreeing = at.Dir, "it moves a state", "move"
		}
	}
	return []plan.Change{backup, move, arrive}, nil
}

// moveLines are the writes of a move for people, in their order: those of the
// default workspace, and WORKSPACE stands for every other in the backup.
func moveLines(a *blueprint.Answers, project blueprint.Project, backup string) []string {
	s3 := fmt.Sprintf("aws s3api %%s --profile %s --bucket %s --key %%s", a.AdminProfile, a.Bucket.Name)
	put := s3 + " --if-none-match '*' --server-side-encryption aws:kms --ssekms-key-id " + a.Key.Alias + "-ARN --body %s"
	item := fmt.Sprintf("aws dynamodb %%s --profile %s --table-name %s", a.AdminProfile, a.Lock.DynamoDBTable)
	id := a.Bucket.Name + "/" + project.StateKey
	var lock, digest, unlock []string
	if a.Lock.UseLockfile {
		lock = append(lock, fmt.Sprintf(put, "put-object", awsops.LockFile(project.StateKey), "LOCK"))
		unlock = append(unlock, fmt.Sprintf(s3, "delete-object", awsops.LockFile(project.StateKey)))
	}
	if a.Lock.DynamoDBTable != "" {
		lock = append(lock, fmt.Sprintf(item+" --item LockID=%s,Info=LOCK --condition-expression 'attribute_not_exists(LockID)'", "put-item", id))
		digest = append(digest, fmt.Sprintf(item+" --item LockID=%s,Digest=MD5", "put-item", awsops.DigestID(id)))
		unlock = append(unlock, fmt.Sprintf(item+" --key LockID=%s", "delete-item", id))
	}
	lines := lock
	lines = append(lines, fmt.Sprintf("aws s3api list-objects-v2 --profile %s --bucket %s: nothing else may be at %s and %s", a.AdminProfile, a.Bucket.Name, project.StateKey, engine.StateKeyOf(project.StateKey, "*")))
	for _, w := range []string{"default", "WORKSPACE"} {
		lines = append(lines, fmt.Sprintf(put, "put-object", engine.StateKeyOf(project.StateKey, w), filepath.Join(backup, w+".tfstate")))
	}
	return slices.Concat(lines, digest, unlock)
}

// arrivalLines are the commands of the init after a move.
func arrivalLines(project blueprint.Project, at *tf.Project, backup string) []string {
	lines := []string{"terraform state pull, where it was before, and compare with " + backup}
	for _, s := range at.State.States {
		if s.Stray || s.Path == filepath.Join(at.Dir, "terraform.tfstate") || s.Path == filepath.Join(at.Dir, "terraform.tfstate.d", s.Workspace, "terraform.tfstate") {
			lines = append(lines, "mv "+s.Path+" "+s.Path+".moved")
		}
	}
	return append(lines, tf.InitCommand(project.BackendConfig, "-reconfigure"), "terraform state pull, and compare lineage, serial, resources and outputs with "+backup)
}

func backupChange(project string) string { return "init." + project + ".backup" }

func moveChange(project string) string { return "init." + project + ".move" }
