package sqlite

import (
	"errors"
	"slices"

	"aftersales/internal/followup"
)

// batch is one transaction in the making: what its ops have to know, read with
// one statement per table, and what they want written. In between each op sees
// what those before it wrote.
type batch struct {
	w *writer

	journeys known[followup.JourneyID, *journeyKept] // their rows
	heads    known[followup.JourneyID, bool]         // those of which the head matters, too
	contacts known[followup.ContactID, contactKept]
	bodies   known[followup.ContactID, []byte] // of contacts
	inbox    known[string, inboxKept]
	mails    known[followup.FollowUpID, map[string]int64] // by attempt: number
	lastMail int64

	changed     []*journeyKept // in the order in which they were first changed
	contactsOut staged[followup.ContactID, contactOut]
	mailsOut    []*mailOp
	inboxOut    []bodyOut
	inboxAgain  []string            // seen bodies, queued again: a replay repairs
	done        map[string][]string // reason: inbox keys
}

// known is what is stored under the keys that were asked for.
type known[K ~string, V any] struct {
	asked []string
	m     map[K]V
}

func (k *known[K, V]) ask(key K) {
	if k.m == nil {
		k.m = map[K]V{}
	}
	if _, ok := k.m[key]; !ok {
		var none V
		k.m[key] = none
		k.asked = append(k.asked, string(key))
	}
}

// staged keeps what is to be written in the order in which it was first said;
// a second word on the same key replaces the first.
type staged[K ~string, V any] struct {
	list  []V
	index map[K]int
}

func (s *staged[K, V]) put(key K, v V) {
	if i, ok := s.index[key]; ok {
		s.list[i] = v
		return
	}
	if s.index == nil {
		s.index = map[K]int{}
	}
	s.index[key] = len(s.list)
	s.list = append(s.list, v)
}

func (s *staged[K, V]) get(key K) (v V, ok bool) {
	if i, ok := s.index[key]; ok {
		return s.list[i], true
	}
	return v, false
}

// journeyKept is a journey as it is stored, and as it becomes.
type journeyKept struct {
	id   followup.JourneyID
	n    int64 // 0: it is not stored
	was  marks
	rows []entry

	hasHead bool // there is a row for head or log
	headV   int64
	contact followup.ContactID // of the stored head
	log     []logged

	dirty, rowsOut, logOut bool // what is to be written
	headOut                *headOut
}

// headVersion is the head's, as it becomes.
func (j *journeyKept) headVersion() int64 {
	if j.headOut != nil {
		return j.headOut.version
	}
	return j.headV
}

// row returns what the row with that id is judged by.
func (j *journeyKept) row(id followup.FollowUpID) rowKept {
	if suffix, ok := suffixOf(j.id, id); ok {
		if i, found := findEntry(j.rows, suffix); found {
			return j.rows[i].kept()
		}
	}
	return rowKept{}
}

// suffixOf returns what stands behind the journey in an id.
func suffixOf(j followup.JourneyID, id followup.FollowUpID) (string, bool) {
	if n := len(j); n > 0 && len(id) > n && id[n] == '/' && string(id[:n]) == string(j) {
		return string(id[n+1:]), true
	}
	return "", false
}

type contactKept struct{ n, version int64 }

type inboxKept struct {
	there bool
	hash  string
}

func newBatch(w *writer) *batch { return &batch{w: w} }

// askRow asks for the rows of the journey of an id.
func (b *batch) askRow(id followup.FollowUpID) { b.journeys.ask(id.Journey()) }

// askHead asks for a journey with its head.
func (b *batch) askHead(id followup.JourneyID) {
	b.journeys.ask(id)
	b.heads.ask(id)
}

// journey returns what is known of a journey that was asked for.
func (b *batch) journey(id followup.JourneyID) *journeyKept {
	j := b.journeys.m[id]
	if j == nil {
		j = &journeyKept{id: id}
		b.journeys.ask(id)
		b.journeys.m[id] = j
	}
	return j
}

// row returns what the row with that id is judged by.
func (b *batch) row(id followup.FollowUpID) rowKept { return b.journey(id.Journey()).row(id) }

// change notes that a journey is to be written.
func (b *batch) change(id followup.JourneyID) *journeyKept {
	j := b.journey(id)
	if !j.dirty {
		j.dirty = true
		b.changed = append(b.changed, j)
	}
	return j
}

// putRow stages a row and shows it to the ops that follow.
func (b *batch) putRow(r *rowOut) {
	j := b.change(r.id.Journey())
	j.rows, j.rowsOut = putEntry(j.rows, r.entry), true
}

func (b *batch) putContact(c contactOut) {
	kept := b.contacts.m[c.id]
	kept.version = c.version
	b.contacts.m[c.id] = kept
	b.contactsOut.put(c.id, c)
}

// log stages an event, unless it is logged already.
func (b *batch) log(id followup.JourneyID, e *logged) {
	j := b.journey(id)
	if slices.ContainsFunc(j.log, func(l logged) bool { return l.key == e.key }) {
		return
	}
	b.change(id)
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

// load reads what was asked for.
func (b *batch) load() error {
	return errors.Join(
		b.get(b.journeys.asked, loadRows, b.loadRows),
		b.get(b.heads.asked, loadHeads, b.loadHead),
		b.get(b.contacts.asked, "SELECT r.contact, c.n, c.v FROM "+keysOf+contactOfKey, func(r row) error {
			b.contacts.m[followup.ContactID(r.text(0))] = contactKept{r.int(1), r.int(2)}
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

	loadRows  = "SELECT j.id, j.n, j.next, j.armed, j.attention, j.rows FROM " + keysOf + journeyOfKey
	loadHeads = "SELECT j.id, h.v, h.contact, h.log FROM " + keysOf + journeyOfKey + " CROSS JOIN head h ON h.n = j.n"
)

func (b *batch) loadRows(r row) (err error) {
	j := b.journey(followup.JourneyID(r.text(0)))
	j.n, j.was = r.int(1), marks{r[2], r[3], r[4]}
	j.rows, err = rowsOf(j.id, r.blob(5))
	return err
}

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
