// Enginetexts prints the error texts of an engine's sources that
// steps/diagnosis/testdata/engine-texts.json does not have:
//
//	go run ./.ci/enginetexts DIR…
//
// A DIR is a copy of Terraform's, OpenTofu's or aws-sdk-go-base's module, as go mod
// download leaves it. Whoever adds a release runs it, and gives each text that it prints
// the id that it leads to, or the reason why it leads to none.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// places are the files that speak of backends, states and locks, below a module's root.
var places = regexp.MustCompile(`^(?:internal/(?:command/(?:init\w*|meta|meta_backend\w*|meta_config|unlock|workspace_\w+|state_\w+)|command/(?:clistate|workdir)/\w+|command/views/(?:init|state_locker)|configs/(?:backend|cloud|module|parser_config|state_store)|states/(?:statemgr|remote|statefile)/\w+|backend/\w+|backend/(?:init|backendbase|local|remote-state/s3)/\w+|encryption/\w+|config/\w+)|aws_config|awsauth|credentials|errors|session|validation)\.go$`)

// aside are files whose texts nobody is shown.
var aside = regexp.MustCompile(`_test\.go$|testing|statemgr_fake|backend/local/test\.go|logger\.go|user_agent`)

// verb is where a format has a value, and so is an edge of what stands between two.
var verb = regexp.MustCompile(`%[-+#]?(?:\[\d+\])?[0-9.]*[a-zA-Z]|\[(?:reset|bold|red|yellow)\]|\s+`)

func main() {
	log.SetFlags(0)
	data, err := os.ReadFile("steps/diagnosis/testdata/engine-texts.json")
	var known []struct{ Text string }
	if err == nil {
		err = json.Unmarshal(data, &known)
	}
	if err != nil {
		log.Fatal(err)
	}
	found := map[string]bool{}
	for _, root := range os.Args[1:] {
		for at, text := range texts(root) {
			if !slices.ContainsFunc(known, func(k struct{ Text string }) bool { return has(k.Text, text) }) {
				found[text+"\n\t"+at] = true
			}
		}
	}
	for text := range found {
		fmt.Println(text)
	}
	if len(found) > 0 {
		log.Fatalf("%d texts are in no table", len(found))
	}
}

// has tells whether a text is a format with values in the place of its verbs.
func has(text, format string) bool {
	for _, word := range verb.Split(format, -1) {
		at := strings.Index(text, word)
		if at < 0 {
			return false
		}
		text = text[at+len(word):]
	}
	return true
}

// texts are the formats of a module's errors, each with its place.
func texts(root string) map[string]string {
	list, files := map[string]string{}, token.NewFileSet()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if err != nil || d.IsDir() || !places.MatchString(filepath.ToSlash(name)) || aside.MatchString(name) {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			log.Fatal(err)
		}
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, parsed := range packages {
		each := func(visit func(ast.Node)) {
			for _, file := range parsed {
				ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
			}
		}
		named := map[string]string{}
		each(func(n ast.Node) {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
				for i, name := range v.Names {
					named[name.Name] = text(v.Values[i], nil)
				}
			}
		})
		each(func(n ast.Node) {
			if said := told(n, named); strings.Contains(said, " ") {
				list[files.Position(n.Pos()).String()] = said
			}
		})
	}
	return list
}

// told is the error text that an expression makes; empty for one that makes none.
func told(n ast.Node, named map[string]string) string {
	switch x := n.(type) {
	case *ast.CompositeLit:
		parts, warns := map[string]string{}, false
		for _, e := range x.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				parts[name(pair.Key)] = text(pair.Value, named)
				warns = warns || name(pair.Value) == "DiagWarning"
			}
		}
		if warns || parts["Summary"] == "" {
			return ""
		}
		return parts["Summary"] + " " + parts["Detail"]
	case *ast.CallExpr:
		switch called := name(x.Fun); {
		case len(x.Args) == 0:
		case called == "Errorf", called == "New" && strings.HasPrefix(fmt.Sprint(x.Fun), "&{errors"):
			return text(x.Args[0], named)
		case len(x.Args) > 2 && fmt.Sprint(x.Args[0]) == "&{tfdiags Error}":
			return text(x.Args[1], named) + " " + text(x.Args[2], named)
		case len(x.Args) > 1 && strings.HasSuffix(called, "ErrDiag"):
			return text(x.Args[0], named) + " " + text(x.Args[1], named)
		}
	}
	return ""
}

// text is what a string is made of, as far as it is written out.
func text(e ast.Expr, named map[string]string) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(x.Value)
		return s
	case *ast.BinaryExpr:
		return text(x.X, named) + text(x.Y, named)
	case *ast.Ident:
		return named[x.Name]
	case *ast.CallExpr:
		if len(x.Args) > 0 {
			return text(x.Args[0], named)
		}
	}
	return ""
}

func name(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}
