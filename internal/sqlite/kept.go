package sqlite

import (
	"slices"

	"aftersales/internal/followup"
)

// journeyKept is a journey as it is stored, and as it becomes.
type journeyKept struct {
	id   followup.JourneyID
	n    int64 // 0: it is not stored
	v    int64 // of the record
	was  marks
	rows []entry

	hasHead bool // there is a row for head or log
	headV   int64
	contact followup.ContactID // of the stored head
	log     []logged

	dirty, rowsOut, logOut bool // what is to be written
	headOut                *headOut
	out                    remembered // the record as it was written
	armed                  bool       // an arm is what changed it
	apart                  bool       // it is written in a record of arming
}

// headVersion is the head's, as it becomes.
func (j *journeyKept) headVersion() int64 {
	if j.headOut != nil {
		return j.headOut.version
	}
	return j.headV
}

// row returns what the row that r replaces is judged by.
func (j *journeyKept) row(r *rowOut) rowKept {
	if i, found := findEntry(j.rows, r.entry.suffix); found {
		return j.rows[i].kept()
	}
	return rowKept{}
}

// contactKept is where a contact is, and its version as it becomes.
type contactKept struct {
	n, version int64
	stored     int64 // the version that the statement has to find, once it is changed
	apart      bool  // it is written in a record of arming
}

type inboxKept struct {
	there bool
	hash  string
}

// askRows asks for the rows of a journey.
func (b *batch) askRows(id followup.JourneyID) {
	if b.trusting && !b.journeys.has(id) {
		if m, ok := b.w.recall.journey(id); ok {
			if rows, err := b.rowsOf(id, m.value); err == nil {
				b.journeys.know(id, &journeyKept{id: id, n: m.n, v: m.v, was: m.was, rows: rows})
				return
			}
		}
	}
	b.journeys.ask(id)
}

// askHead asks for a journey with its head.
func (b *batch) askHead(id followup.JourneyID) {
	b.askRows(id)
	b.heads.ask(id)
}

// askNew asks for a journey that there should not be.
func (b *batch) askNew(id followup.JourneyID) {
	if b.trusting && !b.journeys.has(id) {
		b.journeys.know(id, nil)
		return
	}
	b.askHead(id)
}

// askContact asks for a contact, which should have that version; 0: it should
// not be there.
func (b *batch) askContact(id followup.ContactID, version int64) {
	if b.trusting && !b.contacts.has(id) {
		if k, ok := b.w.recall.contact(id); ok || version == 0 {
			b.contacts.know(id, k)
			return
		}
	}
	b.contacts.ask(id)
}

// journey returns what is known of a journey that was asked for.
func (b *batch) journey(id followup.JourneyID) *journeyKept {
	j := b.journeys.m[id]
	if j == nil {
		j = &journeyKept{id: id}
		b.journeys.know(id, j)
	}
	return j
}

// change notes that a journey is to be written.
func (b *batch) change(j *journeyKept) {
	if j.armed {
		b.tangled = true
	}
	if !j.dirty {
		j.dirty = true
		b.changed = append(b.changed, j)
	}
}

// putRow stages a row of j and shows it to the ops that follow.
func (b *batch) putRow(j *journeyKept, r *rowOut) {
	b.change(j)
	j.rows, j.rowsOut = putEntry(j.rows, r.entry), true
}

func (b *batch) putContact(c contactOut) {
	kept := b.contacts.m[c.id]
	if _, again := b.contactsOut.get(c.id); again {
		b.tangled = true
	} else {
		kept.stored = kept.version
	}
	kept.version = c.version
	b.contacts.m[c.id] = kept
	b.contactsOut.put(c.id, c)
}

// log stages an event, unless it is logged already.
func (b *batch) log(j *journeyKept, e *logged) {
	if slices.ContainsFunc(j.log, func(l logged) bool { return l.key == e.key }) {
		return
	}
	b.change(j)
	j.log, j.logOut = append(j.log, *e), true
}

// finishInbox marks bodies done at flush.
func (b *batch) finishInbox(keys []string, reason string) {
	if len(keys) > 0 {
		if b.done == nil {
			b.done = map[string][]string{}
		}
		b.done[reason] = append(b.done[reason], keys...)
	}
}
