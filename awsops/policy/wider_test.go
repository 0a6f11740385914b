package policy

import "testing"

// Wider decides what is said before anybody consents: it may call something
// wider that is not, never the other way round.
func TestWiderIsNeverSilentAboutWhatMayAllowMore(t *testing.T) {
	allow := func(actions, resources []string, c Conditions) Statement {
		return Statement{Effect: Allow, Actions: actions, Resources: resources, Conditions: c}
	}
	deny := func(actions, resources []string) Statement {
		return Statement{Effect: Deny, Actions: actions, Resources: resources}
	}
	doc := func(s ...Statement) Document { return Document{Version: Version2012, Statements: s} }
	mfa := Conditions{"Bool": {"aws:MultiFactorAuthPresent": {"true"}}}
	one, two, all := []string{"s3:GetObject"}, []string{"s3:GetObject", "s3:PutObject"}, []string{"*"}
	a, ab := []string{"arn:aws:s3:::a"}, []string{"arn:aws:s3:::a", "arn:aws:s3:::b"}
	trust := func(org string, mfa bool, who ...string) Document {
		return EnvironmentTrust("aws", "111111111111", org, who, mfa)
	}
	for name, c := range map[string]struct {
		have, want Document
		wider      bool
	}{
		"nothing to something":          {doc(), doc(allow(one, a, nil)), true},
		"something to nothing":          {doc(allow(one, a, nil)), doc(), false},
		"the same":                      {doc(allow(two, ab, nil)), doc(allow(two, ab, nil)), false},
		"the same in two statements":    {doc(allow(one, a, nil), allow(one, ab[1:], nil)), doc(allow(one, ab, nil)), false},
		"an action more":                {doc(allow(one, a, nil)), doc(allow(two, a, nil)), true},
		"an action less":                {doc(allow(two, a, nil)), doc(allow(one, a, nil)), false},
		"a resource more":               {doc(allow(one, a, nil)), doc(allow(one, ab, nil)), true},
		"from all to one":               {doc(allow(all, all, nil)), doc(allow(one, a, nil)), false},
		"a condition gone":              {doc(allow(one, a, mfa)), doc(allow(one, a, nil)), true},
		"a condition more":              {doc(allow(one, a, nil)), doc(allow(one, a, mfa)), false},
		"a denial gone":                 {doc(allow(one, a, nil), deny(one, a)), doc(allow(one, a, nil)), true},
		"a denial narrower":             {doc(deny(two, ab)), doc(deny(one, ab)), true},
		"a denial wider":                {doc(deny(one, a)), doc(deny(two, ab)), false},
		"a denial more":                 {doc(), doc(deny(one, a)), false},
		"all but some actions":          {doc(allow(one, a, nil)), doc(Statement{Effect: Allow, NotActions: one, Resources: a}), true},
		"anyone instead of an account":  {trust("", false), doc(Statement{Effect: Allow, Principals: Principals{"*": {"*"}}, Actions: []string{"sts:AssumeRole"}}), true},
		"the organization gone":         {trust("o-1", false), trust("", false), true},
		"another organization":          {trust("o-1", false), trust("o-2", false), true},
		"MFA gone":                      {trust("o-1", true), trust("o-1", false), true},
		"MFA asked for":                 {trust("o-1", false), trust("o-1", true), false},
		"a user more":                   {trust("", false, "arn:aws:iam::1:user/a"), trust("", false, "arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b"), true},
		"a user less":                   {trust("", false, "arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b"), trust("", false, "arn:aws:iam::1:user/b"), false},
		"another account":               {trust("", false), EnvironmentTrust("aws", "999999999999", "", nil, false), true},
		"strict to compatible":          {Bucket(BucketRules{Partition: "aws", Bucket: "b", KMSKeyARN: "k", Strict: true}), Bucket(BucketRules{Partition: "aws", Bucket: "b", KMSKeyARN: "k"}), true},
		"a key's users":                 {KeyPolicy("aws", "111111111111", nil, nil), KeyPolicy("aws", "111111111111", nil, []string{"arn:aws:iam::111111111111:user/a"}), true},
		"a variable read as text":       {doc(allow(one, []string{"arn:aws:s3:::${aws:username}"}, nil)), Document{Version: Version2008, Statements: []Statement{allow(one, []string{"arn:aws:s3:::${aws:username}"}, nil)}}, true},
		"an organization's whole roles": {AssumeRoles([]string{"arn:aws:iam::1:role/r"}), AssumeRolesAnyAccount("aws", "r", "o-1"), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Wider(c.have, c.want); got != c.wider {
				t.Errorf("wider: %v, want %v\nhave %s\nwant %s", got, c.wider, c.have.JSON(), c.want.JSON())
			}
		})
	}
}

// FuzzWider asks the evaluator: what a document allows and the other does not
// makes it wider.
func FuzzWider(f *testing.F) {
	f.Add(`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"s3:Get?bject","Resource":"arn:aws:s3:::a/*"}]}`, "s3:GetObject", "arn:aws:s3:::a/b")
	f.Add(`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","NotAction":"s3:GetObject","Resource":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "s3:PutObject", "arn:aws:s3:::a/b")
	f.Fuzz(func(t *testing.T, first, second, action, resource string) {
		have, err := Parse(first)
		if err != nil {
			return
		}
		want, err := Parse(second)
		if err != nil {
			return
		}
		r := Request{Principal: "arn:aws:iam::111111111111:user/a", Action: action, Resource: resource, ResourceAccount: "111111111111"}
		allowed := func(d Document) bool {
			return Evaluate(r, Policies{Identity: []Named{{Document: d}}}).Allowed
		}
		if allowed(want) && !allowed(have) && !Wider(have, want) {
			t.Errorf("%s at %s is allowed by %s and not by %s, and that counts as no wider", action, resource, want.JSON(), have.JSON())
		}
	})
}
