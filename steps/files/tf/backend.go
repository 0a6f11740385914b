package tf

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"stateroom/steps/files"
)

// Backend is what a project's backend "s3" block must say. Arguments are named
// as Terraform 1.11 names them; the block holds no credentials.
type Backend struct {
	Bucket, Key, Region string
	KMSKeyID            string // full ARN; empty leaves what is there
	Encrypt             bool   // without it Terraform ignores kms_key_id
	DynamoDBTable       string // empty: no table, an existing argument goes
	UseLockfile         bool   // false: an existing argument goes
	Profile             string // empty (profile_in_files = false): an existing one is kept and told
	// Endpoint is a custom endpoint URL; empty leaves what is there. The skip_*
	// arguments are not needed when STS answers there (measured with Terraform 1.11.4).
	Endpoint        string
	PathStyle       bool   // buckets are addressed by path there; false leaves what is there
	NewRegion       bool   // engines that do not know Region yet are to take it; false leaves what is there
	RequiredVersion string // such as ">= 1.11.0"; empty leaves what is there

	// WorkspacePrefix is the workspace_key_prefix, below which the states of other
	// workspaces lie: empty for Terraform's own. Another one that is there goes.
	WorkspacePrefix string

	// Account, when set, is the only one that an existing allowed_account_ids
	// may list; a forbidden_account_ids then goes.
	Account string
	// LeavesStore takes out, where the state comes from another store than AWS's, what
	// stands in the block for that store's sake ([Project.NoteStores]).
	LeavesStore bool
	// Literal replaces expressions, too: Terraform takes none in a backend, and
	// without it they are left as they are and told.
	Literal bool
	// Drop are further arguments and nested blocks that go, such as those that
	// no S3 backend has.
	Drop []string
}

// removedIn110 lists the arguments that Terraform 1.10 and later refuse in the
// S3 backend (measured with 1.11.4: "An argument named … is not expected").
var removedIn110 = []string{
	"role_arn", "session_name", "external_id", "assume_role_duration_seconds", "assume_role_policy",
	"assume_role_policy_arns", "assume_role_tags", "assume_role_transitive_tag_keys",
}

// besideEndpoints lists the older forms that Terraform refuses beside, or warns
// about in favour of, endpoints and use_path_style.
var besideEndpoints = []string{"endpoint", "dynamodb_endpoint", "iam_endpoint", "sts_endpoint", "force_path_style"}

// staticKeys would win over the profile, and Terraform copies them in plain
// text into .terraform/terraform.tfstate.
var staticKeys = []string{"access_key", "secret_key", "token"}

// The argument that says below what the states of other workspaces lie, and what
// Terraform takes without it.
const (
	workspaceKeyPrefix = "workspace_key_prefix"
	standardPrefix     = "env:"
)

// KeepsWorkspaces tells whether a workspace_key_prefix, empty for none, leads to
// the same states as the wanted one.
func (w Backend) KeepsWorkspaces(prefix string) bool {
	return cmp.Or(prefix, standardPrefix) == cmp.Or(w.WorkspacePrefix, standardPrefix)
}

// roleBlock is a block in the provider and an attribute in the backend.
const roleBlock = "assume_role"

// EditBackend gives the edits after which the project's backend is want: in
// place where the block is, else in backend.tf. required_version is raised
// where it stands when it demands less. A backend of another type is turned
// into this one; its arguments are listed as removed (moving the state is the
// caller's business). It returns an [*Error] for a cloud block, a second
// backend, a block in a JSON file, or a required_version that excludes what is
// wanted. An edit without a change carries only notes.
func EditBackend(p *Project, want Backend) ([]files.Edit, error) {
	block, err := p.Backend()
	if err != nil {
		return nil, err
	}
	if block != nil {
		if err := want.heldBy(block); err != nil {
			return nil, err
		}
	}
	open := &hclFiles{project: p}
	addVersion, err := open.raise(want)
	if err != nil {
		return nil, err
	}
	if block != nil && block.block == nil && lastFile(block.configs) < 0 {
		if block.Type == "s3" && addVersion == "" && block.Attributes.says(want.arguments()) {
			return open.edits()
		}
		terraform := map[string]any{"backend": map[string]any{"s3": jsonOf(want.arguments())}}
		if addVersion != "" {
			terraform["required_version"] = addVersion
		}
		return nil, inJSON(block.Place, "the backend",
			"put the lines there, or move the backend block to backend.tf; where a program writes that file, let it write the blueprint's backend", map[string]any{"terraform": terraform})
	}
	if block == nil {
		f := open.file(filepath.Join(p.Dir, backendFile))
		f.append(want.render(addVersion), want.fields(addVersion))
		return open.edits()
	}
	if addVersion != "" && block.terraform == nil {
		return nil, inJSON(block.Place, "the backend", "add required_version = "+quoteHCL(addVersion)+" to a terraform block",
			map[string]any{"terraform": map[string]any{"required_version": addVersion}})
	}
	f := open.file(block.Path)
	if addVersion != "" {
		terraform := f.open(block.terraform, "")
		terraform.set(stringArgument("required_version", addVersion))
		terraform.finish()
	}
	if lastFile(block.configs) >= 0 {
		if err := want.editCompleted(open, block); err != nil {
			return nil, err
		}
		return open.edits()
	}
	b := f.open(block.block, "backend.")
	if block.Store != "" && want.LeavesStore {
		want = want.leave(b)
	}
	if block.Type != "s3" {
		b.retype(block.Type)
	}
	if err := want.apply(b, block.above()); err != nil {
		return nil, err
	}
	b.finish()
	return open.edits()
}

// retype turns a block of another type into an empty S3 backend. Comments stay.
func (b *blockEditor) retype(was string) {
	label := b.block.LabelRanges[0]
	b.splices.Add(label.Start.Byte, label.End.Byte, quoteHCL("s3"))
	b.fields = append(b.fields, files.NewField("backend.type", was, "s3", false))
	for _, item := range ordered(b.block.Body) {
		if item.block != nil {
			b.removeBlock(item.block)
		} else {
			b.unset(item.attr.Name)
		}
	}
}

// apply brings an existing block to what is wanted, but for what every init is given
// above it.
func (w Backend) apply(b *blockEditor, above Attributes) error {
	if attr, ok := b.given("sse_customer_key"); ok && w.KMSKeyID != "" && !b.gone["sse_customer_key"] {
		return sseCustomerKey(files.Place{Path: b.file.Path, Line: attr.SrcRange.Start.Line})
	}
	b.literal = w.Literal
	for _, a := range w.arguments() {
		if above.Find(a.name) == nil {
			b.set(a)
		}
	}
	w.endpoints(b)
	w.accounts(b)
	w.nested(b)
	w.drop(b)
	return nil
}

func sseCustomerKey(at files.Place) error {
	return &files.Error{
		Action: "edit", Path: at.Path, Line: at.Line,
		Problem: "the backend uses sse_customer_key, which Terraform does not allow together with kms_key_id",
		Remedy:  "re-encrypt the state and remove sse_customer_key first",
	}
}

// accounts brings the account that the backend allows to what is wanted.
func (w Backend) accounts(b *blockEditor) {
	attr, ok := b.given("allowed_account_ids")
	if w.Account == "" || !ok {
		return
	}
	if have, known := texts(attr.Expr); known && slices.Contains(have, w.Account) {
		return
	}
	r := attr.Expr.Range()
	text := "[" + quoteHCL(w.Account) + "]"
	b.splices.Add(r.Start.Byte, r.End.Byte, text)
	b.fields = append(b.fields, files.NewField(b.prefix+"allowed_account_ids", b.text(r), text, false))
}

// nested turns the block assume_role, which Terraform refuses in a backend,
// into the attribute of that name.
func (w Backend) nested(b *blockEditor) {
	if b.block.Labels[0] != "s3" {
		return // retype has emptied it
	}
	for _, block := range b.block.Body.Blocks {
		switch {
		case slices.Contains(w.Drop, block.Type):
			b.removeBlock(block)
		case block.Type == roleBlock && len(block.Labels) == 0:
			at := block.TypeRange.End.Byte
			b.splices.Add(at, at, " =")
			b.fields = append(b.fields, files.NewField(b.prefix+block.Type, "(block)", "(attribute)", false))
		}
	}
}

// drop removes what contradicts and tells what is kept.
func (w Backend) drop(b *blockEditor) {
	prefix := ""
	if a, ok := b.given(workspaceKeyPrefix); ok {
		prefix = attribute(workspaceKeyPrefix, a.Expr, b.file.Bytes).Value
	}
	for _, name := range w.unwanted(prefix) {
		if !b.gone[name] {
			b.unset(name)
		}
	}
	w.tellWhatStays(b)
}

// unwanted are the arguments that contradict what is wanted; prefix is the
// workspace_key_prefix that is there.
func (w Backend) unwanted(prefix string) []string {
	drop := slices.Concat(removedIn110, w.Drop)
	if w.Account != "" {
		drop = append(drop, "forbidden_account_ids")
	}
	if w.DynamoDBTable == "" {
		drop = append(drop, "dynamodb_table")
	}
	if !w.UseLockfile {
		drop = append(drop, "use_lockfile")
	}
	if prefix != "" && !w.KeepsWorkspaces(prefix) {
		drop = append(drop, workspaceKeyPrefix)
	}
	if w.Profile != "" {
		drop = append(drop, staticKeys...)
	}
	if w.Endpoint != "" {
		drop = append(drop, besideEndpoints...)
	}
	return drop
}

// tellWhatStays tells of what is kept and may surprise.
func (w Backend) tellWhatStays(b *blockEditor) {
	b.tellKept("profile", w.Profile == "", "the profile is kept, although the blueprint leaves profiles out of the files")
	for _, name := range staticKeys {
		b.tellKept(name, w.Profile == "", "a credential is in the file in plain text and is kept, since no profile takes its place; remove it as soon as another one does")
	}
	b.tellKept("assume_role", true, "the backend assumes a role before it reaches the state; that is kept")
	for _, name := range append([]string{"endpoints"}, besideEndpoints...) {
		b.tellKept(name, w.Endpoint == "", "a custom endpoint setting is kept")
	}
}

// tellKept adds a note about an argument that stays.
func (b *blockEditor) tellKept(name string, when bool, what string) {
	attr, ok := b.given(name)
	if ok && when && !b.gone[name] {
		b.note(attr.SrcRange.Start.Line, "%s (%s).", what, name)
	}
}

// arguments gives the block's content in the order of the article, without the
// endpoints and without what is empty.
func (w Backend) arguments() []argument {
	var out []argument
	text := func(name, value string) {
		if value != "" {
			out = append(out, stringArgument(name, value))
		}
	}
	flag := func(name string, on bool) {
		if on {
			out = append(out, argument{name, "true", "true"})
		}
	}
	text("bucket", w.Bucket)
	text("key", w.Key)
	text("region", w.Region)
	flag(skipRegionValidation, w.NewRegion)
	flag("encrypt", w.Encrypt)
	text("kms_key_id", w.KMSKeyID)
	text("dynamodb_table", w.DynamoDBTable)
	flag("use_lockfile", w.UseLockfile)
	text("profile", w.Profile)
	flag("use_path_style", w.PathStyle)
	return out
}

// render gives a new file.
func (w Backend) render(version string) string {
	var b strings.Builder
	b.WriteString("terraform {\n")
	if version != "" {
		fmt.Fprintf(&b, "required_version = %s\n\n", quoteHCL(version))
	}
	b.WriteString("backend \"s3\" {\n")
	b.WriteString(linesOf(w.arguments()))
	if w.Endpoint != "" {
		b.WriteString("\nendpoints = " + w.endpointMap(nil) + "\n")
	}
	b.WriteString("}\n}\n")
	return string(hclwrite.Format([]byte(b.String())))
}

// fields describes a new block.
func (w Backend) fields(version string) []files.Field {
	var out []files.Field
	if version != "" {
		out = append(out, files.NewField("required_version", "", version, false))
	}
	out = append(out, files.NewField("backend.type", "", "s3", false))
	out = append(out, fieldsOf("backend.", w.arguments())...)
	if w.Endpoint != "" {
		out = append(out, w.endpointFields()...)
	}
	return out
}
