package sqlite

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// crowd is some orders, each with two follow-ups of which the first is armed.
type crowd struct {
	*testing.T
	dir  string
	s    *Store
	ids  []followup.JourneyID
	who  []followup.ContactID
	arms []followup.Arm
}

func newCrowd(t *testing.T, orders int) *crowd {
	t.Helper()
	c := &crowd{T: t, dir: t.TempDir()}
	c.s = c.open()
	for n := range orders {
		o := storetest.Order(n, 2)
		c.must(c.s.Save(t.Context(), []followup.Change{o}))
		c.ids, c.who = append(c.ids, o.Journey), append(c.who, o.Head.Contact)
	}
	js, cs := c.load(c.s)
	for i := range js {
		c.arms = append(c.arms, storetest.Arming(js[i].Rows[0], cs[i], "a1", storetest.Start()))
	}
	c.arm(c.s, c.arms)
	return c
}

func (c *crowd) open() *Store {
	c.Helper()
	s, err := Open(c.Context(), c.dir, Options{NoSync: true})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = s.Close() })
	return s
}

func (c *crowd) must(errs []error, err error) {
	c.Helper()
	if err := errors.Join(append(errs, err)...); err != nil {
		c.Fatal(err)
	}
}

func (c *crowd) load(s *Store) ([]followup.Journey, []followup.Contact) {
	c.Helper()
	cs, err := s.Contacts(c.Context(), c.who)
	c.must(nil, err)
	js, err := s.Journeys(c.Context(), c.ids)
	c.must(nil, err)
	return js, cs
}

func (c *crowd) arm(s *Store, arms []followup.Arm) {
	c.Helper()
	results, err := s.Arm(c.Context(), arms)
	c.must(nil, err)
	for i, r := range results {
		if r != followup.ArmedNow {
			c.Fatalf("%s: %s", arms[i].Row.ID, r)
		}
	}
}

func (c *crowd) finish(s *Store, arms []followup.Arm) {
	c.Helper()
	ends := make([]followup.Finish, len(arms))
	for i, a := range arms {
		ends[i] = storetest.Ending(a, storetest.Start())
	}
	c.must(s.Finish(c.Context(), ends))
}

// records is how many there are of what was armed together.
func (c *crowd) records() int64 { return c.number("SELECT count(*) FROM arming") }

// number asks the file itself.
func (c *crowd) number(query string) (n int64) {
	c.Helper()
	c.must(nil, c.s.query(c.Context(), query, func(r row) error { n = r.int(0); return nil }))
	return n
}

// shows wants every first row armed, and its send counted.
func (c *crowd) shows(s *Store) {
	c.Helper()
	js, cs := c.load(s)
	for i := range js {
		row := js[i].Row(c.arms[i].Row.ID)
		if row.State != followup.Armed || row.Attempt != "a1" || row.Version != c.arms[i].Row.Version+1 {
			c.Errorf("%s is %s in attempt %q, version %d", row.ID, row.State, row.Attempt, row.Version)
		}
		want := c.arms[i].Contact
		want.Version++
		if d := cmp.Diff(want, cs[i]); d != "" {
			c.Errorf("%s: %s", want.ID, d)
		}
	}
}

func TestASendWritesItsJourneyOnce(t *testing.T) {
	c := newCrowd(t, 5)
	if n := c.records(); n != 1 {
		t.Errorf("%d records, want one for all that was armed", n)
	}
	if v := c.number("SELECT sum(v) FROM journey") + c.number("SELECT sum(v) FROM contact"); v != 10 {
		t.Errorf("armed: versions of 5 journeys and 5 contacts add up to %d, want 10: they are written later", v)
	}
	c.finish(c.s, c.arms)
	if v, n := c.number("SELECT sum(v) FROM journey")+c.number("SELECT sum(v) FROM contact"), c.records(); v != 20 || n != 0 {
		t.Errorf("ended: versions add up to %d, want 20; %d records, want none", v, n)
	}
	js, cs := c.load(c.s)
	for i := range js {
		if r := js[i].Rows[0]; r.State != followup.Sent || r.Version != 3 || cs[i].Version != 2 || len(cs[i].Sends) != len(c.arms[i].Contact.Sends) {
			t.Errorf("%s is %s, version %d; its contact has version %d and %d sends", r.ID, r.State, r.Version, cs[i].Version, len(cs[i].Sends))
		}
	}
}

// Whoever looks sees what is armed, in this process and in another, which may be
// what comes after this one died, or a backup.
func TestWhatIsArmedTogetherIsSeen(t *testing.T) {
	find := func(q followup.Query) func(*crowd, *Store) int {
		return func(c *crowd, s *Store) int {
			ids, _, err := s.Find(c.Context(), q, "", 100)
			c.must(nil, err)
			return len(ids)
		}
	}
	for name, look := range map[string]func(*crowd, *Store) int{
		"journeys": func(c *crowd, s *Store) int {
			js, err := s.Journeys(c.Context(), c.ids)
			c.must(nil, err)
			return len(js)
		},
		"contacts": func(c *crowd, s *Store) int {
			cs, err := s.Contacts(c.Context(), c.who)
			c.must(nil, err)
			return len(cs)
		},
		"armed":   find(followup.Query{State: followup.Armed}),
		"claimed": find(followup.Query{Claimed: true}),
		"due": func(c *crowd, s *Store) (n int) {
			refs, _, err := s.Due(c.Context(), storetest.Start().AddDate(1, 0, 0), "", 100)
			c.must(nil, err)
			for _, r := range refs {
				if r.State == followup.Armed {
					n++
				}
			}
			return n
		},
	} {
		for whose, from := range map[string]func(*crowd) *Store{
			"the same process": func(c *crowd) *Store { return c.s },
			"another process":  func(c *crowd) *Store { return c.open() },
			"the next process": func(c *crowd) *Store { c.must(nil, c.s.Close()); c.s = c.open(); return c.s },
			"a backup": func(c *crowd) *Store {
				dir := c.TempDir()
				c.must(nil, c.s.Backup(c.Context(), filepath.Join(dir, FileName)))
				c.dir = dir
				c.s = c.open()
				return c.s
			},
		} {
			t.Run(name+" by "+whose, func(t *testing.T) {
				c := newCrowd(t, 5)
				s := from(c)
				if n := look(c, s); n != 5 {
					t.Errorf("%d, want 5", n)
				}
				if n := c.records(); n != 0 {
					t.Errorf("%d records are left", n)
				}
				c.shows(s)
				c.finish(c.s, c.arms)
			})
		}
	}
}

func TestTheEarliestLookOfWhatIsArmedTogether(t *testing.T) {
	s := opened(t)
	o := storetest.Order(1, 1)
	if errs, err := s.Save(t.Context(), []followup.Change{o}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	row, contact := o.Rows[0], o.Contacts[0]
	row.Version, contact.Version = 1, 1
	a := storetest.Arming(row, contact, "a1", storetest.Start())
	a.Row.Next = row.Next.Add(time.Hour)
	if results, err := s.Arm(t.Context(), []followup.Arm{a}); err != nil || results[0] != followup.ArmedNow {
		t.Fatal(results, err)
	}
	if at, ok, err := s.NextLook(t.Context()); err != nil || !ok || !at.Equal(a.Row.Next) {
		t.Errorf("%s, %t, %v, want %s", at, ok, err, a.Row.Next)
	}
}

// A write of any process finds what is armed, too, and leaves the others armed.
func TestAWriteBesideWhatIsArmedTogether(t *testing.T) {
	for whose, from := range map[string]func(*crowd) *Store{
		"the same process": func(c *crowd) *Store { return c.s },
		"another process":  func(c *crowd) *Store { return c.open() },
	} {
		t.Run(whose, func(t *testing.T) {
			twin := newCrowd(t, 5)
			js, cs := twin.load(twin.s) // as they are in c, which it must not settle
			c := newCrowd(t, 5)
			s := from(c)
			stale := c.arms[0].Row // as it was before it was armed
			errs, err := s.Save(t.Context(), []followup.Change{{Journey: js[0].ID, Rows: []followup.FollowUp{stale}}})
			if err != nil || !errors.Is(errs[0], followup.ErrConflict) {
				t.Errorf("a row as it was before: %v, %v, want ErrConflict", errs, err)
			}
			beside := js[1].Rows[1]
			c.must(s.Save(t.Context(), []followup.Change{{Journey: js[1].ID, Rows: []followup.FollowUp{beside}}}))
			c.must(s.SaveContacts(t.Context(), []followup.Contact{cs[2]}))
			again, err := s.Arm(t.Context(), []followup.Arm{c.arms[3]})
			if err != nil || again[0] != followup.Lost {
				t.Errorf("armed again: %v, %v, want lost", again, err)
			}
			c.finish(c.s, c.arms)
			if n := c.records(); n != 0 {
				t.Errorf("%d records are left", n)
			}
		})
	}
}

func TestSomeOfWhatIsArmedTogetherEnds(t *testing.T) {
	c := newCrowd(t, 5)
	c.finish(c.s, c.arms[1:3])
	js, _ := c.load(c.s)
	for i := range js {
		want := followup.Armed
		if i == 1 || i == 2 {
			want = followup.Sent
		}
		if got := js[i].Rows[0].State; got != want {
			t.Errorf("%s is %s, want %s", js[i].Rows[0].ID, got, want)
		}
	}
	c.finish(c.s, c.arms)
}

// After a commit of which nobody knows, this process trusts the file alone.
func TestAnUnclearCommitIsLookedUp(t *testing.T) {
	c := newCrowd(t, 5)
	c.s.w.pending.disown()
	c.shows(c.s)
	c = newCrowd(t, 5)
	c.s.w.pending.disown()
	c.finish(c.s, c.arms)
	if n := c.records(); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// A program that knows of no records may have written since: what is stored counts.
func TestWhatIsStoredCountsAgainstARecord(t *testing.T) {
	c := newCrowd(t, 3)
	body := c.body()
	js, cs := c.load(c.s)
	js[0].Rows[0].State = followup.Voided
	c.must(c.s.Save(t.Context(), []followup.Change{{Journey: js[0].ID, Rows: js[0].Rows[:1], Contacts: cs[:1]}}))
	want, wantC := c.load(c.s)
	c.must(nil, c.s.w.do(t.Context(), statement(func(b *batch) error {
		return b.w.exec("INSERT INTO arming (seq, owner, body) VALUES (1, 1, ?)", body)
	})))
	got, gotC := c.load(c.open())
	if d := cmp.Diff(want, got) + cmp.Diff(wantC, gotC); d != "" || c.records() != 0 {
		t.Errorf("%d records, %s", c.records(), d)
	}
}

func (c *crowd) body() (body []byte) {
	c.must(nil, c.s.query(c.Context(), "SELECT body FROM arming", func(r row) error { body = r.blob(0); return nil }))
	return body
}

// What several calls of a group concern, or is new, is written where it belongs.
func TestWhatIsTangledIsWrittenWhereItBelongs(t *testing.T) {
	plain := func(c *crowd, i, row int) followup.Arm {
		js, cs := c.load(c.s)
		return storetest.Arming(js[i].Rows[row], cs[i], "a2", storetest.Start())
	}
	for name, arms := range map[string]func(*crowd) []followup.Arm{
		"two rows of a journey": func(c *crowd) []followup.Arm {
			a, b := plain(c, 0, 1), plain(c, 0, 0)
			b.Contact = plain(c, 1, 1).Contact
			return []followup.Arm{a, b}
		},
		"two rows of a contact": func(c *crowd) []followup.Arm {
			a, b := plain(c, 0, 1), plain(c, 1, 1)
			b.Contact = a.Contact.Clone()
			b.Contact.Version++
			return []followup.Arm{a, b}
		},
		"a new contact": func(c *crowd) []followup.Arm {
			a := plain(c, 0, 1)
			a.Contact = storetest.Customer(77)
			return []followup.Arm{a, plain(c, 1, 1)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, 2)
			js, _ := c.load(c.s)
			js[0].Rows[0].State, js[0].Rows[0].Attempt = followup.Planned, ""
			c.must(c.s.Save(t.Context(), []followup.Change{{Journey: js[0].ID, Rows: js[0].Rows[:1]}}))
			c.finish(c.s, c.arms[1:])
			list := arms(c)
			c.arm(c.s, list)
			if n := c.records(); n != 0 {
				t.Errorf("%d records", n)
			}
			c.finish(c.s, list)
		})
	}
}

// One call arms and another, in the same commit, changes a row beside.
func TestAnArmAndASaveInOneCommit(t *testing.T) {
	for _, first := range []string{"arm", "save"} {
		t.Run(first+" first", func(t *testing.T) {
			c := newCrowd(t, 2)
			c.finish(c.s, c.arms)
			js, cs := c.load(c.s)
			a := storetest.Arming(js[0].Rows[1], cs[0], "a2", storetest.Start())
			var e encoder
			contact, err := c.s.packs.contact(&a.Contact)
			c.must(nil, err)
			beside := followup.Change{Journey: js[0].ID, Rows: js[0].Rows[:1]}
			arm := &armOp{arms: []armOut{{newRowOut(&e, &a.Row), contact}}}
			save := &saveOp{changes: []changeOut{c.s.packs.change(&beside)}}
			group := []*job{{op: arm, done: make(chan error, 1)}, {op: save, done: make(chan error, 1)}}
			if first == "save" {
				slices.Reverse(group)
			}
			c.s.w.commit(group) // nobody else calls
			for _, j := range group {
				c.must(nil, <-j.done)
			}
			c.must(save.errs, nil)
			got, _ := c.load(c.s)
			if r := got[0].Rows; arm.results[0] != followup.ArmedNow || r[0].Version != js[0].Rows[0].Version+1 || r[1].Attempt != "a2" || r[1].State != followup.Armed {
				t.Errorf("%v, %+v", arm.results, r)
			}
		})
	}
}

func TestClearTakesWhatIsArmedTogether(t *testing.T) {
	c := newCrowd(t, 3)
	c.must(nil, c.s.Clear(t.Context()))
	if n := c.records(); n != 0 {
		t.Errorf("%d records are left", n)
	}
	c.must(c.s.Save(t.Context(), manyOrders(0, 3)))
	js, _ := c.load(c.s)
	for i := range js {
		if r := js[i].Rows[0]; r.State != followup.Planned || r.Version != 1 {
			t.Errorf("%s is %s, version %d", r.ID, r.State, r.Version)
		}
	}
}

// Where nothing can be written a reader sees what was before, and no error.
func TestReadingGoesOnWhereNothingCanBeWritten(t *testing.T) {
	c := newCrowd(t, 3)
	s := c.open()
	c.must(nil, s.w.exec("PRAGMA query_only = ON"))
	js, cs := c.load(s)
	refs, _, err := s.Due(t.Context(), storetest.Start().AddDate(1, 0, 0), "", 100)
	if err != nil || len(refs) != 6 || js[0].Rows[0].State != followup.Planned || cs[0].Version != 1 || c.records() != 1 {
		t.Errorf("%d rows are due, %v; the first is %s; its contact has version %d; %d records", len(refs), err, js[0].Rows[0].State, cs[0].Version, c.records())
	}
}

func manyOrders(from, until int) (out []followup.Change) {
	for n := from; n < until; n++ {
		out = append(out, storetest.Order(n, 2))
	}
	return out
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	c := newCrowd(t, 40)
	body := c.body()
	arms, err := decodeArms(string(body))
	c.must(nil, err)
	var e encoder
	e.arms(arms)
	if string(e.b) != string(body) || len(arms) != 40 {
		t.Errorf("%d arms, written again %d bytes of %d", len(arms), len(e.b), len(body))
	}
	if _, err := decodeArms("\x02" + string(body[1:])); !errors.Is(err, ErrNewer) {
		t.Errorf("a later form: %v", err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		cut := string(body[:r.IntN(len(body))])
		if _, err := decodeArms(cut); err == nil {
			t.Fatalf("a record cut to %d bytes of %d was read", len(cut), len(body))
		}
	}
}

// Reads and writes of two processes beside a drain: every row ends once.
func TestAnyoneMayLookWhileThingsAreArmed(t *testing.T) {
	c := newCrowd(t, 30)
	other := c.open()
	var done atomic.Bool
	looked := make(chan error, 2)
	for _, s := range []*Store{c.s, other} {
		go func() {
			for !done.Load() {
				if _, err := s.Journeys(t.Context(), c.ids[:3]); err != nil {
					looked <- err
					return
				}
				if _, _, err := s.Find(t.Context(), followup.Query{State: followup.Armed}, "", 100); err != nil {
					looked <- err
					return
				}
			}
			looked <- nil
		}()
	}
	for n := range 30 {
		c.finish(c.s, c.arms)
		js, cs := c.load(c.s)
		arms := c.arms[:0]
		for i := range js {
			row := js[i].Rows[0]
			if row.State != followup.Sent || row.Version != int64(3*n+3) {
				t.Fatalf("%s is %s, version %d", row.ID, row.State, row.Version)
			}
			row.State, row.Attempt = followup.Planned, ""
			c.must(c.s.Save(t.Context(), []followup.Change{{Journey: js[i].ID, Rows: []followup.FollowUp{row}}}))
			row.Version++
			arms = append(arms, storetest.Arming(row, cs[i], "a1", storetest.Start()))
		}
		c.arms = arms
		c.arm(c.s, c.arms)
	}
	done.Store(true)
	c.must([]error{<-looked}, <-looked)
}
