package steps

import (
	"path/filepath"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// outcome is what the newest look has found so, for the person at this laptop.
func (s *Setup) outcome() plan.SetUp {
	o, a := s.observed, s.Answers
	out := plan.SetUp{Begun: o.Key.Key != nil, Sealed: sealed(s.Env, a, o, time.Now())}
	if o.provenAsAdmin(a) {
		out.Admin = adminOf(o, a)
	}
	environments := a.Environments
	if group := memberHere(o, a); group != "" {
		environments = a.EnvironmentsOf(group)
	} else if out.Admin != "" {
		environments = a.EnvironmentsFor(out.Admin)
	}
	for _, e := range environments {
		out.Environments = append(out.Environments, e.Name)
	}
	for _, p := range reachable(o, a) {
		at := o.Files.Projects[p.Name]
		if out.Admin != "" && s.Env.Engine != nil && at.Files != nil && !at.Files.State.HasProviders() {
			out.Unfetched = append(out.Unfetched, p.Name)
		}
	}
	return out
}

// actor is the operator, in the admin account.
func (s *Setup) actor() plan.Actor {
	return actorOf(s.observed.Account.Identity, s.observed.Account.Accounts)
}

// Acting is who an identity is, where the organization's accounts were not listed.
func Acting(who awsops.Identity) plan.Actor { return actorOf(who, nil) }

func actorOf(who awsops.Identity, accounts []awsops.Account) plan.Actor {
	actor := plan.Actor{Account: who.Account, Identity: identityName(who)}
	for _, a := range accounts {
		if a.ID == who.Account {
			actor.Name = a.Name
		}
	}
	return actor
}

// adminOf is the admin whose key lies in this laptop's profile, empty where it is
// nobody's of the admins, as the operator's own.
func adminOf(o *Observed, a *blueprint.Answers) string {
	if member := memberSignedIn(o, a); member != "" {
		return member
	}
	if user := me(o, a); user != "" {
		return user
	}
	if user, known := a.User(o.IAM.Profile.Stranger.Name); known {
		return user
	}
	return ""
}

// sealed are the keys that wait to be collected: those whose file is here and whose
// user still has the key in it, as far as this laptop knows which that is.
func sealed(env *engine.Env, a *blueprint.Answers, o *Observed, now time.Time) []plan.Sealed {
	var waiting []plan.Sealed
	for _, user := range o.Done.Handovers {
		w := SealedFile(env, a, user)
		held, here := env.Journal.Finished(KeyChange(user))
		if here && (o.IAM.Users[user].Keys.Find(held["id"]) == nil || !w.Safe && !now.Before(w.Until)) {
			continue
		}
		waiting = append(waiting, w)
	}
	return waiting
}

// SealedFile is a user's handover file, with until when it can be opened where this
// laptop has sealed it; that of a user for emergencies always can. One that goes as the run
// ends waits nowhere.
func SealedFile(env *engine.Env, a *blueprint.Answers, user string) plan.Sealed {
	w := plan.Sealed{User: user, Path: handoverPath(env, user), Safe: a.BreaksGlass(user)}
	if short, err := filepath.Rel(env.Root(), w.Path); err == nil {
		w.Path = filepath.ToSlash(short)
	}
	if env.Scratch {
		w.Path = ""
	}
	values, _ := env.Journal.Finished(KeyChange(user))
	if at, err := time.Parse(time.RFC3339, values["at"]); err == nil && !w.Safe {
		w.Until = at.Add(plan.HandoverLife)
	}
	return w
}
