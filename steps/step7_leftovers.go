package steps

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// LeftDir is the folder beside the blueprint in which earlier versions kept the
// journal and the backups. Whatever lies there came with the repository or could
// have: it is named and never read.
const LeftDir = ".stateroom"

// Leftovers are what earlier versions kept in the repository.
type Leftovers struct {
	// Folder says that the folder is there.
	Folder bool
	// Journal is the path of the journal in it, empty without one.
	Journal string
	// Backups are of files, with whatever secret was taken out of them.
	Backups []string
}

func inspectLeft(env *engine.Env, a *blueprint.Answers) Leftovers {
	var left Leftovers
	folder := filepath.Join(env.Root(), LeftDir)
	_, err := os.Lstat(folder)
	left.Folder = err == nil
	journal := filepath.Join(folder, "journal.jsonl")
	if _, err := os.Lstat(journal); err == nil {
		left.Journal = journal
	}
	for _, project := range a.Projects {
		left.Backups = append(left.Backups, backupsIn(env.ProjectDir(project))...)
	}
	return left
}

// backupsIn are the backups that earlier versions left beside a project's files.
func backupsIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // what is wrong with the folder is told where its files are read
	}
	var found []string
	for _, e := range entries {
		if strings.Contains(e.Name(), ".stateroom-") && strings.HasSuffix(e.Name(), ".bak") {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}

func (l Leftovers) findings() []plan.Finding {
	var findings []plan.Finding
	if l.Journal != "" {
		findings = append(findings, plan.Finding{
			ID: "files.journal-in-repository", Severity: plan.Info,
			Evidence: l.Journal + " is not read: whoever can write to the repository could have written it. Earlier versions kept the journal there; it is now in the user's own state directory.",
			Remedy:   fmt.Sprintf("If it is yours, remove it with rm %s. Keep the backups of states beside it while you may need them.", l.Journal),
		})
	}
	for _, backup := range l.Backups {
		findings = append(findings, plan.Finding{
			ID: "files.backup-in-repository", Severity: plan.Info,
			Evidence: backup + " is a backup of an earlier version. It may hold a secret that was taken out of the file, and git add -A stages it.",
			Remedy:   "Move it out of the repository, or remove it.",
		})
	}
	return findings
}
