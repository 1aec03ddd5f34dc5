package sqlite_test

import (
	"context"
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
// they report are what matters; docs/performance.md explains them.

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

// BenchmarkBareSave1 and 10 do the durable writes of the Save benchmarks with
// plain batched statements on the same SQLite: no versions are compared,
// nothing is encoded. No store on it can be faster.
func BenchmarkBareSave1(b *testing.B) { benchmarkBareSave(b, 1) }

// BenchmarkBareSave10 is the limit of BenchmarkSaveTen.
func BenchmarkBareSave10(b *testing.B) { benchmarkBareSave(b, 10) }

func benchmarkBareSave(b *testing.B, group int) {
	w := bare(b)
	n := 0
	for b.Loop() {
		w.exec("BEGIN IMMEDIATE")
		var heads, rows, events, contacts []any
		for k := n; k < n+group; k++ {
			j := fmt.Sprintf("main/%d", 5_870_000_000_000+k*37)
			who := fmt.Sprintf("%026x", uint64(k+1)*0x9e3779b97f4a7c15)
			heads = append(heads, j, 1, who, nil, w.blob(460))
			contacts = append(contacts, who, 1, w.blob(420))
			events = append(events, j, 1772357400+k*41, 0, "shopify", "98880550-7158-44d4-b7cd-2c97c8a0", w.blob(300))
			for i := range perOrder {
				at := storetest.Start().AddDate(0, 0, 30*i).UnixMilli() + int64(k)*41_000
				rows = append(rows, fmt.Sprintf("%s/step-%d/-/1", j, i), 1, 1, at, nil, w.blob(150))
			}
		}
		w.insert("INSERT INTO contact (id, v, body)", 3, contacts)
		w.insert("INSERT INTO followup (id, v, state, next, attempt, body)", 6, rows)
		w.insert("INSERT INTO event (journey, sec, nano, source, id, body)", 6, events)
		w.insert("INSERT INTO journey (id, v, contact, open_case, body)", 5, heads)
		w.exec("COMMIT")
		n += group
	}
	rate(b, n, "orders")
}

// BenchmarkBareDrain does the durable writes of BenchmarkDrain: contact and
// row armed in one commit, row ended in the next, by groups of 200.
func BenchmarkBareDrain(b *testing.B) {
	const group, all = 200, 20_000
	w := bare(b)
	w.exec("BEGIN IMMEDIATE")
	var rows, contacts []any
	for k := range all {
		rows = append(rows, fmt.Sprintf("main/%d/check-in/-/1", k), 1, 1, int64(k), nil, w.blob(150))
		contacts = append(contacts, fmt.Sprintf("%026x", uint64(k+1)*0x9e3779b97f4a7c15), 1, w.blob(420))
	}
	w.insert("INSERT INTO followup (id, v, state, next, attempt, body)", 6, rows)
	w.insert("INSERT INTO contact (id, v, body)", 3, contacts)
	w.exec("COMMIT")
	n := 0
	for b.Loop() {
		from := n % all
		w.exec("BEGIN IMMEDIATE")
		for k := from; k < from+group; k++ {
			w.exec("UPDATE contact SET v = v + 1, body = ? WHERE id = ?", w.blob(450), contacts[3*k])
			w.exec("UPDATE followup SET v = v + 1, state = 4, next = ?, attempt = ?, body = ? WHERE id = ?", int64(all+n+k), "01J8Z3K4M5N6P7Q8R9", w.blob(170), rows[6*k])
		}
		w.exec("COMMIT")
		w.exec("BEGIN IMMEDIATE")
		for k := from; k < from+group; k++ {
			w.exec("UPDATE followup SET v = v + 1, state = 7, next = NULL, body = ? WHERE id = ?", w.blob(180), rows[6*k])
		}
		w.exec("COMMIT")
		n += group
	}
	rate(b, n, "followups")
}

// bareWriter is one connection with prepared statements.
type bareWriter struct {
	b     *testing.B
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	noise []byte
}

// bare opens a database with the schema and settings of a store.
func bare(b *testing.B) *bareWriter {
	dir := b.TempDir()
	if err := open(b, dir, sqlite.Options{}).Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName)+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(4000)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	w := &bareWriter{b: b, conn: conn, stmts: map[string]*sql.Stmt{}, noise: make([]byte, 4096)}
	for i := range w.noise {
		w.noise[i] = byte(i * i >> 4)
	}
	return w
}

func (w *bareWriter) blob(n int) []byte { return w.noise[:n] }

func (w *bareWriter) exec(query string, args ...any) {
	st := w.stmts[query]
	if st == nil {
		var err error
		if st, err = w.conn.PrepareContext(context.Background(), query); err != nil {
			w.b.Fatal(err)
		}
		w.stmts[query] = st
	}
	if _, err := st.Exec(args...); err != nil {
		w.b.Fatal(err)
	}
}

func (w *bareWriter) insert(head string, width int, args []any) {
	for len(args) > 0 {
		n := min(len(args)/width, 60)
		w.exec(head+" VALUES "+strings.Repeat(",(?"+strings.Repeat(",?", width-1)+")", n)[1:], args[:n*width]...)
		args = args[n*width:]
	}
}
