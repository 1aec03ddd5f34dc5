package sqlite

import (
	"aftersales/internal/followup"
)

// batch is one transaction in the making: what its ops have to know, read with
// one statement per table, and what they want written. In between each op sees
// what those before it wrote.
type batch struct {
	w *writer
	// trusting: what is remembered is taken for what is stored, and what ought to
	// be new for new. Each statement then compares versions or keys; what does not
	// fit, and every answer but the usual one, is errStale.
	trusting bool

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

	settleAll bool
	settling  []*arming // written where they belong, and gone
	unread    error     // a record that stays, since nobody can read it
	gone      []*arming // of pending, once this is durable
	armed     []*arming // new
	tangled   bool      // something armed is changed by more than one op, or new: it is written where it belongs
}

// known is what is stored under the keys that were asked for.
type known[K ~string, V any] struct {
	asked []string
	m     map[K]V
}

func (k *known[K, V]) ask(key K) {
	if !k.has(key) {
		var none V
		k.know(key, none)
		k.asked = append(k.asked, string(key))
	}
}

// know notes what is stored, without asking.
func (k *known[K, V]) know(key K, v V) {
	if k.m == nil {
		k.m = map[K]V{}
	}
	k.m[key] = v
}

func (k *known[K, V]) has(key K) bool {
	_, ok := k.m[key]
	return ok
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

// write decides what the calls of a group say, and says it to the database.
func (b *batch) write(group []*job) error {
	b.w.room = b.w.room[:0]
	for _, j := range group {
		j.op.want(b)
	}
	for _, prepare := range []func() error{b.askArmed, b.load, b.settle} {
		if err := prepare(); err != nil {
			return err
		}
	}
	for _, j := range group {
		if err := j.op.apply(b); err != nil {
			return err
		}
	}
	return b.flush()
}
