package phone

import (
	_ "embed"
	"math/bits"
)

// words is a finite automaton that gives strings of digits labels, little-endian words of 16 bits. A state is the index
// of its first word: bit d of that says that digit d leads elsewhere than digit d-1 does, bit 15 that the next word is
// the state's label; then follows one state for each bit d. gen makes it from the regular expressions of the metadata,
// all of which are over digits and of bounded length, so that nothing is compiled when a program starts.
//
//go:embed automaton.bin
var words string

// state is where the automaton stands; from state 0 nothing leads away.
type state uint16

const (
	labelled = 1 << 15 // in a state's first word
	digits   = 1<<10 - 1
)

// after returns the state that the digits s lead to.
func (s state) after(text string) state {
	for i := 0; i < len(text) && s != 0; i++ {
		s = s.next(text[i] - '0')
	}
	return s
}

// next returns the state that a digit, 0 to 9, leads to.
func (s state) next(digit byte) state {
	first := s.word(0)
	run := bits.OnesCount16(first & digits & (2<<digit - 1))
	return state(s.word(int(first/labelled) + run))
}

// label returns what the digits so far are labelled with, 0 when that is nothing.
func (s state) label() int {
	if s.word(0)&labelled == 0 {
		return 0
	}
	return int(s.word(1))
}

func (s state) word(i int) uint16 {
	i = 2 * (int(s) + i)
	return uint16(words[i]) | uint16(words[i+1])<<8
}
