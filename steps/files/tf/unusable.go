package tf

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Unusable tells why no terraform init goes on with the state as it is, and what makes
// it one that can be moved; both are empty for most (measured with Terraform 1.11.4 and
// OpenTofu 1.12.6).
func (s State) Unusable() (why, remedy string) {
	switch {
	case s.Encrypted:
		return "is encrypted by OpenTofu, and moved it would be plain text, which OpenTofu then refuses",
			"Let OpenTofu decrypt it first (the method unencrypted for the state, the present one as its fallback, then tofu apply -refresh-only): the bucket encrypts what is in it."
	case s.Format == 0:
		return "does not say which format it has, so no engine reads it", "Restore it from a backup, or move it aside."
	case !s.Supported():
		return fmt.Sprintf("is of format %d, which no engine that stateroom knows reads", s.Format), "Restore it from a backup in an older format, or move it with the engine that wrote it."
	case s.Unqualified != "":
		return fmt.Sprintf("names its provider %q without a source, as Terraform did up to 0.12, and every current terraform init refuses it", s.Unqualified),
			s.replaceProvider()
	}
	return "", ""
}

// replaceProvider is how the provider gets its source. With the path of a state the
// engine looks for a backend block all the same, and stops at one that is not
// initialised: hence the empty directory.
func (s State) replaceProvider() string {
	command, where := "terraform state replace-provider", "in the project's directory"
	if s.Path != "" {
		command, where = command+" -state="+s.Path, "in an empty directory"
	}
	return fmt.Sprintf("Run %s -- -/%s hashicorp/%[2]s %[3]s (with its maker's name instead of hashicorp if it is not theirs): it keeps a backup of the state.", command, s.Unqualified, where)
}

// UnusableState is a local state that is the project's own and with which no terraform
// init goes on, nil without one.
func (p *Project) UnusableState() *State {
	if have := p.State.Configured; have != nil && have.Type != "local" {
		return nil // what lies here is not what would be moved
	}
	for i, s := range p.State.States {
		if why, _ := s.Unusable(); why != "" && !s.Stray {
			return &p.State.States[i]
		}
	}
	return nil
}

// stateResource is what a resource in a state says of its provider.
type stateResource struct {
	Provider any    `json:"provider"`
	Type     string `json:"type"`
}

// withoutSource finds the name of a provider in its address of format 4: as
// provider.NAME.ALIAS, after the path of a module, or in the namespace "-" that stands
// for no source.
var withoutSource = regexp.MustCompile(`^(?:module\.[^.]+\.)*provider(?:\.([\w-]+)|\["(?:[^"/]+/)?-/([^"/]+)"\])`)

// builtInName is the provider that is a part of every engine and never had a source.
const builtInName = "terraform"

// unqualified is the first provider without a source, empty where all have one.
func unqualified(format int, resources []stateResource, modules json.RawMessage) string {
	if format == NewestStateFormat {
		for _, r := range resources {
			address, _ := r.Provider.(string)
			if found := withoutSource.FindStringSubmatch(address); found != nil && found[1] != builtInName {
				return found[1] + found[2]
			}
		}
		return ""
	}
	var older []struct {
		Resources map[string]stateResource `json:"resources"`
	}
	if len(modules) == 0 || format > NewestStateFormat || json.Unmarshal(modules, &older) != nil {
		return ""
	}
	for _, m := range older {
		for _, r := range m.Resources {
			if name := r.ofOlder(); name != builtInName {
				return name
			}
		}
	}
	return ""
}

// ofOlder is the provider of a resource in a format before 4: as it was noted, or the
// first word of the resource's type.
func (r stateResource) ofOlder() string {
	noted, _ := r.Provider.(string)
	if noted == "" {
		name, _, _ := strings.Cut(r.Type, "_")
		return name
	}
	if i := strings.LastIndex(noted, "provider."); i >= 0 {
		noted = noted[i+len("provider."):]
	}
	name, _, _ := strings.Cut(noted, ".")
	return name
}
