// Package tf reads a Terraform project's directory and edits its backend and provider
// blocks: the configuration in both syntaxes, .terraform and what init noted there, the
// lock file of the providers, the states that lie on the disk, and what of all this
// leads elsewhere than to the user's own account.
//
// [Inspect] looks; [EditBackend] and [EditProvider] are pure, and give a
// [files.Edit] for each file; [InitNeeded] says which terraform init a project needs
// afterwards.
//
// What does not live here: reading a file from the disk and writing one (steps/files),
// the profiles that a block names (steps/files/profiles), which values belong in a
// block (the steps decide), and running Terraform (steps/terraform).
package tf
