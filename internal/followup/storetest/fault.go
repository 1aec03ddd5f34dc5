package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// ErrFault is what a store with faults answers; nothing was done.
var ErrFault = errors.New("store fault before anything was done")

// ErrTimeout is the answer of a call that was done although it looks as if not.
var ErrTimeout = errors.New("store answered with a time-out")

// ErrDead is the answer of every call after the process died.
var ErrDead = errors.New("process is dead")

// Fault is what happens to one write call.
type Fault int

// The faults.
const (
	NoFault      Fault = iota
	ErrorBefore        // nothing is done, ErrFault is answered
	DoneTimedOut       // it is done, ErrTimeout is answered
)

// Faults is a script of faults and the count of calls so far. Write calls are
// Accept, Done, Save, Arm, Finish, SaveContacts and SavePlan, numbered from 1 in
// the order in which they begin. The zero value has no faults. Set the fields
// before the first call; the methods are safe for concurrent use.
type Faults struct {
	Script   map[int]Fault // by number of the write call
	Seed     uint64        // with Rate: which calls fail; the same seed, the same faults
	Rate     float64       // 0 to 1: share of write calls that fail, half of them DoneTimedOut
	DieAfter int           // every call after that many write calls is answered ErrDead; 0: never
	DieInto  int           // as DieAfter, but the last write itself is answered ErrDead although it is done
	Reads    bool          // with Rate: reads fail, too, by ErrFault

	mu     sync.Mutex
	writes int
	reads  int
	done   []string
}

// Writes returns how many write calls began.
func (f *Faults) Writes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// Log returns the name of each write call that was done, in the order in which they began.
func (f *Faults) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.done...)
}

// before returns the error of a write call that must not be done, and what to
// answer after it otherwise.
func (f *Faults) before(call string) (refuse, answer error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead() {
		return ErrDead, nil
	}
	f.writes++
	fault := f.Script[f.writes]
	if fault == NoFault {
		fault = f.chance(uint64(f.writes))
	}
	if fault == ErrorBefore {
		return fmt.Errorf("%s: %w", call, ErrFault), nil
	}
	f.done = append(f.done, call)
	switch {
	case f.DieInto > 0 && f.writes >= f.DieInto:
		return nil, ErrDead
	case fault == DoneTimedOut:
		return nil, fmt.Errorf("%s: %w", call, ErrTimeout)
	default:
		return nil, nil
	}
}

func (f *Faults) dead() bool {
	return f.DieAfter > 0 && f.writes >= f.DieAfter || f.DieInto > 0 && f.writes >= f.DieInto
}

// chance decides from seed and number only, so that a run can be repeated.
func (f *Faults) chance(n uint64) Fault {
	r := rand.New(rand.NewPCG(f.Seed, n))
	if r.Float64() >= f.Rate {
		return NoFault
	}
	if r.IntN(2) == 0 {
		return DoneTimedOut
	}
	return ErrorBefore
}

func (f *Faults) read(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead() {
		return ErrDead
	}
	f.reads++
	if f.Reads && f.chance(uint64(f.reads)<<32) != NoFault {
		return fmt.Errorf("%s: %w", call, ErrFault)
	}
	return nil
}

// Wrap returns s with the faults of f. To let a process die and live again,
// wrap the same (or the reopened) store with new faults.
func Wrap(s followup.Store, f *Faults) followup.Store { return &faulty{s, f} }

type faulty struct {
	s followup.Store
	f *Faults
}

// write does one write call as the script says.
func write[T any](f *Faults, call string, do func() (T, error)) (T, error) {
	var none T
	refuse, answer := f.before(call)
	if refuse != nil {
		return none, refuse
	}
	out, err := do()
	if err == nil && answer != nil {
		return none, answer
	}
	return out, err
}

func read[T any](f *Faults, call string, do func() (T, error)) (T, error) {
	if err := f.read(call); err != nil {
		var none T
		return none, err
	}
	return do()
}

func readPage[T any](f *Faults, call string, do func() ([]T, followup.Cursor, error)) ([]T, followup.Cursor, error) {
	if err := f.read(call); err != nil {
		return nil, "", err
	}
	return do()
}

func (w *faulty) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	return write(w.f, "accept", func() ([]followup.Verdict, error) { return w.s.Accept(ctx, in) })
}

func (w *faulty) Waiting(ctx context.Context, after followup.Cursor, limit int) ([]followup.Incoming, followup.Cursor, error) {
	return readPage(w.f, "waiting", func() ([]followup.Incoming, followup.Cursor, error) { return w.s.Waiting(ctx, after, limit) })
}

func (w *faulty) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	_, err := write(w.f, "done", func() (struct{}, error) { return struct{}{}, w.s.Done(ctx, keys, reason) })
	return err
}

func (w *faulty) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	return read(w.f, "journeys", func() ([]followup.Journey, error) { return w.s.Journeys(ctx, ids) })
}

func (w *faulty) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	return write(w.f, "save", func() ([]error, error) { return w.s.Save(ctx, changes) })
}

func (w *faulty) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	return readPage(w.f, "find", func() ([]followup.JourneyID, followup.Cursor, error) { return w.s.Find(ctx, q, after, limit) })
}

func (w *faulty) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	return readPage(w.f, "events", func() ([]followup.Event, followup.Cursor, error) { return w.s.Events(ctx, id, after, limit) })
}

func (w *faulty) Due(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
	return readPage(w.f, "due", func() ([]followup.Ref, followup.Cursor, error) { return w.s.Due(ctx, until, after, limit) })
}

func (w *faulty) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	return write(w.f, "arm", func() ([]followup.ArmResult, error) { return w.s.Arm(ctx, arms) })
}

func (w *faulty) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	return write(w.f, "finish", func() ([]error, error) { return w.s.Finish(ctx, ends) })
}

func (w *faulty) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	return read(w.f, "contacts", func() ([]followup.Contact, error) { return w.s.Contacts(ctx, ids) })
}

func (w *faulty) SaveContacts(ctx context.Context, cs []followup.Contact) ([]error, error) {
	return write(w.f, "save contacts", func() ([]error, error) { return w.s.SaveContacts(ctx, cs) })
}

func (w *faulty) Plan(ctx context.Context, hash string) (followup.PlanDoc, error) {
	return read(w.f, "plan", func() (followup.PlanDoc, error) { return w.s.Plan(ctx, hash) })
}

func (w *faulty) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	_, err := write(w.f, "save plan", func() (struct{}, error) { return struct{}{}, w.s.SavePlan(ctx, p) })
	return err
}
