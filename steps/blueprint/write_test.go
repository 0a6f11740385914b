package blueprint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestBlueprintWrittenIsReadBackEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBlueprint(t)
		again, err := Parse("f", b.HCL())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.HCL())
		}
		if diff := cmp.Diff(b, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("differs (-want +got):\n%s\n%s", diff, b.HCL())
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
	b.Key.Description = rapid.StringMatching(`[a-z"\\${}%#é]{0,12}`).Draw(t, "description")
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

func FuzzBlueprint(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "blueprint.hcl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(smallest))
	f.Add([]byte("version = 1\nlock { use_lockfile = true }\ntags = { a = \"${\"x\"}\" }\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := Parse("f", src)
		if err != nil {
			return
		}
		again, err := Parse("f", b.HCL())
		if err != nil {
			t.Fatalf("what parsed does not parse again: %v\n%s", err, b.HCL())
		}
		if diff := cmp.Diff(b, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("differs (-want +got):\n%s", diff)
		}
	})
}
