package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// secondFactor is what a look finds of the user's second factor.
type secondFactor struct {
	// wanted says that the key belongs into a profile of its own, and that
	// Terraform's holds a session that was opened with the second factor:
	// Terraform cannot ask for a code (facts/credential-files.md, "The MFA trap").
	wanted bool
	// moves says that the key lies in Terraform's profile still.
	moves bool
	// device is the serial number of the user's MFA device; empty without one.
	device string
	// session is Terraform's profile while it holds a session of the user's that
	// lasts; nil otherwise. until is when it ends, zero where that is not known.
	session *awsops.Session
	until   time.Time
	// guest is whose session lies in Terraform's profile, where it is not the
	// user's.
	guest string
	// opening says that a session is planned.
	opening bool
}

// signedIn tells whether Terraform's profile can be worked with.
func (f secondFactor) signedIn() bool { return !f.wanted || f.session != nil }

// holds tells how long the session does.
func (f secondFactor) holds() string {
	if f.until.IsZero() {
		return "for a time that is not known, since it was not opened here"
	}
	return untilHere(f.until)
}

// untilHere is the end of something on this laptop, by the clock of whoever sits there.
func untilHere(at time.Time) string {
	return "until " + at.Local().Format("2 January 2006 at 15:04 MST")
}

// note tells how long the session lasts, where there is one.
func (f secondFactor) note(profile string) []string {
	if !f.wanted || f.session == nil {
		return nil
	}
	return []string{fmt.Sprintf("Session: profile %s holds one %s; then run stateroom login.", profile, f.holds())}
}

// checkFactor is the check of the user's MFA device.
const checkFactor = "MFA"

// deviceChange is the id of the change that makes the user's MFA device.
func deviceChange(user string) string { return "onboard.mfa." + user }

// placeKey finds out whether the user needs a second factor, and names the profile
// where the key then belongs.
func placeKey(in *inputs, who *identity, newKeyPlanned bool) secondFactor {
	long := in.answers.LongTermProfile()
	f := secondFactor{wanted: in.answers.NeedsMFA(who.user) || who.profile == long}
	switch {
	case !f.wanted || who.profile == long:
	case who.status != owned:
		who.profile, who.held, who.status = long, "", none
	case newKeyPlanned:
		who.profile = long
	default:
		f.moves = true
	}
	return f
}

// factorPlan plans the user's second factor and the session that it opens.
type factorPlan struct {
	*inputs
	*secondFactor
	who           *identity
	keys          userKeys
	newKeyPlanned bool
}

// plan enrols a device where the user has none, puts the key into its own profile
// and opens a session for Terraform's.
func (p *factorPlan) plan(ctx context.Context) error {
	if !p.wanted {
		return nil
	}
	seen, err := p.findDevice(ctx)
	if err != nil || !seen {
		return err
	}
	if err := p.findSession(ctx); err != nil {
		return err
	}
	base, needs, ok := p.keyInPlace()
	if !ok {
		return nil
	}
	if p.device == "" {
		enabled, err := p.planDevice(ctx, needs)
		if err != nil || enabled == "" {
			return err
		}
		needs = append(needs, enabled)
	}
	p.planSession(base, needs)
	return nil
}

// deviceCheck is the check of the device, not decided yet.
func (p *factorPlan) deviceCheck() plan.Check {
	return plan.Check{Name: checkFactor, Asked: "iam:ListMFADevices as " + p.who.ARN}
}

// ownDevice is the serial number of the one virtual device that the group's policy
// lets the user make: it has the user's name.
func (p *factorPlan) ownDevice() string {
	return fmt.Sprintf("arn:%s:iam::%s:mfa/%s", p.who.Partition, p.who.Account, p.who.Name)
}

// findDevice finds the user's MFA device, the one of the user's own name before
// others. It is false where that may not be seen, which is told.
func (p *factorPlan) findDevice(ctx context.Context) (bool, error) {
	devices, err := p.who.caller.MFADevices(ctx, p.who.Name)
	if awsops.IsAccessDenied(err) {
		f := because(err)
		f.ID, f.Of = "onboard.mfa-not-seen", plan.StepIAM
		f.Remedy = "Ask the operator to run stateroom setup, which lets the admins manage their own MFA devices."
		p.broken(p.deviceCheck(), f)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, d := range devices {
		if d.GivesCodes() && (p.device == "" || d.Serial == p.ownDevice()) {
			p.device = d.Serial
		}
	}
	if p.device != "" {
		p.passed(p.deviceCheck(), p.device)
	}
	return true, nil
}

// planDevice makes a virtual MFA device and enables it with two codes in a row. It
// gives the id of the last change; empty where there is nobody to show the seed
// to.
func (p *factorPlan) planDevice(ctx context.Context, needs []string) (string, error) {
	user := p.who.user
	if p.env.Asks.Enrol == nil {
		p.broken(p.deviceCheck(), plan.Finding{
			ID: "onboard.mfa-missing", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("User %s has no MFA device that shows codes, and %s asks for one.", user, p.demanding()),
			Remedy:   "Run stateroom onboard in a terminal: it shows the seed for your app and asks for two codes.",
		})
		return "", nil
	}
	p.undecided(p.deviceCheck(), "to be enrolled")
	orphan, err := p.orphaned(ctx)
	if err != nil {
		return "", err
	}
	serial, id := p.ownDevice(), deviceChange(user)
	if orphan {
		c := p.deviceStep(".unfinished", plan.Delete, fmt.Sprintf("Delete %s MFA device that was never enabled: its seed is lost", plan.Whose(user)), needs,
			awsops.DeleteVirtualMFADevice(serial))
		c.Fields = []plan.Field{{Name: "serial number", Before: serial}}
		c.Risk = "Nobody uses it for MFA. What an app may show for it already can no longer be used."
		needs = append(needs, p.add(c))
	}
	create := p.deviceStep("", plan.Create, fmt.Sprintf("Create an MFA device for %s, whose seed goes into an app", user), needs,
		awsops.CreateVirtualMFADevice(p.who.Name))
	create.Intent = map[string]string{}
	create.Fields = []plan.Field{{Name: "serial number", After: serial}, {Name: "seed", After: secret.Redacted}}
	create.Undo = "aws iam delete-virtual-mfa-device --serial-number " + serial
	enable := p.deviceStep(".enable", plan.Update, fmt.Sprintf("Enable the MFA device with two codes that %s types", user), []string{p.add(create)},
		awsops.EnableMFADevice(p.who.Name, serial, plan.CodeRef(id+".enable"), plan.NextCodeRef(id+".enable")))
	enable.MFA = &plan.MFA{User: user, Device: serial, Made: id}
	enable.Fields = []plan.Field{{Name: "MFA of", After: p.who.ARN}}
	enable.Undo = fmt.Sprintf("aws iam deactivate-mfa-device --user-name %s --serial-number %s, with a session that was opened with it", p.who.Name, serial)
	p.device = serial
	return p.add(enable), nil
}

// deviceStep is one change of the user's MFA device, sent with the key that will
// stay.
func (p *factorPlan) deviceStep(suffix string, action plan.Action, title string, needs []string, call awsops.Call) plan.Change {
	c := plan.Change{
		ID: deviceChange(p.who.user) + suffix, Topic: topicOnboard, Of: plan.StepIAM, Action: action, Title: title, Target: p.ownDevice(),
		Account: p.answers.AdminAccount, Region: p.answers.StateRegion, Profile: p.who.as, Calls: []awsops.Call{call}, Needs: slices.Clone(needs),
	}
	if p.newKeyPlanned {
		c.Profile = p.who.profile
	}
	return c
}

// orphaned tells whether a device of the user's name is there that is nobody's
// second factor: a run that was cut short left it, and its seed is gone. Whoever
// may not list devices goes by the journal; deleting one that is gone is no error,
// and AWS deletes none that is in use.
func (p *factorPlan) orphaned(ctx context.Context) (bool, error) {
	left, err := p.who.caller.UnassignedMFADevices(ctx)
	if awsops.IsAccessDenied(err) {
		return p.env.Journal.Intended(deviceChange(p.who.user)), nil
	}
	return slices.Contains(left, p.ownDevice()), err
}

// demanding names the environments whose roles ask for a second factor.
func (p *factorPlan) demanding() string {
	var names []string
	for _, e := range p.environments(p.who.user) {
		if e.MFA {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return "profile " + p.answers.LongTermProfile()
	}
	return "environment " + strings.Join(names, ", ")
}

// keyInPlace plans to move the key into its own profile, where it is not there and
// no new one is coming. It gives the credentials file as it is by then with the
// changes that make it so; it is false where the file cannot take the key.
func (p *factorPlan) keyInPlace() (files.Snapshot, []string, bool) {
	base := p.credentials
	var needs []string
	for _, c := range p.review.Changes {
		writes := c.Write != nil && c.Write.Edit.Before.Path == base.Path
		if writes {
			base = c.Write.Edit.Result()
		}
		if writes || c.ID == keyChange(p.who.user)+proveSuffix {
			needs = append(needs, c.ID)
		}
	}
	if !p.moves {
		return base, needs, true
	}
	long := p.answers.LongTermProfile()
	edit, err := profiles.EditCredentials(base, p.config, profiles.KeyPair(long, p.who.held, p.get(p.who.profile, profiles.SecretAccessKey)))
	if err != nil {
		p.find(cannotEdit(err))
		return base, nil, false
	}
	p.who.profile = long
	c := plan.FileChange(p.answers, edit, fmt.Sprintf("Move %s access key to profile %s, since MFA is required", plan.Whose(p.who.user), long))
	return edit.Result(), append(needs, p.add(c)), true
}
