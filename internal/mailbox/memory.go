package mailbox

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// Memory is a [Storage] that forgets everything with the process. The zero
// value is empty and ready; it is safe for concurrent use.
type Memory struct {
	mu   sync.Mutex
	mail []followup.Stored // oldest first; the n-th has id n+1
	ids  map[attempt]string
}

type attempt struct {
	id   followup.FollowUpID
	name string
}

var _ Storage = (*Memory)(nil)

// PutMail keeps m, once per attempt.
func (s *Memory) PutMail(ctx context.Context, m followup.Message, at time.Time) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("put mail %s: %w", m.FollowUp, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := attempt{m.FollowUp, m.Attempt}
	if id, ok := s.ids[key]; ok {
		return id, nil
	}
	if s.ids == nil {
		s.ids = map[attempt]string{}
	}
	id := strconv.Itoa(len(s.mail) + 1)
	s.ids[key] = id
	s.mail = append(s.mail, followup.Stored{ID: id, At: at, Message: m})
	return id, nil
}

// FindMail looks an attempt up.
func (s *Memory) FindMail(ctx context.Context, id followup.FollowUpID, name string) (string, bool, error) {
	if err := ctx.Err(); err != nil {
		return "", false, fmt.Errorf("find mail %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.ids[attempt{id, name}]
	return found, ok, nil
}

// Mail pages from the newest to the oldest.
func (s *Memory) Mail(_ context.Context, limit int, before string) ([]followup.Stored, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := len(s.mail)
	if before != "" {
		end = s.position(before)
	}
	var page []followup.Stored
	for i := end - 1; i >= 0 && len(page) < limit; i-- {
		page = append(page, s.mail[i])
	}
	if len(page) == 0 || len(page) == end {
		return page, "", nil
	}
	return page, page[len(page)-1].ID, nil
}

// OneMail looks an id up.
func (s *Memory) OneMail(_ context.Context, id string) (followup.Stored, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.position(id)
	if i >= len(s.mail) || s.mail[i].ID != id {
		return followup.Stored{}, false, nil
	}
	return s.mail[i], true, nil
}

// position returns the index of the mail with that id, or 0 for an id nobody gave out.
func (s *Memory) position(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(s.mail) {
		return 0
	}
	return n - 1
}
