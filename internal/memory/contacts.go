package memory

import (
	"context"
	"encoding/json"
	"fmt"

	"aftersales/internal/followup"
)

// Contacts loads each; an unknown id gives Version 0.
func (s *Store) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	if err := alive(ctx, "load contacts"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]followup.Contact, len(ids))
	for i, id := range ids {
		if d := s.contacts[id]; d.version > 0 {
			if err := json.Unmarshal(d.json, &out[i]); err != nil {
				return nil, fmt.Errorf("load contact %s: %w", id, err)
			}
			out[i].Version = d.version
		}
		out[i].ID = id
	}
	return out, nil
}

// SaveContacts writes each, or ErrConflict per element.
func (s *Store) SaveContacts(ctx context.Context, cs []followup.Contact) ([]error, error) {
	if err := alive(ctx, "save contacts"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(cs))
	for i := range cs {
		c := &cs[i]
		if errs[i] = s.checkContacts(cs[i : i+1]); errs[i] != nil {
			continue
		}
		b, err := encode("contact", c)
		if err != nil {
			errs[i] = err
			continue
		}
		s.contacts[c.ID] = document{c.Version + 1, b}
	}
	return errs, nil
}
