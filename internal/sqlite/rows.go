package sqlite

import (
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// The follow-ups of a journey are kept in one value, because they are always read
// together and much alike: form, number of rows, and the rows by id. What a row
// has in common with the one before it is left out, and the length of its body
// is told, so that the others need not be understood to change one. It is not
// packed: a send writes it twice.

// rowsForm is the first byte of the value.
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
	common  [4]string // plan, contact, zone, facts of the first decision
	body    string    // its other fields
}

// rowKept is what a row is judged by.
type rowKept struct {
	version int64
	state   followup.State
	attempt string
}

func (x *entry) kept() rowKept { return rowKept{x.version, x.state, x.attempt} }

// newEntry returns f as it is written, under the next version.
func newEntry(e *encoder, row *followup.FollowUp, j followup.JourneyID) entry {
	f := *row
	f.Next = f.Next.Truncate(time.Millisecond)
	x := entry{version: f.Version + 1, state: f.State, attempt: f.Attempt, common: [4]string{f.Plan, string(f.Contact), f.Zone}}
	if j != "" {
		x.suffix = string(f.ID)[len(j)+1:]
	}
	if !f.Next.IsZero() {
		x.next, x.looks = f.Next.UnixMilli(), true
	}
	e.b = e.b[:0]
	e.row(&f)
	x.body = string(e.b)
	if len(f.Decisions) > 0 && len(f.Decisions[0].Facts) > 0 {
		e.b = e.b[:0]
		e.facts(f.Decisions[0].Facts)
		x.common[3] = string(e.b)
	}
	return x
}

// write appends x, which stands behind another.
func (x *entry) write(e *encoder, before *entry) {
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
	for i, s := range x.common {
		if s == before.common[i] {
			e.uint(0)
			continue
		}
		e.uint(uint64(len(s)) + 1)
		e.b = append(e.b, s...)
	}
	e.text(x.body)
}

// read reads what write wrote.
func (x *entry) read(d *decoder, before *entry) {
	x.suffix, x.version = d.text(), d.int()
	code := d.uint()
	x.state, x.looks = stateOf(int(code>>1)), code&1 != 0
	if x.looks {
		x.next = d.int()
	}
	x.attempt, x.common = d.text(), before.common
	for i := range x.common {
		if n := d.uint(); n > 0 {
			x.common[i] = d.take(n - 1)
		}
	}
	x.body = d.text()
}

// shared is room for what the rows of a journey have each for themselves, taken
// at once because they are always read together, and the facts they have in common.
type shared struct {
	ids   string // one after another, as far as they are not given out
	units []followup.UnitKey
	ruled []followup.Decision
	from  string // what facts were read from
	facts map[string]string
	named string // what last was read from
	last  followup.UnitKey
}

func newShared(j followup.JourneyID, entries []entry) *shared {
	n := 0
	for i := range entries {
		n += len(j) + 1 + len(entries[i].suffix)
	}
	var ids strings.Builder
	ids.Grow(n)
	for i := range entries {
		ids.WriteString(string(j))
		ids.WriteByte('/')
		ids.WriteString(entries[i].suffix)
	}
	return &shared{ids: ids.String(), units: make([]followup.UnitKey, len(entries)), ruled: make([]followup.Decision, len(entries)+2)}
}

// id returns the next id, which has n bytes.
func (s *shared) id(n int) followup.FollowUpID {
	id := s.ids[:n]
	s.ids = s.ids[n:]
	return followup.FollowUpID(id)
}

// unit returns a list of one unit.
func (s *shared) unit(u followup.UnitKey) []followup.UnitKey {
	if len(s.units) == 0 {
		return []followup.UnitKey{u}
	}
	out := s.units[:1:1]
	s.units, out[0] = s.units[1:], u
	return out
}

// unitOf returns the unit that an id names, which is mostly that of the row before.
func (s *shared) unitOf(named string) followup.UnitKey {
	if named != s.named {
		s.named = named
		s.last, _ = unitWritten(named)
	}
	return s.last
}

// decisions returns room for n.
func (s *shared) decisions(n int) []followup.Decision {
	if n > len(s.ruled) {
		return make([]followup.Decision, 0, n)
	}
	out := s.ruled[:0:n]
	s.ruled = s.ruled[n:]
	return out
}

// planned returns the facts of a first decision. Nobody changes them, so rows
// that were planned from the same have the same map.
func (s *shared) planned(from string) (map[string]string, error) {
	if s.facts == nil || s.from != from {
		d := decoder{s: from}
		s.from, s.facts = from, d.facts()
		return s.facts, d.end()
	}
	return s.facts, nil
}

// followUp decodes x, the next row of those that s was made for, into f, which
// has to be zero.
func (x *entry) followUp(f *followup.FollowUp, j followup.JourneyID, s *shared) error {
	f.ID, f.Version, f.State, f.Attempt = s.id(len(j)+1+len(x.suffix)), x.version, x.state, x.attempt
	f.Plan, f.Contact, f.Zone = x.common[0], followup.ContactID(x.common[1]), x.common[2]
	if x.looks {
		f.Next = time.UnixMilli(x.next).UTC()
	}
	d := decoder{s: x.body}
	err := d.row(f, x.suffix, s)
	if err == nil {
		err = d.end()
	}
	if x.common[3] != "" && len(f.Decisions) > 0 && err == nil {
		f.Decisions[0].Facts, err = s.planned(x.common[3])
	}
	return fault("row ", string(f.ID), err)
}

// rows writes entries as they are kept.
func (e *encoder) rows(entries []entry) {
	e.b = append(e.b, rowsForm)
	e.uint(uint64(len(entries)))
	before := new(entry)
	for i := range entries {
		entries[i].write(e, before)
		before = &entries[i]
	}
}

// decodeRows appends the entries that value holds to room.
func decodeRows(room []entry, value string) ([]entry, error) {
	d := decoder{s: value}
	if form := d.byte(); form != rowsForm && d.err == nil {
		return nil, newer("rows", form)
	}
	n, first, before := d.count(), len(room), new(entry)
	room = slices.Grow(room, n)
	for i := first; i < first+n; i++ {
		room = append(room, entry{})
		room[i].read(&d, before)
		before = &room[i]
	}
	return room, d.end()
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

// marks are what SQL has to see of the rows of a journey.
type marks struct {
	next      int64 // earliest next look, if looks
	looks     bool
	armed     bool
	attention int64
}

func marksOf(entries []entry) (m marks) {
	for i := range entries {
		x := &entries[i]
		if x.looks && (!m.looks || x.next < m.next) {
			m.next, m.looks = x.next, true
		}
		if x.state == followup.Armed {
			m.armed = true
		} else if slices.Contains(attentive, x.state) {
			m.attention |= stateBit(x.state)
		}
	}
	return m
}

// The columns of marks, for SQL.
func (m *marks) nextColumn() any      { return null(m.looks, m.next) }
func (m *marks) armedColumn() any     { return null(m.armed, 1) }
func (m *marks) attentionColumn() any { return null(m.attention != 0, m.attention) }

func null(not bool, n int64) any {
	if !not {
		return nil
	}
	return n
}

// moves reports whether the column next has to be written when was becomes m.
// While a row is armed it may stay as it is, unless it is too late: so a send
// moves its journey in the index once, not twice.
func (m *marks) moves(was *marks) bool {
	if m.armed {
		return m.looks && (!was.looks || m.next < was.next)
	}
	return was.armed || m.looks != was.looks || m.next != was.next
}
