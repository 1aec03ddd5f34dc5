package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

const (
	bodyKept = 35 * 24 * time.Hour // archive, replay and backfill
	partSize = 380 << 10           // of a body that does not fit into one item, packed
)

// Accept stores each body under its key unless it is there, packed. What it
// answers with a nil error is durable.
func (s *Store) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	if err := alive(ctx, "accept"); err != nil {
		return nil, err
	}
	out := make([]followup.Verdict, len(in))
	for _, wave := range waves(len(in), func(i int) []string { return []string{inboxKey(in[i].InboxKey)} }) {
		errs := each(len(wave), func(n int) (err error) {
			b := &in[wave[n]]
			if out[wave[n]], err = s.accept(ctx, b); err != nil {
				return fmt.Errorf("accept %s: %w", b.Key, err)
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) accept(ctx context.Context, in *followup.Incoming) (followup.Verdict, error) {
	body, err := s.packBody(in.Body)
	if err != nil {
		return "", err
	}
	pk := inboxKey(in.InboxKey)
	it := item{
		attrPK: text(pk), attrHash: text(in.Hash), attrAt: text(in.At.UTC().Format(time.RFC3339Nano)), attrWrite: text(token()),
		attrTTL: number(in.At.Add(bodyKept).Unix()),
	}
	it.set(attrTopic, in.Topic)
	if isShort(pk) {
		it[attrID] = text(plainKey(in.InboxKey))
	}
	if len(body) <= partSize {
		it[attrBody] = bytesOf(body)
	} else if err := s.putParts(ctx, it, body); err != nil {
		return "", err
	}
	w, err := s.put(ctx, s.t.Inbox, it, atVersion(0))
	switch {
	case err != nil:
		return "", err
	case w.done:
		return followup.Accepted, nil
	case w.old.text(attrHash) == in.Hash:
		return followup.Seen, nil
	default:
		return followup.Different, nil
	}
}

// putParts stores a large body in items of its own, before the item that counts
// them. They are named by the hash as well: another body cannot get among them.
func (s *Store) putParts(ctx context.Context, it item, body []byte) error {
	n := (len(body) + partSize - 1) / partSize
	it[attrParts] = number(int64(n))
	return errors.Join(each(n, func(i int) error {
		part := item{
			attrPK: text(partKey(it, i)), attrTTL: it[attrTTL],
			attrBody: bytesOf(body[i*partSize : min(len(body), (i+1)*partSize)]),
		}
		_, err := s.put(ctx, s.t.Inbox, part, atVersion(0)) // there already: the same bytes
		return err
	})...)
}

func partKey(it item, i int) string {
	return "PART#" + strconv.Itoa(i) + "#" + it.text(attrHash) + "#" + short(it.text(attrPK))
}

// Incoming returns a body as it was accepted, or ErrNotFound: never received, or
// longer ago than bodies are kept.
func (s *Store) Incoming(ctx context.Context, k followup.InboxKey) (followup.Incoming, error) {
	if err := alive(ctx, "read body"); err != nil {
		return followup.Incoming{}, err
	}
	it, err := s.get(ctx, s.t.Inbox, item{attrPK: text(inboxKey(k))})
	if err == nil && it == nil {
		err = followup.ErrNotFound
	}
	if err != nil {
		return followup.Incoming{}, fmt.Errorf("read body %s: %w", k.Key, err)
	}
	in, err := s.incoming(ctx, it)
	if err != nil {
		return in, fmt.Errorf("read body %s: %w", k.Key, err)
	}
	in.InboxKey = k
	return in, nil
}

// incoming reads all of a body but its key.
func (s *Store) incoming(ctx context.Context, it item) (in followup.Incoming, err error) {
	packed := it.body()
	for i := range int(it.number(attrParts)) {
		part, err := s.get(ctx, s.t.Inbox, item{attrPK: text(partKey(it, i))})
		if err != nil {
			return in, err
		}
		if part == nil {
			return in, fmt.Errorf("part %d of the body: %w", i, followup.ErrNotFound)
		}
		packed = append(packed, part.body()...)
	}
	if in.Body, err = s.unpackBody(packed); err != nil {
		return in, err
	}
	in.Topic, in.Hash = it.text(attrTopic), it.text(attrHash)
	in.At, err = time.Parse(time.RFC3339Nano, it.text(attrAt))
	return in, err
}

// Waiting is answered by the queue; the store does not know.
func (s *Store) Waiting(ctx context.Context, _ followup.Cursor, _ int) ([]followup.Incoming, followup.Cursor, error) {
	if err := alive(ctx, "read inbox"); err != nil {
		return nil, "", err
	}
	return nil, "", fmt.Errorf("read inbox: the queue knows what waits: %w", errors.ErrUnsupported)
}

// Done notes why bodies concern no journey. Without a reason nothing is written:
// what was enrolled has left the queue. Unknown keys are passed over.
func (s *Store) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	if err := alive(ctx, "mark inbox"); err != nil || reason == "" {
		return err
	}
	return errors.Join(each(len(keys), func(i int) error {
		in := &dynamodb.UpdateItemInput{
			TableName: &s.t.Inbox, Key: item{attrPK: text(inboxKey(keys[i]))},
			UpdateExpression: new("SET d = :d"), ConditionExpression: new("attribute_exists(pk)"),
			ExpressionAttributeValues: item{":d": text(reason)},
		}
		if _, err := s.update(ctx, in, ""); err != nil {
			return fmt.Errorf("mark body %s: %w", keys[i].Key, err)
		}
		return nil
	})...)
}
