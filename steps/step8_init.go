package steps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/terraform"
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
	// TableSuits says that the engine could work with the lock table alone.
	TableSuits bool
	// Moves are the projects whose state is somewhere else, and those whose
	// move was cut short.
	Moves map[string]Move
}

func (initStep) Number() int   { return 8 }
func (initStep) Name() string  { return "init" }
func (initStep) Title() string { return "Let's test this setup" }
func (initStep) Why() string {
	return "terraform init alone proves little: it takes no lock, writes nothing and never calls the key. " +
		"So a probe applies and destroys a resource of its own in a workspace of its own, as the admin, and then every project is initialised."
}

// Questions has none: what to test follows from the other steps.
func (initStep) Questions(*blueprint.Answers) []Question { return nil }

// Inspect looks at every project whose state is to be moved.
func (initStep) Inspect(ctx context.Context, env *Env, a *blueprint.Answers, o *Observed) error {
	f := &o.Init
	f.Engine, f.EngineErr = env.Engine != nil, env.EngineErr
	if env.Engine != nil {
		f.EngineErr = env.Engine.Supports(a.Lock.UseLockfile)
		f.TableSuits = env.Engine.Supports(false) == nil
	}
	f.Moves = map[string]Move{}
	for _, p := range a.Projects {
		project, err := files.InspectProject(env.ProjectDir(p), os.Getenv)
		if err != nil {
			continue // a project that cannot be read is step 7's to tell
		}
		if move, moves := inspectMove(ctx, env, a, p, project, env.Sessions.Home(a.StateRegion)); moves {
			f.Moves[p.Name] = move
		}
	}
	return nil
}

// InitKind is what a project's directory needs before Terraform can work in it.
type InitKind int

// The kinds of init.
const (
	InitNone InitKind = iota
	// InitFirst: no state is anywhere; a plain init does.
	InitFirst
	// InitReconfigure: the state stays where it is, the way to it changed.
	InitReconfigure
	// InitMigrate: the state is somewhere else, as far as can be known, and has
	// to be moved.
	InitMigrate
	// InitUpgrade: the provider lock file holds what the configuration does not
	// allow. InitNeeded does not look at it.
	InitUpgrade
	// InitAside: Terraform cannot read what an earlier init left, which is moved
	// aside. InitNeeded does not look at it.
	InitAside
)

// InitNeeded compares what init last configured with what the backend is to
// say (facts/terraform.md, "rm -rf .terraform").
func InitNeeded(want files.Backend, p *files.Project) InitKind {
	have := p.State.Configured
	block, err := p.Backend()
	switch {
	case err != nil:
		return InitNone // step 7 tells
	case have == nil && len(p.State.States) > 0:
		return InitMigrate
	case have == nil && (block == nil || block.Type == "local" || samePlace(block.Type, block.Attributes.Get, want)):
		return InitFirst
	case have == nil:
		return InitMigrate
	case samePlace(have.Type, func(k string) string { return have.Config[k] }, want):
		if sameAccess(have.Config, want) {
			return InitNone
		}
		return InitReconfigure
	case have.Type == "local" && len(p.State.States) == 0:
		return InitReconfigure
	}
	return InitMigrate
}

// samePlace tells whether a back end keeps its states, those of other workspaces
// too, where want does.
func samePlace(kind string, get func(string) string, want files.Backend) bool {
	return kind == "s3" && get("bucket") == want.Bucket && get("key") == want.Key && want.KeepsWorkspaces(get("workspace_key_prefix"))
}

// sameAccess tells whether the way to the state is the same, too.
func sameAccess(have map[string]string, want files.Backend) bool {
	on := func(text string) bool { b, err := strconv.ParseBool(text); return err == nil && b }
	return have["region"] == want.Region && have["kms_key_id"] == want.KMSKeyID &&
		have["dynamodb_table"] == want.DynamoDBTable && on(have["use_lockfile"]) == want.UseLockfile &&
		on(have["encrypt"]) == want.Encrypt && (want.Profile == "" || have["profile"] == want.Profile)
}

func initChange(project string) string { return "init." + project }

// Plan initialises every project that needs it. A state is moved only after
// its project's directory was adopted, and only to where no other state lies.
func (s initStep) Plan(o *Observed, a *blueprint.Answers) Proposal {
	f := o.Init
	var p Proposal
	if finding := f.noEngine(); finding != nil {
		return Proposal{Findings: append([]Finding{*finding}, notMoved(o, a)...)}
	}
	if !adminHere(o, a) {
		return Proposal{Findings: append([]Finding{{
			ID: "init.no-admin-here", Step: 8, Severity: Info,
			Evidence: fmt.Sprintf("This laptop has no profile %s, so the projects were not initialised here.", a.AdminProfile),
			Remedy:   "If you are one of the admins, run stateroom setup --me USER.",
		}}, notMoved(o, a)...)}
	}
	for _, project := range reachable(o, a) {
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
	p.Findings = append(p.Findings, notMoved(o, a)...)
	return p
}

// noEngine is what an absent or unsuitable Terraform means.
func (f InitFacts) noEngine() *Finding {
	switch {
	case f.Engine && f.EngineErr == nil:
		return nil
	case f.Engine:
		remedy := "Install a newer one, or name another with --engine."
		if f.TableSuits {
			remedy = "Install a newer one, or choose the table alone with --set lock.use_lockfile=false."
		}
		return &Finding{ID: "init.engine-too-old", Step: 8, Severity: Failure, Blocks: true, Evidence: f.EngineErr.Error() + ".", Remedy: remedy}
	}
	evidence := "Neither terraform nor tofu is on PATH"
	if !errors.Is(f.EngineErr, terraform.ErrNotFound) {
		evidence = fmt.Sprintf("No Terraform can be used (%v)", f.EngineErr)
	}
	return &Finding{
		ID: "init.no-engine", Step: 8, Severity: Info,
		Evidence: evidence + ", so the set-up is proven with the AWS SDK alone.",
		Remedy:   "Install Terraform or OpenTofu, or name it with --engine, and run it again.",
	}
}

// adminHere tells whether this laptop has an admin's profile or is about to:
// naming a user whose key is elsewhere makes no profile.
func adminHere(o *Observed, a *blueprint.Answers) bool {
	return o.IAM.ProfileKey != "" || a.Me != "" && len(planKey(o, a, a.Me).Changes) > 0
}

func (s initStep) planProject(o *Observed, a *blueprint.Answers, project blueprint.Project, at *files.Project) ([]Change, *Finding) {
	if partialBackend(a, project, at) != nil {
		return nil, nil // step 7 tells
	}
	kind := InitNeeded(wantedBackend(o, a, project), at)
	if o.Init.Moves[project.Name].Begun {
		kind = InitMigrate
	}
	c := InitChange(a, project, at.Dir, kind)
	switch kind {
	case InitNone:
		return nil, nil
	case InitMigrate:
		return s.planMove(o, a, project, at, c)
	default:
		return []Change{c}, nil
	}
}

// InitChange is the change that initialises a project's directory. A move needs
// more than that (planMove), and what is moved aside where it goes.
func InitChange(a *blueprint.Answers, project blueprint.Project, dir string, kind InitKind) Change {
	c := Change{
		ID: initChange(project.Name), Step: 8, Action: RunCommand, Target: dir,
		Title: "Initialise project " + project.Name, Account: a.AdminAccount,
		Run: &Run{Command: runInit, Project: project.Name, Dir: dir, Lines: []string{"terraform init"}},
	}
	switch kind {
	case InitReconfigure:
		c.Run.Command, c.Run.Lines = runReconfigure, []string{"terraform init -reconfigure"}
	case InitUpgrade:
		c.Run.Command, c.Run.Lines = runUpgrade, []string{"terraform init -upgrade"}
		c.Risk = "Providers change to the newest versions that the configuration allows."
	case InitAside:
		c.Run.Command = runAside
	default:
	}
	return c
}

// ErroredState is the file in a project's directory in which Terraform leaves a
// state that it could not save.
const ErroredState = "errored.tfstate"

// PushChange is the change that saves what an apply could not save. Whoever can
// write to the repository could have left such a file, so it takes consent by name.
func PushChange(a *blueprint.Answers, project blueprint.Project, dir string) Change {
	return Change{
		ID: "state.push." + project.Name, Step: 8, Action: RunCommand, Target: dir,
		Title: "Save the state of project " + project.Name + " that an apply could not save", Account: a.AdminAccount,
		Run: &Run{
			Command: runPush, Project: project.Name, Dir: dir, Settled: true,
			Lines: []string{"terraform state push " + ErroredState},
		},
		Foreign: filepath.Join(dir, ErroredState),
		Undo:    "the bucket keeps the state before as an older version",
	}
}

// orderRuns lets Terraform begin only when all that it meets is done: its init
// reads the bucket, the files and, as the admin, through the new policies. An
// environment's role is not needed for it, nor is another project: one that is
// left as it is must not hold up the rest. The files of a project are edited only
// when its state lies where they will point.
func orderRuns(changes []Change) {
	dirs, moves := map[string]bool{}, map[string]string{}
	for _, c := range changes {
		if c.Run != nil {
			dirs[c.Run.Dir] = true
		}
		if c.Run != nil && c.Run.Command == runMove {
			moves[c.Run.Dir] = c.ID
		}
	}
	var common []string
	own := map[string][]string{}
	for i := range changes {
		c := &changes[i]
		dir := filepath.Dir(c.Target)
		switch {
		case c.Step >= 8 || c.Environment != "":
		case c.Write == nil || !dirs[dir] && !c.Leads:
			common = append(common, c.ID)
		default:
			own[dir] = append(own[dir], c.ID)
			if move := moves[dir]; move != "" {
				c.Needs = append(slices.Clone(c.Needs), move)
			}
		}
	}
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Run == nil || c.Run.Command == runBackup:
		case c.Run.Command == runMove:
			c.Needs = append(c.Needs, common...)
		default:
			c.Needs = append(append(c.Needs, common...), own[c.Run.Dir]...)
		}
	}
}

// Verify probes the back end as the admin.
func (initStep) Verify(ctx context.Context, env *Env, a *blueprint.Answers, o *Observed) []Finding {
	return probeBackend(ctx, env, a, o)
}
