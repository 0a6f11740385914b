package plan

import (
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/files"
)

// shownPlan is what somebody has confirmed in the table of what is due later.
func shownPlan() []Change {
	write := func(path, text string) *Write {
		return &Write{Edit: files.Edit{Before: files.Snapshot{Path: path}, After: files.Content(text)}}
	}
	return []Change{
		{ID: "key.create", Account: "111111111111", Calls: []awsops.Call{awsops.CreateUser("key", "/", nil)}},
		{ID: "bucket.policy", Account: "111111111111", Calls: []awsops.Call{
			awsops.PutRolePolicy("alice", "p", `{"Resource":"`+awsops.Ref("key.create", "arn")+`","Action":"kms:Decrypt"}`),
			awsops.TagUser("alice", map[string]string{"a": "b"}),
		}},
		{ID: "iam.role.qa", Account: awsops.Ref("account.qa", "account"), Role: "reach", Calls: []awsops.Call{awsops.CreateAccessKey("bob")}},
		{ID: "files.backend", Write: write("/p/backend.tf", "kms_key_id = \""+awsops.Ref("key.create", "arn")+"\"\n")},
		{ID: "init.p", Run: &Run{Command: Init{}, Project: "p", Dir: "/p"}, Needs: []string{"files.backend"}},
	}
}

func nothingMade(awsops.Reference) (string, bool) { return "", false }

func TestALaterRoundDoesOnlyWhatWasConfirmed(t *testing.T) {
	policy := func(text string) Change {
		return Change{ID: "bucket.policy", Account: "111111111111", Calls: []awsops.Call{awsops.PutRolePolicy("alice", "p", text)}}
	}
	backend := func(path, text string) Change {
		return Change{ID: "files.backend", Write: &Write{Edit: files.Edit{Before: files.Snapshot{Path: path}, After: files.Content(text)}}}
	}
	cases := []struct {
		name  string
		later Change
		kept  bool
	}{
		{"the same", shownPlan()[1], true},
		{"the key is known by now", policy(`{"Resource":"arn:aws:kms:eu-west-1:111111111111:key/1","Action":"kms:Decrypt"}`), true},
		{"a part of its calls", Change{ID: "bucket.policy", Account: "111111111111", Calls: shownPlan()[1].Calls[1:]}, true},
		{"another action in the document", policy(`{"Resource":"arn:aws:kms:eu-west-1:111111111111:key/1","Action":"kms:*"}`), false},
		{"a value that leaves its place in the document", policy(`{"Resource":"x","NotAction":"y","Action":"kms:Decrypt"}`), false},
		{"another call", Change{ID: "bucket.policy", Account: "111111111111", Calls: []awsops.Call{awsops.TagUser("mallory", nil)}}, false},
		{"the same call under another id", Change{ID: "iam.policy", Account: "111111111111", Calls: shownPlan()[1].Calls}, false},
		{"in another account", Change{ID: "key.create", Account: "222222222222", Calls: shownPlan()[0].Calls}, false},
		{"as another role", Change{ID: "iam.role.qa", Account: "333333333333", Role: "other", Calls: shownPlan()[2].Calls}, false},
		{"in the account that was made", Change{ID: "iam.role.qa", Account: "333333333333", Role: "reach", Calls: shownPlan()[2].Calls}, true},
		{"the file with the key's ARN", backend("/p/backend.tf", "kms_key_id = \"arn:aws:kms:eu-west-1:1:key/1\"\n"), true},
		{"the file with something beside it", backend("/p/backend.tf", "kms_key_id = \"arn:aws:kms:eu-west-1:1:key/1\"\nskip = true\n"), false},
		{"another file", backend("/q/backend.tf", "kms_key_id = \"arn:aws:kms:eu-west-1:1:key/1\"\n"), false},
		{"the command", shownPlan()[4], true},
		{"another command", Change{ID: "init.p", Run: &Run{Command: Move{}, Project: "p", Dir: "/p"}}, false},
		{"a deletion that nobody saw", Change{ID: "iam.old-key.AKIA", Account: "111111111111", Calls: []awsops.Call{awsops.DeleteAccessKey("bob", "AKIA")}}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			kept, left := Confirmed([]Change{c.later}, shownPlan(), nothingMade)
			if (len(kept) == 1) != c.kept || len(kept)+len(left) != 1 {
				t.Errorf("kept %v, left %v", kept, left)
			}
		})
	}
}

func TestWhatNeedsAnUnconfirmedChangeWaitsWithItAndIsToldOnce(t *testing.T) {
	lost := Change{ID: "iam.lost-key.AKIA", Of: StepIAM, Title: "Delete it", Calls: []awsops.Call{awsops.DeleteAccessKey("bob", "AKIA")}}
	again := shownPlan()[2]
	again.Title, again.Needs = "Make it", []string{lost.ID}
	kept, left := Confirmed([]Change{lost, again, shownPlan()[4]}, shownPlan(), nothingMade)
	if len(kept) != 1 || kept[0].ID != "init.p" || len(left) != 2 {
		t.Fatalf("kept %v, left %v", kept, left)
	}
	found := Unconfirmed(left)
	if len(found) != 1 || found[0].ID != "iam.not-confirmed" || found[0].Severity != Warning {
		t.Fatalf("findings %v", found)
	}
	for part, text := range map[string]string{"Delete it": found[0].Evidence, "You have not confirmed it": found[0].Evidence, "Make it": found[0].Details} {
		if !strings.Contains(text, part) {
			t.Errorf("the message does not say %q:\n%s", part, text)
		}
	}
	spare := Change{ID: "key.orphan.1", Target: "arn:1", Undoes: awsops.Reference{Change: "key.create", Output: "arn"}}
	for made, kept := range map[string]int{"arn:1": 1, "arn:2": 0, "": 0} {
		known := func(awsops.Reference) (string, bool) { return made, made != "" }
		if got, _ := Confirmed([]Change{spare}, shownPlan(), known); len(got) != kept {
			t.Errorf("of a run that has made %q, kept %v", made, got)
		}
	}
}
