package sqlite

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// roundTrip writes a row among others as a store does and reads it back.
func roundTrip(t rapid.TB, f followup.FollowUp) followup.FollowUp {
	t.Helper()
	var e encoder
	x := newEntry(&e, &f, f.ID.Journey())
	if x.suffix == "" { // an id that no store would take
		x.suffix = "?"
	}
	got, err := readBack(f.ID.Journey(), rowsFrom(entry{suffix: "!"}, x, entry{suffix: "~~~"}))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	got.ID = f.ID
	return got
}

func rowsFrom(entries ...entry) []byte {
	var e encoder
	e.rows(entries)
	return e.b
}

// readBack returns the middle one of three rows, two of which have no body.
func readBack(j followup.JourneyID, value []byte) (followup.FollowUp, error) {
	entries, err := rowsOf(nil, j, string(value))
	if err != nil {
		return followup.FollowUp{}, err
	}
	if len(entries) != 3 {
		return followup.FollowUp{}, errShort
	}
	var f followup.FollowUp
	err = entries[1].followUp(&f, j, newShared(j, entries[1:]))
	return f, err
}

// fill sets every field of v to something that is not zero, so that a field
// that the domain gains and the codec does not know fails the test.
func fill(t *testing.T, v reflect.Value, r *rand.Rand) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(string(rune('a'+r.IntN(26))) + "ö" + string(rune('a'+r.IntN(26))))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.IntN(28) + 1))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), r)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, k, r)
			fill(t, e, r)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMilli(r.Int64N(4e12)).UTC()))
			return
		}
		for _, field := range v.Fields() {
			fill(t, field, r)
		}
	default:
		t.Fatalf("a row has a field of kind %s: teach encodeRow and this test", v.Kind())
	}
}

func TestEveryFieldOfARowIsKept(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var f followup.FollowUp
		fill(t, reflect.ValueOf(&f).Elem(), r)
		want := f
		want.Version++
		if d := cmp.Diff(want, roundTrip(t, f)); d != "" {
			t.Fatalf("row (-want +got):\n%s", d)
		}
		for i := range reflect.TypeFor[followup.FollowUp]().NumField() { // each field alone zero
			one := f
			reflect.ValueOf(&one).Elem().Field(i).SetZero()
			want := one
			want.Version++
			if d := cmp.Diff(want, roundTrip(t, one), cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("row without %s (-want +got):\n%s", reflect.TypeFor[followup.FollowUp]().Field(i).Name, d)
			}
		}
	}
}

func TestRowsOfAnyContentAreKept(t *testing.T) {
	times := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-1e11, 3e11).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nano")).UTC()
	})
	rapid.Check(t, func(t *rapid.T) {
		f := followup.FollowUp{
			ID:   followup.FollowUpID(rapid.SampledFrom([]string{"main/1/a/-/1", "main/1/a/5~2/P60D", "x", "", "a/b/c/d/e/f", "a/%41/c/d~1/e", "a/b/c/d/e"}).Draw(t, "id")),
			Step: rapid.SampledFrom([]string{"a", "c", "", "ü/"}).Draw(t, "step"), Unit: followup.UnitKey(rapid.SampledFrom([]string{"", "5/2", "d/1", "d"}).Draw(t, "unit")),
			Occurrence: rapid.SampledFrom([]string{"1", "P60D", "e", ""}).Draw(t, "occ"),
			Plan:       rapid.StringMatching(`[0-9a-fA-F]{0,9}`).Draw(t, "plan"), Contact: followup.ContactID(rapid.StringMatching(`[a-z2-7]{0,26}`).Draw(t, "contact")),
			Zone: rapid.String().Draw(t, "zone"), DueAt: times.Draw(t, "dueAt"), Order: rapid.Int().Draw(t, "order"), Refusals: rapid.Int().Draw(t, "refusals"),
			Next: times.Draw(t, "next").Truncate(time.Millisecond), Claimed: rapid.String().Draw(t, "claimed"),
		}
		for range rapid.IntRange(0, 8).Draw(t, "decisions") {
			f.Decisions = append(f.Decisions, followup.Decision{
				At: times.Draw(t, "at"), Reason: rapid.String().Draw(t, "reason"), Next: rapid.SampledFrom([]time.Time{{}, f.Next, f.DueAt}).Draw(t, "look"),
				Facts: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "facts"),
			})
		}
		want := f
		want.Version++
		if d := cmp.Diff(want, roundTrip(t, f), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("row (-want +got):\n%s", d)
		}
	})
}

func TestDamagedRowsAreErrors(t *testing.T) {
	row := storetest.Order(1, 1).Rows[0]
	good := rowsFrom(entry{suffix: "!"}, newEntry(new(encoder), &row, row.ID.Journey()), entry{suffix: "~~~"})
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(good[:rapid.IntRange(0, len(good)).Draw(t, "cut")])
		for range rapid.IntRange(0, 4).Draw(t, "flips") {
			if len(bad) > 0 {
				bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
			}
		}
		_, _ = readBack(row.ID.Journey(), bad) // must return, whatever it says
	})
}

func TestFormsOfANewerProgramAreRefused(t *testing.T) {
	_, packed := unpack(nil, []byte{77, 1, 2})
	_, body := inflate([]byte{77, 1, 2})
	_, rows := decodeRows(nil, "\x4d\x01\x02")
	_, log := decodeLog("\x4d\x01\x02")
	row := (&decoder{s: "\x4d\x01\x02"}).row(&followup.FollowUp{}, "", new(shared))
	for what, err := range map[string]error{"packed": packed, "body": body, "row": row, "rows": rows, "log": log} {
		if !errors.Is(err, ErrNewer) {
			t.Errorf("%s: %v, want ErrNewer", what, err)
		}
	}
}
