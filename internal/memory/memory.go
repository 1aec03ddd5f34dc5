// Package memory keeps everything in maps: the store of tests and of
// simulations. It passes the same suite as the durable stores and is lost when
// the process ends.
package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// Store is a [followup.Store] in memory, safe for concurrent use. What goes in
// and comes out is copied, so that callers share nothing with it or each other.
type Store struct {
	mu       sync.RWMutex
	inbox    []*body // by arrival
	keys     map[followup.InboxKey]*body
	journeys map[followup.JourneyID]*journey
	contacts map[followup.ContactID]document
	plans    map[string]followup.PlanDoc
	due      queue
	lanes    map[shelf]*queue
	looks    map[followup.FollowUpID]look // where each row stands in lanes
	records  map[string]document          // values that are not JSON, too
}

var _ followup.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		keys:     map[followup.InboxKey]*body{},
		journeys: map[followup.JourneyID]*journey{},
		contacts: map[followup.ContactID]document{},
		plans:    map[string]followup.PlanDoc{},
		lanes:    map[shelf]*queue{},
		looks:    map[followup.FollowUpID]look{},
		records:  map[string]document{},
	}
}

// document is a value as JSON with its version, the form in which the durable
// stores keep it, too.
type document struct {
	version int64
	json    []byte
}

type journey struct {
	head   document
	found  headKeys
	rows   map[followup.FollowUpID]followup.FollowUp
	events []followup.Event // in the order of the fold
}

func (s *Store) journey(id followup.JourneyID) *journey {
	j := s.journeys[id]
	if j == nil {
		j = &journey{rows: map[followup.FollowUpID]followup.FollowUp{}}
		s.journeys[id] = j
	}
	return j
}

// row returns the stored row; version 0 when there is none.
func (s *Store) row(id followup.FollowUpID) followup.FollowUp {
	if j := s.journeys[id.Journey()]; j != nil {
		return j.rows[id]
	}
	return followup.FollowUp{}
}

// put writes f under the next version and moves its look.
func (s *Store) put(f followup.FollowUp) {
	f = s.write(f)
	s.place(&f)
}

// write writes f under the next version; lanes are left as they are.
func (s *Store) write(f followup.FollowUp) followup.FollowUp {
	j := s.journey(f.ID.Journey())
	f = cloneRow(f)
	f.Version++
	f.Next = f.Next.Truncate(time.Millisecond)
	s.due.move(j.rows[f.ID], f)
	j.rows[f.ID] = f
	return f
}

func encode(what string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return b, nil
}

// page returns the part of sorted that follows after, at most limit of it, and
// the cursor of the rest.
func page[T any](sorted []T, after followup.Cursor, limit int, key func(T) string) ([]T, followup.Cursor) {
	from := 0
	if after != "" {
		i, found := slices.BinarySearchFunc(sorted, string(after), func(v T, k string) int {
			return cmp.Compare(key(v), k)
		})
		from = i
		if found {
			from++
		}
	}
	rest := sorted[from:]
	if limit = max(limit, 1); len(rest) > limit {
		return rest[:limit], followup.Cursor(key(rest[limit-1]))
	}
	return rest, ""
}

// fixed writes n so that text order is number order.
func fixed(n int64) string {
	s := strconv.FormatUint(uint64(n)^(1<<63), 16)
	return "0000000000000000"[len(s):] + s
}

func alive(ctx context.Context, verb string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}
