package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// keyStep is step 4: the KMS key that encrypts the state.
func keyStep() Step {
	return Step{
		Name: plan.StepKey, Title: "AWS KMS key", Short: "KMS key",
		Why: "The state holds whatever your resources hold, passwords included, so it is encrypted with a key of your own. " +
			"Its key policy and the group's policy decide who can read it, whoever can see the bucket.",
		Cost:      "AWS calls it a customer managed key; it costs 1 USD a month and 0.03 USD for 10,000 uses.",
		AWSOnly:   true,
		Questions: keyQuestions, Inspect: inspectKey, Plan: planStateKey, Facts: keyFacts,
	}
}

// KeyFacts are the key behind the alias, or the one that a killed run left
// without an alias.
type KeyFacts struct {
	Key *awsops.Key
	// Aliased says that the blueprint's alias points at the key.
	Aliased  bool
	Policy   policy.Document
	Rotation bool
	Tags     map[string]string
	// Absent are those of the blueprint's administrators of the key who are none of the
	// admin account's users and roles, though it is to be one of its own.
	Absent []string
	// Spare are the other keys with this blueprint's tag.
	Spare []SpareKey
	// Stored are the keys that stored versions are encrypted with, where more than
	// one key is in play; Unseen says why not every version could be looked at.
	Stored []string
	Unseen error
}

// symmetric is the one key spec that S3 encrypts with.
const symmetric = "SYMMETRIC_DEFAULT"

// The ids of this step's changes.
const (
	changeKey   = "key.create"
	changeAlias = "key.alias"

	changeKeyPolicy = "key.policy"
)

func keyQuestions(a *blueprint.Answers) []plan.Question {
	return []plan.Question{
		{Path: "kms_key.alias", Prompt: "Alias of the state encryption key", Kind: plan.Text, Default: a.Key.Alias, Help: "A KMS key costs about 1 USD a month."},
		{
			Path: "kms_key.users", Prompt: "Who may use the key", Kind: plan.Choice, Default: a.Key.Users, Options: []string{blueprint.KeyUsersGroup, blueprint.KeyUsersListed},
			Help: "Where the admins' permission to use the key is written.",
			Means: map[string]string{
				blueprint.KeyUsersGroup:  "The key policy delegates to the account, and the group's policy grants.",
				blueprint.KeyUsersListed: "The key policy names every user, and breaks when one is deleted.",
			},
		},
	}
}

// keySearch lists the keys that carry this blueprint's tag.
type keySearch func() ([]string, error)

// inspectKey finds the key by its alias, else by the journal, else by its tag, which is
// searched for meanwhile: whichever it is, the other keys with the tag are looked at.
func inspectKey(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	f, home := &o.Key, env.Sessions.Home(a.StateRegion)
	g, ctx := errgroup.WithContext(ctx)
	again := func() ([]string, error) {
		tag, value := a.Tag()
		return home.KeysTagged(ctx, tag, value)
	}
	first := sync.OnceValues(again)
	g.Go(func() error {
		_, _ = first() // it counts where it is asked for
		return nil
	})
	g.Go(func() (err error) {
		f.Absent, err = absentAdministrators(ctx, home, a)
		return err
	})
	g.Go(func() error { return f.inspect(ctx, env, a, first, again) })
	return g.Wait()
}

// inspect reads the key and the spare ones. A search has begun already; another asks anew.
func (f *KeyFacts) inspect(ctx context.Context, env *engine.Env, a *blueprint.Answers, begun, again keySearch) error {
	home := env.Sessions.Home(a.StateRegion)
	var err error
	if f.Key, err = home.Key(ctx, a.Key.Alias); err != nil {
		return err
	}
	f.Aliased = f.Key != nil
	if f.Key == nil {
		if f.Key, err = orphanKey(ctx, env, home, begun, again); err != nil || f.Key == nil {
			return err
		}
		begun = again // the key may be newer than what was found
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		text, err := home.KeyPolicy(ctx, f.Key.ID)
		f.Policy = policy.ParseOrEmpty(text)
		return err
	})
	if f.Key.Origin == "AWS_KMS" && f.Key.Spec == symmetric { // KMS answers for no other
		g.Go(func() (err error) {
			f.Rotation, err = home.KeyRotation(ctx, f.Key.ID)
			return err
		})
	}
	g.Go(func() (err error) {
		f.Tags, err = home.KeyTags(ctx, f.Key.ID)
		return err
	})
	g.Go(func() (err error) {
		f.Spare, err = spareKeys(ctx, home, begun, f.Key.ARN)
		return err
	})
	return g.Wait()
}

// absentAdministrators are those of the key's administrators whom the admin account does
// not have. Who is another account's, or may not be looked up, counts as there.
func absentAdministrators(ctx context.Context, home *awsops.Session, a *blueprint.Answers) (absent []string, err error) {
	for _, arn := range a.Key.Administrators {
		named, _ := awsops.ParseARN(arn)
		if named.AccountID != a.AdminAccount {
			continue
		}
		there, err := homePrincipal(ctx, home, named.Resource)
		switch {
		case awsops.IsAccessDenied(err):
		case err != nil:
			return nil, err
		case there != arn:
			absent = append(absent, arn)
		}
	}
	return absent, nil
}

// homePrincipal is the ARN of the admin account's user or role of a name, which stands
// behind a path; empty where there is none.
func homePrincipal(ctx context.Context, home *awsops.Session, resource string) (string, error) {
	if strings.HasPrefix(resource, "role/") {
		role, err := home.Role(ctx, lastPart(resource))
		if role == nil {
			return "", err
		}
		return role.ARN, err
	}
	user, err := home.User(ctx, lastPart(resource))
	if user == nil {
		return "", err
	}
	return user.ARN, err
}

// orphanKey finds a key that was created and then lost its run before the
// alias: by the id in the journal, or by its tag when even that was lost.
// Without an intent in the journal or a tag there is none. A key that was created a
// moment ago may be listed, and not found yet.
func orphanKey(ctx context.Context, env *engine.Env, home *awsops.Session, begun, again keySearch) (key *awsops.Key, err error) {
	err = engine.AwaitBegun(ctx, env, changeKey, "the state encryption key", func(ctx context.Context) (shown bool, err error) {
		if id := env.Journal.Value(changeKey, "id"); id != "" {
			key, err = home.Key(ctx, id)
			if shown = key != nil; err != nil || usable(key) && key.Enabled {
				return shown, err
			}
		}
		key, err = taggedKey(ctx, home, begun)
		begun = again
		return shown || key != nil, err
	})
	return key, err
}

// taggedKey is an enabled key with this blueprint's tag: a disabled one lost its alias
// to another.
func taggedKey(ctx context.Context, home *awsops.Session, search keySearch) (*awsops.Key, error) {
	tagged, err := search()
	if err != nil {
		return nil, err
	}
	for _, id := range tagged {
		key, err := home.Key(ctx, id)
		if err != nil || usable(key) && key.Enabled {
			return key, err
		}
	}
	return nil, nil //nolint:nilnil // no such key is an answer here
}

// usable tells a key that can take the alias from one on its way out.
func usable(key *awsops.Key) bool {
	return key != nil && diagnosis.OfKey(key) != diagnosis.KMSPendingDeletion && key.Spec == symmetric
}

// keyARN is the key's ARN, or a reference to it while it is to be created.
func (o *Observed) keyARN() string {
	if o.Key.Key == nil {
		return awsops.Ref(changeKey, "arn")
	}
	return o.Key.Key.ARN
}

// planStateKey creates the key with its alias and rotation, or brings an existing one
// of ours to what the blueprint says.
func planStateKey(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	f := o.Key
	for _, arn := range missingAdministrators(o, a) {
		p.Find(plan.Finding{
			ID: "key.administrator-missing", Severity: plan.Warning,
			Evidence: fmt.Sprintf("kms_key.administrators names %s, and account %s has no such user or role. KMS accepts no policy that names it, so the key policy leaves it out.", arn, a.AdminAccount),
			Remedy:   "Take it out of kms_key.administrators in the blueprint, or make it again and run stateroom setup.",
		})
	}
	if f.Key == nil {
		p.Change(createKey(o, a), nameKey(o, a), rotateKey(o, a))
		return p
	}
	if bad := unusableKey(o, a); bad != nil {
		p.Find(*bad)
		return p
	}
	if !f.Aliased {
		p.Change(nameKey(o, a))
	}
	if !f.Rotation && f.Key.Origin == "AWS_KMS" {
		p.Change(rotateKey(o, a))
	}
	if f.Key.Description != a.Key.Description {
		c := plan.InAdminAccount(a, "key.description", plan.Update, "Describe the key", f.Key.ARN, awsops.UpdateKeyDescription(f.Key.ID, a.Key.Description))
		c.Purpose = plan.Cosmetic
		c.Fields = []plan.Field{{Name: "description", Before: f.Key.Description, After: a.Key.Description}}
		p.Change(c)
	}
	p.Tag(a, plan.InAdminAccount(a, "key.tags", plan.Update, "Tag the key", f.Key.ARN), "key "+a.Key.Alias, f.Tags,
		func(missing map[string]string) awsops.Call { return awsops.TagKey(f.Key.ID, missing) })
	planSpareKeys(o, a, &p)
	planKeyPolicy(o, a, &p)
	return p
}

func createKey(o *Observed, a *blueprint.Answers) plan.Change {
	doc := wantedKeyPolicy(o, a).JSON()
	c := plan.InAdminAccount(a, changeKey, plan.Create, "Create the state encryption key", a.Key.Alias, awsops.CreateKey(doc, a.Key.Description, plan.TagsOf(a)))
	c.Judge(keyGains(a, policy.KeyPolicy(o.partition(), a.AdminAccount, nil, nil), wantedKeyPolicy(o, a))...)
	c.JudgeTags(a, "key "+a.Key.Alias, plan.TagsOf(a))
	c.Purpose = plan.Make
	c.Fields = plan.Created("arn", o.keyARN(), "description", a.Key.Description, "policy", doc)
	c.Intent = map[string]string{}
	c.Cents = 100
	c.Cost = "about 1 USD a month, and 0.03 USD for 10,000 requests"
	c.Risk = fmt.Sprintf("If somebody else's setup takes %s at the same moment, their key is used, and this one, with which nothing is encrypted, is disabled again and not deleted.", a.Key.Alias)
	c.Undo = "aws kms schedule-key-deletion --key-id ID --pending-window-in-days 30: nothing encrypted with it can be read afterwards"
	c.Needs = keyPrincipals(o, a)
	return c
}

// keyPrincipals are the changes that make the users and roles whom the key policy
// names: KMS takes no policy that names somebody who is not there.
func keyPrincipals(o *Observed, a *blueprint.Answers) (ids []string) {
	named := func(arn string) bool { return slices.Contains(a.Key.Administrators, arn) }
	for _, user := range a.AllUsers() {
		if a.Key.Users == blueprint.KeyUsersListed && !a.BreaksGlass(user) || named(userARN(o, a, user)) {
			ids = append(ids, userChange(user))
		}
	}
	for _, e := range o.environments(a.Environments) {
		if named(a.RoleARN(o.partition(), e)) {
			ids = append(ids, roleChange(e.Name))
		}
	}
	return ids
}

func nameKey(o *Observed, a *blueprint.Answers) plan.Change {
	c := plan.InAdminAccount(a, changeAlias, plan.Create, "Name the key "+a.Key.Alias, a.Key.Alias, awsops.CreateAlias(a.Key.Alias, o.keyID()))
	c.Fields = plan.Created("alias", a.Key.Alias, "key", o.keyARN())
	c.Judge()
	if o.Key.Key != nil { // with a new key, whoever gets to use it is told anyway
		c.Judge(plan.Gives(plan.WidensAlias, "key "+a.Key.Alias, fmt.Sprintf("The key goes by the name %s, by which policies may give access.", a.Key.Alias)))
	}
	c.Needs = []string{changeKey}
	c.Undo = "aws kms delete-alias --alias-name " + a.Key.Alias
	return c
}

func rotateKey(o *Observed, a *blueprint.Answers) plan.Change {
	c := plan.InAdminAccount(a, "key.rotation", plan.Update, "Rotate the key every year", plan.Known(o.keyARN()), awsops.EnableKeyRotation(o.keyID()))
	c.Fields = []plan.Field{{Name: "rotation", Before: "off", After: "on"}}
	c.Needs = []string{changeKey}
	c.Undo = "aws kms disable-key-rotation --key-id ID"
	return c
}

func (o *Observed) keyID() string {
	if o.Key.Key == nil {
		return awsops.Ref(changeKey, "id")
	}
	return o.Key.Key.ID
}

// unusableKey says why the key behind the alias cannot be used. Nothing at all is
// changed then: every later step writes this key into something.
func unusableKey(o *Observed, a *blueprint.Answers) *plan.Finding {
	f := o.Key
	finding := &plan.Finding{Severity: plan.Failure, Blocks: true}
	unusable := diagnosis.OfKey(f.Key)
	switch {
	case unusable == diagnosis.KMSPendingDeletion:
		finding.ID = unusable.ID
		when := "once its replicas are"
		if !f.Key.DeletionDate.IsZero() {
			when = "on " + f.Key.DeletionDate.Format("2006-01-02")
		}
		finding.Evidence = fmt.Sprintf("Key %s behind %s is scheduled for deletion %s.", f.Key.ARN, a.Key.Alias, when)
		finding.Remedy = "Keep it, or choose another alias."
		finding.Commands = plan.Copy("Keep it", "aws kms cancel-key-deletion --key-id %s && aws kms enable-key --key-id %s", f.Key.ID, f.Key.ID)
	case unusable != nil:
		finding.ID = unusable.ID
		finding.Evidence = fmt.Sprintf("Key %s behind %s is %s.", f.Key.ARN, a.Key.Alias, f.Key.State)
		finding.Remedy = enabling(f.Key) + ", or choose another alias with --set kms_key.alias=NAME."
	case f.Key.Spec != symmetric || f.Key.Usage != "ENCRYPT_DECRYPT" || f.Key.Manager != "CUSTOMER":
		finding.ID = "key.wrong-kind"
		finding.Evidence = fmt.Sprintf("Key %s behind %s is a %s %s key, with which S3 cannot encrypt for you.", f.Key.ARN, a.Key.Alias, f.Key.Spec, f.Key.Usage)
		finding.Remedy = "Choose another alias with --set kms_key.alias=NAME."
	case !plan.Ours(a, f.Tags) && !a.Adopted(f.Key.ARN):
		finding.ID = "key.not-ours"
		finding.Evidence = fmt.Sprintf("%s points at key %s, which does not carry this blueprint's tag.", a.Key.Alias, f.Key.ARN)
		finding.Remedy = "Allow it to be used, or choose another alias with --set kms_key.alias=NAME."
		finding.Commands = plan.Allow("Use it", f.Key.ARN)
	case len(f.Policy.Statements) == 0:
		finding.ID = "key.policy-unreadable"
		finding.Evidence = fmt.Sprintf("The policy of key %s cannot be read, so adding to it could lose something.", f.Key.ARN)
		finding.Remedy = "Correct the policy, then run stateroom setup again."
	default:
		return nil
	}
	return finding
}

// enabling is what makes a key usable again, by its state ("Key states of AWS KMS keys",
// KMS developer guide): a key that is not enabled need not be disabled.
func enabling(k *awsops.Key) string {
	switch k.State {
	case "PendingImport":
		return fmt.Sprintf("Import its key material with aws kms import-key-material --key-id %s", k.ID)
	case "Unavailable":
		return "Connect its key store again (aws kms connect-custom-key-store)"
	case "Creating":
		return "Wait until AWS has finished with it, which takes minutes, and run stateroom setup again"
	}
	return fmt.Sprintf("Enable it with aws kms enable-key --key-id %s", k.ID)
}

// wantedKeyPolicy always begins with the statement that lets the account's
// root administer the key, without which a key can become unmanageable.
func wantedKeyPolicy(o *Observed, a *blueprint.Answers) policy.Document {
	var users []string
	if a.Key.Users == blueprint.KeyUsersListed {
		for _, user := range a.People() { // others use it with MFA alone, which their group's policy asks for
			users = append(users, userARN(o, a, user))
		}
		users = append(users, replacedIn(a, o.Key.Policy, a.CIs)...)
	}
	missing := missingAdministrators(o, a)
	administrators := slices.DeleteFunc(slices.Clone(a.Key.Administrators), func(arn string) bool { return slices.Contains(missing, arn) })
	return policy.KeyPolicy(o.partition(), a.AdminAccount, administrators, users)
}

// correctedKeyPolicy is what set-up makes of the policy of the key: wantedKeyPolicy where there
// is no key yet. Whoever prints or writes it takes it from here.
func correctedKeyPolicy(o *Observed, a *blueprint.Answers) policy.Document {
	want := wantedKeyPolicy(o, a)
	if o.Key.Key == nil {
		return want
	}
	return mergedKeyPolicy(policy.WithoutDeleted(o.Key.Policy), want, plan.Ours(a, o.Key.Tags))
}

// missingAdministrators are the key's administrators who are not there and whom the plan
// does not make: those that were deleted, or mistyped.
func missingAdministrators(o *Observed, a *blueprint.Answers) []string {
	return slices.DeleteFunc(slices.Clone(o.Key.Absent), func(arn string) bool {
		return slices.ContainsFunc(a.AllUsers(), func(user string) bool { return userARN(o, a, user) == arn }) ||
			slices.ContainsFunc(o.environments(a.Environments), func(e blueprint.Environment) bool { return a.RoleARN(o.partition(), e) == arn })
	})
}

// planKeyPolicy adds what the key policy lacks, takes out whom our own statements
// should no longer name and who was deleted, and keeps everything else.
func planKeyPolicy(o *Observed, a *blueprint.Answers, p *plan.Proposal) {
	stored, want := o.Key.Policy, wantedKeyPolicy(o, a)
	if f := plan.SparesDeleted("key.deleted-spared", "policy of key "+a.Key.Alias, stored, changeKeyPolicy); f != nil {
		p.Find(*f)
		return
	}
	have := policy.WithoutDeleted(stored)
	merged := correctedKeyPolicy(o, a)
	if !policy.Equivalent(stored, merged) {
		c := plan.InAdminAccount(a, changeKeyPolicy, plan.Update, "", o.Key.Key.ARN, awsops.PutKeyPolicy(o.Key.Key.ID, merged.JSON()))
		c.Fields = []plan.Field{{Name: "policy", Before: stored.JSON(), After: merged.JSON()}}
		c.Judge(keyGains(a, have, merged)...)
		switch {
		case policy.Equivalent(have, merged):
		case narrower(merged, have):
			c.Title = "Remove everyone who is not one of the blueprint's users from the key policy"
			c.Risk = "Anyone who is only in the old key policy can no longer use the key."
		default:
			c.Title = "Add missing statements to the key policy"
			c.Risk = "Anyone that the added statements name gains permissions over the key."
		}
		p.Find(c.Drop("key.deleted-principal", "policy of key "+a.Key.Alias, stored)...)
		c.Needs = keyPrincipals(o, a)
		p.Change(c)
	}
	if extra := policy.Extra(merged, want); len(extra) > 0 {
		p.Keep("key.extra-statements", fmt.Sprintf("The policy of key %s holds %s beyond the blueprint's.", o.Key.Key.ARN, plan.Counted(len(extra), "statement")))
	}
}

// keyGains judges a key policy. A key without one of its own has that which leaves
// it to the account.
func keyGains(a *blueprint.Answers, have, want policy.Document) []plan.Widening {
	if !policy.Wider(have, want) {
		return nil
	}
	return []plan.Widening{plan.Gives(plan.WidensKeyPolicy, "key "+a.Key.Alias,
		fmt.Sprintf("The policy of key %s lets %s use or manage it.", a.Key.Alias, plan.Principals(policy.Granted(have, want))))}
}

// narrower tells whether a document gives nothing that have does not.
func narrower(doc, have policy.Document) bool {
	return !slices.ContainsFunc(doc.Statements, func(s policy.Statement) bool { return !policy.Covers(have, s) })
}

// mergedKeyPolicy is have with what it lacks of want. A statement that differs
// in whom it names only is not doubled: on our own key it names the blueprint's
// users from then on, and no other user, on an adopted key those it named before as
// well. Roles and accounts that somebody added stay. Neither document may name who was
// deleted ([policy.WithoutDeleted]).
func mergedKeyPolicy(have, want policy.Document, own bool) policy.Document {
	merged := have
	merged.Statements = slices.Clone(have.Statements)
	for _, s := range want.Statements {
		i := slices.IndexFunc(merged.Statements, func(h policy.Statement) bool {
			named := h
			named.Principals = s.Principals
			return h.Sid == s.Sid && policy.Equivalent(oneStatement(named), oneStatement(s))
		})
		switch {
		case i >= 0 && own:
			before := maps.Clone(merged.Statements[i].Principals)
			before["AWS"] = union(s.Principals["AWS"], slices.DeleteFunc(slices.Clone(before["AWS"]), isUser))
			s.Principals = before
			merged.Statements[i] = s
		case policy.Covers(merged, s):
		case i >= 0:
			s.Principals = policy.Principals{"AWS": union(s.Principals["AWS"], merged.Statements[i].Principals["AWS"])}
			merged.Statements[i] = s
		default:
			merged.Statements = append(merged.Statements, s)
		}
	}
	return withoutDoubleSids(merged)
}

func isUser(principal string) bool { return strings.Contains(principal, ":user/") }

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

func keyFacts(o *Observed, _ *blueprint.Answers, _ *engine.Env) []plan.Fact {
	if o.Key.Key == nil {
		return nil
	}
	return []plan.Fact{{Name: "Key", Value: o.Key.Key.ARN}}
}
