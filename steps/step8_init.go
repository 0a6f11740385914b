package steps

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"stateroom/steps/files"
)

// initStep is step 8: terraform init in every project, the move of a state
// that is somewhere else, and the proof that the whole set-up works for the
// admin whose laptop this is (probe.go).
type initStep struct{}

// InitFacts are what Terraform left behind of earlier runs.
type InitFacts struct {
	// Engine says that Terraform or OpenTofu can run the projects; EngineErr
	// why not.
	Engine    bool
	EngineErr error
	// BackedUp are the projects whose state was backed up for the move that
	// the plan would make.
	BackedUp map[string]bool
	// Occupied are the projects whose state key holds a state already while
	// theirs is still somewhere else.
	Occupied map[string]bool
	// BackupDirs are where the backups of the projects' states lie.
	BackupDirs map[string]string
}

func (initStep) Number() int   { return 8 }
func (initStep) Name() string  { return "init" }
func (initStep) Title() string { return "Let's test this setup" }
func (initStep) Why() string {
	return "terraform init alone proves little: it takes no lock, writes nothing and never calls the key. " +
		"So a probe applies and destroys a resource of its own in a workspace of its own, as the admin, and then every project is initialised."
}

// Questions has none: what to test follows from the other steps.
func (initStep) Questions(*Answers) []Question { return nil }

// Inspect looks for backups of an earlier run and for a state that lies where
// another one is to be moved.
func (initStep) Inspect(ctx context.Context, env *Env, a *Answers, o *Observed) error {
	f := &o.Init
	f.Engine, f.EngineErr = env.Engine != nil, env.EngineErr
	if env.Engine != nil {
		f.EngineErr = env.Engine.Supports(a.Lock.UseLockfile)
	}
	f.BackedUp, f.Occupied, f.BackupDirs = map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, p := range a.Projects {
		dir := backupDir(env, a, p.Name)
		f.BackupDirs[p.Name] = dir
		_, err := os.Stat(dir)
		f.BackedUp[p.Name] = err == nil
		project, err := files.InspectProject(env.ProjectDir(p), os.Getenv)
		if err != nil || !stateMoves(files.Backend{Bucket: a.Bucket.Name, Key: p.StateKey}, project) {
			continue // a project that cannot be read is step 7's to tell
		}
		there, err := env.Sessions.Home(a.StateRegion).HeadObject(ctx, a.Bucket.Name, p.StateKey)
		f.Occupied[p.Name] = err == nil && there != nil
	}
	return nil
}

// initKind is what a project's directory needs before Terraform can work in it.
type initKind int

const (
	initNone initKind = iota
	// initFirst: no state is anywhere; a plain init does.
	initFirst
	// initReconfigure: the state stays where it is, the way to it changed.
	initReconfigure
	// initMigrate: the state is somewhere else and has to be moved.
	initMigrate
	// initElsewhere: the files name another back end that was never
	// initialised here, so whether it holds a state cannot be known.
	initElsewhere
)

// initNeeded compares what init last configured with what the backend is to
// say (facts/terraform.md, "rm -rf .terraform").
func initNeeded(want files.Backend, p *files.Project) initKind {
	have := p.State.Configured
	block, err := p.Backend()
	switch {
	case err != nil:
		return initNone // step 7 tells
	case have == nil && len(p.State.States) > 0:
		return initMigrate
	case have == nil && (block == nil || block.Type == "local" || samePlace(block.Type, block.Attributes.Get, want)):
		return initFirst
	case have == nil:
		return initElsewhere
	case samePlace(have.Type, func(k string) string { return have.Config[k] }, want):
		if sameAccess(have.Config, want) {
			return initNone
		}
		return initReconfigure
	case have.Type == "local" && len(p.State.States) == 0:
		return initReconfigure
	}
	return initMigrate
}

// samePlace tells whether a back end keeps its state where want does.
func samePlace(kind string, get func(string) string, want files.Backend) bool {
	return kind == "s3" && get("bucket") == want.Bucket && get("key") == want.Key
}

// sameAccess tells whether the way to the state is the same, too.
func sameAccess(have map[string]string, want files.Backend) bool {
	on := func(text string) bool { b, err := strconv.ParseBool(text); return err == nil && b }
	return have["region"] == want.Region && have["kms_key_id"] == want.KMSKeyID &&
		have["dynamodb_table"] == want.DynamoDBTable && on(have["use_lockfile"]) == want.UseLockfile &&
		on(have["encrypt"]) == want.Encrypt && (want.Profile == "" || have["profile"] == want.Profile)
}

// stateMoves tells a project whose state would be re-pointed.
func stateMoves(want files.Backend, p *files.Project) bool {
	if p == nil {
		return false
	}
	kind := initNeeded(want, p)
	return kind == initMigrate || kind == initElsewhere
}

func initChange(project string) string { return "init." + project }

// Plan initialises every project that needs it. A state is moved only after
// its project's directory was adopted, and only to where no other state lies.
func (s initStep) Plan(o *Observed, a *Answers) Proposal {
	f := o.Init
	var p Proposal
	if finding := f.noEngine(); finding != nil {
		return Proposal{Findings: []Finding{*finding}}
	}
	if !adminHere(o, a) {
		return Proposal{Findings: []Finding{{
			ID: "init.no-admin-here", Step: 8, Severity: Info,
			Evidence: fmt.Sprintf("This laptop has no profile %s, so the projects were not initialised here.", a.AdminProfile),
			Remedy:   "If you are one of the admins, run stateroom setup --me USER.",
		}}}
	}
	for _, project := range a.Projects {
		facts := o.Files.Projects[project.Name]
		if facts.Err != nil {
			continue // step 7 tells
		}
		changes, finding := s.planProject(o, a, project, facts.Project)
		p.Changes = append(p.Changes, changes...)
		if finding != nil {
			p.Findings = append(p.Findings, *finding)
		}
	}
	return p
}

// noEngine is what an absent or unsuitable Terraform means.
func (f InitFacts) noEngine() *Finding {
	switch {
	case f.Engine && f.EngineErr == nil:
		return nil
	case f.Engine:
		return &Finding{
			ID: "init.engine-too-old", Step: 8, Severity: Failure, Blocks: true,
			Evidence: f.EngineErr.Error(), Remedy: "Install a newer one, or choose the table alone with --set lock.use_lockfile=false.",
		}
	}
	return &Finding{
		ID: "init.no-engine", Step: 8, Severity: Info,
		Evidence: fmt.Sprintf("%v, so the set-up is proven with the AWS SDK alone.", f.EngineErr),
		Remedy:   "Install Terraform or OpenTofu, or name it with --engine, and run stateroom setup again.",
	}
}

// adminHere tells whether this laptop has an admin's profile or is about to.
func adminHere(o *Observed, a *Answers) bool { return a.Me != "" || o.IAM.ProfileKey != "" }

func (s initStep) planProject(o *Observed, a *Answers, project Project, at *files.Project) ([]Change, *Finding) {
	c := Change{
		ID: initChange(project.Name), Step: 8, Action: RunCommand, Target: at.Dir,
		Title: "Initialise project " + project.Name, Account: a.AdminAccount,
		Run: &Run{Command: "init", Project: project.Name, Dir: at.Dir, Lines: []string{"terraform init"}},
	}
	switch initNeeded(wantedBackend(o, a, project), at) {
	case initNone:
		return nil, nil
	case initFirst:
		return []Change{c}, nil
	case initReconfigure:
		c.Run.Command, c.Run.Lines = "reconfigure", []string{"terraform init -reconfigure"}
		return []Change{c}, nil
	case initElsewhere:
		return nil, &Finding{
			ID: "init.state-elsewhere", Step: 8, Severity: Warning,
			Evidence: fmt.Sprintf("Project %s in %s names another back end, which was never initialised here.", project.Name, at.Dir),
			Remedy:   "Run terraform init there with the files as they are, then stateroom setup again: it moves the state.",
		}
	case initMigrate:
	}
	if o.Init.Occupied[project.Name] {
		return nil, &Finding{
			ID: "init.destination-occupied", Step: 8, Severity: Failure,
			Evidence: fmt.Sprintf("Project %s has a state of its own, but s3://%s/%s holds a state already.", project.Name, a.Bucket.Name, project.StateKey),
			Remedy:   fmt.Sprintf("Decide which of the two is right, or choose another key with --set project.%s.state_key=KEY.", project.Name),
		}
	}
	return s.migrate(o, a, project, at, c), nil
}

// migrate moves a state: a backup while the files still name the old place,
// the move, and the comparison that must hold afterwards.
func (initStep) migrate(o *Observed, a *Answers, project Project, at *files.Project, c Change) []Change {
	dir := o.Init.BackupDirs[project.Name]
	c.Title = "Move the state of project " + project.Name + " to the state bucket"
	c.Foreign = at.Dir
	c.Run.Command = "migrate"
	c.Run.Lines = []string{"terraform init -migrate-state -force-copy", "terraform state pull, and compare lineage, serial and resource count with the backup"}
	c.Fields = []Field{
		{Name: "state", Before: "where the project keeps it now", After: fmt.Sprintf("s3://%s/%s", a.Bucket.Name, project.StateKey)},
		{Name: "must hold", After: "same lineage, serial and number of resources"},
	}
	c.Undo = "the state as it was lies in " + dir
	if o.Init.BackedUp[project.Name] {
		return []Change{c}
	}
	backup := Change{
		ID: backupChange(project.Name), Step: 8, Action: RunCommand, Target: dir,
		Title: "Back up the state of project " + project.Name, Account: a.AdminAccount, Foreign: at.Dir,
		Run: &Run{Command: "backup", Project: project.Name, Dir: at.Dir, Lines: []string{"terraform state pull > " + filepath.Join(dir, "WORKSPACE.tfstate")}},
	}
	c.Needs = append(c.Needs, backup.ID)
	return []Change{backup, c}
}

func backupChange(project string) string { return "init." + project + ".backup" }

// orderRuns lets Terraform begin only when all that it meets is done: its init
// reads the bucket, the files and, as the admin, through the new policies. An
// environment's role is not needed for it. A backup runs before the files of
// its project are edited.
func orderRuns(changes []Change) {
	var before []string
	for _, c := range changes {
		if c.Step < 8 && c.Environment == "" {
			before = append(before, c.ID)
		}
	}
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Run != nil && c.Run.Command != "backup":
			c.Needs = append(c.Needs, before...)
		case c.Write != nil && c.Step == 7:
			for _, other := range changes {
				if other.Run != nil && other.Run.Command == "backup" && filepath.Dir(c.Target) == other.Run.Dir {
					c.Needs = append(slices.Clone(c.Needs), other.ID)
				}
			}
		}
	}
}

// Verify probes the back end as the admin.
func (initStep) Verify(ctx context.Context, env *Env, a *Answers, o *Observed) []Finding {
	return probeBackend(ctx, env, a, o)
}
