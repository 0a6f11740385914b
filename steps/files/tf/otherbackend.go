package tf

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// whereabouts are the arguments with which some backend says where its state is, in
// the order in which they are told. None of them is a credential.
var whereabouts = strings.Fields(`
	address lock_address unlock_address url auth_url conn_str endpoints hostname host metadata_host domain command
	config_path config_paths config_context organization storage_account_name container_name container
	repo subpath datacenter namespace region bucket secret_suffix schema_name prefix path key name`)

// other judges a backend that keeps the state neither on this laptop nor in an S3
// bucket: whatever its type, Terraform would send the credentials of the environment
// there and take the state from there. notes says that init noted it.
func (j *judge) other(c BackendConfig, notes bool) {
	what := fmt.Sprintf("keeps its state in a backend %q, which the blueprint does not name", c.Type)
	if notes {
		what = fmt.Sprintf("works with a state in a backend %q, as notes of terraform init say that may have come with the repository", c.Type)
	}
	before := len(j.found)
	j.block("backend", c.Place, c.Attributes)
	for _, place := range otherPlaces(c) {
		place.What = what
		j.found = append(j.found, place)
	}
	for i := range j.found[before:] {
		j.found[before+i].Holds = j.dir
	}
}

// otherPlaces are the places that a backend of that type leads to: every address at
// a host of its own, and the rest as one.
func otherPlaces(c BackendConfig) []Elsewhere {
	var found []Elsewhere
	var parts, settings []string
	line := 0
	var hosts []string
	for _, a := range told(c.Attributes) {
		place := files.Place{Path: c.Path, Line: a.Line}
		setting := fmt.Sprintf("backend %q %s", c.Type, a.Name)
		for _, value := range a.texts() {
			switch u, err := url.Parse(value); {
			case value == secret.Redacted:
			case strings.Contains(value, "://") && err == nil:
				if host := u.Scheme + "://" + u.Host; u.RawQuery != "" || !slices.Contains(hosts, host) {
					hosts = append(hosts, host)
					found = append(found, Elsewhere{Place: place, Setting: setting, Name: withoutSecrets(u)})
				}
			case strings.Contains(value, "://"):
				found = append(found, Elsewhere{Place: place, Setting: setting, Name: place.String()})
			default:
				if part := partOf(value); part != "" {
					parts, settings = append(parts, part), append(settings, a.Name)
				}
				if line == 0 {
					line = a.Line
				}
			}
		}
		if a.texts() == nil {
			found = append(found, Elsewhere{Place: place, Setting: setting, Name: place.String()})
		}
	}
	switch {
	case len(parts) > 0:
		found = append(found, Elsewhere{
			Place: files.Place{Path: c.Path, Line: line}, Setting: fmt.Sprintf("backend %q %s", c.Type, strings.Join(settings, ", ")),
			Name: c.Type + "://" + strings.Join(parts, "/"),
		})
	case len(found) == 0:
		found = append(found, Elsewhere{Place: c.Place, Setting: fmt.Sprintf("backend %q", c.Type), Name: c.String()})
	}
	return found
}

// told are the arguments that say where, in the order of [whereabouts].
func told(arguments Attributes) []Attribute {
	var out []Attribute
	for _, name := range whereabouts {
		for _, a := range arguments {
			if a.Name[strings.LastIndex(a.Name, ".")+1:] == name && !a.Null && (a.Value != "" || a.List != nil) {
				out = append(out, a)
			}
		}
	}
	return out
}

// texts are the literal values of an argument, nil where variables decide.
func (a Attribute) texts() []string {
	if a.Literal {
		return []string{a.Value}
	}
	return a.List
}

// leadingParts are what of a query, or of a connection string in words, says where
// a database is; everything else there may be a secret.
var leadingParts = []string{"host", "hostaddr", "port", "dbname", "service"}

// inWords matches the parts of a connection string in words.
var inWords = regexp.MustCompile(`([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// withoutSecrets is an address without what may be a secret: a token stands as the
// user, as the password or in the query.
func withoutSecrets(u *url.URL) string {
	shown := *u
	if u.User != nil {
		shown.User = url.User("xxxxx")
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains(leadingParts, name) {
			query[name] = []string{"xxxxx"}
		}
	}
	shown.RawQuery, shown.Fragment = query.Encode(), ""
	return shown.String()
}

// partOf is what a value that is no address tells of the place, without what may be
// a secret.
func partOf(value string) string {
	if !strings.Contains(value, "=") {
		return value[strings.LastIndex(value, "@")+1:]
	}
	var parts []string
	for _, m := range inWords.FindAllStringSubmatch(value, -1) {
		if slices.Contains(leadingParts, m[1]) {
			parts = append(parts, strings.Trim(m[2], "'"))
		}
	}
	return strings.Join(parts, "/")
}

// otherPlace names the places of a backend of that type for people.
func otherPlace(c BackendConfig) string {
	var names []string
	for _, e := range otherPlaces(c) {
		if e.Name != e.String() && !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return "backend " + c.Type
	}
	return "backend " + c.Type + " (" + strings.Join(names, ", ") + ")"
}
