package ui

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"stateroom/ui/wordstest"
)

// TestEveryStringOfTheProgramKeepsTheRulesOfWriting reads the sources, so that a sentence
// that no test brings about is held to the rules as well.
func TestEveryStringOfTheProgramKeepsTheRulesOfWriting(t *testing.T) {
	t.Parallel()
	read := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		// The sandbox answers in AWS's words.
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "sandbox" || d.Name() == "wordstest" || len(d.Name()) > 2 && d.Name()[0] == '.'):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		source, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if field, is := n.(*ast.Field); is {
				field.Tag = nil // names of JSON, which do not change
			}
			literal, is := n.(*ast.BasicLit)
			if !is || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Errorf("%s: %v", files.Position(literal.Pos()), err)
			}
			read++
			wordstest.Check(t, fmt.Sprint(files.Position(literal.Pos())), text)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 1000 {
		t.Errorf("only %d strings were read", read)
	}
}
