// Package files edits the files that a set-up touches on an admin's disk
// without disturbing a byte that is not its own: ~/.aws/credentials and
// ~/.aws/config, the backend and provider blocks of a Terraform project, and
// .gitignore.
//
// Every editor is in two parts. The pure part ([EditProfile], [EditBackend],
// [EditProvider], [EditGitignore]) takes [Snapshot] values and gives an [Edit]:
// the new content and its description, field by field, without touching the
// disk, so that a plan can show it. The disk part ([Read], [Write]) is shared:
// it locks, notices that somebody else changed the file meanwhile, keeps a
// backup and replaces the file in one step.
//
// What does not live here: which values belong in the files (the steps decide),
// running Terraform (steps/terraform), and any call to AWS. From the AWS SDK
// only its configuration loader is used, to prove that it reads the profile
// that was written.
package files
