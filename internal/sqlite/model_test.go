package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
	"aftersales/internal/racing"
)

// twins are two stores on one folder, as of two processes, beside one in memory
// that knows of neither groups nor records: all have to answer alike.
type twins struct {
	*testing.T
	seed   uint64
	r      *rand.Rand
	dir    string
	stores [2]*Store
	w      int // the one of those whose turn it is
	seen   [2]seen
	model  *memory.Store
	last   followup.Change // not saved at first, nor is its contact
	ids    []followup.JourneyID
	who    []followup.ContactID
	armed  []followup.Arm // some have ended
	groups [][]call
	said   []string // what was done
}

// orders are so few that everybody meets everybody.
const orders = 7

// seen is what a process read last. It may write by that long after.
type seen struct {
	journeys [orders]followup.Journey
	contacts [orders]followup.Contact
}

// call is one of a group: one of its fields.
type call struct {
	changes  []followup.Change
	contacts []followup.Contact
	arms     []followup.Arm
	ends     []followup.Finish
}

// TestModel looks for what nobody thought of: what a process remembers while
// another writes, records beside saves, commits of which nobody knows.
func TestModel(t *testing.T) {
	for seed := range uint64(racing.Fewer(20, 3)) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTwins(t, seed)
				for n := range racing.Fewer(200, 60) {
					m.step(n)
				}
				for w := range m.stores {
					m.readContacts(w, 0, orders)
					m.readJourneys(w, 0, orders)
				}
			})
		})
	}
}

func newTwins(t *testing.T, seed uint64) *twins {
	m := &twins{T: t, seed: seed, r: rand.New(rand.NewPCG(seed, 11)), dir: t.TempDir(), model: memory.New()}
	for w := range m.stores {
		m.open(w)
	}
	for n := range orders {
		o := storetest.Order(n, 3)
		m.ids, m.who, m.last = append(m.ids, o.Journey), append(m.who, o.Head.Contact), o
		if n < orders-1 {
			m.commit(0, []call{{changes: []followup.Change{o}}}, false)
		}
	}
	return m
}

// open starts a process.
func (m *twins) open(w int) {
	s, err := Open(m.Context(), m.dir, Options{NoSync: true})
	m.same("open", nil, nil, err)
	m.Cleanup(func() { _ = s.Close() })
	m.stores[w], m.seen[w] = s, seen{}
}

// step has one of the processes write, read, forget or begin anew.
func (m *twins) step(n int) {
	if m.r.IntN(4) == 0 {
		m.w = 1 - m.w
	}
	w, from := m.w, m.r.IntN(orders)
	m.say("step %d, process %d", n, w)
	switch k := m.r.IntN(80); {
	case k < 52:
		m.commit(w, m.group(w), m.r.IntN(10) == 0)
	case k < 64:
		m.readJourneys(w, from, from+1+m.r.IntN(orders-from))
	case k < 74:
		m.readContacts(w, from, from+1+m.r.IntN(orders-from))
	case k < 77:
		m.look(m.stores[w])
	case k < 79:
		m.say("forgets")
		m.stores[w].recall = recall{}
	default:
		m.say("begins anew")
		m.same("close", nil, nil, m.stores[w].Close())
		m.open(w)
	}
}

func (m *twins) say(format string, values ...any) {
	m.said = append(m.said, fmt.Sprintf(format, values...))
}

// same wants a store to answer as the model does.
func (m *twins) same(what string, want, got any, err error) {
	m.Helper()
	if err == nil && reflect.DeepEqual(want, got) { // most often, and a tenth of the work
		return
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
		m.Fatalf("seed %d, %s: %v\n%s\n%s", m.seed, what, err, d, strings.Join(m.said[max(len(m.said)-30, 0):], "\n"))
	}
}

// badCommit is a COMMIT that fails: refused, or done without a word.
type badCommit struct {
	statements
	done bool
}

func (c *badCommit) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if c.done {
		if _, err := c.statements.ExecContext(ctx, args); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the disk does not answer")
}

// commit has a process write a group in one transaction, which may fail.
func (m *twins) commit(w int, group []call, fails bool) {
	s := m.stores[w]
	stmt, err := s.w.conn.stmt("COMMIT")
	m.same("prepare", nil, nil, err)
	bad := &badCommit{stmt, m.r.IntN(2) == 0}
	if fails {
		m.say("its commit fails, done: %t", bad.done)
		s.w.conn.stmts["COMMIT"] = bad
	}
	m.groups = append(m.groups, group)
	answers, errs := make([][]string, len(group)), make([]error, len(group))
	_, err = s.w.lend(func(*conn) error { // whoever comes meanwhile is of one group
		for i := range group {
			go func() { answers[i], errs[i] = group[i].ask(m.Context(), s) }()
			synctest.Wait() // it is in the queue
		}
		return nil
	})
	synctest.Wait() // all are answered
	s.w.conn.stmts["COMMIT"] = stmt
	m.same("lend", nil, nil, err)
	for i := range group {
		what := fmt.Sprintf("call %d of %d", i+1, len(group))
		m.same(what+" fails", fails, errs[i] != nil, nil)
		if fails && !bad.done {
			continue
		}
		want, err := group[i].ask(m.Context(), m.model)
		m.same(what+" to the model", nil, nil, err)
		if !fails {
			m.same(what, want, answers[i], errs[i])
		}
		for k, a := range group[i].arms {
			if want[k] == string(followup.ArmedNow) {
				m.armed = append(m.armed, a)
			}
		}
	}
}

// ask makes the call.
func (c *call) ask(ctx context.Context, s followup.Store) (out []string, err error) {
	var errs []error
	var results []followup.ArmResult
	switch {
	case c.changes != nil:
		errs, err = s.Save(ctx, c.changes)
	case c.contacts != nil:
		errs, err = s.SaveContacts(ctx, c.contacts)
	case c.arms != nil:
		results, err = s.Arm(ctx, c.arms)
	default:
		errs, err = s.Finish(ctx, c.ends)
	}
	for _, r := range results {
		out = append(out, string(r))
	}
	for _, err := range errs {
		out = append(out, fmt.Sprint(err == nil, errors.Is(err, followup.ErrConflict)))
	}
	return out, err
}

func (m *twins) readJourneys(w, from, until int) {
	m.say("reads journeys %d to %d", from, until)
	want, wrong := m.model.Journeys(m.Context(), m.ids[from:until])
	got, err := m.stores[w].Journeys(m.Context(), m.ids[from:until])
	m.same("journeys", want, got, errors.Join(wrong, err))
	copy(m.seen[w].journeys[from:], got)
}

func (m *twins) readContacts(w, from, until int) {
	m.say("reads contacts %d to %d", from, until)
	want, wrong := m.model.Contacts(m.Context(), m.who[from:until])
	got, err := m.stores[w].Contacts(m.Context(), m.who[from:until])
	m.same("contacts", want, got, errors.Join(wrong, err))
	copy(m.seen[w].contacts[from:], got)
}

// look asks for what is armed, of a contact, or due.
func (m *twins) look(s *Store) {
	q := []followup.Query{{State: followup.Armed}, {State: followup.Unknown}, {Contact: m.who[m.r.IntN(orders)]}}[m.r.IntN(3)]
	until := m.moment()
	m.say("looks for %+v and what is due", q)
	want, _, wrong := m.model.Find(m.Context(), q, "", 100)
	got, _, err := s.Find(m.Context(), q, "", 100)
	m.same("find", want, got, errors.Join(wrong, err))
	next, _, wrong := m.model.NextLook(m.Context())
	at, _, err := s.NextLook(m.Context())
	m.same("next look", next, at, errors.Join(wrong, err))
	refs, _, wrong := m.model.Due(m.Context(), until, "", 100)
	due, _, err := s.Due(m.Context(), until, "", 100)
	m.same("due", refs, due, errors.Join(wrong, err))
}
