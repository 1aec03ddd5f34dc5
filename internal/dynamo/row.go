package dynamo

import (
	"fmt"
	"time"

	"aftersales/internal/followup"
)

// rowItem is f as it is kept, one version on.
func (s *Store) rowItem(f followup.FollowUp) (item, error) {
	it := key(string(f.ID.Journey()), rowSort(f.ID))
	if isShort(it.text(attrSK)) {
		it[attrID] = text(string(f.ID))
	}
	body, err := s.packRow(&f)
	if err != nil {
		return nil, err
	}
	it[attrBody] = bytesOf(body)
	it[attrVersion], it[attrWrite] = number(f.Version+1), text(token())
	it.set(attrState, string(f.State))
	it.set(attrAttempt, f.Attempt)
	if !f.Next.IsZero() {
		it[attrDueHash], it[attrDueSort] = s.lookKeys(&f)
	}
	if lh, lr := rowList(&f); lh != "" {
		it[attrLstHash], it[attrLstSort] = text(lh), text(lr)
	}
	return it, nil
}

// packRow packs f, its next look cut to whole milliseconds.
func (s *Store) packRow(f *followup.FollowUp) ([]byte, error) {
	f.Next = f.Next.Truncate(time.Millisecond)
	slim := *f
	slim.ID = ""
	b, err := s.packs.pack(&slim)
	if err != nil {
		return nil, fmt.Errorf("row %s: %w", f.ID, err)
	}
	return b, nil
}

// row reads a row.
func (s *Store) row(it item) (f followup.FollowUp, err error) {
	id := rowID(it.text(attrPK), it.text(attrSK))
	if id == "" {
		id = followup.FollowUpID(it.text(attrID))
	}
	if err := s.packs.unpack(it.body(), &f); err != nil {
		return f, fmt.Errorf("row %s: %w", id, err)
	}
	f.ID, f.Version = id, it.number(attrVersion)
	return f, nil
}
