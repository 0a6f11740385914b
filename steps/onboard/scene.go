package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// scene is what one look finds, part by part.
type scene struct {
	o      *Onboarding
	env    *engine.Env
	a      *blueprint.Answers
	region string

	credentials, config files.Snapshot

	// user is whose laptop this is; identity is the same as AWS names it.
	user     string
	identity awsops.Identity
	// profile is the profile that holds, or will hold, the user's access key;
	// held is the key in it, standing what that key came to, and refusal why AWS
	// does not take a dead one.
	profile  string
	held     string
	standing standing
	refusal  error
	// caller asks; as is the profile as which changes that come before the new
	// key are sent, empty for the key that was handed over.
	caller *awsops.Session
	as     string
	// worker works as Terraform does: with the admin profile.
	worker *awsops.Session

	// keys are the user's, lost those that a killed run made and nobody can use.
	keys []awsops.AccessKey
	lost []engine.LostKey
	// coming says that a new key is planned.
	coming bool

	factor factor

	stateKey *awsops.Key
	projects []projectFiles
	// readable are the projects whose state can be read.
	readable map[string]bool

	mu     sync.Mutex
	review plan.Review
}

// standing is what an access key came to.
type standing int

const (
	// absent: there is no key to ask with.
	absent standing = iota
	// own: it works and is the user's.
	own
	// other: it works and is somebody else's.
	other
	// dead: AWS does not take it.
	dead
)

// key is the key to ask with, whose place a new one takes: the user's own, or the
// one that was handed over.
func (s *scene) key() string {
	if s.standing == own {
		return s.held
	}
	return s.o.KeyID
}

// owned tells whether the profile holds the user's own key, for good.
func (s *scene) owned() bool { return s.standing == own && !s.coming }

// check books a check that has ended and tells it at once.
func (s *scene) check(c plan.Check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.review.Checks = append(s.review.Checks, c)
	s.env.Emit(plan.Event{Kind: plan.EventCheck, Check: &c})
}

// find books a finding, each once.
func (s *scene) find(f plan.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.review.Findings, f.Same) {
		s.review.Findings = append(s.review.Findings, f)
	}
}

// broken books a check that has found what is wrong, with its finding.
func (s *scene) broken(c plan.Check, f plan.Finding) {
	s.leads(plan.Failed, c, f)
}

// leads books a check with the finding that it leads to.
func (s *scene) leads(v plan.Verdict, c plan.Check, f plan.Finding) {
	c.Verdict, c.Finding, c.Remedy = v, f.ID, f.Remedy
	if c.Answer == "" {
		c.Answer = f.Told()
	}
	if f.Subject == "" {
		f.Subject = c.Subject
	}
	s.check(c)
	s.find(f)
}

// readFiles takes the snapshots, and tells what is wrong about the files and
// around them.
func (s *scene) readFiles(ctx context.Context) error {
	if err := s.snapshots(ctx); err != nil {
		return err
	}
	s.openToOthers()
	s.overridden()
	return nil
}

// snapshots are what every edit is computed from.
func (s *scene) snapshots(context.Context) error {
	var err error
	if s.credentials, err = files.Read(s.env.CredentialsPath); err != nil {
		return err
	}
	s.config, err = files.Read(s.env.ConfigPath)
	return err
}

// because is a finding of a call that failed: its evidence.
func because(err error) plan.Finding {
	return plan.Finding{Severity: plan.Failure, Evidence: reason(err), RequestIDs: awsops.RequestIDs(err)}
}

// reason is an error of AWS's without its remedy, since a finding has its own.
func reason(err error) string {
	var e *awsops.Error
	if !errors.As(err, &e) {
		return sentence(err)
	}
	bare := *e
	bare.Remedy = ""
	return strings.Join(strings.Fields(bare.Error()), " ")
}

// sentence is an error as a sentence of its own.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	if last := text[len(text)-1]; last != '.' && last != '\n' {
		text += "."
	}
	return text
}

// fresh is how long a key that was made just now may still be unknown to AWS:
// the patience that is left since the handover was sealed, or since this laptop
// set out to make a key. Past the first minute, in which most keys come to be
// known, it is no longer than a person at a terminal bears for a key that is
// likely to be dead.
func (s *scene) fresh() time.Duration {
	const veryFresh, bearable = time.Minute, 30 * time.Second
	left := time.Duration(0)
	for _, text := range []string{s.sealedAt(), s.env.Journal.Intent(keyChange(s.user))["at"]} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		age := s.o.Now().Sub(at).Abs()
		still := s.env.Patience - age
		if age > veryFresh {
			still = min(still, bearable)
		}
		left = max(left, still)
	}
	return left
}

func (s *scene) sealedAt() string {
	if s.o.Handover == nil {
		return ""
	}
	return s.o.Handover.SealedAt
}

// topicOnboard is the topic of what is changed of a person's own.
const topicOnboard = "onboard"

// keyChange is the id of the change that makes the user's own key, and the name
// under which the journal knows it.
func keyChange(user string) string { return "onboard.key." + user }

// whose names a user's thing: "bob's".
func whose(user string) string { return fmt.Sprintf("%s's", user) }
