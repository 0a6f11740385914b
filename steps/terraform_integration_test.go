//go:build integration

package steps

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
)

// withTerraform gives the world the real Terraform or OpenTofu on PATH, and a provider
// registry that nobody answers at: no test downloads a provider. A machine
// without Terraform fails: CI never skips.
func (w *world) withTerraform() {
	w.t.Helper()
	engine, err := terraform.Find(context.Background(), "", os.Environ())
	if err != nil {
		w.t.Fatal(err)
	}
	w.engine = engine
	config := filepath.Join(w.t.TempDir(), "terraform.rc")
	w.must(os.WriteFile(config, []byte("provider_installation {\n  network_mirror {\n    url = \"https://127.0.0.1:1/\"\n  }\n}\n"), 0o600))
	w.variables = append(w.variables, "TF_CLI_CONFIG_FILE="+config)
}

// withProvider puts a stub of hashicorp/aws in the place of that registry.
func (w *world) withProvider() {
	w.t.Helper()
	w.variables = w.variables.With(mirror.With(w.t))
}

// newRealWorld is a world with a real Terraform in it.
func newRealWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, sandbox.Options{})
	w.withTerraform()
	return w
}

// newSetUpWorld is a world in which alice has run the whole set-up of b.
func newSetUpWorld(t *testing.T, b *blueprint.Blueprint) *world {
	t.Helper()
	w := newRealWorld(t)
	w.healthy(w.run(w.setup(b)))
	return w
}

func (w *world) sessions() *awsops.Sessions {
	w.t.Helper()
	return w.shell().Sessions(w.t, "eu-west-1")
}

// laptop is one person's home, in which the profile admin_iam is theirs.
type laptop struct {
	w    *world
	home string
}

// alice is who ran the set-up.
func (w *world) alice() *laptop { return &laptop{w: w, home: w.dir} }

// person is a laptop of another user, who is created where they are not there.
func (w *world) person(name string) *laptop {
	w.t.Helper()
	ctx, home := context.Background(), w.sessions().Home("eu-west-1")
	have, err := home.User(ctx, name)
	w.must(err)
	if have == nil {
		_, err = home.Do(ctx, awsops.CreateUser(name, "/", nil))
		w.must(err)
	}
	key, err := home.Do(ctx, awsops.CreateAccessKey(name))
	w.must(err)
	l := &laptop{w: w, home: w.t.TempDir()}
	w.must(os.MkdirAll(filepath.Join(l.home, ".aws"), 0o700))
	text := "[admin_iam]\naws_access_key_id = " + key.Values["id"] + "\naws_secret_access_key = " + key.Secret.Reveal() + "\n"
	w.must(os.WriteFile(l.credentials(), []byte(text), 0o600))
	return l
}

func (l *laptop) credentials() string { return filepath.Join(l.home, ".aws", "credentials") }

// session is the person's, by the key in their profile.
func (l *laptop) session() *awsops.Session {
	l.w.t.Helper()
	snapshot, err := files.Read(l.credentials())
	l.w.must(err)
	profile, found := profiles.Read(profiles.Credentials, snapshot, "admin_iam")
	if !found {
		l.w.t.Fatalf("%s has no profile admin_iam", l.credentials())
	}
	return l.w.sessions().With(profile.Get("aws_access_key_id"), secret.New(profile.Get("aws_secret_access_key")), secret.Secret{}, "eu-west-1")
}

// shell is a person at work in one Terraform root directory.
type shell struct {
	*laptop
	dir string
	// operator lets the operator's keys stay in the environment.
	operator bool
	// endpoint tells the provider where AWS is, which provider.tf does not say.
	endpoint bool
}

// in is the person in a project as set-up left it.
func (l *laptop) in(project string) *shell {
	return &shell{laptop: l, dir: filepath.Join(l.w.dir, "live", project), endpoint: true}
}

// at is the person in a scratch copy of a project's backend.tf, beside a
// main.tf that needs no provider download.
func (l *laptop) at(project, main string) *shell {
	l.w.t.Helper()
	backend, err := os.ReadFile(filepath.Join(l.w.dir, "live", project, "backend.tf"))
	l.w.must(err)
	s := &shell{laptop: l, dir: l.w.t.TempDir()}
	s.write("backend.tf", string(backend))
	s.write("main.tf", main)
	return s
}

func (s *shell) write(name, text string) {
	s.w.t.Helper()
	s.w.must(os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// replace edits a file as a person would.
func (s *shell) replace(name, pattern, with string) {
	s.w.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	s.w.must(err)
	after := regexp.MustCompile(pattern).ReplaceAllString(string(text), with)
	if after == string(text) {
		s.w.t.Fatalf("%s holds nothing that matches %s:\n%s", name, pattern, text)
	}
	s.write(name, after)
}

// command is a Terraform that knows this person's profile and nobody's keys.
func (s *shell) command(args ...string) *exec.Cmd {
	words := 1
	if args[0] == "workspace" || args[0] == "state" {
		words = 2
	}
	all := append(append([]string{}, args[:words]...), "-no-color")
	switch args[0] {
	case "init", "plan", "apply", "destroy":
		all = append(all, "-input=false")
	}
	all = append(all, args[words:]...)
	cmd := exec.CommandContext(s.w.t.Context(), s.w.engine.Path, all...)
	cmd.Dir = s.dir
	for _, entry := range s.w.shell().Environ() {
		if name, _, _ := strings.Cut(entry, "="); s.operator || !strings.HasPrefix(name, "AWS_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, "AWS_SHARED_CREDENTIALS_FILE="+s.credentials(),
		"AWS_CONFIG_FILE="+filepath.Join(s.home, ".aws", "config"), "AWS_EC2_METADATA_DISABLED=true")
	for name, value := range awsops.EndpointVariables(s.w.server.URL()) {
		if s.endpoint || name != "AWS_ENDPOINT_URL" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// ok runs a command that must succeed and gives its output on one line.
func (s *shell) ok(args ...string) string {
	s.w.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.w.t.Fatalf("terraform %v: %v\n%s", args, err, out)
	}
	return terraform.Fold(string(out))
}

// goesOn holds the work to go on from where the state is, without the provider, which cannot
// be downloaded here.
func (s *shell) goesOn() {
	s.w.t.Helper()
	s.w.must(os.Remove(filepath.Join(s.dir, "provider.tf")))
	s.ok("init")
	s.ok("plan", "-detailed-exitcode")
}

// refused runs a command that must fail with a text that matches.
func (s *shell) refused(pattern string, args ...string) string {
	s.w.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	folded := terraform.Fold(string(out))
	if err == nil || !regexp.MustCompile(pattern).MatchString(folded) {
		s.w.t.Fatalf("terraform %v: want a refusal like %s, got %v\n%s", args, pattern, err, out)
	}
	return folded
}

// one is a configuration of one built-in resource.
const one = `resource "terraform_data" "it" { input = "kept" }
`

// deny gives a user a policy that takes one action away from them.
func (w *world) deny(user, action string) {
	w.t.Helper()
	_, err := w.hands("").iam.PutUserPolicy(w.t.Context(), &iam.PutUserPolicyInput{
		UserName: &user, PolicyName: aws.String("broken"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"` + action + `","Resource":"*"}]}`),
	})
	w.must(err)
}
