package terraform

import (
	"fmt"

	"golang.org/x/mod/semver"
)

// Oldest versions that understand the files we write; both hold for Terraform
// and for OpenTofu, so that one required_version suits every laptop.
const (
	// oldestPlain is the first OpenTofu, and the first Terraform with the
	// endpoints argument and with the error texts that diagnoses match.
	oldestPlain = "1.6.0"
	// oldestLockfile is where use_lockfile works under a strict bucket policy:
	// Terraform and OpenTofu have the argument from 1.10.0 (Terraform calls it
	// generally available from 1.11), but OpenTofu 1.10.0 and 1.10.1 write the
	// lock file without encryption headers (opentofu#2970).
	oldestLockfile = "1.10.2"
)

// oldestVersion is the oldest version, the same for both engines, that can
// work with a back end whose lock does or does not use a lock file in S3.
func oldestVersion(useLockfile bool) string {
	if useLockfile {
		return oldestLockfile
	}
	return oldestPlain
}

// RequiredVersion is the required_version that backend.tf carries. The lock
// decides it, not the installed engine, so that the file is the same on every
// laptop and admits both Terraform and OpenTofu.
func RequiredVersion(useLockfile bool) string { return ">= " + oldestVersion(useLockfile) }

// Supports says in one sentence why this engine cannot work with the chosen
// lock, or returns nil.
func (e *Engine) Supports(useLockfile bool) error {
	oldest := oldestVersion(useLockfile)
	if semver.Compare("v"+e.Version, "v"+oldest) >= 0 {
		return nil
	}
	why := "the files that stateroom writes"
	if useLockfile {
		why = "the lock file in S3 (use_lockfile)"
	}
	return &Error{
		Action:   "check " + e.Path,
		Resource: e.Name + " " + e.Version,
		Reason:   fmt.Sprintf("is too old for %s, which needs %s or later", why, oldest),
		Remedy:   fmt.Sprintf("install %s %s or later, or name another with --engine", e.Name, oldest),
	}
}
