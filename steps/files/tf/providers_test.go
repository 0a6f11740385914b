package tf

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/dirhash"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

func TestRequiredProvidersAreFoundInTheLockFile(t *testing.T) {
	p := project(t, map[string]string{
		"v.tf": `terraform {
  required_providers {
    aws    = { source = "hashicorp/aws", version = "~> 6.0" }
    random = "3.1.0"
    mine   = { source = "registry.acme.example/acme/mine" }
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
`,
		LockFile: `provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.0.0"
  constraints = "~> 5.0"
}
provider "registry.opentofu.org/hashicorp/random" {
  version = "3.1.0"
}
`,
	})
	at := func(line int) files.Place { return files.Place{Path: filepath.Join(p.Dir, "v.tf"), Line: line} }
	want := []RequiredProvider{
		{at(3), "hashicorp/aws", "~> 6.0"}, {at(4), "hashicorp/random", "3.1.0"}, {at(5), "registry.acme.example/acme/mine", ""},
	}
	if diff := cmp.Diff(want, p.Required); diff != "" {
		t.Fatal(diff)
	}
	locked, err := ReadLockFile(p.Dir)
	if err != nil || len(locked) != 2 {
		t.Fatalf("locked %v, %v", locked, err)
	}
	if !want[0].Locks(locked[0]) || want[0].Locks(locked[1]) || !want[1].Locks(locked[1]) || want[2].Locks(locked[0]) {
		t.Error("a provider is taken for another")
	}
	filestest.Put(t, filepath.Join(p.Dir, LockFile), "junk {", 0o600)
	if _, err := ReadLockFile(p.Dir); err == nil {
		t.Error("junk was read")
	}
	if none, err := ReadLockFile(t.TempDir()); none != nil || err != nil {
		t.Errorf("no file gives %v, %v", none, err)
	}
}

func TestAnInstalledProviderIsComparedWithItsChecksums(t *testing.T) {
	dir := t.TempDir()
	l := LockedProvider{Source: "registry.terraform.io/hashicorp/aws", Version: "5.0.0", Hashes: []string{"zh:x", "h1:wrong"}}
	if _, known, err := l.Genuine(dir); known || err != nil {
		t.Errorf("nothing is installed: %v, %v", known, err)
	}
	at := filepath.Join(dir, "providers", "registry.terraform.io", "hashicorp", "aws", "5.0.0", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	filestest.Put(t, filepath.Join(at, "terraform-provider-aws"), "binary", 0o700)
	if ok, known, err := l.Genuine(dir); ok || !known || err != nil {
		t.Errorf("a wrong checksum gives %v, %v, %v", ok, known, err)
	}
	sum, err := dirhash.HashDir(at, "", dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	l.Hashes = append(l.Hashes, sum)
	if ok, known, err := l.Genuine(dir); !ok || !known || err != nil {
		t.Errorf("the right checksum gives %v, %v, %v", ok, known, err)
	}
	l.Hashes = []string{"zh:x"}
	if _, known, _ := l.Genuine(dir); known {
		t.Error("a checksum of the archive says nothing of the unpacked package")
	}
}

func TestPermits(t *testing.T) {
	tests := []struct {
		constraints, version string
		ok, understood       bool
	}{
		{">= 1.10.2", "1.11.4", true, true},
		{">= 1.99", "1.11.4", false, true},
		{"~> 1.5", "1.11.4", true, true},
		{"~> 1.5.0", "1.11.4", false, true},
		{"~> 1.11.0", "1.11.4", true, true},
		{"~> 2", "1.11.4", false, true},
		{">= 1.5, < 1.11", "1.11.4", false, true},
		{"!= 1.11.4", "1.11.4", false, true},
		{"1.11.4", "1.11.4", true, true},
		{">= 1.12", "1.12.0-beta1", true, true},
		{"6.0.0-beta1", "6.0.0-beta1", true, true},
		{"6.0.0-beta1", "6.0.0-beta2", false, true},
		{"${x}", "1.11.4", false, false},
	}
	for _, tt := range tests {
		if ok, understood := Permits(tt.constraints, tt.version); ok != tt.ok || understood != tt.understood {
			t.Errorf("Permits(%q, %q) = %v, %v", tt.constraints, tt.version, ok, understood)
		}
	}
}

func TestBackendArgumentsStand(t *testing.T) {
	for name, want := range map[string]struct {
		standing Standing
		meant    string
	}{
		"profile": {Known, ""}, "role_arn": {Removed, ""}, "profil": {Unknown, "profile"}, "encrypted": {Unknown, "encrypt"},
		"flux_capacitor": {Unknown, ""},
	} {
		if s, meant := BackendArgument(name); s != want.standing || meant != want.meant {
			t.Errorf("BackendArgument(%q) = %v, %q", name, s, meant)
		}
	}
}

func TestWhatABackendNeedsAndNoFileDeclaresIsNamed(t *testing.T) {
	p := project(t, map[string]string{
		"backend.tf":     "terraform {\n  backend \"s3\" {\n    bucket = \"${var.company}-${local.stage}\"\n    key    = \"${var.key}/${local.key}/${terraform.workspace}\"\n    region = upper(var.json)\n  }\n}\n",
		"variables.tf":   "variable \"company\" {}\nlocals {\n  stage = \"test\"\n}\n",
		"others.tf.json": `{"variable": {"json": {}}}`,
	})
	var got []string
	for _, a := range p.Backends[0].Arguments() {
		got = append(got, strings.Join(p.Undeclared(a), " "))
	}
	if want := []string{"", "var.key local.key", ""}; !slices.Equal(got, want) {
		t.Errorf("undeclared %q, not %q", got, want)
	}
}

func TestBackendIsMendedWhereTerraformRefusesIt(t *testing.T) {
	before := `terraform {
  backend "s3" {
    bucket = var.bucket # ours
    key    = "k"
    encrypted = true
    allowed_account_ids   = ["222222222222"]
    forbidden_account_ids = ["111111111111"]

    assume_role {
      role_arn = "arn:aws:iam::111111111111:role/state"
    }
  }
}
`
	want := `terraform {
  backend "s3" {
    bucket = "b" # ours
    key    = "k"
    allowed_account_ids   = ["111111111111"]

    assume_role = {
      role_arn = "arn:aws:iam::111111111111:role/state"
    }
  }
}
`
	p := project(t, map[string]string{"backend.tf": before})
	args := p.Backends[0].Arguments()
	if !args[0].Expression || args[1].Expression || !args[len(args)-1].Block {
		t.Errorf("arguments %+v", args)
	}
	mend := Backend{Bucket: "b", Key: "k", Account: "111111111111", Literal: true, Drop: []string{"encrypted"}}
	after, _ := carryOut(t, p, func(p *Project) ([]files.Edit, error) { return EditBackend(p, mend) })
	if diff := cmp.Diff(want, after["backend.tf"]); diff != "" {
		t.Error(diff)
	}
	mend.Drop = append(mend.Drop, "assume_role")
	gone, _ := carryOut(t, inspect(t, p.Dir), func(p *Project) ([]files.Edit, error) { return EditBackend(p, mend) })
	if again := inspect(t, p.Dir); len(again.Backends) != 1 || again.Backends[0].Attributes.Find("assume_role.role_arn") != nil {
		t.Errorf("assume_role stays in %s", gone["backend.tf"])
	}
}
