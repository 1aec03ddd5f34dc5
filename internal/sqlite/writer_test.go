package sqlite

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:4] }

func TestACallThatFailsDoesNotFailItsGroup(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	save := func(n int) *saveOp {
		c := storetest.Order(n, 2)
		return &saveOp{changes: []changeOut{s.packs.change(&c)}}
	}
	wrong := errors.New("wrong")
	ops := []op{save(1), statement(func(*batch) error { return wrong }), save(2)}
	group := make([]*job, len(ops))
	for i, o := range ops {
		group[i] = &job{op: o, done: make(chan error, 1)}
	}
	s.w.commit(group) // nobody else calls
	for i, want := range []error{nil, wrong, nil} {
		if err := <-group[i].done; !errors.Is(err, want) {
			t.Errorf("call %d: %v, want %v", i, err, want)
		}
	}
	ids, _, err := s.Find(t.Context(), followup.Query{All: true}, "", 10)
	if err != nil || len(ids) != 2 {
		t.Errorf("journeys %v, %v, want two", ids, err)
	}
}

// Queries that are asked again and again must never read a whole table.
func TestQueriesUseTheirIndex(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	one := func(query string) string { return strings.Replace(query, keysOf, oneKey, 1) }
	for query, want := range map[string]string{
		loadJourneys:      "SCAN k VIRTUAL TABLE INDEX 1:; SEARCH j USING INDEX sqlite_autoindex_journey_1 (id=?); SEARCH h USING INTEGER PRIMARY KEY",
		one(loadJourneys): "SEARCH j USING INDEX sqlite_autoindex_journey_1 (id=?); SEARCH h USING INTEGER PRIMARY KEY",
		loadPlaces:        "SCAN k VIRTUAL TABLE INDEX 1:; SEARCH j USING INTEGER PRIMARY KEY (rowid=?); SEARCH h USING INTEGER PRIMARY KEY",
		loadPersons:       "SCAN k VIRTUAL TABLE INDEX 1:; SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
		loadRows:          "SEARCH j USING INDEX sqlite_autoindex_journey_1 (id=?)",
		loadHeads:         "SEARCH j USING COVERING INDEX sqlite_autoindex_journey_1 (id=?); SEARCH h USING INTEGER PRIMARY KEY",
		dueQuery:          "SEARCH journey USING INDEX journey_due (next<?)",
		contactQuery:      "SEARCH r USING PRIMARY KEY (contact=? AND journey>?)",
		openQuery:         "SCAN h USING COVERING INDEX head_open; SEARCH j USING INTEGER PRIMARY KEY (rowid=?); USE TEMP B-TREE FOR ORDER BY",
		allQuery:          "SEARCH j USING COVERING INDEX sqlite_autoindex_journey_1 (id>?)",
		armedQuery:        "SEARCH journey USING INDEX journey_armed (armed=?); USE TEMP B-TREE FOR ORDER BY",
		attentionQuery:    "USING COVERING INDEX journey_attention (id>?)",
		nextQuery:         "USING INDEX journey_due",
		waitingQuery:      "USING INDEX inbox_waiting (seq>?)",
		one(loadLog):      "SEARCH j USING COVERING INDEX sqlite_autoindex_journey_1 (id=?); SEARCH h USING INTEGER PRIMARY KEY",
	} {
		var plan []string
		err := s.query(t.Context(), "EXPLAIN QUERY PLAN "+query, func(r row) error {
			plan = append(plan, r.text(3))
			return nil
		}, make([]any, 6)...)
		got := strings.Join(plan, "; ")
		sorts := strings.Contains(got, "TEMP B-TREE") && query != openQuery && query != armedQuery // they are few
		if err != nil || !strings.Contains(got, want) || sorts || strings.Contains(got, "SCAN journey;") {
			t.Errorf("%s\n is done by %s, %v\n want %s", query, got, err, want)
		}
	}
}
