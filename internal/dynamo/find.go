package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// pageMost is how many elements a page has at most, whatever is asked for.
const pageMost = 1000

// Find pages through journeys, by id; the pages of All follow one another in an
// order of the table's own. All but two queries read a list of what they find,
// shop by shop: 0.5 RRU for about 40 journeys. All reads every head's key. Armed
// searches the rows of all that is due by now, since no send pays for a list of
// sends that are under way: for tools, not for functions.
func (s *Store) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) (ids []followup.JourneyID, next followup.Cursor, err error) {
	if err := alive(ctx, "find journeys"); err != nil {
		return nil, "", err
	}
	limit = min(max(limit, 1), pageMost)
	switch {
	case q == followup.Query{Contact: q.Contact} && q.Contact != "":
		ids, next, err = s.findIn(ctx, []string{string(q.Contact)}, byContact, after, limit)
	case q == followup.Query{Claimed: true}:
		ids, next, err = s.findList(ctx, listClaimed, after, limit)
	case q == followup.Query{OpenCase: true}:
		ids, next, err = s.findList(ctx, listCases, after, limit)
	case q == followup.Query{All: true}:
		ids, next, err = s.findAll(ctx, after, limit)
	case q == followup.Query{State: q.State} && q.State != "":
		ids, next, err = s.findState(ctx, q.State, after, limit)
	default:
		err = fmt.Errorf("want exactly one field of the query, got %+v", q)
	}
	if err != nil {
		return nil, "", fmt.Errorf("find journeys: %w", err)
	}
	return ids, next, nil
}

func (s *Store) findState(ctx context.Context, state followup.State, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	switch state {
	case followup.Held, followup.Unknown, followup.Parked, followup.Failed:
		return s.findList(ctx, string(state), after, limit)
	case followup.Listed:
		return s.findList(ctx, listCalls, after, limit)
	case followup.Armed:
		return s.findArmed(ctx, after, limit)
	default:
		return nil, "", fmt.Errorf("rows in state %q cannot be found, only those that need attention", state)
	}
}

func (s *Store) findList(ctx context.Context, list string, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	if len(s.c.Shops) == 0 {
		return nil, "", errNoShops
	}
	keys := make([]string, len(s.c.Shops)) // in the order of ids
	for i, shop := range s.c.Shops {
		keys[i] = listKey(shop, list)
	}
	return s.findIn(ctx, keys, onList, after, limit)
}

// sorted is an index that is read in the order of ids.
type sorted struct{ name, hash, sort string }

var (
	byContact = sorted{indexContact, attrConHash, attrConSort}
	onList    = sorted{indexList, attrLstHash, attrLstSort}
)

// findIn reads the journeys under some hash keys of an index, each once.
func (s *Store) findIn(ctx context.Context, hashes []string, index sorted, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	from := short(string(after)) // included, and passed over
	out := make([]followup.JourneyID, 0, limit)
	for _, h := range hashes {
		in := indexQuery(s.t.Journeys, index.name, index.hash, h, index.sort, from, behindAll)
		in.Limit = new(int32(limit + 1))
		err := s.query(ctx, in, func(it item) (bool, error) {
			id := followup.JourneyID(it.text(attrPK))
			if id != followup.JourneyID(after) && (len(out) == 0 || out[len(out)-1] != id) {
				out = append(out, id)
			}
			return len(out) <= limit, nil
		})
		if err != nil {
			return nil, "", err
		}
		if len(out) > limit {
			return out[:limit], followup.Cursor(out[limit-1]), nil
		}
	}
	return out, "", nil
}

// findAll scans the index of contacts, which has every head and nothing else.
func (s *Store) findAll(ctx context.Context, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	in := &dynamodb.ScanInput{TableName: &s.t.Journeys, IndexName: new(indexContact), Limit: new(int32(limit))}
	if after != "" {
		contact, id, _ := strings.Cut(string(after), "\n")
		start := key(id, sortHead)
		start[attrConHash], start[attrConSort] = text(contact), text(short(id))
		in.ExclusiveStartKey = start
	}
	out, err := do(ctx, s, func(ctx context.Context) (*dynamodb.ScanOutput, error) { return s.api.Scan(ctx, in) })
	if err != nil {
		return nil, "", err
	}
	ids := make([]followup.JourneyID, 0, len(out.Items))
	for _, it := range out.Items {
		ids = append(ids, followup.JourneyID(item(it).text(attrPK)))
	}
	slices.Sort(ids)
	if len(out.LastEvaluatedKey) == 0 {
		return ids, "", nil
	}
	last := item(out.LastEvaluatedKey)
	return ids, followup.Cursor(last.text(attrConHash) + "\n" + last.text(attrPK)), nil
}

// findArmed reads the claimed calls, and searches the looks for other armed rows:
// sends keep the look that they were found at, which has passed.
func (s *Store) findArmed(ctx context.Context, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	ids, err := s.findClaimed(ctx)
	if err != nil {
		return nil, "", err
	}
	until := lastStamp
	if s.c.Clock != nil {
		until = s.c.Clock()
	}
	found := make([]map[followup.JourneyID]bool, len(followup.Lanes)*shards)
	errs := each(len(found), func(i int) error {
		found[i] = map[followup.JourneyID]bool{}
		return s.armedIn(ctx, shardKey(followup.Lanes[i/shards], i%shards), until, found[i])
	})
	if err := errors.Join(errs...); err != nil {
		return nil, "", err
	}
	for _, part := range found {
		for id := range part {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	out, next := page(slices.Compact(ids), after, limit, func(id followup.JourneyID) string { return string(id) })
	return out, next, nil
}

// findClaimed reads all of the lists of claimed calls: as long as people's hands
// are many.
func (s *Store) findClaimed(ctx context.Context) (all []followup.JourneyID, err error) {
	for after := followup.Cursor(""); ; {
		ids, next, err := s.findList(ctx, listClaimed, after, batch)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
		if after = next; next == "" {
			return all, nil
		}
	}
}

func (s *Store) armedIn(ctx context.Context, dh string, until time.Time, found map[followup.JourneyID]bool) error {
	for after := ""; ; {
		looks, err := s.looks(ctx, dh, after, until, batch)
		if err != nil || len(looks) == 0 {
			return err
		}
		rows, err := s.rowsOf(ctx, looks)
		if err != nil {
			return err
		}
		for id, f := range rows {
			if f.State == followup.Armed {
				found[id.Journey()] = true
			}
		}
		after = looks[len(looks)-1].sort
	}
}
