package dynamotest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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

// wrote notes an item as it is now; each index shows it after a while, and never
// an older form after a newer one.
func (l *Limits) wrote(id string, it attributes) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.shadow[id]
	if s == nil {
		table, _, _ := strings.Cut(id, "\n")
		s = &shadow{table: table}
		l.shadow[id] = s
	}
	e := entry{from: l.now}
	if l.Lag > 0 {
		e.from += time.Duration(l.rand.Int64N(int64(l.Lag)))
	}
	if n := len(s.past); n > 0 {
		e.from = max(e.from, s.past[n-1].from)
	}
	if it != nil {
		e.keys = attributes{}
		for _, k := range keyNames {
			if v, ok := it[k]; ok {
				e.keys[k] = v
			}
		}
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
	request := fmt.Sprintf("query %s %v", *in.TableName, text(in.ExpressionAttributeValues[":p"])+text(in.ExpressionAttributeValues[":h"])+text(in.ExpressionAttributeValues[":a"]))
	return run(l, request, func() (*dynamodb.QueryOutput, error) {
		if in.IndexName != nil {
			return l.index(in)
		}
		l.eventual(in.ConsistentRead)
		out, err := l.API.Query(ctx, in, opts...)
		if err == nil {
			l.cut(out)
		}
		return out, err
	})
}

// Scan is dynamo.API's. An index is answered as the server has it.
func (l *Limits) Scan(ctx context.Context, in *dynamodb.ScanInput, opts ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return run(l, "scan "+*in.TableName, func() (*dynamodb.ScanOutput, error) { return l.API.Scan(ctx, in, opts...) })
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
type place struct{ sort, pk, sk string }

func (p place) compare(o place) int {
	return cmp.Or(strings.Compare(p.sort, o.sort), strings.Compare(p.pk, o.pk), strings.Compare(p.sk, o.sk))
}

// index answers a query of the one form that the store asks.
func (l *Limits) index(in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	ix, err := indexOf(*in.IndexName)
	want := fmt.Sprintf("%s = :h AND %s BETWEEN :a AND :b", ix.Hash, ix.Sort)
	if err != nil || *in.KeyConditionExpression != want || in.ConsistentRead != nil {
		return nil, fmt.Errorf("an index is not read so: %s, %s", *in.IndexName, *in.KeyConditionExpression)
	}
	hash, from, to := text(in.ExpressionAttributeValues[":h"]), text(in.ExpressionAttributeValues[":a"]), text(in.ExpressionAttributeValues[":b"])
	if from > to {
		return nil, fmt.Errorf("BETWEEN wants its bounds in order, got %q and %q", from, to)
	}
	found := l.shown(*in.TableName, func(it attributes) bool {
		at := text(it[ix.Sort])
		return it[ix.Sort] != nil && text(it[ix.Hash]) == hash && at >= from && at <= to
	})
	at := func(it attributes) place { return place{text(it[ix.Sort]), text(it["pk"]), text(it["sk"])} }
	slices.SortFunc(found, func(a, b attributes) int { return at(a).compare(at(b)) })
	if start := in.ExclusiveStartKey; len(start) > 0 {
		found = slices.DeleteFunc(found, func(it attributes) bool { return at(it).compare(at(start)) <= 0 })
	}
	out := &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{}}
	for i, it := range found {
		if in.Limit != nil && i == int(*in.Limit) {
			out.LastEvaluatedKey = out.Items[i-1]
			break
		}
		out.Items = append(out.Items, attributes{"pk": it["pk"], "sk": it["sk"], ix.Hash: it[ix.Hash], ix.Sort: it[ix.Sort]})
	}
	return out, nil
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
