package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/sqlite"
)

// pair is one database open twice, as by two processes. Both have read the
// journey and the contact of an order, so that both remember them.
type pair struct {
	*testing.T
	a, b *sqlite.Store
	c    followup.Change
}

func newPair(t *testing.T) pair {
	t.Helper()
	dir := t.TempDir()
	p := pair{t, open(t, dir, sqlite.Options{NoSync: true}), open(t, dir, sqlite.Options{NoSync: true}), storetest.Order(1, 3)}
	mustSave(t, p.a, p.c)
	p.load(p.a)
	p.load(p.b)
	return p
}

func (p pair) load(s *sqlite.Store) (followup.Journey, followup.Contact) {
	p.Helper()
	js, err := s.Journeys(p.Context(), []followup.JourneyID{p.c.Journey})
	if err != nil {
		p.Fatal(err)
	}
	cs, err := s.Contacts(p.Context(), []followup.ContactID{p.c.Head.Contact})
	if err != nil {
		p.Fatal(err)
	}
	return js[0], cs[0]
}

// arm arms a row as s knows it.
func (p pair) arm(s *sqlite.Store, n int, attempt string) (followup.Arm, followup.ArmResult) {
	p.Helper()
	j, c := p.load(s)
	a := storetest.Arming(j.Rows[n], c, attempt, storetest.Start())
	return a, p.armed(s, a)
}

func (p pair) armed(s *sqlite.Store, a followup.Arm) followup.ArmResult {
	p.Helper()
	got, err := s.Arm(p.Context(), []followup.Arm{a})
	if err != nil {
		p.Fatal(err)
	}
	return got[0]
}

func (p pair) finish(s *sqlite.Store, a followup.Arm) error {
	p.Helper()
	errs, err := s.Finish(p.Context(), []followup.Finish{storetest.Ending(a, storetest.Start())})
	if err != nil {
		p.Fatal(err)
	}
	return errs[0]
}

func TestWhatAnotherProcessArmedIsLost(t *testing.T) {
	p := newPair(t)
	j, c := p.load(p.a)
	if _, got := p.arm(p.b, 0, "b1"); got != followup.ArmedNow {
		t.Fatal(got)
	}
	if got := p.armed(p.a, storetest.Arming(j.Rows[0], c, "a1", storetest.Start())); got != followup.Lost {
		t.Errorf("the same row: %s, want lost", got)
	}
	if got := p.armed(p.a, storetest.Arming(j.Rows[1], c, "a1", storetest.Start())); got != followup.Closed {
		t.Errorf("another row of the same contact: %s, want closed", got)
	}
}

func TestWhatAnotherProcessWroteBesideStays(t *testing.T) {
	p := newPair(t)
	r := p.c.Rows[2]
	r.Version, r.Refusals = 1, 5
	mustSave(t, p.b, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{r}})
	a, got := p.armOld(p.a, 0)
	if got != followup.ArmedNow {
		t.Fatalf("a row that nobody touched: %s", got)
	}
	j, _ := p.load(p.b)
	if beside := j.Row(r.ID); beside.Refusals != 5 || beside.Version != 2 || j.Row(a.Row.ID).Attempt != a.Row.Attempt {
		t.Errorf("beside: %+v, armed: %+v", beside, j.Row(a.Row.ID))
	}
}

func TestARowThatAnotherProcessVoidedIsLost(t *testing.T) {
	p := newPair(t)
	r := p.c.Rows[0]
	r.Version, r.State, r.Next = 1, followup.Voided, time.Time{}
	mustSave(t, p.b, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{r}})
	if _, got := p.armOld(p.a, 0); got != followup.Lost {
		t.Errorf("%s, want lost", got)
	}
}

// armOld arms a row of the first write, without reading it again.
func (p pair) armOld(s *sqlite.Store, n int) (followup.Arm, followup.ArmResult) {
	p.Helper()
	row, contact := p.c.Rows[n], p.c.Contacts[0]
	row.Version, contact.Version = 1, 1
	a := storetest.Arming(row, contact, "a1", storetest.Start())
	return a, p.armed(s, a)
}

func TestAnOptOutByAnotherProcessCloses(t *testing.T) {
	p := newPair(t)
	_, c := p.load(p.b)
	c.Suppress(followup.Suppression{Channel: followup.Email, Reason: "unsubscribed", At: storetest.Start()})
	if errs, err := p.b.SaveContacts(t.Context(), []followup.Contact{c}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	if _, got := p.armOld(p.a, 0); got != followup.Closed {
		t.Errorf("%s, want closed", got)
	}
	if j, c := p.load(p.a); len(c.Suppressed) != 1 || j.Row(p.c.Rows[0].ID).State != followup.Planned {
		t.Errorf("contact %+v, row %s", c.Suppressed, j.Row(p.c.Rows[0].ID).State)
	}
}

// Whoever read from the other process knows more than is remembered here.
func TestNewsFromAnotherProcessAreNoConflict(t *testing.T) {
	p := newPair(t)
	row, contact := p.c.Rows[0], p.c.Contacts[0]
	row.Version, contact.Version = 1, 1
	for range 2 {
		mustSave(t, p.b, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{row}, Contacts: []followup.Contact{contact}})
		row.Version, contact.Version = row.Version+1, contact.Version+1
	}
	mustSave(t, p.a, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{row}, Contacts: []followup.Contact{contact}})
	p.c.Rows[1].Version = 1
	mustSave(t, p.b, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{p.c.Rows[1]}})
	row, contact = p.c.Rows[1], p.c.Contacts[0]
	row.Version, contact.Version = 2, 4
	if got := p.armed(p.a, storetest.Arming(row, contact, "a1", storetest.Start())); got != followup.ArmedNow {
		t.Errorf("a row that another process wrote: %s, want armed", got)
	}
}

func TestWhatAnotherProcessFinishedIsSeen(t *testing.T) {
	p := newPair(t)
	a, got := p.arm(p.a, 0, "a1")
	if got != followup.ArmedNow {
		t.Fatal(got)
	}
	if err := p.finish(p.b, a); err != nil {
		t.Fatalf("the attempt by another process: %v", err)
	}
	if err := p.finish(p.a, a); err != nil {
		t.Errorf("again, where it was armed: %v", err)
	}
	j, _ := p.load(p.b)
	r := j.Rows[0]
	r.State = followup.Delivered
	mustSave(t, p.b, followup.Change{Journey: p.c.Journey, Rows: []followup.FollowUp{r}})
	if err := p.finish(p.a, a); !errors.Is(err, followup.ErrConflict) {
		t.Errorf("once it has moved on: %v, want ErrConflict", err)
	}
	if j, _ := p.load(p.a); j.Rows[0].State != followup.Delivered {
		t.Errorf("the row is %s", j.Rows[0].State)
	}
}

func TestWhatIsNewHereMayBeThereAlready(t *testing.T) {
	p := newPair(t)
	other := storetest.Order(2, 2)
	mustSave(t, p.b, other)
	again := storetest.Order(2, 1)
	again.Contacts = nil
	stranger := storetest.Order(3, 1)
	stranger.Contacts = other.Contacts
	errs, err := p.a.Save(t.Context(), []followup.Change{again, stranger, storetest.Order(4, 1)})
	if err != nil || !errors.Is(errs[0], followup.ErrConflict) || !errors.Is(errs[1], followup.ErrConflict) || errs[2] != nil {
		t.Errorf("a journey and a contact that are there, and neither: %v, %v", errs, err)
	}
}

// More than is remembered is written and read, each version the next.
func TestWhatIsForgottenIsReadAgain(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{NoSync: true})
	const orders = 5000
	for round := range int64(2) {
		for from := 0; from < orders; from += 500 {
			changes := make([]followup.Change, 500)
			for i := range changes {
				changes[i] = storetest.Order(from+i, 1)
				changes[i].Version, changes[i].Rows[0].Version, changes[i].Contacts[0].Version = round, round, round
			}
			errs, err := s.Save(t.Context(), changes)
			if err := errors.Join(append(errs, err)...); err != nil {
				t.Fatal(err)
			}
		}
	}
}
