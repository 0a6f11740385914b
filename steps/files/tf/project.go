package tf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"stateroom/steps/files"
)

// Edited are the files of the project that an edit of backend, provider or
// required_version may write.
func (p *Project) Edited() []string {
	paths := []string{filepath.Join(p.Dir, backendFile), filepath.Join(p.Dir, providerFile)}
	paths = append(paths, p.Places()...)
	for _, b := range p.Providers {
		paths = append(paths, b.Path)
	}
	for _, v := range p.Versions {
		paths = append(paths, v.Path)
	}
	return paths
}

// Places are the files that say where the project's state is: those of its backends, and
// the last of those that complete them.
func (p *Project) Places() []string {
	var paths []string
	for _, b := range p.Backends {
		paths = append(paths, b.Path)
	}
	if i := lastFile(p.configs); i >= 0 {
		paths = append(paths, p.configs[i].file.Path)
	}
	return paths
}

// maxConfig bounds one file of a configuration; parsing takes a hundred times as
// much memory as the text.
const maxConfig = 4 << 20

// Project is one Terraform root directory as its files stand.
type Project struct {
	Dir       string
	Files     []files.Snapshot // what Terraform and OpenTofu read, by name
	Backends  []BackendBlock   // more than one is an error of the project's, see Backend
	Clouds    []BackendBlock   // cloud blocks, of type "cloud"
	Providers []ProviderBlock  // of type aws, aliased ones too
	Versions  []VersionConstraint
	// Required are the providers that native files ask for by required_providers, each
	// source once for every place. Those of modules and those that only follow from a
	// resource's type are not known here.
	Required []RequiredProvider
	// configs are what init is given to complete the backend, in its order.
	configs []config
	// declared are the variables and locals, as var.NAME and local.NAME.
	declared []string
	own      *Own // nil until [Project.NoteStores] has looked
	State    LocalState
	// Generated is the generator that writes the project's files, nil without one.
	Generated *Generated
}

// VersionConstraint is a required_version argument and where it stands;
// Terraform demands that all of them hold.
type VersionConstraint struct {
	files.Place
	Text string

	span hcl.Range
	json bool
}

// BackendConfig is what a block says of a backend, or what init noted, and where.
type BackendConfig struct {
	files.Place
	Type       string     // such as "s3"
	Attributes Attributes // the arguments that are set
	// Store is where an S3-compatible store answers that is neither AWS's nor this
	// run's own, empty for none and until [Project.NoteStores] has looked.
	Store string
}

// BackendBlock is a backend block.
type BackendBlock struct {
	BackendConfig

	terraform, block *hclsyntax.Block // nil in a JSON file
	// given is what variables of the environment give to every init.
	given []InitConfig
	// configs complete it, and are then a part of its Attributes; written are those that
	// stand in the block alone.
	configs []config
	written Attributes
}

// ProviderBlock is a provider "aws" block and where it stands.
type ProviderBlock struct {
	files.Place
	Alias      string // empty for the default provider
	Attributes Attributes

	block *hclsyntax.Block // nil in a JSON file
}

// Inspect reads the *.tf, *.tofu, *.tf.json and *.tofu.json files of dir
// (not of its sub-directories), override files included, and what Terraform
// left there: local state and the backend that .terraform, or TF_DATA_DIR, is
// configured for. A missing directory is a project without files. It gives
// what can be read and, apart, everything that cannot, each an [*Error] with file
// and, where the file is malformed, line. configs are what every init of the project is
// given with -backend-config, files relative to dir or NAME=VALUE: what they say counts as
// said by the backend block.
func Inspect(dir string, getenv func(string) string, configs ...string) (p *Project, problems []error) {
	p = &Project{Dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, []error{&files.Error{Action: "read", Path: dir, Err: files.Bare(err)}}
	}
	for _, entry := range entries {
		inTheWay := slices.Contains([]string{backendFile, providerFile}, entry.Name()) // Terraform reads no directory, but a file is to be written there
		if !isConfig(entry.Name()) || entry.IsDir() && !inTheWay {
			continue
		}
		file, err := files.ReadUpTo(filepath.Join(dir, entry.Name()), files.Limit{Bytes: maxConfig})
		if err == nil {
			err = p.add(file)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	problems = append(problems, p.readConfigs(configs)...)
	given := givenByVariables(dir, getenv)
	for i := range p.Backends {
		p.Backends[i].given = given
	}
	state, unread := readState(dir, p.Backends, getenv)
	p.State, p.Generated = state, p.generatedBy()
	return p, append(problems, unread...)
}

// The files that a missing block is written to.
const (
	backendFile  = "backend.tf"
	providerFile = "provider.tf"
)

// isConfig tells the files that Terraform reads: editors' leavings are ignored
// (internal/configs/parser_config_dir.go in Terraform 1.11).
func isConfig(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") {
		return false
	}
	for _, ext := range []string{".tf", ".tofu", ".tf.json", ".tofu.json"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// What a project's files are read for.
var (
	fileSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "terraform"},
		{Type: "provider", LabelNames: []string{"name"}},
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
	}}
	terraformSchema = &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "required_version"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "backend", LabelNames: []string{"type"}}, {Type: "cloud"}},
	}
)

// add takes in what one file says, in either syntax.
func (p *Project) add(file files.Snapshot) error {
	p.Files = append(p.Files, file)
	body, err := parse(file.Path, file.Bytes)
	if err != nil {
		return err
	}
	content, unread := part(file.Path, body, fileSchema)
	for _, block := range content.Blocks {
		switch {
		case block.Type == "terraform":
			if err := p.addTerraform(file, block.Body, native(body, block)); unread == nil {
				unread = err
			}
		case block.Type == "variable":
			p.declared = append(p.declared, "var."+block.Labels[0])
		case block.Type == "locals":
			attributes, _ := block.Body.JustAttributes() // what is no attribute declares nothing
			for name := range attributes {
				p.declared = append(p.declared, "local."+name)
			}
		case block.Labels[0] == "aws":
			provider := ProviderBlock{Place: placeOf(block), Attributes: attributesOf(block.Body, file.Bytes), block: native(body, block)}
			if alias := provider.Attributes.Find("alias"); alias != nil {
				provider.Alias = alias.Value
			}
			p.Providers = append(p.Providers, provider)
		}
	}
	return unread
}

func (p *Project) addTerraform(file files.Snapshot, body hcl.Body, terraform *hclsyntax.Block) error {
	content, unread := part(file.Path, body, terraformSchema)
	for _, v := range content.Attributes {
		a := attribute("required_version", v.Expr, file.Bytes)
		p.Versions = append(p.Versions, VersionConstraint{files.Place{Path: file.Path, Line: a.Line}, a.Value, v.Expr.Range(), terraform == nil})
	}
	if terraform != nil {
		for _, block := range terraform.Body.Blocks {
			if block.Type == "required_providers" {
				p.Required = append(p.Required, required(file, block)...)
			}
		}
	}
	for _, block := range content.Blocks {
		b := BackendBlock{BackendConfig: BackendConfig{Place: placeOf(block), Type: block.Type, Attributes: attributesOf(block.Body, file.Bytes)}}
		if block.Type == "cloud" {
			p.Clouds = append(p.Clouds, b)
			continue
		}
		b.Type, b.terraform, b.block = block.Labels[0], terraform, native(body, block)
		p.Backends = append(p.Backends, b)
	}
	return unread
}

func placeOf(block *hcl.Block) files.Place {
	return files.Place{Path: block.DefRange.Filename, Line: block.DefRange.Start.Line}
}

// Backend gives the project's backend block, nil when there is none. A cloud
// block or a second backend is an [*Error] that names both places: Terraform
// refuses the project, and nobody can tell which of them is meant.
func (p *Project) Backend() (*BackendBlock, error) {
	var places []files.Place
	for _, b := range p.Backends {
		places = append(places, b.Place)
	}
	if len(p.Clouds) > 0 {
		problem := "the project keeps its state in HCP Terraform (cloud block)"
		if len(places) > 0 {
			problem += fmt.Sprintf(" and has a backend as well, in %s", places[0])
		}
		return nil, &files.Error{
			Action: "configure", Path: p.Clouds[0].Path, Line: p.Clouds[0].Line,
			Problem: problem, Remedy: "remove the cloud block after moving the state",
		}
	}
	if len(places) > 1 {
		return nil, &files.Error{
			Action: "configure", Path: places[1].Path, Line: places[1].Line,
			Problem: fmt.Sprintf("it is a second backend block, the first is in %s", places[0]),
			Remedy:  "remove one of the two",
		}
	}
	if len(places) == 0 {
		return nil, nil //nolint:nilnil // no backend is a plain fact, not an error
	}
	return &p.Backends[0], nil
}

// Provider is the project's default aws provider, nil without one.
func (p *Project) Provider() *ProviderBlock {
	for i := range p.Providers {
		if p.Providers[i].Alias == "" {
			return &p.Providers[i]
		}
	}
	return nil
}

// file gives the snapshot of a path, or of a file that is not there yet.
func (p *Project) file(path string) files.Snapshot {
	for _, f := range p.Files {
		if f.Path == path {
			return f
		}
	}
	return files.Snapshot{Path: path}
}
