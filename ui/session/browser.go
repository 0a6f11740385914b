package session

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// signingIn adds to what people can be asked how they sign in: with the browser of this
// machine, unless it has none or a code is wanted. Where nobody is asked anything they are
// told beside the events.
func (s *session) signingIn(asks plan.Asks) plan.Asks {
	if asks.Visit == nil {
		asks.Visit = s.tellVisit
	}
	if s.lab != nil {
		if !s.Device {
			asks.Browser = s.lab.Browse
		}
		asks.SignIn = s.withApp(asks.SignIn)
		return asks
	}
	if program := browserOf(runtime.GOOS, s.process); program != nil && !s.Device {
		asks.Browser = func(ctx context.Context, address string) error { return openBrowser(ctx, program, address) }
	}
	return asks
}

// tellVisit says where to sign in, and waits with whoever waits for that.
func (s *session) tellVisit(ctx context.Context, v plan.Visit) error {
	if v.Code == "" {
		fmt.Fprintf(s.talk(), "Sign in in the browser. If it does not open, open this address on this machine:\n%s\n", v.Address.Reveal())
	} else {
		fmt.Fprintf(s.talk(), "Sign in on any device at %s\nand see that it shows the code %s.\n", v.Address.Reveal(), v.Code)
	}
	<-ctx.Done()
	return nil
}

// browserOf is the program that opens a page in the browser of this machine, nil where
// there is none that whoever sits here would see: over SSH, and without a desktop.
func browserOf(system string, environ engine.Environment) []string {
	if environ.Get("SSH_CONNECTION") != "" || environ.Get("SSH_TTY") != "" {
		return nil
	}
	switch system {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case "darwin":
		return []string{"open"}
	}
	switch {
	case environ.Get("BROWSER") != "":
		return []string{environ.Get("BROWSER")}
	case environ.Get("WSL_DISTRO_NAME") != "":
		return []string{"wslview"}
	case environ.Get("DISPLAY") == "" && environ.Get("WAYLAND_DISPLAY") == "":
		return nil
	}
	return []string{"xdg-open"}
}

// openBrowser lets the program open a page. One that goes on is left to itself, as a browser
// that it has started; what it says stays off the screen.
func openBrowser(ctx context.Context, program []string, address string) error {
	path, err := exec.LookPath(program[0])
	if err != nil {
		return errors.New("there is no browser")
	}
	browser := exec.CommandContext(context.WithoutCancel(ctx), path, append(program[1:], address)...) // #nosec G204 -- the person's own browser
	if err := browser.Start(); err != nil {
		return fmt.Errorf("the browser could not be started: %w", err)
	}
	go func() { _ = browser.Wait() }()
	return nil
}
