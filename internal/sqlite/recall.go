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

	// Where they are, which stays as it is: of journeys that are due, and of whom
	// they are about.
	places  aging[followup.JourneyID, int64]
	persons aging[followup.ContactID, int64]
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

// forget drops what is known of a journey: it was written since.
func (r *recall) forget(id followup.JourneyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.journeys.drop(id)
}

// sawContact notes where a contact is, unless a later version of it is known.
func (r *recall) sawContact(id followup.ContactID, k contactKept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.contacts.get(id); !ok || old.version <= k.version {
		r.contacts.put(id, k)
	}
}

// lies notes where a journey is.
func (r *recall) lies(id followup.JourneyID, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.places.put(id, n)
}

// isAt notes where a contact is.
func (r *recall) isAt(id followup.ContactID, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.persons.put(id, n)
}

// place returns where a journey is, 0 when that is not known.
func (r *recall) place(id followup.JourneyID) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, _ := r.places.get(id)
	return n
}

// person returns where a contact is, 0 when that is not known.
func (r *recall) person(id followup.ContactID) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.contacts.get(id); ok && k.n != 0 {
		return k.n
	}
	n, _ := r.persons.get(id)
	return n
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

func (a *aging[K, V]) drop(k K) {
	delete(a.young, k)
	delete(a.old, k)
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
