package terraform

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"stateroom/steps/files/tf"
)

// remembered is a scratch project whose back end is the one that init noted in
// p, or the local state in p's directory: what p's own files need no longer
// name. Where nothing is remembered it is p itself. It lies in a directory of the
// caller's. Forget removes what was made; the notes may hold credentials, so
// nothing of them stays.
func (p Project) remembered(in string) (old Project, forget func(), err error) {
	forget = func() {}
	text, err := p.notedBackend()
	if err != nil || text == nil {
		return p, forget, err
	}
	dir, err := os.MkdirTemp(in, "stateroom-remembered-")
	if err != nil {
		return p, forget, fmt.Errorf("read the old backend of %s: %w", p.Dir, err)
	}
	forget = func() { _ = os.RemoveAll(dir) } // a temporary directory of our own
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600); err != nil {
		forget()
		return p, func() {}, fmt.Errorf("read the old backend of %s: %w", p.Dir, err)
	}
	old = p.pin("TF_DATA_DIR", filepath.Join(dir, ".terraform"))
	old.Dir, old.Configs = dir, nil
	return old, forget, nil
}

// notedBackend is a terraform block with the back end that init noted, or with
// the local one where a state lies in the directory; nil without either.
func (p Project) notedBackend() ([]byte, error) {
	noted, err := tf.ReadConfigured(p.dataDir())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the old backend of %s: %w", p.Dir, err)
	case noted == nil:
		return p.localBackend(nil)
	case noted.Type == "local":
		return p.localBackend(noted.Attributes)
	}
	arguments, err := noted.Values()
	if err != nil {
		return nil, fmt.Errorf("read the old backend of %s: %w", p.Dir, err)
	}
	return backendBlock(noted.Type, arguments), nil
}

// localBackend is a local one with the arguments that init noted, and nil where
// nothing lies in its place. Its paths are taken from p's directory, which the
// scratch project is not in.
func (p Project) localBackend(noted tf.Attributes) ([]byte, error) {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("read the local state of %s: %w", p.Dir, err)
	}
	at := tf.LocalPlaceOf(dir, noted)
	if !exists(at.Path) && !exists(at.Spaces) {
		return nil, nil
	}
	return backendBlock("local", map[string]cty.Value{"path": cty.StringVal(at.Path), "workspace_dir": cty.StringVal(at.Spaces)}), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// backendBlock renders a terraform block; arguments that are not set are left
// out.
func backendBlock(kind string, arguments map[string]cty.Value) []byte {
	f := hclwrite.NewEmptyFile()
	body := f.Body().AppendNewBlock("terraform", nil).Body().AppendNewBlock("backend", []string{kind}).Body()
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		if !arguments[name].IsNull() {
			body.SetAttributeValue(name, arguments[name])
		}
	}
	return f.Bytes()
}
