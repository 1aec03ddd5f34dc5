package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// Names of the indexes, all of keys only.
const (
	indexDue     = "due"
	indexList    = "list"
	indexContact = "by_contact"
)

// Shards is how many parts a lane has at most; see Config.
func (s *Store) Shards() int { return shards }

// behindAll stands behind every id that follows a stamp.
const behindAll = "\U0010ffff"

// DueIn returns at most limit looks of one shard of a lane behind from, up to
// until. The index may be a moment behind the table.
func (s *Store) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	if err := alive(ctx, "read due"); err != nil {
		return nil, err
	}
	after := ""
	if !from.At.IsZero() || from.ID != "" {
		after = lookSort(from.At, from.ID)
	}
	looks, err := s.looks(ctx, shardKey(lane, shard), after, until, limit)
	if err != nil {
		return nil, fmt.Errorf("read due of %s: %w", lane, err)
	}
	refs := make([]followup.Ref, 0, len(looks))
	for _, l := range looks {
		refs = append(refs, followup.Ref{ID: l.id, Next: l.at})
	}
	return refs, nil
}

// look is an entry of the due index.
type look struct {
	sort   string
	at     time.Time
	id     followup.FollowUpID
	pk, sk string
}

// looks reads entries of one hash key behind a sort key.
func (s *Store) looks(ctx context.Context, dh, after string, until time.Time, limit int) ([]look, error) {
	limit = max(limit, 1)
	to := stamp(until) + behindAll
	if after > to {
		return nil, nil
	}
	in := indexQuery(s.t.Journeys, indexDue, attrDueHash, dh, attrDueSort, after, to)
	in.Limit = new(int32(min(limit+1, 1000))) // the one at after is passed over
	var out []look
	err := s.query(ctx, in, func(it item) (bool, error) {
		l := look{sort: it.text(attrDueSort), pk: it.text(attrPK), sk: it.text(attrSK)}
		if l.sort == after {
			return true, nil
		}
		l.id = rowID(l.pk, l.sk)
		var err error
		l.at, err = lookTime(l.sort)
		out = append(out, l)
		return len(out) < limit, err
	})
	if err != nil {
		return nil, err
	}
	return out, s.nameLooks(ctx, out)
}

// nameLooks reads the ids that are too long for a key.
func (s *Store) nameLooks(ctx context.Context, looks []look) (err error) {
	for i := range looks {
		if looks[i].id != "" {
			continue
		}
		if looks[i].id, err = s.nameOf(ctx, key(looks[i].pk, looks[i].sk)); err != nil {
			return err
		}
	}
	return nil
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

// indexQuery reads one hash key of an index from a sort key (included) to
// another. Indexes are never read consistently.
func indexQuery(table, index, hash, key, sort, from, to string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &table, IndexName: &index,
		KeyConditionExpression:    new(hash + " = :h AND " + sort + " BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{":h": text(key), ":a": text(cmp.Or(from, "!")), ":b": text(to)},
	}
}

// Due pages through rows whose next look is at or before until. It reads every
// shard of every lane and the rows themselves, so that it knows their states and
// passes over what has moved: the sweep uses DueIn instead.
func (s *Store) Due(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
	if err := alive(ctx, "read due"); err != nil {
		return nil, "", err
	}
	limit = min(max(limit, 1), pageMost)
	refs := make([]followup.Ref, 0, limit)
	for place := string(after); ; {
		looks, err := s.mergedLooks(ctx, place, until, limit+1-len(refs))
		if err != nil {
			return nil, "", fmt.Errorf("read due: %w", err)
		}
		more := len(looks) > limit-len(refs)
		looks = looks[:min(len(looks), limit-len(refs))]
		now, err := s.stillDue(ctx, looks, until)
		if err != nil {
			return nil, "", fmt.Errorf("read due: %w", err)
		}
		refs = append(refs, now...)
		if !more {
			return refs, "", nil
		}
		place = looks[len(looks)-1].sort
		if len(refs) == limit {
			return refs, followup.Cursor(place), nil
		}
	}
}

// mergedLooks reads the first looks behind a place over all lanes and shards.
func (s *Store) mergedLooks(ctx context.Context, after string, until time.Time, limit int) ([]look, error) {
	parts := make([][]look, len(followup.Lanes)*shards)
	errs := each(len(parts), func(i int) (err error) {
		parts[i], err = s.looks(ctx, shardKey(followup.Lanes[i/shards], i%shards), after, until, limit)
		return err
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	out := slices.Concat(parts...)
	slices.SortFunc(out, func(a, b look) int { return strings.Compare(a.sort, b.sort) })
	return out[:min(len(out), limit)], nil
}

// stillDue reads the rows of looks and returns those that have a look due, in the
// order of the looks.
func (s *Store) stillDue(ctx context.Context, looks []look, until time.Time) ([]followup.Ref, error) {
	rows, err := s.rowsOf(ctx, looks)
	if err != nil {
		return nil, err
	}
	var out []followup.Ref
	for _, l := range looks {
		f, ok := rows[l.id]
		if ok && !f.Next.IsZero() && !f.Next.After(until) {
			out = append(out, followup.Ref{ID: f.ID, Next: f.Next, State: f.State})
			delete(rows, l.id) // a moved row may stand in the index twice for a moment
		}
	}
	return out, nil
}

func (s *Store) rowsOf(ctx context.Context, looks []look) (map[followup.FollowUpID]followup.FollowUp, error) {
	keys := make([]item, 0, len(looks))
	asked := map[string]bool{}
	for _, l := range looks {
		if id := l.pk + "\n" + l.sk; !asked[id] {
			asked[id] = true
			keys = append(keys, key(l.pk, l.sk))
		}
	}
	items, err := s.batchGet(ctx, s.t.Journeys, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[followup.FollowUpID]followup.FollowUp, len(items))
	for _, it := range items {
		f, err := s.row(it)
		if err != nil {
			return nil, err
		}
		out[f.ID] = f
	}
	return out, nil
}
