// Package files edits the files that a set-up touches on an admin's disk
// without disturbing a byte that is not its own.
//
// Every editor is in two parts. The pure part ([EditGitignore], and those of
// steps/files/profiles and steps/files/tf) takes [Snapshot] values and gives an
// [Edit]: the new content and its description, field by field, without touching the
// disk, so that a plan can show it. The disk part ([Read], [Write]) is here: it locks,
// notices that somebody else changed the file meanwhile, keeps a backup and replaces
// the file in one step. So are the one bounded read ([Load], [Stream]), the directory
// that keeps a user's state, claims and notes.
//
// What does not live here: the syntax of the AWS files (steps/files/profiles) and of
// Terraform's (steps/files/tf), which values belong in the files (the steps decide),
// and running anything.
package files
