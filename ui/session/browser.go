package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// signingIn adds to what people can be asked how they sign in: with the browser of this
// machine, unless it has none or a code is wanted. Where nobody is asked anything they are
// told beside the events, and where nobody sees that either nobody is waited for.
func (s *session) signingIn(asks plan.Asks) plan.Asks {
	seen := s.seen()
	switch {
	case seen == nil && s.lab == nil:
		asks.Visit, asks.Browser = nil, nil
		return asks
	case asks.Visit == nil, seen != s.talk() && s.lab == nil:
		asks.Visit = func(ctx context.Context, v plan.Visit) error { return tellVisit(ctx, cmp.Or(seen, s.talk()), v) }
	}
	if s.lab != nil {
		if !s.Device {
			asks.Browser = s.lab.Browse
		}
		asks.SignIn = s.withApp(asks.SignIn)
		return asks
	}
	if programs := browsersOf(runtime.GOOS, s.process); len(programs) > 0 && !s.Device {
		asks.Browser = func(ctx context.Context, address string) error { return openBrowser(ctx, programs, address) }
	}
	return asks
}

// seen is where somebody sees what is told: where people are talked to, or else the other
// of both ends that is a terminal. A program that reads the events has the page in them, and
// somebody to show it to. It is nil where nobody sees anything, as in a pipeline.
func (s *session) seen() io.Writer {
	if s.JSON || s.sits() || isTerminal(s.talk()) {
		return s.talk()
	}
	if isTerminal(s.sys.Err) {
		return s.sys.Err
	}
	return nil
}

// tellVisit says where to sign in, and waits with whoever waits for that.
func tellVisit(ctx context.Context, out io.Writer, v plan.Visit) error {
	if v.Code == "" {
		fmt.Fprintf(out, "Sign in in the browser. If it does not open, open this address on this machine:\n%s\n", v.Address.Reveal())
	} else {
		fmt.Fprintf(out, "Sign in on any device at %s\nand see that it shows the code %s.\n", v.Address.Reveal(), v.Code)
	}
	<-ctx.Done()
	return nil
}

// browsersOf are the commands that open a page in the browser of this machine, to be tried
// in turn; none where there is none that whoever sits here would see: over SSH, and without
// a desktop.
func browsersOf(system string, environ engine.Environment) [][]string {
	if environ.Get("SSH_CONNECTION") != "" || environ.Get("SSH_TTY") != "" {
		return nil
	}
	switch system {
	case "windows":
		return [][]string{{"rundll32", "url.dll,FileProtocolHandler"}}
	case "darwin":
		return [][]string{{"open"}}
	}
	var list [][]string
	for command := range strings.SplitSeq(environ.Get("BROWSER"), ":") {
		if words := strings.Fields(command); len(words) > 0 {
			list = append(list, words)
		}
	}
	switch {
	case environ.Get("WSL_DISTRO_NAME") != "":
		list = append(list, []string{"wslview"})
	case environ.Get("DISPLAY") != "" || environ.Get("WAYLAND_DISPLAY") != "":
		list = append(list, []string{"xdg-open"})
	}
	return list
}

// browserWait is how long a browser may take to say that it cannot open a page.
const browserWait = time.Second

// openBrowser lets the first command that can open a page.
func openBrowser(ctx context.Context, commands [][]string, address string) error {
	err := errors.New("there is no browser")
	for _, words := range commands {
		if err = startBrowser(ctx, words, address); err == nil {
			return nil
		}
	}
	return err
}

// startBrowser opens a page with a command as xdg-open takes one from BROWSER (xdg-utils,
// xdg-open(1)): the address stands for %s in it, or else behind it. A command that goes on is
// left to itself, as a browser that it has started; what it says stays off the screen.
func startBrowser(ctx context.Context, words []string, address string) error {
	args, placed := []string{}, false
	for _, word := range words {
		placed = placed || strings.Contains(word, "%s")
		args = append(args, strings.NewReplacer("%s", address, "%%", "%").Replace(word))
	}
	if !placed {
		args = append(slices.Clone(words), address)
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return fmt.Errorf("the browser %s: %w", args[0], err)
	}
	browser := exec.CommandContext(context.WithoutCancel(ctx), path, args[1:]...) // #nosec G204 -- the person's own browser
	if err := browser.Start(); err != nil {
		return fmt.Errorf("the browser could not be started: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- browser.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("the browser %s: %w", args[0], err)
		}
	case <-time.After(browserWait):
	case <-ctx.Done():
	}
	return nil
}
