package command

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stateroom/steps/blueprint"
	"stateroom/ui/complete"
	"stateroom/ui/help"
	"stateroom/ui/practice"
	"stateroom/ui/session"
)

// modeCommand is a command that runs a mode over a blueprint.
type modeCommand struct {
	mode                       *session.Mode
	name, short, long, example string
	group                      string
	// user says that it is about one user, who is its argument.
	user bool
	// flags are its own, before those that all have; check refuses what those
	// cannot mean. Both may be nil.
	flags func(*pflag.FlagSet, *session.Options)
	check func(*session.Options) error
}

// modes are all of them, in the order of the program's own help.
var modes = []modeCommand{
	{
		mode: session.SetUp, name: "setup", group: forTeam,
		short: "Create the whole setup, or what is missing from it",
		long: "Looks at what is there, shows what it would change, asks, makes the changes and\n" +
			"proves the result. Run the command again at any time: it changes what differs.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 usage or a missing answer, 3 findings remain,\n" +
			"4 a dry run with --detailed-exitcode has changes, 130 interrupted.\n\n" +
			"Where others can write to the repository, run it unattended with --yes\n" +
			"--no-widening: a plan that gives anybody more access than AWS gives now is\n" +
			"refused as a whole (3), with a finding for each such change.",
		example: "  stateroom setup --sandbox            rehearse it; nothing real is touched\n" +
			"  stateroom setup --dry-run            see what would be made\n" +
			"  stateroom setup --me alice           your own key goes into your profile\n" +
			"  stateroom setup --set bucket.name=acme-terraform-state\n" +
			"  stateroom setup --yes --json         without a terminal",
	},
	{
		mode: session.Onboard, name: "onboard", group: forAdmin,
		short: "Make this laptop ready for terraform plan, as one of the admins",
		long: "Opens your handover (or takes an access key that you paste), asks AWS whose it\n" +
			"is before anything is written, renews the key so that nobody else has ever had\n" +
			"it, writes your profiles, and tests every environment and project that you may\n" +
			"touch. Run again, it shows the table and changes nothing.\n\n" +
			"Exit codes: 0 ready, 1 failed, 2 usage or a missing answer, 3 findings\n" +
			"remain, 130 interrupted.",
		example: "  stateroom onboard --sandbox          practice a first day or a move from keys\n" +
			"  stateroom onboard --handover alice.age\n" +
			"  stateroom onboard --rotate           renew your key",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			f.StringVar(&o.HandoverFile, "handover", "", "open the sealed `FILE` that the operator sent")
			f.StringVar(&o.PassphraseFile, "passphrase-file", "", "read the handover's passphrase from the first line of `FILE`")
			f.StringVar(&o.Identity, "identity", "", "open it with the private key in `FILE`: an age identity or ssh-ed25519")
			f.BoolVar(&o.Rotate, "rotate", false, "renew the access key that this laptop holds")
			deviceFlag(f, o)
			verboseFlag(f, o)
		},
	},
	{
		mode: session.Troubleshoot, name: "troubleshoot", group: forAdmin,
		short: "Find what is behind an error of Terraform, and fix it",
		long: "Checks files, identity, bucket, key, lock, roles and state, says which check\n" +
			"fails and on what evidence, shows what would fix it, asks, fixes it and checks\n" +
			"again. On a healthy setup it only reads.\n\n" +
			"Exit codes: 0 healthy or fixed, 1 failed, 2 usage, 3 findings remain,\n" +
			"130 interrupted.",
		example: "  stateroom troubleshoot               check everything\n" +
			"  terraform plan 2>&1 | stateroom troubleshoot --error -\n" +
			"  stateroom troubleshoot --error plan.log --no-checks\n" +
			"  stateroom troubleshoot --sandbox --break kms-disabled",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			f.StringVar(&o.ErrorFile, "error", "", "begin with what Terraform printed, in `FILE` (- for standard input)")
			f.BoolVar(&o.NoChecks, "no-checks", false, "with --error: name the diagnosis of the text and touch nothing else")
			f.BoolVar(&o.Run, "run", false, "let terraform init and plan run in every project, and read what they say")
			verboseFlag(f, o)
			f.StringVar(&o.Break, "break", "", "with --sandbox: practice on `FAULT` (--break list lists them)")
		},
		check: checkTroubleshoot,
	},
	{
		mode: session.Handover, name: "handover", user: true, group: forTeam,
		short: "Seal an admin's access key into one file",
		long: "Makes the user's access key and seals it to the recipient in the blueprint, or\n" +
			"in a terminal to a passphrase that is shown once. A handover that waits to be\n" +
			"collected is left alone; one that was lost, has expired or cannot be opened by\n" +
			"its reader is made again.\n\n" +
			"Exit codes: 0 the file waits, 1 failed, 2 usage or a missing answer,\n" +
			"3 findings remain, 130 interrupted.",
		example: "  stateroom handover alice             make alice's sealed file\n" +
			"  stateroom handover bob --sandbox     rehearse it",
		flags: verboseFlag,
	},
	{
		mode: session.Offboard, name: "offboard", user: true, group: forTeam,
		short: "Take an admin's access away",
		long: "Denies the user everything, open sessions included; deactivates keys and other\n" +
			"credentials, takes memberships and password away and the user out of the key's\n" +
			"policy, the roles' trusts and the blueprint.\n\n" +
			"With the user's name typed (or --adopt USER) the keys and the user are deleted;\n" +
			"with USER/sessions typed the sessions of everybody in the environments' roles\n" +
			"end. The state and everybody else's access stay.\n\n" +
			"Exit codes: 0 the access is gone, 1 failed, 2 usage or a missing answer,\n" +
			"3 findings remain, 130 interrupted.",
		example: "  stateroom offboard alice --dry-run   see what alice has and would lose\n" +
			"  stateroom offboard alice             take it away, after you have confirmed\n" +
			"  stateroom offboard bob --sandbox     rehearse it",
		flags: verboseFlag,
	},
	{
		mode: session.Login, name: "login", group: forAdmin,
		short: "Sign in with Identity Center, or with MFA, for Terraform",
		long: "A member of a group of Identity Center signs in by the browser, or on another\n" +
			"device with a code; AWS's tools and Terraform find the token. Run again it is\n" +
			"renewed before it runs out, without a browser.\n\n" +
			"Where an environment requires MFA, Terraform works with a session, since it\n" +
			"cannot ask for a code. This asks you for one and writes the session to your\n" +
			"profile. Where MFA is not required, or the session is still valid, it changes\n" +
			"nothing.\n\n" +
			"Exit codes: 0 logged in, 1 failed, 2 usage or a missing answer, 3 findings\n" +
			"remain, 130 interrupted.",
		example: "  stateroom login                      when Terraform asks to sign in again\n" +
			"  stateroom login --device             sign in on a phone, such as over SSH\n" +
			"  stateroom login --sandbox            practice it: a code, or the browser",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			deviceFlag(f, o)
			verboseFlag(f, o)
		},
	},
}

// cobra is the command as the command line knows it.
func (one modeCommand) cobra(r Runners) *cobra.Command {
	var o session.Options
	c := &cobra.Command{
		Use: one.name, GroupID: one.group, Short: one.short, Long: one.long, Example: one.example, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if one.check != nil {
				if err := one.check(&o); err != nil {
					return err
				}
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			return r.Run(c.Context(), o, one.mode)
		},
	}
	if one.user {
		c.Use += " USER"
		c.Args = func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return session.Usagef("%s takes one user's name: run %s USER", c.Name(), c.CommandPath())
			}
			o.User = args[0]
			return nil
		}
		c.ValidArgsFunction = complete.User
	}
	if one.flags != nil {
		help.AddFlags(c, help.Own, func(f *pflag.FlagSet) { one.flags(f, &o) })
	}
	help.AddFlags(c, help.Common, func(f *pflag.FlagSet) { commonFlags(f, &o) })
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o); keepFlag(f, &o); stageFlags(f, &o) })
	return c
}

// checkTroubleshoot refuses what troubleshooting's own flags cannot mean.
func checkTroubleshoot(o *session.Options) error {
	switch {
	case o.NoChecks && o.ErrorFile == "":
		return session.Usagef("--no-checks belongs to --error FILE: without an error text and without checks there is nothing to do")
	case o.NoChecks && o.Run:
		return session.Usagef("--run is a check, and --no-checks leaves the checks out: leave one of the two out")
	case o.Break != "" && o.Break != "list" && !o.Sandbox:
		return session.Usagef("--break %s breaks a rehearsal only: add --sandbox", o.Break)
	case o.Break != "" && o.Break != "list":
		var names []string
		for _, f := range practice.Faults() {
			names = append(names, f.Name())
		}
		if !slices.Contains(names, o.Break) {
			return session.Usagef("there is no fault %q%s: stateroom troubleshoot --break list lists them", o.Break, blueprint.DidYouMean(o.Break, names))
		}
	}
	return nil
}
