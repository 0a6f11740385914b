package session

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/ui/practice"
	"stateroom/ui/words"
)

// startLab starts the sandbox where one is wanted.
func (s *session) startLab(ctx context.Context) (err error) {
	if !s.Sandbox {
		return nil
	}
	s.lab, err = practice.Start(ctx, practice.Options{Dir: s.Dir, Accounts: s.Accounts, Latency: s.Latency, Region: s.labRegion(), Environ: s.process})
	return err
}

// labRegion is where the sandbox is: where the answers keep the state, if they say so
// themselves, else where the operator's configuration points. What is wrong with the
// answers is told once they are used.
func (s *session) labRegion() string {
	state := ""
	if b, err := blueprint.Read(s.Blueprint); s.Blueprint != "" && err == nil {
		state = b.StateRegion
	}
	for _, pair := range s.Set {
		if path, value, _ := strings.Cut(pair, "="); path == "state_region" {
			state = value
		}
	}
	return practice.RegionOf(state, practice.Configured(s.Region, s.process))
}

// closeLab ends it. Its files stay where that was asked for, and where something
// failed, for whoever wants to see why; sum is nil where nothing began.
func (s *session) closeLab(sum *plan.Summary) error {
	if s.lab == nil {
		return nil
	}
	return s.lab.Close(s.keepsFiles(sum))
}

func (s *session) keepsFiles(sum *plan.Summary) bool {
	return s.KeepFiles || sum != nil && sum.Failed+sum.Unknown > 0
}

// scratch tells whether this run's files are deleted as it ends, unless something fails.
func (s *session) scratch() bool { return s.lab != nil && !s.lab.Keeps(s.KeepFiles) }

// forReal is what to do after a rehearsal whose files are gone: what the flow would say
// next is about them.
func (s *session) forReal(flow *engine.Flow) {
	closes := flow.Close
	if closes == nil || !s.scratch() {
		return
	}
	flow.Close = func(sum *plan.Summary) (notes []string, then string) {
		if notes, then = closes(sum); then != "" {
			then = s.Command(nil) + " does this for real, and asks before it changes anything"
		}
		return notes, then
	}
}

// labNote says what becomes of the rehearsal's files, of which a dry run writes none.
func (s *session) labNote(sum *plan.Summary) string {
	if s.lab == nil || sum == nil || sum.DryRun {
		return ""
	}
	return s.lab.Note(s.keepsFiles(sum))
}

// prepareLab makes the rehearsal's set-up without telling its events, and lets it
// meet the fault to practise on.
func (s *session) prepareLab(ctx context.Context, fault string) error {
	if s.lab == nil || s.ready {
		return nil
	}
	if err := s.consent(); err != nil {
		return err // nothing else can be missing in a rehearsal
	}
	s.say("Making a finished setup to practice on: a few seconds.")
	a := &blueprint.Answers{Blueprint: s.lab.Blueprint(), Me: s.lab.Me}
	if named := s.signingInTeam(); named != nil {
		a.Blueprint = named
		a.IAm(named.IdentityGroups()[0].Name)
	}
	env, err := s.operator(ctx, a, plan.Asks{})
	if err != nil {
		return err
	}
	if err := s.lab.Finish(ctx, env, a, func(plan.Event) {}); err != nil {
		return err
	}
	s.ready = true
	if fault == "" {
		return nil
	}
	return s.lab.Break(ctx, fault)
}

// signingInTeam is the blueprint of a rehearsal, where all of its groups sign in with
// Identity Center; nil otherwise.
func (s *session) signingInTeam() *blueprint.Blueprint {
	if s.lab == nil || s.asAdmin {
		return nil
	}
	b, _, err := s.readBlueprint()
	if err != nil || len(b.IdentityGroups()) == 0 || len(b.AllUsers()) > 0 {
		return nil
	}
	b.FillDefaults()
	return b
}

// newAdmin moves a rehearsal to the second admin's laptop, whose file and key
// answer what is asked for first.
func (s *session) newAdmin(ctx context.Context, given plan.Given) error {
	if s.asAdmin {
		return nil
	}
	if err := s.prepareLab(ctx, ""); err != nil || s.signingInTeam() != nil { // where nothing is handed over
		return err
	}
	n, err := s.lab.NewAdmin()
	if err != nil {
		return err
	}
	s.asAdmin, s.Blueprint = true, filepath.Join(n.Dir, BlueprintFile)
	s.say(strings.Join([]string{
		"You are " + n.User + ", new on the team, at a laptop of your own:",
		"  a clone of the team's repository   " + n.Dir,
		"  the file that the operator sent    " + n.Handover,
		"  your private key                   " + n.Identity,
	}, "\n"))
	if !given.Asked(onboard.PathHandover) {
		for path, value := range answered(map[string]string{onboard.PathHandover: n.Handover, onboard.PathIdentity: n.Identity}) {
			given[path] = value
		}
	}
	return nil
}

// listFaults prints the faults to practise on: to a program one a line, to a terminal
// without a word that is broken at its edge.
func listFaults(out io.Writer) error {
	const columns = 80
	faults := practice.Faults()
	width := 0
	for _, f := range faults {
		width = max(width, len(f.Name()))
	}
	beside := strings.Repeat(" ", width+len("  "))
	for _, f := range faults {
		about := f.About
		if isTerminal(out) {
			about = strings.Join(words.Wrap(about, columns-len(beside)), "\n"+beside)
		}
		if _, err := fmt.Fprintf(out, "%s%s%s\n", f.Name(), beside[len(f.Name()):], about); err != nil {
			return fmt.Errorf("the list of faults: %w", err)
		}
	}
	return nil
}
