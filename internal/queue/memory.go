package queue

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Options make a Memory. Now is required; zero fields give a queue that is as
// kind as a queue can be.
type Options struct {
	Now         func() time.Time // a virtual clock, or the machine's
	Visibility  time.Duration    // how long a received message is hidden; 0: 30 s
	MaxReceives int              // a message received that often goes to Dead at its next receive; 0: for ever here
	Dead        *Memory          // the dead letter queue
	Twice       float64          // share of messages that are put on the queue twice, 0 to 1
	Shuffle     bool             // what is visible is received in any order
	Seed        uint64           // of Twice and Shuffle
}

// Memory is a queue in memory, with the habits of SQS: delay, duplicates,
// reordering, visibility, receive counts and a dead letter queue. It never
// sleeps: what is visible hangs on Options.Now. It is safe for concurrent use.
type Memory struct {
	o Options

	mu     sync.Mutex
	random *rand.Rand
	serial int
	held   []*entry // in the order in which they were sent
}

type entry struct {
	id      string
	body    []byte
	more    map[string]string // attributes
	sent    time.Time
	visible time.Time
	count   int
	receipt string
}

// NewMemory returns an empty queue.
func NewMemory(o Options) *Memory {
	if o.Visibility <= 0 {
		o.Visibility = 30 * time.Second
	}
	return &Memory{o: o, random: rand.New(rand.NewPCG(o.Seed, o.Seed))} //nolint:gosec // a repeatable order for tests, no secret
}

// Send puts messages on the queue, some of them twice if so wished.
func (m *Memory) Send(ctx context.Context, messages []Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := Batches(messages); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.o.Now()
	for _, msg := range messages {
		times := 1
		if m.random.Float64() < m.o.Twice {
			times = 2
		}
		for range times {
			m.put(msg, now, now.Add(time.Duration(msg.Seconds())*time.Second))
		}
	}
	return nil
}

func (m *Memory) put(msg Message, sent, visible time.Time) {
	m.serial++
	m.held = append(m.held, &entry{
		id: "m" + strconv.Itoa(m.serial), body: slices.Clone(msg.Body), more: maps.Clone(msg.Attributes), sent: sent, visible: visible,
	})
}

// Receive returns at most limit visible messages and hides them for a while. One
// that was received too often already is moved to the dead letter queue instead.
func (m *Memory) Receive(limit int) []Received {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.o.Now()
	m.bury(now)
	seen := m.visible(now)
	if m.o.Shuffle {
		m.random.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
	}
	out := make([]Received, 0, min(limit, len(seen)))
	for _, e := range seen[:min(limit, len(seen))] {
		m.serial++
		e.count++
		e.visible, e.receipt = now.Add(m.o.Visibility), "r"+strconv.Itoa(m.serial)
		out = append(out, Received{ID: e.id, Receipt: e.receipt, Body: slices.Clone(e.body), Count: e.count, Attributes: maps.Clone(e.more), Sent: e.sent})
	}
	return out
}

// visible returns what can be received, by the time since when.
func (m *Memory) visible(now time.Time) []*entry {
	var out []*entry
	for _, e := range m.held {
		if !e.visible.After(now) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b *entry) int { return a.visible.Compare(b.visible) })
	return out
}

// bury moves what was received too often to the dead letter queue.
func (m *Memory) bury(now time.Time) {
	if m.o.MaxReceives <= 0 || m.o.Dead == nil {
		return
	}
	m.held = slices.DeleteFunc(m.held, func(e *entry) bool {
		dead := e.count >= m.o.MaxReceives && !e.visible.After(now)
		if dead {
			m.o.Dead.mu.Lock()
			defer m.o.Dead.mu.Unlock()
			m.o.Dead.put(Message{Body: e.body, Attributes: e.more}, e.sent, now)
		}
		return dead
	})
}

// Delete removes a message by the receipt of its latest receive; an older
// receipt, as in SQS, does nothing.
func (m *Memory) Delete(receipt string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = slices.DeleteFunc(m.held, func(e *entry) bool { return receipt != "" && e.receipt == receipt })
}

// Release makes a received message visible at once, as a failed batch item of a
// mapping without a visibility time would be.
func (m *Memory) Release(receipt string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.held {
		if receipt != "" && e.receipt == receipt {
			e.visible = m.o.Now()
		}
	}
}

// Next returns when the next message can be received; false when there is none.
func (m *Memory) Next() (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.held) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(m.held, func(a, b *entry) int { return a.visible.Compare(b.visible) })
	return first.visible, true
}

// Len returns how many messages there are, hidden ones too.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.held)
}

// Redrive moves every message of a dead letter queue to another queue, without its
// attributes, and returns how many.
func (m *Memory) Redrive(to *Memory) int {
	m.mu.Lock()
	moved := m.held
	m.held = nil
	m.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	for _, e := range moved {
		now := to.o.Now()
		to.put(Message{Body: e.body}, now, now)
	}
	return len(moved)
}

// Bodies returns what is on the queue, by the time at which it can be received.
func (m *Memory) Bodies() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := slices.Clone(m.held)
	slices.SortStableFunc(held, func(a, b *entry) int { return cmp.Compare(a.visible.UnixNano(), b.visible.UnixNano()) })
	out := make([][]byte, 0, len(held))
	for _, e := range held {
		out = append(out, slices.Clone(e.body))
	}
	return out
}
