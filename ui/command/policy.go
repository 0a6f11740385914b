package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/ui/complete"
	"stateroom/ui/help"
	"stateroom/ui/session"
)

// policyCommand prints the policies of a blueprint. It runs no mode.
func policyCommand(r Runners) *cobra.Command {
	o := session.Options{Accounts: 3, Parallel: engine.DefaultParallel}
	var account string
	policies := steps.Policies()
	names, list := make([]string, len(policies)), ""
	for i, p := range policies {
		names[i] = p.Name
		list += fmt.Sprintf("  %-12s %s\n", p.Name, p.About)
	}
	c := &cobra.Command{
		Use:   "policy NAME [GROUP|ENVIRONMENT]",
		Short: "Print a policy of this blueprint as JSON",
		Long: "Prints exactly the policy that setup makes, or that the operator needs, for\n" +
			"this blueprint. Nothing is changed, and AWS is asked only for what the\n" +
			"blueprint and the command line do not say.\n\nPolicies:\n" + list +
			"\nWhere groups or environments have policies of their own, add the name of one.\n\n" +
			"Exit codes: 0 printed, 1 failed, 2 usage or a missing answer, 130 interrupted.",
		Example: "  stateroom policy operator > policy.json\n" +
			"  aws iam create-policy --policy-name stateroom-operator --policy-document \\\n" +
			"    file://policy.json\n" +
			"  stateroom policy operator --account 111111111111 --set bucket.name=acme-state\n" +
			"  stateroom policy trust production",
		GroupID: forTeam, ValidArgsFunction: complete.Policy,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return session.Usagef("name one policy, of %s: see %s --help", strings.Join(names, ", "), c.CommandPath())
			}
			if !slices.Contains(names, args[0]) {
				return session.Usagef("there is no policy %q%s: they are %s", args[0], blueprint.DidYouMean(args[0], names), strings.Join(names, ", "))
			}
			if p := policies[slices.Index(names, args[0])]; p.Of == steps.OfBlueprint && len(args) > 1 {
				return session.Usagef("%s %s takes no name after it: a blueprint has one such policy", c.CommandPath(), p.Name)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if account != "" {
				o.Set = append([]string{"admin_account=" + account}, o.Set...)
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			return r.Policy(c.Context(), o, policies[slices.Index(names, args[0])], append(args, "")[1])
		},
	}
	help.AddFlags(c, help.Own, func(f *pflag.FlagSet) {
		f.StringVar(&account, "account", "", "print it for the admin account `ID` (default: the blueprint's, else that of your credentials)")
	})
	help.AddFlags(c, help.Common, func(f *pflag.FlagSet) { answerFlags(f, &o); awsFlags(f, &o) })
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o) })
	return c
}
