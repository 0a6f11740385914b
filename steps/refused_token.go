package steps

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// TokenGate is a role that a token may open, as AWS has it or as the blueprint wants it.
type TokenGate struct {
	// Role is its ARN.
	Role  string
	Trust policy.Document
	// CI is the blueprint's pipeline whose role it is; empty of any other.
	CI string
}

// wantedGates are the roles of the blueprint's pipelines that tokens open, with the trust that
// setup gives them. Nothing is asked of AWS.
func wantedGates(a *blueprint.Answers) (gates []TokenGate) {
	o := &Observed{}
	o.Account.Identity.Partition = awsops.PartitionOf(a.StateRegion)
	for _, r := range tokenRoles(a) {
		if len(r.subjects) > 0 && !r.ci.ByRole() {
			gates = append(gates, TokenGate{Role: a.RoleARN(o.partition(), atCI(o, a, r.name)), Trust: ciTrust(o, a, r.ci, r.subjects), CI: r.ci.Name})
		}
	}
	return gates
}

// GatesOf are the roles of an account that tokens may open.
func GatesOf(roles []awsops.Role) (gates []TokenGate) {
	for _, r := range roles {
		if trust := policy.ParseOrEmpty(r.Trust); policy.TakesTokens(trust) {
			gates = append(gates, TokenGate{Role: r.ARN, Trust: trust})
		}
	}
	return gates
}

// judged is a gate beside a token.
type judged struct {
	TokenGate
	// ours says that the blueprint has the role, meant that the token was shown to it.
	ours, meant bool
	// trusts says that it takes tokens of the issuer, admits that it takes this one, and
	// wanted that the blueprint would have it do so.
	trusts, admits, wanted bool
	unmet                  []policy.Unmet
}

func (j judged) name() string { return j.Role[strings.LastIndex(j.Role, "/")+1:] }

// RefusedToken is the finding of a token that AWS has refused: what it said, what the roles
// want that it may have been shown to, and what differs. Gates are those of the account,
// where they could be read; else what the blueprint wants stands for them.
func RefusedToken(a *blueprint.Answers, gates []TokenGate, token diagnosis.TokenClaims) plan.Finding {
	wanted := wantedGates(a)
	read := gates != nil
	if !read {
		gates = wanted
	}
	var all []judged
	for _, g := range gates {
		j := judge(g, token)
		if i := slices.IndexFunc(wanted, func(w TokenGate) bool { return w.Role == g.Role }); i >= 0 {
			j.ours, j.CI, j.wanted = true, wanted[i].CI, judge(wanted[i], token).admits
		}
		all = append(all, j)
	}
	sort.SliceStable(all, func(i, j int) bool { return nearer(all[i], all[j]) < 0 })
	f := plan.Finding{ID: diagnosis.WebIdentityDenied.ID, Of: plan.StepIAM, Severity: plan.Failure, Evidence: said(token)}
	if role, known := awsops.ParseARN(token.Role); known && !read && role.AccountID != a.AdminAccount {
		name := lastPart(token.Role)
		f.Lead = "The token was shown to a role of another account, which was not looked into."
		f.Evidence += fmt.Sprintf(" It was shown to role %s of account %s, which was not looked into.", name, role.AccountID)
		f.Remedy = fmt.Sprintf("Look at the trust policy of %s there, or let the job name one of the blueprint's roles.", token.Role)
		return f
	}
	if len(all) == 0 || !all[0].trusts && !all[0].meant {
		f.Lead = "No role here trusts the issuer of the token."
		where := "No pipeline of the blueprint has that issuer."
		if read {
			where = "No role of the account trusts that issuer."
		}
		f.Evidence += " " + where
		f.Remedy = "If its jobs are to be let in, describe the pipeline in a ci block of stateroom.hcl and run stateroom setup. Otherwise let the job name a role of the account that trusts its issuer."
		return f
	}
	f.Lead, f.Remedy = all[0].lead(), all[0].remedy(token)
	const shown = 3
	told := 0
	for _, j := range all {
		if told == shown {
			break
		}
		if j.trusts || j.meant {
			f.Evidence += " " + j.wants(read)
			told++
		}
	}
	if more := len(all) - told; more > 0 && told == shown {
		f.Evidence += fmt.Sprintf(" %d more roles take tokens.", more)
	}
	return f
}

// judge compares a token with a role's trust.
func judge(g TokenGate, token diagnosis.TokenClaims) judged {
	host := strings.TrimPrefix(token.Issuer(), "https://")
	arn, _ := awsops.ParseARN(g.Role)
	provider := "arn:" + arn.Partition + ":iam::" + arn.AccountID + ":oidc-provider/" + host
	claims := policy.TokenClaims(host, token.All)
	j := judged{TokenGate: g, meant: g.Role == token.Role}
	j.unmet, j.trusts = policy.UnmetBy(g.Trust, provider, claims)
	j.admits = policy.Admits(g.Trust, provider, claims).Allowed
	return j
}

// nearer puts the role first that the token was shown to, then those that take it, and then
// those that lack the least.
func nearer(a, b judged) int {
	first := func(is, isToo bool) int {
		switch {
		case is == isToo:
			return 0
		case is:
			return -1
		}
		return 1
	}
	return cmp.Or(first(a.meant, b.meant), first(a.admits, b.admits), first(a.trusts, b.trusts), first(a.wanted, b.wanted),
		cmp.Compare(len(a.unmet), len(b.unmet)), first(a.ours, b.ours), strings.Compare(a.Role, b.Role))
}

// said are the claims that decide, and none besides: others may name people.
func said(token diagnosis.TokenClaims) string {
	audience := "no audience"
	if aud := policy.Audience(token.All); len(aud) > 0 {
		audience = "the audience " + strings.Join(aud, ", ")
	}
	return fmt.Sprintf("The token had the issuer %s, %s and the subject %s.", token.Issuer(), audience, cmp.Or(token.Subject(), "(none)"))
}

// claimNames are what the claims are called that every token has.
var claimNames = map[string]string{"sub": "subject", "aud": "audience"}

// lead is what is wrong in one sentence.
func (j judged) lead() string {
	switch {
	case j.admits:
		return "The role " + j.name() + " takes this token."
	case !j.trusts:
		return "The role " + j.name() + " does not trust the token's issuer."
	case len(j.unmet) == 0:
		return "A Deny statement of role " + j.name() + " refuses the token."
	}
	name := j.unmet[0].Key
	for _, u := range j.unmet { // who it is says more than for whom
		if known := claimNames[u.Claim]; known != "" {
			name = known
		}
	}
	return "The token's " + name + " is not what the role " + j.name() + " wants."
}

// wants is what a role wants that the token has not.
func (j judged) wants(read bool) string {
	whose := "Role " + j.name()
	switch {
	case j.ours:
		whose += " (of ci \"" + j.CI + "\")"
	case j.CI != "" && !read:
		whose += " (as ci \"" + j.CI + "\" wants it)"
	}
	switch {
	case j.admits:
		return whose + " takes it."
	case !j.trusts:
		return whose + " does not trust that issuer."
	case len(j.unmet) == 0:
		return whose + " has a Deny statement that refuses it."
	}
	var parts []string
	for _, u := range j.unmet {
		parts = append(parts, unmetText(u))
	}
	return whose + " wants " + strings.Join(parts, ", and ") + "."
}

// unmetText is one condition that is not met.
func unmetText(u policy.Unmet) string {
	name := claimNames[u.Claim]
	if name == "" {
		name = u.Key
	}
	const shown = 3
	values := u.Wants
	if more := len(values) - shown; more > 0 {
		values = append(slices.Clone(values[:shown]), fmt.Sprintf("%d more", more))
	}
	text := "the " + name + " " + strings.Join(values, " or ")
	switch strings.TrimPrefix(u.Operator, "ForAnyValue:") {
	case "StringEquals":
	case "StringLike":
		text = "the " + name + " like " + strings.Join(values, " or ")
	default:
		text = "the " + name + " by " + u.Operator + " " + strings.Join(values, " or ")
	}
	switch {
	case u.NoKey:
		text += " (of which AWS has no condition key, so that it is never met)"
	case len(u.Has) == 0:
		text += " (the token has none)"
	case claimNames[u.Claim] == "":
		text += " (the token has " + strings.Join(u.Has, ", ") + ")"
	}
	return text
}

// byID is a subject of GitHub's that names owner and repository by ids as well.
var byID = regexp.MustCompile(`^repo:([^@/:]+)@(\d+)/([^@/:]+)@(\d+):(.*)$`)

// remedy is what lets the token in, if it is to be.
func (j judged) remedy(token diagnosis.TokenClaims) string {
	named := func(claim string) *policy.Unmet {
		if i := slices.IndexFunc(j.unmet, func(u policy.Unmet) bool { return u.Claim == claim }); i >= 0 {
			return &j.unmet[i]
		}
		return nil
	}
	audience, subject := named("aud"), named("sub")
	const right = " Otherwise the refusal is right, and nothing needs fixing."
	switch {
	case j.admits && j.meant:
		return "Run the job again: the role takes such a token now."
	case j.admits:
		return fmt.Sprintf("Let the job name role %s (role-to-assume, role_arn). If it does, run the command again: a changed trust takes effect within a minute.", j.Role)
	case j.wanted:
		return "Run stateroom setup: the blueprint lets this token in, and the role in AWS does not."
	case j.ours && !j.trusts:
		return "Let the job name a role of the pipeline that has its issuer, or correct the ci block in stateroom.hcl and run stateroom setup."
	case audience != nil && subject == nil:
		return fmt.Sprintf("Ask for the token with the audience %s: audience of the GitHub action, aud of GitLab's id_tokens.", strings.Join(audience.Wants, " or "))
	case j.CI == "":
		return "If this job is to be let in, change what differs in the trust policy of role " + j.name() + "." + right
	case subject != nil && slices.ContainsFunc(subject.Wants, func(w string) bool { return strings.EqualFold(w, token.Subject()) }):
		return "Write it in stateroom.hcl exactly as the token has it and run stateroom setup: AWS tells capital letters from small ones."
	case subject != nil && byID.MatchString(token.Subject()):
		m := byID.FindStringSubmatch(token.Subject())
		if slices.Contains(subject.Wants, "repo:"+m[1]+"/"+m[3]+":"+m[5]) {
			return fmt.Sprintf("Write owner_id = %q and repository_id = %q into ci %q of stateroom.hcl and run stateroom setup, if these are your ids (gh api repos/%s/%s --jq '.owner.id, .id'): GitHub's tokens for this repository carry them.", m[2], m[4], j.CI, m[1], m[3])
		}
	}
	return fmt.Sprintf("If this job is to be let in, name it in plan or apply of ci %q in stateroom.hcl and run stateroom setup.", j.CI) + right
}
