package awsops

import (
	"maps"
	"slices"
	"strings"
)

// Right is what a call needs: an IAM action on a resource, and the condition keys that
// the call itself brings.
type Right struct {
	Action, Resource string
	Context          map[string][]string
	// Absent are condition keys that the request is known not to have.
	Absent []string
	// Makes says that the call makes the resource, and Made that an earlier one of the
	// plan does.
	Makes, Made bool
	// Tagged says that the context has all the tags of the resource.
	Tagged bool
}

// Lacks tells whether a condition key is known not to be in the request: it has no tags
// but those that the call gives, nor any of a resource whose tags are known.
func (r Right) Lacks(key string) bool {
	key = strings.ToLower(key)
	if slices.ContainsFunc(r.Absent, func(absent string) bool { return strings.EqualFold(absent, key) }) {
		return true
	}
	_, tag, is := strings.Cut(key, "tag/")
	return is && tag != "" && (strings.HasPrefix(key, "aws:requesttag/") || r.Tagged && !r.Makes && (strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "iam:resourcetag/")))
}

// Place is where calls are made.
type Place struct {
	Partition, Account, Region string
	// Named is the ARN of a user, group or role, of which calls give the name alone; empty
	// where that is not known.
	Named func(kind, name string) string
}

func (p Place) iam(rest string) string {
	return "arn:" + p.Partition + ":iam::" + p.Account + ":" + rest
}

func (p Place) regional(service, rest string) string {
	return "arn:" + p.Partition + ":" + service + ":" + p.Region + ":" + p.Account + ":" + rest
}

// anyKey stands for a key that is not there yet: no policy names it.
const anyKey = "key/00000000-0000-0000-0000-000000000000"

// Rights are what a call needs (Service Authorization Reference). There are none for an
// operation of which that is not known here, and for what belongs to an account that is
// not there yet.
func (c Call) Rights(at Place) []Right {
	known := operations[c.name()]
	if known.on == nil || len(FindRefs(at.Account)) > 0 {
		return nil
	}
	action := strings.Replace(c.name(), "/", ":", 1)
	if other := otherActions[action]; other != "" {
		action = other
	}
	tags := c.tags()
	context := c.conditions(tags)
	if c.Service != "iam" && c.Service != "organizations" { // which are asked in a region of their own
		context["aws:RequestedRegion"] = []string{at.Region}
	}
	resources := known.on(c, at)
	var rights []Right
	_, made := c.Makes(at)
	for _, resource := range resources {
		rights = append(rights, Right{
			Action: action, Resource: resource, Context: context, Absent: c.absent(context),
			Makes: made != nil, Made: strings.HasSuffix(resource, anyKey),
		})
	}
	if kind, creates := strings.CutPrefix(c.Operation, "Create"); creates && len(tags) > 0 {
		tagging, on := c.Service+":TagResource", resources[0]
		switch {
		case c.Service == "iam":
			tagging = "iam:Tag" + kind
		case c.Operation == "CreateKey":
			on = at.regional("kms", anyKey)
		}
		rights = append(rights, Right{Action: tagging, Resource: on, Context: context, Makes: true, Made: true})
	}
	if c.Operation == "CreateBucket" && lookupPath(c.Input, "ObjectOwnership") != "" {
		rights = append(rights, Right{Action: "s3:PutBucketOwnershipControls", Resource: resources[0], Context: context, Makes: true})
	}
	return rights
}

// Makes is the ARN of what the call makes with its tags, none of which is nil; empty for
// every other call.
func (c Call) Makes(at Place) (arn string, tags map[string]string) {
	if !strings.HasPrefix(c.Operation, "Create") || slices.Contains(unmade, c.Operation) || operations[c.name()].on == nil {
		return "", nil
	}
	if c.Operation == "CreateKey" {
		return at.regional("kms", anyKey), c.tags()
	}
	return operations[c.name()].on(c, at)[0], c.tags()
}

// unmade are the creations of what belongs to something else, and of accounts.
var unmade = []string{"CreateAccessKey", "CreateAccount", "CreateAlias", "CreatePolicyVersion"}

// conditions are the condition keys that a call brings by its input.
func (c Call) conditions(tags map[string]string) map[string][]string {
	context := map[string][]string{"aws:SecureTransport": {"true"}}
	for key, value := range tags {
		context["aws:RequestTag/"+key] = []string{value}
	}
	if len(tags) > 0 {
		context["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
	}
	for member, key := range map[string]string{"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"} {
		if arn := lookupPath(c.Input, member); arn != "" && len(FindRefs(arn)) == 0 && c.Service == "iam" {
			context[key] = []string{arn}
		}
	}
	return context
}

// absent are keys that the creation of a user or a role has only where it names a
// boundary ("Permissions boundaries for IAM entities", IAM User Guide).
func (c Call) absent(context map[string][]string) []string {
	if (c.Operation == "CreateUser" || c.Operation == "CreateRole") && context[boundaryKey] == nil {
		return []string{boundaryKey}
	}
	return nil
}

const boundaryKey = "iam:PermissionsBoundary"

// tags are those that a call gives.
func (c Call) tags() map[string]string {
	input := c.InputMap()
	if bucket, is := input["CreateBucketConfiguration"].(map[string]any); is {
		input = bucket
	}
	list, _ := input["Tags"].([]any)
	tags := map[string]string{}
	for _, one := range list {
		members, _ := one.(map[string]any)
		key, _ := members["Key"].(string)
		value, _ := members["Value"].(string)
		if key == "" { // KMS has names of its own
			key, _ = members["TagKey"].(string)
			value, _ = members["TagValue"].(string)
		}
		tags[key] = value
	}
	return tags
}

// What an operation's action is authorized on.

func onEverything(Call, Place) []string { return []string{"*"} }

func onUser(c Call, at Place) []string {
	return []string{at.Named("user", lookupPath(c.Input, "UserName"))}
}

func onDevice(c Call, at Place) []string {
	if serial := lookupPath(c.Input, "SerialNumber"); serial != "" {
		return []string{serial}
	}
	return []string{at.iam("mfa/" + lookupPath(c.Input, "VirtualMFADeviceName"))}
}

func onGroup(c Call, at Place) []string {
	return []string{at.Named("group", lookupPath(c.Input, "GroupName"))}
}

func onRole(c Call, at Place) []string {
	return []string{at.Named("role", lookupPath(c.Input, "RoleName"))}
}

func onPolicy(c Call, at Place) []string {
	if name := lookupPath(c.Input, "PolicyName"); name != "" {
		path := lookupPath(c.Input, "Path")
		if path == "" {
			path = "/"
		}
		return []string{at.iam("policy" + path + name)}
	}
	return []string{lookupPath(c.Input, "PolicyArn")}
}

func onProvider(c Call, at Place) []string {
	if arn := lookupPath(c.Input, "OpenIDConnectProviderArn"); arn != "" {
		return []string{arn}
	}
	return []string{at.iam("oidc-provider/" + strings.TrimPrefix(lookupPath(c.Input, "Url"), "https://"))}
}

func onKey(c Call, at Place) []string {
	key := lookupPath(c.Input, "KeyId")
	if key == "" {
		key = lookupPath(c.Input, "TargetKeyId")
	}
	switch {
	case len(FindRefs(key)) > 0:
		key = at.regional("kms", anyKey)
	case !strings.HasPrefix(key, "arn:"):
		key = at.regional("kms", "key/"+key)
	}
	return []string{key}
}

func onAlias(c Call, at Place) []string {
	return append(onKey(c, at), at.regional("kms", lookupPath(c.Input, "AliasName")))
}

func onBucket(c Call, at Place) []string {
	return []string{"arn:" + at.Partition + ":s3:::" + lookupPath(c.Input, "Bucket")}
}

// Identity Center's resources ("Actions, resources, and condition keys for AWS IAM Identity
// Center", Service Authorization Reference).

func onInstance(c Call, _ Place) []string { return []string{lookupPath(c.Input, "InstanceArn")} }

func onSet(c Call, at Place) []string {
	set := lookupPath(c.Input, "PermissionSetArn")
	if set == "" {
		set = lookupPath(c.Input, "ResourceArn")
	}
	if len(FindRefs(set)) > 0 { // made by the same plan
		set = strings.Replace(lookupPath(c.Input, "InstanceArn"), ":instance/", ":permissionSet/", 1) + "/ps-0000000000000000"
	}
	return append(onInstance(c, at), set)
}

func onAssignment(c Call, at Place) []string {
	return append(onSet(c, at), "arn:"+at.Partition+":sso:::account/"+lookupPath(c.Input, "TargetId"))
}

func onStore(c Call, at Place) []string {
	return []string{"arn:" + at.Partition + ":identitystore::" + at.Account + ":identitystore/" + lookupPath(c.Input, "IdentityStoreId")}
}

func onTable(c Call, at Place) []string {
	if arn := lookupPath(c.Input, "ResourceArn"); arn != "" && len(FindRefs(arn)) == 0 {
		return []string{arn}
	}
	return []string{at.regional("dynamodb", "table/"+lookupPath(c.Input, "TableName"))}
}
