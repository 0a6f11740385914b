// Package files edits the files that a set-up touches on an admin's disk
// without disturbing a byte that is not its own.
//
// Every editor is in two parts. The pure part ([EditGitignore], [EditBackend],
// [EditProvider], and those of steps/files/profiles) takes [Snapshot] values and
// gives an [Edit]: the new content and its description, field by field, without
// touching the disk, so that a plan can show it. The disk part ([Read], [Write]) is
// shared: it locks, notices that somebody else changed the file meanwhile, keeps a
// backup and replaces the file in one step.
//
// What does not live here: the AWS files (steps/files/profiles), which values belong
// in the files (the steps decide), running Terraform (steps/terraform), and any call
// to AWS.
package files
