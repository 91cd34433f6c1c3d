package pfrun_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryPackageSaysWhatItIs holds that each package has one comment that begins "Package x …" (or "Command x …"), in one file.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]int{}
	walkGo(t, func(p string, f *ast.File) {
		dir := filepath.Dir(p)
		said[dir] += 0
		if f.Doc == nil {
			return
		}
		said[dir]++
		want := "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			want = "Command " + filepath.Base(dir) + " "
		}
		if text := strings.Replace(f.Doc.Text(), "Program ", "Command ", 1); !strings.HasPrefix(text, want) {
			t.Errorf("%s: the package comment begins %.30q, not %q", p, text, want)
		}
	})
	for dir, n := range said {
		if n != 1 {
			t.Errorf("%s: %d package comments, want 1", dir, n)
		}
	}
}

// TestExportedNamesAreDocumented holds that what others use says what goes in and out.
func TestExportedNamesAreDocumented(t *testing.T) {
	walkGo(t, func(p string, f *ast.File) {
		if f.Name.Name == "main" {
			return
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !isSmallMethod(d) {
					t.Errorf("%s: %s is not documented", p, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil && ts.Comment == nil {
						t.Errorf("%s: type %s is not documented", p, ts.Name.Name)
					}
				}
			}
		}
	})
}

// isSmallMethod reports whether a method only satisfies an interface whose contract stands elsewhere: methods of unexported types, and Error, Unwrap, String.
func isSmallMethod(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return false
	}
	switch d.Name.Name {
	case "Error", "Unwrap", "String":
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if g, ok := t.(*ast.IndexExpr); ok {
		t = g.X
	}
	id, ok := t.(*ast.Ident)
	return ok && !id.IsExported()
}

// Bounds on sizes. Flat tables of data, in files named *_table.go and functions named …Table, are not counted.
const (
	longestFunction = 60
	longestFile     = 500
)

func TestFunctionsAndFilesStaySmall(t *testing.T) {
	fset := token.NewFileSet()
	walkGoFiles(t, fset, func(p string, f *ast.File) {
		if strings.HasSuffix(p, "_table.go") {
			return
		}
		if n := fset.Position(f.End()).Line; n > longestFile {
			t.Errorf("%s has %d lines, more than %d: has it grown past its idea?", p, n, longestFile)
		}
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || strings.HasSuffix(d.Name.Name, "Table") {
				continue
			}
			if n := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1; n > longestFunction {
				t.Errorf("%s: %s has %d lines, more than %d", p, d.Name.Name, n, longestFunction)
			}
		}
	})
}

func walkGo(t *testing.T, visit func(path string, f *ast.File)) {
	t.Helper()
	walkGoFiles(t, token.NewFileSet(), visit)
}

func walkGoFiles(t *testing.T, fset *token.FileSet, visit func(path string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(p, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
