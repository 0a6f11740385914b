package tf

import (
	"cmp"
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
	States     []State     // local state, of all workspaces; empty files are left out
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

// Configured is the backend that "terraform init" last configured, from
// .terraform/terraform.tfstate.
type Configured struct {
	BackendConfig

	config json.RawMessage // all arguments of the backend's schema, null for those that are not set
	hash   uint64          // of the block in the files, as Terraform computes it
}

// LocalPlace is where a backend "local" keeps its states: that of the default
// workspace at Path, the others' below Spaces.
type LocalPlace struct{ Path, Spaces string }

// The defaults of the backend "local".
const (
	localFile   = "terraform.tfstate"
	localSpaces = "terraform.tfstate.d"
)

// LocalPlaceOf is the place that arguments name, empty for none of them: what is not
// named is the default, and relative paths are taken from dir.
func LocalPlaceOf(dir string, arguments Attributes) LocalPlace {
	in := func(name, standard string) string {
		path := cmp.Or(arguments.Get(name), standard)
		if filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(dir, path)
	}
	return LocalPlace{in("path", localFile), in("workspace_dir", localSpaces)}
}

// Files are the paths of its states, whether anything lies there or not: that of the
// default workspace first, the others' in directories of their names.
func (l LocalPlace) Files() ([]string, error) {
	paths := []string{l.Path}
	spaces, err := os.ReadDir(l.Spaces)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return paths, &files.Error{Action: "read", Path: l.Spaces, Err: files.Bare(err)}
	}
	for _, space := range spaces {
		paths = append(paths, filepath.Join(l.Spaces, space.Name(), localFile))
	}
	return paths, nil
}

// DefaultWorkspace is the workspace that is always there.
const DefaultWorkspace = "default"

// maxWorkspace bounds the file that names the selected workspace.
const maxWorkspace = 64 << 10

// readState looks for local state wherever Terraform may have put it: where init
// noted a backend "local" (its path may have come from -backend-config), where a
// block of that type says, and beside the configuration. What cannot be read is
// told beside the rest.
func readState(dir string, blocks []BackendBlock, getenv func(string) string) (out LocalState, problems []error) {
	var err error
	out.DataDir = DataDir(dir, getenv)
	if out.Workspace, err = SelectedWorkspace(out.DataDir); err != nil {
		problems = append(problems, err)
	}
	var unread error
	if out.Configured, unread = ReadConfigured(out.DataDir); unread != nil {
		out.Unreadable = true
	}
	var places []LocalPlace
	if c := out.Configured; c != nil && c.Type == "local" {
		places = append(places, LocalPlaceOf(dir, c.Attributes))
	}
	for _, b := range blocks {
		if b.Type == "local" {
			places = append(places, LocalPlaceOf(dir, b.Attributes))
		}
	}
	places = append(places, LocalPlaceOf(dir, nil))
	seen := map[string]bool{}
	for i, place := range places {
		states, errs := place.states(seen)
		for _, s := range states {
			s.Stray = i > 0 && files.RealPath(s.Path) != files.RealPath(places[0].Path) && !files.Within(places[0].Spaces, s.Path)
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
func (l LocalPlace) states(seen map[string]bool) (states []State, problems []error) {
	paths, unlisted := l.Files()
	for i, path := range paths {
		target := files.RealPath(path)
		if seen[target] {
			continue
		}
		seen[target] = true
		workspace := DefaultWorkspace
		if i > 0 {
			workspace = filepath.Base(filepath.Dir(path))
		}
		state, err := readStateFile(path, workspace)
		if err != nil {
			problems = append(problems, err)
		}
		if state != nil {
			states = append(states, *state)
		}
	}
	if unlisted != nil {
		problems = append(problems, unlisted)
	}
	return states, problems
}

// DataDir gives .terraform, or what TF_DATA_DIR says; Terraform takes that from
// the directory it runs in.
func DataDir(dir string, getenv func(string) string) string {
	data := cmp.Or(getenv("TF_DATA_DIR"), ".terraform")
	if filepath.IsAbs(data) {
		return data
	}
	return filepath.Join(dir, data)
}

// WorkspaceFile is the file of the data directory that names the selected workspace.
const WorkspaceFile = "environment"

// SelectedWorkspace is the workspace that a data directory names, the default one when
// nothing does.
func SelectedWorkspace(dataDir string) (string, error) {
	selected, err := files.ReadUpTo(filepath.Join(dataDir, WorkspaceFile), files.Limit{Bytes: maxWorkspace})
	return cmp.Or(strings.TrimSpace(string(selected.Bytes)), DefaultWorkspace), err
}

func readStateFile(path, workspace string) (*State, error) {
	file, err := files.Read(path)
	if err != nil || len(file.Bytes) == 0 {
		return nil, err
	}
	state, err := ParseAnyState(file.Bytes)
	if err != nil {
		return nil, &files.Error{Action: "read", Path: path, Problem: "it is not a Terraform state", Remedy: "restore it from a backup or move it aside"}
	}
	state.Path, state.Workspace = path, workspace
	return &state, nil
}

// cacheFormat is the only format of .terraform/terraform.tfstate that Terraform
// from 0.9 to 1.16 reads ("unsupported backend state version" otherwise).
const cacheFormat = 3

// ReadConfigured reads the backend that init remembers in a data directory, nil without
// one. Terraform writes null for every argument that is not set.
func ReadConfigured(dataDir string) (*Configured, error) {
	path := filepath.Join(dataDir, "terraform.tfstate")
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
		BackendConfig: BackendConfig{Place: files.Place{Path: path, Line: 1}, Type: data.Backend.Type, Attributes: notedAttributes("", values, file.Bytes)},
		config:        data.Backend.Config, hash: data.Backend.Hash,
	}
	if bucket := out.Attributes.Find("bucket"); bucket != nil {
		out.Line = bucket.Line
	}
	return out, nil
}
