package tf

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/mod/sumdb/dirhash"

	"stateroom/steps/files"
)

// LockFile is the name of the file in which init notes the providers' versions.
const LockFile = ".terraform.lock.hcl"

// RequiredProvider is one provider that a project's files ask for.
type RequiredProvider struct {
	files.Place
	// Source is namespace/name, or host/namespace/name.
	Source string
	// Version is the constraint, empty for none.
	Version string
}

// LockedProvider is one provider of the lock file.
type LockedProvider struct {
	Line    int
	Source  string // host/namespace/name
	Version string
	Hashes  []string // such as h1:…, empty where they cannot be told
}

// builtIn is the provider that needs no download.
const builtIn = "terraform.io/builtin/terraform"

// required reads a block required_providers. An entry of a single string, as before
// Terraform 0.13, is a constraint of a provider of HashiCorp's.
func required(file files.Snapshot, block *hclsyntax.Block) []RequiredProvider {
	var out []RequiredProvider
	entries := attributes(block.Body, file.Bytes, "")
	for _, item := range ordered(block.Body) {
		if item.attr == nil {
			continue
		}
		name := item.attr.Name
		r := RequiredProvider{Place: files.Place{Path: file.Path, Line: item.attr.SrcRange.Start.Line}, Source: "hashicorp/" + name}
		if source := entries.Get(name + ".source"); source != "" {
			r.Source = source
		}
		r.Version = entries.Get(name + ".version")
		if plain := entries.Find(name); plain != nil && plain.Literal {
			r.Version = plain.Value
		}
		if r.Source != builtIn {
			out = append(out, r)
		}
	}
	return out
}

// Locks tells whether a provider of the lock file is the one that is required:
// either engine's own registry stands for a source without a host.
func (r RequiredProvider) Locks(l LockedProvider) bool {
	source := strings.ToLower(r.Source)
	if strings.Count(source, "/") == 2 {
		return l.Source == source
	}
	return l.Source == "registry.terraform.io/"+source || l.Source == "registry.opentofu.org/"+source
}

// Genuine compares the provider's package that init installed in a data directory
// with the checksums of the lock file, as Terraform does before it starts it. It
// is not known where no package is installed, or where the lock file has no
// checksum of the kind that an unpacked package can be compared with (h1).
func (l LockedProvider) Genuine(dataDir string) (ok, known bool, err error) {
	hasH1 := slices.ContainsFunc(l.Hashes, func(h string) bool { return strings.HasPrefix(h, "h1:") })
	dir, err := filepath.EvalSymlinks(filepath.Join(dataDir, "providers", filepath.FromSlash(l.Source), l.Version, runtime.GOOS+"_"+runtime.GOARCH))
	if err != nil || !hasH1 {
		return false, false, nil //nolint:nilerr // nothing is installed
	}
	sum, err := dirhash.HashDir(dir, "", dirhash.Hash1)
	if err != nil {
		return false, false, &files.Error{Action: "read", Path: dir, Err: err}
	}
	return slices.Contains(l.Hashes, sum), true, nil
}

// ReadLockFile reads the providers' lock file of a project's directory; none
// and no error where there is no file.
func ReadLockFile(dir string) ([]LockedProvider, error) {
	file, err := files.Read(filepath.Join(dir, LockFile))
	if err != nil || !file.Exists {
		return nil, err
	}
	body, err := parseHCL(file.Path, file.Bytes)
	if err != nil {
		return nil, err
	}
	out := []LockedProvider{}
	for _, block := range body.Blocks {
		if block.Type != "provider" || len(block.Labels) != 1 {
			return nil, &files.Error{
				Action: "read", Path: file.Path, Line: block.TypeRange.Start.Line,
				Problem: "the lock file has a block " + block.Type + ", which Terraform does not write there", Remedy: "restore the file from version control",
			}
		}
		locked := LockedProvider{
			Line: block.TypeRange.Start.Line, Source: strings.ToLower(block.Labels[0]),
			Version: attributes(block.Body, file.Bytes, "").Get("version"),
		}
		if attr, ok := block.Body.Attributes["hashes"]; ok {
			locked.Hashes, _ = texts(attr.Expr)
		}
		out = append(out, locked)
	}
	return out, nil
}
