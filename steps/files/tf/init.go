package tf

import "strconv"

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
	// InitMoveAside: Terraform cannot read what an earlier init left, which is moved
	// aside. InitNeeded does not look at it.
	InitMoveAside
)

// InitNeeded compares what init last configured with what the backend is to
// say (facts/terraform.md, "rm -rf .terraform").
func InitNeeded(want Backend, p *Project) InitKind {
	have := p.State.Configured
	block, err := p.Backend()
	switch {
	case err != nil:
		return InitNone // step 7 tells
	case have == nil && len(p.State.States) > 0:
		return InitMigrate
	case have == nil && (block == nil || block.Type == "local" || block.SamePlace(want)):
		return InitFirst
	case have == nil:
		return InitMigrate
	case have.SamePlace(want):
		if sameAccess(have.Attributes.Get, want) {
			return InitNone
		}
		return InitReconfigure
	case have.Type == "local" && len(p.State.States) == 0:
		return InitReconfigure
	}
	return InitMigrate
}

// SamePlace tells whether a backend keeps its states, those of other workspaces
// too, where want does.
func (c BackendConfig) SamePlace(want Backend) bool {
	get := c.Attributes.Get
	return c.Type == "s3" && c.Store == "" && get("bucket") == want.Bucket && get("key") == want.Key && want.KeepsWorkspaces(get(workspaceKeyPrefix))
}

// sameAccess tells whether the way to the state is the same, too.
func sameAccess(have func(name string) string, want Backend) bool {
	on := func(text string) bool { b, err := strconv.ParseBool(text); return err == nil && b }
	return have("region") == want.Region && have("kms_key_id") == want.KMSKeyID &&
		have("dynamodb_table") == want.DynamoDBTable && on(have("use_lockfile")) == want.UseLockfile &&
		on(have("encrypt")) == want.Encrypt && (want.Profile == "" || have("profile") == want.Profile)
}
