package steps

import (
	"fmt"
	"path/filepath"
	"slices"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
)

// Elsewhere are the settings of a project, as it was read, that lead Terraform to
// another place than this run goes: an endpoint, a proxy, certificates or profiles
// that came with the repository. Where such a project would be touched, that takes
// consent by the name of the place (--adopt).
func (e *Env) Elsewhere(at *files.Project) ([]files.Elsewhere, error) {
	repository, err := files.Repository(e.Dir)
	if err != nil {
		return nil, wrap(err)
	}
	config, _ := files.Read(e.ConfigPath) // what is wrong with it is told where it is edited
	own := files.OwnWay(repository, e.Endpoint, e.Environ)
	for _, profile := range files.Profiles(files.Config, config) {
		own.AddProfile(profile.Get)
	}
	own.Paths = append(own.Paths, e.CredentialsPath, e.ConfigPath)
	found, err := at.Elsewhere(own)
	return found, wrap(err)
}

// NotAgreed are the places among these that nobody agreed to, each once.
func NotAgreed(a *blueprint.Answers, found []files.Elsewhere) []string {
	var names []string
	for _, e := range found {
		if !a.Adopted(e.Name) && !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}

// LeadsElsewhere has one finding for each place that a project leads to and that
// nobody agreed to.
func LeadsElsewhere(a *blueprint.Answers, project string, found []files.Elsewhere) []Finding {
	var findings []Finding
	for _, name := range NotAgreed(a, found) {
		var settings []string
		what := ""
		placed := false // whether the name is the place in the file
		for _, e := range found {
			if e.Name == name {
				settings = append(settings, fmt.Sprintf("%s (%s)", e.Place, e.Setting))
				what, placed = e.What, name == e.String()
			}
		}
		if !placed {
			what += ": " + name
		}
		findings = append(findings, Finding{
			ID: "files.points-elsewhere", Subject: project, Step: 7, Severity: Failure,
			Evidence: fmt.Sprintf("%s: project %s %s. stateroom sends no credentials there and does not run Terraform in the project.", enumerated(settings), project, what),
			Remedy:   fmt.Sprintf("Find out who wrote that and take it out; if it is meant, allow it with --adopt %s.", name),
		})
	}
	return findings
}

// heldBack holds back what would touch a project that leads elsewhere.
func heldBack(changes []Change, o *Observed, a *blueprint.Answers) []Change {
	places := map[string][]string{} // by directory
	for _, facts := range o.Files.Projects {
		if names := NotAgreed(a, facts.Elsewhere); len(names) > 0 {
			places[facts.Project.Dir] = names
		}
	}
	var kept []Change
	for _, c := range changes {
		kept = append(kept, Leading(places[c.projectDir()], c)...)
	}
	return kept
}

// Leading are the changes of a project that leads to these places. They wait for
// the consent to a single place; with more, or where something else has to be
// agreed to as well, they are left out until the command line agrees.
func Leading(places []string, changes ...Change) []Change {
	if len(places) == 0 {
		return changes
	}
	var waiting []Change
	for _, c := range changes {
		if len(places) > 1 || c.Foreign != "" {
			return nil
		}
		c.Foreign, c.Leads = places[0], true
		c.Risk = "The project's files lead Terraform to " + places[0] + "."
		waiting = append(waiting, c)
	}
	return waiting
}

// projectDir is the directory that a change runs in or writes to.
func (c Change) projectDir() string {
	switch {
	case c.Run != nil:
		return c.Run.Dir
	case c.Write != nil:
		return filepath.Dir(c.Target)
	}
	return ""
}
