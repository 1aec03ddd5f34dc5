package local_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"testing"
	"time"

	modernc "modernc.org/sqlite"

	"aftersales/internal/followup"
	"aftersales/internal/sqlite"
)

// row is one row of a table as the driver gives and takes it.
type row []any

// written is what a store wrote about some orders. An order's contact stands at
// two places in reach: itself, and the order that it has.
type written struct{ contacts, reach, journeys, heads, inbox []row }

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
	const ours = " FROM journey j JOIN head h ON h.n = j.n JOIN reach r ON r.contact = h.contact"
	w := written{
		contacts: s.read(3, "SELECT c.n, c.v, c.body"+ours+" AND r.journey = '' JOIN contact c ON c.n = r.n WHERE j.id BETWEEN ? AND ? ORDER BY j.n", first, last),
		reach:    s.read(3, "SELECT r.contact, r.journey, r.n"+ours+" WHERE j.id BETWEEN ? AND ? ORDER BY j.n, r.journey", first, last),
		journeys: s.read(7, "SELECT n, id, v, next, armed, attention, rows FROM journey WHERE id BETWEEN ? AND ? ORDER BY n", first, last),
		heads:    s.read(7, "SELECT h.n, h.v, h.contact, h.person, h.open_case, h.body, h.log FROM journey j JOIN head h ON h.n = j.n WHERE j.id BETWEEN ? AND ? ORDER BY j.n", first, last),
	}
	if n := until - from; len(w.contacts) != n || len(w.reach) != 2*n || len(w.journeys) != n || len(w.heads) != n {
		s.b.Fatalf("%d orders gave %d contacts at %d places, %d journeys, %d heads", n, len(w.contacts), len(w.reach), len(w.journeys), len(w.heads))
	}
	return w
}

// sent is what a store wrote about follow-ups that went out, one of each journey.
type sent struct{ contacts, journeys, mails []row }

func (s *business) sent(due []row, mail bool) sent {
	var ids, journeys []string
	for _, r := range due {
		id, _ := r[0].(string)
		ids, journeys = append(ids, id), append(journeys, string(followup.FollowUpID(id).Journey()))
	}
	w := sent{
		contacts: s.read(3, `SELECT c.n, c.v, c.body FROM json_each(?) k CROSS JOIN journey j ON j.id = k.value
			CROSS JOIN head h ON h.n = j.n CROSS JOIN reach r ON r.contact = h.contact AND r.journey = '' CROSS JOIN contact c ON c.n = r.n`, list(journeys)),
		journeys: s.read(4, "SELECT j.v, j.next, j.rows, j.n FROM json_each(?) k CROSS JOIN journey j ON j.id = k.value", list(journeys)),
	}
	if mail {
		w.mails = s.read(4, "SELECT m.followup, m.attempt, m.at, m.body FROM json_each(?) k CROSS JOIN mail m ON m.followup = k.value", list(ids))
	}
	if len(w.contacts) != len(due) || len(w.journeys) != len(due) || mail && len(w.mails) != len(due) {
		s.b.Fatalf("%d sent gave %d contacts, %d journeys, %d mails", len(due), len(w.contacts), len(w.journeys), len(w.mails))
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

// bare writes with plain prepared statements, through the driver itself, into a
// file with the schema and the settings of a store: nothing is decided, encoded,
// compared or read, and nobody else may ask anything meanwhile. No store on this
// SQLite can be faster.
type bare struct {
	b     *testing.B
	conn  driver.Conn
	stmts map[string]driver.StmtExecContext
	args  []driver.NamedValue
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
	w := &bare{b: b, stmts: map[string]driver.StmtExecContext{}}
	w.conn, err = new(modernc.Driver).Open("file:" + filepath.Join(dir, sqlite.FileName) +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(4000)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = w.conn.Close() })
	return w
}

func (w *bare) exec(query string, args ...any) {
	st := w.stmts[query]
	if st == nil {
		prepared, err := w.conn.Prepare(query)
		if err != nil {
			w.b.Fatal(err)
		}
		st, _ = prepared.(driver.StmtExecContext)
		w.stmts[query] = st
	}
	w.args = w.args[:0]
	for i, v := range args {
		w.args = append(w.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	if _, err := st.ExecContext(context.Background(), w.args); err != nil {
		w.b.Fatal(err)
	}
}

// each runs a statement for every row: on this driver as fast as many rows in a
// statement, which need a journal of their own.
func (w *bare) each(query string, rows []row) {
	for _, r := range rows {
		w.exec(query, r...)
	}
}

func (w *bare) commit(do func()) {
	w.exec("BEGIN IMMEDIATE")
	do()
	w.exec("COMMIT")
}

func (w *bare) orders(o written, from, until int) {
	w.each("INSERT INTO contact (n, v, body) VALUES (?, ?, ?)", o.contacts[from:until])
	w.each("INSERT INTO reach (contact, journey, n) VALUES (?, ?, ?)", o.reach[2*from:2*until])
	w.each("INSERT INTO journey (n, id, v, next, armed, attention, rows) VALUES (?, ?, ?, ?, ?, ?, ?)", o.journeys[from:until])
	w.each("INSERT INTO head (n, v, contact, person, open_case, body, log) VALUES (?, ?, ?, ?, ?, ?, ?)", o.heads[from:until])
}

// enroll writes orders in commits of so many.
func (w *bare) enroll(o written, commit int) {
	for n := 0; n < len(o.journeys); n += commit {
		w.commit(func() { w.orders(o, n, min(n+commit, len(o.journeys))) })
	}
}

// receive writes bodies in one commit and their orders in the next.
func (w *bare) receive(o written, commit int) {
	for n := 0; n < len(o.journeys); n += commit {
		until := min(n+commit, len(o.journeys))
		w.commit(func() {
			w.each("INSERT INTO inbox (k, topic, hash, body, at) VALUES (?, ?, ?, ?, ?)", o.inbox[n:until])
		})
		w.commit(func() {
			w.orders(o, n, until)
			for _, r := range o.inbox[n:until] {
				w.exec("UPDATE inbox SET done = 1 WHERE k = ?", r[0])
			}
		})
	}
}

// drain writes what sends write: what is armed together in one commit, the mails
// in the next, contacts and journeys as they ended in a third.
func (w *bare) drain(o sent, commit int) {
	for n := 0; n < len(o.journeys); n += commit {
		until := min(n+commit, len(o.journeys))
		w.commit(func() {
			w.exec("INSERT INTO arming (seq, owner, body) VALUES (?, 1, ?)", int64(n+1), o.armed(n, until))
		})
		if o.mails != nil {
			w.commit(func() { w.each("INSERT INTO mail (followup, attempt, at, body) VALUES (?, ?, ?, ?)", o.mails[n:until]) })
		}
		w.commit(func() {
			w.exec("DELETE FROM arming WHERE seq = ?", int64(n+1))
			for _, r := range o.contacts[n:until] {
				w.exec("UPDATE contact SET v = ?, body = ? WHERE n = ?", r[1], r[2], r[0])
			}
			w.each("UPDATE journey SET v = ?, next = ?, rows = ? WHERE n = ?", o.journeys[n:until])
		})
	}
}

// armed is a record as long as that of what is armed together: the contacts, and
// one row of each journey.
func (o sent) armed(from, until int) []byte {
	var out []byte
	for _, r := range o.contacts[from:until] {
		body, _ := r[2].([]byte)
		out = append(out, body...)
	}
	for _, r := range o.journeys[from:until] {
		rows, _ := r[2].([]byte)
		out = append(out, rows[:len(rows)/sixFollowUps]...)
	}
	return out
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

// ours times a turn that does n things. A profile tells it by its label:
// go tool pprof -tagfocus turn=ours.
func (m *meter) ours(n int, do func()) {
	runtime.GC() // neither pays for the other's garbage
	cpu, begin := cpuTime(), time.Now()
	pprof.Do(context.Background(), pprof.Labels("turn", "ours"), func(context.Context) { do() })
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
