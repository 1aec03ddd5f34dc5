package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"aftersales/internal/followup"
)

// batch is one transaction in the making: what its ops have to know, read with
// one statement per table, and what they want written, written with few. In
// between each op sees what those before it wrote.
type batch struct {
	ctx context.Context
	w   *writer

	heads    known[followup.JourneyID, int64] // versions
	rows     known[followup.FollowUpID, rowKept]
	contacts known[followup.ContactID, int64]  // versions
	bodies   known[followup.ContactID, []byte] // of contacts
	logs     known[followup.JourneyID, map[eventKey]bool]
	inbox    known[string, inboxKept]
	mails    known[followup.FollowUpID, map[string]int64] // by attempt: number
	lastMail int64

	headsOut    staged[followup.JourneyID, headOut]
	rowsOut     staged[followup.FollowUpID, rowOut]
	contactsOut staged[followup.ContactID, contactOut]
	eventsOut   []eventOut
	mailsOut    []any // five values a mail
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

// rowKept is what a row is judged by.
type rowKept struct {
	version int64
	state   followup.State
	attempt string
}

type inboxKept struct {
	there bool
	hash  string
}

type eventKey struct{ source, id string }

func newBatch(ctx context.Context, w *writer) *batch {
	return &batch{ctx: ctx, w: w}
}

// load reads what was asked for.
func (b *batch) load() error {
	return errors.Join(
		b.get(b.heads.asked, "SELECT j.id, j.v FROM json_each(?) k JOIN journey j ON j.id = k.value", func(r *sql.Rows) error {
			var id followup.JourneyID
			var v int64
			err := r.Scan(&id, &v)
			b.heads.m[id] = v
			return err
		}),
		b.get(b.rows.asked, "SELECT f.id, f.v, f.state, f.attempt FROM json_each(?) k JOIN followup f ON f.id = k.value", b.loadRow),
		b.get(b.contacts.asked, "SELECT c.id, c.v FROM json_each(?) k JOIN contact c ON c.id = k.value", func(r *sql.Rows) error {
			var id followup.ContactID
			var v int64
			err := r.Scan(&id, &v)
			b.contacts.m[id] = v
			return err
		}),
		b.get(b.bodies.asked, "SELECT c.id, c.body FROM json_each(?) k JOIN contact c ON c.id = k.value", func(r *sql.Rows) error {
			var id followup.ContactID
			var body []byte
			err := r.Scan(&id, &body)
			b.bodies.m[id] = body
			return err
		}),
		b.get(b.logs.asked, "SELECT e.journey, e.source, e.id FROM json_each(?) k JOIN event e ON e.journey = k.value", func(r *sql.Rows) error {
			var id followup.JourneyID
			var e eventKey
			err := r.Scan(&id, &e.source, &e.id)
			b.log(id)[e] = true
			return err
		}),
		b.get(b.inbox.asked, "SELECT i.k, i.hash FROM json_each(?) k JOIN inbox i ON i.k = k.value", func(r *sql.Rows) error {
			var k, hash string
			err := r.Scan(&k, &hash)
			b.inbox.m[k] = inboxKept{true, hash}
			return err
		}),
		b.loadMails(),
	)
}

func (b *batch) loadRow(r *sql.Rows) error {
	var id followup.FollowUpID
	var k rowKept
	var state int
	var attempt sql.NullString
	err := r.Scan(&id, &k.version, &state, &attempt)
	k.state, k.attempt = stateOf(state), attempt.String
	b.rows.m[id] = k
	return err
}

func (b *batch) get(keys []string, query string, scan func(*sql.Rows) error) error {
	if len(keys) == 0 {
		return nil
	}
	return b.w.query(b.ctx, query, scan, jsonList(keys))
}

// log returns the keys of the events of a journey.
func (b *batch) log(id followup.JourneyID) map[eventKey]bool {
	if b.logs.m[id] == nil {
		b.logs.m[id] = map[eventKey]bool{}
	}
	return b.logs.m[id]
}

// putRow stages a row and shows it to the ops that follow.
func (b *batch) putRow(r *rowOut) {
	b.rows.m[r.id] = r.kept
	b.rowsOut.put(r.id, *r)
}

func (b *batch) putContact(c contactOut) {
	b.contacts.m[c.id] = c.version
	b.contactsOut.put(c.id, c)
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

// jsonList writes keys as a JSON array for json_each.
func jsonList(keys []string) string {
	n := 2
	for _, k := range keys {
		n += len(k) + 3
	}
	out := make([]byte, 0, n)
	out = append(out, '[')
	for i, k := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendJSON(out, k)
	}
	return string(append(out, ']'))
}

func appendJSON(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
