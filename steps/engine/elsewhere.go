package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// Elsewhere are the settings of a project, as it was read, that lead Terraform to
// another place than this run goes: an endpoint, a proxy, certificates or profiles
// that came with the repository. Where such a project would be touched, that takes
// consent by the name of the place (--adopt).
func (e *Env) Elsewhere(at *tf.Project) ([]tf.Elsewhere, error) { return at.Elsewhere(e.ownWay()) }

// ownWay is where this run goes itself.
func (e *Env) ownWay() tf.Own {
	config, _ := files.Read(e.ConfigPath) // what is wrong with it is told where it is edited
	own := tf.OwnWay(files.WorkTree(e.Dir), e.Endpoint, e.Environ)
	for _, profile := range profiles.All(profiles.Config, config) {
		own.AddProfile(profile.Get)
	}
	own.Paths = append(own.Paths, e.CredentialsPath, e.ConfigPath)
	return own
}

// ProfileElsewhere is the finding of a profile with which the config file sends what
// Terraform asks for the state to another place than this run's, or nil; it stops these
// changes. Variables win over the file ("Service-specific endpoints", AWS SDKs and Tools
// Reference Guide), and an endpoint of the run is written into the backend itself.
func (e *Env) ProfileElsewhere(name string, stops ...string) *plan.Finding {
	own := cmp.Or(e.Profile, e.Environ.Get("AWS_PROFILE"), e.Environ.Get("AWS_DEFAULT_PROFILE"), "default")
	if e.Endpoint != "" || e.Environ.Get("AWS_ENDPOINT_URL") != "" || strings.EqualFold(e.Environ.Get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") || own == name {
		return nil
	}
	config, err := files.Read(e.ConfigPath)
	if err != nil {
		return nil // told where it is edited
	}
	theirs, ours := profiles.Endpoints(config, name), profiles.Endpoints(config, own)
	for _, service := range []string{"s3", "sts", "dynamodb"} {
		there, named := profiles.EndpointOf(service, theirs)
		here, _ := profiles.EndpointOf(service, ours)
		if !named || there.URL == here.URL || tf.OfAWS(there.URL) || e.Environ.Get("AWS_ENDPOINT_URL_"+strings.ToUpper(service)) != "" {
			continue
		}
		goes := "AWS"
		if here.URL != "" {
			goes = secret.Address(here.URL)
		}
		return &plan.Finding{
			ID: "files.profile-endpoint", Of: plan.StepFiles, Severity: plan.Failure, Probed: true, Stops: stops,
			Evidence: fmt.Sprintf("%s: the requests of profile %s to %s go to %s, and those of stateroom to %s.", there.Place, name, service, secret.Address(there.URL), goes),
			Remedy:   "Remove the setting from the profile, or choose another profile with --set admin_profile=NAME.",
		}
	}
	return nil
}

// NotAgreed are the places among these that nobody agreed to, each once.
func NotAgreed(a *blueprint.Answers, found []tf.Elsewhere) []string {
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
func LeadsElsewhere(a *blueprint.Answers, project string, found []tf.Elsewhere) []plan.Finding {
	var findings []plan.Finding
	for _, name := range NotAgreed(a, found) {
		var settings []string
		what, holds := "", ""
		placed := false // whether the name is the place in the file
		for _, e := range found {
			if e.Name == name {
				settings = append(settings, fmt.Sprintf("%s (%s)", e.Place, e.Setting))
				what, placed = e.What, name == e.String()
				holds = cmp.Or(holds, e.Holds)
			}
		}
		if !placed {
			what += ": " + name
		}
		remedy, allow := "Find out who wrote that and remove it, or allow it if it is intended.", plan.Allow("Allow it", name)
		if holds != "" {
			remedy, allow = "Find out who wrote that and remove it; if the team's state is there, have it moved.", plan.Allow("Move it", name, holds)
		}
		findings = append(findings, plan.Finding{
			ID: "files.points-elsewhere", Subject: project, Of: plan.StepFiles, Severity: plan.Failure, Resource: name,
			Evidence: fmt.Sprintf("%s: project %s %s. stateroom sends no credentials there and does not run Terraform in the project.", plan.Enumerated(settings), project, what),
			Remedy:   remedy, Commands: allow,
		})
	}
	return findings
}
