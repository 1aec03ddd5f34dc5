package transfer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

// TestMerge imports into a store that lives: what is there stays, no opt-out is
// lost on either side, what differs is told.
func TestMerge(t *testing.T) {
	from, _ := sample(t)
	for id := range people(t, from) { // everybody said no to calls, there
		c := mustContact(t, from, id)
		c.Suppress(followup.Suppression{Channel: followup.Call, Reason: "do-not-call", At: end})
		if _, err := from.SaveContacts(t.Context(), []followup.Contact{c}); err != nil {
			t.Fatal(err)
		}
	}
	file := exported(t, from, 0)
	to, set := memory.New(), settings{"epoch": "4"}
	live := newPlace(t, to, newPost(), 4, &names{n: 1000})
	if _, err := live.live(t.Context(), crowd(3)[:6], at("2026-03-20T10:02")); err != nil {
		t.Fatal(err)
	}
	mine := people(t, to)
	for id := range mine {
		c := mine[id].Clone()
		c.Version = mustContact(t, to, id).Version
		c.Suppress(followup.Suppression{Channel: followup.Email, Reason: "complaint", At: end})
		if _, err := to.SaveContacts(t.Context(), []followup.Contact{c}); err != nil {
			t.Fatal(err)
		}
	}
	other := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "waits"}, Hash: "another", Body: []byte("x")}
	if _, err := to.Accept(t.Context(), []followup.Incoming{other}); err != nil {
		t.Fatal(err)
	}
	before, _, err := to.Find(t.Context(), followup.Query{All: true}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	r, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{Merge: true, Now: end})
	if err != nil {
		t.Fatal(err)
	}
	if r.Epoch != 5 || r.Journeys.New+len(before) != r.File.Journeys || r.Journeys.Same+r.Journeys.Conflicts != len(before) ||
		r.Bodies.Conflicts != 1 || r.Contacts.Merged != len(mine) || len(r.Conflicts) != 1+r.Journeys.Conflicts {
		t.Errorf("%+v", r)
	}
	now, then := people(t, to), people(t, from)
	for id := range mine {
		c := now[id]
		for _, m := range []followup.Medium{followup.Email, followup.Call} {
			if _, ok := c.SuppressedOn(m); !ok {
				t.Errorf("contact %s: the word on %s was lost", id, m)
			}
		}
		for _, s := range then[id].Sends {
			if !slices.ContainsFunc(now[id].Sends, func(o followup.Spend) bool { return o.FollowUp == s.FollowUp }) {
				t.Errorf("contact %s: the reservation of %s was lost", id, s.FollowUp)
			}
		}
	}
	again, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{Merge: true, Now: end})
	if err != nil || !again.Before {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestOverADeadSave imports over rows without a head.
func TestOverADeadSave(t *testing.T) {
	from, file := sample(t)
	ids, _, err := from.Find(t.Context(), followup.Query{All: true}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	js, err := from.Journeys(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	row := js[0].Rows[0]
	row.Version, row.State = 0, followup.Held
	to := memory.New()
	if _, err := to.Save(t.Context(), []followup.Change{{Journey: ids[0], Rows: []followup.FollowUp{row}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := into(t, file, transfer.Target{Store: to, Settings: settings{}}, transfer.Options{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(all(t, from), all(t, to)); d != "" {
		t.Error(d)
	}
}

func mustContact(t testing.TB, s transfer.Store, id followup.ContactID) followup.Contact {
	t.Helper()
	cs, err := s.Contacts(t.Context(), []followup.ContactID{id})
	if err != nil {
		t.Fatal(err)
	}
	return cs[0]
}
