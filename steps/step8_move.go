package steps

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/files"
)

// Move is a project's state that is somewhere else than the blueprint says.
type Move struct {
	// Pointed says that the project's files name the new place already.
	Pointed bool
	// Backup is the directory of the backup: where an earlier run left it
	// before it pointed the files to the new place (Resumed), or where the one
	// that is still to be made will lie. No backup is ever overwritten.
	Backup  string
	Resumed bool
	// Begun says that an earlier run began to move the state and did not come
	// to compare it.
	Begun bool
	// Occupied says that the new place holds a state already; Err that this
	// could not be found out.
	Occupied bool
	Err      error
	// Remembered says that the state may be read where init remembers it, for
	// the files name the new place.
	Remembered bool
}

// inspectMove tells whether a project's state is to be moved, or was not seen
// to have arrived, and all that the move has to know.
func inspectMove(ctx context.Context, env *Env, a *Answers, p Project, at *files.Project, s *awsops.Session) (Move, bool) {
	want := files.Backend{Bucket: a.Bucket.Name, Key: p.StateKey}
	_, begun := env.Journal.Unfinished(initChange(p.Name))
	last, next := backups(env, a, p.Name)
	m := Move{Pointed: pointed(want, at), Backup: next, Begun: begun && last != ""}
	if !m.Begun && InitNeeded(want, at) != InitMigrate {
		return Move{}, false
	}
	if m.Resumed = m.Pointed && last != ""; m.Resumed || m.Begun {
		m.Backup = last
	}
	there, err := s.HeadObject(ctx, a.Bucket.Name, p.StateKey)
	m.Occupied, m.Err = there != nil, err
	return m, true
}

// pointed tells whether the project's backend block names the wanted place.
func pointed(want files.Backend, p *files.Project) bool {
	block, err := p.Backend()
	return err == nil && block != nil && samePlace(block.Type, block.Attributes.Get, want)
}

// backups finds the newest backup of a project's states, empty where there is
// none, and the name of the next.
func backups(env *Env, a *Answers, project string) (last, next string) {
	_, scope := a.Tag()
	base := filepath.Join(scopeDir(env.StateDir, scope), "backup", project)
	next = base
	for n := 2; ; n++ {
		if _, err := os.Stat(next); err != nil {
			return last, next
		}
		last, next = next, fmt.Sprintf("%s.%d", base, n)
	}
}

// obstacle is why a project's state cannot be moved, or nil. Its files are then
// left as they are, too: pointed elsewhere, they would lose sight of it.
func (m Move) obstacle(a *Answers, project Project, dir string) *Finding {
	place := fmt.Sprintf("s3://%s/%s", a.Bucket.Name, project.StateKey)
	f := &Finding{Step: 8, Severity: Warning}
	switch {
	case m.Begun:
		return nil // what lies in the new place is what this laptop moved there
	case m.Err != nil:
		f.ID, f.Severity = "init.destination-unknown", Failure
		f.Evidence = fmt.Sprintf("Project %s has a state of its own, and whether %s holds another cannot be seen: %v", project.Name, place, m.Err)
		f.Remedy = "Let the operator read the bucket, then run stateroom setup again."
	case m.Occupied && m.Pointed:
		f.ID = "init.moved-elsewhere"
		f.Evidence = fmt.Sprintf("The files of project %s name %s, which holds a state, but this laptop last worked on another.", project.Name, place)
		f.Remedy = "If a colleague moved the state there, run terraform init -reconfigure in " + dir + "."
	case m.Occupied:
		f.ID, f.Severity = "init.destination-occupied", Failure
		f.Evidence = fmt.Sprintf("Project %s has a state of its own, but %s holds a state already.", project.Name, place)
		f.Remedy = fmt.Sprintf("Decide which of the two is right, or choose another key with --set project.%s.state_key=KEY.", project.Name)
	case m.Pointed && !m.Resumed && !m.Remembered:
		f.ID = "init.repointed"
		f.Evidence = fmt.Sprintf("The files of project %s name %s, but its state is still where it was before, and no backup of it was made.", project.Name, place)
		f.Remedy = "Put the earlier backend back into " + dir + ", then run stateroom setup again: it backs the state up and moves it."
	default:
		return nil
	}
	return f
}

// repoints tells whether writing the wanted backend would lead a project away
// from its state.
func (f InitFacts) repoints(project string) bool {
	m, moves := f.Moves[project]
	return moves && !m.Pointed
}

// mayMove tells whether this laptop can move the state of a project at all.
func mayMove(o *Observed, a *Answers, project Project) bool {
	return o.Init.noEngine() == nil && adminHere(o, a) && slices.Contains(reachable(o, a), project)
}

// canMove tells whether step 8 is going to move the state of a project.
func canMove(o *Observed, a *Answers, project Project) bool {
	at := o.Files.Projects[project.Name].Project
	return at != nil && mayMove(o, a, project) && o.Init.Moves[project.Name].obstacle(a, project, at.Dir) == nil
}

// notMoved names the projects that are left as they are because this laptop
// cannot move their state.
func notMoved(o *Observed, a *Answers) []Finding {
	var findings []Finding
	for _, project := range a.Projects {
		if _, moves := o.Init.Moves[project.Name]; !moves || mayMove(o, a, project) {
			continue
		}
		findings = append(findings, Finding{
			ID: "init.state-not-moved", Step: 8, Severity: Warning,
			Evidence: fmt.Sprintf("Project %s keeps its state elsewhere, and moving it takes Terraform and the profile of one of its admins on this laptop, so the project was left as it is.", project.Name),
			Remedy:   "Run stateroom setup --me USER where both are.",
		})
	}
	return findings
}

// stateElsewhere is the finding of a project in dir whose move nobody agreed to.
func stateElsewhere(dir string) Finding {
	return Finding{
		ID: "init.state-elsewhere", Step: 8, Severity: Warning,
		Evidence: fmt.Sprintf("The project in %s has a backend or a state of its own, so it was left as it is.", dir),
		Remedy:   "Let its state be backed up, moved to the state bucket and compared with --adopt " + dir + ".",
	}
}

// planMove moves a state: a backup while the files still name the old place,
// the move, and the comparison that must hold afterwards. What an earlier run
// was allowed to begin is finished without asking again.
func (initStep) planMove(o *Observed, a *Answers, project Project, at *files.Project, c Change) ([]Change, *Finding) {
	return o.Init.Moves[project.Name].plan(a, project, at, c)
}

// PlanMove plans to move a project's state to where its files point already,
// from where init or the local state says that it is. s is who looks whether
// something lies there; a finding says why it cannot be done.
func PlanMove(ctx context.Context, env *Env, a *Answers, project Project, at *files.Project, s *awsops.Session) ([]Change, *Finding) {
	m, moves := inspectMove(ctx, env, a, project, at, s)
	if !moves {
		return nil, nil
	}
	if m.Remembered = true; !m.Begun {
		_, m.Backup = backups(env, a, project.Name) // an older move's backup is not this one's
		m.Resumed = false
	}
	return m.plan(a, project, at, InitChange(a, project, at.Dir, InitMigrate))
}

func (m Move) plan(a *Answers, project Project, at *files.Project, c Change) ([]Change, *Finding) {
	if obstacle := m.obstacle(a, project, at.Dir); obstacle != nil {
		return nil, obstacle
	}
	c.Title = "Move the state of project " + project.Name + " to the state bucket"
	c.Run.Command, c.Run.Backup = runMigrate, m.Backup
	c.Run.Lines = []string{"terraform init -migrate-state -force-copy", "terraform state pull, and compare lineage, serial and resources with the backup"}
	c.Fields = []Field{
		{Name: "state", Before: whereNow(at), After: fmt.Sprintf("s3://%s/%s", a.Bucket.Name, project.StateKey)},
		{Name: "must hold", After: "same lineage, no lower serial, same resources"},
	}
	c.Undo = "the state as it was lies in " + m.Backup
	c.Intent = map[string]string{"backup": m.Backup}
	if m.Resumed || m.Begun {
		return []Change{c}, nil
	}
	c.Foreign = at.Dir
	backup := Change{
		ID: backupChange(project.Name), Step: 8, Action: RunCommand, Target: m.Backup,
		Title: "Back up the state of project " + project.Name, Account: a.AdminAccount, Foreign: at.Dir,
		Run: &Run{Command: runBackup, Project: project.Name, Dir: at.Dir, Backup: m.Backup, Lines: []string{"terraform state pull > " + filepath.Join(m.Backup, "WORKSPACE.tfstate")}},
	}
	c.Needs = append(c.Needs, backup.ID)
	return []Change{backup, c}, nil
}

// whereNow names the place of a project's state for people.
func whereNow(p *files.Project) string {
	block, _ := p.Backend() // step 7 tells of a second one
	switch have := p.State.Configured; {
	case have != nil && have.Type == "s3":
		return fmt.Sprintf("s3://%s/%s", have.Config["bucket"], have.Config["key"])
	case have != nil && have.Type != "local":
		return "backend " + have.Type
	case len(p.State.States) > 0:
		return p.State.States[0].Path
	case block != nil && block.Type == "s3":
		return fmt.Sprintf("s3://%s/%s", block.Attributes.Get("bucket"), block.Attributes.Get("key"))
	case block != nil:
		return "backend " + block.Type
	}
	return "nowhere yet"
}

func backupChange(project string) string { return "init." + project + ".backup" }
