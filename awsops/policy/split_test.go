package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitKeepsEveryGrantWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := StateAccess{Partition: "aws", Region: "eu-west-1", Account: admin, Bucket: "acme-state", KMSKeyARN: keyARN, Table: "locks", Lockfile: true}
		for i := range rapid.IntRange(1, 120).Draw(t, "keys") {
			a.Keys = append(a.Keys, fmt.Sprintf("team/%s%d", strings.Repeat("x", i%40), i))
		}
		limit := rapid.IntRange(700, ManagedPolicyLimit).Draw(t, "limit")
		whole := State(a)
		documents, err := Split(whole.Statements, limit)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Split(whole.Statements, limit)
		var joined Document
		for i, d := range documents {
			if d.Size() > limit {
				t.Fatalf("document %d has %d characters, the limit is %d", i, d.Size(), limit)
			}
			if d.JSON() != again[i].JSON() {
				t.Fatal("not the same twice")
			}
			checkSids(t, d)
			joined.Statements = append(joined.Statements, d.Statements...)
		}
		checkSame(t, whole, joined)
		// All documents but one are over half full, or two of them would be one.
		if least := whole.Size()/limit + 1; len(documents) > 2*least {
			t.Fatalf("%d documents where %d may do", len(documents), least)
		}
	})
}

func checkSids(t *rapid.T, d Document) {
	var sids []string
	for _, s := range d.Statements {
		sids = append(sids, s.Sid)
	}
	slices.Sort(sids)
	if len(slices.Compact(slices.Clone(sids))) != len(sids) {
		t.Fatalf("a Sid twice in %v", sids)
	}
}

// checkSame compares documents apart from the values of leading keys, which
// Equivalent does not join, and these by their union.
func checkSame(t *rapid.T, a, b Document) {
	union := func(d Document) (Document, []string) {
		var rest Document
		var leading []string
		for _, s := range d.Statements {
			if c := s.Conditions["ForAllValues:StringLike"]; c != nil {
				leading = append(leading, c["dynamodb:LeadingKeys"]...)
				continue
			}
			rest.Statements = append(rest.Statements, s)
		}
		slices.Sort(leading)
		return rest, leading
	}
	restA, leadingA := union(a)
	restB, leadingB := union(b)
	if !Equivalent(restA, restB) || !slices.Equal(leadingA, leadingB) {
		t.Fatalf("the parts do not make the whole:\n%s\n%s", a.JSON(), b.JSON())
	}
}

func TestSplitFillsTheArticlesFormOverSeveralPolicies(t *testing.T) {
	var arns []string
	for i := range 600 {
		arns = append(arns, fmt.Sprintf("arn:aws:iam::%012d:role/TerraformAdmin", i))
	}
	documents, err := Split(AssumeRoles(arns).Statements, ManagedPolicyLimit)
	if err != nil {
		t.Fatal(err)
	}
	var joined Document
	for _, d := range documents {
		joined.Statements = append(joined.Statements, d.Statements...)
	}
	if !Equivalent(joined, AssumeRoles(arns)) {
		t.Error("a role was lost")
	}
	least := (AssumeRoles(arns).Size() + ManagedPolicyLimit - 1) / ManagedPolicyLimit
	if len(documents) != least {
		t.Errorf("%d documents, %d would do", len(documents), least)
	}
}

func TestSplitTakesTheOrderThatNeedsFewerDocuments(t *testing.T) {
	base := Document{}.Size()
	sized := func(sid string, n int) Statement {
		s := Statement{Sid: sid, Effect: Allow, Actions: []string{"a:b"}, Resources: []string{""}}
		s.Resources[0] = strings.Repeat("r", n-s.size())
		return s
	}
	// In the order given 200+200, 300 and 300 need three documents; 300+200 twice are two.
	statements := []Statement{sized("a", 200), sized("b", 200), sized("c", 300), sized("d", 300)}
	documents, err := Split(statements, base+501)
	if err != nil || len(documents) != 2 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	same := []Statement{sized("a", 200), sized("a", 200)}
	if documents, err = Split(same, base+501); err != nil || len(documents) != 2 {
		t.Errorf("a Sid may occur once in a document: %d documents, %v", len(documents), err)
	}
	if documents, err = Split(nil, 100); err != nil || len(documents) != 0 {
		t.Errorf("nothing needs no document: %d, %v", len(documents), err)
	}
}

func TestSplitNeverWidensOrWeakens(t *testing.T) {
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprintf("value-%03d", i)
	}
	with := func(effect Effect, operator string) []Statement {
		return []Statement{{
			Sid: "Long", Effect: effect, Actions: []string{"a:b"}, Resources: []string{"*"},
			Conditions: Conditions{operator: {"k": many}},
		}}
	}
	for _, statements := range [][]Statement{
		with(Deny, "StringNotEquals"),
		with(Deny, "ForAllValues:StringEquals"),
		with(Allow, "StringNotLike"),
		{{Sid: "Long", Effect: Deny, Actions: []string{"a:b"}, NotResources: many}},
	} {
		if _, err := Split(statements, 1000); err == nil || !strings.Contains(err.Error(), `"Long"`) {
			t.Errorf("%v", err)
		}
	}
	if documents, err := Split(with(Deny, "StringEquals"), 1000); err != nil || len(documents) < 4 {
		t.Errorf("values of which one is enough can be spread: %d, %v", len(documents), err)
	}
}
