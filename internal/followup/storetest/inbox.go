package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aftersales/internal/followup"
)

func webhook(n int, body string) followup.Incoming {
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: fmt.Sprintf("orders/create ev-%d", n)},
		Topic:    "orders/create", Hash: fmt.Sprintf("%064x", len(body)*1000+int(body[0])), Body: []byte(body),
		At: Start().Add(time.Duration(n) * time.Millisecond),
	}
}

func (u suite) accept(want followup.Verdict, in ...followup.Incoming) {
	u.Helper()
	got, err := u.s.Accept(u.Context(), in)
	u.ok("accept", err)
	for i := range in {
		if got[i] != want {
			u.Errorf("accept %s: %q, want %q", in[i].Key, got[i], want)
		}
	}
}

func (u suite) waiting(limit int) []followup.Incoming {
	u.Helper()
	return pages(u, limit, u.s.Waiting)
}

var inboxPromises = []promise{
	{"a new body is stored and comes back as it was", func(u suite) {
		in := webhook(1, "Grüße \x00\xff aus Zürich")
		u.accept(followup.Accepted, in)
		if !u.NoWaiting {
			u.same("waiting", u.waiting(10), []followup.Incoming{in})
		}
	}},
	{"the same key and hash is seen, another hash is a conflict", func(u suite) {
		u.accept(followup.Accepted, webhook(1, "a"))
		u.accept(followup.Seen, webhook(1, "a"))
		u.accept(followup.Different, webhook(1, "b"))
		u.accept(followup.Seen, webhook(1, "a"))
	}},
	{"shop, source and key each make another body", func(u suite) {
		a, b, c := webhook(1, "a"), webhook(1, "a"), webhook(1, "a")
		b.Shop, c.Source = "other", "generic"
		u.accept(followup.Accepted, a, b, c)
	}},
	{"a body that is twice in one call is stored once", func(u suite) {
		got, err := u.s.Accept(u.Context(), []followup.Incoming{webhook(1, "a"), webhook(1, "a"), webhook(1, "b"), webhook(2, "a")})
		u.ok("accept", err)
		u.same("verdicts", got, []followup.Verdict{followup.Accepted, followup.Seen, followup.Different, followup.Accepted})
	}},
	{"nothing is accepted from nothing", func(u suite) {
		got, err := u.s.Accept(u.Context(), nil)
		u.ok("accept", err)
		if len(got) != 0 {
			u.Errorf("verdicts on nothing: %v", got)
		}
	}},
	{"large and empty bodies come back as they were", func(u suite) {
		if u.NoWaiting {
			return
		}
		big := webhook(1, "x")
		big.Body = make([]byte, 1<<20)
		for i := range big.Body {
			big.Body[i] = byte(i * i >> 3)
		}
		none := webhook(2, "x")
		none.Body, none.Topic = nil, ""
		u.accept(followup.Accepted, big, none)
		u.same("waiting", u.waiting(1), []followup.Incoming{big, none})
	}},
	{"of concurrent duplicates exactly one is stored", acceptsOnce},
	{"waiting pages come oldest first, each body once", func(u suite) {
		if u.NoWaiting {
			return
		}
		var want []followup.Incoming
		for n := range 7 {
			want = append(want, webhook(n, "body"))
		}
		u.accept(followup.Accepted, want[:3]...)
		u.accept(followup.Accepted, want[3:]...)
		for _, limit := range []int{1, 2, 3, 7, 100} {
			u.same(fmt.Sprintf("waiting by %d", limit), u.waiting(limit), want)
		}
	}},
	{"what a save or a reason has done waits no more but stays seen", func(u suite) {
		in := []followup.Incoming{webhook(1, "a"), webhook(2, "a"), webhook(3, "a")}
		u.accept(followup.Accepted, in...)
		c := Order(1, 1)
		c.Done = []followup.InboxKey{in[0].InboxKey, {Shop: "main", Source: "nobody", Key: "knows"}}
		u.saved(c)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in[2].InboxKey, in[2].InboxKey}, "no order is named"))
		u.ok("done", u.s.Done(u.Context(), nil, ""))
		if !u.NoWaiting {
			u.same("waiting", u.waiting(10), in[1:2])
		}
	}},
	{"what is seen again is queued again, in its old place", func(u suite) {
		in := []followup.Incoming{webhook(1, "a"), webhook(2, "a")}
		u.accept(followup.Accepted, in...)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in[0].InboxKey, in[1].InboxKey}, "understood"))
		u.accept(followup.Different, webhook(1, "b"))
		if !u.NoWaiting {
			u.same("bodies waiting after another body", len(u.waiting(10)), 0)
		}
		u.accept(followup.Seen, in[0])
		if !u.NoWaiting {
			u.same("waiting", u.waiting(10), in[:1])
		}
	}},
	{"a save that conflicts leaves its bodies waiting", func(u suite) {
		in := webhook(1, "a")
		u.accept(followup.Accepted, in)
		c := Order(1, 1)
		c.Version, c.Done = 7, []followup.InboxKey{in.InboxKey}
		u.save([]followup.Change{c}, followup.ErrConflict)
		if !u.NoWaiting {
			u.same("waiting", u.waiting(10), []followup.Incoming{in})
		}
	}},
}

func acceptsOnce(u suite) {
	const callers, bodies = 8, 20
	stored := make([]int, bodies)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for n := range bodies {
				got, err := u.s.Accept(context.WithoutCancel(u.Context()), []followup.Incoming{webhook(n, "a")})
				if err != nil || len(got) != 1 {
					u.Errorf("accept: %v, %v", got, err)
					return
				}
				if got[0] == followup.Accepted {
					mu.Lock()
					stored[n]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for n, times := range stored {
		if times != 1 {
			u.Errorf("body %d was stored %d times", n, times)
		}
	}
}
