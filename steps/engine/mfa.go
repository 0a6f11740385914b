package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// maxCodes bounds how often a code that was not taken is asked for again.
const maxCodes = 5

// asksForCode tells whether a call of a change refers to a code.
func asksForCode(change string, c awsops.Call) bool {
	return slices.ContainsFunc(awsops.Refs(c), func(r awsops.Reference) bool {
		return r.Change == change && (r.Output == plan.FirstCode || r.Output == plan.SecondCode)
	})
}

// errNobodyToAsk ends a change whose code nobody can be asked for.
var errNobodyToAsk = errors.New("it needs a code from an MFA device, and nobody can be asked for one here")

// sendWithCode asks for the codes that a call waits for and sends it, and asks
// again where AWS did not take them.
func (x *Executor) sendWithCode(ctx context.Context, s *awsops.Session, planned awsops.Call, c plan.Change) (awsops.Outputs, error) {
	note := ""
	if x.isSpent(c.MFA.Device) {
		note = "The codes that you have given are used up: wait until a new one is shown."
	}
	var refused error
	for range maxCodes {
		codes, err := x.askCodes(ctx, *c.MFA, note)
		if err != nil {
			return awsops.Outputs{}, fmt.Errorf("no code from the MFA device %s was given: %w", c.MFA.Device, err)
		}
		if note = malformed(codes); note != "" {
			refused = errors.New(note)
			continue
		}
		call, err := planned.Resolve(func(r awsops.Reference) (string, bool) {
			if code, ok := codes[r.Output]; ok && r.Change == c.ID {
				return code, true
			}
			return x.lookup(r)
		})
		if err != nil {
			return awsops.Outputs{}, fmt.Errorf("%s: %w", c.ID, err)
		}
		out, err := x.send(ctx, s, call, c)
		if !awsops.IsWrongCode(err) {
			x.spend(c.MFA.Device)
			return out, err
		}
		note, refused = notTaken(*c.MFA), err
	}
	return awsops.Outputs{}, fmt.Errorf("no code from the MFA device %s was accepted, %d times: %w", c.MFA.Device, maxCodes, refused)
}

// notTaken says why the question comes again.
func notTaken(f plan.MFA) string {
	if f.Made != "" {
		return "AWS did not accept these two codes: type two that follow each other, and check the clock of the device that shows them."
	}
	return "AWS did not accept this code, and accepts each only once: wait for the next one, and check the clock of the device that shows it."
}

// askCodes puts the question. It ends when the run is stopped: a question has
// nothing to finish.
func (x *Executor) askCodes(ctx context.Context, f plan.MFA, note string) (map[string]string, error) {
	ctx, done := untilStopped(ctx, x.stop)
	defer done()
	if f.Made == "" {
		if x.env.Asks.SignIn == nil {
			return nil, errNobodyToAsk
		}
		code, err := x.env.Asks.SignIn(ctx, plan.SignIn{Device: f.Device, Note: note})
		return map[string]string{plan.FirstCode: bare(code)}, err
	}
	if x.env.Asks.Enrol == nil {
		return nil, errNobodyToAsk
	}
	x.mu.Lock()
	seed := x.secrets[awsops.Reference{Change: f.Made, Output: "secret"}]
	x.mu.Unlock()
	e := plan.Enrolment{User: f.User, Account: x.answers.AdminAccount, Seed: seed, Problem: note}
	first, second, err := x.env.Asks.Enrol(ctx, e)
	return map[string]string{plan.FirstCode: bare(first), plan.SecondCode: bare(second)}, err
}

// bare is a code without the spaces with which apps show it.
func bare(code string) string { return strings.Join(strings.Fields(code), "") }

// malformed says why what was typed cannot be MFA codes, or "".
func malformed(codes map[string]string) string {
	const digits = 6
	for _, code := range codes {
		if len(code) != digits || strings.Trim(code, "0123456789") != "" {
			return "An MFA code has six digits."
		}
	}
	return ""
}

func (x *Executor) isSpent(device string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.spent[device]
}

func (x *Executor) spend(device string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.spent[device] = true
}
