package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The rules of the source as a whole: what may import what, and a few habits.

// mayImport is the arrows: the folders at the top level, and which of the
// others the code in each may import.
var mayImport = map[string][]string{
	"cmd":       {"config", "modules", "scripting", "persist", "engine"},
	"config":    {"engine"},
	"modules":   {"scripting", "persist", "engine"},
	"scripting": {"engine"},
	"persist":   {"engine"},
	"engine":    {},
}

// homeOf is the one folder for each outside library.
var homeOf = map[string]string{
	"github.com/tidwall/redcon":           "engine/resp",
	"github.com/yuin/gopher-lua":          "scripting",
	"github.com/tinylib/msgp":             "scripting",
	"github.com/dgraph-io/badger":         "persist",
	"github.com/spf13/viper":              "config",
	"github.com/spf13/cobra":              "cmd",
	"github.com/spf13/pflag":              "cmd",
	"github.com/google/pprof":             "cmd",
	"github.com/reeflective/readline":     "cmd",
	"github.com/prometheus/client_golang": "cmd",
	"github.com/tidwall/btree":            "engine",
	"golang.org/x/sys/unix":               "", // the system's own interface: anywhere
	"github.com/redis/go-redis":           "tests",
	"github.com/google/go-cmp":            "tests",
	"pgregory.net/rapid":                  "tests",
	"go.uber.org/goleak":                  "tests",
	"github.com/rogpeppe/go-internal":     "tests",
	"github.com/anishathalye/porcupine":   "tests",
}

// clockFiles may ask the system for the time: everything else in the engine is
// handed it, so that the same commands have the same effects.
var clockFiles = []string{
	"engine/differential/run.go",         // a seed, where none is given
	"engine/differential/permissions.go", // likewise
	"engine/differential/undone.go",      // likewise
	"engine/differential/side.go",        // the hour at which both sides begin an iteration
	"engine/engine.go",                   // the default of the clock that callers pass in
	"engine/stopwatch.go",                // durations for SLOWLOG and statistics
	"engine/resp/conn.go",                // deadlines of a client's connection
	"engine/server/options.go",           // the default of the clock that callers pass in
	"engine/server/epoll_linux.go",       // how long to poll before sleeping
	"engine/server/stream.go",            // deadlines of connections
}

// sourceFile is a parsed file of the module.
type sourceFile struct {
	path   string // relative to the top of the module, with slashes
	syntax *ast.File
}

func (f sourceFile) folder() string { return path.Dir(f.path) }
func (f sourceFile) isTest() bool   { return strings.HasSuffix(f.path, "_test.go") }

const top = "../.."

// sourceFiles parses every Go file of the module.
func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := entry.Name(); entry.IsDir() && (base == "testdata" || (strings.HasPrefix(base, ".") && name != top)) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		relative, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		files = append(files, sourceFile{filepath.ToSlash(relative), syntax})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("found no source")
	}
	return files
}

func TestFoldersAtTheTop(t *testing.T) {
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(top + "/.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || name[0] == '.' || strings.Contains(string(ignored), "/"+name+"/") {
			continue
		}
		if _, ok := mayImport[name]; !ok {
			t.Errorf("%s is not one of the project's folders", name)
		}
	}
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, file := range sourceFiles(t) {
		from := topFolder(file.folder())
		for _, imported := range imports(file) {
			inside, ok := strings.CutPrefix(imported, "perigee/")
			if !ok {
				continue
			}
			if to := topFolder(inside); to != from && !slices.Contains(mayImport[from], to) {
				t.Errorf("%s imports %s: no arrow leads from %s to %s", file.path, imported, from, to)
			}
			if file.folder() == "engine" && inside == "engine/server" {
				t.Errorf("%s imports %s: the engine does not know how it is served", file.path, imported)
			}
		}
	}
}

func TestEachLibraryHasOneHome(t *testing.T) {
	for _, file := range sourceFiles(t) {
		for _, imported := range imports(file) {
			if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
				continue // the standard library, or the module itself
			}
			library, home := homeOfImport(imported)
			switch {
			case library == "":
				t.Errorf("%s imports %s, which has no home", file.path, imported)
			case home == "tests" && !file.isTest():
				t.Errorf("%s imports %s, which is for tests only", file.path, imported)
			case home != "" && home != "tests" && file.folder() != home && !strings.HasPrefix(file.folder(), home+"/"):
				t.Errorf("%s imports %s, whose home is %s", file.path, imported, home)
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	commented := map[string]bool{}
	for _, file := range sourceFiles(t) {
		if !file.isTest() {
			commented[file.folder()] = commented[file.folder()] || file.syntax.Doc != nil
		}
	}
	for folder, ok := range commented {
		if !ok {
			t.Errorf("the package in %s has no comment", folder)
		}
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for _, file := range sourceFiles(t) {
		for _, declaration := range file.syntax.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s has an init function", file.path)
			}
		}
		for _, spec := range file.syntax.Imports {
			if spec.Name != nil && spec.Name.Name == "_" && spec.Path.Value != `"embed"` && !file.isTest() {
				t.Errorf("%s imports %s for its side effects", file.path, spec.Path.Value)
			}
		}
	}
}

func TestTheEngineIsHandedTheTime(t *testing.T) {
	for _, file := range sourceFiles(t) {
		if topFolder(file.folder()) != "engine" || file.isTest() || slices.Contains(clockFiles, file.path) {
			continue
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name := selector.Sel.Name
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" && (name == "Now" || name == "Since" || name == "Until") {
				t.Errorf("%s asks for the time by time.%s", file.path, name)
			}
			return true
		})
	}
}

func topFolder(folder string) string {
	first, _, _ := strings.Cut(folder, "/")
	return first
}

func imports(file sourceFile) []string {
	var all []string
	for _, spec := range file.syntax.Imports {
		all = append(all, strings.Trim(spec.Path.Value, `"`))
	}
	return all
}

// homeOfImport finds the library that an imported package belongs to.
func homeOfImport(imported string) (library, home string) {
	for library, home := range homeOf {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			return library, home
		}
	}
	return "", ""
}
