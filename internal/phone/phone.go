// Package phone reads telephone numbers as people write them, in any country, and tells whether a network routes them
// and in which time zones they lie. It decides as Google's libphonenumber does, by a table that gen makes of its
// metadata; README.md names source, licence and what differs.
package phone

import "strings"

//go:generate go run ./gen

// Number is a telephone number anywhere in the world. It may be none that exists: see Valid.
type Number struct {
	Code      string // calling code: "44"
	National  string // what follows it, with the zeros that belong to it: "236618300" in Milan is "0236618300"
	Extension string // digits to dial once connected; "" for none
}

// Valid tells whether a network may have such a number; whether somebody has it, nobody can tell from its digits.
func (n Number) Valid() bool {
	p := n.plan()
	return p != nil && p.valid.after(n.National).label() != 0
}

// E164 returns the number in the form that is dialled, "+442079460958", without its extension.
func (n Number) E164() string { return "+" + n.Code + n.National }

// Zones returns the IANA zones in which the number may lie, by name; none when that cannot be told. A prefix counts, so
// they are given for numbers that are not valid, too.
func (n Number) Zones() []string {
	set := 0
	s := zonesStart
	for _, d := range []byte(n.Code + n.National) {
		if s = s.next(d - '0'); s == 0 {
			break
		}
		if l := s.label(); l != 0 {
			set = l
		}
	}
	return strings.Fields(zoneSets[set])
}

// plan returns the plan of the number's code, nil when there is no such code.
func (n Number) plan() *plan {
	p, rest := planOf(n.Code)
	if rest != "" {
		return nil
	}
	return p
}
