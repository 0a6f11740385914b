package policy

import (
	"net/netip"
	"slices"
	"strings"
)

// narrowing are the condition keys, in small letters, by which S3 takes a statement for
// everybody as one for somebody, if they are compared with fixed values (S3 User Guide,
// "The meaning of public").
var narrowing = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn",
	"aws:sourceip", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}

// Public are the statements that make a bucket's policy public as S3 judges it: with
// BlockPublicPolicy it refuses such a policy, and with RestrictPublicBuckets it lets
// nobody in by one but the owner's account and services.
func Public(d Document) []Statement {
	return slices.DeleteFunc(slices.Clone(d.Statements), func(s Statement) bool {
		everybody := slices.Contains(s.Principals["*"], "*") || slices.Contains(s.Principals["AWS"], "*") || len(s.NotPrincipals) > 0
		return s.Effect != Allow || !everybody || s.Conditions.narrow()
	})
}

// narrow tells whether a condition fixes who or from where.
func (c Conditions) narrow() bool {
	for operator, keys := range c {
		switch set, bare, ifExists := splitOperator(operator); {
		case ifExists || set == "ForAllValues": // both hold where the key is missing
			continue
		case !slices.Contains([]string{"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}, strings.ToLower(bare)):
			continue
		}
		for key, values := range keys {
			if slices.Contains(narrowing, strings.ToLower(key)) && len(values) > 0 && !slices.ContainsFunc(values, anything) {
				return true
			}
		}
	}
	return false
}

// The widest ranges of addresses that are not taken for everybody's.
const widestIPv4, widestIPv6 = 8, 32

// anything tells a value that is not fixed. An ARN is once its account is.
func anything(value string) bool {
	if parts := strings.SplitN(value, ":", 6); len(parts) == 6 && parts[4] != "" {
		value = parts[4]
	}
	if strings.ContainsAny(value, "*?") || strings.Contains(value, "${") {
		return true
	}
	block, err := netip.ParsePrefix(value)
	return err == nil && (block.Addr().Is4() && block.Bits() < widestIPv4 || block.Addr().Is6() && block.Bits() < widestIPv6)
}

// Everybody is what [Others] calls those whom a statement does not name.
const Everybody = "everybody"

// Others names whom a bucket's policy allows something, each once and sorted: principals
// of any account, services, and everybody. The owner's account as a whole is not among
// them: what it may do is said by its own policies. Nor is who was deleted.
func Others(d Document, account string) []string {
	var names []string
	for _, s := range d.Statements {
		if s.Effect != Allow {
			continue
		}
		if len(s.NotPrincipals) > 0 {
			names = append(names, Everybody)
		}
		for _, values := range s.Principals {
			for _, value := range values {
				switch {
				case value == "*":
					names = append(names, Everybody)
				case accountOf(value) != account && !IsDeleted(value):
					names = append(names, value)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
