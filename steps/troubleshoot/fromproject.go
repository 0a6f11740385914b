package troubleshoot

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/troubleshoot/health"
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
	b := blueprint.New()
	b.Bucket.Policy = "" // nobody said so
	b.ProfileInFiles = false
	b.AdminProfile = cmp.Or(getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE"), "default")
	if len(found.Files) == 0 {
		return &blueprint.Answers{Blueprint: b}, nil
	}
	p := health.Project{Project: blueprint.Project{Name: projectName(at), Dir: "."}, Dir: at, ProjectFiles: engine.ProjectFiles{Files: found}}
	p.Backend, _ = found.Backend() // the health check tells of a second one
	if p.S3() != nil {
		readBackend(&p, b, getenv)
	}
	readProvider(&p, b)
	b.Projects = []blueprint.Project{p.Project}
	return &blueprint.Answers{Blueprint: b}, nil
}

// projectName is the folder's name as a blueprint takes it.
func projectName(dir string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, filepath.Base(dir))
	return cmp.Or(strings.Trim(name, "-_"), "project")
}

// readBackend takes what the backend says, and what init noted where parts of it
// are given on the command line.
func readBackend(p *health.Project, b *blueprint.Blueprint, getenv func(string) string) {
	get := func(name string) string {
		if value := p.Backend.Attributes.Get(name); value != "" {
			return value
		}
		if have := p.Files.State.Configured; have != nil && have.Type == "s3" {
			return have.Attributes.Get(name)
		}
		return ""
	}
	b.Bucket.Name, p.StateKey = get("bucket"), get("key")
	b.StateRegion = cmp.Or(get("region"), getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), b.StateRegion)
	b.Lock = blueprint.Lock{UseLockfile: get("use_lockfile") == "true", DynamoDBTable: get("dynamodb_table")}
	b.FillDefaults()
	if profile := get("profile"); profile != "" {
		b.AdminProfile, b.ProfileInFiles = profile, true
	}
	if key, ok := awsops.ParseARN(get("kms_key_id")); ok {
		b.AdminAccount = key.AccountID
	}
}

// readProvider takes the profile and the environment's role.
func readProvider(p *health.Project, b *blueprint.Blueprint) {
	at := p.Provider()
	if at == nil {
		return
	}
	if profile := at.Attributes.Get("profile"); profile != "" && !b.ProfileInFiles {
		b.AdminProfile, b.ProfileInFiles = profile, true
	}
	role, ok := awsops.ParseARN(at.Attributes.Get("assume_role.role_arn"))
	if !ok || !strings.HasPrefix(role.Resource, "role/") {
		return
	}
	path := strings.TrimPrefix(role.Resource, "role")
	slash := strings.LastIndex(path, "/")
	e := blueprint.NewEnvironment(p.Name)
	e.Account, e.RolePath, e.Role = role.AccountID, path[:slash+1], path[slash+1:]
	e.Region = at.Attributes.Get("region")
	b.Environments = []blueprint.Environment{e}
	p.Environment = e.Name
}

// isFolder tells of an error that it is the folder's own.
func isFolder(err error, dir string) bool {
	var e *files.Error
	return errors.As(err, &e) && e.Path == dir
}
