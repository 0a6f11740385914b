// Package terraform runs terraform or tofu as a child process: finding the
// engine and its version, running a command with streamed lines and structured
// diagnostics, and the three sequences that set-up needs (the probe in a
// scratch directory, init of a project, migration of a state).
//
// It does not write backend.tf (package files/tf does), does not know what an
// error text means (package diagnosis does), and talks to no AWS service.
package terraform
