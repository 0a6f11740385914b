// Package complete proposes what can stand next on the command line, for the shells'
// completion scripts: users, groups, environments, projects and answers of the
// blueprint, faults to practice on, and profiles of the AWS files.
//
// What does not live here: the commands and flags themselves (ui/command), and the scripts,
// which cobra writes (stateroom completion).
package complete

import (
	"github.com/spf13/cobra"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/printable"
	"stateroom/ui/practice"
	"stateroom/ui/session"
)

// noFiles keeps the shell from proposing files where none can stand.
const noFiles = cobra.ShellCompDirectiveNoFileComp

// Install gives a command and all below it what can be the values of their flags, and
// no argument where they take none. For a flag that is not named here the shell proposes
// files.
func Install(root *cobra.Command) {
	if root.ValidArgsFunction == nil {
		root.ValidArgsFunction = cobra.NoFileCompletions
	}
	for name, values := range map[string]cobra.CompletionFunc{
		"me": ofTeam(members), "set": answers, "adopt": ofTeam(projects),
		"break": faults, "profile": named, "dir": directories,
		"account": cobra.NoFileCompletions, "accounts": cobra.NoFileCompletions, "endpoint-url": cobra.NoFileCompletions,
		"latency": cobra.NoFileCompletions, "listen": cobra.NoFileCompletions, "parallel": cobra.NoFileCompletions,
		"region": cobra.NoFileCompletions,
	} {
		if root.Flags().Lookup(name) != nil {
			_ = root.RegisterFlagCompletionFunc(name, values) // fails for an unknown flag alone
		}
	}
	for _, c := range root.Commands() {
		Install(c)
	}
}

// User proposes the blueprint's users for a command that takes one of them.
func User(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return ofTeam((*blueprint.Blueprint).AllUsers)(c, args, typed)
}

// Policy proposes the policies for the first argument of a command, and for the second
// one the parts of the blueprint that have such a policy.
func Policy(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var proposed []string
	for _, p := range steps.Policies() {
		switch {
		case len(args) == 0:
			proposed = append(proposed, cobra.CompletionWithDesc(p.Name, p.About))
		case len(args) == 1 && args[0] == p.Name:
			proposed = p.Parts(&blueprint.Answers{Blueprint: team(c)})
		}
	}
	return proposed, noFiles
}

// ofTeam proposes names of the blueprint.
func ofTeam(names func(*blueprint.Blueprint) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return names(team(c)), noFiles
	}
}

// team is the blueprint that a command would read, or the rehearsal's; an empty one
// where none can be read.
func team(c *cobra.Command) *blueprint.Blueprint {
	value := func(flag string) string {
		if f := c.Flags().Lookup(flag); f != nil {
			return f.Value.String()
		}
		return ""
	}
	path := value("blueprint")
	if path == "" && value("sandbox") == "true" {
		accounts, _ := c.Flags().GetInt("accounts") // zero is the usual number
		return practice.Team(accounts, value("region"))
	}
	if path == "" {
		path = session.BlueprintFile
	}
	b, err := blueprint.Read(path)
	if err != nil {
		return blueprint.New()
	}
	return b
}

// members are all whom --me takes: users, and groups whose members sign in.
func members(b *blueprint.Blueprint) []string {
	names := b.AllUsers()
	for _, g := range b.IdentityGroups() {
		names = append(names, g.Name)
	}
	return names
}

func projects(b *blueprint.Blueprint) (names []string) {
	for _, p := range b.Projects {
		names = append(names, p.Name)
	}
	return names
}

// answers are the paths that --set takes, up to their value.
func answers(c *cobra.Command, _ []string, _ string) (proposed []string, _ cobra.ShellCompDirective) {
	for _, path := range team(c).Paths() {
		proposed = append(proposed, path+"=")
	}
	return proposed, noFiles | cobra.ShellCompDirectiveNoSpace
}

func faults(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	proposed := []string{cobra.CompletionWithDesc("list", "list them all")}
	for _, f := range practice.Faults() {
		proposed = append(proposed, cobra.CompletionWithDesc(f.Name(), f.About))
	}
	return proposed, noFiles
}

// named are the profiles of both AWS files.
func named(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	for kind, find := range map[profiles.Kind]func(func(string) string) (string, error){
		profiles.Credentials: profiles.CredentialsPath, profiles.Config: profiles.ConfigPath,
	} {
		path, err := find(engine.ProcessEnvironment().Get)
		if err != nil {
			continue
		}
		file, err := files.Read(path)
		if err != nil {
			continue
		}
		for _, p := range profiles.All(kind, file) {
			if printable.Text(p.Name) == p.Name { // a shell prints it as it is
				names = append(names, p.Name)
			}
		}
	}
	return names, noFiles
}

func directories(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
