// Package command is the command line: the commands in the order of the work, their flags,
// and what is refused before anything runs.
//
// What does not live here: how a help page is laid out (ui/help), what a shell proposes
// (ui/complete), what a command does (ui/session, whose Options the flags fill), and which
// presenter runs it (main, by Runners).
package command

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stateroom/steps"
	"stateroom/ui/complete"
	"stateroom/ui/help"
	"stateroom/ui/session"
)

// Runners are what the commands run with their flags; a test of the flags brings its own.
// The menu is a choice of modes, which takes a Terminal or --plain. Policy is told which
// policy is printed, and of which group or environment ("" where none was named).
type Runners struct {
	Terminal    bool
	Run         func(context.Context, session.Options, *session.Mode) error
	Menu, Serve func(context.Context, session.Options) error
	Policy      func(context.Context, session.Options, steps.Policy, string) error
}

// New is the command tree.
func New(r Runners) *cobra.Command {
	var o session.Options
	version := false
	root := &cobra.Command{
		Use:   "stateroom",
		Short: "Encrypted, locked Terraform state for every account of an AWS organization",
		Example: "  stateroom                            open the menu: every task, and practice\n" +
			"  stateroom setup --sandbox            rehearse it; nothing real is touched\n" +
			"  stateroom setup --dry-run            see what would be made\n" +
			"  stateroom setup                      make it, after you have confirmed",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return help.NoCommand(c, args[0])
			}
			if version {
				info, _ := debug.ReadBuildInfo()
				_, err := fmt.Fprint(c.OutOrStdout(), help.Version(info))
				return err //nolint:wrapcheck // it is the writer's
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			if (r.Terminal || o.Plain) && !o.JSON && !o.Yes {
				return r.Menu(c.Context(), o)
			}
			c.SetOut(c.ErrOrStderr())
			_ = c.Usage() // written to where the message below goes
			return session.Usagef("name a command: setup makes the setup, onboard gets an admin going, troubleshoot finds what is wrong")
		},
		SilenceErrors: true, SilenceUsage: true,
	}
	help.AddFlags(root, help.Common, func(f *pflag.FlagSet) { commonFlags(f, &o) })
	help.AddFlags(root, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o); keepFlag(f, &o); stageFlags(f, &o) })
	// The menu takes them all; the help of the commands lists them.
	root.Flags().VisitAll(func(f *pflag.Flag) {
		f.Hidden = !slices.Contains([]string{"sandbox", "dry-run", "plain", "profile"}, f.Name)
	})
	help.AddFlags(root, help.Common, func(f *pflag.FlagSet) {
		f.BoolVar(&version, "version", false, "print version, commit, date and Go")
	})
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return session.Usagef("%w%s: see %s --help", err, help.UnknownFlag(c, err), c.CommandPath())
	})
	root.AddGroup(&cobra.Group{ID: forTeam, Title: "Set up"}, &cobra.Group{ID: forAdmin, Title: "Work as an admin"}, &cobra.Group{ID: forPractice, Title: "Practice"})
	for _, one := range modes {
		root.AddCommand(one.cobra(r))
	}
	root.AddCommand(policyCommand(r), schemaCommand(), sandboxCommand(r))
	help.Install(root)
	complete.Install(root)
	return root
}

// The groups of commands in the program's own help.
const (
	forTeam     = "team"
	forAdmin    = "admin"
	forPractice = "practice"
)

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return session.Usagef("%s takes no argument, and %q is one: see %s --help", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}
