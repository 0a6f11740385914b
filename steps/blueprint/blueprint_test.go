package blueprint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const bobsRecipient = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN bob@example.com"

// exampleBlueprint is the example of DESIGN.md.
func exampleBlueprint() *Blueprint {
	production := NewEnvironment("production")
	production.Account, production.Region = "222222222222", "eu-west-1"
	b := New()
	b.AdminAccount = "111111111111"
	b.Groups = []Group{{Name: "admins", Users: []string{"alice", "bob"}, Environments: []string{Everything}}}
	b.Users = []User{{Name: "bob", Recipient: bobsRecipient}}
	b.Environments = []Environment{production}
	b.Projects = []Project{{Name: "common-production", Dir: "live/production", Environment: "production", StateKey: "common/production"}}
	b.Bucket.Name = "acme-terraform-state"
	return b
}

func TestBlueprintExampleIsReadAndWrittenAsDesigned(t *testing.T) {
	golden := filepath.Join("testdata", "blueprint.hcl")
	b, err := Read(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleBlueprint(), b, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read differs (-want +got):\n%s", diff)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(b.HCL())); diff != "" {
		t.Errorf("written differs (-want +got):\n%s", diff)
	}
	if missing := b.Missing(); len(missing) > 0 {
		t.Errorf("missing %v", missing)
	}
}

func TestBlueprintThatIsNotThereWrapsNotExist(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "stateroom.hcl"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// smallest is a blueprint of required answers only.
const smallest = `version = 1
admin_account = "111111111111"
group "admins" { users = ["alice"] }
environment "production" { account = "222222222222" }
project "common-production" {}
bucket { name = "acme-terraform-state" }
`

func TestBlueprintDefaultsFillWhatIsNotRequired(t *testing.T) {
	b, err := Parse("stateroom.hcl", []byte(smallest))
	if err != nil {
		t.Fatal(err)
	}
	want := exampleBlueprint()
	want.Groups[0].Users = []string{"alice"}
	want.Users = nil
	want.Environments[0].Region = ""
	if diff := cmp.Diff(want, b, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
	if got := b.RegionOf(b.Environments[0]); got != "eu-west-1" {
		t.Errorf("region %q, want the state's", got)
	}
}

func TestBlueprintLockBlockWithOneMemberMeansThatOne(t *testing.T) {
	for text, want := range map[string]Lock{
		``:                                {UseLockfile: true, DynamoDBTable: "terraform_locks", BillingMode: "PAY_PER_REQUEST"},
		`lock { use_lockfile = true }`:    {UseLockfile: true},
		`lock { dynamodb_table = "tl2" }`: {DynamoDBTable: "tl2", BillingMode: "PAY_PER_REQUEST"},
	} {
		b, err := Parse("f", []byte(smallest+text))
		if err != nil {
			t.Fatal(err)
		}
		if b.Lock != want {
			t.Errorf("%q: got %+v, want %+v", text, b.Lock, want)
		}
		again, err := Parse("f", b.HCL())
		if err != nil || again.Lock != want {
			t.Errorf("%q: written and read again: %+v, %v", text, again.Lock, err)
		}
	}
}

func TestBlueprintProjectDefaultsFollowTheArticlesShape(t *testing.T) {
	b := New()
	b.Environments = []Environment{NewEnvironment("production"), NewEnvironment("eu-production")}
	for _, name := range []string{"common-production", "network-eu-production", "production-web"} {
		b.Projects = append(b.Projects, Project{Name: name})
	}
	b.FillDefaults()
	want := []Project{
		{Name: "common-production", Dir: "live/production", Environment: "production", StateKey: "common/production"},
		{Name: "network-eu-production", Dir: "live/network-eu-production", Environment: "eu-production", StateKey: "network/eu-production"},
		{Name: "production-web", Dir: "live/production-web", Environment: "production", StateKey: "web/production"},
	}
	if diff := cmp.Diff(want, b.Projects); diff != "" {
		t.Error(diff)
	}
}

func TestBlueprintGroupReachesOnlyItsEnvironments(t *testing.T) {
	b := exampleBlueprint()
	b.Environments = append(b.Environments, NewEnvironment("staging"))
	b.Projects = append(b.Projects, Project{Name: "web", Environment: "staging", Dir: "web", StateKey: "web"})
	b.Groups = append(b.Groups, Group{Name: "juniors", Users: []string{"carol", "bob"}, Environments: []string{"staging"}})
	if got := b.EnvironmentsOf("juniors"); len(got) != 1 || got[0].Name != "staging" {
		t.Errorf("juniors reach %v", got)
	}
	if got := b.ProjectsOf("juniors"); len(got) != 1 || got[0].Name != "web" {
		t.Errorf("juniors' projects %v", got)
	}
	if got := b.EnvironmentsOf("admins"); len(got) != 2 {
		t.Errorf("admins reach %v", got)
	}
	if got := b.GroupsOf("bob"); !slices.Equal(got, []string{"admins", "juniors"}) {
		t.Errorf("bob's groups %v", got)
	}
	if got := b.AllUsers(); !slices.Equal(got, []string{"alice", "bob", "carol"}) {
		t.Errorf("users %v", got)
	}
}

func TestBlueprintNamesWhatItMakes(t *testing.T) {
	b := exampleBlueprint()
	e := b.Environments[0]
	if got := b.RoleARN("aws-cn", e); got != "arn:aws-cn:iam::222222222222:role/TerraformAdmin" {
		t.Error(got)
	}
	e.RolePath = "/ops/"
	if got := b.RoleARN("aws", e); got != "arn:aws:iam::222222222222:role/ops/TerraformAdmin" {
		t.Error(got)
	}
	if k, v := b.Tag(); k+"="+v != "stateroom=111111111111/acme-terraform-state" {
		t.Error(k, v)
	}
	if got := b.ProfileFor("production"); got != "admin_iam-production" {
		t.Error(got)
	}
}

func TestBlueprintMissingNamesThePathsThatSetTakes(t *testing.T) {
	b := New()
	want := []string{
		"admin_account", "group.admins.users", "environment.production.account",
		"project.common-production.environment", "bucket.name",
	}
	if got := b.Missing(); !slices.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
	values := []string{"111111111111", "alice,bob", "222222222222", "production", "acme-terraform-state"}
	for i, path := range want {
		if err := b.Set(path, values[i]); err != nil {
			t.Fatal(err)
		}
	}
	b.FillDefaults()
	if got := b.Missing(); len(got) > 0 {
		t.Errorf("still missing %v", got)
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	if got := b.Projects[0]; got.StateKey != "common/production" || got.Dir != "live/production" {
		t.Errorf("project %+v", got)
	}
}

func TestBlueprintMissingAsksForTheReachOfSeveralGroups(t *testing.T) {
	b := exampleBlueprint()
	b.Groups = append(b.Groups, Group{Name: "juniors"})
	b.FillDefaults()
	if got := strings.Join(b.Missing(), " "); got != "group.juniors.environments" {
		t.Errorf("got %q", got)
	}
}
