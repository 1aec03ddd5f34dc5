package main

import (
	"encoding/binary"
	"fmt"
)

// language gives strings of digits labels; it must end, so that no string of more than longest digits has one.
type language interface {
	label() int               // of "", 0 for none
	next(digit rune) language // what follows a digit '0' to '9'; nil for nothing
	key() string              // the same for equal languages
}

const longest = 20

// node is a state of the automaton.
type node struct {
	label int
	next  [10]int // indexes of nodes; 0 is the one that leads nowhere
}

// automaton is the smallest automaton of all languages added to it: each node is there once.
type automaton struct {
	nodes []node
	index map[node]int
}

func newAutomaton() *automaton {
	return &automaton{nodes: []node{{}}, index: map[node]int{{}: 0}}
}

// add returns the node where a language begins.
func (a *automaton) add(l language) int { return a.build(l, map[string]int{}, 0) }

func (a *automaton) build(l language, done map[string]int, depth int) int {
	if l == nil {
		return 0
	}
	if depth > longest {
		panic("a pattern without an end: " + l.key())
	}
	key := l.key()
	if i, ok := done[key]; ok {
		return i
	}
	n := node{label: l.label()}
	for d := range n.next {
		n.next[d] = a.build(l.next('0'+rune(d)), done, depth+1)
	}
	i, ok := a.index[n]
	if !ok {
		i = len(a.nodes)
		a.nodes = append(a.nodes, n)
		a.index[n] = i
	}
	done[key] = i
	return i
}

// encode writes the automaton as phone/automaton.go reads it, and says at which word each node is.
func (a *automaton) encode() (file []byte, at []int, err error) {
	size := 0
	at = make([]int, len(a.nodes))
	for i, n := range a.nodes {
		at[i] = size
		size += len(n.words(at)) // how many there are does not depend on what they say
	}
	if size > 1<<16 {
		return nil, nil, fmt.Errorf("encode automaton: %d words, of which 16 bits can name 65536", size)
	}
	for _, n := range a.nodes {
		for _, w := range n.words(at) {
			file = binary.LittleEndian.AppendUint16(file, w)
		}
	}
	return file, at, nil
}

// words are the words of a node.
func (n node) words(at []int) []uint16 {
	words := []uint16{0}
	if n.label != 0 {
		words[0] = 1 << 15
		words = append(words, uint16(n.label))
	}
	for d, next := range n.next {
		if d == 0 || next != n.next[d-1] {
			words[0] |= 1 << d
			words = append(words, uint16(at[next]))
		}
	}
	return words
}
