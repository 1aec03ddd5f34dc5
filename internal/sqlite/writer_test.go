package sqlite

import (
	"crypto/sha256"
	"database/sql"
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
	s.w.commit(group) // the serving goroutine has nothing to do
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
	contact, _, _ := findQuery(followup.Query{Contact: "c"})
	open, _, _ := findQuery(followup.Query{OpenCase: true})
	for query, want := range map[string]string{
		loadJourneys: "SEARCH f USING PRIMARY KEY (id>? AND id<?)",
		dueQuery:     "SEARCH followup USING INDEX followup_due ((next,id)>(?,?) AND next<?)",
		contact + " AND id > ? ORDER BY id LIMIT ?": "USING COVERING INDEX journey_contact (contact=? AND id>?)",
		open + " AND id > ? ORDER BY id LIMIT ?":    "USING COVERING INDEX journey_open (id>?)",
		stateQuery:                                  "USING COVERING INDEX followup_attention (state=? AND id>?)",
		nextQuery:                                   "USING COVERING INDEX followup_due",
		waitingQuery:                                "USING INDEX inbox_waiting (seq>?)",
		eventsQuery:                                 "USING INDEX event_journey (journey=?)",
	} {
		var plan []string
		args := make([]any, strings.Count(query, "?"))
		if strings.Contains(query, "?1") {
			args = args[:strings.Count(query, "?")-repeats(query)]
		}
		err := s.query(t.Context(), "EXPLAIN QUERY PLAN "+query, func(r *sql.Rows) error {
			var a, b, c int
			var line string
			err := r.Scan(&a, &b, &c, &line)
			plan = append(plan, line)
			return err
		}, args...)
		got := strings.Join(plan, "; ")
		sorts := strings.Contains(got, "TEMP B-TREE") && query != eventsQuery // one journey's log is short
		if err != nil || !strings.Contains(got, want) || sorts || strings.Contains(got, "SCAN followup;") {
			t.Errorf("%s\n is done by %s, %v\n want %s", query, got, err, want)
		}
	}
}

// repeats counts the numbered parameters that stand in a query again.
func repeats(query string) (n int) {
	for _, p := range []string{"?1", "?2", "?3", "?4", "?5", "?6"} {
		n += max(strings.Count(query, p)-1, 0)
	}
	return n
}
