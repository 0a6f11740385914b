package command

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"stateroom/ui/session"
)

func TestFlagsBecomeOptions(t *testing.T) {
	defaults := session.Options{Blueprint: "stateroom.hcl", Parallel: 16, Accounts: 3}
	with := func(change func(*session.Options)) session.Options { o := defaults; change(&o); return o }
	for args, want := range map[string]session.Options{
		"":               defaults,
		"--yes":          with(func(o *session.Options) { o.Yes = true }),
		"--auto-approve": with(func(o *session.Options) { o.Yes = true }),
		"--set a.b=c=d,e --set x=": with(func(o *session.Options) {
			o.Set = []string{"a.b=c=d,e", "x="}
		}),
		"--adopt arn:a --adopt arn:b":   with(func(o *session.Options) { o.Adopt = []string{"arn:a", "arn:b"} }),
		"--dry-run --detailed-exitcode": with(func(o *session.Options) { o.DryRun, o.Detailed = true, true }),
		"--yes --no-widening":           with(func(o *session.Options) { o.Yes, o.NoWidening = true, true }),
		"--json --plain":                with(func(o *session.Options) { o.JSON, o.Plain = true, true }),
		"--sandbox --accounts 1000 --latency 20ms": with(func(o *session.Options) {
			o.Sandbox, o.Accounts, o.Latency, o.Blueprint = true, 1000, 20*time.Millisecond, ""
		}),
		"--sandbox --dir d --blueprint b.hcl": with(func(o *session.Options) {
			o.Sandbox, o.Dir, o.Blueprint = true, "d", "b.hcl"
		}),
		"--me alice --engine /bin/tofu --parallel 4 --profile p --region r --endpoint-url http://127.0.0.1:1 --dir d": with(func(o *session.Options) {
			o.Me, o.Engine, o.Parallel, o.Profile, o.Region, o.Endpoint, o.Dir = "alice", "/bin/tofu", 4, "p", "r", "http://127.0.0.1:1", "d"
		}),
	} {
		t.Run(args, func(t *testing.T) {
			var got *session.Options
			root := New(Runners{Run: func(_ context.Context, o session.Options, _ *session.Mode) error { got = &o; return nil }})
			root.SetArgs(append([]string{"setup"}, strings.Fields(args)...))
			if err := root.Execute(); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got %+v, want %+v", *got, want)
			}
		})
	}
}

func TestFlagsBeforeTheMenuAreTheMenus(t *testing.T) {
	for args, want := range map[string]session.Options{
		"":                               {Blueprint: "stateroom.hcl", Parallel: 16, Accounts: 3},
		"--dry-run --profile ops":        {Blueprint: "stateroom.hcl", Parallel: 16, Accounts: 3, DryRun: true, Profile: "ops"},
		"--sandbox --accounts 5":         {Parallel: 16, Accounts: 5, Sandbox: true},
		"--plain --keep-files --sandbox": {Parallel: 16, Accounts: 3, Sandbox: true, Plain: true, KeepFiles: true},
	} {
		var got *session.Options
		root := New(Runners{Terminal: true, Menu: func(_ context.Context, o session.Options) error { got = &o; return nil }})
		root.SetArgs(strings.Fields(args))
		if err := root.Execute(); err != nil || got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: %+v, %v", args, got, err)
		}
	}
	ran := ""
	root := New(Runners{Run: func(_ context.Context, o session.Options, m *session.Mode) error {
		ran = fmt.Sprint(m.Name, o.Sandbox, o.Profile)
		return nil
	}})
	root.SetArgs([]string{"--sandbox", "setup"})
	if err := root.Execute(); err != nil || ran != "setuptrue" {
		t.Errorf("a flag before its command: %q, %v", ran, err)
	}
}
