// Package awsops speaks to AWS: one file per service with its typed reads and
// the constructors of its mutating calls, sessions with AssumeRole and caches,
// one executor with a guard that refuses every mutating call outside a plan,
// errors that name call, resource, identity and remedy, and bounded waits.
//
// It decides nothing: which calls to make, in what order and with what
// confirmation belongs to the steps. Policy documents are built in
// awsops/policy, the AWS inside the process lives in awsops/sandbox.
package awsops

import (
	"encoding/base64"
	"path"
	"reflect"
	"strings"
	"time"
)

// Call is one AWS API call as data: what a plan shows and what the executor
// sends.
type Call struct {
	// Service is the lower-case SigV4 signing name: iam, s3, dynamodb, kms,
	// organizations, sts.
	Service string
	// Operation is the API's name, for example CreateUser.
	Operation string
	// Input points to the SDK's typed input struct.
	Input any
}

// call is the call whose input this is: the SDK names the package of an input
// after the service, and its type after the operation.
func call(input any) Call {
	t := reflect.TypeOf(input).Elem()
	return Call{Service: serviceName(path.Base(t.PkgPath())), Operation: strings.TrimSuffix(t.Name(), "Input"), Input: input}
}

// InputMap is the input in the API's own member names with empty members
// dropped: the shape of --json, of the AWS CLI's --cli-input-json and of
// comparisons. References are still in it; [ShowRefs] shows them.
func (c Call) InputMap() map[string]any {
	v := reflect.ValueOf(c.Input)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return map[string]any{}
	}
	return structMap(v.Elem())
}

func structMap(v reflect.Value) map[string]any {
	members := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		members[field.Name] = jsonValue(v.Field(i))
	}
	return members
}

// jsonValue turns a non-empty SDK value into what encoding/json would write
// for the API: nested members, base64 for bytes, RFC 3339 for times.
func jsonValue(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339)
	case []byte:
		return base64.StdEncoding.EncodeToString(x)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return jsonValue(v.Elem())
	case reflect.Struct:
		return structMap(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = jsonValue(v.Index(i))
		}
		return list
	case reflect.Map:
		members := map[string]any{}
		for _, k := range v.MapKeys() {
			members[k.String()] = jsonValue(v.MapIndex(k))
		}
		return members
	case reflect.String:
		return v.String() // enumerations become plain strings
	case reflect.Int32, reflect.Int64, reflect.Int:
		return v.Int()
	default:
		return v.Interface()
	}
}

// lookupPath reads a dotted path from an SDK answer, times in RFC 3339; absent
// members read as "".
func lookupPath(answer any, path string) string {
	v := reflect.ValueOf(answer)
	for _, name := range strings.Split(path, ".") {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return ""
		}
		v = v.FieldByName(name)
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.String {
		return v.String()
	}
	if v.IsValid() && v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			return x.UTC().Format(time.RFC3339)
		case []byte:
			return string(x)
		}
	}
	return ""
}

// targets are the members that name what a call acts on, the most telling
// first.
var targets = []string{
	"Bucket", "RoleName", "UserName", "GroupName", "PolicyArn", "AliasName", "TableName",
	"ResourceArn", "KeyId", "AccountName", "PolicyName", "SerialNumber",
}

// Resource names what the call acts on, for messages; it may be empty.
func (c Call) Resource() string {
	for _, member := range targets {
		if name := lookupPath(c.Input, member); name != "" {
			return name
		}
	}
	return ""
}

// Mutating says whether the call changes anything in AWS. Operations that are
// not known as reads count as mutating.
func (c Call) Mutating() bool { return !isRead(c.Operation) }
