package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// The follow-ups of a journey are kept in one value, packed together, because
// they are much alike and always read together: form, number of rows, and the
// rows by id, each with its length before it so that the others need not be
// understood to change one.

// rowsForm is the first byte of the value before packing.
const rowsForm = 1

// entry is one row among those of its journey: what a store judges it by, and
// all of it as it is written.
type entry struct {
	suffix  string // of the id, behind the journey's and "/"
	version int64
	state   followup.State
	next    int64 // milliseconds, if looks
	looks   bool  // it has a next look
	attempt string
	body    string // its other fields
}

// rowKept is what a row is judged by.
type rowKept struct {
	version int64
	state   followup.State
	attempt string
}

func (x *entry) kept() rowKept { return rowKept{x.version, x.state, x.attempt} }

// newEntry returns f as it is written, under the next version.
func newEntry(e *encoder, f followup.FollowUp) entry {
	f.Next = f.Next.Truncate(time.Millisecond)
	x := entry{version: f.Version + 1, state: f.State, attempt: f.Attempt}
	if j := f.ID.Journey(); j != "" {
		x.suffix = string(f.ID)[len(j)+1:]
	}
	if !f.Next.IsZero() {
		x.next, x.looks = f.Next.UnixMilli(), true
	}
	e.b = e.b[:0]
	e.row(&f)
	x.body = string(e.b)
	return x
}

// write appends x.
func (x *entry) write(e *encoder) {
	code := uint64(stateCode(x.state)) << 1
	if x.looks {
		code |= 1
	}
	e.text(x.suffix)
	e.int(x.version)
	e.uint(code)
	if x.looks {
		e.int(x.next)
	}
	e.text(x.attempt)
	e.text(x.body)
}

// read reads what write wrote.
func (x *entry) read(d *decoder) {
	x.suffix, x.version = d.text(), d.int()
	code := d.uint()
	x.state, x.looks = stateOf(int(code>>1)), code&1 != 0
	if x.looks {
		x.next = d.int()
	}
	x.attempt, x.body = d.text(), d.text()
}

// followUp decodes x, a row of j.
func (x *entry) followUp(d *decoder, j followup.JourneyID) (followup.FollowUp, error) {
	f := followup.FollowUp{
		ID: followup.FollowUpID(string(j) + "/" + x.suffix), Version: x.version, State: x.state, Attempt: x.attempt,
	}
	if x.looks {
		f.Next = time.UnixMilli(x.next).UTC()
	}
	d.s = x.body
	err := d.row(&f)
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return f, fmt.Errorf("decode row %s: %w", f.ID, err)
	}
	return f, nil
}

// encodeRows returns entries as they are kept, before packing.
func encodeRows(entries []entry) []byte {
	e := encoder{b: make([]byte, 0, 64+256*len(entries))}
	e.b = append(e.b, rowsForm)
	e.uint(uint64(len(entries)))
	for i := range entries {
		entries[i].write(&e)
	}
	return e.b
}

// decodeRows appends the entries that value holds to out.
func decodeRows(out []entry, value string) ([]entry, error) {
	d := decoder{s: value}
	if form := d.byte(); form != rowsForm && d.err == nil {
		return nil, newer("rows", form)
	}
	n := d.count()
	out = slices.Grow(out, n)
	for range n {
		var x entry
		x.read(&d)
		out = append(out, x)
	}
	return out, d.end()
}

// putEntry puts x among entries in the order of their ids, in place of the one
// of its id.
func putEntry(entries []entry, x entry) []entry {
	i, found := findEntry(entries, x.suffix)
	if found {
		entries[i] = x
		return entries
	}
	return slices.Insert(entries, i, x)
}

func findEntry(entries []entry, suffix string) (int, bool) {
	return slices.BinarySearchFunc(entries, suffix, func(x entry, s string) int { return strings.Compare(x.suffix, s) })
}

// attentive are the states that people look for, but for armed, which has a
// column of its own. The bit of a state is that of its code.
var attentive = []followup.State{followup.Listed, followup.Held, followup.Unknown, followup.Parked, followup.Failed}

// stateBit is the bit of a state in the column attention.
func stateBit(s followup.State) int64 { return 1 << stateCode(s) }

// marks are what SQL has to see of the rows of a journey: nil or int64 each.
type marks struct{ next, armed, attention any }

func marksOf(entries []entry) (m marks) {
	var next, attention int64
	looks := false
	for i := range entries {
		x := &entries[i]
		if x.looks && (!looks || x.next < next) {
			next, looks = x.next, true
		}
		if x.state == followup.Armed {
			m.armed = int64(1)
		} else if slices.Contains(attentive, x.state) {
			attention |= stateBit(x.state)
		}
	}
	if looks {
		m.next = next
	}
	if attention != 0 {
		m.attention = attention
	}
	return m
}
