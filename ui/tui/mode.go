package tui

import (
	"stateroom/steps"
	"stateroom/steps/plan"
)

// Mode is one of the ways through the program.
type Mode int

// The modes.
const (
	SetUp Mode = iota
	Onboard
	Troubleshoot
	Handover
	Offboard
	Login
)

// Request is what is to be begun.
type Request struct {
	Mode    Mode
	Sandbox bool
	// Fault is the name of the one to practise on; empty for none.
	Fault string
}

// Fault is a mistake to practise troubleshooting on: its name, and in one
// sentence what it is about.
type Fault struct{ Name, Text string }

// words are what a mode calls itself and what it does.
type words struct {
	// command begins it again from the command line.
	command string
	// menu and what are its entry in the menu; title and why head its screens.
	menu, what, title, why string
	// opening is said until there is anything to show, looking while it looks.
	// proving is said while it looks again after the changes.
	opening, looking, proving string
	// verb is what making the changes is called; right what is said when there
	// is nothing to do.
	verb, right string
	// table shows the checks that have a subject as a table.
	table bool
	// stages are the parts of a run that has several.
	stages []plan.Stage
	// rehearses says that practising it begins with a finished set-up.
	rehearses bool
}

var wordsOf = map[Mode]words{
	SetUp: {
		command: "stateroom setup",
		menu:    "Set up", what: "Make the whole set-up, or what is missing of it. It looks first and asks before it changes anything.",
		opening: "Opening", looking: "Looking at what is there", verb: "apply", stages: steps.Outline(),
		proving: "Looking again, and proving the result as its users would",
	},
	Onboard: {
		rehearses: true,
		command:   "stateroom onboard",
		menu:      "Onboard", what: "You are a new admin with a handover file or a key: make this laptop ready for terraform plan.",
		title: "Coming on board", why: "Your key becomes yours alone, your profiles are written, and every environment and project that you may touch is tried out.",
		opening: "Looking for your handover and your projects", looking: "Trying out what you can reach", proving: "Looking again",
		verb: "apply", right: "You are on board", table: true,
	},
	Troubleshoot: {
		rehearses: true,
		command:   "stateroom troubleshoot",
		menu:      "Troubleshoot", what: "Terraform fails, or you want to know that all is well: find the cause with its evidence, and mend it.",
		title: "Troubleshooting", why: "Every check asks one question of files, Terraform or AWS and shows what came back; nothing is changed before you say so.",
		opening: "Opening", looking: "Checking files, identity, key, bucket, lock, roles and state", proving: "Looking again",
		verb: "mend", right: "Nothing is wrong",
	},
	Handover: {
		rehearses: true,
		command:   "stateroom handover",
		title:     "Handing over a key", why: "One file, sealed for one admin: key pair, account and blueprint. Nobody else can open it.",
		opening: "Opening", looking: "Looking at the user and the keys", proving: "Looking again", verb: "seal", right: "The handover is there already",
	},
	Offboard: {
		rehearses: true,
		command:   "stateroom offboard",
		title:     "Seeing an admin off", why: "One user is denied everything, in open sessions too, and goes out of every group and policy; the state and everybody else's access stay.",
		opening: "Opening", looking: "Looking at what the user has", proving: "Asking AWS what it decides now", verb: "apply", right: "Nothing more to take",
	},
	Login: {
		rehearses: true,
		command:   "stateroom login",
		title:     "Signing in", why: "Terraform cannot ask for a code, so its profile holds a session that you renew here.",
		opening: "Opening", looking: "Asking AWS for a session", proving: "Looking again", verb: "apply", right: "You are signed in",
	},
}
