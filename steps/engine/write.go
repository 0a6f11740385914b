package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/files"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// reserve makes sure that the file of a change can be written before its calls are
// made: what AWS gives only once must not find a full disk.
func (x *Executor) reserve(ctx context.Context, c plan.Change) (*files.Reservation, error) {
	if c.Write == nil || c.Write.Remove || len(c.Calls) == 0 || !c.Write.Edit.Changes() {
		return nil, nil
	}
	if s := c.Write.Seal; s != nil && s.Recipient != "" {
		if _, _, err := handover.RecipientFor(s.Recipient); err != nil {
			return nil, err
		}
	}
	edit := c.Write.Edit
	before, err := x.fill(string(edit.Before.Bytes))
	if err != nil {
		return nil, err
	}
	if edit.Before.Exists {
		edit.Before.Bytes = files.Content(before)
	}
	r, err := files.Reserve(ctx, edit, x.env.StateDir)
	return r, err
}

// write fills a change's file and puts it on the disk, sealed where it is a
// handover, or takes it away. The text with the secret in it never leaves this
// function.
func (x *Executor) write(ctx context.Context, c plan.Change, room *files.Reservation) error {
	if c.Write.Remove {
		return files.Delete(ctx, c.Write.Edit.Before)
	}
	now := time.Now().UTC()
	x.mu.Lock()
	x.outputs[awsops.Reference{Change: c.ID, Output: "sealed_at"}] = now.Format(time.RFC3339)
	x.outputs[awsops.Reference{Change: c.ID, Output: "expires"}] = now.Add(plan.HandoverLife).Format(time.RFC3339)
	x.mu.Unlock()
	edit, err := c.Write.Edit.Filled(x.fill)
	if err != nil {
		return err
	}
	var passphrase secret.Secret
	if s := c.Write.Seal; s != nil {
		sealed, made, err := handover.Seal(string(edit.After), s.Recipient)
		if err != nil {
			return err
		}
		edit.After, passphrase = sealed, made
	}
	if room == nil {
		written, err := files.Write(ctx, edit, x.env.StateDir)
		x.wrote(c, written)
		return err
	}
	// What is on its way must reach the disk, whoever cancels.
	written, err := room.Write(context.WithoutCancel(ctx), edit)
	if err != nil {
		err = kept(c, room, edit.After, err)
	} else {
		x.wrote(c, written)
	}
	if !passphrase.IsZero() {
		x.emit(plan.Event{Kind: plan.EventPassphrase, Change: &c, Text: c.Write.Seal.User, Passphrase: passphrase})
	}
	return err
}

// wrote books what a write has left, and tells of a program that wrote at the same
// moment.
func (x *Executor) wrote(c plan.Change, written files.Written) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if written.Backup != "" {
		x.backups = append(x.backups, written.Backup)
	}
	if written.Overtaken != "" {
		path := c.Write.Edit.Before.Path
		x.findings = append(x.findings, plan.Finding{
			ID: "files.overtaken", Of: c.Of, Step: c.Step, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Another program wrote to %s while it was being replaced. What it wrote is in %s.", path, written.Overtaken),
			Remedy:   fmt.Sprintf("Compare the two and copy what is missing into %s.", path),
		})
	}
}

// kept saves what could not be put in its place, and says where it is and what
// becomes of it: the next run finds a key by this laptop's journal, and a session
// ends by itself.
func kept(c plan.Change, room *files.Reservation, text []byte, err error) error {
	path, lost := room.Keep(text)
	if lost != nil {
		return errors.Join(err, fmt.Errorf("and what it was to hold could not be kept: %w", lost))
	}
	again := "it opens a new session, and this one ends by itself"
	if slices.ContainsFunc(c.Calls, func(call awsops.Call) bool { return call.Operation == "CreateAccessKey" }) {
		again = "it deletes this key and makes a new one"
	}
	return fmt.Errorf("%w. What it was to hold, with the secret that AWS gives only once, is in %s, readable by you alone. "+
		"Run this again on this laptop: %s. Then delete that file", err, path, again)
}
