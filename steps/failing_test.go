package steps

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stopsNothing are the functions that make failing findings which stop no change, each
// with the reason. All others name what the finding stops, or that it blocks everything.
var stopsNothing = map[string]string{
	"failure":        "a proof's, after everything was made",
	"accepted":       "a proof's",
	"notHeld":        "of what was made already",
	"findSuperseded": "of what was made already",
	"Prove":          "a proof's",
	"proveState":     "a proof's",
	"plan":           "a proof's: Terraform's own plan",
	"planFailed":     "a proof's",
	"LeadsElsewhere": "the project's changes wait for the consent to the place (heldBack)",
	"cannotEdit":     "the profile is the user's own and is left; Terraform takes the role from provider.tf. A key that cannot be written blocks",
	"planLeaving":    "whom an identity provider keeps in one group is taken out of all others all the same",
	"findBesides":    "whom others let in, too, is taken out of the team's groups all the same",
	"because":        "what is common to others, which say it",
	"RefusedToken":   "the health check's, of a job that AWS refused: nothing is planned of it",
}

// TestEveryFailingFindingSaysWhatItStops reads the code of every flow: whoever makes a
// failing finding says what is not planned because of it. The health check's stop all that
// is run, unless they are excused (troubleshoot/stops.go), which package practice tests
// over every fault.
func TestEveryFailingFindingSaysWhatItStops(t *testing.T) {
	t.Parallel()
	unused := map[string]bool{}
	for name := range stopsNothing {
		unused[name] = true
	}
	for _, dir := range []string{".", "engine", "onboard"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatal(dir, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for name, silent := range failingIn(t, path) {
				if _, excused := stopsNothing[name]; excused {
					delete(unused, name)
				} else if silent {
					t.Errorf("%s: %s makes a failing finding and does not say what it stops", path, name)
				}
			}
		}
	}
	for name := range unused {
		t.Errorf("%s makes no failing finding that stops nothing any more", name)
	}
}

// failingIn are the functions of a file that make failing findings, and whether one says
// nothing of what it stops.
func failingIn(t *testing.T, path string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, d := range file.Decls {
		function, is := d.(*ast.FuncDecl)
		if !is {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			literal, is := n.(*ast.CompositeLit)
			if !is {
				return true
			}
			keys := map[string]string{}
			for _, e := range literal.Elts {
				if pair, is := e.(*ast.KeyValueExpr); is {
					if key, is := pair.Key.(*ast.Ident); is {
						keys[key.Name] = written(pair.Value)
					}
				}
			}
			if keys["Severity"] == "plan.Failure" {
				says := keys["Blocks"] == "true" || keys["Stops"] != ""
				found[function.Name.Name] = found[function.Name.Name] || !says
			}
			return true
		})
	}
	return found
}

// written is a selector or a name as it is written, and otherwise only not empty.
func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return strings.Join(slices.DeleteFunc([]string{written(e.X), e.Sel.Name}, func(s string) bool { return s == "" }), ".")
	}
	return "?"
}
