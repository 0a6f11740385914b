package tui

import (
	"cmp"
	"fmt"

	"stateroom/steps"
	"stateroom/steps/plan"
)

// Mode is one of the ways through the program: what it calls itself, and what is
// shown of it. What opens it is ui/session's.
type Mode struct {
	// Name is its command on the command line.
	Name string
	// menu and what are its entry in the menu; title and why head its screens.
	menu, what, title, why string
	// practice and practiceText are its entry among what can be practised.
	practice, practiceText string
	// opening is said until there is anything to show, looking while it looks.
	// proving is said while it looks again after the changes.
	opening, looking, proving string
	// verb is what making the changes is called.
	verb string
	// of is the title of a run that is about one person, whose name it takes; empty
	// where it is about nobody in particular.
	of string
	// Table shows the checks that have a subject as a table.
	Table bool
	// Stages are the parts of a run that has several.
	Stages []plan.Stage
	// faults says that practising it asks for a fault first.
	faults bool
}

// Entry is its name and its description in a menu, or in one of what can be practised.
func (m *Mode) Entry(practice bool) (name, text string) {
	if practice {
		return m.practice, m.practiceText
	}
	return m.menu, m.what
}

// Faults tells whether practising it asks for a fault first.
func (m *Mode) Faults() bool { return m.faults }

// Command begins it again from the command line, for the person whom its result is about.
func (m *Mode) Command(about plan.Outcome) string {
	user := ""
	switch o := about.(type) {
	case plan.Delivery:
		user = o.User
	case plan.Departure:
		user = o.User
	}
	args := []string{"stateroom", m.Name}
	if m.NamesUser() {
		args = append(args, cmp.Or(user, "USER"))
	}
	return plan.Shell(args...)
}

// NamesUser tells whether its command names the user whom it is about.
func (m *Mode) NamesUser() bool { return m == Handover || m == Offboard }

// headed is the title of a run that is about a person, who may not be known yet.
func (m *Mode) headed(person string) string {
	if person == "" || m.of == "" {
		return m.title
	}
	return fmt.Sprintf(m.of, person)
}

// rehearses says that practising it begins with a finished set-up.
func (m *Mode) rehearses() bool { return m.Stages == nil }

// The modes.
var (
	SetUp = &Mode{
		Name: "setup",
		menu: "Set up", what: "Create the whole setup, or what is missing from it. It looks first and asks before it changes anything.",
		practice: "Setup", practiceText: "An organization with nothing in it yet: all nine steps.",
		opening: "Opening", looking: "Looking at what is there", verb: "apply", Stages: steps.Outline(),
		proving: "Looking again, and proving the result as its users would",
	}
	Onboard = &Mode{
		Name: "onboard",
		menu: "Onboard", what: "You are a new admin with a handover file or a key: make this laptop ready for terraform plan.",
		practice: "Onboarding", practiceText: "A finished setup that hands you a sealed file, as its new admin.",
		title: "Onboarding", of: "Onboarding %s", why: "Your key becomes yours alone, your profiles are written, and every environment and project that you may touch is tested.",
		opening: "Looking for your handover and projects", looking: "Testing what you can reach", proving: "Looking again",
		verb: "apply", Table: true,
	}
	Troubleshoot = &Mode{
		Name: "troubleshoot",
		menu: "Troubleshoot", what: "Terraform fails, or you want to know that all is well: find the cause with its evidence, and fix it.",
		practice: "Troubleshooting", practiceText: "A finished setup in which one thing has been broken: find it and fix it.", faults: true,
		title: "Troubleshooting", why: "Every check asks one question of files, Terraform or AWS and shows what came back; nothing is changed before you say so.",
		opening: "Opening", looking: "Checking files, identity, key, bucket, lock, roles and state", proving: "Looking again",
		verb: "fix",
	}
	Handover = &Mode{
		Name: "handover",
		menu: "Hand over", what: "Seal an admin's access key into one file that nobody else can open.",
		practice: "Handover", practiceText: "A finished setup with two admins: seal a key for one of them.",
		title: "Handover", of: "Handover for %s", why: "One file, sealed for one admin: key pair, account and blueprint. Nobody else can open it.",
		opening: "Opening", looking: "Looking at the user and the keys", proving: "Looking again", verb: "seal",
	}
	Offboard = &Mode{
		Name: "offboard",
		menu: "Offboard", what: "Take an admin's access away: keys, groups, open sessions. The state and everybody else's access stay.",
		practice: "Offboarding", practiceText: "A finished setup with two admins: take one's access away.",
		title: "Offboarding", of: "Offboarding %s", why: "One user is denied everything, in open sessions too, and goes out of every group and policy; the state and everybody else's access stay.",
		opening: "Opening", looking: "Looking at what the user has", proving: "Asking AWS what it decides now", verb: "apply",
	}
	Login = &Mode{
		Name: "login",
		menu: "Sign in", what: "Sign in for Terraform: with a code where an environment requires MFA, or in the browser with Identity Center.",
		practice: "Signing in", practiceText: "A finished setup in which your sign-in has ended: renew it, with a code or in the browser.",
		title: "Sign-in", of: "Sign-in for %s", why: "Terraform cannot ask you to sign in, so its profile holds a sign-in that you renew here.",
		opening: "Opening", looking: "Asking AWS for a session", proving: "Looking again", verb: "apply",
	}
)

// Request is what is to be begun.
type Request struct {
	Mode    *Mode
	Sandbox bool
	// Fault is the name of the one to practise on; empty for none. Surprise says that it
	// is not to be told.
	Fault    string
	Surprise bool
}
