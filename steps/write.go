package steps

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// write fills a change's file and puts it on the disk, sealed where it is a
// handover, or takes it away. The text with the secret in it never leaves this
// function.
func (x *Executor) write(ctx context.Context, c Change) error {
	if c.Write.Remove {
		return wrap(files.Delete(ctx, c.Write.Edit.Before))
	}
	now := time.Now().UTC()
	x.mu.Lock()
	x.outputs[awsops.Reference{Change: c.ID, Output: "sealed_at"}] = now.Format(time.RFC3339)
	x.outputs[awsops.Reference{Change: c.ID, Output: "expires"}] = now.Add(HandoverLife).Format(time.RFC3339)
	x.mu.Unlock()
	edit, err := c.Write.Edit.Filled(x.fill)
	if err != nil {
		return wrap(err)
	}
	var passphrase secret.Secret
	if s := c.Write.Seal; s != nil {
		sealed, made, err := seal(string(edit.After), s.Recipient)
		if err != nil {
			return err
		}
		edit.After, passphrase = sealed, made
	}
	backup, err := files.Write(ctx, edit, x.env.StateDir)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	if backup != "" {
		x.mu.Lock()
		x.backups = append(x.backups, backup)
		x.mu.Unlock()
	}
	if !passphrase.IsZero() {
		x.emit(Event{Kind: EventPassphrase, Change: &c, Text: c.Write.Seal.User, Passphrase: passphrase})
	}
	return nil
}
