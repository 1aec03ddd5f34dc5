package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// convert makes nodes of what the parser made. Aliases are copied, and counted.
func (r *reader) convert(in ast.Node, path string, depth int) *node {
	out := &node{path: path, line: 1, col: 1}
	if t := in.GetToken(); t != nil {
		out.line, out.col = t.Position.Line, t.Position.Column
	}
	if r.nodes++; r.nodes > r.bounds.nodes || depth > maxDepth {
		if r.nodes == r.bounds.nodes+1 || depth == maxDepth+1 {
			r.fault(out, "the file holds too much", "aliases (*name) count as what they stand for; write less")
			r.nodes = max(r.nodes, r.bounds.nodes+1) // one such fault is enough
		}
		out.kind = brokenNode
		return out
	}
	switch n := in.(type) {
	case *ast.MappingNode:
		r.mapping(out, n.Values, n.IsFlowStyle, depth)
	case *ast.MappingValueNode:
		r.mapping(out, []*ast.MappingValueNode{n}, false, depth)
	case *ast.SequenceNode:
		out.kind = listNode
		for i, item := range n.Values {
			if r.nodes > r.bounds.nodes {
				break
			}
			out.items = append(out.items, r.convert(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	case *ast.AnchorNode:
		out = r.convert(n.Value, path, depth+1)
		r.anchors[n.Name.GetToken().Value] = n.Value // after its value: nothing holds itself
	case *ast.AliasNode:
		return r.alias(out, n, depth)
	case *ast.TagNode:
		out.kind = brokenNode
		r.fault(out, "tags such as "+quote(n.GetToken().Value)+" are not part of the language", "write the value without it")
	default:
		scalarInto(out, in)
	}
	return out
}

func (r *reader) alias(out *node, n *ast.AliasNode, depth int) *node {
	name := n.Value.GetToken().Value
	target, ok := r.anchors[name]
	if !ok {
		out.kind = brokenNode
		r.fault(out, "nothing above is named &"+name, "write the value itself")
		return out
	}
	return r.convert(target, out.path, depth+1)
}

func (r *reader) mapping(out *node, values []*ast.MappingValueNode, flow bool, depth int) {
	out.kind = mapNode
	for i, v := range values {
		t := v.Key.GetToken()
		key := &node{kind: textNode, text: t.Value, path: join(out.path, t.Value), line: t.Position.Line, col: t.Position.Column}
		if i == 0 && !flow {
			out.line, out.col = key.line, key.col
		}
		switch {
		case r.nodes > r.bounds.nodes:
			return
		case i == maxKeys:
			r.fault(key, fmt.Sprintf("too many keys, at most %d are read", maxKeys), "leave some out")
			return
		case v.Key.Type() == ast.MergeKeyType:
			r.fault(key, "<< is not part of the language", "write the keys themselves")
			continue
		case v.Key.Type() == ast.MappingKeyType:
			r.fault(key, "? is not part of the language", "write key: value")
			continue
		case slices.ContainsFunc(out.pairs, func(p pair) bool { return p.key == key.text }):
			r.fault(key, "key "+quote(key.text)+" is given twice", "keep one of them")
			continue
		}
		out.pairs = append(out.pairs, pair{key.text, key, r.convert(v.Value, key.path, depth+1)})
	}
}

func scalarInto(out *node, in ast.Node) {
	t := in.GetToken()
	out.text = t.Value
	switch n := in.(type) {
	case *ast.NullNode:
		out.kind = emptyNode
	case *ast.BoolNode:
		out.kind = boolNode
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind = numberNode
	case *ast.LiteralNode:
		out.kind, out.text = textNode, strings.TrimRight(n.Value.Value, "\n")
	default:
		out.kind = textNode
		out.quoted = t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType
	}
}

// join appends a key to a path. Long keys are cut: a path is for people.
func join(path, key string) string {
	const longest = 64
	if r := []rune(key); len(r) > longest {
		key = string(r[:longest])
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// inside gives the place of the line and column (from 1) of a text within the
// file, or the start of n where the file writes the text differently (escapes,
// folded lines).
func (r *reader) inside(n *node, line, col int) *node {
	at := *n
	first, _, _ := strings.Cut(n.text, "\n")
	start := n.col - 1
	if n.quoted {
		start++
	}
	if n.line <= len(r.lines) && line == 1 {
		if src := []rune(r.lines[n.line-1]); start <= len(src) && strings.HasPrefix(string(src[start:]), first) && first != "" {
			at.col = start + col
			return &at
		}
	}
	lines := strings.Split(n.text, "\n")
	if i := n.line + line - 1; i < len(r.lines) && line <= len(lines) { // a block: its text begins on the next line
		src := r.lines[i]
		if indent := len(src) - len(strings.TrimLeft(src, " ")); src[indent:] == strings.TrimLeft(lines[line-1], " ") && src != "" {
			at.line = n.line + line
			at.col = indent + col - (len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " ")))
		}
	}
	return &at
}
