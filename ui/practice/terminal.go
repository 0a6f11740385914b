package practice

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Terminal are the lines with which somebody works on the lab in a window of their own:
// the variables that lead there, the first project's folder, and Terraform.
func (l *Lab) Terminal() []string {
	return []string{shellOf(runtime.GOOS).run + l.terminalFile(), "cd " + filepath.Join(l.WorkDir, "live", articleAccounts[0].name), "terraform plan"}
}

// terminalFile is read by the shell that [Lab.Terminal] is typed into.
func (l *Lab) terminalFile() string {
	return filepath.Join(l.Root, "terminal"+shellOf(runtime.GOOS).suffix)
}

// WriteTerminal writes the file that the first line of [Lab.Terminal] reads. It holds the
// variables of the lab as they are now, and no secret.
func (l *Lab) WriteTerminal() error {
	shell := shellOf(runtime.GOOS)
	text := shell.clear
	for _, entry := range slices.Sorted(slices.Values(l.Environ)) {
		if name, value, _ := strings.Cut(entry, "="); isAWS(name) && value != "" {
			text += fmt.Sprintf(shell.set, name, strings.ReplaceAll(value, "'", shell.quote))
		}
	}
	if err := os.WriteFile(l.terminalFile(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("the commands for another window cannot be written: %w", err)
	}
	return nil
}

// shell is how variables are set where somebody works.
type shell struct {
	suffix, run string
	// clear takes away what the shell has of any AWS, and of other projects; set sets one
	// variable to a text between quotes, in which quote stands for a quote.
	clear, set, quote string
}

func shellOf(system string) shell {
	if system == "windows" {
		return shell{".ps1", ". ", "Get-ChildItem Env:AWS_*,Env:TF_DATA_DIR,Env:TF_WORKSPACE,Env:TF_CLI_ARGS* -ErrorAction Ignore | Remove-Item\n", "$env:%s = '%s'\n", "''"}
	}
	return shell{
		".sh", ". ", `for name in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\|TF_DATA_DIR\|TF_WORKSPACE\|TF_CLI_ARGS[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done` + "\n",
		"export %s='%s'\n", `'\''`,
	}
}
