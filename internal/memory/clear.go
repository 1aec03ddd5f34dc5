package memory

import (
	"context"

	"aftersales/internal/followup"
)

// Clear deletes every journey and contact, and lets no body wait. Plans, records
// and what the inbox has seen stay.
func (s *Store) Clear(ctx context.Context) error {
	if err := alive(ctx, "clear"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.journeys)
	clear(s.contacts)
	s.due, s.lanes, s.looks = queue{}, map[shelf]*queue{}, map[followup.FollowUpID]look{}
	for _, b := range s.inbox {
		b.done = true
	}
	return nil
}
