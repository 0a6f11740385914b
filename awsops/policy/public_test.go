package policy

import (
	"fmt"
	"testing"
)

func TestPublicIsWhatEverybodyMay(t *testing.T) {
	everybody := Statement{Effect: Allow, Principals: Principals{"AWS": {"*"}}, Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}
	for _, c := range []struct {
		conditions Conditions
		public     bool
	}{
		{nil, true},
		{Conditions{"StringEquals": {"aws:PrincipalOrgID": {"o-1"}}}, false},
		{Conditions{"StringLike": {"aws:PrincipalArn": {"arn:aws:iam::1:*"}}}, false},
		{Conditions{"StringLike": {"aws:PrincipalArn": {"arn:aws:iam::*:role/x"}}}, true},
		{Conditions{"StringEqualsIfExists": {"aws:SourceVpc": {"vpc-1"}}}, true},
		{Conditions{"StringNotEquals": {"aws:PrincipalOrgID": {"o-1"}}}, true},
		{Conditions{"Bool": {"aws:SecureTransport": {"true"}}}, true},
		{Conditions{"StringLike": {"aws:Referer": {"https://example.com/*"}}}, true},
		{Conditions{"IpAddress": {"aws:SourceIp": {"203.0.113.0/24"}}}, false},
		{Conditions{"IpAddress": {"aws:SourceIp": {"203.0.113.0/24", "0.0.0.0/1"}}}, true},
		{Conditions{"StringEquals": {"aws:userid": {"${aws:userid}"}}}, true},
	} {
		everybody.Conditions = c.conditions
		if got := len(Public(Document{Statements: []Statement{everybody}})) > 0; got != c.public {
			t.Errorf("%v is public: %t", c.conditions, got)
		}
	}
	everybody.Conditions, everybody.Effect = nil, Deny
	if len(Public(Document{Statements: []Statement{everybody}})) > 0 {
		t.Error("a Deny is public")
	}
	everybody.Effect, everybody.Principals, everybody.NotPrincipals = Allow, nil, Principals{"AWS": {"111111111111"}}
	if len(Public(Document{Statements: []Statement{everybody}})) == 0 {
		t.Error("everybody but one is not public")
	}
}

func TestOthersAreWhomAPolicyAllowsSomething(t *testing.T) {
	named := func(effect Effect, p Principals) Statement { return Statement{Effect: effect, Principals: p} }
	d := Document{Statements: []Statement{
		named(Allow, Principals{"AWS": {"arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/web", "222222222222"}, "Service": {"logging.s3.amazonaws.com"}}),
		named(Allow, Principals{"*": {"*"}}),
		named(Deny, Principals{"AWS": {"333333333333"}}),
	}}
	if got, want := fmt.Sprint(Others(d, "111111111111")), "[222222222222 arn:aws:iam::111111111111:role/web everybody logging.s3.amazonaws.com]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
