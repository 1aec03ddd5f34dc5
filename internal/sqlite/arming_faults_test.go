package sqlite

import (
	"errors"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// spoiled is a folder whose process died while things were armed, with a record
// that nobody can read, and the next process.
func spoiled(t *testing.T) *crowd {
	t.Helper()
	c := newCrowd(t, 3)
	c.must(nil, c.s.w.exec("UPDATE arming SET body = substr(body, 1, 50)"))
	c.must(nil, c.s.Close())
	c.s = c.open()
	return c
}

// Everything but arming goes on beside a record that nobody can read: what it
// says of a row is not known, so nothing may be sent.
func TestARecordThatNobodyCanRead(t *testing.T) {
	body := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: "1"}, Hash: "h", Body: []byte("{}")}
	for name, do := range map[string]func(*crowd) error{
		"accept": func(c *crowd) error {
			_, err := c.s.Accept(c.Context(), []followup.Incoming{body})
			return err
		},
		"save": func(c *crowd) error {
			c.must(c.s.Save(c.Context(), manyOrders(10, 11)))
			return nil
		},
		"setting": func(c *crowd) error { return c.s.SetMeta(c.Context(), "epoch", "2") },
		"load": func(c *crowd) error {
			c.load(c.s)
			return nil
		},
		"find": func(c *crowd) error {
			_, _, err := c.s.Find(c.Context(), followup.Query{State: followup.Armed}, "", 10)
			return err
		},
		"due": func(c *crowd) error {
			_, _, err := c.s.Due(c.Context(), storetest.Start().AddDate(1, 0, 0), "", 10)
			return err
		},
		"next look": func(c *crowd) error {
			_, _, err := c.s.NextLook(c.Context())
			return err
		},
		"clear": func(c *crowd) error { return c.s.Clear(c.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			c := spoiled(t)
			if err := do(c); err != nil {
				t.Error(err)
			}
		})
	}
	c := spoiled(t)
	js, cs := c.load(c.s)
	a := storetest.Arming(js[0].Rows[0], cs[0], "a2", storetest.Start())
	if got, err := c.s.Arm(t.Context(), []followup.Arm{a}); err == nil || c.records() != 1 {
		t.Errorf("armed beside it: %v; %d records", got, c.records())
	}
}

func TestClearByTheNextProcess(t *testing.T) {
	c := newCrowd(t, 3)
	c.must(nil, c.s.Close())
	c.s = c.open()
	c.must(nil, c.s.Clear(t.Context()))
	if n := c.records(); n != 0 {
		t.Errorf("%d records", n)
	}
}

// What is no longer there is no longer remembered, whoever took it away.
func TestARecordThatIsGoneIsForgotten(t *testing.T) {
	for name, take := range map[string]func(*crowd){
		"ended here":   func(c *crowd) { c.finish(c.s, c.arms) },
		"settled here": func(c *crowd) { c.load(c.s) },
		"settled by another process": func(c *crowd) {
			c.load(c.open())
			c.finish(c.s, c.arms)
		},
		"cleared": func(c *crowd) { c.must(nil, c.s.Clear(c.Context())) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, 3)
			take(c)
			if p := c.s.w.pending; len(p.records)+len(p.journeys)+len(p.contacts) != 0 {
				t.Errorf("%d records of %d journeys and %d contacts are remembered", len(p.records), len(p.journeys), len(p.contacts))
			}
		})
	}
}

// A spend is given back to a contact that was not heard of since thousands of others.
func TestASpendIsGivenBackToWhoIsForgotten(t *testing.T) {
	for _, settled := range []bool{false, true} {
		c := newCrowd(t, 1)
		if settled {
			c.load(c.s)
		}
		c.s.recall = recall{}
		f := storetest.Ending(c.arms[0], storetest.Start())
		f.Row.State, f.Unspend = followup.Failed, c.who[0]
		c.must(c.s.Finish(t.Context(), []followup.Finish{f}))
		_, cs := c.load(c.s)
		if got, want := len(cs[0].Sends), len(c.arms[0].Contact.Sends)-1; got != want {
			t.Errorf("settled %t: %d sends, want %d", settled, got, want)
		}
	}
}

// A reader that began earlier may note an older state than the one that is armed.
func TestASettlingTrustsNoOlderMemory(t *testing.T) {
	c := newCrowd(t, 1)
	c.finish(c.s, c.arms)
	js, cs := c.load(c.s)
	old, _ := c.s.recall.journey(c.ids[0])
	c.must(c.s.Save(t.Context(), []followup.Change{{Journey: c.ids[0], Rows: js[0].Rows[1:]}}))
	c.must(c.s.SaveContacts(t.Context(), cs))
	js, cs = c.load(c.s)
	a := storetest.Arming(js[0].Rows[1], cs[0], "a2", storetest.Start())
	c.arm(c.s, []followup.Arm{a})
	c.s.recall.forget(c.ids[0])
	c.s.recall.sawJourney(c.ids[0], old)
	js, cs = c.load(c.s)
	if r := js[0].Rows[1]; r.State != followup.Armed || r.Attempt != "a2" || len(cs[0].Sends) != 2 || c.records() != 0 {
		t.Errorf("%s in attempt %q, %d sends, %d records", r.State, r.Attempt, len(cs[0].Sends), c.records())
	}
}

func TestASettlingTrustsNoOlderContact(t *testing.T) {
	c := newCrowd(t, 1)
	c.finish(c.s, c.arms)
	js, cs := c.load(c.s)
	a := storetest.Arming(js[0].Rows[1], cs[0], "a2", storetest.Start())
	c.arm(c.s, []followup.Arm{a})
	k, _ := c.s.recall.contact(c.who[0])
	c.s.recall.contacts.drop(c.who[0])
	k.version--
	c.s.recall.sawContact(c.who[0], k)
	c.finish(c.s, []followup.Arm{a})
	if _, cs = c.load(c.s); len(cs[0].Sends) != 2 || c.records() != 0 {
		t.Errorf("%d sends, %d records", len(cs[0].Sends), c.records())
	}
}

// What a dead process armed cannot be seen while another writes for too long: that
// is said, instead of what was before.
func TestALockedDatabaseHidesNothing(t *testing.T) {
	c := newCrowd(t, 3)
	s, err := Open(t.Context(), c.dir, Options{NoSync: true, BusyWait: time.Millisecond})
	c.must(nil, err)
	t.Cleanup(func() { _ = s.Close() })
	c.must(nil, c.s.w.exec("BEGIN IMMEDIATE"))
	_, err = s.Journeys(t.Context(), c.ids)
	if !errors.Is(err, ErrLocked) {
		t.Errorf("%v, want it locked", err)
	}
	c.must(nil, c.s.w.exec("ROLLBACK"))
	c.shows(s)
}
