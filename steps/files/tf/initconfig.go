package tf

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// InitConfig is what init may be given with -backend-config, beside what the
// block says or over it.
type InitConfig struct {
	// Argument is the file, or the NAME=VALUE.
	Argument string
	// Variable gives it to every init of this environment; empty for a file that
	// only lies in the project.
	Variable string

	path       string // of a file that a variable names
	attributes Attributes
	err        error
}

// String is the argument as it stands on the command line, with who gives it.
func (c InitConfig) String() string {
	said := "-backend-config=" + c.Argument
	if c.Variable != "" {
		said += " in the variable " + c.Variable
	}
	return said
}

// Remove is how to be rid of it.
func (c InitConfig) Remove() string {
	if c.Variable != "" {
		return "unset " + c.Variable
	}
	return "remove " + c.Argument
}

// ConfigFlags are the flags that give init these files.
func ConfigFlags(configs []string) []string {
	var flags []string
	for _, path := range configs {
		flags = append(flags, "-backend-config="+path)
	}
	return flags
}

// InitCommand is the command that initialises a project with these files, for people.
func InitCommand(configs []string, flags ...string) string {
	return strings.Join(slices.Concat([]string{"terraform init"}, flags, ConfigFlags(configs)), " ")
}

// Partial tells a backend block that does not say where the state is, or not for
// sure: the rest is given to init with -backend-config, and another time perhaps
// otherwise.
func (b *BackendBlock) Partial() bool {
	if b == nil {
		return false
	}
	return b.Lacks() || b.Overridden() != nil
}

// Lacks tells a block in which a part of the place is missing.
func (b *BackendBlock) Lacks() bool {
	switch b.Type {
	case "s3":
		return b.Attributes.Find("bucket") == nil || b.Attributes.Find("key") == nil
	case "local":
		return b.Attributes.Find("path") == nil && len(PartialConfigs(filepath.Dir(b.Path))) > 0
	}
	return false
}

// places are the arguments of a backend that decide where the state is.
var places = map[string][]string{
	"s3":    {"bucket", "key", workspaceKeyPrefix, "endpoint", "endpoints", "endpoints.s3"},
	"local": {"path", "workspace_dir"},
}

// Overridden is what may give init another place than the block names, nil without
// any. A file of the project that cannot be read can be given to no init; one that
// a variable names is given to each.
func (b *BackendBlock) Overridden() *InitConfig {
	given := slices.Clone(b.given)
	if b.Type == "s3" && len(b.configs) == 0 {
		for _, path := range PartialConfigs(filepath.Dir(b.Path)) {
			c := InitConfig{Argument: path}
			c.attributes, _ = readPartial(path)
			given = append(given, c)
		}
	}
	for _, c := range given {
		if len(places[b.Type]) > 0 && c.err != nil {
			return &c
		}
		for _, name := range places[b.Type] {
			if a := c.attributes.Find(name); a != nil && a.Value != b.Attributes.Get(name) {
				return &c
			}
		}
	}
	return nil
}

// PartialConfigs are the *.tfbackend files of a project's directory and of the
// folders in it: what -backend-config is usually given.
func PartialConfigs(dir string) []string {
	var found []string
	entries, _ := os.ReadDir(dir) // a directory that cannot be read has none to name
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case !entry.IsDir() && strings.HasSuffix(entry.Name(), ".tfbackend"):
			found = append(found, path)
		case entry.IsDir() && !strings.HasPrefix(entry.Name(), "."):
			below, _ := os.ReadDir(path)
			for _, e := range below {
				if !e.IsDir() && strings.HasSuffix(e.Name(), ".tfbackend") {
					found = append(found, filepath.Join(path, e.Name()))
				}
			}
		}
	}
	return found
}

// readPartial reads the arguments of a *.tfbackend file.
func readPartial(path string) (Attributes, error) {
	c, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return c.attributes(), nil
}

// backendConfig finds the arguments of that name in a variable's text, in quotes
// or out of them, which Terraform splits as a shell does.
var backendConfig = regexp.MustCompile(`-backend-config["']?(?:=|\s+)(?:"([^"]*)"|'([^']*)'|([^\s"']+))`)

// givenByVariables is what TF_CLI_ARGS and TF_CLI_ARGS_init add to every init of a
// user in dir (and to none of ours).
func givenByVariables(dir string, getenv func(string) string) []InitConfig {
	var given []InitConfig
	for _, variable := range []string{"TF_CLI_ARGS", "TF_CLI_ARGS_init"} {
		for _, m := range backendConfig.FindAllStringSubmatch(getenv(variable), -1) {
			c := InitConfig{Variable: variable, Argument: cmp.Or(m[1], m[2], m[3])}
			pair, is := pairOf(c.Argument)
			if c.path = c.Argument; !filepath.IsAbs(c.path) {
				c.path = filepath.Join(dir, c.path)
			}
			switch {
			case is:
				c.path = ""
				c.attributes = Attributes{pair}
				if secretName.MatchString(pair.Name) {
					c.Argument = pair.Name + "=…"
				}
			default:
				c.attributes, c.err = readPartial(c.path)
			}
			given = append(given, c)
		}
	}
	return given
}
