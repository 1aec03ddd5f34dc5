package sqlite

import (
	"context"
	"fmt"
)

// Clear deletes every journey and contact, and lets no body wait, all at once.
// Plans, settings, mails and what the inbox has seen stay. Nobody may use the
// folder meanwhile.
func (s *Store) Clear(ctx context.Context) error {
	err := s.w.do(ctx, statement(func(b *batch) error {
		for _, statement := range []string{
			"DELETE FROM journey", "DELETE FROM head", "DELETE FROM reach", "DELETE FROM contact", "DELETE FROM arming",
			"UPDATE inbox SET done = 1 WHERE done IS NULL",
		} {
			if err := b.w.exec(statement); err != nil {
				return err
			}
		}
		return nil
	}))
	s.w.pending.disown() // and are in no record
	s.recall.clear()     // numbers of records are given anew
	if err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return nil
}

// clear forgets everything.
func (r *recall) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.journeys.young)
	clear(r.journeys.old)
	clear(r.contacts.young)
	clear(r.contacts.old)
	clear(r.places.young)
	clear(r.places.old)
	clear(r.persons.young)
	clear(r.persons.old)
}
