package sqlite

import (
	"errors"
	"slices"

	"aftersales/internal/followup"
)

// load reads what was asked for.
func (b *batch) load() error {
	return errors.Join(
		b.get(b.journeys.asked, loadRows, b.loadRows),
		b.get(b.heads.asked, loadHeads, b.loadHead),
		b.get(b.contacts.asked, "SELECT r.contact, c.n, c.v FROM "+keysOf+contactOfKey, func(r row) error {
			b.contacts.m[followup.ContactID(r.text(0))] = contactKept{n: r.int(1), version: r.int(2)}
			return nil
		}),
		b.get(b.bodies.asked, "SELECT r.contact, c.body FROM "+keysOf+contactOfKey, func(r row) error {
			b.bodies.m[followup.ContactID(r.text(0))] = r.blob(1)
			return nil
		}),
		b.get(b.inbox.asked, "SELECT i.k, i.hash FROM "+keysOf+"CROSS JOIN inbox i ON i.k = k.value", func(r row) error {
			b.inbox.m[r.text(0)] = inboxKept{true, r.text(1)}
			return nil
		}),
		b.loadMails(),
	)
}

const (
	contactOfKey = "CROSS JOIN reach r ON r.contact = k.value AND r.journey = '' CROSS JOIN contact c ON c.n = r.n"
	journeyOfKey = "CROSS JOIN journey j ON j.id = k.value"

	loadRows  = "SELECT k.value, j.n, j.v, j.rows FROM " + keysOf + journeyOfKey
	loadHeads = "SELECT j.id, h.v, h.contact, h.log FROM " + keysOf + journeyOfKey + " CROSS JOIN head h ON h.n = j.n"
)

func (b *batch) loadRows(r row) (err error) {
	j := b.journey(followup.JourneyID(r.text(0)))
	j.n, j.v = r.int(1), r.int(2)
	j.rows, err = b.rowsOf(j.id, string(r.blob(3)))
	j.was = marksOf(j.rows)
	return err
}

// rowsOf reads the entries of a journey into the writer's room, which the next
// batch uses again.
func (b *batch) rowsOf(id followup.JourneyID, value string) ([]entry, error) {
	room := b.w.room
	if cap(room)-len(room) < usualRows {
		room = make([]entry, 0, manyRows)
	}
	first := len(room)
	room, err := rowsOf(room, id, value)
	if err != nil {
		return nil, err
	}
	b.w.room = room
	return slices.Clip(room[first:]), nil // one more goes elsewhere
}

// usualRows are those of a journey, manyRows those of a group of journeys.
const (
	usualRows = 16
	manyRows  = 2048
)

func (b *batch) loadHead(r row) (err error) {
	j := b.journey(followup.JourneyID(r.text(0)))
	j.hasHead, j.headV, j.contact = true, r.int(1), followup.ContactID(r.text(2))
	j.log, err = b.w.packs.log(j.id, r.blob(3))
	return err
}

func (b *batch) get(keys []string, query string, scan func(row) error) error {
	if len(keys) == 0 {
		return nil
	}
	return b.w.conn.queryKeys(query, keys, scan)
}
