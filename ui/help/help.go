// Package help is what --help prints, and what is asked back where a command, a flag or
// a name on the command line is mistyped.
//
// What does not live here: the commands and flags themselves (ui/command).
package help

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stateroom/steps/blueprint"
	"stateroom/ui/session"
)

// Heading is what flags stand under.
type Heading string

// The headings, in the order in which they are shown.
const (
	Own     Heading = "Flags"
	Common  Heading = "Common flags"
	Sandbox Heading = "Sandbox flags"
)

// width is that of the narrowest terminal in use.
const width = 80

// annotation says of a flag under which heading it stands.
const annotation = "heading"

// AddFlags gives a command flags, which its help shows under a heading.
func AddFlags(c *cobra.Command, under Heading, add func(*pflag.FlagSet)) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags, c.Flags().SortFlags = false, false
	add(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{annotation: {string(under)}}
		c.Flags().AddFlag(f)
	})
}

// Install gives a program and all of its commands this help. It comes after the last
// command was added: what cobra adds by itself is put into our words.
func Install(root *cobra.Command) {
	cobra.EnableCommandSorting = false // ours are in the order of the work
	root.SetUsageFunc(usage)
	root.DisableSuggestions = true // NoCommand asks back in our words
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND]", Short: "Print what --help prints",
		Long:    "Prints what --help prints of a command, or of stateroom itself.",
		Example: "  stateroom help setup",
		RunE: func(c *cobra.Command, args []string) error {
			of, _, err := c.Root().Find(args)
			if err != nil || of == c.Root() && len(args) > 0 {
				return NoCommand(c.Root(), args[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, _ []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, sub := range c.Root().Commands() {
				names = append(names, sub.Name())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	})
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short, c.Long = "Print a shell's completion script", "Prints the completion script of a shell. The help of each says where it goes."
		c.Example = "  stateroom completion bash > /etc/bash_completion.d/stateroom"
		for _, shell := range c.Commands() {
			shell.Short = "Print it for " + shell.Name()
		}
	}
}

func usage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n")
	if c.Runnable() {
		fmt.Fprintf(&b, "  %s\n", c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n", c.CommandPath())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	commands(&b, c)
	flags(&b, c)
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nMore about a command:\n  %s COMMAND --help\n", c.CommandPath())
	}
	_, err := fmt.Fprint(c.OutOrStderr(), b.String())
	return err //nolint:wrapcheck // it is the writer's
}

// commands lists a command's own commands, by their group.
func commands(b *strings.Builder, c *cobra.Command) {
	list := func(title, group string) {
		for _, sub := range c.Commands() {
			if !sub.IsAvailableCommand() && sub.Name() != "help" || sub.GroupID != group {
				continue
			}
			if title != "" {
				fmt.Fprintf(b, "\n%s:\n", title)
				title = ""
			}
			fmt.Fprintf(b, "  %-13s %s\n", sub.Name(), sub.Short)
		}
	}
	for _, group := range c.Groups() {
		list(group.Title, group.ID)
	}
	list("More commands", "")
}

func flags(b *strings.Builder, c *cobra.Command) {
	for _, heading := range []Heading{Own, Common, Sandbox} {
		under := pflag.NewFlagSet("", pflag.ContinueOnError)
		under.SortFlags = false
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if of := append(f.Annotations[annotation], string(Common))[0]; of == string(heading) {
				under.AddFlag(f)
			}
		})
		if under.HasAvailableFlags() {
			fmt.Fprintf(b, "\n%s:\n%s", heading, under.FlagUsagesWrapped(width))
		}
	}
}

// UnknownFlag asks which flag is meant, as the end of a sentence about an error of the
// parser; it is empty for every other error.
func UnknownFlag(c *cobra.Command, err error) string {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) {
		return ""
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	return blueprint.DidYouMean("--"+unknown.GetSpecifiedName(), known)
}

// NoCommand is the error of a command that there is not; it asks which one is meant.
func NoCommand(root *cobra.Command, name string) error {
	var known []string
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	slices.Sort(known)
	return session.Usagef("there is no command %q%s: see stateroom --help", name, blueprint.DidYouMean(name, known))
}
