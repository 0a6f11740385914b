package policy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// documents draws documents of a small vocabulary, so that equal and nearly
// equal statements are common.
func documents() *rapid.Generator[Document] {
	some := func(t *rapid.T, label string, words ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(words), 1, len(words), rapid.ID[string]).Draw(t, label)
	}
	return rapid.Custom(func(t *rapid.T) Document {
		d := Document{Version: Version2012}
		for range rapid.IntRange(1, 4).Draw(t, "statements") {
			s := Statement{
				Sid:       rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "sid"),
				Effect:    rapid.SampledFrom([]Effect{Allow, Deny}).Draw(t, "effect"),
				Actions:   some(t, "actions", "s3:Get*", "s3:PutObject", "iam:*"),
				Resources: some(t, "resources", "*", bucket, bucket+"/*", bucket+"/${aws:username}"),
			}
			if rapid.Bool().Draw(t, "has principals") {
				s.Principals = Principals{"AWS": some(t, "principals", "*", root, member, alice)}
			}
			if rapid.Bool().Draw(t, "has conditions") {
				operator := rapid.SampledFrom([]string{"StringEquals", "StringNotEquals", "ForAllValues:StringLike"}).Draw(t, "operator")
				s.Conditions = Conditions{operator: {"aws:PrincipalOrgID": some(t, "values", "x", "y", "z")}}
			}
			d.Statements = append(d.Statements, s)
		}
		return d
	})
}

func TestEquivalentDisregardsOrderSpellingAndNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := documents().Draw(t, "document")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)) // #nosec G404 -- a test's shuffle
		shuffle := func(list []string) []string {
			list = append(slices.Clone(list), list[0])
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			return list
		}
		b := Document{Version: Version2012, ID: "other"}
		for _, s := range a.Statements {
			s.Sid += "x"
			s.Actions, s.Resources = shuffle(s.Actions), shuffle(s.Resources)
			s.Actions[0] = strings.ToUpper(s.Actions[0])
			if s.Principals != nil {
				s.Principals = Principals{"AWS": shuffle(s.Principals["AWS"])}
			}
			b.Statements = append(b.Statements, s, s)
		}
		random.Shuffle(len(b.Statements), func(i, j int) {
			b.Statements[i], b.Statements[j] = b.Statements[j], b.Statements[i]
		})
		if !Equivalent(a, b) || !Equivalent(b, a) {
			t.Fatalf("not equivalent:\n%s\n%s", a.JSON(), b.JSON())
		}
		if Missing(a, b) != nil || Extra(a, b) != nil {
			t.Fatal("equivalent documents miss nothing")
		}
		for _, s := range b.Statements {
			if !Covers(a, s) {
				t.Fatalf("%s does not cover its own statement", a.JSON())
			}
		}
	})
}

// What Equivalent and Covers say must agree with what Evaluate decides.
func TestEquivalentAndCoversAgreeWithEvaluate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := documents().Draw(t, "a"), documents().Draw(t, "b")
		r := ask(rapid.SampledFrom([]string{alice, root, session}).Draw(t, "principal"),
			rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "iam:GetUser"}).Draw(t, "action"),
			rapid.SampledFrom([]string{bucket, bucket + "/alice", bucket + "/k"}).Draw(t, "resource"))
		r.Context["aws:PrincipalOrgID"] = rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "q"}), 0, 2).Draw(t, "context")
		q := newRequest(r)
		applies := func(s Statement) bool {
			return q.search(&Named{Document: Document{Statements: []Statement{s}}}, s.Effect, s.Principals != nil).index >= 0
		}
		if Equivalent(a, b) {
			if x, y := Evaluate(r, identity(a)), Evaluate(r, identity(b)); x.Allowed != y.Allowed {
				t.Fatalf("called equivalent, decided apart:\n%s\n%s", a.JSON(), b.JSON())
			}
		}
		for _, s := range b.Statements {
			covers := func(h Statement) bool { return Covers(Document{Statements: []Statement{h}}, s) && !applies(h) }
			if i := slices.IndexFunc(a.Statements, covers); i >= 0 && applies(s) {
				t.Fatalf("%s does not cover %s for %+v", a.Statements[i].form(), s.form(), r)
			}
		}
	})
}

func TestEquivalentTellsMeaningApart(t *testing.T) {
	s := func(text string) Document { return doc(t, text) }
	rows := []struct {
		name string
		a, b Document
		want bool
	}{
		{"scalar and list", s(`{"Effect":"Allow","Action":"a:b","Resource":"*"}`), s(`[{"Effect":"Allow","Action":["A:B"],"Resource":["*"]}]`), true},
		{"account spellings", s(`{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"111111111111"}}`), s(`{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"` + root + `"}}`), true},
		{"everyone", s(`{"Effect":"Allow","Action":"a:b","Principal":"*"}`), s(`{"Effect":"Allow","Action":"a:b","Principal":{"AWS":["*"]}}`), true},
		{"everyone and a service", s(`{"Effect":"Allow","Action":"a:b","Principal":"*"}`), s(`{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"*","Service":"x"}}`), false},
		{"boolean", s(`{"Effect":"Deny","Action":"a:b","Condition":{"Bool":{"aws:SecureTransport":false}}}`), s(`{"Effect":"Deny","Action":"a:b","Condition":{"Bool":{"AWS:securetransport":"False"}}}`), true},
		{"split by resource", s(`[{"Effect":"Allow","Action":"a:b","Resource":"x"},{"Effect":"Allow","Action":"a:b","Resource":"y"}]`), s(`{"Effect":"Allow","Action":"a:b","Resource":["y","x"]}`), true},
		{"split by action", s(`[{"Effect":"Allow","Action":"a:b","Resource":"x"},{"Effect":"Allow","Action":"a:c","Resource":"x"}]`), s(`{"Effect":"Allow","Action":["a:b","a:c"],"Resource":"x"}`), true},
		{"effect", s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), s(`{"Effect":"Deny","Action":"a:b","Resource":"x"}`), false},
		{"resource's case", s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), s(`{"Effect":"Allow","Action":"a:b","Resource":"X"}`), false},
		{"not the other way round", s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), s(`{"Effect":"Allow","NotAction":"a:b","Resource":"x"}`), false},
		{"condition", s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), s(`{"Effect":"Allow","Action":"a:b","Resource":"x","Condition":{"Null":{"k":"true"}}}`), false},
		{"empty condition", s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), s(`{"Effect":"Allow","Action":"a:b","Resource":"x","Condition":{}}`), true},
		{"more resources", s(`{"Effect":"Allow","Action":"a:b","Resource":["x","y"]}`), s(`{"Effect":"Allow","Action":"a:b","Resource":"x"}`), false},
	}
	for _, r := range rows {
		if got := Equivalent(r.a, r.b); got != r.want {
			t.Errorf("%s: %v", r.name, got)
		}
	}
	old := s(`{"Effect":"Allow","Action":"a:b","Resource":"${aws:username}"}`)
	old.Version = Version2008
	if Equivalent(old, s(`{"Effect":"Allow","Action":"a:b","Resource":"${aws:username}"}`)) {
		t.Error("a variable means nothing in the old version")
	}
}

func TestMissingAndExtraNameStatements(t *testing.T) {
	have := doc(t, `[{"Sid":"Kept","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"b"},{"Effect":"Allow","Action":"a:b","Resource":"x"}]`)
	want := doc(t, `[{"Effect":"Allow","Action":"a:b","Resource":"x"},{"Sid":"New","Effect":"Allow","Action":"a:c","Resource":"x"}]`)
	if got := Missing(have, want); len(got) != 1 || got[0].Sid != "New" {
		t.Errorf("missing %+v", got)
	}
	if got := Extra(have, want); len(got) != 1 || got[0].Sid != "Kept" {
		t.Errorf("extra %+v", got)
	}
	if got := Missing(Document{}, want); len(got) != 2 {
		t.Errorf("missing of nothing %+v", got)
	}
}

func TestCoversIsNeverTooGenerous(t *testing.T) {
	rows := []struct {
		name, have, want string
		covered          bool
	}{
		{"wider action", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"x"}`, `{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"x"}`, true},
		{"narrower action", `{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"x"}`, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"x"}`, false},
		{"wider resource", `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b*"}`, `{"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`, true},
		{"a question mark is one character", `{"Effect":"Deny","Action":"s3:*","Resource":"b?"}`, `{"Effect":"Deny","Action":"s3:*","Resource":"b*"}`, false},
		{"everyone covers one", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"x"}`, `{"Effect":"Deny","Principal":{"AWS":"` + alice + `"},"Action":"s3:*","Resource":"x"}`, true},
		{"one does not cover everyone", `{"Effect":"Deny","Principal":{"AWS":"` + alice + `"},"Action":"s3:*","Resource":"x"}`, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"x"}`, false},
		{"fewer conditions", `{"Effect":"Deny","Action":"s3:*","Resource":"x"}`, `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"Null":{"k":"true"}}}`, true},
		{"more conditions", `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"Null":{"k":"true"}}}`, `{"Effect":"Deny","Action":"s3:*","Resource":"x"}`, false},
		{"more values", `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"StringEquals":{"k":["a","b"]}}}`, `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"StringEquals":{"k":"a"}}}`, true},
		{"more negated values", `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"StringNotEquals":{"k":["a","b"]}}}`, `{"Effect":"Deny","Action":"s3:*","Resource":"x","Condition":{"StringNotEquals":{"k":"a"}}}`, false},
		{"other effect", `{"Effect":"Allow","Action":"s3:*","Resource":"x"}`, `{"Effect":"Deny","Action":"s3:*","Resource":"x"}`, false},
		{"a variable is not a wildcard", `{"Effect":"Allow","Action":"s3:*","Resource":"${aws:username}*"}`, `{"Effect":"Allow","Action":"s3:*","Resource":"${aws:username}x"}`, false},
	}
	for _, r := range rows {
		if got := Covers(doc(t, r.have), doc(t, r.want).Statements[0]); got != r.covered {
			t.Errorf("%s: %v", r.name, got)
		}
	}
}
