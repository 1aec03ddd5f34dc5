package dynamo_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

func newStore() *dynamo.Store { return dynamo.New(&dynamotest.Memory{}, tables, settings()) }

func TestWhatIsPackedComesBack(t *testing.T) {
	t.Parallel()
	s := newStore()
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			want[rapid.String().Draw(t, "key")] = rapid.StringN(0, 200, -1).Draw(t, "value")
		}
		b, err := s.Pack(want)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := s.Unpack(b, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestWhatCannotBePackedIsKeptPlain(t *testing.T) {
	t.Parallel()
	s := newStore()
	b, err := s.Pack("q")
	if err != nil || !bytes.Equal(b, []byte("\x00\"q\"")) {
		t.Errorf("%q, %v", b, err)
	}
	var got string
	if err := s.Unpack(b, &got); err != nil || got != "q" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDamagedAndNewerValuesAreRefused(t *testing.T) {
	t.Parallel()
	s := newStore()
	good, err := s.Pack(storetest.Order(1, 1).Head)
	if err != nil {
		t.Fatal(err)
	}
	var h followup.Head
	for _, b := range [][]byte{nil, {}, {0}, {1}, {1, 2, 3}, {9, '{', '}'}, append([]byte{0}, good[1:]...), good[:len(good)/2]} {
		if err := s.Unpack(b, &h); err == nil {
			t.Errorf("%.20q is read", b)
		}
	}
}

// TestPackedFormStays reads what the first release wrote: the dictionary is part
// of the form, so a changed one needs another form.
func TestPackedFormStays(t *testing.T) {
	t.Parallel()
	s := newStore()
	const first = "\x01\xaaF\x0f\x1d\xac~\xac\x05\x04\x00\x00\xff\xff"
	var got map[string]string
	if err := s.Unpack([]byte(first), &got); err != nil || got["st"] != "planned" {
		b, _ := s.Pack(map[string]string{"st": "planned", "zone": "Europe/Berlin"})
		t.Errorf("read %v (%v); the form is now %q", got, err, b)
	}
}

// TestARowIsSlim holds rows below the kilobyte that one write unit covers: fresh,
// and after a long life.
func TestARowIsSlim(t *testing.T) {
	t.Parallel()
	s := newStore()
	c := storetest.Order(1, 6)
	for _, f := range c.Rows {
		for n := range 9 {
			_, size, err := s.RowItem(f)
			if err != nil || size > 1024-64 {
				t.Errorf("%s with %d decisions takes %d bytes (%v)", f.Step, len(f.Decisions), size, err)
			}
			f.Attempt, f.ArmedAt, f.Deadline, f.Provider = rand.Text(), storetest.Start(), storetest.Start(), "0100019"+rand.Text()+rand.Text()
			f.Ended = storetest.Start().Add(time.Hour)
			f.Decide(followup.Decision{
				At: storetest.Start().Add(time.Duration(n) * 7919 * time.Second), Result: followup.ResultHold, Rule: "case",
				Reason: fmt.Sprintf("case main/1001-%d is open since Tue %d Mar", n, n+3), Next: storetest.Start().AddDate(0, 0, n*3),
				Facts: map[string]string{"case": fmt.Sprintf("main/1001-%d", n), "opened": "2026-03-02T09:15:00Z", "until": fmt.Sprintf("2026-04-%02d", n+1)},
			})
		}
	}
}

// TestRowsComeBack packs rows with anything in them.
func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	s := newStore()
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-62_000_000_000, 253_000_000_000).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
	rapid.Check(t, func(t *rapid.T) {
		f := storetest.Row("main/1", "c", rapid.IntRange(0, 9).Draw(t, "step"), storetest.Start())
		f.State = rapid.SampledFrom(followup.States).Draw(t, "state")
		f.DueAt, f.ArmedAt, f.Next = at.Draw(t, "due"), at.Draw(t, "armed"), at.Draw(t, "next")
		f.Attempt, f.Claimed, f.Refusals = rapid.String().Draw(t, "attempt"), rapid.String().Draw(t, "by"), rapid.IntRange(0, 9).Draw(t, "refusals")
		f.Version = rapid.Int64Range(0, 1<<50).Draw(t, "version")
		it, _, err := s.RowItem(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.ReadRow(it)
		if err != nil {
			t.Fatal(err)
		}
		f.Version, f.Next = f.Version+1, f.Next.Truncate(time.Millisecond)
		if d := cmp.Diff(f, got, cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	})
}

// TestNothingPersonalIsKeptWithAJourney looks for what a customer is and wrote in
// everything but C.
func TestNothingPersonalIsKeptWithAJourney(t *testing.T) {
	t.Parallel()
	mem := &dynamotest.Memory{}
	s := dynamo.New(mem, tables, settings())
	c := storetest.Order(1, 2)
	c.Events[0].Person = &followup.Person{Name: "Jördis Müller-1", Mail: "joerdis.1@example.org"}
	c.Contacts[0].Note(followup.Text{Event: "ev", Journey: c.Journey, At: storetest.Start(), Body: "it leaks"})
	if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	personal := 0
	for _, it := range mem.Items() {
		var all any
		plain := fmt.Sprint(it)
		if b := dynamotest.Bytes(it, "b"); b != nil {
			if err := s.Unpack(b, &all); err != nil {
				t.Fatal(err)
			}
			j, _ := json.Marshal(all)
			plain += string(j)
		}
		for _, secret := range []string{"Jördis", "joerdis", "+4930", "Invalidenstraße", "it leaks"} {
			if bytes.Contains([]byte(plain), []byte(secret)) {
				personal++
				if dynamotest.Text(it, "sk") != "C" {
					t.Errorf("%s is in %s", secret, dynamotest.Text(it, "sk"))
				}
			}
		}
	}
	if personal != 5 {
		t.Errorf("%d of the 5 secrets were found anywhere: the test is blind", personal)
	}
}
