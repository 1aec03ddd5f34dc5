package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"aftersales/internal/followup"
)

var concurrentPromises = []promise{
	{"of concurrent arms of one row exactly one wins", func(u suite) {
		for n := range 5 {
			a := u.armable(n, 1, "")[0]
			var won atomic.Int32
			var wg sync.WaitGroup
			for k := range 8 {
				wg.Go(func() {
					mine := a
					mine.Row.Attempt = fmt.Sprintf("a%d", k)
					got, err := u.s.Arm(context.WithoutCancel(u.Context()), []followup.Arm{mine})
					if err != nil || len(got) != 1 {
						u.Errorf("arm: %v, %v", got, err)
					} else if got[0] == followup.ArmedNow {
						won.Add(1)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				u.Errorf("%d attempts armed the row, want 1", won.Load())
			}
		}
	}},
	{"of concurrent saves of one version exactly one wins each round", func(u suite) {
		c := Order(1, 1)
		u.saved(c)
		const rounds, callers = 10, 6
		for range rounds {
			j := u.load(c.Journey)
			var won atomic.Int32
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					errs, err := u.s.Save(context.WithoutCancel(u.Context()), []followup.Change{{Journey: j.ID, Version: j.Version, Head: &j.Head, Rows: j.Rows}})
					switch {
					case err != nil:
						u.Errorf("save: %v", err)
					case errs[0] == nil:
						won.Add(1)
					case !errors.Is(errs[0], followup.ErrConflict):
						u.Errorf("save: %v", errs[0])
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				u.Errorf("%d saves of one version were written, want 1", won.Load())
			}
		}
		if got := u.load(c.Journey); got.Version != rounds+1 || got.Rows[0].Version != rounds+1 {
			u.Errorf("versions %d and %d, want %d", got.Version, got.Rows[0].Version, rounds+1)
		}
	}},
	{"writers of different journeys never conflict, readers see whole journeys", manyWriters},
}

// manyWriters saves orders from several goroutines while others read.
func manyWriters(u suite) {
	const writers, orders = 4, 25
	ctx, stop := context.WithCancel(context.WithoutCancel(u.Context()))
	var writing, reading sync.WaitGroup
	for range 2 {
		reading.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				u.seesWhole(ctx, Order(n%(writers*orders), 6))
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			for n := range orders {
				errs, err := u.s.Save(context.WithoutCancel(u.Context()), []followup.Change{Order(w*orders+n, 6)})
				if err != nil || errs[0] != nil {
					u.Errorf("save: %v, %v", errs, err)
				}
			}
		})
	}
	writing.Wait()
	stop()
	reading.Wait()
	if got := u.find(followup.Query{All: true}, 30); len(got) != writers*orders {
		u.Errorf("%d journeys, want %d", len(got), writers*orders)
	}
}

// seesWhole wants a journey with all its rows, or none.
func (u suite) seesWhole(ctx context.Context, c followup.Change) {
	js, err := u.s.Journeys(context.WithoutCancel(ctx), []followup.JourneyID{c.Journey})
	if err != nil || len(js) != 1 {
		u.Errorf("load: %v", err)
		return
	}
	if j := js[0]; j.Version != 0 && len(j.Rows) != len(c.Rows) || j.Version == 0 && len(j.Rows) != 0 && !u.NoTransactions {
		u.Errorf("journey with version %d has %d rows", j.Version, len(j.Rows))
	}
}

var cancelPromises = []promise{
	{"every method answers with the cause of a cancelled context", func(u suite) {
		ctx, cancel := context.WithCancel(u.Context())
		cancel()
		c := Order(1, 1)
		for name, call := range calls(u.s, c) {
			if err := call(ctx); !errors.Is(err, context.Canceled) {
				u.Errorf("%s: %v, want context.Canceled", name, err)
			}
		}
		u.same("journey", u.load(c.Journey), followup.Journey{ID: c.Journey})
	}},
}

// calls has every method of a store once.
func calls(s followup.Store, c followup.Change) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Accept": func(ctx context.Context) error {
			_, err := s.Accept(ctx, []followup.Incoming{webhook(1, "a")})
			return err
		},
		"Waiting": func(ctx context.Context) error { _, _, err := s.Waiting(ctx, "", 1); return err },
		"Done":    func(ctx context.Context) error { return s.Done(ctx, c.Done, "") },
		"Journeys": func(ctx context.Context) error {
			_, err := s.Journeys(ctx, []followup.JourneyID{c.Journey})
			return err
		},
		"Save": func(ctx context.Context) error { _, err := s.Save(ctx, []followup.Change{c}); return err },
		"Find": func(ctx context.Context) error {
			_, _, err := s.Find(ctx, followup.Query{All: true}, "", 1)
			return err
		},
		"Events": func(ctx context.Context) error { _, _, err := s.Events(ctx, c.Journey, "", 1); return err },
		"Due":    func(ctx context.Context) error { _, _, err := s.Due(ctx, Start(), "", 1); return err },
		"Arm": func(ctx context.Context) error {
			_, err := s.Arm(ctx, []followup.Arm{Arming(c.Rows[0], c.Contacts[0], "a1", Start())})
			return err
		},
		"Finish": func(ctx context.Context) error {
			_, err := s.Finish(ctx, []followup.Finish{Ending(Arming(c.Rows[0], c.Contacts[0], "a1", Start()), Start())})
			return err
		},
		"Contacts": func(ctx context.Context) error {
			_, err := s.Contacts(ctx, []followup.ContactID{c.Head.Contact})
			return err
		},
		"SaveContacts": func(ctx context.Context) error { _, err := s.SaveContacts(ctx, c.Contacts); return err },
		"Plan":         func(ctx context.Context) error { _, err := s.Plan(ctx, "aa"); return err },
		"SavePlan":     func(ctx context.Context) error { return s.SavePlan(ctx, followup.PlanDoc{Hash: "aa"}) },
	}
}
