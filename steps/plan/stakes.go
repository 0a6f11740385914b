package plan

import "slices"

// Actor is who makes the changes of a run, and in which account that is. Name is the
// account's, empty where nobody may list the organization's.
type Actor struct{ Account, Name, Identity string }

// final are the calls whose effect nobody can bring back, AWS Support included: a
// deleted key's secret is gone, a user of the same name is another one, an account can
// only be closed (IAM and Organizations API references), and an item that is deleted
// from the lock table was somebody's lock.
var final = map[string][]string{
	"iam": {
		"DeleteAccessKey", "DeleteUser", "DeleteVirtualMFADevice", "DeleteSSHPublicKey", "DeleteSigningCertificate",
		"DeleteServiceSpecificCredential",
	},
	"organizations": {"CreateAccount"},
	"dynamodb":      {"DeleteItem"},
}

// Final tells whether what the change does cannot be undone.
func (c Change) Final() bool {
	if c.ConfirmByName {
		return true
	}
	for service, operations := range final {
		if c.Sends(service, operations...) {
			return true
		}
	}
	return false
}

// Cents are about how many US cents a month the changes cost, at a team's use.
func Cents(changes []Change) int {
	cents := 0
	for i := range changes {
		cents += changes[i].Cents
	}
	return cents
}

// Places are the environments that changes touch, each once, in their order.
func Places(changes []Change) []string {
	var names []string
	for i := range changes {
		if e := changes[i].Environment; e != "" && !slices.Contains(names, e) {
			names = append(names, e)
		}
	}
	return names
}
