package tf

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// Elsewhere is a setting of a project that leads Terraform's requests,
// credentials or trust to where this run does not go itself. Whoever can write to
// the repository can bring one.
type Elsewhere struct {
	files.Place
	// Setting is the argument with its block, such as "backend endpoints.s3".
	Setting string
	// Name is where it leads, without a password; it is agreed to by this name.
	// A setting that leads nowhere by itself has its file and line.
	Name string
	// What says what that means.
	What string
	// Holds is the directory of the project whose state itself is kept there, empty
	// where the setting is only on the way to it.
	Holds string
}

// Elsewhere are the settings of the project's backend and aws provider blocks, of
// what init noted, and of the files that a partial backend is completed with,
// that lead elsewhere than own goes. A backend that is neither local nor an S3 bucket
// is elsewhere as it stands, a cloud block too.
func (p *Project) Elsewhere(own Own) ([]Elsewhere, error) {
	j := judge{own: own, dir: p.Dir}
	var partial bool
	for _, b := range p.Backends {
		switch b.Type {
		case "local":
		case "s3":
			j.block("backend", b.Place, b.Attributes)
			partial = partial || b.Partial()
		default:
			j.other(b.BackendConfig, false)
		}
	}
	for _, c := range p.Clouds {
		j.other(c.BackendConfig, false)
	}
	for _, b := range p.Providers {
		j.block("provider", b.Place, b.Attributes)
	}
	if partial {
		for _, path := range PartialConfigs(p.Dir) {
			attributes, err := readPartial(path)
			if err != nil {
				return j.found, err
			}
			j.block("backend", files.Place{Path: path}, attributes)
		}
	}
	j.noted(p)
	return j.found, nil
}

// judge collects what leads elsewhere.
type judge struct {
	own   Own
	dir   string
	found []Elsewhere
}

// block judges the arguments of one block, whose lines are in the file at place.
func (j *judge) block(kind string, at files.Place, arguments Attributes) {
	for _, a := range arguments {
		name, what := j.argument(a)
		if what == "" {
			continue
		}
		place := a.Place(at)
		if name == "" {
			name = place.String()
		}
		e := Elsewhere{Place: place, Setting: kind + " " + a.Name, Name: name, What: what}
		if kind == "backend" && slices.Contains(storeArguments, a.Name) {
			e.Holds = j.dir
		}
		j.found = append(j.found, e)
	}
}

// noted judges what init noted: while its hash is the block's, Terraform goes by
// the notes and not by the block.
func (j *judge) noted(p *Project) {
	have := p.State.Configured
	if have == nil || have.Type == "local" {
		return
	}
	if have.Type != "s3" {
		j.other(have.BackendConfig, true)
		return
	}
	const kind = "backend"
	j.block(kind, have.Place, have.Attributes)
	block, err := p.Backend()
	if err != nil || block == nil || block.Type != "s3" || len(block.configs) > 0 || !have.binds(block) {
		return // which of two files init was given, [Project.OtherConfig] tells
	}
	for _, name := range []string{"bucket", "key"} {
		said, noted := block.Attributes.Get(name), have.Attributes.Find(name)
		if said != "" && noted != nil && noted.Value != said {
			j.found = append(j.found, Elsewhere{
				Place: files.Place{Path: have.Path, Line: noted.Line}, Setting: kind + " " + name,
				Name: have.where(),
				What: fmt.Sprintf("takes the state from a different place than %s says", block.Place),
			})
			return
		}
	}
}

// argument says what is wrong with an argument, and where it leads; what is empty
// where it leads nowhere else.
func (j *judge) argument(a Attribute) (name, what string) {
	if a.Value == "" || a.Null {
		return "", ""
	}
	switch last := a.Name[strings.LastIndex(a.Name, ".")+1:]; {
	case a.Name == "endpoints" || strings.HasPrefix(a.Name, "endpoints.") || isEndpoint(a.Name):
		return j.address(a, j.own.isEndpoint, "sends requests to a different place than this run")
	case a.Name == "http_proxy" || a.Name == "https_proxy":
		return j.address(a, j.own.isProxy, "sends requests through a proxy that the environment does not name")
	case a.Name == "no_proxy" && j.own.roundProxy(a.Value):
		return "", "leads requests round the proxy that the environment names"
	case a.Name == "insecure" && a.Value != "false":
		return "", "trusts whoever answers, whatever the certificate"
	case a.Name == "custom_ca_bundle":
		return j.paths(a, "trusts certificates that came with the repository")
	case last == "shared_config_files", last == "shared_credentials_files", last == "shared_credentials_file":
		return j.paths(a, "takes profiles, and the commands that they name, from a file that came with the repository")
	case (a.Name == "region" || a.Name == "sts_region") && a.Literal && !hostLabel.MatchString(a.Value):
		return a.Value, "is not a region, but would become a part of the address"
	}
	return "", ""
}

// isEndpoint tells the arguments that hold one address: endpoint, sts_endpoint,
// ec2_metadata_service_endpoint; use_fips_endpoint is a switch.
func isEndpoint(name string) bool {
	return strings.HasSuffix(name, "endpoint") && !strings.HasPrefix(name, "use_") && !strings.Contains(name, ".")
}

// address judges an argument that holds a URL.
func (j *judge) address(a Attribute, ours func(string) bool, what string) (string, string) {
	switch {
	case !a.Literal:
		return "", "is an expression, so stateroom cannot tell where it leads"
	case ours(a.Value):
		return "", ""
	}
	return NameOf(a.Value), what
}

// NameOf is the name by which an address is told and agreed to: without its password, and
// without a token in the user's place.
func NameOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" && len(u.User.Username()) < secret.LongName {
		return u.Redacted()
	}
	return secret.Address(address)
}

// paths judges an argument that holds a path or a list of them.
func (j *judge) paths(a Attribute, what string) (string, string) {
	list := a.List
	if a.Literal {
		list = []string{a.Value}
	}
	if list == nil {
		return "", "is an expression, so stateroom cannot tell where it leads"
	}
	for _, path := range list {
		if j.own.brought(j.dir, path) {
			return path, what
		}
	}
	return "", ""
}

// hostLabel is what a region has to be to stand in a host's name.
var hostLabel = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// Own is where this run goes by itself: what the user and the environment say,
// beside AWS's own hosts.
type Own struct {
	// Repository is the real path of the repository; what lies in it is the
	// repository's.
	Repository string
	// Endpoints, Proxies and Paths are the addresses and the files that the user
	// or the environment names.
	Endpoints, Proxies, Paths []string
	// Unproxied is what the environment leads round the proxy.
	Unproxied []string
}

// OwnWay reads the environment. endpoint is that of the command line.
func OwnWay(repository, endpoint string, environ []string) Own {
	own := Own{Repository: repository, Endpoints: []string{endpoint}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" {
			continue
		}
		switch upper := strings.ToUpper(name); {
		case strings.HasPrefix(name, "AWS_ENDPOINT_URL"), strings.HasPrefix(name, "AWS_") && strings.HasSuffix(name, "_ENDPOINT"):
			own.Endpoints = append(own.Endpoints, value)
		case upper == "HTTP_PROXY", upper == "HTTPS_PROXY":
			own.Proxies = append(own.Proxies, value)
		case upper == "NO_PROXY":
			own.Unproxied = append(own.Unproxied, value)
		case name == "AWS_CA_BUNDLE", name == "AWS_SHARED_CREDENTIALS_FILE", name == "AWS_CONFIG_FILE":
			own.Paths = append(own.Paths, value)
		}
	}
	return own
}

// AddProfile adds where a profile of the user's own configuration leads; get gives
// its settings.
func (o *Own) AddProfile(get func(setting string) string) {
	o.Endpoints = append(o.Endpoints, get("endpoint_url"))
	o.Paths = append(o.Paths, get("ca_bundle"))
}

// awsHost matches the hosts that only AWS gives out, of every partition: a service
// and its region, or a VPC's own way to one. Names below them are customers' to
// choose (buckets, APIs, machines).
var awsHost = regexp.MustCompile(`^([a-z0-9-]+(\.dualstack)?(\.` + regionName + `)?|([a-z]+\.)?vpce-[0-9a-z-]+\.[a-z0-9]+\.` + regionName + `\.vpce)\.` +
	`(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.(com\.cn|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)

const regionName = `[a-z]{2,}(-[a-z0-9]+)+-[0-9]+`

// metadata is where an EC2 machine learns its own credentials.
var metadata = []string{"http://169.254.169.254", "http://[fd00:ec2::254]"}

// OfAWS tells an address at which AWS itself answers, a VPC's own way to it too.
func OfAWS(address string) bool { return Own{}.isEndpoint(address) }

func (o Own) isEndpoint(value string) bool {
	if oneOf(append(o.Endpoints, metadata...), value) {
		return true
	}
	u, err := url.Parse(value)
	return err == nil && u.Scheme == "https" && awsHost.MatchString(strings.ToLower(u.Hostname()))
}

func (o Own) isProxy(value string) bool { return oneOf(o.Proxies, value) }

// roundProxy tells whether requests that the environment sends through a proxy
// would no longer be.
func (o Own) roundProxy(value string) bool {
	return len(o.Proxies) > 0 && !slices.Contains(o.Unproxied, value)
}

// oneOf tells whether an address is one of these, however it is spelt.
func oneOf(own []string, value string) bool {
	return slices.ContainsFunc(own, func(have string) bool { return have != "" && address(have) == address(value) })
}

// address is a URL in one spelling; localhost is this machine.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	u.Scheme, u.Host, u.Path = strings.ToLower(u.Scheme), strings.ToLower(u.Host), strings.TrimRight(u.Path, "/")
	if u.Hostname() == "localhost" {
		u.Host = strings.Replace(u.Host, "localhost", "127.0.0.1", 1)
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.String()
}

// brought tells whether a path, as Terraform takes it in dir, is the repository's:
// it lies there, or on another machine, and the user does not name it.
func (o Own) brought(dir, path string) bool {
	if path == "" {
		return false
	}
	if strings.HasPrefix(path, `\\`) || strings.HasPrefix(path, "//") {
		return true
	}
	if below, home := strings.CutPrefix(path, "~"); home && (below == "" || below[0] == '/') {
		dir, path = homeDir(dir), "."+below
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	target, err := files.Real(path)
	if err != nil {
		return true
	}
	for _, have := range o.Paths {
		if own, err := files.Real(have); have != "" && err == nil && own == target {
			return false
		}
	}
	return files.Within(o.Repository, target)
}

// homeDir is where Terraform takes ~ to be; without one it takes it as it stands.
func homeDir(otherwise string) string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	return otherwise
}
