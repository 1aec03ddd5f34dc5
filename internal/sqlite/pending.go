package sqlite

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"aftersales/internal/followup"
)

// pending are the records that this process wrote, by what they concern. Safe for
// concurrent use.
type pending struct {
	mu       sync.Mutex
	owner    int64
	records  map[int64]*arming
	journeys map[followup.JourneyID]int64
	contacts map[followup.ContactID]int64
}

func newPending() *pending {
	p := new(pending)
	p.disown()
	return p
}

// disown makes all records those of somebody else, who is to be asked what is in
// them: after a commit of which nobody knows whether it was one.
func (p *pending) disown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owner = anyNumber()
	p.records, p.journeys, p.contacts = map[int64]*arming{}, map[followup.JourneyID]int64{}, map[followup.ContactID]int64{}
}

// anyNumber returns one that nobody else has.
func anyNumber() int64 { return 1 + rand.Int64N(math.MaxInt64) } //nolint:gosec // nothing depends on nobody guessing it

func (p *pending) name() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.owner
}

// add notes records that were written, drop those that are gone.
func (p *pending) add(records []*arming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		p.records[r.seq] = r
		for _, a := range r.arms {
			p.journeys[a.row.journey], p.contacts[a.contact.id] = r.seq, r.seq
		}
	}
}

func (p *pending) drop(records []*arming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		if p.records[r.seq] == nil {
			continue
		}
		delete(p.records, r.seq)
		for _, a := range r.arms {
			delete(p.journeys, a.row.journey)
			delete(p.contacts, a.contact.id)
		}
	}
}

// all returns every record.
func (p *pending) all() []*arming {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.records))
}

// of returns the records that concern what a batch asks for.
func (p *pending) of(b *batch) []*arming {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.records) == 0 {
		return nil
	}
	found := map[int64]*arming{}
	for id := range b.journeys.m {
		if seq, ok := p.journeys[id]; ok {
			found[seq] = p.records[seq]
		}
	}
	for id := range b.contacts.m {
		if seq, ok := p.contacts[id]; ok {
			found[seq] = p.records[seq]
		}
	}
	return slices.Collect(maps.Values(found))
}

// hasJourney and hasContact report whether a record concerns one of those.
func (p *pending) hasJourney(ids []followup.JourneyID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.records) > 0 && slices.ContainsFunc(ids, func(id followup.JourneyID) bool { return p.journeys[id] != 0 })
}

func (p *pending) hasContact(ids []followup.ContactID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.records) > 0 && slices.ContainsFunc(ids, func(id followup.ContactID) bool { return p.contacts[id] != 0 })
}
