package troubleshoot

import (
	"context"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// checkPlace is about the arguments that say where the state and its lock are.
const checkPlace = "bucket, key and lock in backend"

// spot is a place in a bucket where a project keeps its states.
type spot struct{ bucket, key, prefix, region string }

func (s spot) String() string { return "s3://" + s.bucket + "/" + s.key }

// is compares what decides about the place; the region is only the way there.
func (s spot) is(other spot) bool {
	return s.bucket == other.bucket && s.key == other.key && s.prefix == other.prefix
}

// defaultPrefix is where Terraform keeps the states of other workspaces.
const defaultPrefix = "env:"

func spotOf(get func(string) string) spot {
	s := spot{get("bucket"), get("key"), get("workspace_key_prefix"), get("region")}
	if s.prefix == "" {
		s.prefix = defaultPrefix
	}
	return s
}

// blueprintSpot is where the blueprint keeps a project's state.
func (l *laptop) blueprintSpot(p project) spot {
	return spot{l.answers.Bucket.Name, p.StateKey, defaultPrefix, l.answers.StateRegion}
}

// configuredSpot is what init noted, nil where it noted no S3 backend.
func configuredSpot(p project) *spot {
	have := p.files.State.Configured
	if have == nil || have.Type != "s3" {
		return nil
	}
	s := spotOf(have.Attributes.Get)
	return &s
}

// stateAt compares where the backend keeps state and lock with the blueprint.
func (l *laptop) stateAt(ctx context.Context, p project) {
	b := p.s3()
	if p.files.Generated != nil {
		l.generated(ctx, p)
		return
	}
	if b == nil {
		l.noBackend(ctx, p)
		return
	}
	for _, name := range []string{"bucket", "key"} {
		if a := b.Attributes.Find(name); a != nil && !a.Literal {
			l.undecided(checkPlace, p.Name, p.at(name), name+" is an expression")
			return
		}
	}
	here, want := spotOf(b.Attributes.Get), l.blueprintSpot(p)
	switch {
	case p.partial() && configuredSpot(p) != nil:
		here = *configuredSpot(p) // the rest was given with -backend-config
	case p.partial():
		l.undecided(checkPlace, p.Name, b.String(), "bucket or key may be another than in the file, as with -backend-config")
		return
	}
	before := len(l.out.findings)
	if here.bucket != want.bucket || here.key != want.key {
		l.elsewhere(ctx, p, here, want)
	}
	if !p.partial() {
		l.lock(p)
	}
	answer := fmt.Sprintf("%s, table %q, lock file %v", here, b.Attributes.Get("dynamodb_table"), on(b.Attributes, "use_lockfile"))
	if len(l.out.findings) > before {
		l.broken(checkPlace, p.Name, b.String(), answer, l.out.findings[before].ID)
		return
	}
	l.passed(checkPlace, p.Name, b.String(), answer)
}

// generated is a project whose generator says where its state is; how it is locked
// counts there as well.
func (l *laptop) generated(ctx context.Context, p project) {
	before := len(l.out.findings)
	l.out.findings = append(l.out.findings, *steps.Generated(l.answers, p.Project, p.files, l.wanted(p, l.aliasKey(ctx))))
	if p.s3() != nil && !p.partial() {
		l.lock(p)
	}
	for _, f := range l.out.findings[before:] {
		if f.Severity == plan.Info {
			l.passed(checkPlace, p.Name, p.files.Generated.String(), f.Remedy)
			continue
		}
		l.broken(checkPlace, p.Name, p.files.Generated.String(), f.Evidence, f.ID)
	}
}

// noBackend is a project without an S3 backend: its state stays where nobody
// else sees it. One is written only where no state is.
func (l *laptop) noBackend(ctx context.Context, p project) {
	if p.err != nil {
		l.undecided(checkPlace, p.Name, p.dir, "the project's files cannot be read whole")
		return
	}
	what := "has no backend block"
	if p.backend != nil {
		what = fmt.Sprintf("has a backend %q (%s)", p.backend.Type, p.backend.Place)
	}
	remedy := "Run stateroom setup, which moves the state after asking."
	state := p.files.State
	configured := configuredSpot(p)
	back := configured != nil && configured.is(l.blueprintSpot(p))
	severity, arn := plan.Failure, ""
	if l.answers.Bucket.Name == "" {
		severity, remedy = plan.Warning, "Run stateroom setup, which makes a bucket for it."
	} else if len(p.files.Files) > 0 && len(state.States) == 0 && p.backend == nil && (state.Configured == nil || back) {
		if arn = l.aliasKey(ctx); arn != "" {
			remedy = "Write the backend block of the blueprint."
		}
	}
	l.broken(checkPlace, p.Name, p.dir, what, "files.no-backend")
	l.found("files.no-backend", plan.StepFiles, severity, fmt.Sprintf("Project %s in %s %s, so its state is in no state bucket.", p.Name, p.dir, what), remedy)
	if arn != "" {
		l.mend(p, func(b *tf.Backend) { *b = l.wanted(p, arn) })
	}
}

// wanted is the backend that the blueprint asks for.
func (l *laptop) wanted(p project, arn string) tf.Backend {
	a := l.answers
	b := tf.Backend{
		Bucket: a.Bucket.Name, Key: p.StateKey, Region: a.StateRegion, KMSKeyID: arn, Encrypt: true,
		DynamoDBTable: a.Lock.DynamoDBTable, UseLockfile: a.Lock.UseLockfile, Endpoint: l.env.Endpoint, PathStyle: l.env.Sessions.Home(a.StateRegion).PathStyle(), RequiredVersion: terraform.RequiredVersion(a.Lock.UseLockfile),
	}
	if a.ProfileInFiles {
		b.Profile = a.AdminProfile
	}
	return b
}

// elsewhere is a backend that names another place than the blueprint. It is
// corrected only where no state can be lost by it.
func (l *laptop) elsewhere(ctx context.Context, p project, here, want spot) {
	id, argument := "files.bucket-differs", "bucket"
	if here.bucket == want.bucket {
		id, argument = "files.key-differs", "key"
	}
	evidence := fmt.Sprintf("%s: the backend keeps the state in %s, but the blueprint in %s.", p.at(argument), here, want)
	correct := func(b *tf.Backend) { b.Bucket, b.Key = want.bucket, want.key }
	if here.bucket != want.bucket {
		l.echo(id, here.bucket, diagnosis.BucketMissing.ID, "bucket.taken", diagnosis.S3ListDenied.ID)
	} else {
		l.echo(id, here.String(), diagnosis.S3HeadDenied.ID, diagnosis.S3GetDenied.ID, diagnosis.S3PutDenied.ID)
	}
	configured := configuredSpot(p)
	switch {
	case configured != nil && configured.is(want):
		// Told as backend-changed: the file is what is out of line.
		l.found(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" This directory was initialised with the blueprint's.", "Put the blueprint's back into the file; nothing has to be moved.")
		l.mend(p, correct)
		return
	case configured != nil && configured.is(here):
		l.found(id, plan.StepFiles, plan.Warning, evidence+" This directory works with the former.", "Run stateroom setup, which moves the state after asking, or correct the blueprint.")
		return
	}
	switch keys, err := l.states(ctx, here); {
	case err != nil:
		l.found(id, plan.StepFiles, plan.Warning, evidence+fmt.Sprintf(" Whether a state lies in the former cannot be seen: %v", err), "Put the blueprint's place into the file, if nobody has worked with the other.").RequestIDs = awsops.RequestIDs(err)
	case len(keys) > 0:
		l.found(id, plan.StepFiles, plan.Warning, evidence+" A state lies in the former.", "Run stateroom setup, which moves the state after asking, or correct the blueprint.")
	default:
		l.found(id, plan.StepFiles, plan.Failure, evidence+" No state lies in the former.", "Write the blueprint's place.")
		l.mend(p, correct)
	}
}

// states lists the keys of the objects in which a spot holds states, of all
// workspaces. A bucket that is not there holds none.
func (l *laptop) states(ctx context.Context, at spot) (keys []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range l.readers(ctx, at.region) {
		if keys, err = s.StateKeys(ctx, at.bucket, at.prefix, at.key); err == nil {
			break
		}
	}
	return keys, err
}

// arrived tells whether every state of one spot came to another one: the same
// state lies there, or lay there in one of the newest versions and was worked with
// since. A later serial of the same lineage alone proves nothing, for both places
// may have been written since they parted.
func (l *laptop) arrived(ctx context.Context, from, to spot, keys []string) bool {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	there := l.readers(ctx, to.region)
	for i, old := range l.readers(ctx, from.region) {
		all := true
		for _, key := range keys {
			target := to.prefix + strings.TrimPrefix(strings.TrimSuffix(key, from.key), from.prefix) + to.key
			if key == from.key {
				target = to.key
			}
			body, err := old.GetObject(ctx, from.bucket, key)
			if err != nil {
				all = false
				break
			}
			state, err := terraform.Summarise(body)
			all = all && err == nil && !state.Empty() && came(ctx, there[i], to.bucket, target, state)
		}
		if all {
			return true
		}
	}
	return false
}

// mostArrivals is how many versions of a state are read to see it arrive.
const mostArrivals = 20

// came tells whether an object is, or was, this state.
func came(ctx context.Context, s *awsops.Session, bucket, key string, state terraform.StateSummary) bool {
	is := func(version string) bool {
		content, err := s.ReadObject(ctx, bucket, key, version)
		if err != nil || content == nil {
			return false
		}
		now, err := terraform.Summarise(content.Body)
		return err == nil && now.Same(state)
	}
	if is("") {
		return true
	}
	versions, err := s.ObjectVersions(ctx, bucket, key)
	if err != nil {
		return false
	}
	if now, err := s.HeadObject(ctx, bucket, key); err != nil || now == nil {
		return false // what was deleted since is not there
	}
	for _, v := range versions[:min(len(versions), mostArrivals)] {
		if !v.Marker && is(v.ID) {
			return true
		}
	}
	return false
}

// lineage is what tells one state from another. The rest is not kept.
type lineage struct {
	Lineage string `json:"lineage"`
	Serial  uint64 `json:"serial"`
}

// lock compares the lock's arguments: admins whose files differ in them do not
// keep each other out.
func (l *laptop) lock(p project) {
	at, want := p.backend.Attributes, l.answers.Lock
	for _, name := range []string{"dynamodb_table", "use_lockfile"} {
		if a := at.Find(name); a != nil && !a.Literal {
			return
		}
	}
	table, file := at.Get("dynamodb_table"), on(at, "use_lockfile")
	if table == want.DynamoDBTable && file == want.UseLockfile {
		return
	}
	argument := "dynamodb_table"
	if table == want.DynamoDBTable {
		argument = "use_lockfile"
	}
	l.found("files.lock-differs", plan.StepFiles, plan.Warning,
		fmt.Sprintf("%s: the backend locks with %s, but the blueprint with %s: admins whose files differ in this do not keep each other out.",
			p.at(argument), lockWords(table, file), lockWords(want.DynamoDBTable, want.UseLockfile)),
		"Write the blueprint's lock.")
	if table != want.DynamoDBTable && table != "" {
		l.echo("files.lock-differs", table, diagnosis.TableMissing.ID, diagnosis.TableDenied.ID, diagnosis.TableSchema.ID)
	}
	l.mend(p, func(b *tf.Backend) { b.DynamoDBTable, b.UseLockfile = want.DynamoDBTable, want.UseLockfile })
}

func lockWords(table string, file bool) string {
	var words []string
	if table != "" {
		words = append(words, "table "+table)
	}
	if file {
		words = append(words, "the lock file")
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, " and ")
}
