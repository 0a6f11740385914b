package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Gone are the principals of a statement that were deleted.
type Gone struct {
	// Statement is the statement's Sid, or its number in the document: "number 2".
	Statement string
	// IDs are the unique ids that AWS shows in the place of their ARNs.
	IDs []string
}

// Deleted lists, by statement, whom a resource's policy names that was deleted: AWS keeps
// the unique id of a user or role in a policy, and shows it once no ARN belongs to it. No
// policy is stored any more that names such an id, and nobody is ever given it again
// (IAM User Guide, "AWS JSON policy elements: Principal"; S3 User Guide, "Specifying a
// principal").
func Deleted(d Document) []Gone {
	var gone []Gone
	for i, s := range d.Statements {
		var ids []string
		for _, named := range []Principals{s.Principals, s.NotPrincipals} {
			ids = append(ids, slices.DeleteFunc(slices.Clone(named["AWS"]), func(v string) bool { return !IsDeleted(v) })...)
		}
		if len(ids) > 0 {
			gone = append(gone, Gone{Statement: d.nameOf(i), IDs: ids})
		}
	}
	return gone
}

// IsDeleted tells a principal that is the unique id of a user (AIDA…) or role (AROA…), with
// the name of a role's session perhaps. AWS shows ids of 16 to 128 characters of those
// alone that were deleted (IAM User Guide, "IAM identifiers").
func IsDeleted(principal string) bool {
	id, _, _ := strings.Cut(principal, ":")
	return len(id) >= 16 && (strings.HasPrefix(id, "AIDA") || strings.HasPrefix(id, "AROA")) &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// SparesDeleted lists the statements that allow everybody but somebody who was deleted,
// and so everybody. AWS stores them no more as they are, and whom they were to be for
// their text does not tell: a person has to.
func SparesDeleted(d Document) []Gone {
	var undecided []Gone
	for i, s := range d.Statements {
		if s.Effect == Allow && s.NotPrincipals != nil && len(s.NotPrincipals.living()) == 0 {
			undecided = append(undecided, Gone{Statement: d.nameOf(i), IDs: s.NotPrincipals["AWS"]})
		}
	}
	return undecided
}

// WithoutDeleted is the document without whom [Deleted] lists, which means the same. A
// statement that is about nobody else goes; one that denies everybody but them is about
// everybody. What [SparesDeleted] lists stays as it is: nobody is to be let in by a text
// that they were not named in.
func WithoutDeleted(d Document) Document {
	out := d
	out.Statements = nil
	for _, s := range d.Statements {
		one := Document{Statements: []Statement{s}}
		if len(Deleted(one)) == 0 || len(SparesDeleted(one)) > 0 {
			out.Statements = append(out.Statements, s)
			continue
		}
		about, spared := s.Principals.living(), s.NotPrincipals.living()
		switch {
		case s.NotPrincipals != nil && len(spared) == 0:
			s.Principals, s.NotPrincipals = Principals{"*": {"*"}}, nil
		case s.NotPrincipals != nil:
			s.NotPrincipals = spared
		case len(about) == 0:
			continue
		default:
			s.Principals = about
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}

// living are the principals without those that were deleted.
func (p Principals) living() Principals {
	left := maps.Clone(p)
	if named := slices.DeleteFunc(slices.Clone(p["AWS"]), IsDeleted); len(named) > 0 {
		left["AWS"] = named
	} else {
		delete(left, "AWS")
	}
	return left
}

// nameOf is what a statement is called: its Sid, or its number from 1 on.
func (d Document) nameOf(i int) string {
	if sid := d.Statements[i].Label(); sid != "" {
		return sid
	}
	return "number " + strconv.Itoa(i+1)
}

// Label is the Sid as one line: S3 and KMS take any text for one.
func (s Statement) Label() string { return lineEnds.Replace(s.Sid) }

// lineEnds writes out what would end a line.
var lineEnds = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)
