package main

import (
	"fmt"
	"regexp/syntax"
	"slices"
)

// pattern is the language of a regular expression: what the whole of it matches has the label 1.
type pattern struct {
	prog *syntax.Prog
	at   []uint32 // instructions that wait for the next digit, in order
	ends bool     // what came so far is a match
}

// parsePattern reads a regular expression; "" matches nothing here, as in the metadata.
func parsePattern(expression string) (*pattern, error) {
	if expression == "" {
		return nil, nil
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("parse pattern %q: %w", expression, err)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("compile pattern %q: %w", expression, err)
	}
	return (&pattern{prog: prog}).from([]uint32{uint32(prog.Start)}), nil
}

// from returns the pattern at instructions and all that they lead to without a digit.
func (p *pattern) from(at []uint32) *pattern {
	q := &pattern{prog: p.prog}
	seen := map[uint32]bool{}
	for len(at) > 0 {
		pc := at[len(at)-1]
		at = at[:len(at)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch i := p.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			at = append(at, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			at = append(at, i.Out)
		case syntax.InstMatch:
			q.ends = true
		case syntax.InstEmptyWidth:
			panic("a pattern of the metadata has an anchor")
		default:
			q.at = append(q.at, pc)
		}
	}
	slices.Sort(q.at)
	return q
}

// after returns the pattern after a digit, nil when it cannot match any more. It may be called on nil.
func (p *pattern) after(digit rune) *pattern {
	if p == nil {
		return nil
	}
	var at []uint32
	for _, pc := range p.at {
		if i := &p.prog.Inst[pc]; i.MatchRune(digit) {
			at = append(at, i.Out)
		}
	}
	if at == nil {
		return nil
	}
	return p.from(at)
}

// matches tells whether the digits so far are a match. It may be called on nil.
func (p *pattern) matches() bool { return p != nil && p.ends }

func (p *pattern) label() int {
	if p.ends {
		return 1
	}
	return 0
}

func (p *pattern) next(digit rune) language {
	if q := p.after(digit); q != nil {
		return q
	}
	return nil
}

func (p *pattern) key() string {
	if p == nil {
		return "-"
	}
	key := make([]rune, 0, len(p.at)+1)
	if p.ends {
		key = append(key, '.')
	}
	for _, pc := range p.at {
		key = append(key, 0x100+rune(pc)) // apart from what stands between keys
	}
	return string(key)
}
