package sqlite

import (
	"maps"
	"slices"

	"aftersales/internal/followup"
)

// headOut is a head as it is written.
type headOut struct {
	version int64
	contact followup.ContactID
	open    any // 1 or nil
	body    []byte
}

// rowOut is a row as it is written.
type rowOut struct {
	id      followup.FollowUpID
	journey followup.JourneyID
	entry   entry
}

func newRowOut(e *encoder, f *followup.FollowUp) rowOut {
	out := rowOut{id: f.ID, journey: f.ID.Journey()}
	out.entry = newEntry(e, f, out.journey)
	return out
}

type contactOut struct {
	id      followup.ContactID
	version int64
	body    []byte
}

type bodyOut struct {
	key, topic, hash string
	body             []byte
	at               int64
}

// flush writes what was staged. Each statement concerns one row: such need no
// journal of their own within the transaction.
func (b *batch) flush() error {
	for _, write := range []func() error{b.flushArming, b.flushContacts, b.flushJourneys, b.flushInbox, b.flushDone, b.flushMails} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) flushContacts() error {
	for _, c := range b.contactsOut.list {
		if b.contacts.m[c.id].apart {
			continue
		}
		if n := b.contacts.m[c.id].n; n != 0 {
			if err := b.w.change("UPDATE contact SET v = ?, body = ? WHERE n = ? AND v = ?", c.version, c.body, n, b.contacts.m[c.id].stored); err != nil {
				return err
			}
			continue
		}
		n, err := b.w.conn.insert("INSERT INTO contact (v, body) VALUES (?, ?)", c.version, c.body)
		if err != nil {
			return err
		}
		if err := b.w.exec("INSERT INTO reach (contact, journey, n) VALUES (?, '', ?)", string(c.id), n); err != nil {
			return err
		}
		b.contacts.m[c.id] = contactKept{n: n, version: c.version}
	}
	return nil
}

// flushJourneys writes those that are there in the order in which they lie:
// neighbours go to the same page.
func (b *batch) flushJourneys() error {
	slices.SortStableFunc(b.changed, func(x, y *journeyKept) int {
		switch {
		case x.n == y.n:
			return 0
		case y.n == 0 || x.n != 0 && x.n < y.n:
			return -1
		default:
			return 1
		}
	})
	for _, j := range b.changed {
		if j.apart {
			continue
		}
		if err := b.writeRows(j); err != nil {
			return err
		}
		if j.headOut == nil && !j.logOut {
			continue
		}
		if err := b.writeHead(j); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeRows(j *journeyKept) (err error) {
	if !j.rowsOut && j.n != 0 {
		return nil
	}
	b.w.e.b = b.w.e.b[:0]
	b.w.e.rows(j.rows)
	m, rows := marksOf(j.rows), b.w.e.b
	j.out = remembered{n: j.n, v: j.v + 1, was: m}
	if m.armed { // the end of its send is written without reading it again; all else is loaded first
		j.out.value = string(rows)
	}
	if j.n == 0 {
		j.n, err = b.w.conn.insert("INSERT INTO journey (id, v, next, armed, attention, rows) VALUES (?, ?, ?, ?, ?, ?)",
			string(j.id), j.out.v, m.nextColumn(), m.armedColumn(), m.attentionColumn(), rows)
		j.out.n = j.n
		return err
	}
	return b.w.updateRows(j, &m, rows)
}

// updateRows writes rows, and those of their marks that change: SQLite looks at
// the index of every column that a statement names.
func (w *writer) updateRows(j *journeyKept, m *marks, rows []byte) error {
	which, values := 0, make([]any, 0, 6)
	if m.moves(&j.was) {
		which, values = 1, append(values, m.nextColumn())
	}
	if m.armed != j.was.armed {
		which, values = which|2, append(values, m.armedColumn())
	}
	if m.attention != j.was.attention {
		which, values = which|4, append(values, m.attentionColumn())
	}
	return w.change(rowUpdates[which], append(values, rows, j.n, j.v)...)
}

// rowUpdates are the statements of updateRows: bit 1 next, 2 armed, 4 attention.
var rowUpdates = [8]string{
	"UPDATE journey SET v = v + 1, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, next = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, armed = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, next = ?, armed = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, attention = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, next = ?, attention = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, armed = ?, attention = ?, rows = ? WHERE n = ? AND v = ?",
	"UPDATE journey SET v = v + 1, next = ?, armed = ?, attention = ?, rows = ? WHERE n = ? AND v = ?",
}

// writeHead writes head and log, whichever are new.
func (b *batch) writeHead(j *journeyKept) error {
	var log any
	if j.logOut {
		log = b.w.packs.pack(encodeLog(j.log))
	}
	h := j.headOut
	switch {
	case h == nil && !j.hasHead:
		return b.w.exec("INSERT INTO head (n, v, log) VALUES (?, 0, ?)", j.n, log)
	case h == nil:
		return b.w.change("UPDATE head SET log = ? WHERE n = ?", log, j.n)
	case h.contact != "" && h.contact != j.contact:
		if err := b.w.exec("INSERT INTO reach (contact, journey) VALUES (?, ?) ON CONFLICT DO NOTHING", string(h.contact), string(j.id)); err != nil {
			return err
		}
	}
	contact, person := nullText(string(h.contact)), b.person(h.contact)
	switch {
	case !j.hasHead:
		return b.w.exec("INSERT INTO head (n, v, contact, person, open_case, body, log) VALUES (?, ?, ?, ?, ?, ?, ?)",
			j.n, h.version, contact, person, h.open, h.body, log)
	case h.contact == j.contact:
		return b.w.change("UPDATE head SET v = ?, open_case = ?, body = ?, log = coalesce(?, log) WHERE n = ?", h.version, h.open, h.body, log, j.n)
	default:
		return b.w.change("UPDATE head SET v = ?, contact = ?, person = ?, open_case = ?, body = ?, log = coalesce(?, log) WHERE n = ?",
			h.version, contact, person, h.open, h.body, log, j.n)
	}
}

// person returns where a contact is, if that is known: whoever loads the journey
// then need not look for it.
func (b *batch) person(id followup.ContactID) any {
	n := b.contacts.m[id].n
	if n == 0 {
		n = b.w.recall.person(id)
	}
	return null(n != 0, n)
}

// remember notes what was written, once it is durable.
func (b *batch) remember() {
	b.w.pending.drop(b.gone)
	b.w.pending.add(b.armed)
	for _, j := range b.changed {
		switch {
		case j.out.n == 0: // only its head or log, or it stands apart
		case j.out.value != "":
			b.w.recall.sawJourney(j.id, j.out)
		default:
			b.w.recall.forget(j.id)
		}
	}
	for _, c := range b.contactsOut.list {
		k := b.contacts.m[c.id]
		if k.apart {
			continue
		}
		b.w.recall.sawContact(c.id, contactKept{n: k.n, version: c.version})
	}
}

func (b *batch) flushInbox() error {
	for _, i := range b.inboxOut {
		if err := b.w.exec("INSERT INTO inbox (k, topic, hash, body, at) VALUES (?, ?, ?, ?, ?)", i.key, i.topic, i.hash, i.body, i.at); err != nil {
			return err
		}
	}
	if len(b.inboxAgain) == 0 {
		return nil
	}
	return b.w.exec("UPDATE inbox SET done = NULL, reason = NULL WHERE k IN (SELECT value FROM json_each(?)) AND done IS NOT NULL",
		jsonList(b.inboxAgain))
}

func (b *batch) flushDone() error {
	for _, reason := range slices.Sorted(maps.Keys(b.done)) {
		for _, key := range b.done[reason] {
			if err := b.w.exec("UPDATE inbox SET done = 1, reason = ? WHERE k = ? AND done IS NULL", nullText(reason), key); err != nil {
				return err
			}
		}
	}
	return nil
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}
