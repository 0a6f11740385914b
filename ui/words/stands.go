package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/steps/plan"
)

// stands is what is so by a run's last look, in one or two sentences; none where the
// flow does not tell.
func stands(s *plan.Summary) []string {
	text := standsFirst(s)
	if text == "" {
		return nil
	}
	lines := []string{text}
	o, is := s.Outcome.(plan.SetUp)
	if is && !s.Stale && s.Proof.State == plan.Proven && len(o.Unfetched) > 0 && unmade(s, len(s.NotOurs)) == "" && s.Failed+s.Unknown == 0 {
		lines = append(lines, fmt.Sprintf("terraform init still has to download providers in %s.", Plural(len(o.Unfetched), "project")))
	}
	if is && len(o.Sealed) > 0 {
		lines = append(lines, waiting(o.Sealed))
	}
	return lines
}

func standsFirst(s *plan.Summary) string {
	if s.Stale {
		return unknown(s)
	}
	switch o := s.Outcome.(type) {
	case plan.SetUp:
		return setUp(o, s)
	case plan.Aboard:
		return aboard(o, s)
	case plan.Delivery:
		return delivery(o, s)
	case plan.Departure:
		return departure(o, s)
	case plan.SignedIn:
		return signedIn(o, s)
	case plan.Health:
		return health(o, s)
	}
	return ""
}

// unknown is what nobody has seen since the changes began.
func unknown(s *plan.Summary) string {
	switch o := s.Outcome.(type) {
	case plan.SetUp, plan.Health, plan.SignedIn:
		if !s.Stopped { // else it is said that the run was interrupted
			return "Whether it works now was not checked again."
		}
	case plan.Aboard:
		return fmt.Sprintf("Whether %s can run Terraform was not checked again.", cmp.Or(o.User, "you"))
	case plan.Delivery:
		return fmt.Sprintf("Whether a key waits for %s was not checked again.", o.User)
	case plan.Departure:
		return fmt.Sprintf("%s may still have access.", Named(o.User))
	}
	return ""
}

func setUp(o plan.SetUp, s *plan.Summary) string {
	in := plan.Enumerated(o.Environments)
	missing := unmade(s, len(s.NotOurs))
	switch {
	case missing != "" && !o.Begun && s.Begun() == 0:
		return fmt.Sprintf("Terraform cannot run in %s yet: none of the setup exists. %s.", in, needed(s, len(s.NotOurs), "creates it", "create it"))
	case missing != "":
		return fmt.Sprintf("The setup for %s is not complete: %s.", in, missing)
	case s.Failed+s.Unknown > 0:
		return fmt.Sprintf("The setup for %s is not complete.", in)
	case s.Proof.State == plan.Proven:
		return proven(o, s.Proof)
	case s.Proof.Why == plan.ProofFailed:
		return fmt.Sprintf("The setup for %s is complete, but it does not work.", in)
	case worst(s.Findings) == plan.Failure:
		return fmt.Sprintf("The setup for %s is not complete: fix what the findings describe.", in)
	case s.Proof.State == plan.ProvenAsOperator:
		return fmt.Sprintf("The setup for %s is complete, but no admin has used it yet.", in)
	case s.Unproven():
		return fmt.Sprintf("The setup for %s is complete.", in)
	}
	return fmt.Sprintf("The setup for %s is complete, but it is not proven.", in)
}

// proven is what the proof of a set-up has shown, and which roles it has not tried.
func proven(o plan.SetUp, p plan.Proof) string {
	tried := slices.DeleteFunc(slices.Clone(o.Environments), func(name string) bool { return slices.Contains(o.MFA, name) })
	noTerraform := len(o.Unfetched) == 0 && p.With == plan.WithSDK
	can := "use the state"
	switch {
	case len(tried) > 0 && (len(o.Unfetched) > 0 || noTerraform):
		can += " and the roles of " + plan.Enumerated(tried)
	case len(tried) > 0:
		can = "run Terraform in " + plan.Enumerated(tried)
	}
	text := fmt.Sprintf("%s can %s.", Named(p.As), can)
	switch {
	case len(o.MFA) == 1:
		text += fmt.Sprintf(" The role of %s requires MFA and was not tested.", o.MFA[0])
	case len(o.MFA) > 1:
		text += fmt.Sprintf(" The roles of %s require MFA and were not tested.", plan.Enumerated(o.MFA))
	}
	if noTerraform {
		text += " There is no Terraform on this laptop to run."
	}
	return text
}

// unmade says how many changes are not made, and why: in the numbers of the plan line,
// of the confirmation and of the result, so that none is counted twice or under another
// name. Unconfirmed are those that need a consent of their own, as far as they count
// here. It is empty where there are none.
func unmade(s *plan.Summary, unconfirmed int) string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{s.Due, "is still to be made", "are still to be made"},
		{s.Excluded, "is left out", "are left out"},
		{s.Barred, "is stopped by a finding", "are stopped by findings"},
		{unconfirmed, "needs your confirmation", "need your confirmation"},
	} {
		switch {
		case part.n == 0:
		case len(parts) == 0:
			parts = append(parts, changes(part.n, part.one, part.many))
		case part.n == 1:
			parts = append(parts, "1 "+part.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.many))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return plan.Enumerated(parts)
}

// needed says what the changes do that are due, where they are all that it takes, and
// else how many of them are not made.
func needed(s *plan.Summary, unconfirmed int, one, many string) string {
	if s.Excluded+s.Barred+unconfirmed > 0 {
		return unmade(s, unconfirmed)
	}
	return changes(s.Due, one, many)
}

// changes is a number of changes with what they do.
func changes(n int, one, many string) string {
	if n == 1 {
		return "1 change " + one
	}
	return fmt.Sprintf("%d changes %s", n, many)
}

// waiting says whose keys wait to be collected.
func waiting(sealed []plan.Sealed) string {
	const most = 3
	if len(sealed) == 1 {
		return keyWaits(sealed[0])
	}
	var users []string
	first := time.Time{}
	for _, w := range sealed {
		users = append(users, w.User)
		if first.IsZero() || !w.Until.IsZero() && w.Until.Before(first) {
			first = w.Until
		}
	}
	if len(users) > most {
		users = append(users[:most:most], fmt.Sprintf("%d more", len(users)-most))
	}
	if sealed[0].Path == "" {
		return "The keys of " + plan.Enumerated(users) + " are sealed, and they alone can open them. A real run leaves the files for you to send, in the folder handover."
	}
	text := "The keys of " + plan.Enumerated(users) + " wait in " + sealed[0].Path[:strings.LastIndex(sealed[0].Path, "/")+1]
	if first.IsZero() {
		return text + "."
	}
	return text + ", the first until " + day(first) + "."
}

func keyWaits(w plan.Sealed) string {
	switch whose := plan.Whose(Named(w.User)); {
	case w.Safe && w.Path == "":
		return fmt.Sprintf("%s key is sealed, for emergencies. A real run leaves it as %s.age in the folder handover: move that into a safe.", whose, w.User)
	case w.Safe:
		return fmt.Sprintf("%s key is sealed in %s, for emergencies: move that into a safe.", whose, w.Path)
	}
	if w.Path == "" {
		return fmt.Sprintf("%s key is sealed, and %s alone can open it. A real run leaves it for you to send, as %s.age in the folder handover.", plan.Whose(Named(w.User)), w.User, w.User)
	}
	text := fmt.Sprintf("%s key waits in %s", plan.Whose(Named(w.User)), w.Path)
	if w.Until.IsZero() {
		return text + "."
	}
	return text + " until " + day(w.Until) + "."
}

func day(at time.Time) string { return at.Local().Format("2 January") }

func aboard(o plan.Aboard, s *plan.Summary) string {
	who, whose := Named(o.User), plan.Whose(Named(o.User))
	if o.User == "" {
		who, whose = "You", "Your"
	}
	if !o.Own {
		if o.Leaving != "" && unmade(s, 0) != "" {
			return fmt.Sprintf("Terraform uses %s access key on this laptop: %s.", plan.Whose(o.Leaving), needed(s, 0, "moves it to Identity Center", "move it to Identity Center"))
		}
		if unmade(s, 0) != "" {
			return fmt.Sprintf("%s cannot run Terraform on this laptop yet: %s.", who, needed(s, 0, "makes it ready", "make it ready"))
		}
		return fmt.Sprintf("%s cannot run Terraform on this laptop yet.", who)
	}
	of := map[plan.Reach][]string{}
	for _, at := range o.Places {
		of[at.Reach] = append(of[at.Reach], at.Environment)
	}
	if o.SignIn {
		return fmt.Sprintf("%s has to sign in before Terraform can run: stateroom login.", who)
	}
	if len(o.Places) == 0 {
		return fmt.Sprintf("%s key works, but no environment is open to it yet.", whose)
	}
	var lines []string
	if names := of[plan.Planned]; len(names) > 0 {
		lines = append(lines, fmt.Sprintf("%s can run Terraform in %s.", who, plan.Enumerated(names)))
	}
	if names := of[plan.Entered]; len(names) > 0 {
		lines = append(lines, fmt.Sprintf("%s access works in %s; terraform plan has not run there.", whose, plan.Enumerated(names)))
	}
	if names := slices.Concat(of[plan.Refused], of[plan.Untried]); len(names) > 0 {
		what := whose + " access"
		if len(lines) > 0 {
			what = "It"
		}
		lines = append(lines, fmt.Sprintf("%s does not work in %s.", what, plan.Enumerated(names)))
	}
	return strings.Join(lines, " ")
}

func delivery(o plan.Delivery, s *plan.Summary) string {
	switch {
	case o.Superseded:
		return fmt.Sprintf("%s new key is gone already: somebody else made a handover at the same time, and that one counts.", plan.Whose(Named(o.User)))
	case o.Sealed != nil && o.Others == 1:
		return keyWaits(*o.Sealed) + fmt.Sprintf(" An older key of %s is there as well.", plan.Whose(o.User))
	case o.Sealed != nil:
		return keyWaits(*o.Sealed)
	case s.Due > 0:
		return fmt.Sprintf("No key waits for %s yet.", o.User)
	}
	return fmt.Sprintf("No key waits for %s.", o.User)
}

func departure(o plan.Departure, s *plan.Summary) string {
	who := Named(o.User)
	ends := ""
	if o.Open && !o.Until.IsZero() {
		ends = fmt.Sprintf("; sessions that are open end by %s", by(o.Until.UTC(), o.Now))
	}
	switch o.Deny {
	case plan.NotDenied:
		if unmade(s, 0) != "" && s.Begun() == 0 {
			return fmt.Sprintf("%s still has access: %s.", who, needed(s, 0, "takes it away", "take it away"))
		}
		return fmt.Sprintf("%s still has access.", who)
	case plan.NotInForce:
		return fmt.Sprintf("%s still has access: the deny is not in force yet.", who)
	case plan.Gone:
		return fmt.Sprintf("%s is deleted from account %s and has no access left%s.", who, o.Account, ends)
	case plan.Attached, plan.Denies, plan.NotMember:
	}
	return fmt.Sprintf("%s has no access left%s.", who, ends)
}

func signedIn(o plan.SignedIn, s *plan.Summary) string {
	switch {
	case o.User == "":
		return "You are not signed in."
	case !o.Wanted:
		return fmt.Sprintf("%s needs no MFA: Terraform can use profile %s as it is.", Named(o.User), o.Profile)
	case o.Open && o.Until.IsZero():
		return fmt.Sprintf("%s is signed in: Terraform can use profile %s.", Named(o.User), o.Profile)
	case o.Open:
		return fmt.Sprintf("%s is signed in until %s: Terraform can use profile %s.", Named(o.User), by(o.Until.Local(), time.Now()), o.Profile)
	case s.Due > 0:
		return fmt.Sprintf("%s is not signed in: a code from the MFA device opens a session.", Named(o.User))
	}
	return fmt.Sprintf("%s is not signed in.", Named(o.User))
}

func health(o plan.Health, s *plan.Summary) string {
	wrong := Attention(s.Findings)
	switch {
	case o.TextOnly && wrong == 0:
		return "The text reports no error."
	case wrong > 0:
		return thingsWrong(s, wrong)
	case countOf(s.Checks, plan.Undecided) > 0:
		return fmt.Sprintf("Nothing wrong was found, but %s could not be made.", Plural(countOf(s.Checks, plan.Undecided), "check"))
	}
	wrongs, all := "Nothing is wrong", Plural(len(s.Checks), "check")
	if s.Applied > 0 {
		wrongs = "Nothing is wrong any more"
	}
	if n := countOf(s.Checks, plan.Failed); n > 0 { // as in a clone that nobody has initialized yet
		return fmt.Sprintf("%s, but %d of %s did not pass%s", wrongs, n, all, toKnow(s.Findings))
	}
	return fmt.Sprintf("%s: all %s passed.", wrongs, all)
}

// toKnow ends a sentence with what the first of the findings says.
func toKnow(findings []plan.Finding) string {
	for _, f := range findings {
		if f.Lead != "" {
			return ". " + f.Lead
		}
	}
	return "."
}

// thingsWrong counts what is wrong, with what the first of it is.
func thingsWrong(s *plan.Summary, n int) string {
	still, text := "", ""
	if s.Applied > 0 {
		still = " still"
	}
	failed := worst(s.Findings) == plan.Failure
	switch {
	case failed && n == 1:
		text = "One thing is" + still + " wrong."
	case failed:
		text = fmt.Sprintf("%d things are%s wrong.", n, still)
	case n == 1:
		text = "One thing" + still + " needs your attention."
	default:
		text = fmt.Sprintf("%d things%s need your attention.", n, still)
	}
	for _, f := range s.Findings {
		if n == 1 && f.Severity != plan.Info && f.Lead != "" {
			return text + " " + f.Lead
		}
	}
	return text
}
