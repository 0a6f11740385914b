package tf

import (
	"slices"
	"strings"
)

// storeArguments are those with which an S3 backend names the store itself.
var storeArguments = []string{"endpoints", "endpoints.s3", "endpoint"}

// ofOtherStore are the arguments that stand in a backend for the sake of a store that
// is not AWS's: where it answers, how it is addressed and trusted, who one is there,
// and what of AWS's it does not have. None of them is true of AWS.
var ofOtherStore = slices.Concat(strings.Fields(`
	endpoints endpoint dynamodb_endpoint iam_endpoint sts_endpoint sts_region use_path_style force_path_style
	skip_credentials_validation skip_metadata_api_check skip_region_validation skip_requesting_account_id
	skip_s3_checksum insecure custom_ca_bundle profile shared_credentials_file shared_credentials_files
	shared_config_files allowed_account_ids forbidden_account_ids acl sse_customer_key assume_role_with_web_identity`),
	[]string{roleBlock}, staticKeys)

// NoteStores notes of every S3 backend, that of the files and that of init's notes,
// which store it names that is not where own goes.
func (p *Project) NoteStores(own Own) {
	p.own = &own
	for i := range p.Backends {
		p.Backends[i].Store = p.Backends[i].otherStore(own)
	}
	if have := p.State.Configured; have != nil {
		have.Store = have.otherStore(own)
	}
}

// otherStore is where an S3 backend's store answers, without a password, empty for
// own's. Of an expression nobody can tell that it is own's.
func (c BackendConfig) otherStore(own Own) string {
	if c.Type != "s3" {
		return ""
	}
	for _, name := range storeArguments {
		a := c.Attributes.Find(name)
		switch {
		case a == nil || a.Value == "" || a.Literal && own.isEndpoint(a.Value):
			continue
		case !a.Literal:
			return "an address that an expression decides"
		}
		return NameOf(a.Value)
	}
	return ""
}

// leave takes out of a block what is another store's and gives what is then still to
// be done: half of it left in, every later run would ask that store for AWS's bucket.
func (w Backend) leave(b *blockEditor) Backend {
	for _, name := range w.notOfAWS() {
		b.unset(name)
	}
	w.Drop = append(slices.Clone(w.Drop), roleBlock) // as a block, too
	return w
}

// notOfAWS are the arguments of another store that are not wanted as well.
func (w Backend) notOfAWS() []string {
	wanted := w.arguments()
	return slices.DeleteFunc(slices.Clone(ofOtherStore), func(name string) bool {
		return slices.ContainsFunc(wanted, func(a argument) bool { return a.name == name })
	})
}
