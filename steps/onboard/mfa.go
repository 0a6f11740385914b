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

// factor is what a look finds of the user's second factor.
type factor struct {
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

// checkFactor is the check of the user's MFA device.
const checkFactor = "second factor"

// placeKey finds out whether the user needs a second factor, and with it where the
// key belongs.
func (s *scene) placeKey(context.Context) error {
	long := s.a.LongTermProfile()
	s.factor.wanted = s.a.NeedsMFA(s.user) || s.profile == long
	switch {
	case !s.factor.wanted || s.profile == long:
	case s.standing != own:
		s.profile, s.held, s.standing = long, "", absent
	case s.needsNew(s.leftover()):
		s.profile = long
	default:
		s.factor.moves = true
	}
	return nil
}

// planFactor enrols a device where the user has none, puts the key into its own
// profile and opens a session for Terraform's.
func (s *scene) planFactor(ctx context.Context) error {
	if !s.factor.wanted {
		return nil
	}
	seen, err := s.findDevice(ctx)
	if err != nil || !seen {
		return err
	}
	if err := s.findSession(ctx); err != nil {
		return err
	}
	base, needs, ok := s.keyInPlace()
	if !ok {
		return nil
	}
	if s.factor.device == "" {
		enabled, err := s.planDevice(ctx, needs)
		if err != nil || enabled == "" {
			return err
		}
		needs = append(needs, enabled)
	}
	s.planSession(base, needs)
	return nil
}

// findDevice finds the user's MFA device, the one of the user's own name before
// others. It is false where that may not be seen, which is told.
func (s *scene) findDevice(ctx context.Context) (bool, error) {
	devices, err := s.caller.MFADevices(ctx, s.identity.Name)
	if awsops.IsAccessDenied(err) {
		s.broken(plan.Check{Name: checkFactor, Asked: s.askedForDevices()}, plan.Finding{
			ID: "onboard.mfa-not-seen", Of: plan.StepIAM, Severity: plan.Failure, Evidence: reason(err), RequestIDs: awsops.RequestIDs(err),
			Remedy: "Let the operator run stateroom setup, which lets the admins manage their own MFA devices.",
		})
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, d := range devices {
		if d.GivesCodes() && (s.factor.device == "" || d.Serial == s.ownDevice()) {
			s.factor.device = d.Serial
		}
	}
	if s.factor.device != "" {
		s.check(plan.Check{Name: checkFactor, Asked: s.askedForDevices(), Answer: s.factor.device, Verdict: plan.Passed})
	}
	return true, nil
}

func (s *scene) askedForDevices() string { return "iam:ListMFADevices as " + s.identity.ARN }

// ownDevice is the serial number of the one virtual device that the group's policy
// lets the user make: it has the user's name.
func (s *scene) ownDevice() string {
	return fmt.Sprintf("arn:%s:iam::%s:mfa/%s", s.identity.Partition, s.identity.Account, s.identity.Name)
}

// deviceChange is the id of the change that makes the user's MFA device.
func deviceChange(user string) string { return "onboard.mfa." + user }

// planDevice makes a virtual MFA device and enables it with two codes in a row. It
// gives the id of the last change; empty where there is nobody to show the seed
// to.
func (s *scene) planDevice(ctx context.Context, needs []string) (string, error) {
	c := plan.Check{Name: checkFactor, Asked: s.askedForDevices(), Verdict: plan.Undecided, Answer: "to be enrolled"}
	if s.env.Asks.Enrol == nil {
		s.broken(c, plan.Finding{
			ID: "onboard.mfa-missing", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("User %s has no MFA device that shows codes, and %s asks for one.", s.user, s.demanding()),
			Remedy:   "Run stateroom onboard in a terminal: it shows the seed for your app and asks for two codes.",
		})
		return "", nil
	}
	s.check(c)
	orphan, err := s.orphaned(ctx)
	if err != nil {
		return "", err
	}
	if orphan {
		needs = append(needs, s.add(s.removeOrphan(needs)))
	}
	serial, id := s.ownDevice(), deviceChange(s.user)
	create := s.deviceStep("", plan.Create, fmt.Sprintf("Create an MFA device for %s, whose seed goes into an app", s.user), needs,
		awsops.CreateVirtualMFADevice(s.identity.Name))
	create.Intent = map[string]string{}
	create.Fields = []plan.Field{{Name: "serial number", After: serial}, {Name: "seed", After: secret.Redacted}}
	create.Undo = "aws iam delete-virtual-mfa-device --serial-number " + serial
	enable := s.deviceStep(".enable", plan.Update, fmt.Sprintf("Enable the MFA device with two codes that %s types", s.user), []string{s.add(create)},
		awsops.EnableMFADevice(s.identity.Name, serial, plan.CodeRef(id+".enable"), plan.NextCodeRef(id+".enable")))
	enable.MFA = &plan.MFA{User: s.user, Device: serial, Made: id}
	enable.Fields = []plan.Field{{Name: "second factor of", After: s.identity.ARN}}
	enable.Undo = fmt.Sprintf("aws iam deactivate-mfa-device --user-name %s --serial-number %s, with a session that was opened with it", s.identity.Name, serial)
	s.factor.device = serial
	return s.add(enable), nil
}

// deviceStep is one change of the user's MFA device, sent with the key that will
// stay.
func (s *scene) deviceStep(suffix string, action plan.Action, title string, needs []string, call awsops.Call) plan.Change {
	c := plan.Change{
		ID: deviceChange(s.user) + suffix, Topic: topicOnboard, Of: plan.StepIAM, Action: action, Title: title, Target: s.ownDevice(),
		Account: s.a.AdminAccount, Region: s.region, Profile: s.as, Calls: []awsops.Call{call}, Needs: slices.Clone(needs),
	}
	if s.coming {
		c.Profile = s.profile
	}
	return c
}

// orphaned tells whether a device of the user's name is there that is nobody's
// second factor: a run that was cut short left it, and its seed is gone. Whoever
// may not list devices goes by the journal; deleting one that is gone is no error,
// and AWS deletes none that is in use.
func (s *scene) orphaned(ctx context.Context) (bool, error) {
	left, err := s.caller.UnassignedMFADevices(ctx)
	if awsops.IsAccessDenied(err) {
		return s.env.Journal.Intended(deviceChange(s.user)), nil
	}
	return slices.Contains(left, s.ownDevice()), err
}

func (s *scene) removeOrphan(needs []string) plan.Change {
	c := s.deviceStep(".unfinished", plan.Delete, fmt.Sprintf("Delete %s MFA device that was never enabled: its seed is lost", whose(s.user)), needs,
		awsops.DeleteVirtualMFADevice(s.ownDevice()))
	c.Fields = []plan.Field{{Name: "serial number", Before: s.ownDevice()}}
	c.Risk = "It is nobody's second factor. What an app may show for it already is of no use any more."
	return c
}

// demanding names the environments whose roles ask for a second factor.
func (s *scene) demanding() string {
	var names []string
	for _, e := range s.a.EnvironmentsFor(s.user) {
		if e.MFA {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return "profile " + s.a.LongTermProfile()
	}
	return "environment " + strings.Join(names, ", ")
}

// keyInPlace plans to move the key into its own profile, where it is not there and
// no new one is coming. It gives the credentials file as it is by then with the
// changes that make it so; it is false where the file cannot take the key.
func (s *scene) keyInPlace() (files.Snapshot, []string, bool) {
	base := s.credentials
	var needs []string
	for _, c := range s.review.Changes {
		writes := c.Write != nil && c.Write.Edit.Before.Path == base.Path
		if writes {
			base = c.Write.Edit.Result()
		}
		if writes || c.ID == keyChange(s.user)+proveSuffix {
			needs = append(needs, c.ID)
		}
	}
	if !s.factor.moves {
		return base, needs, true
	}
	long := s.a.LongTermProfile()
	held, _ := profiles.Read(profiles.Credentials, s.credentials, s.profile)
	edit, ok := s.credentialsEdit(base, profiles.Wanted{Name: long, Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", s.held), profiles.KV("aws_secret_access_key", held.Get("aws_secret_access_key")),
	}})
	if !ok {
		return base, nil, false
	}
	c := plan.FileChange(s.a, edit, fmt.Sprintf("Move %s access key to profile %s, since a second factor is asked for", whose(s.user), long))
	s.profile = long
	return edit.Result(), append(needs, s.add(c)), true
}

// credentialsEdit is an edit of one profile of the credentials file; it is false
// where the file, or what the profile is already, stands against it, which is
// told.
func (s *scene) credentialsEdit(base files.Snapshot, want profiles.Wanted) (files.Edit, bool) {
	inConfig, _ := profiles.Read(profiles.Config, s.config, want.Name)
	err := inConfig.Conflict(s.config.Path, want)
	var edit files.Edit
	if err == nil {
		edit, err = profiles.Edit(profiles.Credentials, base, want)
	}
	if err != nil {
		s.find(s.cannotEdit(err))
	}
	return edit, err == nil
}
