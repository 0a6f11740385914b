package command

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stateroom/ui/help"
	"stateroom/ui/session"
)

func sandboxCommand(r Runners) *cobra.Command {
	var o session.Options
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the sandbox by itself, for aws, terraform and tests",
		Long: "Serves an AWS organization in memory and prints the environment that points the\n" +
			"AWS CLI and Terraform to it. It ends, and is gone, when it is interrupted.",
		Example: "  stateroom sandbox                    serve it on 127.0.0.1:4570\n" +
			"  stateroom sandbox --accounts 200 --latency 50ms",
		GroupID: forPractice, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := atLeastOne("accounts", o.Accounts); err != nil {
				return err
			}
			if err := checkLabRegion(&o); err != nil {
				return err
			}
			return r.Serve(c.Context(), o)
		},
	}
	help.AddFlags(c, help.Own, func(f *pflag.FlagSet) {
		f.StringVar(&o.Listen, "listen", "127.0.0.1:4570", "serve on the loopback `ADDRESS`")
		f.StringVar(&o.Region, "region", "", "be in the AWS `REGION` (default: AWS_REGION, else eu-west-1)")
	})
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { stageFlags(f, &o) })
	return c
}
