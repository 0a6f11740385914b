package engine

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// FromProject makes answers for a folder without a blueprint: one project named
// after the folder, and whatever its backend and provider tell of state, lock,
// key, account and role. A folder without Terraform files gives answers without
// a project. The policy of the bucket is not known. The error is that of a
// folder that cannot be read.
func FromProject(dir string, getenv func(string) string) (*blueprint.Answers, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", dir, err)
	}
	found, problems := tf.Inspect(at, getenv)
	for _, problem := range problems {
		if isFolder(problem, at) {
			return nil, problem
		}
	}
	return answersOf(at, found, getenv), nil
}

// answersOf are the answers that what was found in a folder gives.
func answersOf(at string, found *tf.Project, getenv func(string) string) *blueprint.Answers {
	b := blueprint.New()
	b.Bucket.Policy = "" // nobody said so
	b.ProfileInFiles = false
	b.AdminProfile = cmp.Or(getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE"), "default")
	a := &blueprint.Answers{Blueprint: b, WithoutBlueprint: true}
	if len(found.Files) == 0 {
		return a
	}
	p := blueprint.Project{Name: projectName(filepath.Base(at)), Dir: "."}
	backend, _ := found.Backend() // the health check tells of a second one
	if backend != nil && backend.Type == "s3" {
		p.StateKey = readBackend(found, backend, b, getenv)
	}
	p.Environment = readProvider(found, p.Name, b)
	b.Projects = []blueprint.Project{p}
	return a
}

// projectName is a folder's name as a blueprint takes it.
func projectName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, folder)
	return cmp.Or(strings.Trim(name, "-_"), "project")
}

// readBackend takes what the backend says, and what init noted where parts of it
// are given on the command line. It gives the key of the state.
func readBackend(found *tf.Project, backend *tf.BackendBlock, b *blueprint.Blueprint, getenv func(string) string) string {
	get := func(name string) string {
		if value := backend.Attributes.Get(name); value != "" {
			return value
		}
		if have := found.State.Configured; have != nil && have.Type == "s3" {
			return have.Attributes.Get(name)
		}
		return ""
	}
	b.Bucket.Name = get("bucket")
	b.StateRegion = cmp.Or(get("region"), getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), b.StateRegion)
	b.Lock = blueprint.Lock{UseLockfile: get("use_lockfile") == "true", DynamoDBTable: get("dynamodb_table")}
	b.FillDefaults()
	if profile := get("profile"); profile != "" {
		b.AdminProfile, b.ProfileInFiles = profile, true
	}
	if key, ok := awsops.ParseARN(get("kms_key_id")); ok {
		b.AdminAccount = key.AccountID
	}
	return get("key")
}

// readProvider takes the profile and the environment's role, and gives the
// environment's name; empty where no role is named.
func readProvider(found *tf.Project, name string, b *blueprint.Blueprint) string {
	at := found.Provider()
	if at == nil {
		return ""
	}
	if profile := at.Attributes.Get("profile"); profile != "" && !b.ProfileInFiles {
		b.AdminProfile, b.ProfileInFiles = profile, true
	}
	role, ok := awsops.ParseARN(at.Attributes.Get("assume_role.role_arn"))
	if !ok || !strings.HasPrefix(role.Resource, "role/") {
		return ""
	}
	path := strings.TrimPrefix(role.Resource, "role")
	slash := strings.LastIndex(path, "/")
	e := blueprint.NewEnvironment(name)
	e.Account, e.RolePath, e.Role = role.AccountID, path[:slash+1], path[slash+1:]
	e.Region = at.Attributes.Get("region")
	b.Environments = []blueprint.Environment{e}
	return e.Name
}

// isFolder tells of an error that it is the folder's own.
func isFolder(err error, dir string) bool {
	var e *files.Error
	return errors.As(err, &e) && e.Path == dir
}

// FromProjects makes the answers of somebody who works on the projects of a folder and of
// those below it, without a blueprint: their states' place, and an environment for each
// role. The key's ARN stands for its alias, and what the roles may do is not known. A
// project counts whose files say all of that. The error says in a sentence why there are no
// such answers: none counts, or they do not agree about where the states are.
func FromProjects(root string, getenv func(string) string) (*blueprint.Answers, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", root, err)
	}
	var all *blueprint.Blueprint
	for _, dir := range projectDirs(root) {
		one := countedProject(root, dir, getenv)
		switch {
		case one == nil:
		case all == nil:
			all = one
		case all.Bucket != one.Bucket || all.StateRegion != one.StateRegion || all.Key.Alias != one.Key.Alias || all.AdminProfile != one.AdminProfile || all.Lock != one.Lock:
			return nil, fmt.Errorf("the projects below %s do not keep their states in one place: %s and %s name different backends", root, all.Projects[0].Dir, one.Projects[0].Dir)
		default:
			join(all, one)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("no project in %s has both a backend \"s3\" with bucket, key, region and kms_key_id, and a provider \"aws\" with an assume_role", root)
	}
	return &blueprint.Answers{Blueprint: all, WithoutBlueprint: true}, nil
}

// How far below a folder projects are looked for, and among how many entries.
const (
	maxProjectDepth = 3
	maxEntries      = 20000
)

// projectDirs are the folders with Terraform files: this one and those below. Of somebody's
// home only itself counts, since whatever lies there may be anybody's.
func projectDirs(root string) (dirs []string) {
	home, _ := os.UserHomeDir() // without one nothing is
	seen := 0
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		switch seen++; {
		case seen > maxEntries:
			return fs.SkipAll
		case err != nil:
			return fs.SkipDir
		case !entry.IsDir():
			if dir := filepath.Dir(path); strings.HasSuffix(path, ".tf") && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		case path == root:
		case home != "" && files.RealPath(root) == files.RealPath(home), strings.HasPrefix(entry.Name(), "."), strings.Count(rel, string(filepath.Separator)) >= maxProjectDepth:
			return fs.SkipDir
		}
		return nil
	}) // what cannot be read has no project to tell
	return dirs
}

// countedProject are the answers that one folder gives, nil where they do not say all.
func countedProject(root, dir string, getenv func(string) string) *blueprint.Blueprint {
	found, problems := tf.Inspect(dir, getenv)
	backend, err := found.Backend()
	if len(problems) > 0 || err != nil || backend == nil || backend.Partial() || found.Generated != nil {
		return nil
	}
	a := answersOf(dir, found, getenv)
	if len(a.Environments) == 0 || a.AdminAccount == "" || a.Bucket.Name == "" || a.Projects[0].StateKey == "" || blueprint.RegionProblem(backend.Attributes.Get("region")) != "" {
		return nil
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return nil
	}
	b := a.Blueprint
	if b.Projects[0].Dir = filepath.ToSlash(rel); rel != "." {
		b.Projects[0].Name = projectName(strings.ReplaceAll(b.Projects[0].Dir, "/", "-"))
	}
	b.Key.Alias, b.Environments[0].Permissions = backend.Attributes.Get("kms_key_id"), ""
	if !b.ProfileInFiles {
		b.AdminProfile = blueprint.New().AdminProfile
	}
	return b
}

// join adds a project to others, whose environment is that of the same role or else a new
// one.
func join(all, one *blueprint.Blueprint) {
	p, e := one.Projects[0], one.Environments[0]
	same := slices.IndexFunc(all.Environments, func(have blueprint.Environment) bool {
		return have.Account == e.Account && have.Role == e.Role && have.RolePath == e.RolePath && have.Region == e.Region
	})
	if same >= 0 {
		p.Environment = all.Environments[same].Name
	} else {
		if _, taken := all.Environment(e.Name); taken {
			e.Name = p.Name
		}
		p.Environment = e.Name
		all.Environments = append(all.Environments, e)
	}
	all.Projects = append(all.Projects, p)
}
