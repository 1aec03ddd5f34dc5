package sqlite

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// What is armed together mostly ends together, some milliseconds later. Arm
// therefore writes one record with everything it says, and journeys and contacts
// are written when their sends have ended: once instead of twice, and an index
// of what is armed need not be told at all.
//
// So that nobody sees or writes what is no longer true, whoever concerns one of
// those journeys or contacts before, in whatever process, has the record settled
// first: written where its parts belong, and gone, in one transaction. Those who
// read what is due, armed or in need of attention have all of them settled.
// DueJourneys need not: arming leaves a journey where it is in that index.

// armingForm is the first byte of a record.
const armingForm = 1

// arming is one record: each of its arms is of a journey and a contact of its own.
type arming struct {
	seq  int64
	arms []*armOut
}

// arms writes a record's body.
func (e *encoder) arms(arms []*armOut) {
	e.b = append(e.b, armingForm)
	e.uint(uint64(len(arms)))
	before := new(entry)
	for _, a := range arms {
		e.text(string(a.row.journey))
		a.row.entry.write(e, before)
		before = &a.row.entry
		e.text(string(a.contact.id))
		e.int(a.contact.version)
		e.uint(uint64(len(a.contact.body)))
		e.b = append(e.b, a.contact.body...)
	}
}

// decodeArms reads what arms wrote.
func decodeArms(body string) ([]*armOut, error) {
	d := decoder{s: body}
	if form := d.byte(); form != armingForm && d.err == nil {
		return nil, newer("arming", form)
	}
	out := make([]*armOut, d.count())
	before := new(entry)
	for i := range out {
		a := new(armOut)
		a.row.journey = followup.JourneyID(d.text())
		a.row.entry.read(&d, before)
		before = &a.row.entry
		a.row.id = followup.FollowUpID(string(a.row.journey) + "/" + a.row.entry.suffix)
		a.contact = contactOut{followup.ContactID(d.text()), d.int(), []byte(d.text())}
		out[i] = a
	}
	return out, fault("what was armed together", "", d.end())
}

const (
	// anyArming finds a record, strangers one of another process.
	anyArming = "SELECT 1 FROM arming LIMIT 1"
	strangers = "SELECT 1 FROM arming WHERE owner <> ? LIMIT 1"
	allArming = "SELECT seq, body FROM arming"

	// armingOwner is the one whose records there are: null for nobody, 0 for several.
	armingOwner = "(SELECT CASE WHEN min(owner) < max(owner) THEN 0 ELSE min(owner) END FROM arming)"
)

// askArmed finds the records that have to be settled before the ops may decide.
func (b *batch) askArmed() (err error) {
	if !b.settleAll && len(b.journeys.m)+len(b.contacts.m) == 0 { // it concerns nothing that can be armed
		return nil
	}
	if b.trusting {
		err = b.w.conn.query(strangers, func(row) error { return errStale }, b.w.pending.name())
		if b.settling = b.w.pending.of(b); b.settleAll {
			b.settling = b.w.pending.all()
		}
		b.gone = b.settling
	} else {
		b.gone = b.w.pending.all() // others may have settled some
		err = b.w.conn.query(allArming, func(r row) error {
			b.found(r.int(0), string(r.blob(1)))
			return nil
		})
	}
	for _, record := range b.settling {
		for _, a := range record.arms {
			b.askRows(a.row.journey)
			b.askContact(a.contact.id, a.contact.version-1)
		}
	}
	return err
}

// found takes a record. One that cannot be read stays, and nothing is armed until
// somebody has looked at it.
func (b *batch) found(seq int64, body string) {
	if arms, err := decodeArms(body); err != nil {
		b.unread = err
	} else {
		b.settling = append(b.settling, &arming{seq, arms})
	}
}

// settle stages what the records say.
func (b *batch) settle() error {
	for _, record := range b.settling {
		for _, a := range record.arms {
			j := b.journey(a.row.journey)
			row := j.row(&a.row).version == a.row.entry.version-1
			contact := b.contacts.m[a.contact.id].version == a.contact.version-1
			if b.trusting && !(row && contact) {
				return errStale
			}
			if row { // else somebody wrote it who knew of no record: what is stored counts
				b.putRow(j, &a.row)
			}
			if contact {
				b.putContact(a.contact)
			}
		}
	}
	return nil
}

// flushArming deletes what was settled, and writes what is armed as records if it
// may: if nothing else of the batch concerns it.
func (b *batch) flushArming() error {
	for _, record := range b.settling {
		if err := b.w.change("DELETE FROM arming WHERE seq = ?", record.seq); err != nil {
			return err
		}
	}
	if b.tangled {
		b.armed = nil
	}
	for _, record := range b.armed {
		if err := b.unchanged(record); err != nil {
			return err
		}
		b.w.e.b = b.w.e.b[:0]
		b.w.e.arms(record.arms)
		if err := b.w.exec("INSERT INTO arming (seq, owner, body) VALUES (?, ?, ?)", record.seq, b.w.pending.name(), b.w.e.b); err != nil {
			return err
		}
	}
	return nil
}

const (
	journeySum = "SELECT count(*), sum(j.v) FROM " + keysOf + "CROSS JOIN journey j ON j.n = k.value"
	contactSum = "SELECT count(*), sum(c.v) FROM " + keysOf + "CROSS JOIN contact c ON c.n = k.value"
)

// unchanged makes sure that what a record stands on is stored, and sets it apart
// from what is written where it belongs. Versions only grow, so that none has if
// their sum has not.
func (b *batch) unchanged(record *arming) error {
	journeys, contacts := make([]int64, len(record.arms)), make([]int64, len(record.arms))
	var journeySums, contactSums int64
	for i, a := range record.arms {
		j, c := b.journey(a.row.journey), b.contacts.m[a.contact.id]
		journeys[i], contacts[i] = j.n, c.n
		journeySums, contactSums = journeySums+j.v, contactSums+c.stored
		j.apart, c.apart = true, true
		b.contacts.m[a.contact.id] = c
	}
	return errors.Join(b.sum(journeySum, journeys, journeySums), b.sum(contactSum, contacts, contactSums))
}

// sum makes sure that those records are there and their versions add up.
func (b *batch) sum(query string, numbers []int64, want int64) error {
	return b.w.conn.query(query, func(r row) error {
		if r.int(0) != int64(len(numbers)) || r.int(1) != want {
			return errStale
		}
		return nil
	}, numberList(numbers))
}

// settleOp has every record settled.
type settleOp struct{}

func (settleOp) want(b *batch) { b.settleAll = true }

func (settleOp) apply(*batch) error { return nil }

// settle has every record settled. Where nothing can be written it does nothing
// and says so: a reader then sees what was before.
func (s *Store) settle(ctx context.Context) (done bool, err error) {
	err = s.w.do(ctx, settleOp{})
	if errors.Is(err, ErrFull) || errors.Is(err, ErrReadOnly) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("settle what is armed: %w", err)
	}
	return true, nil
}

// settleAny has every record settled if there is one, whoever wrote it.
func (s *Store) settleAny(ctx context.Context) error {
	found := false
	err := s.query(ctx, anyArming, func(row) error { found = true; return nil })
	if err != nil || !found {
		return err
	}
	_, err = s.settle(ctx)
	return err
}

// settled runs read until nothing that another process armed was in its way. first:
// something of this one is. read is told who this one is.
func (s *Store) settled(ctx context.Context, first bool, read func(me int64) (strange bool, err error)) error {
	able := true
	for n := 0; ; n++ {
		if first || n > 0 {
			done, err := s.settle(ctx)
			if err != nil {
				return err
			}
			able = done
		}
		strange, err := read(s.w.pending.name())
		if err != nil || !strange || !able || n == settles {
			return err
		}
	}
}

// settles is how often a read is repeated because another process arms something
// each time.
const settles = 3

// strange reports whether an armingOwner is another process, or several.
func (r row) strange(i int, me int64) bool { return !r.null(i) && r.int(i) != me }
