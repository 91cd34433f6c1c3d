// Command bare writes the overlay (go build -overlay) that the helper is built with: the modules' sources without their declarations. The tags of arguments, and Short and Long of a
// Spec, are for the control node, which decodes and documents arguments; the helper never reads them, and the linker cannot know.
//
//	bare FOLDER   # writes sources and FOLDER/overlay.json; run it where go.mod is
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "bare: one argument: the folder to write to")
		os.Exit(1)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

// write writes the overlay for the modules below the working folder.
func write(to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	var files []string
	for _, pattern := range []string{"modules/*.go", "modules/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	replace := map[string]string{}
	for i, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		short, err := Strip(text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(short) == len(text) {
			continue
		}
		from, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		replace[from] = filepath.Join(to, strconv.Itoa(i)+".go")
		if err := os.WriteFile(replace[from], short, 0o600); err != nil {
			return err
		}
	}
	if len(replace) == 0 {
		return fmt.Errorf("no declarations were found below modules")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "overlay.json"), overlay, 0o600)
}

// cut is a piece of a source, and what takes its place.
type cut struct {
	from, to int
	with     string
}

// Strip gives a source without the tags of its structs and the documentation of its module. Every line stays on its line, for the stack of a panic.
func Strip(text []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	var cuts []cut
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			if n.Tag != nil {
				cuts = append(cuts, cut{at(n.Tag.Pos()), at(n.Tag.End()), ""})
			}
		case *ast.CompositeLit:
			if isSpec(n.Type) {
				cuts = append(cuts, words(n, text, at)...)
			}
		}
		return true
	})
	slices.SortFunc(cuts, func(a, b cut) int { return b.from - a.from })
	for _, c := range cuts {
		text = slices.Concat(text[:c.from], []byte(c.with), text[c.to:])
	}
	return text, nil
}

func isSpec(t ast.Expr) bool {
	s, ok := t.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Spec"
}

// words gives the cuts for Short and Long of a Spec.
func words(spec *ast.CompositeLit, text []byte, at func(token.Pos) int) []cut {
	var cuts []cut
	for _, e := range spec.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != "Short" && key.Name != "Long" {
			continue
		}
		from, to := at(kv.Value.Pos()), at(kv.Value.End())
		cuts = append(cuts, cut{from, to, strings.Repeat("\n", strings.Count(string(text[from:to]), "\n")) + `""`})
	}
	return cuts
}
