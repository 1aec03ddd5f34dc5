package infra_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// tree is a map of a template. A function in its short form, as !Ref Name, is a
// map with one key, as in the long form: {"Ref": "Name"}.
type tree = map[string]any

// read parses a template below the root of the repository.
func read(t *testing.T, path string) tree {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return value(file.Docs[0].Body).(tree)
}

// value turns a node into maps, slices, strings and numbers.
func value(n ast.Node) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := tree{}
		for _, v := range n.Values {
			out[key(v.Key)] = value(v.Value)
		}
		return out
	case *ast.MappingValueNode:
		return tree{key(n.Key): value(n.Value)}
	case *ast.SequenceNode:
		out := []any{}
		for _, v := range n.Values {
			if m, ok := v.(*ast.MappingNode); ok && n.IsFlowStyle && !m.IsFlowStyle { // sqs:SendMessage, which the parser takes for a map
				out = append(out, key(m.Values[0].Key)+":"+fmt.Sprint(value(m.Values[0].Value)))
				continue
			}
			out = append(out, value(v))
		}
		return out
	case *ast.TagNode:
		return function(strings.TrimPrefix(n.Start.Value, "!"), value(n.Value))
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.StringNode:
		return n.Value
	case ast.ScalarNode:
		return n.GetValue()
	default:
		panic(fmt.Sprintf("%T at %s", n, n.GetPath()))
	}
}

func key(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	return k.GetToken().Value
}

func function(name string, arg any) tree {
	switch text, _ := arg.(string); {
	case name == "Ref" || name == "Condition":
		return tree{name: arg}
	case name == "GetAtt" && text != "":
		resource, attribute, _ := strings.Cut(text, ".")
		return tree{"Fn::GetAtt": []any{resource, attribute}}
	default:
		return tree{"Fn::" + name: arg}
	}
}

// at follows keys into maps; nil where there is nothing.
func at(v any, path ...string) any {
	for _, k := range path {
		m, ok := v.(tree)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

func text(v any, path ...string) string {
	s, _ := at(v, path...).(string)
	return s
}

func list(v any, path ...string) []any {
	l, _ := at(v, path...).([]any)
	return l
}

// ref returns the name that !Ref or !GetAtt points at; "" for anything else.
func ref(v any) string {
	if name := text(v, "Ref"); name != "" {
		return name
	}
	if pair := list(v, "Fn::GetAtt"); len(pair) == 2 {
		name, _ := pair[0].(string)
		return name
	}
	return ""
}

// number returns a number as it is written, or the default of the parameter it refers to.
func number(t *testing.T, template tree, v any) float64 {
	t.Helper()
	if name := text(v, "Ref"); name != "" {
		v = at(template, "Parameters", name, "Default")
	}
	var f float64
	if _, err := fmt.Sscan(fmt.Sprint(v), &f); err != nil {
		t.Errorf("%v is no number", v)
	}
	return f
}

// of returns the resources of a type by their names.
func of(template tree, kind string) map[string]tree {
	out := map[string]tree{}
	for name, r := range template["Resources"].(tree) {
		if text(r, "Type") == kind {
			out[name] = r.(tree)
		}
	}
	return out
}

// walk calls f for every value below v, with its path.
func walk(v any, path string, f func(path string, v any)) {
	f(path, v)
	switch v := v.(type) {
	case tree:
		for k, e := range v {
			walk(e, path+"."+k, f)
		}
	case []any:
		for i, e := range v {
			walk(e, fmt.Sprintf("%s[%d]", path, i), f)
		}
	}
}

// nested are the stacks inside the stack.
var nested = []string{"infra/tables.yaml", "infra/mail.yaml", "infra/console.yaml", "infra/voice.yaml", "infra/alarms.yaml", "infra/dashboard.yaml"}

const root = "template.yaml"
