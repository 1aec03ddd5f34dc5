package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// places is a store with some orders, of which what is due was asked for, so
// that journeys and contacts are read by number.
func places(t *testing.T) (s *Store, ids []followup.JourneyID, who []followup.ContactID) {
	t.Helper()
	s = opened(t)
	for n := range 5 {
		c := storetest.Order(n, 3)
		if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		ids, who = append(ids, c.Journey), append(who, c.Head.Contact)
	}
	s.recall = recall{} // as in another process
	if refs, _, err := s.Due(t.Context(), storetest.Start().AddDate(1, 0, 0), "", 100); err != nil || len(refs) == 0 {
		t.Fatal(refs, err)
	}
	return s, ids, who
}

// read loads the orders as s does now, and as one does that knows no places.
func read(t *testing.T, s *Store, ids []followup.JourneyID, who []followup.ContactID) {
	t.Helper()
	load := func() (js []followup.Journey, cs []followup.Contact) {
		cs, err := s.Contacts(t.Context(), who) // first: journeys tell where their contacts are
		if err != nil {
			t.Fatal(err)
		}
		if js, err = s.Journeys(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
		return js, cs
	}
	js, cs := load()
	s.recall = recall{}
	wantJ, wantC := load()
	if d := cmp.Diff(wantJ, js); d != "" {
		t.Error("journeys", d)
	}
	if d := cmp.Diff(wantC, cs); d != "" {
		t.Error("contacts", d)
	}
	for i := range ids {
		if js[i].Version == 0 || js[i].ID != ids[i] || cs[i].Version == 0 || cs[i].ID != who[i] {
			t.Errorf("%s, %s: read as %+v, %+v", ids[i], who[i], js[i], cs[i])
		}
	}
}

func TestReadingByNumberIsReadingByID(t *testing.T) {
	s, ids, who := places(t)
	if s.recall.place(ids[2]) == 0 {
		t.Error("what is due told no places")
	}
	read(t, s, ids, who)
	if _, err := s.Journeys(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	if s.recall.person(who[2]) == 0 {
		t.Error("journeys told no contacts' places")
	}
}

// A place that is another's, or nobody's, is found out.
func TestAWrongPlaceIsFoundOut(t *testing.T) {
	s, ids, who := places(t)
	for i := range ids {
		s.recall.lies(ids[i], int64(1+(i+1)%6))
		s.recall.isAt(who[i], int64(1+(i+2)%6))
	}
	read(t, s, ids, who)
}

// The number of a contact stays with the head through saves that do not carry
// the contact, and changes with it.
func TestAHeadKeepsTheNumberOfItsContact(t *testing.T) {
	s, ids, who := places(t)
	person := func() (n int64) {
		err := s.query(t.Context(), "SELECT h.person FROM journey j JOIN head h ON h.n = j.n WHERE j.id = ?", func(r row) error {
			n = r.int(0)
			return nil
		}, string(ids[1]))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	save := func(contact followup.ContactID) {
		t.Helper()
		js, err := s.Journeys(t.Context(), ids[1:2])
		if err != nil {
			t.Fatal(err)
		}
		s.recall = recall{}
		head := js[0].Head
		head.Contact = contact
		e := followup.Event{ID: "e" + string(contact), Source: "x", Time: storetest.Start().Add(time.Hour), Shop: "main"}
		e.Shop, e.Order = ids[1].Split()
		errs, err := s.Save(t.Context(), []followup.Change{{Journey: ids[1], Version: js[0].Version, Head: &head, Events: []followup.Event{e}}})
		if err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
	}
	first := person()
	save(who[1])
	if got := person(); first == 0 || got != first {
		t.Errorf("the contact was at %d and is at %d after a save of the head", first, got)
	}
	save(who[3]) // where that is was forgotten
	if got := person(); got != 0 {
		t.Errorf("another contact, and still at %d", got)
	}
	read(t, s, ids, append(append(who[:1:1], who[3]), who[2:]...))
}
