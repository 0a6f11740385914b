package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
)

// WideningKind says in which way a change gives access.
type WideningKind string

// The kinds of widening.
const (
	WidensUser       WideningKind = "user"
	WidensMembership WideningKind = "membership"
	WidensKey        WideningKind = "key"
	// WidensRecipient is a key for somebody who had one before, sealed to another
	// reader or to one that is not known to be the same.
	WidensRecipient   WideningKind = "recipient"
	WidensTrust       WideningKind = "trust"
	WidensReach       WideningKind = "reach"
	WidensPermissions WideningKind = "permissions"
	WidensBoundary    WideningKind = "boundary"
	WidensKeyPolicy   WideningKind = "key-policy"
	WidensBucket      WideningKind = "bucket-policy"
	WidensMFA         WideningKind = "mfa"
	// WidensTags is a tag that policies may go by.
	WidensTags WideningKind = "tags"
	// WidensAlias is another name of a key, which policies may go by.
	WidensAlias WideningKind = "alias"
	// WidensState is a state that comes to where others may read it.
	WidensState WideningKind = "state"
	// WidensUnjudged is a call that may give access, of which nobody could tell
	// whether it does.
	WidensUnjudged WideningKind = "unjudged"
)

// Widening is access that a change gives and that nobody has now, by what AWS
// holds: it is a sentence in parts, so that what is alike is told together.
type Widening struct {
	Kind WideningKind
	// For is who gets it: "bob", "group admins", "account 111111111111".
	For string

	// The sentence is Head, Subject and Tail; of several subjects it ends in
	// Tails, where that differs.
	Head, Subject, Tail, Tails string
}

// String is the sentence.
func (w Widening) String() string { return w.sentence([]string{w.Subject}) }

func (w Widening) sentence(subjects []string) string {
	tail := w.Tail
	if len(subjects) > 1 && w.Tails != "" {
		tail = w.Tails
	}
	return w.Head + Enumerated(subjects) + tail
}

// Judge books what a change gives, judged against what is there. Nothing given
// is a judgement, too: without one, a call that may give access counts as one
// that does.
func (c *Change) Judge(widens ...Widening) {
	c.judged, c.widens = true, append(c.widens, widens...)
}

// Widens lists the access that the change gives. It is empty for a change that
// takes access away or leaves it as it is.
func (c Change) Widens() []Widening {
	if c.judged {
		return c.widens
	}
	for _, call := range c.Calls {
		if call.MayGrant() {
			return []Widening{{Kind: WidensUnjudged, For: c.Target, Head: fmt.Sprintf("%s may give access (%s:%s).", c.Title, call.Service, call.Operation)}}
		}
	}
	return nil
}

// Access tells in sentences, in the order of the changes, what access they give;
// what is alike is one sentence.
func Access(changes ...*Change) []string {
	var order []Widening
	subjects, told := map[Widening][]string{}, map[Widening]bool{}
	for _, c := range changes {
		for _, w := range c.Widens() {
			w.For = ""
			if told[w] {
				continue
			}
			told[w] = true
			alike := w
			alike.Subject = ""
			if subjects[alike] == nil {
				order = append(order, alike)
			}
			subjects[alike] = append(subjects[alike], w.Subject)
		}
	}
	sentences := make([]string, len(order))
	for i, w := range order {
		sentences[i] = w.sentence(subjects[w])
	}
	return sentences
}

// Gives is a widening that one sentence tells.
func Gives(kind WideningKind, who, sentence string) Widening {
	return Widening{Kind: kind, For: who, Head: sentence}
}

// JudgePolicy judges a change of a policy: what it gives is one sentence, if the
// policy that is wanted may allow something that the one in AWS does not.
func (c *Change) JudgePolicy(kind WideningKind, have, want policy.Document, who, sentence string) {
	c.JudgeWider(have, want, Gives(kind, who, sentence))
}

// JudgeWider is [Change.JudgePolicy] for what is told with what is alike.
func (c *Change) JudgeWider(have, want policy.Document, gives Widening) {
	if policy.Wider(have, want) {
		c.Judge(gives)
		return
	}
	c.Judge()
}

// JudgeTags judges tags that what is called by name is to have and has not:
// policies may go by any of them (aws:PrincipalTag, aws:ResourceTag), and only
// ours is known to say nothing but whose a thing is. None is left out of the sentence.
func (c *Change) JudgeTags(a *blueprint.Answers, name string, set map[string]string) {
	own, _ := a.Tag()
	var told []string
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if key != own {
			told = append(told, key+" = "+set[key])
		}
	}
	if len(told) == 0 {
		c.Judge()
		return
	}
	head := "The tag "
	if len(told) > 1 {
		head = "The tags "
	}
	c.Judge(Widening{Kind: WidensTags, For: name, Head: head + strings.Join(told, ", ") + ", by which policies may give access, set on ", Subject: name, Tail: "."})
}

// Principals tells in words whom the statements name.
func Principals(statements []policy.Statement) string {
	var names []string
	for _, s := range statements {
		if len(s.NotPrincipals) > 0 {
			return "anyone but those that the policy names"
		}
		for _, kind := range slices.Sorted(maps.Keys(s.Principals)) {
			for _, v := range s.Principals[kind] {
				if name := principal(v); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	if len(names) == 0 {
		return "nobody"
	}
	return Enumerated(names)
}

// principal is one principal in words.
func principal(value string) string {
	account := strings.TrimSuffix(value, ":root")
	switch {
	case value == "*":
		return "anyone in the world"
	case strings.HasSuffix(value, ":root"):
		return "anyone whom account " + account[strings.LastIndexByte(account, ':')+1:] + " allows"
	case len(value) == len("111111111111") && strings.Trim(value, "0123456789") == "":
		return "anyone whom account " + value + " allows"
	}
	if _, name, found := strings.Cut(value, ":user/"); found {
		return name[strings.LastIndexByte(name, '/')+1:]
	}
	return value
}

// NewlyAllowed tells in words what a policy allows beside what one does already.
func NewlyAllowed(have, want policy.Document) string {
	granted, text := policy.Granted(have, want), ""
	switch {
	case len(granted) == 0:
		return "do what was denied before"
	case len(have.Statements) == 0:
		return "use " + services(granted) + scope(granted)
	case len(policy.Lifted(have, want)) > 0:
		text = "do what was denied before, and "
	}
	return text + "do more with " + services(granted) + scope(granted)
}

// scope says of statements that reach no other user than whoever calls that they
// do: without it a person's way to the own key reads like all of IAM.
func scope(statements []policy.Statement) string {
	for _, s := range statements {
		other := func(resource string) bool { return !strings.HasSuffix(resource, "/${aws:username}") }
		if len(s.Resources) == 0 || slices.ContainsFunc(s.Resources, other) {
			return ""
		}
	}
	return " for their own user only"
}

// services names the services whose actions the statements allow.
func services(statements []policy.Statement) string {
	var names []string
	for _, s := range statements {
		if len(s.NotActions) > 0 {
			return "everything but what the policy names"
		}
		for _, action := range s.Actions {
			service, _, _ := strings.Cut(action, ":")
			if service == "*" {
				return "everything"
			}
			if name := awsops.ServiceName(service); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return Enumerated(names)
}
