package infra_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const (
	module     = "aftersales"
	sdkService = "github.com/aws/aws-sdk-go-v2/service/"
)

// code is who uses whom in our packages: a call graph that never misses a call
// and sometimes sees one more, as a method called through an interface is every
// method of that name whose type fits.
type code struct {
	uses    map[*types.Func][]*types.Func // functions and methods named in a body
	types   map[*types.Func][]*types.Named
	actions map[*types.Func][]string // requests of the SDK that a body makes, as IAM calls them
	methods map[string][]*types.Func // of our types, by name
	mains   map[string]*types.Func   // by folder of functions/
	always  []*types.Func            // initialisers of package variables
}

// readCode type-checks what the functions are made of. Other people's packages
// come as compiled for tests; nothing is downloaded.
func readCode(t *testing.T) *code {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-buildvcs=false", "-deps", "-export", "-json=ImportPath,Export,GoFiles,Dir", "-tags", "lambda.norpc,nethttpomithttp2", "./functions/...")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0") // as they are built, also where the race detector needs C
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	listed, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &complaints)
	}
	c := &code{
		uses: map[*types.Func][]*types.Func{}, types: map[*types.Func][]*types.Named{}, actions: map[*types.Func][]string{},
		methods: map[string][]*types.Func{}, mains: map[string]*types.Func{},
	}
	fset, exports, ours := token.NewFileSet(), map[string]string{}, map[string]*types.Package{}
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	imports := importerFunc(func(path string) (*types.Package, error) {
		if p := ours[path]; p != nil {
			return p, nil
		}
		return compiled.Import(path)
	})
	for d := json.NewDecoder(bytes.NewReader(listed)); ; {
		var p struct {
			ImportPath, Export, Dir string
			GoFiles                 []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if !strings.HasPrefix(p.ImportPath, module+"/") {
			continue
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		checked, err := (&types.Config{Importer: imports}).Check(p.ImportPath, fset, files, info)
		if err != nil {
			t.Fatalf("check %s: %v", p.ImportPath, err)
		}
		ours[p.ImportPath] = checked
		c.add(checked, files, info)
	}
	return c
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// add notes what the bodies of a package use.
func (c *code) add(p *types.Package, files []*ast.File, info *types.Info) {
	start := types.NewFunc(token.NoPos, p, "init variables of "+p.Path(), types.NewSignatureType(nil, nil, nil, nil, nil, false))
	c.always = append(c.always, start)
	for _, file := range files {
		for _, decl := range file.Decls {
			from := start
			if f, ok := decl.(*ast.FuncDecl); ok {
				from, _ = info.Defs[f.Name].(*types.Func)
				if f.Recv != nil {
					c.methods[f.Name.Name] = append(c.methods[f.Name.Name], from)
				}
				if from.Name() == "init" {
					c.always = append(c.always, from)
				}
				if from.Name() == "main" && strings.HasPrefix(p.Path(), module+"/functions/") {
					c.mains[path.Base(p.Path())] = from
				}
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if _, ok := n.(*ast.TypeSpec); ok || proof(n) {
					return false // it makes no value
				}
				switch n := n.(type) {
				case *ast.Ident:
					c.use(from, info.Uses[n])
				case *ast.CompositeLit:
					if a := action(info.TypeOf(n)); strings.HasPrefix(a, "dynamodb:") {
						c.touch(from, a, place(fields(n)["TableName"], fields(n)["IndexName"]))
					} else if a != "" {
						c.actions[from] = append(c.actions[from], a)
					}
				case *ast.CallExpr:
					if p.Path() == storePackage {
						c.request(from, n)
					}
				}
				return true
			})
		}
	}
}

// storePackage is the only one that makes requests of DynamoDB.
const storePackage = module + "/internal/dynamo"

// requests are the methods of the store that make a request of the table they are
// given, and the action of each.
var requests = map[string]string{
	"get": "dynamodb:GetItem", "put": "dynamodb:PutItem", "putBoth": "dynamodb:PutItem", "batchGet": "dynamodb:BatchGetItem",
	"between": "dynamodb:Query", "indexQuery": "dynamodb:Query",
}

// request notes what a call of one of them asks for.
func (c *code) request(from *types.Func, call *ast.CallExpr) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if requests[name] == "" {
		return
	}
	for i, arg := range call.Args {
		if at := place(arg, nil); at != "" {
			if name == "indexQuery" {
				at = place(arg, call.Args[i+1])
			}
			c.touch(from, requests[name], at)
			return
		}
	}
	if requests[from.Name()] == "" {
		c.touch(from, requests[name], "a table that the test cannot find")
	}
}

// touch notes a request of a table or an index. The methods above make theirs for
// their callers.
func (c *code) touch(from *types.Func, action, at string) {
	switch {
	case at != "":
		c.actions[from] = append(c.actions[from], action+" "+at)
	case requests[from.Name()] == "":
		c.actions[from] = append(c.actions[from], action+" a table that the test cannot find")
	}
}

// fields are the fields that a composite literal states.
func fields(lit *ast.CompositeLit) map[string]ast.Expr {
	out := map[string]ast.Expr{}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok {
				out[name.Name] = kv.Value
			}
		}
	}
	return out
}

// place is the table, and the index of it, that two expressions name: s.t.Journeys
// and indexDue. An index that only the caller knows is any but due.
func place(table, index ast.Expr) string {
	if a, ok := table.(*ast.UnaryExpr); ok {
		table = a.X
	}
	sel, ok := table.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if t, ok := sel.X.(*ast.SelectorExpr); !ok || t.Sel.Name != "t" {
		return ""
	}
	at := strings.ToLower(sel.Sel.Name)
	if call, ok := index.(*ast.CallExpr); ok { // new(indexContact)
		index = call.Args[0]
	}
	switch i := index.(type) {
	case nil:
		return at
	case *ast.Ident:
		return at + "/index/" + map[string]string{"indexDue": "due", "indexList": "list", "indexContact": "by_contact"}[i.Name]
	default:
		return at + "/index/?"
	}
}

// proof reports whether a declaration only shows the compiler that a type fits: var _ I = (*T)(nil).
func proof(n ast.Node) bool {
	v, ok := n.(*ast.ValueSpec)
	return ok && len(v.Names) == 1 && v.Names[0].Name == "_"
}

// use notes that a body names an object.
func (c *code) use(from *types.Func, what types.Object) {
	switch what := what.(type) {
	case *types.Func:
		c.uses[from] = append(c.uses[from], what.Origin())
	case *types.TypeName:
		if named, ok := what.Type().(*types.Named); ok {
			c.types[from] = append(c.types[from], named)
		}
	}
}

// action is what IAM calls the request that a value is the input of: a
// service.XInput is made for the action X. Clients may be wrapped, inputs not.
func action(t types.Type) string {
	in, _ := t.(*types.Named)
	if in == nil || in.Obj().Pkg() == nil {
		return ""
	}
	service := services[strings.TrimPrefix(in.Obj().Pkg().Path(), sdkService)]
	call, isInput := strings.CutSuffix(in.Obj().Name(), "Input")
	if service == "" || !isInput {
		return ""
	}
	name := service + ":" + call
	if iam := renamed[name]; iam != "" {
		return iam
	}
	return name
}

// fromOutside are methods that other people's code calls on our types.
var fromOutside = []string{"ServeHTTP", "RoundTrip", "Handle", "Write", "Read", "Close", "Error", "String"}

// reached is every action that the main of a function can come to. A method
// called through an interface is every method of that name and form whose type
// is named in what was reached so far: nothing else can have made a value of it.
// With each action comes the way to it.
func (c *code) reached(function string) map[string]string {
	out, seen, live, called := map[string]string{}, map[*types.Func]bool{}, map[types.Type]bool{}, map[*types.Func]bool{}
	from := map[*types.Func]*types.Func{}
	way := func(f *types.Func) (text string) {
		for ; f != nil; f = from[f] {
			text = " > " + f.Name() + text
		}
		return text
	}
	push := func(next []*types.Func, by *types.Func, todo []*types.Func) []*types.Func {
		for _, f := range next {
			if _, known := from[f]; !known {
				from[f] = by
				todo = append(todo, f)
			}
		}
		return todo
	}
	todo := append([]*types.Func{c.mains[function]}, c.always...)
	for len(todo) > 0 {
		for len(todo) > 0 {
			f := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if f == nil || seen[f] {
				continue
			}
			seen[f] = true
			for _, a := range c.actions[f] {
				out[a] = way(f)
			}
			for _, named := range c.types[f] {
				revive(named.Origin(), live)
			}
			todo = push(c.uses[f], f, todo)
			for _, used := range c.uses[f] {
				if types.IsInterface(receiver(used)) {
					called[used] = true
				}
			}
		}
		for through := range called {
			for _, m := range c.methods[through.Name()] {
				if live[receiver(m)] && types.Identical(m.Signature(), through.Signature()) {
					todo = push([]*types.Func{m}, through, todo)
				}
			}
		}
		for _, name := range fromOutside {
			for _, m := range c.methods[name] {
				if live[receiver(m)] {
					todo = push([]*types.Func{m}, nil, todo)
				}
			}
		}
	}
	return out
}

// revive notes that there are values of a type, and so of what its structure holds.
func revive(t types.Type, live map[types.Type]bool) {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok || live[named] || !strings.HasPrefix(pathOf(named), module+"/") {
		return
	}
	live[named] = true
	if s, ok := named.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if _, pointer := f.Type().(*types.Pointer); !pointer || f.Embedded() {
				revive(f.Type(), live)
			}
		}
	}
}

func pathOf(t *types.Named) string {
	if t.Obj().Pkg() == nil {
		return ""
	}
	return t.Obj().Pkg().Path()
}

// receiver is the type a method belongs to, without its pointer; an empty struct for a function.
func receiver(f *types.Func) types.Type {
	r := f.Signature().Recv()
	if r == nil {
		return types.NewStruct(nil, nil)
	}
	t := r.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Origin()
	}
	return t
}
