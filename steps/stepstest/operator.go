package stepstest

import "stateroom/awsops/policy"

// access is that of the blueprint that most tests set up.
var access = policy.OperatorAccess{
	Partition: "aws", Account: "111111111111", Region: "eu-west-1", Bucket: "acme-terraform-state",
	Alias: "alias/terraform", Table: "terraform_locks",
	Reach: []string{"OrganizationAccountAccessRole"},
}

// OperatorPolicy is what stateroom policy operator prints for account 111111111111,
// region eu-west-1 and bucket acme-terraform-state: main's test compares the two, so that
// what is tested is what people copy.
func OperatorPolicy() policy.Document { return policy.Operator(access) }

// PeoplePolicy is what stateroom policy people prints for them.
func PeoplePolicy() policy.Document { return policy.People(access) }

// IdentityPolicy is what stateroom policy identity prints for them.
func IdentityPolicy() policy.Document { return policy.Identity(access) }

// MachinesPolicy is what stateroom policy machines prints for them.
func MachinesPolicy() policy.Document { return policy.Machines(access) }
