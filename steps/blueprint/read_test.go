package blueprint

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestBlueprintErrorsCarryFileAndLine puts one wrong line into an otherwise
// right file and wants the problem at exactly that line.
func TestBlueprintErrorsCarryFileAndLine(t *testing.T) {
	const right = "version = 1\nadmin_account = \"111111111111\"\n"
	env := func(args string) string { return "environment \"e\" {\n" + args + "\n}\n" }
	project := func(args string) string {
		return env(`account = "222222222222"`) + "project \"p\" {\n" + args + "\n}\n"
	}
	ci := func(args string, name ...string) string {
		return env(`account = "222222222222"`) + "ci \"ci" + strings.Join(name, "") + "\" {\n" + args + "\n}\n"
	}
	for _, c := range []struct {
		name, text string
		line       int
		says       string
	}{
		{"syntax", right + "group {{", 3, "required"},
		{"no version", "admin_account = \"111111111111\"\n", 1, "version = 1"},
		{"version", "version = 2\n", 1, "write 1"},
		{"account", "version = 1\nadmin_account = \"1234\"\n", 2, "12 digits"},
		{"account as number", "version = 1\nadmin_account = 111111111111\n", 2, "in quotes"},
		{"region", right + "state_region = \"Ireland\"\n", 3, "eu-west-1"},
		{"unknown argument", right + "state_regoin = \"x\"\n", 3, "state_region"},
		{"unknown block", right + "buckets {\n}\n", 3, "bucket"},
		{"argument twice", right + "version = 1\n", 3, "redefined"},
		{"variable", right + "state_region = var.region\n", 3, "Variables not allowed"},
		{"profile", right + "admin_profile = \"a b\"\n", 3, "profile name"},
		{"own tag", right + "tags = { Stateroom = \"x\" }\n", 3, "stateroom"},
		{"control character in a tag", right + "tags = { a = \"b\\u2028c\" }\n", 3, "does not accept"},
		{"control character in a dir", right + project("dir = \"live/\\u001b[2J\""), 7, "portable"},
		{"override in a dir", right + project("dir = \"live/\\u202egnp\""), 7, "portable"},
		{"line end in a description", right + "kms_key {\ndescription = \"a\\nb\"\n}\n", 4, "invisible character"},
		{"escape in a description", right + "kms_key {\ndescription = \"\\u001b[8m\"\n}\n", 4, "invisible character"},
		{"escape in a recipient", right + "user \"bob\" {\nrecipient = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPnSqHTXaTJPN0LWvcqB7r4VMtL7Dhv0dtOhkVbhyyb \\u009b2J\"\n}\n", 4, "not a recipient"},
		{"tags type", right + "tags = [\"x\"]\n", 3, "map"},
		{"group twice", right + "group \"g\" {\n}\ngroup \"g\" {\n}\n", 5, "line 3"},
		{"group without name", right + "group {\n}\n", 3, "group \"name\""},
		{"bucket with name", right + "bucket \"b\" {\n}\n", 3, "takes no name"},
		{"nested block", right + "bucket {\nname {}\n}\n", 4, "no block inside"},
		{"group reaches unknown", right + "group \"g\" {\nenvironments = [\"e\",\n\"nowhere\"]\n}\n" + env(`account = "222222222222"`), 5, "nowhere"},
		{"group reaches nothing", right + "group \"g\" {\nenvironments = []\n}\n", 4, "reach nothing"},
		{"star and more", right + "group \"g\" {\nenvironments = [\"*\", \"e\"]\n}\n" + env(""), 4, "alone"},
		{"user name", right + "group \"g\" {\nusers = [\"al ice\"]\n}\n", 4, "IAM user name"},
		{"user in two cases", right + "group \"g\" {\nusers = [\"alice\",\n\"Alice\"]\n}\n", 5, "one way"},
		{"users beside Identity Center", right + "group \"g\" {\nusers = [\"alice\"]\nidentity_center = \"Admins\"\n}\n", 4, "make two groups"},
		{"group too long for a permission set", right + "group \"" + strings.Repeat("g", 23) + "\" {\nidentity_center = \"Admins\"\n}\n", 3, "at most 22"},
		{"permission sets of one name", right + "group \"g\" {\nidentity_center = \"A\"\n}\ngroup \"G\" {\nidentity_center = \"B\"\n}\n", 6, "the same"},
		{"escape in a display name", right + "group \"g\" {\nidentity_center = \"A\\u001b[8m\"\n}\n", 4, "display name"},
		{"MFA of AWS's with Identity Center", right + "group \"g\" {\nidentity_center = \"A\"\n}\n" + env(`mfa = true`), 7, "Identity Center's settings"},
		{"emergencies with Identity Center", right + "group \"g\" {\nidentity_center = \"A\"\nbreak_glass = true\n}\n", 5, "when that is down"},
		{"a user of emergencies and of another group", right + "group \"g\" {\nusers = [\"alice\"]\nbreak_glass = true\n}\ngroup \"h\" {\nusers = [\"alice\"]\n}\n", 4, "nothing else"},
		{"start URL", right + "identity_center {\nstart_url = \"http://x\"\n}\n", 4, "start URL"},
		{"session with a space", right + "identity_center {\nsession = \"my session\"\n}\n", 4, "every tool reads"},
		{"session duration in words", right + "identity_center {\nsession_duration = \"8h\"\n}\n", 4, "ISO 8601"},
		{"session duration in parts of an hour", right + "identity_center {\nsession_duration = \"PT1.5H\"\n}\n", 4, "ISO 8601"},
		{"session duration with the minutes first", right + "identity_center {\nsession_duration = \"PT1M1H\"\n}\n", 4, "ISO 8601"},
		{"session duration too long", right + "identity_center {\nsession_duration = \"PT13H\"\n}\n", 4, "one to twelve"},
		{"recipient", right + "user \"u\" {\nrecipient = \"ssh-rsa AAAA\"\n}\n", 4, "id_ed25519.pub"},
		{"email and account", right + env(`email = "nobody"`), 4, "e-mail"},
		{"role", right + env(`role = "a/b"`), 4, "role name"},
		{"role path", right + env(`role_path = "ops"`), 4, "slash"},
		{"permissions", right + env(`permissions = "all"`), 4, "poweruser"},
		{"permissions file outside", right + env(`permissions = "../p.json"`), 4, "outside"},
		{"boundary", right + env(`permissions_boundary = "arn:aws:iam::1:user/x"`), 4, "managed policy"},
		{"trust", right + env(`trust = "everyone"`), 4, "listed"},
		{"trust kept of anyone", right + env(`trust_kept = ["*"]`), 4, "OIDC"},
		{"mfa type", right + env(`mfa = "true"`), 4, "without quotes"},
		{"same role twice", right + env(`account = "222222222222"`) + "environment \"f\" {\naccount = \"222222222222\"\n}\n", 6, "the same"},
		{"CI of unknown kind", right + ci("provider = \"jenkins\""), 7, "among the choices"},
		{"Buildkite", right + ci("provider = \"buildkite\""), 7, "fork"},
		{"CI with a star for a job", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\nplan = [\"branch:*\"]"), 9, "strangers"},
		{"CI with a question mark in a subject", right + ci("provider = \"oidc\"\nissuer = \"https://ci.example.com\"\nplan = [\"job:?\"]"), 9, "strangers"},
		{"CI with a star for a repository", right + ci("provider = \"github\"\nrepository = \"acme/*\""), 8, "wildcards"},
		{"CI of GitHub by its subjects alone", right + ci("provider = \"oidc\"\nissuer = \"https://token.actions.githubusercontent.com\""), 8, "name the platform as provider"},
		{"CI with an owner alone", right + ci("provider = \"github\"\nrepository = \"acme\""), 8, "acme/infra"},
		{"id of a project of a GitLab of one's own", right + ci("provider = \"gitlab\"\nissuer = \"https://git.example.com\"\nrepository = \"acme/infra\"\nrepository_id = \"42\""), 10, "leave it out"},
		{"CI with one of two ids", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\nowner_id = \"1\""), 9, "write both"},
		{"pull requests that apply", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\napply = [\"pull_request\"]"), 9, "push a branch"},
		{"colon in an environment", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\napply = [\"environment:a:b\"]"), 9, "not a job"},
		{"branch gate of two environments", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\napply = [\"branch:main\"]\nenvironments = [\"e\", \"f\"]") + "environment \"f\" {\n}\n", 9, "2 environments"},
		{"gate of another environment", right + ci("provider = \"github\"\nrepository = \"acme/infra\"\napply = [\"environment:f\"]\nenvironments = [\"e\"]") + "environment \"f\" {\n}\n", 9, "gate of environment"},
		{"CI in all environments", right + ci("provider = \"github\"\nenvironments = [\"*\"]"), 8, "one by one"},
		{"CI in an unknown environment", right + ci("provider = \"github\"\nenvironments = [\"x\"]"), 8, "no environment"},
		{"issuer without https", right + ci("provider = \"gitlab\"\nissuer = \"http://git.example.com\""), 8, "https"},
		{"issuer with a port", right + ci("provider = \"gitlab\"\nissuer = \"https://git.example.com:8443\""), 8, "without port"},
		{"issuer of another platform", right + ci("provider = \"circleci\"\nissuer = \"https://git.example.com\""), 8, "platform's issuer"},
		{"CI with too long a role", right + ci("provider = \"github\"\nenvironments = [\"e\"]", strings.Repeat("g", 48)), 6, "shorter name"},
		{"pipeline file of CircleCI", right + ci("provider = \"circleci\"\npipeline = \"ci.yml\""), 8, "GitHub Actions"},
		{"role for plans taken", right + ci("provider = \"github\"\nplan = [\"pull_request\"]\nenvironments = [\"e\"]") + "environment \"f\" {\naccount = \"222222222222\"\nrole = \"TerraformAdmin-plan\"\n}\n", 3, "for plans"},
		{"dir outside", right + project(`dir = "a/../../b"`), 7, "outside"},
		{"dir absolute", right + project(`dir = "/srv"`), 7, "absolute"},
		{"project of unknown environment", right + project(`environment = "x"`), 7, "no environment"},
		{"backend_config secret", right + project(`backend_config = ["secret_key=b"]`), 7, "a secret"},
		{"backend_config nameless", right + project(`backend_config = ["=b"]`), 7, "neither a file nor an argument"},
		{"backend_config pair for a shell", right + project(`backend_config = ["key=$(id)"]`), 7, "write the value bare"},
		{"backend_config absolute", right + project(`backend_config = ["/etc/prod.tfbackend"]`), 7, "absolute"},
		{"backend_config outside", right + project(`backend_config = ["../../../prod.tfbackend"]`), 7, "outside"},
		{"backend_config for a shell", right + project(`backend_config = ["prod.tfbackend;id"]`), 7, "another name"},
		{"key slash", right + project(`state_key = "/a"`), 7, "slash"},
		{"key env:", right + project(`state_key = "env:/x/a"`), 7, "env:"},
		{"key tflock", right + project(`state_key = "a.tflock"`), 7, "lock file"},
		{"key below tflock", right + project(`state_key = "a.tflock/b"`), 7, "lock file"},
		{"key wildcard", right + project(`state_key = "a/*"`), 7, "not a valid state key"},
		{"key twice", right + project(`state_key = "k"`) + "project \"q\" {\nstate_key = \"k\"\n}\n", 10, "project \"p\""},
		{"dir twice", right + project(`dir = "d"`) + "project \"q\" {\ndir = \"d/.\"\n}\n", 10, "project \"p\""},
		{"digest", right + project(`state_key = "k"`) + "project \"q\" {\nstate_key = \"k-md5\"\n}\n", 10, "digest"},
		{"alias", right + "kms_key {\nalias = \"terraform\"\n}\n", 4, "alias/"},
		{"AWS's alias", right + "kms_key {\nalias = \"alias/aws/s3\"\n}\n", 4, "alias/aws/"},
		{"administrators", right + "kms_key {\nadministrators = [\"alice\"]\n}\n", 4, "ARN"},
		{"bucket underscore", right + "bucket {\nname = \"my_state\"\n}\n", 4, "hyphen"},
		{"bucket capital", right + "bucket {\nname = \"MyState\"\n}\n", 4, "lowercase"},
		{"bucket address", right + "bucket {\nname = \"10.0.0.1\"\n}\n", 4, "IP address"},
		{"bucket policy", right + "bucket {\npolicy = \"lax\"\n}\n", 4, "compatible"},
		{"no lock", right + "lock {\nuse_lockfile = false\n}\n", 3, "neither"},
		{"billing", right + "lock {\ndynamodb_table = \"tab\"\nbilling_mode = \"free\"\n}\n", 5, "PROVISIONED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("stateroom.hcl", []byte(c.text))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			where := fmt.Sprintf("stateroom.hcl:%d: ", c.line)
			if first := problems[0].Error(); !strings.HasPrefix(first, where) || !strings.Contains(first, c.says) {
				t.Errorf("want %s… %s\ngot %v", where, c.says, err)
			}
		})
	}
}

func TestBlueprintReportsEveryProblemInTheOrderOfTheFile(t *testing.T) {
	_, err := Parse("f", []byte("version = 1\nbucket {\n name = \"A_B\"\n}\nstate_region = \"x\"\nwhat = 1\n"))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("got %v", err)
	}
	for i, line := range []int{3, 5, 6} {
		if problems[i].Line != line {
			t.Errorf("problem %d at line %d, want %d", i, problems[i].Line, line)
		}
	}
}

func TestBlueprintNeverShowsASecretKeyGivenAsRecipient(t *testing.T) {
	const secretKey = "AGE-SECRET-KEY-1QQQQQQQ"
	_, err := Parse("f", []byte("version = 1\nuser \"u\" {\nrecipient = \""+secretKey+"\"\n}\n"))
	if err == nil || strings.Contains(err.Error(), "1QQQ") || !strings.Contains(err.Error(), "secret key") {
		t.Errorf("got %v", err)
	}
}

func TestBlueprintCheckNamesThePathOfAnAnswerGivenByFlag(t *testing.T) {
	b := exampleBlueprint()
	b.Bucket.Name = "a_b_c"
	var problems Problems
	if !errors.As(b.Check(), &problems) || problems[0].Path != "bucket.name" || problems[0].File != "" {
		t.Errorf("got %+v", problems)
	}
}

func TestBlueprintKeepsAnExistingBucketNameWithDots(t *testing.T) {
	b := exampleBlueprint()
	b.Bucket.Name = "state.acme.com"
	if err := b.Check(); err != nil {
		t.Error(err)
	}
}

// TestAProblemOfALongNameIsASentence: whatever was pasted in the place of a name, what is
// wrong with it stands where it is read, and not behind thousands of characters.
func TestAProblemOfALongNameIsASentence(t *testing.T) {
	const right = "version = 1\nadmin_account = \"111111111111\"\n"
	long := strings.Repeat("a", 1000)
	for name, text := range map[string]string{
		"group":       "group \"" + long + "\" {\n users = [\"alice\"]\n}\n",
		"user":        "group \"admins\" {\n users = [\"" + long + "\"]\n}\n",
		"environment": "environment \"" + long + "\" {\n account = \"222222222222\"\n}\n",
		"role":        "environment \"e\" {\n role = \"" + long + "\"\n}\n",
		"key":         "environment \"e\" {\n account = \"222222222222\"\n}\nproject \"p\" {\n state_key = \"" + strings.Repeat("k/", 2500) + "x\"\n}\n",
		"directory":   "environment \"e\" {\n account = \"222222222222\"\n}\nproject \"p\" {\n dir = \"live/" + long + "\"\n}\n",
		"description": "kms_key {\n description = \"" + strings.Repeat("why ", 2500) + "\"\n}\n",
		"bucket":      "bucket {\n name = \"" + long + "\"\n}\n",
		"tag":         "tags = { " + long + " = \"x\" }\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("stateroom.hcl", []byte(right+text))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			for _, p := range problems {
				if said := p.Error(); len(said) > 500 {
					t.Errorf("%d characters: %.200s", len(said), said)
				}
			}
			if said := problems[0].Error(); !strings.Contains(said, "characters)") {
				t.Errorf("how long it is is not said: %s", said)
			}
		})
	}
}
