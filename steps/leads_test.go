package steps

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stateroom/steps/diagnosis"
)

// findingID is how the ids of findings look that are no cause of an error.
var findingID = regexp.MustCompile(`^[a-z]+\.[a-z-]*[a-z]$`)

// makers are the functions that make a finding of the id they are given.
var makers = []string{"untried", "SparesDeleted", "undecided", "finding", "keep", "Keep", "Drop", "refuse", "refuseAll", "notSeen", "unproven", "failure", "ownFault", "tell", "wrongKey", "refuseCenter"}

// TestEveryFindingLeadsWithOneSentence reads the code of all flows: every id that a finding
// is given has its sentence, which begins with a capital, ends with a full stop, is one
// sentence and holds no name of anything; and no sentence is left over.
func TestEveryFindingLeadsWithOneSentence(t *testing.T) {
	t.Parallel()
	given := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "test/") {
			idsIn(t, path, given)
		}
		return err
	})
	if err != nil || len(given) < 150 {
		t.Fatal(len(given), err)
	}
	for id, path := range given {
		lead := diagnosis.Lead(id)
		switch {
		case lead == "":
			t.Errorf("%s: the finding %s does not lead with what is wrong", path, id)
		case !regexp.MustCompile(`^[A-Z][^.:\n%]+\.$`).MatchString(lead) || len(lead) > 120:
			t.Errorf("%s leads with %q", id, lead)
		}
	}
	for _, id := range diagnosis.Leading() {
		if given[id] == "" {
			t.Errorf("no finding is called %s, which has a sentence", id)
		}
	}
}

// memberOf is the name of a member of a literal.
func memberOf(e ast.Expr) string {
	if pair, is := e.(*ast.KeyValueExpr); is {
		return written(pair.Key)
	}
	return ""
}

// idsIn adds the ids that a file gives to findings and refusals.
func idsIn(t *testing.T, path string, given map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr, before string) {
		if text, is := e.(*ast.BasicLit); is && text.Kind == token.STRING {
			if id, err := strconv.Unquote(text.Value); err == nil && findingID.MatchString(before+id) && !strings.Contains(id, ".tf") {
				given[before+id] = path
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			told := slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { return memberOf(e) == "Severity" })
			for _, e := range n.Elts {
				if key := memberOf(e); key == "ID" && told || key == "Finding" {
					add(e.(*ast.KeyValueExpr).Value, "")
				}
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) && slices.Contains([]string{"f.ID", "finding.ID", "c.Finding", "id", "finding"}, written(left)) {
					add(n.Rhs[i], "")
				}
			}
		case *ast.ValueSpec: // a change's begins with its kind
			for i, value := range n.Values {
				if !strings.HasPrefix(n.Names[i].Name, "change") {
					add(value, "")
				}
			}
		case *ast.CallExpr:
			name := written(n.Fun)
			if name = name[strings.LastIndex(name, ".")+1:]; slices.Contains(makers, name) {
				for _, argument := range n.Args {
					if name == "keep" {
						add(argument, "iam.role-")
						break
					}
					add(argument, "")
				}
			}
		}
		return true
	})
}
