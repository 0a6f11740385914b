package policy

import (
	"fmt"
	"testing"
)

func TestConditionOperatorsFollowTheUserGuide(t *testing.T) {
	present := keys("k", "a", "n", "5", "d", "2024-05-01T00:00:00Z", "ip", "10.1.2.3", "b", "TRUE",
		"arn", role, "many", "a", "many", "b", "six", "2001:db8::1", "bin", "aGk=")
	rows := []struct {
		operator, key, value string
		want                 bool
	}{
		{"StringEquals", "k", "a", true},
		{"StringEquals", "K", "a", true},
		{"StringEquals", "k", "A", false},
		{"StringEquals", "k", "*", false},
		{"StringEquals", "none", "a", false},
		{"StringEqualsIfExists", "none", "a", true},
		{"StringEqualsIfExists", "k", "b", false},
		{"StringEqualsIgnoreCase", "k", "A", true},
		{"StringNotEquals", "k", "a", false},
		{"StringNotEquals", "k", "b", true},
		{"StringNotEquals", "none", "b", true},
		{"StringNotEqualsIfExists", "none", "b", true},
		{"StringNotEqualsIgnoreCase", "k", "A", false},
		{"StringNotEquals", "many", "a", false},
		{"StringLike", "k", "?", true},
		{"StringLike", "arn", "*TerraformAdmin", true},
		{"StringNotLike", "k", "a*", false},
		{"ArnEquals", "arn", "arn:aws:iam::*:role/*", true},
		{"ArnLike", "arn", "arn:aws:iam::333333333333:role/*", false},
		{"ArnNotEquals", "arn", role, false},
		{"ArnNotLike", "arn", "arn:aws:sts::*:*", true},
		{"Bool", "b", "true", true},
		{"Bool", "none", "false", false},
		{"BoolIfExists", "none", "true", true},
		{"Null", "k", "false", true},
		{"Null", "k", "true", false},
		{"Null", "none", "true", true},
		{"Null", "none", "false", false},
		{"NumericEquals", "n", "5.0", true},
		{"NumericNotEquals", "n", "5", false},
		{"NumericLessThan", "n", "5", false},
		{"NumericLessThan", "n", "6", true},
		{"NumericLessThanEquals", "n", "5", true},
		{"NumericGreaterThan", "n", "4", true},
		{"NumericGreaterThanEquals", "n", "6", false},
		{"NumericEquals", "k", "5", false},
		{"DateEquals", "d", "2024-05-01", true},
		{"DateNotEquals", "d", "2024-05-01", false},
		{"DateLessThan", "d", "2024-05-02T00:00Z", true},
		{"DateLessThanEquals", "d", "1714521600", true},
		{"DateGreaterThan", "d", "2024-05-01T00:00:00Z", false},
		{"DateGreaterThanEquals", "d", "nonsense", false},
		{"IpAddress", "ip", "10.0.0.0/8", true},
		{"IpAddress", "ip", "10.1.2.3", true},
		{"IpAddress", "six", "2001:db8::/32", true},
		{"IpAddress", "k", "10.0.0.0/8", false},
		{"NotIpAddress", "ip", "10.0.0.0/8", false},
		{"NotIpAddress", "ip", "192.168.0.0/16", true},
		{"BinaryEquals", "bin", "aGk=", true},
		{"ForAllValues:StringEquals", "many", "a", false},
		{"ForAllValues:StringLike", "many", "?", true},
		{"ForAllValues:StringEquals", "none", "a", true},
		{"ForAllValues:StringNotEquals", "many", "c", true},
		{"ForAllValues:StringNotEquals", "many", "a", false},
		{"ForAnyValue:StringEquals", "many", "b", true},
		{"ForAnyValue:StringEquals", "none", "b", false},
		{"ForAnyValue:StringNotEquals", "many", "a", true},
		{"ForAnyValue:StringNotEquals", "none", "a", false},
		{"ForAnyValue:StringEqualsIfExists", "none", "a", true},
		{"StringSame", "k", "a", false},
		{"ForSomeValues:StringEquals", "k", "a", false},
	}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%s %s %s", r.operator, r.key, r.value), func(t *testing.T) {
			c := Conditions{r.operator: {r.key: {r.value}}}
			if got := c.holds(newRequest(Request{Context: present})); got != r.want {
				t.Errorf("holds = %v", got)
			}
		})
	}
}

func TestConditionsMustAllHoldWithAnyOfTheirValues(t *testing.T) {
	r := newRequest(Request{Context: keys("a", "1", "b", "2")})
	either := Conditions{"StringEquals": {"a": {"0", "1"}, "b": {"2"}}}
	if !either.holds(r) {
		t.Error("one matching value of each key is enough")
	}
	both := Conditions{"StringEquals": {"a": {"1"}}, "Null": {"b": {"true"}}}
	if both.holds(r) {
		t.Error("an operator that fails must fail all")
	}
	none := Conditions{"StringNotEquals": {"a": {"0", "1"}}}
	if none.holds(r) {
		t.Error("a negated operator must differ from all values")
	}
}

func TestRequestKeysFollowFromTheCaller(t *testing.T) {
	for key, want := range map[string]string{
		"aws:username": "bob", "aws:principalarn": bob, "aws:PrincipalAccount": admin, "aws:ResourceAccount": member,
	} {
		if got := newRequest(Request{Principal: bob, ResourceAccount: member}).values(key); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	r := newRequest(Request{Principal: session})
	if got := r.values("aws:PrincipalArn"); len(got) != 1 || got[0] != role {
		t.Errorf("a session's aws:PrincipalArn is %v, want its role", got)
	}
	if got := r.values("aws:username"); got != nil {
		t.Errorf("a session has a user name: %v", got)
	}
}
