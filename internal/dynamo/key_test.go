package dynamo_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// TestSchema is what template.yaml has to declare: testdata/schema.json.
func TestSchema(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(dynamo.Schema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the tables are now\n%s\nwhich testdata/schema.json and template.yaml do not say", got)
	}
}

func anyText() *rapid.Generator[string] { return rapid.StringN(0, 400, 1500) }

func TestARowsKeySpellsItsID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j := followup.NewJourneyID("main", anyText().Draw(t, "order"))
		unit := followup.UnitKey("")
		if rapid.Bool().Draw(t, "unit") {
			unit = followup.NewUnitKey(anyText().Draw(t, "line"), 3)
		}
		id := followup.NewFollowUpID(j, anyText().Draw(t, "step"), unit, anyText().Draw(t, "occurrence"))
		sk := dynamo.RowSort(id)
		switch got := dynamo.RowID(string(j), sk); {
		case len(sk) > 1024:
			t.Errorf("the sort key has %d bytes", len(sk))
		case got != id && got != "":
			t.Errorf("%s is read as %s", id, got)
		case got == "" && len(id)-len(j) < 1000:
			t.Errorf("%s was shortened", id)
		}
	})
}

func TestShortKeysDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 600)
	seen := map[string]bool{}
	for _, s := range []string{"", "a", long, long + "1", long + "2", "x" + long} {
		k := dynamo.Short(s)
		if len(k) > 1024 || seen[k] || !strings.HasPrefix(s, "x") && len(s) > 2 && !strings.HasPrefix(k, "üü") {
			t.Errorf("%d bytes become %d: %.20q", len(s), len(k), k)
		}
		seen[k] = true
	}
}

func TestLooksSortByTimeThenID(t *testing.T) {
	t.Parallel()
	type look struct {
		at time.Time
		id followup.FollowUpID
	}
	looks := rapid.Custom(func(t *rapid.T) look {
		at := time.UnixMilli(rapid.Int64Range(-62_167_219_200_000, 253_402_300_799_999).Draw(t, "at"))
		return look{at.UTC(), followup.FollowUpID(rapid.SampledFrom([]string{"main/1/a/-/1", "main/10/a/-/1", "b/1/a/-/1", "ü/1/a/-/1"}).Draw(t, "id"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := looks.Draw(t, "a"), looks.Draw(t, "b")
		want := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
		if got := strings.Compare(dynamo.LookSort(a.at, a.id), dynamo.LookSort(b.at, b.id)); got != want {
			t.Errorf("%v %s against %v %s: %d, want %d", a.at, a.id, b.at, b.id, got, want)
		}
		if back, err := dynamo.LookTime(dynamo.LookSort(a.at, a.id)); err != nil || !back.Equal(a.at) {
			t.Errorf("%v is read as %v (%v)", a.at, back, err)
		}
	})
}

func TestTimesOutOfRangeAreFirstAndLast(t *testing.T) {
	t.Parallel()
	times := []time.Time{time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC), {}, time.Unix(0, 0), dynamo.LastStamp(), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}
	var stamps []string
	for _, at := range times {
		stamps = append(stamps, dynamo.Stamp(at))
	}
	if !slices.IsSorted(stamps) {
		t.Errorf("stamps are not in order: %q", stamps)
	}
	if _, err := dynamo.LookTime("2026"); err == nil {
		t.Error("a look without a time is read")
	}
}

func TestInboxKeysSpellThemselves(t *testing.T) {
	t.Parallel()
	word := rapid.StringOf(rapid.RuneFrom([]rune("a#%23é/\n")))
	keys := rapid.Custom(func(t *rapid.T) followup.InboxKey {
		return followup.InboxKey{Shop: followup.ShopID(word.Draw(t, "shop")), Source: word.Draw(t, "source"), Key: word.Draw(t, "key")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys.Draw(t, "a"), keys.Draw(t, "b")
		nameA, back := dynamo.InboxName(a)
		if nameB, _ := dynamo.InboxName(b); (nameA == nameB) != (a == b) || back != a {
			t.Errorf("%+v is %q and read as %+v; %+v is %q", a, nameA, back, b, nameB)
		}
	})
}

func TestEventsOfTwoSourcesHaveTwoKeys(t *testing.T) {
	t.Parallel()
	a, b := followup.Event{Source: "a#b", ID: "c"}, followup.Event{Source: "a", ID: "b#c"}
	if dynamo.EventName(a) == dynamo.EventName(b) {
		t.Errorf("both are %s", dynamo.EventName(a))
	}
	for _, e := range []followup.Event{a, b, {Source: "￿", ID: "x"}, {}} {
		if k := dynamo.EventName(e); k < "E#" || k >= "E$" {
			t.Errorf("%q is not among the events", k)
		}
	}
}

func TestWavesKeepTheOrderOfWhatSharesAKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 3)).Draw(t, "keys")
		waves := dynamo.Waves(len(keys), func(i int) []string { return keys[i] })
		at := map[int]int{}
		for w, wave := range waves {
			for _, i := range wave {
				at[i] = w
			}
		}
		if len(at) != len(keys) {
			t.Fatalf("%d of %d elements are in a wave", len(at), len(keys))
		}
		for i := range keys {
			for j := range i {
				if slices.ContainsFunc(keys[i], func(k string) bool { return slices.Contains(keys[j], k) }) && at[j] >= at[i] {
					t.Errorf("element %d of wave %d shares a key with %d of wave %d", j, at[j], i, at[i])
				}
			}
		}
	})
}

// Rows are written to as many shards as a deployment says, to the first when it says
// nothing: that one every sweep reads.
func TestRowsAreSpreadOverTheShardsOfADeployment(t *testing.T) {
	t.Parallel()
	for written, want := range map[int]int{0: 1, 1: 1, 3: 3, 4: 4, 9: 4} {
		s := dynamo.New(&dynamotest.Memory{}, tables, dynamo.Config{Shops: []followup.ShopID{"main"}, Shards: written})
		changes := make([]followup.Change, 50)
		for n := range changes {
			j := followup.NewJourneyID("main", strconv.Itoa(n))
			changes[n] = followup.Change{Journey: j, Head: &followup.Head{}, Rows: []followup.FollowUp{{
				ID: followup.NewFollowUpID(j, "x", "", "1"), Channel: followup.Call, State: followup.Planned, Next: storetest.Start(),
			}}}
		}
		if errs, err := s.Save(t.Context(), changes); errors.Join(append(errs, err)...) != nil {
			t.Fatal(errors.Join(append(errs, err)...))
		}
		rows := 0
		for shard := range s.Shards() {
			refs, err := s.DueIn(t.Context(), followup.LaneCall, shard, followup.Place{}, storetest.Start(), 100)
			if err != nil || (len(refs) > 0) != (shard < want) {
				t.Errorf("Shards %d: %d rows in shard %d, %v; want some in the first %d", written, len(refs), shard, err, want)
			}
			rows += len(refs)
		}
		if rows != len(changes) {
			t.Errorf("Shards %d: %d of %d rows are found", written, rows, len(changes))
		}
	}
}
