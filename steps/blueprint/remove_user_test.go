package blueprint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole is a blueprint around the part that a test is about.
func whole(part string) string {
	return `version       = 1 # the only one
admin_account = "111111111111"

` + part + `
environment "production" { account = "444444444444" }
project "common" { environment = "production" }
bucket { name = "acme-terraform-state" } // ours
`
}

func TestAUserIsCutOutAndEveryOtherByteStays(t *testing.T) {
	const arn = "arn:aws:iam::111111111111:user/bob"
	cases := []struct{ name, before, after string }{
		{"first of a line", `group "a" { users = ["bob", "alice"] }`, `group "a" { users = ["alice"] }`},
		{"in the middle", `group "a" { users = ["alice",  "bob" , "carol"] }`, `group "a" { users = ["alice",  "carol"] }`},
		{"last of a line", `group "a" { users = ["alice", "bob"] }`, `group "a" { users = ["alice"] }`},
		{"last with a comma", `group "a" { users = ["alice", "bob", ] }`, `group "a" { users = ["alice", ] }`},
		{"the only one", `group "a" { users = [ "bob" ] }`, `group "a" { users = [  ] }`},
		{"another's name within", `group "a" { users = ["bobby", "bob"] }`, `group "a" { users = ["bobby"] }`},
		{
			"a line each, with comments",
			"group \"a\" {\n  users = [\n    \"alice\", # ops\n    \"bob\", # left in May\n    # new\n    \"carol\"\n  ]\n}",
			"group \"a\" {\n  users = [\n    \"alice\", # ops\n    # new\n    \"carol\"\n  ]\n}",
		},
		{
			"the last line, without a comma",
			"group \"a\" {\n  users = [\n    \"alice\", # ops\n    \"bob\"\n  ]\n}",
			"group \"a\" {\n  users = [\n    \"alice\", # ops\n  ]\n}",
		},
		{
			"Windows' line breaks",
			"group \"a\" {\r\n  users = [\r\n    \"bob\",\r\n    \"alice\",\r\n  ]\r\n}\r\n\r\nuser \"bob\" {\r\n}\r",
			"group \"a\" {\r\n  users = [\r\n    \"alice\",\r\n  ]\r\n}\r",
		},
		{
			"two groups and a block",
			"group \"a\" { users = [\"alice\", \"bob\"] }\ngroup \"b\" {\n  users        = [\"bob\"]\n  environments = [\"production\"]\n}\n\nuser \"bob\" {\n  recipient = \"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\" # his laptop\n}\n",
			"group \"a\" { users = [\"alice\"] }\ngroup \"b\" {\n  users        = []\n  environments = [\"production\"]\n}\n",
		},
		{
			"the key's administrators",
			"group \"a\" { users = [\"alice\"] }\nkms_key { administrators = [\"arn:aws:iam::111111111111:role/ops\", \"" + arn + "\"] }",
			"group \"a\" { users = [\"alice\"] }\nkms_key { administrators = [\"arn:aws:iam::111111111111:role/ops\"] }",
		},
		{"not named at all", `group "a" { users = ["alice"] }`, `group "a" { users = ["alice"] }`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before, after := whole(c.before), whole(c.after)
			got, err := RemoveUser([]byte(before), "bob", arn)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(after, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestABlueprintThatCannotBeReadIsNotCut(t *testing.T) {
	if _, err := RemoveUser([]byte("version = 1\nnonsense = {"), "bob", ""); err == nil {
		t.Error("no error")
	}
}
