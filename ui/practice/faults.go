package practice

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
)

// Fault is one thing that goes wrong with a finished set-up.
type Fault struct {
	// Diagnosis is what the checks come to.
	Diagnosis *diagnosis.Diagnosis
	// Variant tells it from the other faults of that diagnosis; empty for the main one.
	Variant string
	// About is one sentence on what happened.
	About string
	// do changes the sandbox, the scratch home or the project.
	do doing
}

// Name is what --break takes: the diagnosis's id for its main fault, ID-VARIANT for
// another one.
func (f Fault) Name() string {
	if f.Variant == "" {
		return f.Diagnosis.ID
	}
	return f.Diagnosis.ID + "-" + f.Variant
}

type doing = func(*byHand)

// Faults are all faults by name.
//
// Two ids have none. lock-id-wrong is Terraform's answer to a force-unlock with
// an id that somebody mistyped: no set-up makes it say so. unknown is what no
// sign of the catalogue knows.
//
// Four ids stand for what Terraform 1.11 does not say by itself (measured): it
// takes a denied s3:ListBucket for "no workspaces", so that s3-list-denied shows
// as s3-head-denied, in a project without a state; s3-get-denied comes from the
// lock file, since the state's HEAD is refused before its GET;
// lock-release-failed and state-not-saved are said beside their cause.
func Faults() []Fault {
	all := slices.Concat(laptopFaults, backendFaults, projectFaults, accessFaults, awsFaults, stateFaults)
	sort.Slice(all, func(i, j int) bool { return all[i].Name() < all[j].Name() })
	return all
}

// Break lets a finished lab meet a fault. More than one may be there at a
// time. A name that is none is an error that lists them all.
func (l *Lab) Break(ctx context.Context, name string) error {
	all := Faults()
	i := slices.IndexFunc(all, func(f Fault) bool { return f.Name() == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, f := range all {
			names[i] = f.Name()
		}
		return fmt.Errorf("there is no fault %q; the faults are %s", name, strings.Join(names, ", "))
	}
	blueprint, err := blueprint.Read(filepath.Join(l.Root, "stateroom.hcl"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("fault %s needs a finished setup, and there is none in %s", name, l.Root)
	case err == nil:
		at := &byHand{Lab: l, ctx: ctx, blueprint: blueprint}
		all[i].do(at)
		err = at.err
	}
	if err != nil {
		return fmt.Errorf("fault %s: %w", name, err)
	}
	return nil
}
