package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/sqlite"
	"aftersales/internal/transfer"
)

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// settings are values in memory.
type settings map[string]string

func (s settings) Meta(_ context.Context, key string) (string, error) { return s[key], nil }

func (s settings) SetMeta(_ context.Context, key, value string) error { s[key] = value; return nil }

// moved exports a store at rest and imports it into another.
func moved(t testing.TB, from, to transfer.Store, epoch int, set transfer.Settings) transfer.Report {
	t.Helper()
	r, err := transfer.Import(t.Context(), bytes.NewReader(exported(t, from, epoch)), transfer.Target{Store: to, Settings: set, Key: "k"}, transfer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func exported(t testing.TB, from transfer.Store, epoch int) []byte {
	t.Helper()
	var file bytes.Buffer
	h := transfer.Header{ID: "x1", At: at("2026-04-01T00:00"), Form: "embedded", Epoch: epoch, Quiet: true, Key: "k"}
	if _, err := transfer.Export(t.Context(), &file, from, h, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// end is after everything.
var end = at("2028-09-01T12:00")

// straight lives the whole crowd in one store.
func straight(t testing.TB, seed uint32) (*post, string) {
	t.Helper()
	p := newPost()
	here := newPlace(t, memory.New(), p, 0, &names{})
	if _, err := here.live(t.Context(), crowd(seed), end); err != nil {
		t.Fatal(err)
	}
	return p, all(t, here.store)
}

// TestMovedHalfway lives a part of a crowd in one store and the rest in two
// others: the same mails in the same order, the same journeys to the byte.
func TestMovedHalfway(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for seed := range uint32(4) {
		want, journeys := straight(t, seed)
		for range 5 {
			cuts := []time.Time{cut(r), cut(r)}
			slices.SortFunc(cuts, time.Time.Compare)
			got, ids, epoch := newPost(), &names{}, 0
			here, todo := newPlace(t, memory.New(), got, 0, ids), crowd(seed)
			for _, when := range cuts {
				left, err := here.live(t.Context(), todo, when)
				if err != nil {
					t.Fatal(err)
				}
				there := memory.New()
				epoch = moved(t, here.store, there, epoch, settings{}).Epoch
				here, todo = newPlace(t, there, forgetful{got}, epoch, ids), left
			}
			if _, err := here.live(t.Context(), todo, end); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want.order, got.order); d != "" {
				t.Errorf("crowd %d: sends, moved at %s (-straight +moved):\n%s", seed, cuts, d)
			}
			if d := cmp.Diff(journeys, all(t, here.store)); d != "" {
				t.Errorf("crowd %d: journeys, moved at %s (-straight +moved):\n%s", seed, cuts, d)
			}
		}
	}
}

// cut is a moment of the first two months, mostly in the hours in which retries
// are under way.
func cut(r *rand.Rand) time.Time {
	minute := 8*60 + r.IntN(4*60)
	if r.IntN(3) == 0 {
		minute = r.IntN(24 * 60)
	}
	return at("2026-03-02T00:00").AddDate(0, 0, r.IntN(60)).Add(time.Duration(minute) * time.Minute)
}

// TestKilledInASend moves a store whose process died in a provider call: nothing
// is accepted twice, and what may have been is for a person to decide, even when
// the channel on the other side says that it never had it.
func TestKilledInASend(t *testing.T) {
	for die := 1; die < 30; die += 3 {
		for _, before := range []bool{true, false} {
			p := newPost()
			p.die, p.before = die, before
			ids := &names{}
			here := newPlace(t, mortal{memory.New(), p}, p, 0, ids)
			left := killed(t, here, crowd(7))
			there := memory.New()
			report := moved(t, here.store, there, 0, settings{})
			if report.File.Armed != 1 {
				t.Fatalf("death in call %d: %d rows are armed in the file, want 1", die, report.File.Armed)
			}
			p.dead, p.die = false, 0
			next := newPlace(t, there, forgetful{p}, report.Epoch, ids)
			next.now = here.now
			if _, err := next.live(t.Context(), left, end); err != nil {
				t.Fatal(err)
			}
			for id, n := range p.accepted {
				if n != 1 {
					t.Errorf("death in call %d: %s accepted %d times", die, id, n)
				}
			}
			parked, _, err := there.Find(t.Context(), followup.Query{State: followup.Parked}, "", 10)
			if err != nil || len(parked) != 1 {
				t.Errorf("death in call %d: parked in %v, %v, want one", die, parked, err)
			}
		}
	}
}

// killed lives until the process dies and returns what was left to do.
func killed(t *testing.T, p *place, todo []doing) []doing {
	t.Helper()
	for len(todo) > 0 {
		var err error
		if todo, err = p.live(t.Context(), todo, todo[0].when); errors.Is(err, errDied) {
			return todo
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("it did not die")
	return nil
}

// TestBetweenForms moves memory into each form and back: nothing is lost.
func TestBetweenForms(t *testing.T) {
	file, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tables := dynamo.New(&dynamotest.Memory{}, dynamo.Tables{Journeys: "j", Contacts: "c", Inbox: "i"}, dynamo.Config{Shops: []followup.ShopID{"main"}})
	for name, form := range map[string]struct {
		store transfer.Store
		set   transfer.Settings
		queue bool // knows what waits, so that the inbox need not
	}{
		"embedded": {file, file, false},
		"AWS":      {tables, transfer.Records(tables), true},
	} {
		t.Run(name, func(t *testing.T) { thereAndBack(t, form.store, form.set, form.queue) })
	}
}

func thereAndBack(t *testing.T, form transfer.Store, set transfer.Settings, queue bool) {
	here := newPlace(t, memory.New(), newPost(), 0, &names{})
	if _, err := here.live(t.Context(), crowd(3), at("2026-03-20T10:02")); err != nil {
		t.Fatal(err)
	}
	fill(t, here.store)
	first := moved(t, here.store, form, 0, set)
	if epoch, err := transfer.Epoch(t.Context(), set); err != nil || epoch != first.Epoch || epoch != 1 {
		t.Errorf("epoch %d, %v, want %d", epoch, err, first.Epoch)
	}
	back := memory.New()
	second := moved(t, form, back, first.Epoch, settings{})
	if d := cmp.Diff(all(t, here.store), all(t, back)); d != "" {
		t.Error(d)
	}
	if queue { // what is done there is enrolled once more here, which changes nothing
		second.File.Waiting = first.File.Waiting
	}
	if first.File != second.File || first.File.Plans == 0 || first.File.Waiting == 0 || first.File.Bodies == first.File.Waiting {
		t.Errorf("first %+v, second %+v", first.File, second.File)
	}
	a, b, mid := people(t, here.store), people(t, back), people(t, form)
	for id, c := range mid {
		for n, spend := range c.Sends {
			if spend.Away != b[id].Sends[n].Away || spend.Away == (spend.Epoch == first.Epoch) {
				t.Errorf("contact %s: reservation %+v", id, spend)
			}
		}
	}
	for id, c := range a { // reservations know that they were moved
		for n := range c.Sends {
			c.Sends[n].Epoch, c.Sends[n].Away = b[id].Sends[n].Epoch, b[id].Sends[n].Away
		}
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func people(t testing.TB, s transfer.Store) map[followup.ContactID]followup.Contact {
	t.Helper()
	ids, _, err := s.ContactIDs(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	cs, err := s.Contacts(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	out := map[followup.ContactID]followup.Contact{}
	for _, c := range cs {
		c.Version = 0
		out[c.ID] = c
	}
	return out
}

// fill adds plans, bodies, and a contact that no journey names.
func fill(t testing.TB, s transfer.Store) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SavePlan(t.Context(), followup.PlanDoc{Hash: "h1", Shop: "main", Name: "all", Version: 1, Source: []byte("plan: \xff\x00")}))
	must(s.SavePlan(t.Context(), followup.PlanDoc{Hash: "h2", Shop: "main", Name: "all", Version: 2, Source: []byte("plan: 2")}))
	body := func(key string) followup.Incoming {
		return followup.Incoming{
			InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: key}, Topic: "order", Hash: "hash-" + key,
			Body: []byte("{" + key + "\xff}"), At: at("2026-03-19T10:00"),
		}
	}
	_, err := s.Accept(t.Context(), []followup.Incoming{body("waits"), body("done"), body("refused")})
	must(err)
	must(s.Done(t.Context(), []followup.InboxKey{body("done").InboxKey}, ""))
	must(s.Done(t.Context(), []followup.InboxKey{body("refused").InboxKey}, "no order is named"))
	stray := followup.Contact{ID: "stray"}
	stray.Consent(followup.Consent{Purpose: followup.Marketing, Channel: followup.Email, At: at("2026-03-19T10:00"), How: "one-click"})
	stray.Erase(at("2026-03-19T10:00"))
	_, err = s.SaveContacts(t.Context(), []followup.Contact{stray})
	must(err)
}
