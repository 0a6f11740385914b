package engine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/terraform"
)

// unread is why the engine of this laptop does not work with what stands in a
// project's files, nil mostly: Terraform reads no *.tofu file, and of x.tf and
// x.tofu OpenTofu reads the second alone. Whoever goes by a block that the engine
// does not read takes a state for being where it is not.
func unread(engine *terraform.Engine, at *tf.Project) error {
	if engine == nil {
		return nil
	}
	var places []files.Place
	for _, b := range slices.Concat(at.Clouds, at.Backends) {
		places = append(places, b.Place)
	}
	for _, b := range at.Providers {
		places = append(places, b.Place)
	}
	if len(at.Backends) == 0 {
		places = append(places, files.Place{Path: filepath.Join(at.Dir, "backend.tf"), Line: 1}) // it is to be written
	}
	for _, place := range places {
		if why := unreadBy(engine, at, place.Path); why != "" {
			return fmt.Errorf("%s: %s, so the engine here does not use what is written there; put it into a file that every engine reads", place, why)
		}
	}
	return nil
}

// unreadBy says why the engine does not read a file, empty when it does.
func unreadBy(engine *terraform.Engine, at *tf.Project, path string) string {
	stem, ext := path, ""
	for _, e := range []string{".tofu", ".tofu.json", ".tf", ".tf.json"} {
		if s, found := strings.CutSuffix(path, e); found {
			stem, ext = s, e
		}
	}
	if strings.HasPrefix(ext, ".tofu") {
		if engine.Name == terraform.EngineTerraform {
			return "only OpenTofu reads this file, and the engine here is Terraform"
		}
		return ""
	}
	instead := stem + strings.Replace(ext, ".tf", ".tofu", 1)
	read := func(f files.Snapshot) bool { return f.Path == instead }
	if engine.Name == terraform.EngineOpenTofu && slices.ContainsFunc(at.Files, read) {
		return "OpenTofu, the engine here, reads " + filepath.Base(instead) + " in its place"
	}
	return ""
}
