package compile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
)

// command is the value of one command of a pipeline.
func (w *writer) command(c *parse.CommandNode, dot value) (value, error) {
	switch first := c.Args[0].(type) {
	case *parse.IdentifierNode:
		return w.call(first.Ident, c.Args[1:], dot)
	case *parse.FieldNode:
		return w.chain(dot, first.Ident, c.Args[1:], dot)
	case *parse.VariableNode:
		v, ok := w.vars[first.Ident[0]]
		if !ok {
			return value{}, unknown(first)
		}
		return w.chain(v, first.Ident[1:], c.Args[1:], dot)
	}
	if len(c.Args) != 1 {
		return value{}, unknown(c)
	}
	switch n := c.Args[0].(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.StringNode:
		return value{n.Quoted, nil}, nil
	case *parse.NumberNode:
		return value{n.Text, nil}, nil
	case *parse.PipeNode:
		if len(n.Cmds) != 1 || len(n.Decl) > 0 {
			return value{}, unknown(n)
		}
		return w.command(n.Cmds[0], dot)
	default:
		return value{}, unknown(c)
	}
}

// operand is the value of one argument.
func (w *writer) operand(n parse.Node, dot value) (value, error) {
	return w.command(&parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{n}}, dot)
}

// chain follows fields and methods; the last of them gets the arguments.
func (w *writer) chain(v value, names []string, args []parse.Node, dot value) (value, error) {
	for i, name := range names {
		var given []parse.Node
		if i == len(names)-1 {
			given = args
		}
		if m, ok := v.typ.MethodByName(name); ok {
			list, err := w.operands(given, dot)
			if err != nil {
				return value{}, err
			}
			if m.Type.NumOut() != 1 || m.Type.NumIn() != len(given)+1 {
				return value{}, fmt.Errorf("%s.%s is called with %d values", v.typ, name, len(given))
			}
			v = value{v.code + "." + name + "(" + list + ")", m.Type.Out(0)}
			continue
		}
		t := v.typ
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || len(given) > 0 {
			return value{}, fmt.Errorf("%s has no %s", v.typ, name)
		}
		f, ok := t.FieldByName(name)
		if !ok {
			return value{}, fmt.Errorf("%s has no %s", v.typ, name)
		}
		v = value{v.code + "." + name, f.Type}
	}
	return v, nil
}

// operands are the values of arguments, for parameters of those types; none: any.
func (w *writer) operands(nodes []parse.Node, dot value, params ...reflect.Type) (string, error) {
	var list []string
	for i, n := range nodes {
		v, err := w.operand(n, dot)
		if err != nil {
			return "", err
		}
		if i < len(params) && v.typ != nil && v.typ.Kind() == reflect.Pointer && v.typ.Elem() == params[i] {
			v.code = "*" + v.code
		}
		list = append(list, v.code)
	}
	return strings.Join(list, ", "), nil
}

// call is the value of a function.
func (w *writer) call(name string, args []parse.Node, dot value) (value, error) {
	if f, ok := w.c.f.Functions[name]; ok {
		t := reflect.TypeOf(f.Value)
		list, err := w.operands(args, dot, slices.Collect(t.Ins())...)
		return value{f.Go + "(" + list + ")", t.Out(0)}, err
	}
	switch name {
	case "len":
		list, err := w.operands(args, dot)
		return value{"len(" + list + ")", reflect.TypeFor[int]()}, err
	case "or":
		return w.firstText(args, dot)
	case "eq", "gt", "not", "and":
		code, err := w.condition(name, args, dot)
		return value{code, reflect.TypeFor[bool]()}, err
	default:
		return value{}, fmt.Errorf("there is no function %q", name)
	}
}

// firstText is the first text that is not empty.
func (w *writer) firstText(args []parse.Node, dot value) (value, error) {
	var list []string
	for _, n := range args {
		v, err := w.operand(n, dot)
		if err != nil {
			return value{}, err
		}
		text := v.code
		if v.typ != nil {
			if text, err = w.text(v); err != nil {
				return value{}, err
			}
		}
		list = append(list, text)
	}
	w.c.imports["cmp"] = true
	return value{"cmp.Or(" + strings.Join(list, ", ") + ")", reflect.TypeFor[string]()}, nil
}

// holds is the condition that a command's value is not empty.
func (w *writer) holds(c *parse.CommandNode, dot value) (string, error) {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		switch id.Ident {
		case "or", "and", "not", "eq", "gt":
			return w.condition(id.Ident, c.Args[1:], dot)
		}
	}
	v, err := w.command(c, dot)
	if err != nil {
		return "", err
	}
	return filled(v)
}

// condition is a function of conditions or comparison.
func (w *writer) condition(name string, args []parse.Node, dot value) (string, error) {
	if name == "eq" || name == "gt" {
		list, err := w.operands(args, dot)
		return strings.Replace(list, ", ", map[string]string{"eq": " == ", "gt": " > "}[name], 1), err
	}
	var parts []string
	for _, n := range args {
		c := &parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{n}}
		if p, ok := n.(*parse.PipeNode); ok && len(p.Cmds) == 1 {
			c = p.Cmds[0]
		}
		part, err := w.holds(c, dot)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+part+")")
	}
	switch name {
	case "not":
		return "!" + strings.Join(parts, ""), nil
	case "and":
		return strings.Join(parts, " && "), nil
	default:
		return strings.Join(parts, " || "), nil
	}
}

// filled is the condition that a value is not empty, as templates mean it.
func filled(v value) (string, error) {
	switch v.typ.Kind() {
	case reflect.Bool:
		return v.code, nil
	case reflect.String:
		return v.code + ` != ""`, nil
	case reflect.Int:
		return v.code + " != 0", nil
	case reflect.Slice, reflect.Map:
		return "len(" + v.code + ") > 0", nil
	case reflect.Pointer:
		return v.code + " != nil", nil
	case reflect.Struct:
		return "true", nil
	default:
		return "", fmt.Errorf("%s is a %s, which is neither empty nor not", v.code, v.typ)
	}
}
