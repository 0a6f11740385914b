package tf

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stateroom/steps/files"
)

// LocalState is what Terraform left in a project's directory.
type LocalState struct {
	States     []StateFile // local state, of all workspaces; empty files are left out
	Configured *Configured // nil when the directory was never initialised with a backend
	Workspace  string      // the selected workspace, "default" when nothing says otherwise
	DataDir    string      // .terraform, or where TF_DATA_DIR says; it need not exist
	Unreadable bool        // init left something there that Terraform cannot read
}

// HasProviders tells whether init has installed any provider.
func (s LocalState) HasProviders() bool {
	entries, err := os.ReadDir(filepath.Join(s.DataDir, "providers"))
	return err == nil && len(entries) > 0
}

// StateFile is one local state.
type StateFile struct {
	Path      string
	Workspace string
	Lineage   string
	Serial    uint64
	Resources int // resource blocks in it, as "terraform state list" groups them
	Format    int // the format's version; Terraform 0.12 and later write 4
	// Stray says that the backend "local" in use keeps its states elsewhere.
	Stray bool
}

// Configured is the backend that "terraform init" last configured, from
// .terraform/terraform.tfstate.
type Configured struct {
	BackendConfig

	config json.RawMessage // all arguments of the backend's schema, null for those that are not set
	hash   uint64          // of the block in the files, as Terraform computes it
}

// localPlace is where a backend "local" keeps its states: that of the default
// workspace at path, the others' below spaces.
type localPlace struct{ path, spaces string }

// The defaults of the backend "local".
const (
	localFile   = "terraform.tfstate"
	localSpaces = "terraform.tfstate.d"
)

// localPlaceOf fills in the defaults, and takes relative paths from dir.
func localPlaceOf(dir, path, spaces string) localPlace {
	in := func(path, standard string) string {
		if path == "" {
			path = standard
		}
		if filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(dir, path)
	}
	return localPlace{in(path, localFile), in(spaces, localSpaces)}
}

// maxWorkspace bounds the file that names the selected workspace.
const maxWorkspace = 64 << 10

// readState looks for local state wherever Terraform may have put it: where init
// noted a backend "local" (its path may have come from -backend-config), where a
// block of that type says, and beside the configuration. What cannot be read is
// told beside the rest.
func readState(dir string, blocks []BackendBlock, getenv func(string) string) (out LocalState, problems []error) {
	out = LocalState{Workspace: "default", DataDir: dataDir(dir, getenv)}
	selected, err := files.ReadUpTo(filepath.Join(out.DataDir, "environment"), files.Limit{Bytes: maxWorkspace})
	if err != nil {
		problems = append(problems, err)
	}
	if name := strings.TrimSpace(string(selected.Bytes)); name != "" {
		out.Workspace = name
	}
	var unread error
	if out.Configured, unread = readConfigured(out.configuredPath()); unread != nil {
		out.Unreadable = true
	}
	var places []localPlace
	if c := out.Configured; c != nil && c.Type == "local" {
		places = append(places, localPlaceOf(dir, c.Attributes.Get("path"), c.Attributes.Get("workspace_dir")))
	}
	for _, b := range blocks {
		if b.Type == "local" {
			places = append(places, localPlaceOf(dir, b.Attributes.Get("path"), b.Attributes.Get("workspace_dir")))
		}
	}
	places = append(places, localPlaceOf(dir, "", ""))
	seen := map[string]bool{}
	for i, place := range places {
		states, errs := place.states(seen)
		for _, s := range states {
			s.Stray = i > 0 && files.RealPath(s.Path) != files.RealPath(places[0].path) && !files.Within(places[0].spaces, s.Path)
			out.States = append(out.States, s)
		}
		problems = append(problems, errs...)
	}
	if unread != nil {
		problems = append(problems, unread)
	}
	return out, problems
}

// states reads the states of a place, but those that were seen before.
func (l localPlace) states(seen map[string]bool) (states []StateFile, problems []error) {
	add := func(path, workspace string) {
		target := files.RealPath(path)
		if seen[target] {
			return
		}
		seen[target] = true
		state, err := readStateFile(path, workspace)
		if err != nil {
			problems = append(problems, err)
		}
		if state != nil {
			states = append(states, *state)
		}
	}
	add(l.path, "default")
	spaces, err := os.ReadDir(l.spaces)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems = append(problems, &files.Error{Action: "read", Path: l.spaces, Err: files.Bare(err)})
	}
	for _, space := range spaces {
		add(filepath.Join(l.spaces, space.Name(), localFile), space.Name())
	}
	return states, problems
}

// configuredPath is where init remembers the backend.
func (s LocalState) configuredPath() string { return filepath.Join(s.DataDir, "terraform.tfstate") }

// dataDir gives .terraform, or what TF_DATA_DIR says; Terraform takes that from
// the directory it runs in.
func dataDir(dir string, getenv func(string) string) string {
	data := getenv("TF_DATA_DIR")
	if data == "" {
		data = ".terraform"
	}
	if filepath.IsAbs(data) {
		return data
	}
	return filepath.Join(dir, data)
}

func readStateFile(path, workspace string) (*StateFile, error) {
	file, err := files.Read(path)
	if err != nil || len(file.Bytes) == 0 {
		return nil, err
	}
	var state struct {
		Lineage   string            `json:"lineage"`
		Serial    uint64            `json:"serial"`
		Resources []json.RawMessage `json:"resources"`
		Version   int               `json:"version"`
	}
	if err := json.Unmarshal(file.Bytes, &state); err != nil {
		return nil, &files.Error{Action: "read", Path: path, Problem: "it is not a Terraform state", Remedy: "restore it from a backup or move it aside"}
	}
	return &StateFile{
		Path: path, Workspace: workspace, Lineage: state.Lineage, Serial: state.Serial,
		Resources: len(state.Resources), Format: state.Version,
	}, nil
}

// cacheFormat is the only format of .terraform/terraform.tfstate that Terraform
// from 0.9 to 1.15 reads ("unsupported backend state version" otherwise).
const cacheFormat = 3

// readConfigured reads what init remembers. Terraform writes null for every
// argument that is not set.
func readConfigured(path string) (*Configured, error) {
	file, err := files.Read(path)
	if err != nil || !file.Exists {
		return nil, err
	}
	var data struct {
		Version int `json:"version"`
		Backend *struct {
			Type   string          `json:"type"`
			Config json.RawMessage `json:"config"`
			Hash   uint64          `json:"hash"`
		} `json:"backend"`
	}
	values := map[string]any{}
	err = json.Unmarshal(file.Bytes, &data)
	if err == nil && data.Backend != nil && len(data.Backend.Config) > 0 {
		err = json.Unmarshal(data.Backend.Config, &values)
	}
	if err != nil || data.Version != cacheFormat {
		return nil, &files.Error{Action: "read", Path: path, Problem: "it is not what terraform init writes", Remedy: "move the directory aside and run terraform init"}
	}
	if data.Backend == nil {
		return nil, nil //nolint:nilnil // initialised without a backend: nothing is configured
	}
	out := &Configured{
		BackendConfig: BackendConfig{files.Place{Path: path, Line: 1}, data.Backend.Type, notedAttributes("", values, file.Bytes)},
		config:        data.Backend.Config, hash: data.Backend.Hash,
	}
	if bucket := out.Attributes.Find("bucket"); bucket != nil {
		out.Line = bucket.Line
	}
	return out, nil
}
