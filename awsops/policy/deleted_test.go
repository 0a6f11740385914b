package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The ids of a user and of a role that were deleted.
const (
	deadUser = "AIDAJQABLZS4A3QDU576Q"
	deadRole = "AROAKSCDLFT9R5DQP782U"
)

// TestWhoWasDeletedIsDroppedAndNobodyElseGainsOrLoses: the id in the place of an ARN goes,
// and the policy means what it meant.
func TestWhoWasDeletedIsDroppedAndNobodyElseGainsOrLoses(t *testing.T) {
	t.Parallel()
	const tail = `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`
	allow := func(principal string) string { return `{"Sid":"Mine","Effect":"Allow",` + principal + tail + `}` }
	deny := func(principal string) string { return `{"Effect":"Deny",` + principal + tail + `}` }
	other := deny(`"Principal":{"AWS":"arn:aws:iam::111111111111:user/bob"}`)
	for name, c := range map[string]struct {
		have, want string
		gone       []Gone
	}{
		"nobody":       {other + `,` + allow(`"Principal":"*"`), other + `,` + allow(`"Principal":"*"`), nil},
		"one of two":   {allow(`"Principal":{"AWS":["` + deadUser + `","arn:aws:iam::111111111111:user/bob"]}`), allow(`"Principal":{"AWS":"arn:aws:iam::111111111111:user/bob"}`), []Gone{{"Mine", []string{deadUser}}}},
		"the only one": {other + `,` + deny(`"Principal":{"AWS":"`+deadRole+`"}`), other, []Gone{{"number 2", []string{deadRole}}}},
		"beside a service": {
			allow(`"Principal":{"AWS":["` + deadRole + `","` + deadUser + `"],"Service":"logging.s3.amazonaws.com"}`),
			allow(`"Principal":{"Service":"logging.s3.amazonaws.com"}`),
			[]Gone{{"Mine", []string{deadRole, deadUser}}},
		},
		"a role's session":    {other + `,` + allow(`"Principal":{"AWS":"`+deadRole+`:ci"}`), other, []Gone{{"Mine", []string{deadRole + ":ci"}}}},
		"one of two spared":   {deny(`"NotPrincipal":{"AWS":["` + deadUser + `","111111111111"]}`), deny(`"NotPrincipal":{"AWS":"111111111111"}`), []Gone{{"number 1", []string{deadUser}}}},
		"the only one spared": {deny(`"NotPrincipal":{"AWS":"` + deadUser + `"}`), deny(`"Principal":"*"`), []Gone{{"number 1", []string{deadUser}}}},
		// An id in a condition is compared with the caller's, and stored like any text.
		"in a condition": {
			`{"Effect":"Deny","Principal":"*"` + tail + `,"Condition":{"StringNotLike":{"aws:userid":"` + deadRole + `:*"}}}`,
			`{"Effect":"Deny","Principal":"*"` + tail + `,"Condition":{"StringNotLike":{"aws:userid":"` + deadRole + `:*"}}}`, nil,
		},
	} {
		have := doc(t, "["+c.have+"]")
		if diff := cmp.Diff(c.gone, Deleted(have)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		got := WithoutDeleted(have)
		if diff := cmp.Diff(doc(t, "["+c.want+"]").JSON(), got.JSON()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(Deleted(got)) > 0 {
			t.Errorf("%s: %v are left", name, Deleted(got))
		}
		for _, who := range []string{"user/bob", "user/eve", "root"} {
			ask := Request{Principal: "arn:aws:iam::111111111111:" + who, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x", ResourceAccount: "111111111111"}
			before, after := Evaluate(ask, Policies{Resource: &Named{Document: have}}), Evaluate(ask, Policies{Resource: &Named{Document: got}})
			if before.Allowed != after.Allowed || before.Explicit != after.Explicit {
				t.Errorf("%s: of %s it said %v, and says %v", name, who, before, after)
			}
		}
	}
}

// TestNobodyIsLetInForSomebodyWhoWasDeleted: a statement that allows everybody but who was
// deleted is for a person to decide, and stays as it is; one that spares others, too, or
// that denies, means the same without.
func TestNobodyIsLetInForSomebodyWhoWasDeleted(t *testing.T) {
	t.Parallel()
	const tail = `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`
	statement := func(effect, spared string) string {
		return `{"Effect":"` + effect + `","NotPrincipal":{` + spared + `}` + tail + `}`
	}
	other := `{"Sid":"Other","Effect":"Allow","Principal":{"AWS":"` + deadUser + `"}` + tail + `}`
	for name, c := range map[string]struct {
		have, want string
		undecided  []Gone
	}{
		"allowed":              {statement("Allow", `"AWS":"`+deadUser+`"`), statement("Allow", `"AWS":"`+deadUser+`"`), []Gone{{"number 2", []string{deadUser}}}},
		"allowed, two of them": {statement("Allow", `"AWS":["`+deadUser+`","`+deadRole+`"]`), statement("Allow", `"AWS":["`+deadUser+`","`+deadRole+`"]`), []Gone{{"number 2", []string{deadUser, deadRole}}}},
		"allowed, and another": {statement("Allow", `"AWS":["`+deadUser+`","111111111111"]`), statement("Allow", `"AWS":"111111111111"`), nil},
		"allowed, a service":   {statement("Allow", `"AWS":"`+deadUser+`","Service":"logging.s3.amazonaws.com"`), statement("Allow", `"Service":"logging.s3.amazonaws.com"`), nil},
		"denied":               {statement("Deny", `"AWS":"`+deadUser+`"`), `{"Effect":"Deny","Principal":"*"` + tail + `}`, nil},
	} {
		have := doc(t, "["+other+","+c.have+"]")
		if diff := cmp.Diff(c.undecided, SparesDeleted(have)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(doc(t, "["+c.want+"]").JSON(), WithoutDeleted(have).JSON()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestOnlyAnIDIsTakenForOneWhoWasDeleted: whoever is there must not be dropped.
func TestOnlyAnIDIsTakenForOneWhoWasDeleted(t *testing.T) {
	t.Parallel()
	for principal, want := range map[string]bool{
		deadUser: true, deadRole: true, deadRole + ":session": true, "AIDACKCEVSQ6C2EXAMPLE": true,
		"arn:aws:iam::111111111111:user/" + deadUser: false, "111111111111": false, "*": false, "": false,
		"AIDA": false, "aidajqablzs4a3qdu576q": false, "AKIAIOSFODNN7EXAMPLE": false, "logging.s3.amazonaws.com": false,
	} {
		if got := IsDeleted(principal); got != want {
			t.Errorf("%q: %v", principal, got)
		}
	}
}

// TestWhoWasDeletedIsNotOneOfTheOthers: nobody has to agree for who is not there.
func TestWhoWasDeletedIsNotOneOfTheOthers(t *testing.T) {
	t.Parallel()
	used := doc(t, `[{"Effect":"Allow","Principal":{"AWS":["`+deadUser+`","`+deadRole+`","222222222222"]},"Action":"s3:*","Resource":"*"}]`)
	if diff := cmp.Diff([]string{"222222222222"}, Others(used, "111111111111")); diff != "" {
		t.Error(diff)
	}
}

// TestASidStaysOneLine: S3 and KMS take any text for a Sid, and what decides a request is
// told in one sentence.
func TestASidStaysOneLine(t *testing.T) {
	t.Parallel()
	d := Document{Version: Version2012, Statements: []Statement{{
		Sid: "mine\n\nINFO: all is well", Effect: Deny, Principals: Principals{"AWS": {deadUser, "*"}}, Actions: []string{"s3:*"}, Resources: []string{"*"},
		Conditions: Conditions{"StringNotEquals": {"aws:UserAgent": {"a\n\nINFO: b"}}},
	}}}
	decided := Evaluate(Request{Principal: "arn:aws:iam::111111111111:user/alice", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}, Policies{Resource: &Named{Name: "b", Document: d}})
	if !decided.Explicit {
		t.Fatalf("nothing denied: %+v", decided)
	}
	for _, shown := range []string{decided.Why, Deleted(d)[0].Statement, d.Statements[0].Label()} {
		if strings.Contains(shown, "\n") || !strings.Contains(shown, `mine\n\nINFO`) {
			t.Errorf("%q is more than a line", shown)
		}
	}
}
