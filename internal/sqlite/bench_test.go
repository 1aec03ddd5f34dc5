package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/sqlite"
)

// The benchmarks write as a shop would: commits wait for the disk. The rates
// they report are what matters. Beside their limit they stand in
// internal/local/bare_test.go, which docs/performance.md explains.

const perOrder = 6 // follow-ups

func saveOrders(b *testing.B, s *sqlite.Store, from, n int) {
	saveAll(b, s, ordersAhead(from, n))
}

// ahead is how many orders are made at a time, with the clock stopped.
const ahead = 1000

func ordersAhead(from, n int) []followup.Change {
	changes := make([]followup.Change, n)
	for i := range changes {
		changes[i] = storetest.Order(from+i, perOrder)
	}
	return changes
}

func saveAll(b *testing.B, s *sqlite.Store, changes []followup.Change) {
	errs, err := s.Save(b.Context(), changes)
	if err != nil {
		b.Fatal(err)
	}
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}

func rate(b *testing.B, n int, what string) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), what+"/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSaveOne enrolls orders one after another, each in its own commit.
func BenchmarkSaveOne(b *testing.B) { benchmarkSave(b, 1) }

// BenchmarkSaveTen enrolls orders in commits of ten.
func BenchmarkSaveTen(b *testing.B) { benchmarkSave(b, 10) }

func benchmarkSave(b *testing.B, group int) {
	s := open(b, b.TempDir(), sqlite.Options{})
	var next []followup.Change
	n := 0
	for b.Loop() {
		if n%ahead == 0 {
			b.StopTimer()
			next = ordersAhead(n, ahead)
			b.StartTimer()
		}
		saveAll(b, s, next[n%ahead:n%ahead+group])
		n += group
	}
	rate(b, n, "orders")
}

// BenchmarkSaveOneOf16 enrolls orders one per call from 16 goroutines, as
// webhooks come in; the writer commits together what waits together.
func BenchmarkSaveOneOf16(b *testing.B) {
	s := open(b, b.TempDir(), sqlite.Options{})
	n := 0
	for b.Loop() {
		const callers, each = 16, 20
		b.StopTimer()
		next := ordersAhead(n, callers*each)
		b.StartTimer()
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for k := range each {
					saveAll(b, s, next[c*each+k:c*each+k+1])
				}
			})
		}
		wg.Wait()
		n += callers * each
	}
	rate(b, n, "orders")
}

// BenchmarkAccept16 stores bodies of 4 KB, one per call, from 16 goroutines.
func BenchmarkAccept16(b *testing.B) {
	s := open(b, b.TempDir(), sqlite.Options{})
	body := []byte(strings.Repeat(`{"id":5870000000001,"email":"x@example.org","line_items":[{"id":1}]},`, 60))
	n := 0
	for b.Loop() {
		var wg sync.WaitGroup
		for c := range 16 {
			wg.Go(func() {
				in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: fmt.Sprint(n + c)}, Hash: "h", Body: body, At: storetest.Start()}
				if _, err := s.Accept(b.Context(), []followup.Incoming{in}); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		n += 16
	}
	rate(b, n, "bodies")
}

// BenchmarkDrain takes due follow-ups in groups of 200, loads their journeys
// and contacts, arms and finishes them: two commits a group.
func BenchmarkDrain(b *testing.B) {
	const group, orders = 200, 2000
	s := open(b, b.TempDir(), sqlite.Options{})
	for n := 0; n < orders; n += 100 {
		saveOrders(b, s, n, 100)
	}
	n, saved := 0, orders
	var after followup.Cursor
	for b.Loop() {
		refs, next, err := s.Due(b.Context(), storetest.Start().AddDate(10, 0, 0), after, group)
		if err != nil {
			b.Fatal(err)
		}
		if after = next; next == "" {
			b.StopTimer()
			for range orders / 100 {
				saveOrders(b, s, saved, 100)
				saved += 100
			}
			after = "" // what was left for its contact's sake comes first
			b.StartTimer()
		}
		n += drain(b, s, refs)
	}
	rate(b, n, "followups")
}

// drain sends refs, at most one of each contact at a time, and returns how many.
func drain(b *testing.B, s *sqlite.Store, refs []followup.Ref) int {
	var ids []followup.JourneyID
	seen := map[followup.JourneyID]bool{}
	for _, r := range refs {
		if j := r.ID.Journey(); !seen[j] {
			seen[j] = true
			ids = append(ids, j)
		}
	}
	journeys, err := s.Journeys(b.Context(), ids)
	if err != nil {
		b.Fatal(err)
	}
	who := make([]followup.ContactID, len(journeys))
	for i := range journeys {
		who[i] = journeys[i].Head.Contact
	}
	contacts, err := s.Contacts(b.Context(), who)
	if err != nil {
		b.Fatal(err)
	}
	return armAndFinish(b, s, refs, journeys, contacts)
}

func armAndFinish(b *testing.B, s *sqlite.Store, refs []followup.Ref, journeys []followup.Journey, contacts []followup.Contact) int {
	place := map[followup.JourneyID]int{}
	for i := range journeys {
		place[journeys[i].ID] = i
	}
	var arms []followup.Arm
	used := map[int]bool{}
	for _, r := range refs {
		i := place[r.ID.Journey()]
		row := journeys[i].Row(r.ID)
		if used[i] || row.State != followup.Planned {
			continue
		}
		used[i] = true
		arms = append(arms, storetest.Arming(*row, contacts[i], "01J8Z3K4M5N6P7Q8R9", row.Next))
	}
	results, err := s.Arm(b.Context(), arms)
	if err != nil {
		b.Fatal(err)
	}
	ends := make([]followup.Finish, len(arms))
	for i := range arms {
		if results[i] != followup.ArmedNow {
			b.Fatalf("arm %s: %s", arms[i].Row.ID, results[i])
		}
		ends[i] = storetest.Ending(arms[i], arms[i].Row.Next)
	}
	errs, err := s.Finish(b.Context(), ends)
	if err != nil || errs[0] != nil {
		b.Fatal(err, errs)
	}
	return len(arms)
}

// BenchmarkSize reports the bytes on disk per pending follow-up: journeys,
// follow-ups, contacts, events and their indexes, the inbox apart.
func BenchmarkSize(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		s := open(b, dir, sqlite.Options{NoSync: true})
		const orders = 5000
		for n := 0; n < orders; n += 10 {
			saveOrders(b, s, n, 10)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		total := 0.0
		for name, bytes := range tableSizes(b, dir) {
			if name == "inbox" || name == "mail" || strings.HasPrefix(name, "sqlite_autoindex_inbox") {
				continue
			}
			b.ReportMetric(float64(bytes)/orders/perOrder, name+"_B")
			total += float64(bytes)
		}
		b.ReportMetric(total/orders/perOrder, "B/followup")
		b.ReportMetric(0, "ns/op")
	}
}

func tableSizes(b *testing.B, dir string) map[string]int64 {
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 4096")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	sizes := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			b.Fatal(err)
		}
		sizes[name] = n
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return sizes
}
