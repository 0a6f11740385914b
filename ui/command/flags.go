package command

import (
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/ui/practice"
	"stateroom/ui/session"
)

// deviceFlag is of those who may have to sign in.
func deviceFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Device, "device", false, "sign in with Identity Center on another device, with a code")
}

// verboseFlag is of those whose checks are told.
func verboseFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Verbose, "verbose", false, "show every check with what was asked and answered, not only a count")
}

// commonFlags are what every run over a blueprint takes.
func commonFlags(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.DryRun, "dry-run", false, "preview only")
	f.BoolVar(&o.Detailed, "detailed-exitcode", false, "with --dry-run: exit with 4 when there are changes")
	answerFlags(f, o)
	f.StringVar(&o.Me, "me", "", "you are the admin `USER`, whose key goes into your own profile, or in that group of Identity Center")
	f.StringArrayVar(&o.Adopt, "adopt", nil, "allow changes to `ARN`, a folder or a name that is there already, or allow an address that a project's files name (repeatable)")
	f.BoolVar(&o.Yes, "yes", false, "apply without asking (needed without a terminal)")
	f.BoolVar(&o.Yes, "auto-approve", false, "the same as --yes")
	f.BoolVar(&o.NoWidening, "no-widening", false, "with --yes: refuse a plan that gives anybody more access, by name")
	f.StringVar(&o.Engine, "engine", "", "run the terraform or tofu in `FILE` (default: the first of the two on PATH)")
	f.BoolVar(&o.Plain, "plain", false, "numbered lines (the default without a terminal)")
	f.BoolVar(&o.JSON, "json", false, "one JSON event a line; all else goes to standard error")
	f.IntVar(&o.Parallel, "parallel", engine.DefaultParallel, "make up to `N` changes at once")
	awsFlags(f, o)
	f.StringVar(&o.Dir, "dir", "", "look for the projects' folders in `DIR` (default: the current one)")
}

// answerFlags say where the team's answers are.
func answerFlags(f *pflag.FlagSet, o *session.Options) {
	f.StringVar(&o.Blueprint, "blueprint", "", "read the team's answers from `FILE` (default ./"+session.BlueprintFile+")")
	f.StringArrayVar(&o.Set, "set", nil, "give one answer as `PATH=VALUE`, such as bucket.name=acme-state (repeatable)")
}

// awsFlags say which AWS is meant, and who asks it.
func awsFlags(f *pflag.FlagSet, o *session.Options) {
	f.StringVar(&o.Profile, "profile", "", "sign in to AWS with `PROFILE`")
	f.StringVar(&o.Region, "region", "", "sign in to AWS in `REGION`; with --sandbox: the region that it is in")
	f.StringVar(&o.Endpoint, "endpoint-url", "", "ask `URL` in place of AWS's own endpoints")
}

func sandboxFlags(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Sandbox, "sandbox", false, "use the AWS inside the process and a scratch home: nothing real is touched")
}

func keepFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.KeepFiles, "keep-files", false, "keep what the rehearsal writes (default: only if something fails)")
}

// stageFlags are the knobs of the sandbox.
func stageFlags(f *pflag.FlagSet, o *session.Options) {
	f.IntVar(&o.Accounts, "accounts", 3, "an organization of `N` sub-accounts")
	f.DurationVar(&o.Latency, "latency", 0, "let every call take `DURATION`, such as 50ms")
}

// check refuses flags that say nothing or contradict each other.
func check(o *session.Options, f *pflag.FlagSet) error {
	for _, name := range []string{"accounts", "latency", "keep-files"} {
		if f.Changed(name) && !o.Sandbox {
			return session.Usagef("--%s belongs to --sandbox: add it, or leave --%s out", name, name)
		}
	}
	for _, name := range []string{"profile", "endpoint-url"} {
		if f.Changed(name) && o.Sandbox {
			return session.Usagef("--%s points to a real AWS, and --sandbox touches nothing real: leave one of the two out", name)
		}
	}
	if err := checkLabRegion(o); o.Sandbox && err != nil {
		return err
	}
	if u, err := url.Parse(o.Endpoint); o.Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return session.Usagef("--endpoint-url %s is not an address such as https://HOST: correct it, or leave it out for AWS itself", secret.Address(o.Endpoint))
	}
	if o.NoWidening && !o.Yes {
		return session.Usagef("--no-widening belongs to --yes, where nobody reads who gains access: add --yes, or leave --no-widening out")
	}
	if o.Detailed && !o.DryRun {
		return session.Usagef("--detailed-exitcode belongs to --dry-run: add it, or leave --detailed-exitcode out")
	}
	for _, pair := range o.Set {
		if path, _, ok := strings.Cut(pair, "="); !ok || path == "" {
			return session.Usagef("--set %q is not of the form PATH=VALUE, such as bucket.name=acme-state", pair)
		}
	}
	if o.Blueprint == "" && !o.Sandbox {
		o.Blueprint = session.BlueprintFile
	}
	if err := atLeastOne("parallel", o.Parallel); err != nil {
		return err
	}
	return atLeastOne("accounts", o.Accounts)
}

// checkLabRegion refuses a region in which no sandbox is.
func checkLabRegion(o *session.Options) error {
	if o.Region != "" && practice.RegionOf(o.Region) == "" {
		return session.Usagef("--region %s is not a region that every account of the sandbox has: choose one such as us-east-1, us-gov-west-1 or cn-north-1", o.Region)
	}
	return nil
}

func atLeastOne(flag string, n int) error {
	if n < 1 {
		return session.Usagef("--%s %d is too few: give 1 or more", flag, n)
	}
	return nil
}
