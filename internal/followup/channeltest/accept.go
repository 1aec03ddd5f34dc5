package channeltest

import (
	"context"
	"sync"
	"testing"

	"aftersales/internal/followup"
)

func receipt(t *testing.T, h Harness) {
	b := h.New(t)
	for n := 1; n <= 3; n++ {
		r := mustSend(t, b, b.message(n))
		got := wantAccepted(t, b, n)
		if id := got[len(got)-1].Provider; id != "" && id != r.Provider {
			t.Errorf("receipt says %q, the provider %q", r.Provider, id)
		}
		if b.Calls() != n {
			t.Errorf("%d sends made %d calls", n, b.Calls())
		}
	}
}

func twice(t *testing.T, h Harness) {
	b := h.New(t)
	m := b.message(1)
	first, second := mustSend(t, b, m), mustSend(t, b, m)
	if b.Calls() != 2 {
		t.Errorf("two sends made %d calls", b.Calls())
	}
	if !h.CanTell {
		wantAccepted(t, b, 2) // nobody should believe it can
		return
	}
	wantAccepted(t, b, 1)
	if first != second {
		t.Errorf("receipts of one attempt differ: %v, %v", first, second)
	}
	m.Attempt = "another"
	if third := mustSend(t, b, m); third == first {
		t.Errorf("two attempts have the receipt %v", first)
	}
	wantAccepted(t, b, 2)
}

func atOnce(t *testing.T, h Harness) {
	b := h.New(t)
	const times = 8
	var wg sync.WaitGroup
	for range times {
		wg.Go(func() {
			if _, err := b.Channel.Send(t.Context(), b.message(1)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if h.CanTell {
		wantAccepted(t, b, 1)
	} else {
		wantAccepted(t, b, times)
	}
}

func concurrent(t *testing.T, h Harness) {
	b := h.New(t)
	const senders, each = 8, 5
	var (
		mu   sync.Mutex
		seen = map[string]bool{}
		wg   sync.WaitGroup
	)
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				r, err := b.Channel.Send(t.Context(), b.message(s*each+n))
				mu.Lock()
				if err != nil || seen[r.Provider] {
					t.Errorf("send: %v, receipt %q seen before: %t", err, r.Provider, seen[r.Provider])
				}
				seen[r.Provider] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	wantAccepted(t, b, senders*each)
	if b.Calls() != senders*each {
		t.Errorf("%d sends made %d calls", senders*each, b.Calls())
	}
}

func find(t *testing.T, h Harness) {
	b := h.New(t)
	f, ok := b.Channel.(followup.Finder)
	if ok != h.CanFind {
		t.Fatalf("the channel is a Finder: %t, the harness says %t", ok, h.CanFind)
	}
	if !ok {
		return
	}
	m := b.message(1)
	r := mustSend(t, b, m)
	e, err := f.Find(t.Context(), m.FollowUp, m.Attempt)
	if err != nil || !e.Accepted || e.Provider != r.Provider {
		t.Errorf("accepted as %s, found %+v, %v", r.Provider, e, err)
	}
}

func findNothing(t *testing.T, h Harness) {
	b := h.New(t)
	f, ok := b.Channel.(followup.Finder)
	if !ok {
		return // find has compared that with the harness
	}
	m := b.message(1)
	mustSend(t, b, m)
	for name, q := range map[string]followup.Message{
		"another follow-up":             {FollowUp: b.message(2).FollowUp, Attempt: m.Attempt},
		"another attempt":               {FollowUp: m.FollowUp, Attempt: "never"},
		"another attempt and follow-up": {FollowUp: b.message(3).FollowUp, Attempt: "never"},
	} {
		e, err := f.Find(t.Context(), q.FollowUp, q.Attempt)
		if err != nil || e.Accepted || !e.Conclusive {
			t.Errorf("%s: %+v, %v; want certainly not accepted", name, e, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := f.Find(ctx, b.message(2).FollowUp, "never"); err == nil && !e.Conclusive {
		t.Errorf("cancelled: %+v", e)
	}
}
