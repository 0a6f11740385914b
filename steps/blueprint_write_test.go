package steps

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"pgregory.net/rapid"
)

func TestBlueprintWrittenIsReadBackEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBlueprint(t)
		again, err := ParseBlueprint("f", b.HCL())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.HCL())
		}
		if diff := cmp.Diff(b, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("differs (-want +got):\n%s\n%s", diff, b.HCL())
		}
	})
}

func TestBlueprintUpdateLeadsFromAnyFileToAnyAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, b := anyBlueprint(t), anyBlueprint(t)
		text, err := UpdateHCL([]byte("# kept\n"+string(old.HCL())), b)
		if err != nil {
			t.Fatalf("%v\nold\n%s\nwanted\n%s", err, old.HCL(), b.HCL())
		}
		if !strings.HasPrefix(string(text), "# kept\n") {
			t.Fatalf("lost the comment:\n%s", text)
		}
		again, err := ParseBlueprint("f", text)
		if err != nil || !again.says(b) {
			t.Fatalf("%v\n%s", err, text)
		}
		twice, err := UpdateHCL(text, b)
		if err != nil || string(twice) != string(text) {
			t.Fatalf("a second update changed something: %v", err)
		}
	})
}

// anyBlueprint draws a valid blueprint.
func anyBlueprint(t *rapid.T) *Blueprint {
	b := exampleBlueprint()
	b.Groups, b.Users, b.Environments, b.Projects = nil, nil, nil, nil
	b.StateRegion = rapid.SampledFrom([]string{"eu-west-1", "us-gov-east-1", "ap-southeast-5"}).Draw(t, "region")
	b.ProfileInFiles = rapid.Bool().Draw(t, "profile in files")
	b.Tags = rapid.MapOfN(rapid.StringMatching(`[a-z=:./ -]{1,8}x`), rapid.StringMatching(`[A-Za-z0-9 =+@é]{0,9}`), 0, 3).Draw(t, "tags")
	for i := range rapid.IntRange(0, 3).Draw(t, "environments") {
		b.Environments = append(b.Environments, anyEnvironment(t, i))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "projects") {
		if len(b.Environments) > 0 {
			b.Projects = append(b.Projects, Project{
				Name: fmt.Sprintf("p%d", i), Environment: rapid.SampledFrom(b.Environments).Draw(t, "of").Name,
				Dir:      rapid.StringMatching(`[a-z"${} ]{0,5}`).Draw(t, "dir") + fmt.Sprint(i),
				StateKey: rapid.StringMatching(`[a-z/]{0,3}x`).Draw(t, "key"),
			})
			p := &b.Projects[len(b.Projects)-1]
			p.StateKey = strings.Trim(strings.ReplaceAll(p.StateKey, "//", ""), "/") + fmt.Sprint(i)
		}
	}
	anyPeople(t, b)
	b.Key.Users = rapid.SampledFrom([]string{KeyUsersGroup, KeyUsersListed}).Draw(t, "key users")
	b.Key.Description = rapid.StringMatching(`[a-z"\\${}%\n#é]{0,12}`).Draw(t, "description")
	b.Bucket.Policy = rapid.SampledFrom([]string{BucketPolicyStrict, BucketPolicyCompatible}).Draw(t, "policy")
	b.Lock = rapid.SampledFrom([]Lock{
		{UseLockfile: true},
		{DynamoDBTable: "tab", BillingMode: BillingProvisioned},
		{UseLockfile: true, DynamoDBTable: "terraform_locks", BillingMode: BillingPayPerRequest},
	}).Draw(t, "lock")
	return b
}

func anyEnvironment(t *rapid.T, i int) Environment {
	e := NewEnvironment(fmt.Sprintf("e%d", i))
	e.Account = fmt.Sprintf("%d22222222222", i)
	e.Role = rapid.SampledFrom([]string{DefaultRole, "Ops"}).Draw(t, "role")
	e.RolePath = rapid.SampledFrom([]string{"/", "/a/b/"}).Draw(t, "path")
	e.Region = rapid.SampledFrom([]string{"", "eu-west-3"}).Draw(t, "region")
	e.MFA = rapid.Bool().Draw(t, "mfa")
	e.Trust = rapid.SampledFrom([]string{TrustAccount, TrustListed}).Draw(t, "trust")
	if rapid.Bool().Draw(t, "new") {
		e.Account, e.Email = "", fmt.Sprintf("aws+%d@example.com", i)
	}
	return e
}

func anyPeople(t *rapid.T, b *Blueprint) {
	for i := range rapid.IntRange(1, 2).Draw(t, "groups") {
		g := Group{Name: fmt.Sprintf("g%d", i), Environments: []string{Everything}}
		if len(b.Environments) > 0 && rapid.Bool().Draw(t, "some") {
			g.Environments = []string{b.Environments[0].Name}
		}
		g.Users = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z.@+]{1,6}`), 0, 3, rapid.ID[string]).Draw(t, "users")
		b.Groups = append(b.Groups, g)
	}
	if rapid.Bool().Draw(t, "recipient") {
		b.Users = append(b.Users, User{Name: "bob.b@x", Recipient: bobsRecipient})
	}
}

func TestBlueprintUpdateKeepsCommentsAndSetsOnlyWhatDiffers(t *testing.T) {
	const old = `# our answers
version = 1
admin_account   =   "111111111111" # the payer

group "admins" {
  # in order of arrival
  users = ["alice"]
}

environment "production" { account = "222222222222" }
project "common-production" {}

# agreed in March
bucket {
  name = "acme-terraform-state"   # never rename
}`
	b, err := ParseBlueprint("f", []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	if same, err := UpdateHCL([]byte(old), b); err != nil || string(same) != old {
		t.Errorf("nothing differs, and still: %v\n%s", err, same)
	}
	b.Groups[0].Users = []string{"alice", "bob"}
	b.Users = []User{{Name: "bob", Recipient: bobsRecipient}}
	b.Lock = Lock{UseLockfile: true}
	got, err := UpdateHCL([]byte(old), b)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(string(hclwrite.Format([]byte(old))), `users = ["alice"]`, `users = ["alice", "bob"]`, 1) +
		"\n\nuser \"bob\" {\n  recipient = \"" + bobsRecipient + "\"\n}\n\nlock {\n  use_lockfile = true\n}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestBlueprintUpdateRefusesAnswersThatDoNotPass(t *testing.T) {
	b := exampleBlueprint()
	b.Bucket.Name = "No"
	if _, err := UpdateHCL(b.HCL(), b); err == nil {
		t.Error("accepted")
	}
}

func FuzzBlueprint(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "blueprint.hcl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(smallest))
	f.Add([]byte("version = 1\nlock { use_lockfile = true }\ntags = { a = \"${\"x\"}\" }\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := ParseBlueprint("f", src)
		if err != nil {
			return
		}
		again, err := ParseBlueprint("f", b.HCL())
		if err != nil {
			t.Fatalf("what parsed does not parse again: %v\n%s", err, b.HCL())
		}
		if diff := cmp.Diff(b, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("differs (-want +got):\n%s", diff)
		}
	})
}
