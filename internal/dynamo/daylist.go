package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// errNoDayList is a store that does not list what a day sent.
var errNoDayList = errors.New("the store keeps no list of days")

// SentOn pages through what a shop sent on a day, UTC, shard by shard and in each
// by time. It needs [Config.DayList].
func (s *Store) SentOn(ctx context.Context, shop followup.ShopID, day time.Time, after followup.Cursor, limit int) ([]followup.FollowUpID, followup.Cursor, error) {
	if err := alive(ctx, "list a day"); err != nil {
		return nil, "", err
	}
	if !s.c.DayList {
		return nil, "", fmt.Errorf("list a day: %w", errNoDayList)
	}
	limit = min(max(limit, 1), pageMost)
	first, place, _ := strings.Cut(cmp.Or(string(after), "0#"), "#")
	shard, err := strconv.Atoi(first)
	if err != nil {
		return nil, "", fmt.Errorf("list a day: cursor %q is not one of ours", string(after))
	}
	out := make([]followup.FollowUpID, 0, limit)
	last := ""
	for ; shard < shards; shard, place = shard+1, "" {
		in := indexQuery(s.t.Journeys, indexList, attrLstHash, dayKey(shop, day, shard), attrLstSort, place, behindAll)
		in.Limit = new(int32(limit + 1))
		more := false
		err := s.query(ctx, in, func(it item) (bool, error) {
			at := it.text(attrLstSort)
			if at == place {
				return true, nil
			}
			if more = len(out) == limit; more {
				return false, nil
			}
			id, err := s.nameOf(ctx, it)
			out, last = append(out, id), at
			return true, err
		})
		if err != nil {
			return nil, "", fmt.Errorf("list a day: %w", err)
		}
		if more {
			if last == "" { // the page ended with the shard before
				last = place
			}
			return out, followup.Cursor(strconv.Itoa(shard) + "#" + last), nil
		}
		last = ""
	}
	return out, "", nil
}

// nameOf is the id of the row that an index entry points to.
func (s *Store) nameOf(ctx context.Context, it item) (followup.FollowUpID, error) {
	pk, sk := it.text(attrPK), it.text(attrSK)
	if id := rowID(pk, sk); id != "" {
		return id, nil
	}
	row, err := s.get(ctx, s.t.Journeys, key(pk, sk))
	return followup.FollowUpID(row.text(attrID)), err
}
