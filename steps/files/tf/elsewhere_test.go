package tf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
)

// elsewhereCase is what a repository brings, and the settings in it that lead
// elsewhere: "FILE:LINE setting name".
type elsewhereCase struct {
	name  string
	files map[string]string
	want  []string
}

func inBlock(argument string) map[string]string {
	return map[string]string{"backend.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    " + argument + "\n  }\n}\n"}
}

func inProvider(argument string) map[string]string {
	return map[string]string{"main.tf": "provider \"aws\" {\n  " + argument + "\n}\n"}
}

// ofType is a backend of another type, whose arguments begin at line 3.
func ofType(kind, arguments string) map[string]string {
	return map[string]string{"backend.tf": "terraform {\n  backend \"" + kind + "\" {\n" + arguments + "\n  }\n}\n"}
}

// notesOf are notes of init's of a backend of that type, whose arguments are line 2.
func notesOf(kind, config string) map[string]string {
	return map[string]string{".terraform/terraform.tfstate": "{\"version\": 3, \"backend\": {\"type\": \"" + kind + "\", \"config\": {\n" + config + "\n}, \"hash\": 1}}\n"}
}

func recorded(config string) map[string]string {
	return map[string]string{".terraform/terraform.tfstate": "{\n\"version\": 3,\n\"backend\": {\n\"type\": \"s3\",\n\"config\": {\n\"bucket\": \"b\",\n" + config + "\n},\n\"hash\": 1}}\n"}
}

const stranger = "http://stranger.example"

var elsewhereCases = []elsewhereCase{
	{"a backend without any", inBlock(`profile = "p"`), nil},
	{"the run's own endpoint", inBlock(`endpoints = { s3 = "http://LOCALHOST:4566/", sts = "http://localhost:4566" }`), nil},
	{"the environment's endpoint of one service", inProvider("endpoints {\n    secretsmanager = \"http://own.example\"\n  }"), nil},
	{"the profile's endpoint", inProvider("endpoints {\n    ec2 = \"https://profile.example\"\n  }"), nil},
	{"AWS's own hosts", inBlock(`endpoints = { s3 = "https://s3.eu-west-1.amazonaws.com", sts = "https://sts-fips.us-gov-west-1.amazonaws.com:443/", dynamodb = "https://bucket.vpce-1a2b-5c.s3.us-east-1.vpce.amazonaws.com", iam = "https://s3.dualstack.cn-north-1.amazonaws.com.cn" }`), nil},
	{"the environment's proxy", inBlock(`https_proxy = "http://proxy.corp:3128"`), nil},
	{"the user's own files", inBlock("custom_ca_bundle = \"/etc/ssl/own.pem\"\nshared_config_files = [\"~/.aws/config\"]"), nil},
	{"no files at all", inBlock("shared_config_files = []\nshared_credentials_files = []"), nil},
	{"an empty or null one", inBlock("endpoint = null\nhttp_proxy = \"\"\ninsecure = false"), nil},
	{"a switch", inBlock("use_fips_endpoint = true\nskip_region_validation = true"), nil},

	{"an endpoint", inBlock(`endpoints = { s3 = "` + stranger + `" }`), []string{"backend.tf:5 backend endpoints.s3 " + stranger}},
	{"an old endpoint", inBlock(`sts_endpoint = "` + stranger + `"`), []string{"backend.tf:5 backend sts_endpoint " + stranger}},
	{"AWS without TLS", inBlock(`endpoint = "http://s3.eu-west-1.amazonaws.com"`), []string{"backend.tf:5 backend endpoint http://s3.eu-west-1.amazonaws.com"}},
	{"a metadata service", inBlock(`ec2_metadata_service_endpoint = "` + stranger + `"`), []string{"backend.tf:5 backend ec2_metadata_service_endpoint " + stranger}},
	{"no address", inBlock(`endpoint = "s3"`), []string{"backend.tf:5 backend endpoint s3"}},
	{"a proxy with a password", inBlock(`http_proxy = "http://me:hush@stranger.example"`), []string{"backend.tf:5 backend http_proxy http://me:xxxxx@stranger.example"}},
	{"round the proxy", inBlock(`no_proxy = "*"`), []string{"backend.tf:5 backend no_proxy DIR/backend.tf:5"}},
	{"no certificate", inBlock(`insecure = true`), []string{"backend.tf:5 backend insecure DIR/backend.tf:5"}},
	{"a bundle of the repository's", inBlock(`custom_ca_bundle = "../ca.pem"`), []string{"backend.tf:5 backend custom_ca_bundle ../ca.pem"}},
	{"a bundle through a link outside and back", inBlock(`custom_ca_bundle = "OUT/back/ca.pem"`), []string{"backend.tf:5 backend custom_ca_bundle OUT/back/ca.pem"}},
	{"a file on another machine", inBlock(`shared_credentials_files = ["//stranger/share"]`), []string{"backend.tf:5 backend shared_credentials_files //stranger/share"}},
	{"profiles of the repository's", inBlock(`shared_config_files = ["~/.aws/config", "aws/config"]`), []string{"backend.tf:5 backend shared_config_files aws/config"}},
	{"a region that is an address", inBlock(`region = "x@stranger.example/"`), []string{"backend.tf:5 backend region x@stranger.example/"}},
	{"an expression", inProvider("endpoints {\n    s3 = var.s3\n  }"), []string{"main.tf:3 provider endpoints.s3 DIR/main.tf:3"}},
	{"a dynamic block", inProvider("dynamic \"endpoints\" {\n    for_each = [1]\n    content {\n      s3 = \"" + stranger + "\"\n    }\n  }"), []string{"main.tf:3 provider endpoints.for_each DIR/main.tf:3", "main.tf:5 provider endpoints.content.s3 " + stranger}},
	{"an aliased provider", inProvider("alias = \"x\"\nendpoints {\nsecretsmanager = \"" + stranger + "\"\n}"), []string{"main.tf:4 provider endpoints.secretsmanager " + stranger}},
	{"a provider's profiles", inProvider(`shared_credentials_files = ["creds"]`), []string{"main.tf:2 provider shared_credentials_files creds"}},
	{"an override", map[string]string{"backend_override.tf": inBlock(`endpoint = "` + stranger + `"`)["backend.tf"]}, []string{"backend_override.tf:5 backend endpoint " + stranger}},
	{"the JSON syntax", map[string]string{"main.tf.json": "{\"provider\": {\"aws\": [{\n\"endpoints\": [{\n\"s3\": \"" + stranger + "\"}]\n}]},\n\"terraform\": {\"backend\": {\"s3\": {\n\"endpoints\": {\"s3\": \"" + stranger + "\"}\n}}}}"}, []string{"main.tf.json:6 backend endpoints.s3 " + stranger, "main.tf.json:3 provider endpoints.s3 " + stranger}},
	{"what completes a partial backend", map[string]string{"backend.tf": "terraform {\n  backend \"s3\" {}\n}\n", "env/prod.s3.tfbackend": "bucket = \"b\"\nhttps_proxy = \"" + stranger + "\"\n"}, []string{"env/prod.s3.tfbackend:2 backend https_proxy " + stranger}},
	{"the notes of init", recorded(`"endpoints": {"dynamodb": null, ` + "\n" + `"s3": "` + stranger + `"}, "shared_config_files": ["aws"]`), []string{".terraform/terraform.tfstate:8 backend endpoints.s3 " + stranger, ".terraform/terraform.tfstate:8 backend shared_config_files aws"}},
	{"an http backend", ofType("http", "address = \"http://glpat-x@stranger.example/s?private_token=glpat-y\"\nlock_address = \"http://stranger.example/lock\"\nunlock_address = \"http://other.example/lock\"\nusername = \"me\"\npassword = \"glpat-z\""), []string{
		`backend.tf:3 backend "http" address http://xxxxx@stranger.example/s?private_token=xxxxx`, `backend.tf:5 backend "http" unlock_address http://other.example/lock`,
	}},
	{"an http backend of the environment's", ofType("http", ""), []string{`backend.tf:2 backend "http" DIR/backend.tf:2`}},
	{"a remote backend", ofType("remote", "hostname = \"stranger.example\"\norganization = \"acme\"\nworkspaces {\n  name = \"w\"\n}"), []string{`backend.tf:3 backend "remote" hostname, organization, workspaces.name remote://stranger.example/acme/w`}},
	{"a cloud block", map[string]string{"backend.tf": "terraform {\n  cloud {\n    organization = \"acme\"\n  }\n}\n"}, []string{`backend.tf:3 backend "cloud" organization cloud://acme`}},
	{"a cloud block in JSON", map[string]string{"x.tf.json": "{\"terraform\": {\"cloud\": {\n\"organization\": \"acme\"}}}"}, []string{`x.tf.json:2 backend "cloud" organization cloud://acme`}},
	{"a database", ofType("pg", `conn_str = "postgres://me:hush@db.example/x?password=hush&host=other.example"`), []string{`backend.tf:3 backend "pg" conn_str postgres://xxxxx@db.example/x?host=other.example&password=xxxxx`}},
	{"a database in words", ofType("pg", `conn_str = "host=db.example user=me password='hu sh' dbname=x"`), []string{`backend.tf:3 backend "pg" conn_str pg://db.example/x`}},
	{"consul", ofType("consul", "address = \"me:hush@stranger.example:8500\"\naccess_token = \"hush\""), []string{`backend.tf:3 backend "consul" address consul://stranger.example:8500`}},
	{"a bucket of Google's and an endpoint", ofType("gcs", "bucket = \"b\"\nstorage_custom_endpoint = \""+stranger+"\""), []string{"backend.tf:4 backend storage_custom_endpoint " + stranger, `backend.tf:3 backend "gcs" bucket gcs://b`}},
	{"Azure", ofType("azurerm", "key = \"k\"\nstorage_account_name = \"a\"\nsas_token = \"hush\""), []string{`backend.tf:4 backend "azurerm" storage_account_name, key azurerm://a/k`}},
	{"a cluster and a command", ofType("kubernetes", "host = \"https://k8s.example\"\nexec {\n  command = \"./x\"\n}"), []string{`backend.tf:3 backend "kubernetes" host https://k8s.example`, `backend.tf:5 backend "kubernetes" exec.command kubernetes://./x`}},
	{"a list of addresses", ofType("etcdv3", `endpoints = ["https://a.example", "https://b.example"]`), []string{"backend.tf:3 backend endpoints DIR/backend.tf:3", `backend.tf:3 backend "etcdv3" endpoints https://a.example`, `backend.tf:3 backend "etcdv3" endpoints https://b.example`}},
	{"a type that nobody knows", ofType("new", `home = "x"`), []string{`backend.tf:2 backend "new" DIR/backend.tf:2`}},
	{"a local backend", ofType("local", `path = "s"`), nil},
	{"notes of an http backend", notesOf("http", `"address": "`+stranger+`", "password": "hush"`), []string{`.terraform/terraform.tfstate:2 backend "http" address ` + stranger}},
	{"notes of HCP Terraform", notesOf("cloud", `"hostname": "app.stranger.example", "organization": "o"`), []string{`.terraform/terraform.tfstate:2 backend "cloud" hostname, organization cloud://app.stranger.example/o`}},
	{"notes of a local backend", notesOf("local", `"path": "s"`), nil},
	{"notes that say it twice", recorded(`"http_proxy": null,` + "\n" + `"http_proxy": "` + stranger + `"`), []string{".terraform/terraform.tfstate:8 backend http_proxy " + stranger}},
}

// TestWhatARepositoryBringsThatLeadsElsewhereIsFoundByFileAndLine has one user's
// own way and what differs from it.
func TestWhatARepositoryBringsThatLeadsElsewhereIsFoundByFileAndLine(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	profile := map[string]string{"endpoint_url": "https://profile.example"}
	for _, c := range elsewhereCases {
		t.Run(c.name, func(t *testing.T) {
			repository, outside := t.TempDir(), t.TempDir()
			dir := filepath.Join(repository, "live")
			if err := os.Symlink(repository, filepath.Join(outside, "back")); err != nil {
				t.Fatal(err)
			}
			for name, text := range c.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "OUT", outside)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			root, err := files.Real(repository)
			if err != nil {
				t.Fatal(err)
			}
			own := OwnWay(root, "http://localhost:4566", []string{"AWS_ENDPOINT_URL_EC2=http://own.example", "HTTPS_PROXY=http://proxy.corp:3128", "no_proxy=localhost"})
			own.AddProfile(func(setting string) string { return profile[setting] })
			p, problems := Inspect(dir, func(string) string { return "" })
			if problems != nil {
				t.Fatal(problems)
			}
			found, err := p.Elsewhere(own)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range found {
				line := fmt.Sprintf("%s %s %s", e.Place, e.Setting, e.Name)
				line = strings.Replace(line, dir+"/", "", 1)
				got = append(got, strings.NewReplacer(dir, "DIR", outside, "OUT").Replace(line))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHostsThatCustomersChooseAreNotTakenForAWS: whoever rents a machine, a bucket
// or an API has a name below AWS's.
func TestHostsThatCustomersChooseAreNotTakenForAWS(t *testing.T) {
	for _, host := range []string{
		"stranger.s3.us-east-1.amazonaws.com", "vpce-x.s3.us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com",
		"ec2-1-2-3-4.compute-1.amazonaws.com", "ec2-1-2-3-4.us-west-2.compute.amazonaws.com", "x.us-east-1.elb.amazonaws.com",
		"vpce-1-2.vpce-svc-3.us-east-1.vpce.amazonaws.com", "s3.amazonaws.com.stranger.example", "s3.us-east-1.amazonaws.com@stranger.example",
		"search-x.us-east-1.es.amazonaws.com", "d111.cloudfront.net",
	} {
		if (Own{}).isEndpoint("https://" + host) {
			t.Errorf("%s is taken for AWS", host)
		}
	}
}

// TestNotesThatTerraformWouldGoByAreFoundWhereTheyNameAnotherPlace: with the hash of
// the block, Terraform takes the state from where the notes say. With another hash
// it stops and says that the backend has changed.
func TestNotesThatTerraformWouldGoByAreFoundWhereTheyNameAnotherPlace(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func() *Project {
		t.Helper()
		p, problems := Inspect(dir, func(string) string { return "" })
		if problems != nil {
			t.Fatal(problems)
		}
		return p
	}
	note := func(hash uint64) {
		write(".terraform/terraform.tfstate", fmt.Sprintf("{\"version\": 3, \"backend\": {\"type\": \"s3\", \"config\": {\n\"bucket\": \"theirs\", \"key\": \"k\", \"region\": null, \"encrypt\": null}, \"hash\": %d}}", hash))
	}
	write("backend.tf", inBlock("")["backend.tf"])
	note(1)
	p := read()
	if found, err := p.Elsewhere(Own{}); err != nil || len(found) > 0 {
		t.Errorf("another hash: %v, %v", found, err)
	}
	have, err := p.State.Configured.Values()
	if err != nil {
		t.Fatal(err)
	}
	hash, known := blockHash("s3", have, p.Backends[0].values(have))
	if !known {
		t.Fatal("no hash")
	}
	note(uint64(hash))
	found, err := read().Elsewhere(Own{})
	if err != nil || len(found) != 1 || found[0].Name != "s3://theirs/k" || found[0].Line != 2 {
		t.Errorf("the block's hash: %+v, %v", found, err)
	}
}

// What init noted holds secrets at every depth, and an endpoint by the name of a
// service is none.
func TestSecretsThatInitNotedAreNotKept(t *testing.T) {
	noted := notedAttributes("", map[string]any{
		"secret_key":                    "s3cret",
		"assume_role_with_web_identity": map[string]any{"web_identity_token": "s3cret", "role_arn": "arn:aws:iam::111111111111:role/R"},
		"endpoints":                     map[string]any{"secretsmanager": "http://127.0.0.1:1"},
	}, nil)
	want := Attributes{
		{Name: "assume_role_with_web_identity.role_arn", Value: "arn:aws:iam::111111111111:role/R", Literal: true, Line: 1},
		{Name: "assume_role_with_web_identity.web_identity_token", Value: "(secret)", Literal: true, Line: 1},
		{Name: "endpoints.secretsmanager", Value: "http://127.0.0.1:1", Literal: true, Line: 1},
		{Name: "secret_key", Value: "(secret)", Literal: true, Line: 1},
	}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Error(diff)
	}
}
