package plan

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// FailedChange is a change with the reason why it could not be made.
type FailedChange struct {
	Change Change
	Err    error
}

// Summary is how a run ended.
type Summary struct {
	// Add, Change and Destroy count the plan as Terraform does.
	Add, Change, Destroy int
	Applied, Failed      int
	Skipped, Unknown     int
	// Run counts the plan's commands, which are in none of Terraform's three numbers.
	Run int
	// Outcome is what the last look has found so; where the run was stopped, or could
	// not look again, it is that of the look before the changes (Stale), and nil where
	// the flow does not tell. Proof is how far it was shown to work.
	Outcome Outcome
	Stale   bool
	Proof   Proof
	// Due are the changes that the last look still plans, without the others: Excluded
	// are those that the operator left out, with what needs one of them, and Barred those
	// that a finding stops.
	Due, Excluded, Barred int
	// DueRun are the commands among those that are due.
	DueRun int
	// NotOurs are the changes left out because what they touch is not ours.
	NotOurs  []Change
	Failures []FailedChange
	Findings []Finding
	// Checks are those of the last look, where the run is a flow.
	Checks []Check
	// Backups are the paths of what the edited files held before.
	Backups []string
	// Notes are what to tell at the end: what exists, where, what it costs a
	// month, who has keys still to collect.
	Notes []string
	// Then is what to do now, in words that follow "Next:" and have no full stop; empty
	// where there is nothing.
	Then string
	// DryRun says that nothing was to be applied; Declined that the operator said
	// no; Left that they went away without an answer; Stopped that the run was
	// interrupted.
	DryRun, Declined, Left, Stopped bool
	// Ended says that the run came to its end by itself: what interrupted the program came
	// later, and broke nothing off.
	Ended bool
	// Next is the command that makes the changes which were not made since nobody could
	// be asked about them or, with NextChecks, that looks at the setup as well as at a
	// text; empty where there is neither. NextReads says that it reads the input of this
	// run once more.
	Next                  string
	NextChecks, NextReads bool
}

// CarriedOut says that the plan was, at least in part: the run was no dry run, somebody
// could be asked, and nobody declined, left or interrupted it.
func (s *Summary) CarriedOut() bool {
	return !s.DryRun && !s.Unasked() && !s.Declined && !s.Left && !s.Stopped
}

// Begun are the changes that were begun: what failed may have been made in part.
func (s *Summary) Begun() int { return s.Applied + s.Failed + s.Unknown }

// Unasked says that nothing was made since nobody could be asked.
func (s *Summary) Unasked() bool { return s.Next != "" && !s.NextChecks }

// Finished says that the run came to its end, and that everything of it was made.
func (s *Summary) Finished() bool { return s.CarriedOut() && s.Failed+s.Unknown+s.Skipped == 0 }

// BrokenOff says that an interrupt came before the run had ended.
func (s *Summary) BrokenOff() bool { return s.Stopped && !s.Ended }

// Unproven says that every change was made before the interrupt came, so that only
// the proof of the result is missing.
func (s *Summary) Unproven() bool {
	return s.BrokenOff() && s.Applied > 0 && s.Failed+s.Skipped+s.Unknown == 0
}

// Unfetched says that all that is due again are commands that could not download
// Terraform's providers: they fail again until those can be had.
func (s *Summary) Unfetched() bool {
	return s.CarriedOut() && s.Due > 0 && s.Due == s.DueRun && s.Proof.Why == ProofNoProviders
}

// Planned are the changes of the plan line, the commands too.
func (s *Summary) Planned() int { return s.Add + s.Change + s.Destroy + s.Run }

// Told are all of the notes, with what to do now at the end: without a full stop, for it
// may end with a command or a path that is copied.
func (s *Summary) Told() []string {
	if s.Then == "" {
		return s.Notes
	}
	return append(slices.Clone(s.Notes), "Next: "+s.Then)
}

// The exit codes of the command line.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitFindings    = 3
	ExitChanges     = 4
	ExitInterrupted = 130
)

// ExitCode is the process's exit code for this summary. detailed is
// --detailed-exitcode, which tells a dry run with changes from one without. A result that
// is not proven has the code of the finding that says why: one that is only to know, such
// as a provider registry out of reach, leaves it at done (DESIGN, step 8 and the exit
// codes), and JSON's proof tells the two apart.
func (s *Summary) ExitCode(detailed bool) int {
	switch {
	case s.Stopped:
		return ExitInterrupted
	case s.Failed > 0 || s.Unknown > 0 || s.Declined || s.Stale: // nobody has seen what came of it
		return ExitFailed
	case s.Left: // nothing was asked of the program that it has not done
		return ExitDone
	case NeedsAttention(s.Findings):
		return ExitFindings
	case s.DryRun && detailed && s.Planned() > 0:
		return ExitChanges
	}
	return ExitDone
}

// BackupNotes say where what edited files held before is: in the state directory,
// where nobody would look without being told. Of many it is the directory.
func (s *Summary) BackupNotes() []string {
	const most = 1
	if len(s.Backups) > most {
		dir := filepath.Dir(s.Backups[0])
		for _, backup := range s.Backups {
			for !strings.HasPrefix(backup, dir+string(filepath.Separator)) {
				dir = filepath.Dir(dir)
			}
		}
		return []string{fmt.Sprintf("Backups of %d files as they were before: %s", len(s.Backups), dir)}
	}
	var notes []string
	for _, backup := range s.Backups {
		notes = append(notes, "Backup of what was there before: "+backup)
	}
	return notes
}
