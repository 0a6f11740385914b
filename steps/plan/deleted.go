package plan

import (
	"fmt"
	"strings"

	"stateroom/awsops/policy"
)

// Drop books that the change leaves out of a policy whom it names that was deleted, and
// gives the finding of that, which the change mends; nothing where it names no such
// principal. What the policy is called in a sentence, behind an article, is what. A
// change without a title does nothing else.
func (c *Change) Drop(finding, what string, have policy.Document) []Finding {
	gone := policy.Deleted(have)
	if len(gone) == 0 {
		return nil
	}
	var named []string
	for _, g := range gone {
		for _, id := range g.IDs {
			named = append(named, fmt.Sprintf("statement %s names %s, %s that was deleted", g.Statement, id, kindOf(id)))
		}
	}
	if c.Title == "" {
		c.Title = "Drop deleted principals from the " + what
	} else {
		c.Title += ", and drop deleted principals"
	}
	c.Fields = append(c.Fields, Field{Name: "deleted principals", Before: strings.Join(named, "; ")})
	// "These unique IDs are never reused, so you can safely remove principals with unique
	// identifiers from all of your policy statements" (S3 User Guide).
	c.Risk = strings.TrimSpace(c.Risk + " Nobody loses access by this: AWS never gives the id of a deleted user or role to anybody else.")
	f := Finding{
		ID: finding, Subject: c.Environment, Of: c.Of, Severity: Warning,
		Evidence: fmt.Sprintf("In the %s, %s. AWS stores no policy that names such an id, so nothing else in it can be changed until the id is dropped.", what, strings.Join(named, "; ")),
		Remedy:   "Confirm the change: " + c.Title + ".",
	}
	c.Fixes = append(c.Fixes, f.Key())
	return []Finding{f}
}

// SparesDeleted is the finding of a policy with a statement that allows everybody but who
// was deleted, or nil: nothing of the policy can be changed before a person has decided
// whom the statement is for, so that it stops these changes.
func SparesDeleted(finding, what string, have policy.Document, stops ...string) *Finding {
	undecided := policy.SparesDeleted(have)
	if len(undecided) == 0 {
		return nil
	}
	var named, statements []string
	for _, g := range undecided {
		named = append(named, fmt.Sprintf("statement %s allows everybody but %s", g.Statement, strings.Join(g.IDs, ", ")))
		statements = append(statements, g.Statement)
	}
	return &Finding{
		ID: finding, Severity: Failure, Stops: stops,
		Evidence: fmt.Sprintf("In the %s, %s (NotPrincipal), who was deleted: it allows everybody now. AWS stores no policy that names such an id, so nothing else in it can be changed either.", what, strings.Join(named, "; ")),
		Remedy:   fmt.Sprintf("Decide whom statement %s is for, and remove it or name them in Principal, by hand; then run the command again.", Enumerated(statements)),
	}
}

// kindOf is what had a unique id.
func kindOf(id string) string {
	if strings.HasPrefix(id, "AROA") {
		return "a role"
	}
	return "a user"
}
