package local_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/sqlite"
)

// row is one row of a table as the driver gives and takes it.
type row []any

// written is what a store wrote about some orders.
type written struct{ contacts, followups, events, journeys, inbox []row }

// read returns rows of so many columns.
func (s *business) read(width int, query string, args ...any) []row {
	s.b.Helper()
	found, err := s.kept.Query(query, args...)
	if err != nil {
		s.b.Fatal(err)
	}
	defer found.Close()
	var out []row
	for found.Next() {
		r, to := make(row, width), make([]any, width)
		for i := range r {
			to[i] = &r[i]
		}
		if err := found.Scan(to...); err != nil {
			s.b.Fatal(err)
		}
		out = append(out, r)
	}
	if err := found.Err(); err != nil {
		s.b.Fatal(err)
	}
	return out
}

// written reads what the store wrote about the orders of those numbers.
func (s *business) written(from, until int) written {
	first, last := "main/"+orderID(from), "main/"+orderID(until-1)
	w := written{
		contacts:  s.read(3, "SELECT id, v, body FROM contact WHERE id IN (SELECT contact FROM journey WHERE id BETWEEN ? AND ?)", first, last),
		followups: s.read(6, "SELECT id, v, state, next, attempt, body FROM followup WHERE id BETWEEN ? AND ?", first, last+"0"),
		events:    s.read(6, "SELECT journey, sec, nano, source, id, body FROM event WHERE journey BETWEEN ? AND ?", first, last),
		journeys:  s.read(5, "SELECT id, v, contact, open_case, body FROM journey WHERE id BETWEEN ? AND ?", first, last),
	}
	if n := until - from; len(w.followups) != n*sixFollowUps || len(w.contacts) != n || len(w.events) != n || len(w.journeys) != n {
		s.b.Fatalf("%d orders gave %d contacts, %d follow-ups, %d events, %d journeys", n, len(w.contacts), len(w.followups), len(w.events), len(w.journeys))
	}
	return w
}

// sent is what a store wrote about follow-ups that went out.
type sent struct{ contacts, followups, mails []row }

func (s *business) sent(due []row, mail bool) sent {
	var ids, journeys []string
	for _, r := range due {
		id, _ := r[0].(string)
		ids, journeys = append(ids, id), append(journeys, string(followup.FollowUpID(id).Journey()))
	}
	w := sent{
		contacts:  s.read(3, "SELECT c.id, c.v, c.body FROM json_each(?) k JOIN journey j ON j.id = k.value JOIN contact c ON c.id = j.contact", list(journeys)),
		followups: s.read(6, "SELECT f.id, f.v, f.state, f.next, f.attempt, f.body FROM json_each(?) k JOIN followup f ON f.id = k.value", list(ids)),
	}
	if mail {
		w.mails = s.read(4, "SELECT m.followup, m.attempt, m.at, m.body FROM json_each(?) k JOIN mail m ON m.followup = k.value", list(ids))
	}
	if len(w.contacts) != len(due) || len(w.followups) != len(due) || mail && len(w.mails) != len(due) {
		s.b.Fatalf("%d sent gave %d contacts, %d follow-ups, %d mails", len(due), len(w.contacts), len(w.followups), len(w.mails))
	}
	return w
}

func list(texts []string) string {
	out, err := json.Marshal(texts)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// bare writes with plain batched statements into a file with the schema and the
// settings of a store: nothing is decided, encoded, compared or read, and nobody
// else may ask anything meanwhile. No store on this SQLite can be faster.
type bare struct {
	b     *testing.B
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newBare(b *testing.B) *bare {
	dir := b.TempDir()
	s, err := sqlite.Open(b.Context(), dir, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName)+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(4000)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	w := &bare{b: b, stmts: map[string]*sql.Stmt{}}
	if w.conn, err = db.Conn(b.Context()); err != nil {
		b.Fatal(err)
	}
	return w
}

func (w *bare) exec(query string, args ...any) {
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

// insert writes rows, 64 in a statement.
func (w *bare) insert(head, tail string, rows []row) {
	for part := range slices.Chunk(rows, 64) {
		one := ",(?" + strings.Repeat(",?", len(part[0])-1) + ")"
		w.exec(head+" VALUES "+strings.Repeat(one, len(part))[1:]+tail, slices.Concat(part...)...)
	}
}

const (
	putContact  = "INSERT INTO contact (id, v, body)"
	putFollowUp = "INSERT INTO followup (id, v, state, next, attempt, body)"
	newContact  = " ON CONFLICT DO UPDATE SET v = excluded.v, body = excluded.body"
	newFollowUp = " ON CONFLICT DO UPDATE SET v = excluded.v, state = excluded.state, next = excluded.next, attempt = excluded.attempt, body = excluded.body"
)

func (w *bare) orders(o written, from, until int) {
	w.insert(putContact, "", o.contacts[from:until])
	w.insert(putFollowUp, "", o.followups[from*sixFollowUps:until*sixFollowUps])
	w.insert("INSERT INTO event (journey, sec, nano, source, id, body)", "", o.events[from:until])
	w.insert("INSERT INTO journey (id, v, contact, open_case, body)", "", o.journeys[from:until])
}

// enroll writes orders in commits of so many.
func (w *bare) enroll(o written, commit int) {
	for n := 0; n < len(o.journeys); n += commit {
		w.exec("BEGIN IMMEDIATE")
		w.orders(o, n, min(n+commit, len(o.journeys)))
		w.exec("COMMIT")
	}
}

// receive writes bodies in one commit and their orders in the next.
func (w *bare) receive(o written, commit int) {
	for n := 0; n < len(o.journeys); n += commit {
		until := min(n+commit, len(o.journeys))
		w.exec("BEGIN IMMEDIATE")
		w.insert("INSERT INTO inbox (k, topic, hash, body, at)", "", o.inbox[n:until])
		w.exec("COMMIT")
		w.exec("BEGIN IMMEDIATE")
		w.orders(o, n, until)
		var keys []string
		for _, r := range o.inbox[n:until] {
			key, _ := r[0].(string)
			keys = append(keys, key)
		}
		w.exec("UPDATE inbox SET done = 1 WHERE k IN (SELECT value FROM json_each(?))", list(keys))
		w.exec("COMMIT")
	}
}

// drain writes what sends write: contacts and armed rows in one commit, the
// mails in the next, the rows as they ended in a third.
func (w *bare) drain(o sent, commit int) {
	for n := 0; n < len(o.followups); n += commit {
		until := min(n+commit, len(o.followups))
		armed := make([]row, until-n)
		for i, r := range o.followups[n:until] {
			version, _ := r[1].(int64)
			armed[i] = row{r[0], version - 1, 4, time.Now().UnixMilli(), r[4], r[5]}
		}
		w.exec("BEGIN IMMEDIATE")
		w.insert(putContact, newContact, o.contacts[n:until])
		w.insert(putFollowUp, newFollowUp, armed)
		w.exec("COMMIT")
		if o.mails != nil {
			w.exec("BEGIN IMMEDIATE")
			w.insert("INSERT INTO mail (followup, attempt, at, body)", "", o.mails[n:until])
			w.exec("COMMIT")
		}
		w.exec("BEGIN IMMEDIATE")
		w.insert(putFollowUp, newFollowUp, o.followups[n:until])
		w.exec("COMMIT")
	}
}

// meter times turns of ours and of the bare limit that follows each.
type meter struct {
	n      int
	last   time.Duration
	own    time.Duration
	limit  time.Duration
	cpu    time.Duration
	spare  time.Duration // processor time of the limit
	ratios []float64     // of each turn: bare time by own time
}

// ours times a turn that does n things.
func (m *meter) ours(n int, do func()) {
	runtime.GC() // neither pays for the other's garbage
	cpu, begin := cpuTime(), time.Now()
	do()
	m.last = time.Since(begin)
	m.cpu += cpuTime() - cpu
	m.own, m.n = m.own+m.last, m.n+n
}

// bare times the limit of the turn before.
func (m *meter) bare(do func()) {
	runtime.GC()
	cpu, begin := cpuTime(), time.Now()
	do()
	took := time.Since(begin)
	m.spare += cpuTime() - cpu
	m.limit += took
	m.ratios = append(m.ratios, float64(took)/float64(m.last))
}

// report tells both rates, the median of the turns' ratios, and the processor
// time of ours, which depends little on what else the machine does.
func (m *meter) report(b *testing.B, what string) {
	slices.Sort(m.ratios)
	b.ReportMetric(float64(m.n)/m.own.Seconds(), what+"/s")
	b.ReportMetric(float64(m.n)/m.limit.Seconds(), "bare/s")
	b.ReportMetric(100*m.ratios[len(m.ratios)/2], "%ofbare")
	b.ReportMetric(float64(m.cpu.Microseconds())/float64(m.n), "cpu-µs")
	b.ReportMetric(float64(m.spare.Microseconds())/float64(m.n), "bare-cpu-µs")
	b.ReportMetric(0, "ns/op")
}
