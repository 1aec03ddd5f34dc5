package followup

import (
	"slices"
	"strings"
)

// few is how many rows are looked through one after another: an index of so few
// costs more than it saves.
const few = 16

// firstRows are the places of few rows.
var firstRows = [few]int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// rowKey is what rows are looked for by: a step, a unit ("" the order), and an
// occurrence without its try ("" any).
type rowKey struct {
	step string
	unit UnitKey
	key  string
}

// indexRows makes the index of many rows; nil for few.
func indexRows(rows []FollowUp) map[rowKey][]int32 {
	if len(rows) <= few {
		return nil
	}
	index := make(map[rowKey][]int32, 2*len(rows))
	for i := range rows {
		row := &rows[i]
		key := base(row.Occurrence)
		put := func(unit UnitKey) {
			for _, k := range [...]rowKey{{row.Step, unit, key}, {row.Step, unit, ""}} {
				index[k] = append(index[k], int32(i))
			}
		}
		put(row.Unit)
		for _, unit := range row.Units {
			if unit != row.Unit {
				put(unit)
			}
		}
	}
	return index
}

// near returns the places of the rows that may be about a step, a unit (nil: the
// order) and an occurrence without its try ("": any), in their order. Whoever
// asks looks whether they are.
func (d *desire) near(s *Step, u *Unit, key string) []int32 {
	if d.index == nil {
		return firstRows[:min(few, len(d.j.Rows))]
	}
	return d.index[rowKey{s.ID, keyOf(u), key}]
}

// keyOf returns the key of u; "" for the order.
func keyOf(u *Unit) UnitKey {
	if u == nil {
		return ""
	}
	return u.Key
}

// base returns an occurrence key without its try.
func base(key string) string {
	k, _, _ := strings.Cut(key, "#")
	return k
}

// concerns reports whether row is about u (nil: the order).
func concerns(row *FollowUp, u *Unit) bool {
	if u == nil {
		return row.Unit == ""
	}
	return slices.Contains(row.Units, u.Key)
}

// row returns the row of an exact occurrence of s. Of a unit that was merged
// with others before, the row that is not voided counts.
func (d *desire) row(s *Step, u *Unit, key string) *FollowUp {
	var found *FollowUp
	for _, i := range d.near(s, u, base(key)) {
		row := &d.j.Rows[i]
		if row.Step != s.ID || row.Occurrence != key || !concerns(row, u) {
			continue
		}
		if found == nil || found.State == Voided {
			found = row
		}
	}
	return found
}

// over reports whether what f is about had its chance: armed or later, skipped,
// or ended by an operator.
func (f *FollowUp) over() bool { return f.State.Settled() || f.State == Skipped || f.Hand }
