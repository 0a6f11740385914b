package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// pathOrganization goes on without the accounts of an organization to choose from.
const pathOrganization = "organization"

// accountStep is step 1: the admin account, its organization and the
// sub-accounts that are the environments.
func accountStep() Step {
	return Step{
		Name: plan.StepAccount, Title: "Admin account", Short: "Account",
		Why: "One account holds only your admins and the Terraform state; the environments live in sub-accounts of their own. " +
			"So every bill and every permission is per environment, and there is one place to sign in.",
		Cost:  "AWS calls it the management account; accounts and an organization cost nothing.",
		First: true, AWSOnly: true,
		Questions: accountQuestions, Inspect: inspectAccount, Plan: planAccounts, Facts: accountFacts,
	}
}

// AccountFacts are who we are and which accounts are there.
type AccountFacts struct {
	Identity awsops.Identity
	// Organization is nil when the account is in none, or when AWS denies the question:
	// OrganizationDenied is that answer.
	Organization       *awsops.Organization
	OrganizationDenied error
	// Accounts are the organization's, when the caller may list them; Listed
	// tells an empty organization from one that cannot be listed. Set by list, which indexes them.
	Accounts []awsops.Account
	Listed   bool
	// ListingDenied is AWS's answer to whoever may not list them.
	ListingDenied error
	// ControlTower says that a landing zone governs the accounts.
	ControlTower bool
	// Others is how many resources besides ours live in the admin account, as
	// far as one call to the tagging API tells.
	Others []string

	// index is of the accounts that [AccountFacts.list] was given last.
	index accountIndex
}

// accountIndex finds one of ten thousand accounts for each of ten thousand environments.
type accountIndex struct {
	byID, byEmail map[string]int
}

func indexAccounts(all []awsops.Account) accountIndex {
	made := accountIndex{byID: make(map[string]int, len(all)), byEmail: make(map[string]int, len(all))}
	for i := len(all) - 1; i >= 0; i-- { // the first counts
		made.byID[all[i].ID], made.byEmail[strings.ToLower(all[i].Email)] = i, i
	}
	return made
}

// AccountsOf is what is known where these accounts were listed, and nothing else asked.
func AccountsOf(accounts []awsops.Account) *AccountFacts {
	var f AccountFacts
	f.list(accounts)
	return &f
}

// list takes the accounts that are known from now on.
func (f *AccountFacts) list(accounts []awsops.Account) {
	f.Accounts, f.index = accounts, indexAccounts(accounts)
}

// ByEmail is the account with that address, as far as they were listed.
func (f *AccountFacts) ByEmail(email string) (awsops.Account, bool) {
	i, there := f.index.byEmail[strings.ToLower(email)]
	if !there || email == "" {
		return awsops.Account{}, false
	}
	return f.Accounts[i], true
}

func (f *AccountFacts) byID(id string) (awsops.Account, bool) {
	i, there := f.index.byID[id]
	if !there {
		return awsops.Account{}, false
	}
	return f.Accounts[i], true
}

// active tells whether the account of e can be worked in. One that cannot be
// looked up counts as active: its own answers will tell.
func (f *AccountFacts) active(e blueprint.Environment) bool {
	a, there := f.byID(e.Account)
	return !there || a.State == "ACTIVE"
}

func accountQuestions(a *blueprint.Answers) []plan.Question {
	admin := a.AdminAccount
	if admin == "" && a.Discovered != nil {
		admin = a.Discovered.Account
	}
	questions := []plan.Question{{
		Path: "admin_account", Prompt: "Admin account id", Kind: plan.Text, Required: true, Default: admin,
		Help: "The 12-digit id of the account that holds users, state bucket, key and lock. It can be the organization's management account or a member account of its own.",
	}}
	if len(a.Environments) == 0 {
		questions = append(questions, plan.Question{
			Path: "environment", Prompt: "Environments, as name=account-id, separated by commas", Name: "Environments", Kind: plan.Choices, Required: true,
			Default: a.Discovered.Environments(admin), Accounts: accountsOffered(a.Discovered.Offered(admin)),
			Help: "One sub-account per environment. An account that is to be created takes an e-mail address in place of its id.",
		})
	}
	return questions
}

// accountsOffered are accounts to be picked as environments.
func accountsOffered(accounts []awsops.Account) []plan.Account {
	var offered []plan.Account
	pairs := blueprint.Pairs(accounts)
	for i, a := range accounts {
		offered = append(offered, plan.Account{ID: a.ID, Name: a.Name, Email: a.Email, Pair: pairs[i]})
	}
	return offered
}

// inspectAccount asks who we are and refuses what cannot lead to a good set-up before
// anything else is looked at.
func inspectAccount(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	identity, err := Operator(ctx, env, a)
	if err != nil {
		return err
	}
	f, home := &o.Account, env.Sessions.Home(a.StateRegion)
	f.Identity = identity
	front, err := env.Sessions.Front(ctx, a.StateRegion)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.inspectOrganization(ctx, env, front, a) })
	g.Go(func() error {
		others, err := home.OtherResources(ctx, tagKey(a))
		if err == nil {
			f.Others = others
		}
		return nil // a hint only: without the permission there is none
	})
	return g.Wait()
}

// Operator is who runs this with the operator's credentials. Root and any other
// account than the admin account are a [plan.Refusal].
func Operator(ctx context.Context, env *engine.Env, a *blueprint.Answers) (awsops.Identity, error) {
	front, err := env.Sessions.Front(ctx, a.StateRegion)
	if awsops.IsUnknownKey(err) {
		if elsewhere := keyElsewhere(ctx, env, a); elsewhere != nil {
			return awsops.Identity{}, elsewhere
		}
	}
	if err != nil {
		return awsops.Identity{}, err
	}
	identity, err := front.Identity(ctx)
	if err != nil {
		return identity, err
	}
	if identity.Kind == awsops.KindRoot {
		return identity, &plan.Refusal{
			Finding: "account.root",
			What:    fmt.Sprintf("These are the root credentials of account %s (%s).", identity.Account, identity.ARN),
			Remedy:  "Sign in as an IAM user or role with the permissions that stateroom policy operator prints, and delete the root access key.",
		}
	}
	if identity.Account != a.AdminAccount {
		return identity, &plan.Refusal{
			Finding: diagnosis.WrongAccount.ID,
			What:    fmt.Sprintf("You are %s in account %s, but the blueprint's admin account is %s.", identity.ARN, identity.Account, a.AdminAccount),
			Remedy:  "Choose the profile of the admin account with --profile, or correct admin_account.",
		}
	}
	return identity, nil
}

func tagKey(a *blueprint.Answers) string {
	key, _ := a.Tag()
	return key
}

func (f *AccountFacts) inspectOrganization(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		org, err := home.Organization(ctx) // which counts though the listing fails
		if err != nil && !awsops.IsAccessDenied(err) {
			return err
		}
		f.Organization, f.OrganizationDenied = org, err
		return nil
	})
	g.Go(func() error {
		if f.Listed {
			return nil
		}
		pages := 1 + len(a.Environments)/awsops.AccountsPage
		env.Foretell("Listing the organization's accounts", env.Sessions.Pace(1, awsops.Expected{Service: "organizations", Operation: "ListAccounts", Calls: pages, Most: pages}))
		accounts, err := home.AccountsTold(gctx, func(n int) {
			if pages > 1 {
				env.Emit(plan.Event{Kind: plan.EventProgress, Text: "accounts listed", Done: min(n, len(a.Environments)), Of: len(a.Environments)})
			}
		})
		switch {
		case err == nil:
			f.list(accounts)
			f.Listed = true
		case awsops.IsAccessDenied(err):
			f.ListingDenied = err
		case !awsops.IsOrganizationNotInUse(err):
			return err
		}
		return nil
	})
	if creates(a) {
		g.Go(func() error {
			there, _, err := home.ControlTower(gctx)
			f.ControlTower = there
			return err // without the permission nobody knows; CreateAccount itself then says no
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return f.awaitCreated(ctx, env, home, a)
}

// creates tells whether the blueprint asks for accounts to be created.
func creates(a *blueprint.Answers) bool {
	return slices.ContainsFunc(a.Environments, func(e blueprint.Environment) bool { return e.Account == "" })
}

// awaitCreated waits for accounts that a killed run asked for and AWS is still
// making: asking for them a second time would fail or double them.
func (f *AccountFacts) awaitCreated(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	for _, e := range a.Environments {
		change := accountChange(e.Name)
		if _, there := f.ByEmail(e.Email); e.Account != "" || there || !env.Journal.Intended(change) {
			continue
		}
		err := engine.AwaitBegun(ctx, env, change, "the account of environment "+e.Name, func(ctx context.Context) (bool, error) {
			return f.created(ctx, home, e, env.Journal.Value(change, "request"))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// created tells whether AWS shows what became of an account that was asked for, by a
// request whose id may be known, and waits for one that it is making.
func (f *AccountFacts) created(ctx context.Context, home *awsops.Session, e blueprint.Environment, request string) (shown bool, err error) {
	creations, err := home.AccountCreations(ctx)
	if err != nil {
		return false, err
	}
	var made awsops.AccountCreation
	for _, c := range creations {
		switch {
		case c.Name != e.Name:
		case c.State == "IN_PROGRESS":
			made, err = home.WaitAccount(ctx, c.ID)
			shown = true
		case c.ID == request: // it failed
			shown = true
		}
	}
	if err != nil {
		return false, err
	}
	accounts, err := home.Accounts(ctx)
	f.list(accounts)
	if _, listed := f.ByEmail(e.Email); listed {
		return true, err
	}
	if made.Account != "" { // the list is older
		f.list(append(accounts, awsops.Account{ID: made.Account, Name: made.Name, Email: e.Email, State: "ACTIVE"}))
	}
	return shown, err
}

func accountChange(environment string) string { return "account." + environment }

// planAccounts creates the accounts that the blueprint gives an e-mail for and that
// the organization does not have.
func planAccounts(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	f := o.Account
	for _, e := range a.Environments {
		if account, there := f.ByEmail(e.Email); e.Account == "" && there {
			e.Account = account.ID
		}
		if e.Account != "" {
			p.Find(f.check(e)...)
		} else if refused := f.cannotCreate(e); refused != nil {
			p.Find(*refused)
		} else {
			p.Change(createAccount(e, a))
		}
	}
	p.Find(f.hints(a)...)
	return p
}

func createAccount(e blueprint.Environment, a *blueprint.Answers) plan.Change {
	c := plan.InAdminAccount(a, accountChange(e.Name), plan.Create, "Create the account of environment "+e.Name, e.Email,
		awsops.CreateAccount(e.Email, e.Name, e.Reach, plan.TagsOf(a)))
	c.Fields = plan.Created("name", e.Name, "email", e.Email, "role", e.Reach, "id", awsops.Ref(accountChange(e.Name), "account"))
	c.Purpose, c.Environment = plan.Make, e.Name
	c.Intent = map[string]string{"email": e.Email}
	c.Risk = "An account can be closed but not deleted, and its e-mail address cannot be used again."
	c.Undo = "aws organizations close-account --account-id ID"
	c.Judge(plan.Gives(plan.WidensReach, "account "+a.AdminAccount,
		fmt.Sprintf("Anyone whom account %s allows may do everything in the new account of %s, through %s.", a.AdminAccount, e.Name, e.Reach)))
	c.JudgeTags(a, "account "+e.Name, plan.TagsOf(a))
	return c
}

// check compares an environment's account with the organization's listing.
func (f *AccountFacts) check(e blueprint.Environment) []plan.Finding {
	if !f.Listed {
		return nil
	}
	account, there := f.byID(e.Account)
	switch {
	case !there:
		return []plan.Finding{{
			ID: "account.not-in-organization", Severity: plan.Info,
			Evidence: fmt.Sprintf("Account %s of environment %s is not among the organization's accounts.", e.Account, e.Name),
			Remedy:   "Check the account id in the blueprint; an account outside the organization cannot be narrowed to it by trust.",
		}}
	case account.State != "ACTIVE":
		return []plan.Finding{{
			ID: "account.not-active", Severity: plan.Failure, Stops: []string{roleChange(e.Name)},
			Evidence: fmt.Sprintf("Account %s of environment %s is %s. %s", e.Account, e.Name, account.State, leftWithRole),
			Remedy:   "Reactivate the account with AWS support, or take the environment out of the blueprint.",
		}}
	}
	return nil
}

// cannotCreate says why the account of e cannot be created from here.
func (f *AccountFacts) cannotCreate(e blueprint.Environment) *plan.Finding {
	finding := &plan.Finding{ID: "account.cannot-create", Severity: plan.Failure, Blocks: true, Probed: true}
	switch {
	case f.OrganizationDenied != nil:
		finding.Evidence = fmt.Sprintf("Environment %s has no account id, and stateroom cannot tell whether account %s is in an organization that could create one: %v", e.Name, f.Identity.Account, f.OrganizationDenied)
		finding.Remedy = fmt.Sprintf("Grant the operator organizations:DescribeOrganization, or give the account: --set environment.%s.account=ID.", e.Name)
		finding.RequestIDs = awsops.RequestIDs(f.OrganizationDenied)
	case f.Organization == nil:
		finding.Evidence = fmt.Sprintf("Environment %s has no account id, and account %s is in no organization that could create one.", e.Name, f.Identity.Account)
		finding.Remedy = fmt.Sprintf("Give the account: --set environment.%s.account=ID.", e.Name)
	case f.Organization.ManagementAccount != f.Identity.Account:
		finding.Evidence = fmt.Sprintf("Environment %s has no account yet, and only management account %s can create accounts.", e.Name, f.Organization.ManagementAccount)
		finding.Remedy = fmt.Sprintf("Create the account from there, then --set environment.%s.account=ID.", e.Name)
	case f.ControlTower:
		finding.Evidence = fmt.Sprintf("Environment %s has no account yet, and a Control Tower landing zone makes this organization's accounts.", e.Name)
		finding.Remedy = fmt.Sprintf("Create the account in Control Tower's account factory, then --set environment.%s.account=ID.", e.Name)
	case len(e.Name) > maxAccountName:
		finding.Evidence = fmt.Sprintf("Environment %s has no account yet, and its name, which the account would get, has %d characters: Organizations takes %d.", e.Name, len(e.Name), maxAccountName)
		finding.Remedy = fmt.Sprintf("Give the environment a shorter name, or create the account yourself and give it: --set environment.%s.account=ID.", e.Name)
	default:
		return nil
	}
	return finding
}

// maxAccountName is how long the name of a new account may be (CreateAccountName,
// Organizations API reference).
const maxAccountName = 50

// denied tells what of the organization the operator may not see. Any member may
// describe it (AWS Organizations, DescribeOrganization); the accounts are listed to the
// management account, and to others only if it delegates that: their refusal says
// nothing of a right that is missing.
func (f *AccountFacts) denied() (findings []plan.Finding) {
	if err := f.OrganizationDenied; err != nil {
		findings = append(findings, plan.Finding{
			ID: "account.organization-denied", Severity: plan.Info, RequestIDs: awsops.RequestIDs(err),
			Evidence: fmt.Sprintf("stateroom cannot tell whether account %s is in an organization, so the roles' trust is not narrowed by organization id: %v", f.Identity.Account, err),
			Remedy:   "Grant the operator organizations:DescribeOrganization, then run stateroom setup again.",
		})
	}
	if err := f.ListingDenied; err != nil && f.Organization != nil && f.Organization.ManagementAccount == f.Identity.Account {
		findings = append(findings, plan.Finding{
			ID: "account.listing-denied", Severity: plan.Info, RequestIDs: awsops.RequestIDs(err),
			Evidence: fmt.Sprintf("stateroom cannot list the organization's accounts, so the environments' accounts were not compared with them: %v", err),
			Remedy:   "Grant the operator organizations:ListAccounts, then run stateroom setup again.",
		})
	}
	return findings
}

// hints are facts worth knowing that keep nobody from going on.
func (f *AccountFacts) hints(a *blueprint.Answers) []plan.Finding {
	findings := f.denied()
	if f.Organization == nil && f.OrganizationDenied == nil {
		findings = append(findings, plan.Finding{
			ID: "account.no-organization", Severity: plan.Info,
			Evidence: fmt.Sprintf("Account %s is in no organization, so the roles' trust is not narrowed by organization id.", f.Identity.Account),
			Remedy:   "No action needed when the blueprint lists every account.",
		})
	}
	if len(f.Others) > 0 {
		findings = append(findings, plan.Finding{
			ID: "account.other-resources", Severity: plan.Info,
			Evidence: fmt.Sprintf("The admin account holds other tagged resources in %s, such as %s.", a.StateRegion, f.Others[0]),
			Remedy:   "Keep the admin account for admins and state; move workloads into an environment's account.",
		})
	}
	return findings
}

// accountFacts are who runs this, and where.
func accountFacts(o *Observed, a *blueprint.Answers, _ *engine.Env) []plan.Fact {
	f := []plan.Fact{{Name: "You are", Value: o.Account.Identity.ARN}}
	if org := o.Account.Organization; org != nil {
		f = append(f, plan.Fact{Name: "Organization", Value: fmt.Sprintf("%s, management account %s", org.ID, org.ManagementAccount)})
	}
	if o.Account.Listed {
		f = append(f, plan.Fact{Name: "Accounts", Value: fmt.Sprint(len(o.Account.Accounts))})
	}
	return append(f, plan.Fact{Name: "Environments", Value: environments(a)}, plan.Fact{Name: "Anyone who may run this", Value: operatorMay})
}

// operatorMay says what no policy of an operator's can take from it (README, "What the
// operator needs").
const operatorMay = "can make anybody an administrator, of this account and of every environment"

// factsShown is how many environments or projects are named before the others are
// counted.
const factsShown = 6

// environments lists the first few by name and counts the others.
func environments(a *blueprint.Answers) string {
	var names []string
	for i, e := range a.Environments {
		if i == factsShown {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(a.Environments)-i)
		}
		name := e.Name
		if e.Account != "" {
			name += " (" + e.Account + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
