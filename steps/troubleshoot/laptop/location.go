package laptop

import (
	"context"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// locationQuestion is about the arguments that say where the state and its lock are.
func locationQuestion(p project, asked string) health.Question {
	return question(p, "bucket, key and lock in backend", asked)
}

// stateLocation compares where the backend keeps state and lock with the blueprint.
func stateLocation(ctx context.Context, in *inputs, p project) []health.Result {
	b := p.S3()
	if p.Files.Generated != nil {
		return generated(ctx, in, p)
	}
	if b == nil {
		return []health.Result{noBackend(ctx, in, p)}
	}
	for _, name := range []string{"bucket", "key"} {
		if a := b.Attributes.Find(name); a != nil && !a.Literal {
			return []health.Result{locationQuestion(p, p.At(name)).Undecided("%s is an expression", name)}
		}
	}
	q := locationQuestion(p, b.String())
	here := p.here
	switch {
	case p.Partial() && p.noted != nil:
		here = *p.noted // the rest was given with -backend-config
	case p.Partial():
		return []health.Result{q.Undecided("bucket or key may be another than in the file, as with -backend-config")}
	}
	var results []health.Result
	if here.Bucket != p.wanted.Bucket || here.StateKey != p.wanted.StateKey {
		results = append(results, otherLocation(ctx, in, p, here))
	}
	if !p.Partial() {
		results = append(results, otherLock(in, p)...)
	}
	table := "no table"
	if name := b.Attributes.Get("dynamodb_table"); name != "" {
		table = fmt.Sprintf("table %q", name)
	}
	answer := fmt.Sprintf("%s, %s, lock file %v", here, table, on(b.Attributes, "use_lockfile"))
	if len(results) > 0 {
		return append(results, q.FailedAs(answer, results[0].ID))
	}
	return []health.Result{q.Passed("%s", answer)}
}

// generated is a project whose generator says where its state is; how it is locked
// counts there as well.
func generated(ctx context.Context, in *inputs, p project) []health.Result {
	results := []health.Result{{Finding: steps.Generated(in.answers, p.Project.Project, p.Files, wantedBackend(in, p, in.key(ctx)))}}
	if p.S3() != nil && !p.Partial() {
		results = append(results, otherLock(in, p)...)
	}
	q := locationQuestion(p, p.Files.Generated.String())
	for _, r := range results {
		if f := r.Finding; f.Severity == plan.Info {
			results = append(results, q.Passed("%s", f.Remedy))
		} else {
			results = append(results, q.FailedAs(f.Evidence, f.ID))
		}
	}
	return results
}

// noBackend is a project without an S3 backend: its state stays where nobody
// else sees it. One is written only where no state is.
func noBackend(ctx context.Context, in *inputs, p project) health.Result {
	q := locationQuestion(p, p.Dir)
	if len(p.Problems) > 0 {
		return q.Undecided("the project's files cannot be read whole")
	}
	what := "has no backend block"
	if p.Backend != nil {
		what = fmt.Sprintf("has a backend %q (%s)", p.Backend.Type, p.Backend.Place)
	}
	remedy := "Run stateroom setup, which moves the state after asking."
	state := p.Files.State
	back := p.noted != nil && p.noted.Same(p.wanted)
	severity, arn := plan.Failure, ""
	if in.answers.Bucket.Name == "" {
		severity, remedy = plan.Warning, "Run stateroom setup, which makes a bucket for it."
	} else if len(p.Files.Files) > 0 && len(state.States) == 0 && p.Backend == nil && (state.Configured == nil || back) {
		if arn = in.key(ctx); arn != "" {
			remedy = "Write the backend block of the blueprint."
		}
	}
	r := q.Failed(what, finding("files.no-backend", plan.StepFiles, severity, fmt.Sprintf("Project %s in %s %s, so its state is in no state bucket.", p.Name, p.Dir, what), remedy))
	if arn != "" {
		r.Fixes = []health.Fix{backendFix(p, func(b *tf.Backend) { *b = wantedBackend(in, p, arn) })}
	}
	return r
}

// wantedBackend is the backend that the blueprint asks for.
func wantedBackend(in *inputs, p project, arn string) tf.Backend {
	return steps.WantedBackend(in.answers, p.Project.Project, arn, in.env.Endpoint, in.env.Sessions.Home(in.answers.StateRegion).PathStyle())
}

// otherLocation is a backend that names another place than the blueprint. It is
// corrected only where no state can be lost by it.
func otherLocation(ctx context.Context, in *inputs, p project, here health.StateLocation) health.Result {
	id, argument := "files.bucket-differs", "bucket"
	alias := &health.Alias{Resource: here.Bucket, IDs: []string{diagnosis.BucketMissing.ID, "bucket.taken", diagnosis.S3ListDenied.ID}}
	if here.Bucket == p.wanted.Bucket {
		id, argument = "files.key-differs", "key"
		alias = &health.Alias{Resource: here.String(), IDs: []string{diagnosis.S3HeadDenied.ID, diagnosis.S3GetDenied.ID, diagnosis.S3PutDenied.ID}}
	}
	evidence := fmt.Sprintf("%s: the backend keeps the state in %s, but the blueprint in %s.", p.At(argument), here, p.wanted)
	correct := []health.Fix{backendFix(p, func(b *tf.Backend) { b.Bucket, b.Key = p.wanted.Bucket, p.wanted.StateKey })}
	differs := func(severity plan.Severity, more, remedy string) health.Result {
		r := finding(id, plan.StepFiles, severity, evidence+more, remedy)
		r.Alias = alias
		return r
	}
	const move = "Run stateroom setup, which moves the state after asking, or correct the blueprint."
	switch {
	case p.S3().Store != "":
		return differs(plan.Warning, " The former is in another store, "+p.S3().Store+".", move)
	case p.noted != nil && p.noted.Same(p.wanted):
		// Told as backend-changed: the file is what is out of line.
		r := finding(diagnosis.BackendChanged.ID, plan.StepInit, plan.Failure, evidence+" This directory was initialized with the blueprint's.", "Put the blueprint's back into the file; nothing has to be moved.")
		r.Fixes = correct
		return r
	case p.noted != nil && p.noted.Same(here):
		return differs(plan.Warning, " This directory works with the former.", move)
	}
	switch keys, err := states(ctx, in, here); {
	case err != nil:
		r := differs(plan.Warning, fmt.Sprintf(" stateroom cannot tell whether there is a state in the former: %v", err), "Put the blueprint's place into the file, if nobody has worked with the other.")
		r.Err = err
		return r
	case len(keys) > 0:
		return differs(plan.Warning, " There is a state in the former.", move)
	}
	r := differs(plan.Failure, " There is no state in the former.", "Write the blueprint's place.")
	r.Fixes = correct
	return r
}

// states lists the keys of the objects in which a place holds states, of all
// workspaces. A bucket that is not there holds none.
func states(ctx context.Context, in *inputs, at health.StateLocation) (keys []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, at.Region) {
		if keys, err = s.StateKeys(ctx, at.Bucket, at.WorkspacePrefix, at.StateKey); err == nil {
			break
		}
	}
	return keys, err
}

// arrived tells whether every state of one place came to another one: the same
// state lies there, or lay there in one of the newest versions and was worked with
// since. A later serial of the same lineage alone proves nothing, for both places
// may have been written since they parted.
func arrived(ctx context.Context, in *inputs, from, to health.StateLocation, keys []string) bool {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	there := readers(ctx, in, to.Region)
	for i, old := range readers(ctx, in, from.Region) {
		all := true
		for _, key := range keys {
			target := to.WorkspacePrefix + strings.TrimPrefix(strings.TrimSuffix(key, from.StateKey), from.WorkspacePrefix) + to.StateKey
			if key == from.StateKey {
				target = to.StateKey
			}
			body, err := old.GetObject(ctx, from.Bucket, key)
			if err != nil {
				all = false
				break
			}
			state, err := tf.ParseState(body)
			all = all && err == nil && !state.Empty() && came(ctx, there[i], to.Bucket, target, state)
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
func came(ctx context.Context, s *awsops.Session, bucket, key string, state tf.State) bool {
	is := func(version string) bool {
		content, err := s.ReadObject(ctx, bucket, key, version)
		if err != nil || content == nil {
			return false
		}
		now, err := tf.ParseState(content.Body)
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

// otherLock compares the lock's arguments: admins whose files differ in them do not
// keep each other out.
func otherLock(in *inputs, p project) []health.Result {
	at, want := p.Backend.Attributes, in.answers.Lock
	for _, name := range []string{"dynamodb_table", "use_lockfile"} {
		if a := at.Find(name); a != nil && !a.Literal {
			return nil
		}
	}
	table, file := at.Get("dynamodb_table"), on(at, "use_lockfile")
	if table == want.DynamoDBTable && file == want.UseLockfile {
		return nil
	}
	argument := "dynamodb_table"
	if table == want.DynamoDBTable {
		argument = "use_lockfile"
	}
	r := finding("files.lock-differs", plan.StepFiles, plan.Warning,
		fmt.Sprintf("%s: the backend locks with %s, but the blueprint with %s: admins whose files differ in this do not keep each other out.",
			p.At(argument), lockWords(table, file), lockWords(want.DynamoDBTable, want.UseLockfile)),
		"Write the blueprint's lock.")
	if table != want.DynamoDBTable && table != "" {
		r.Alias = &health.Alias{Resource: table, IDs: []string{diagnosis.TableMissing.ID, diagnosis.TableDenied.ID, diagnosis.TableSchema.ID}}
	}
	r.Fixes = []health.Fix{backendFix(p, func(b *tf.Backend) { b.DynamoDBTable, b.UseLockfile = want.DynamoDBTable, want.UseLockfile })}
	return []health.Result{r}
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
