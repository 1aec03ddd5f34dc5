package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"aftersales/internal/followup"
)

// RunCensus tests that all of a store can be listed. The store must be a
// [followup.Census] as well.
func RunCensus(t *testing.T, h Harness) {
	for _, p := range censusPromises {
		t.Run(p.name, func(t *testing.T) {
			p.test(suite{T: t, Harness: h, s: h.Open(t)})
		})
	}
}

func (u suite) census() followup.Census {
	u.Helper()
	c, ok := u.s.(followup.Census)
	if !ok {
		u.Fatalf("%T is no followup.Census", u.s)
	}
	return c
}

// listed wants exactly these contacts in pages of every size, in one order.
func (u suite) listed(want ...followup.ContactID) {
	u.Helper()
	slices.Sort(want)
	var first []followup.ContactID
	for n, limit := range []int{1, 2, 3, 100} {
		got := pages(u, limit, u.census().ContactIDs)
		if n == 0 {
			first = slices.Clone(got)
		}
		u.same(fmt.Sprintf("the order of contacts by %d", limit), got, first)
		slices.Sort(got)
		u.same(fmt.Sprintf("contacts by %d", limit), got, want)
	}
}

// kept returns the inbox by key, each body at most once.
func (u suite) kept(limit int) map[followup.InboxKey]followup.Kept {
	u.Helper()
	out := map[followup.InboxKey]followup.Kept{}
	for _, k := range pages(u, limit, u.census().Bodies) {
		if _, twice := out[k.InboxKey]; twice {
			u.Errorf("body %s is listed twice", k.Key)
		}
		out[k.InboxKey] = k
	}
	return out
}

var censusPromises = []promise{
	{"an empty store lists nothing", func(u suite) {
		u.listed()
		u.same("bodies", len(u.kept(10)), 0)
		docs, err := u.census().PlanDocs(u.Context())
		u.ok("list plans", err)
		u.same("plans", docs, []followup.PlanDoc(nil))
	}},
	{"every contact once, also those that no journey names", func(u suite) {
		a, b, c := Order(1, 1), Order(2, 1), Order(3, 1)
		u.saved(a, b, c)
		stray := Customer(4)
		errs, err := u.s.SaveContacts(u.Context(), []followup.Contact{stray})
		u.ok("save contact", err)
		u.each("save contact", errs, nil)
		u.listed(a.Head.Contact, b.Head.Contact, c.Head.Contact, stray.ID)
		changed := u.contact(stray.ID)
		changed.Erase(Start())
		_, err = u.s.SaveContacts(u.Context(), []followup.Contact{changed})
		u.ok("save contact", err)
		u.listed(a.Head.Contact, b.Head.Contact, c.Head.Contact, stray.ID)
	}},
	{"every plan, by shop, name and version", func(u suite) {
		docs := []followup.PlanDoc{
			{Hash: "h4", Shop: "b", Name: "a", Version: 1, Source: []byte("plan: a")},
			{Hash: "h2", Shop: "a", Name: "x", Version: 10, Source: []byte("plan: x # 10")},
			{Hash: "h1", Shop: "a", Name: "x", Version: 2, Source: []byte("plan: x")},
			{Hash: "h3", Shop: "a", Name: "y", Version: 1, Source: []byte("plan: y \x00\xff")},
			{Hash: "h5", Name: "of every shop", Version: 1, Source: []byte("plan: z")},
		}
		for _, d := range docs {
			u.ok("save plan", u.s.SavePlan(u.Context(), d))
		}
		got, err := u.census().PlanDocs(u.Context())
		u.ok("list plans", err)
		u.same("plans", got, []followup.PlanDoc{docs[4], docs[2], docs[1], docs[3], docs[0]})
	}},
	{"every body with what became of it, each once", func(u suite) {
		in := []followup.Incoming{webhook(1, "Grüße \x00\xff"), webhook(2, "a"), webhook(3, "b"), webhook(4, "c")}
		u.accept(followup.Accepted, in...)
		c := Order(1, 1)
		c.Done = []followup.InboxKey{in[1].InboxKey}
		u.saved(c)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in[2].InboxKey}, "no order is named"))
		want := map[followup.InboxKey]followup.Kept{
			in[0].InboxKey: {Incoming: in[0]},
			in[1].InboxKey: {Incoming: in[1], Done: true},
			in[2].InboxKey: {Incoming: in[2], Done: true, Reason: "no order is named"},
			in[3].InboxKey: {Incoming: in[3]},
		}
		for _, limit := range []int{1, 2, 100} {
			got := u.kept(limit)
			for key, k := range got {
				if k.Done || u.NoWaiting { // what is done may lose its body; a queue knows what waits
					k.Body, k.Done, k.Reason = want[key].Body, want[key].Done, want[key].Reason
					got[key] = k
				}
			}
			u.same(fmt.Sprintf("bodies by %d", limit), got, want)
		}
	}},
	{"a body of which only key and hash are known is seen, and stays done", func(u suite) {
		in := webhook(1, "a")
		bare := in
		bare.Body = nil
		u.accept(followup.Accepted, bare)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in.InboxKey}, "moved here"))
		u.accept(followup.Different, webhook(1, "b"))
		u.same("bodies", len(u.kept(10)), 1)
		if !u.NoWaiting {
			u.same("waiting", u.waiting(10), []followup.Incoming(nil))
		}
		u.accept(followup.Seen, in)
	}},
	{"a cancelled context lists nothing", func(u suite) {
		ctx, cancel := context.WithCancel(u.Context())
		cancel()
		if _, _, err := u.census().ContactIDs(ctx, "", 10); err == nil {
			u.Error("contacts were listed")
		}
		if _, err := u.census().PlanDocs(ctx); err == nil {
			u.Error("plans were listed")
		}
		if _, _, err := u.census().Bodies(ctx, "", 10); err == nil {
			u.Error("bodies were listed")
		}
	}},
}
