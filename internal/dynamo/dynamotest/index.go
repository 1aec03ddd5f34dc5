package dynamotest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

type attributes = map[string]types.AttributeValue

// shadow is what the indexes know of one item: its key attributes, from when on.
type shadow struct {
	table string
	past  []entry
}

type entry struct {
	from time.Duration
	keys attributes // nil: the item is gone
}

// at returns the entry that an index shows, and whether a newer one is hidden.
func (s *shadow) at(now time.Duration) (keys attributes, hidden bool) {
	for _, e := range s.past {
		if e.from > now {
			return keys, true
		}
		keys = e.keys
	}
	return keys, false
}

// doubt is an item of which the server did not say what became of it.
type doubt struct {
	table *string
	key   attributes
	since time.Duration
	sure  bool // it stands there as it will: no request is under way
}

// doubt notes that an item has to be read before an index shows it: a write
// without an answer may have been done, and so may an earlier one of which the
// client kept the loss to itself. It returns err.
func (l *Limits) doubt(table *string, it attributes, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.doubts == nil {
		l.doubts = map[string]doubt{}
	}
	l.doubts[name(table, it)] = doubt{table, keysOf(it), l.now, err == nil || isCondition(err)}
	return err
}

// resolve reads what is in doubt.
func (l *Limits) resolve(ctx context.Context) error {
	l.mu.Lock()
	doubts := maps.Clone(l.doubts)
	l.mu.Unlock()
	for id := range doubts {
		if err := l.reread(ctx, id); err != nil {
			return fmt.Errorf("read what is in doubt: %w", err)
		}
	}
	return nil
}

func (l *Limits) reread(ctx context.Context, id string) error {
	defer l.lock(id)()
	return l.look(ctx, id)
}

// look reads an item that is in doubt; its lock is held.
func (l *Limits) look(ctx context.Context, id string) error {
	l.mu.Lock()
	d, still := l.doubts[id]
	l.mu.Unlock()
	if !still { // a write was answered meanwhile
		return nil
	}
	out, err := l.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: d.table, Key: d.key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(id, out.Item, d.since)
	if d.sure {
		delete(l.doubts, id)
	}
	return nil
}

// wrote notes an item as it is now.
func (l *Limits) wrote(id string, it attributes) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.doubts, id)
	l.enter(id, it, l.now)
}

// enter says how an item stands since some time. Each index shows it after a
// while, and never an older form after a newer one. l.mu is held.
func (l *Limits) enter(id string, it attributes, since time.Duration) {
	s := l.shadow[id]
	if s == nil {
		if l.shadow == nil {
			l.shadow = map[string]*shadow{}
		}
		table, _, _ := strings.Cut(id, "\n")
		s = &shadow{table: table}
		l.shadow[id] = s
	}
	e := entry{from: since}
	if it != nil {
		e.keys = keysOf(it, keyNames...)
	}
	if l.Lag > 0 {
		e.from += time.Duration(l.dice("lag " + id).Int64N(int64(l.Lag)))
	}
	if n := len(s.past); n > 0 {
		last := s.past[n-1]
		if maps.EqualFunc(last.keys, e.keys, func(a, b types.AttributeValue) bool { return text(a) == text(b) }) {
			return // no index is written
		}
		e.from = max(e.from, last.from)
	}
	s.past = append(s.past, e)
}

// keyNames are the key attributes of the tables and their indexes.
var keyNames = func() (out []string) {
	for _, t := range dynamo.Schema() {
		for _, k := range append([]dynamo.Index{{Hash: t.Hash, Sort: t.Sort}}, t.Indexes...) {
			out = append(out, k.Hash, k.Sort)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}()

// Query is dynamo.API's. An index is answered from what it shows; a table from
// the server, in pages of at most Page bytes.
func (l *Limits) Query(ctx context.Context, in *dynamodb.QueryInput, opts ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	request := fmt.Sprintf("query %s %v", local(in.TableName), text(in.ExpressionAttributeValues[":p"])+text(in.ExpressionAttributeValues[":h"])+text(in.ExpressionAttributeValues[":a"]))
	return run(ctx, l, request, func(ctx context.Context) (*dynamodb.QueryOutput, error) {
		if in.IndexName != nil {
			return l.index(ctx, in)
		}
		l.eventual(in.ConsistentRead)
		out, err := l.API.Query(ctx, in, opts...)
		if err == nil {
			l.cut(out)
		}
		return out, err
	})
}

// Scan is dynamo.API's. An index is answered from what it shows, a table from the
// server.
func (l *Limits) Scan(ctx context.Context, in *dynamodb.ScanInput, opts ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return run(ctx, l, "scan "+local(in.TableName), func(ctx context.Context) (*dynamodb.ScanOutput, error) {
		if in.IndexName == nil {
			return l.API.Scan(ctx, in, opts...)
		}
		ix, err := indexOf(*in.IndexName)
		if err != nil || in.FilterExpression != nil || in.ConsistentRead != nil {
			return nil, fmt.Errorf("an index is not scanned so: %s", *in.IndexName)
		}
		items, last, err := l.shows(ctx, reading{in.TableName, ix, in.ExclusiveStartKey, in.Limit}, func(attributes) bool { return true })
		return &dynamodb.ScanOutput{Items: items, LastEvaluatedKey: last}, err
	})
}

// cut ends a page where it is too large.
func (l *Limits) cut(out *dynamodb.QueryOutput) {
	page := cmp.Or(l.Page, 1<<20)
	sum := 0
	for i, it := range out.Items {
		if sum += size(it); sum <= page || i == 0 || i == len(out.Items)-1 && sum <= page {
			continue
		}
		out.Items = out.Items[:i]
		last := out.Items[i-1]
		out.LastEvaluatedKey = attributes{"pk": last["pk"], "sk": last["sk"]}
		l.mu.Lock()
		l.seen.Pages++
		l.mu.Unlock()
		return
	}
}

// place is where an entry stands in an index.
type place struct{ hash, sort, pk, sk string }

func placeOf(it attributes, ix dynamo.Index) place {
	return place{text(it[ix.Hash]), text(it[ix.Sort]), text(it["pk"]), text(it["sk"])}
}

func (p place) compare(o place) int {
	return cmp.Or(strings.Compare(p.hash, o.hash), strings.Compare(p.sort, o.sort), strings.Compare(p.pk, o.pk), strings.Compare(p.sk, o.sk))
}

// index answers a query of the one form that the store asks.
func (l *Limits) index(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	ix, err := indexOf(*in.IndexName)
	want := fmt.Sprintf("%s = :h AND %s BETWEEN :a AND :b", ix.Hash, ix.Sort)
	if err != nil || *in.KeyConditionExpression != want || in.ConsistentRead != nil {
		return nil, fmt.Errorf("an index is not read so: %s, %s", *in.IndexName, *in.KeyConditionExpression)
	}
	hash, from, to := text(in.ExpressionAttributeValues[":h"]), text(in.ExpressionAttributeValues[":a"]), text(in.ExpressionAttributeValues[":b"])
	if from > to {
		return nil, fmt.Errorf("BETWEEN wants its bounds in order, got %q and %q", from, to)
	}
	items, last, err := l.shows(ctx, reading{in.TableName, ix, in.ExclusiveStartKey, in.Limit}, func(it attributes) bool {
		at := text(it[ix.Sort])
		return text(it[ix.Hash]) == hash && at >= from && at <= to
	})
	return &dynamodb.QueryOutput{Items: items, LastEvaluatedKey: last}, err
}

// reading is a page of an index.
type reading struct {
	table *string
	index dynamo.Index
	start attributes // behind it; empty: from the beginning
	limit *int32     // entries at most; nil: all
}

// shows returns a page of what an index shows now, and where it ended: a page
// that the limit filled has an end whether something follows or not, as AWS says.
func (l *Limits) shows(ctx context.Context, r reading, want func(attributes) bool) (page []attributes, last attributes, err error) {
	ix := r.index
	if err := l.resolve(ctx); err != nil {
		return nil, nil, err
	}
	found := l.shown(local(r.table), func(it attributes) bool {
		return it[ix.Hash] != nil && it[ix.Sort] != nil && want(it) &&
			(len(r.start) == 0 || placeOf(it, ix).compare(placeOf(r.start, ix)) > 0)
	})
	slices.SortFunc(found, func(a, b attributes) int { return placeOf(a, ix).compare(placeOf(b, ix)) })
	page = []attributes{}
	for i, it := range found {
		page = append(page, keysOf(it, ix.Hash, ix.Sort))
		if r.limit != nil && i+1 == int(*r.limit) {
			return page, page[i], nil
		}
	}
	return page, nil, nil
}

// shown returns the entries of a table that the indexes show now.
func (l *Limits) shown(table string, want func(attributes) bool) (out []attributes) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.shadow {
		if s.table != table {
			continue
		}
		keys, hidden := s.at(l.now)
		if hidden {
			l.seen.Hidden++
		}
		if keys != nil && want(keys) {
			out = append(out, keys)
		}
	}
	return out
}

func indexOf(name string) (dynamo.Index, error) {
	for _, t := range dynamo.Schema() {
		for _, ix := range t.Indexes {
			if ix.Name == name {
				return ix, nil
			}
		}
	}
	return dynamo.Index{}, fmt.Errorf("there is no index %s", name)
}
