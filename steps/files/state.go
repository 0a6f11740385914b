package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stateroom/awsops/secret"
)

// LocalState is what Terraform left in a project's directory.
type LocalState struct {
	States     []StateFile // local state, of all workspaces; empty files are left out
	Configured *Configured // nil when the directory was never initialised with a backend
	Workspace  string      // the selected workspace, "default" when nothing says otherwise
}

// StateFile is one local state.
type StateFile struct {
	Path      string
	Workspace string
	Lineage   string
	Serial    uint64
	Resources int // resource blocks in it, as "terraform state list" groups them
}

// Configured is the backend that "terraform init" last configured, from
// .terraform/terraform.tfstate.
type Configured struct {
	Path   string
	Type   string            // such as "s3"
	Config map[string]string // the arguments that are set; access_key, secret_key and token read "(secret)"
}

// readState looks for local state beside the configuration: at local, the path
// of a backend "local" (terraform.tfstate by default), and per workspace.
func readState(dir, local string, getenv func(string) string) (LocalState, error) {
	out := LocalState{Workspace: "default"}
	if !filepath.IsAbs(local) {
		local = filepath.Join(dir, local)
	}
	paths := map[string]string{"default": local}
	names := []string{"default"}
	spaces, err := os.ReadDir(filepath.Join(dir, "terraform.tfstate.d"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, &Error{Action: "read", Path: filepath.Join(dir, "terraform.tfstate.d"), Err: bare(err)}
	}
	for _, space := range spaces {
		names = append(names, space.Name())
		paths[space.Name()] = filepath.Join(dir, "terraform.tfstate.d", space.Name(), "terraform.tfstate")
	}
	for _, name := range names {
		state, err := readStateFile(paths[name], name)
		if err != nil {
			return out, err
		}
		if state != nil {
			out.States = append(out.States, *state)
		}
	}
	data := dataDir(dir, getenv)
	if b, err := os.ReadFile(filepath.Join(data, "environment")); err == nil && strings.TrimSpace(string(b)) != "" {
		out.Workspace = strings.TrimSpace(string(b))
	}
	out.Configured, err = readConfigured(filepath.Join(data, "terraform.tfstate"))
	return out, err
}

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
	file, err := Read(path)
	if err != nil || len(file.Bytes) == 0 {
		return nil, err
	}
	var state struct {
		Lineage   string            `json:"lineage"`
		Serial    uint64            `json:"serial"`
		Resources []json.RawMessage `json:"resources"`
	}
	if err := json.Unmarshal(file.Bytes, &state); err != nil {
		return nil, &Error{Action: "read", Path: path, Problem: "it is not a Terraform state", Remedy: "restore it from a backup or move it aside"}
	}
	return &StateFile{path, workspace, state.Lineage, state.Serial, len(state.Resources)}, nil
}

// readConfigured reads what init remembers. Terraform writes null for every
// argument that is not set.
func readConfigured(path string) (*Configured, error) {
	file, err := Read(path)
	if err != nil || len(file.Bytes) == 0 {
		return nil, err
	}
	var data struct {
		Backend *struct {
			Type   string         `json:"type"`
			Config map[string]any `json:"config"`
		} `json:"backend"`
	}
	if err := json.Unmarshal(file.Bytes, &data); err != nil {
		return nil, &Error{Action: "read", Path: path, Problem: "it is not what terraform init writes", Remedy: "move the directory aside and run terraform init"}
	}
	if data.Backend == nil {
		return nil, nil //nolint:nilnil // initialised without a backend: nothing is configured
	}
	out := &Configured{Path: path, Type: data.Backend.Type, Config: map[string]string{}}
	for key, value := range data.Backend.Config {
		switch v := value.(type) {
		case string, bool, float64:
			out.Config[key] = fmt.Sprint(v)
		default:
			continue // null, or a list or map that decides nothing here
		}
		if secretName.MatchString(key) {
			out.Config[key] = secret.Redacted
		}
	}
	return out, nil
}

// localPath gives where a backend "local" keeps the state.
func (p *Project) localPath() string {
	for _, b := range p.Backends {
		if b.Type == "local" && b.Attributes.Get("path") != "" {
			return b.Attributes.Get("path")
		}
	}
	return "terraform.tfstate"
}
