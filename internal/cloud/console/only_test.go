package console_test

import (
	"errors"
	"testing"

	"aftersales/internal/cloud/console"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// What a shop's operator does reaches no other shop, whatever the pages above
// forget to ask.
func TestOnlyTheirShopsAreWritten(t *testing.T) {
	t.Parallel()
	all := memory.New()
	store := console.Only(all, map[followup.ShopID]*followup.Shop{"second": {}})
	mine, theirs := followup.NewJourneyID("second", "1"), followup.NewJourneyID("main", "1")
	change := func(id followup.JourneyID) followup.Change {
		return followup.Change{Journey: id, Head: &followup.Head{Contact: "c"}}
	}
	if _, err := store.Save(t.Context(), []followup.Change{change(mine), change(theirs)}); !errors.Is(err, followup.ErrNotFound) {
		t.Errorf("another shop's journey was saved: %v", err)
	}
	js, err := all.Journeys(t.Context(), []followup.JourneyID{mine, theirs})
	if err != nil || js[0].Version != 0 || js[1].Version != 0 {
		t.Fatalf("written with versions %d and %d, %v; want nothing of the group", js[0].Version, js[1].Version, err)
	}
	errs, err := store.Save(t.Context(), []followup.Change{change(mine)})
	if err = errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	if js, err = all.Journeys(t.Context(), []followup.JourneyID{mine}); err != nil || js[0].Version == 0 {
		t.Errorf("their own was not saved: %+v, %v", js[0], err)
	}
}
