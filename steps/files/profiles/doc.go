// Package profiles reads and edits the profiles of the shared AWS files,
// ~/.aws/credentials and ~/.aws/config, so that the SDK, the AWS CLI and Terraform
// read the same from what it leaves, and every other byte stays.
//
// An editor ([Edit], [EditAll], [Rename]) is pure: it takes a [files.Snapshot] and
// gives a [files.Edit], which the caller shows and writes.
//
// What does not live here: reading a file from the disk and writing one (steps/files),
// Terraform's files (steps/files/tf), and which profiles there ought to be (the steps
// decide). From the AWS SDK only its configuration loader is used, to prove that it
// reads the profile that was written.
package profiles
