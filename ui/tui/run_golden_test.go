package tui

import (
	"io"
	"testing"
	"time"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
)

// The screens of the runs that are flows, for the goldens of golden_test.go.
func init() {
	for name, bring := range map[string]func(t *testing.T, l look) *root{
		"menu-modes": func(t *testing.T, l look) *root { return newTestRoot(t, l, menuOptions()) },
		"menu-practice": func(t *testing.T, l look) *root {
			m := newTestRoot(t, l, menuOptions())
			press(m, "p")
			return m
		},
		"faults": func(t *testing.T, l look) *root {
			m := newTestRoot(t, l, menuOptions())
			press(m, "p", "down", "down", "enter", "end", "enter", "down")
			return m
		},
		"chapters": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "esc", "esc")
			return m
		},
		"chapter": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "esc")
			return m
		},
		"lesson": func(t *testing.T, l look) *root { return lessonRoot(t, l) },
		"lesson-hint": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "down", "enter", "enter")
			return m
		},
		"lesson-fix": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "down", "down", "enter")
			return m
		},
		"lesson-terminal": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "down", "down", "down", "enter")
			return m
		},
		"lesson-solved": func(t *testing.T, l look) *root {
			m := lessonRoot(t, l)
			press(m, "enter")
			saw(m, healthy())
			return m
		},
		"faults-filter": func(t *testing.T, l look) *root {
			m := newTestRoot(t, l, Options{Modes: []*Mode{Troubleshoot}, Sandbox: true, Course: someCourse()})
			press(m, "end", "enter", "/", "lock")
			return m
		},
		"run-opening":    func(t *testing.T, l look) *root { return opened(t, l, Troubleshoot, Options{}) },
		"run-rehearsing": func(t *testing.T, l look) *root { return opened(t, l, Onboard, Options{Sandbox: true}) },
		"run-asking": func(t *testing.T, l look) *root {
			m := opened(t, l, Troubleshoot, Options{Sandbox: true})
			answerWith(m, engine.Opened{Questions: ways()}, nil)
			press(m, "down")
			return m
		},
		"run-pasting": func(t *testing.T, l look) *root {
			m := opened(t, l, Troubleshoot, Options{})
			answerWith(m, engine.Opened{Questions: pasteQuestion()}, nil)
			press(m, "Error: x", "enter")
			return m
		},
		"run-pasted": func(t *testing.T, l look) *root {
			m := opened(t, l, Troubleshoot, Options{})
			answerWith(m, engine.Opened{Questions: pasteQuestion()}, nil)
			deliver(m, m.key(pasted(errorText(1500))))
			return m
		},
		"run-not-pasted": func(t *testing.T, l look) *root {
			m := opened(t, l, Troubleshoot, Options{})
			answerWith(m, engine.Opened{Questions: pasteQuestion()}, nil)
			press(m, "ctrl+d")
			return m
		},
		"run-refused": func(t *testing.T, l look) *root {
			m := opened(t, l, Onboard, Options{})
			answerWith(m, engine.Opened{Questions: handoverQuestions()}, nil)
			press(m, "enter", "wrong", "enter")
			answerWith(m, engine.Opened{}, &plan.Problem{Path: "passphrase", Text: "This passphrase does not open handover/bob.age: type it as it was told to you, dashes included."})
			return m
		},
		"onboard-ways":    func(t *testing.T, l look) *root { return joining(t, l, someProjects()) },
		"onboard-sign-in": func(t *testing.T, l look) *root { return joining(t, l, someProjects(), onboard.WaySignIn) },
		"onboard-folder":  func(t *testing.T, l look) *root { return joining(t, l, nothingTold(), onboard.WayPair) },
		"run-looking":     func(t *testing.T, l look) *root { return looking(t, l, Options{DryRun: true}) },
		"run-review":      func(t *testing.T, l look) *root { return lookedAt(t, l, Troubleshoot, Options{}, ill()) },
		"run-healthy":     func(t *testing.T, l look) *root { return lookedAt(t, l, Troubleshoot, Options{}, healthy()) },
		"run-onboarding":  func(t *testing.T, l look) *root { return lookedAt(t, l, Onboard, Options{}, coming()) },
		"run-table":       func(t *testing.T, l look) *root { return lookedAt(t, l, Onboard, Options{}, aboard()) },
		"run-table-right": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Onboard, Options{}, aboard())
			downTo(m, "common-production")
			press(m, "right", "right", "space")
			return m
		},
		"run-open": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			m.run.list.said[itemName{kind: aFinding, name: "kms-disabled"}] = true
			m.run.rebuild()
			m.run.list.revealItem()
			press(m, "down", "space")
			return m
		},
		"run-checks": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			press(m, "end", "up", "up", "space")
			return m
		},
		"run-consent": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			press(m, "down", "down", "down", "x", "7f6c9a1e")
			return m
		},
		"run-report": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			onFinding(m, "assume-role-denied")
			press(m, "r")
			return m
		},
		"run-save": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			onFinding(m, "assume-role-denied")
			press(m, "s")
			return m
		},
		"run-confirm": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			press(m, "enter")
			return m
		},
		"run-dry-run-end": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{DryRun: true}, ill())
			press(m, "enter")
			return m
		},
		"run-search": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			press(m, "/", "lock", "enter", "n")
			return m
		},
		"run-copied": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			m.o.Out, m.o.Getenv = io.Discard, func(string) string { return "" }
			press(m, "down", "y")
			return m
		},
		"viewer-search": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			onFinding(m, "assume-role-denied")
			press(m, "r", "/", "trust")
			return m
		},
		"run-applying": func(t *testing.T, l look) *root { return mending(t, l) },
		"run-result":   func(t *testing.T, l look) *root { return mendedRoot(t, l) },
		"run-failed": func(t *testing.T, l look) *root {
			m := opened(t, l, Troubleshoot, Options{})
			answerWith(m, engine.Opened{}, &plan.Refusal{What: "There is no stateroom.hcl in /work.", Remedy: "Run it where the blueprint is."})
			return m
		},
		"no-credentials": func(t *testing.T, l look) *root {
			m := opened(t, l, SetUp, Options{})
			answerWith(m, engine.Opened{}, unasked())
			press(m, "down")
			return m
		},
		"no-organization": func(t *testing.T, l look) *root {
			return refusing(t, l, SetUp, noOrganization(t))
		},
		"no-blueprint": func(t *testing.T, l look) *root {
			return refusing(t, l, Offboard, onboard.WithoutBlueprint("/work/acme/stateroom.hcl", "stateroom offboard"))
		},
		"no-project": func(t *testing.T, l look) *root {
			return refusing(t, l, Troubleshoot, troubleshoot.WithoutProject("/home/alice/downloads", &blueprint.Answers{Blueprint: blueprint.New(), WithoutBlueprint: true}, "stateroom troubleshoot", true))
		},
		"no-credentials-to-check-with": func(t *testing.T, l look) *root {
			refusal := unasked()
			refusal.Anyway = troubleshoot.WithoutAWS()
			return refusing(t, l, Troubleshoot, refusal)
		},
		"no-credentials-kept": func(t *testing.T, l look) *root { return refusedAfterAnswers(t, l) },
		"no-credentials-leave": func(t *testing.T, l look) *root {
			m := opened(t, l, SetUp, Options{})
			answerWith(m, engine.Opened{}, unasked())
			press(m, "esc")
			return m
		},
		"run-help": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Troubleshoot, Options{}, ill())
			press(m, "?")
			return m
		},
		"sign-in-browser": func(t *testing.T, l look) *root {
			return visiting(t, l, plan.Visit{Address: secret.New(someAuthorize)})
		},
		"sign-in-device": func(t *testing.T, l look) *root { return visiting(t, l, someDevice()) },
		"sign-in-copied": func(t *testing.T, l look) *root {
			m := visiting(t, l, someDevice())
			m.o.Out, m.o.Getenv = io.Discard, func(string) string { return "" }
			press(m, "y")
			return m
		},
		"sign-in-help": func(t *testing.T, l look) *root {
			m := visiting(t, l, someDevice())
			press(m, "?")
			return m
		},
		"enrolment": func(t *testing.T, l look) *root { return enrolling(t, l, "") },
		"enrolment-again": func(t *testing.T, l look) *root {
			m := enrolling(t, l, "AWS did not take these two codes: type two new ones, the second as soon as the app shows it.")
			press(m, "123456", "enter", "123456")
			return m
		},
	} {
		screens[name] = bring
	}
}

// menuOptions are a program with all modes that a menu offers.
func menuOptions() Options {
	return Options{Menu: true, Modes: []*Mode{SetUp, Onboard, Troubleshoot, Handover, Offboard, Login}, Course: someCourse()}
}

// someAuthorize is where a browser signs in, as long as AWS makes it.
const someAuthorize = "https://oidc.eu-central-1.amazonaws.com/authorize?client_id=Xn4kTUvJq0mZ1yQ2w3E4rGV1LWNlbnRyYWwtMQ&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Foauth%2Fcallback&response_type=code&scopes=sso%3Aaccount%3Aaccess&state=af0ifjsldkjaf0ifjsldkjaf0ifjsldkjaf0ifjsldkjaf0ifjsldkjaf0ifjsl"

// someDevice is a page at which any device signs in.
func someDevice() plan.Visit {
	return plan.Visit{Address: secret.New("https://acme.awsapps.com/start/#/device?user_code=KRDT-KWBQ"), Code: "KRDT-KWBQ", Page: "https://acme.awsapps.com/start/#/device"}
}

// visiting shows a page to sign in at.
func visiting(t testing.TB, l look, v plan.Visit) *root {
	m := opened(t, l, Login, Options{})
	v.Until = time.Date(2026, 11, 29, 17, 36, 0, 0, time.Local)
	_, cmd := m.Update(visitMsg{v, make(chan error, 1)})
	deliver(m, cmd)
	return m
}

// enrolling asks for the codes of a new device.
func enrolling(t testing.TB, l look, problem string) *root {
	m := opened(t, l, Onboard, Options{})
	e := someEnrolment()
	e.Problem = problem
	_, cmd := m.Update(enrolMsg{e, make(chan []string, 1)})
	deliver(m, cmd)
	return m
}
