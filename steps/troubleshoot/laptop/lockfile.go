package laptop

import (
	"context"
	"fmt"
	"path/filepath"

	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// lockFile compares the provider lock file with what the files ask for.
func lockFile(_ context.Context, _ *inputs, p project) []health.Result {
	path := filepath.Join(p.Dir, tf.LockFile)
	q := question(p, "provider lock file", path)
	failed := func(evidence, remedy string) []health.Result {
		return []health.Result{q.Failed(evidence, caused(diagnosis.ProviderLockFile, plan.Failure, evidence, remedy))}
	}
	locked, err := tf.ReadLockFile(p.Dir)
	switch {
	case err != nil:
		r := q.Failed(err.Error(), caused(diagnosis.ProviderLockFile, plan.Failure, err.Error()+".", "Restore the file from version control, or move it aside and run terraform init."))
		return []health.Result{r}
	case locked == nil:
		return []health.Result{q.Passed("there is none, as before the first init that reached the providers")}
	}
	for _, r := range p.Files.Required {
		evidence, kind := lockProblem(path, r, locked)
		if evidence == "" {
			continue
		}
		remedy := "Run terraform init in " + p.Dir + "."
		if kind == tf.InitUpgrade {
			remedy = "Run terraform init -upgrade in " + p.Dir + ", if the constraint was changed on purpose."
		}
		results := failed(evidence, remedy)
		results[0].Init.Kind = kind
		return results
	}
	for _, have := range locked {
		ok, known, err := have.Genuine(p.Files.State.DataDir)
		if err != nil || !known || ok {
			continue // what cannot be compared is Terraform's to tell
		}
		return failed(fmt.Sprintf("%s: %s %s as it is installed in %s has none of the checksums in the lock file.", files.Place{Path: path, Line: have.Line}, have.Source, have.Version, p.Files.State.DataDir),
			"Restore the lock file from version control; if it is as it was, find out where the package came from before you use it.")
	}
	return []health.Result{q.Passed("it holds %s, and all that are asked for", plan.Counted(len(locked), "provider"))}
}

// lockProblem tells what the lock file lacks for one required provider.
func lockProblem(path string, r tf.RequiredProvider, locked []tf.LockedProvider) (evidence string, kind tf.InitKind) {
	for _, have := range locked {
		if !r.Locks(have) {
			continue
		}
		if ok, understood := tf.Permits(r.Version, have.Version); r.Version != "" && understood && !ok {
			return fmt.Sprintf("%s: %s %s is locked, but %s asks for %s.", files.Place{Path: path, Line: have.Line}, r.Source, have.Version, r.Place, r.Version), tf.InitUpgrade
		}
		return "", tf.InitNone
	}
	return fmt.Sprintf("%s asks for provider %s, which %s does not hold.", r.Place, r.Source, path), tf.InitFirst
}
