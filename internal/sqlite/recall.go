package sqlite

import (
	"sync"

	"aftersales/internal/followup"
)

// recall remembers where journeys and contacts lie and what their rows are, from
// when they were read or written last, so that a write need not read them again.
// It may be wrong, since other processes write too: whoever relies on it has the
// statement compare the record's version, see batch.trusting. Safe for
// concurrent use; the zero value is ready.
type recall struct {
	mu       sync.Mutex
	journeys aging[followup.JourneyID, remembered]
	contacts aging[followup.ContactID, contactKept]
}

// remembered is a journey's record.
type remembered struct {
	n, v  int64
	was   marks
	value string // of its rows
}

func (r *recall) journey(id followup.JourneyID) (remembered, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.journeys.get(id)
}

func (r *recall) contact(id followup.ContactID) (contactKept, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.contacts.get(id)
}

// sawJourney notes what a record is, unless a later one is known.
func (r *recall) sawJourney(id followup.JourneyID, m remembered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.journeys.get(id); !ok || old.v <= m.v {
		r.journeys.put(id, m)
	}
}

// sawContact notes where a contact is, unless a later version of it is known.
func (r *recall) sawContact(id followup.ContactID, k contactKept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.contacts.get(id); !ok || old.version <= k.version {
		r.contacts.put(id, k)
	}
}

// recalled is how many journeys, and contacts, are remembered at least once
// there are so many: some groups of a drain, a few megabytes.
const recalled = 2048

// aging is a map of bounded size that loses what was not asked for lately.
type aging[K comparable, V any] struct{ young, old map[K]V }

func (a *aging[K, V]) get(k K) (V, bool) {
	if v, ok := a.young[k]; ok {
		return v, true
	}
	v, ok := a.old[k]
	return v, ok
}

func (a *aging[K, V]) put(k K, v V) {
	if a.young == nil {
		a.young = make(map[K]V, recalled)
	}
	a.young[k] = v
	if len(a.young) >= recalled {
		a.young, a.old = nil, a.young
	}
}
