package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// LineageKey is where [Settings] keep what [Lineage] returns, as JSON.
const LineageKey = "lineage"

// Lineage returns the ids of the exports that a store was made of, those of the
// stores they came from included, oldest first: whatever was moved away by one of
// them is part of what is here. Copies do not count: what they were taken from goes
// on, so that two stores would bring back the same.
func Lineage(ctx context.Context, s Settings) ([]string, error) {
	text, err := s.Meta(ctx, LineageKey)
	if err != nil || text == "" {
		return nil, err
	}
	var ids []string
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return nil, fmt.Errorf("read what the store was made of: %w", err)
	}
	return ids, nil
}

// descend notes that this store is made of the file, too, unless what that was
// taken from goes on, which is what may come back.
func (i *importing) descend() error {
	if i.o.DryRun || i.h.Copy {
		return nil
	}
	ids, err := Lineage(i.ctx, i.to.Settings)
	if err != nil {
		return err
	}
	for _, id := range append(slices.Clone(i.h.Lineage), i.h.ID) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return i.to.Settings.SetMeta(i.ctx, LineageKey, string(text))
}
