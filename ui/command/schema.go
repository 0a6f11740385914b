package command

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"stateroom/steps/blueprint"
	"stateroom/ui/plain"
	"stateroom/ui/session"
)

// schemaCommand prints what holds for every release.
func schemaCommand() *cobra.Command {
	schemas := map[string]func() ([]byte, error){
		"blueprint": blueprint.Schema,
		"events":    func() ([]byte, error) { return plain.EventSchema, nil },
	}
	return &cobra.Command{
		Use:   "schema blueprint|events",
		Short: "Print the JSON Schema of the blueprint, or of --json's events",
		Long: "Prints a JSON Schema (2020-12): of stateroom.hcl, in the form that HCL has in\n" +
			"JSON, or of the lines that --json writes. Both grow, and do not change.",
		Example: "  stateroom schema events > events.schema.json\n" +
			"  stateroom schema blueprint",
		GroupID: forTeam, ValidArgsFunction: cobra.FixedCompletions(slices.Sorted(maps.Keys(schemas)), cobra.ShellCompDirectiveNoFileComp),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || schemas[args[0]] == nil {
				return session.Usagef("%s takes one of two names, blueprint or events: see %s --help", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := schemas[args[0]]()
			if err == nil {
				_, err = c.OutOrStdout().Write(text)
			}
			return err //nolint:wrapcheck // the writer's, or the blueprint's own
		},
	}
}
