package sqlite

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/sqlite/lz"
)

// Forms of a deflated value: its first byte.
const (
	bodyPlain    = 0
	bodyDeflated = 1
)

// deflateFrom is the size in bytes from which a body is deflated.
const deflateFrom = 512

// inboxKey joins shop, source and the source's own key, which comes last
// because it may contain anything.
func inboxKey(k followup.InboxKey) string {
	return string(k.Shop) + "\n" + k.Source + "\n" + k.Key
}

func splitInboxKey(s string) followup.InboxKey {
	shop, rest, _ := strings.Cut(s, "\n")
	source, key, _ := strings.Cut(rest, "\n")
	return followup.InboxKey{Shop: followup.ShopID(shop), Source: source, Key: key}
}

// acceptOp is one call of Accept, packed.
type acceptOp struct {
	bodies   []bodyOut
	verdicts []followup.Verdict // of the last apply
}

// Accept stores each body under its key unless it is there. Calls that wait at
// the same time share a commit.
func (s *Store) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	if len(in) == 0 {
		return nil, ctx.Err()
	}
	o := &acceptOp{bodies: make([]bodyOut, len(in))}
	for i := range in {
		body, err := s.deflate(in[i].Body)
		if err != nil {
			return nil, fmt.Errorf("accept %s: %w", in[i].Key, err)
		}
		o.bodies[i] = bodyOut{key: inboxKey(in[i].InboxKey), topic: in[i].Topic, hash: in[i].Hash, body: body, at: in[i].At.UnixNano()}
	}
	if err := s.w.do(ctx, o); err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	return o.verdicts, nil
}

func (o *acceptOp) want(b *batch) {
	for _, i := range o.bodies {
		b.inbox.ask(i.key)
	}
}

func (o *acceptOp) apply(b *batch) error {
	o.verdicts = make([]followup.Verdict, len(o.bodies))
	for i, in := range o.bodies {
		switch old := b.inbox.m[in.key]; {
		case !old.there:
			b.inbox.m[in.key] = inboxKept{true, in.hash}
			b.inboxOut = append(b.inboxOut, in)
			o.verdicts[i] = followup.Accepted
		case old.hash == in.hash:
			b.inboxAgain = append(b.inboxAgain, in.key)
			o.verdicts[i] = followup.Seen
		default:
			o.verdicts[i] = followup.Different
		}
	}
	return nil
}

const waitingQuery = "SELECT seq, k, topic, hash, body, at FROM inbox WHERE done IS NULL AND seq > ? ORDER BY seq LIMIT ?"

// Waiting pages through bodies that nothing has marked done, in the order they
// were stored.
func (s *Store) Waiting(ctx context.Context, after followup.Cursor, limit int) ([]followup.Incoming, followup.Cursor, error) {
	place := int64(0)
	if after != "" {
		n, err := strconv.ParseInt(string(after), 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("read inbox: cursor %q is not one of ours", string(after))
		}
		place = n
	}
	limit = max(limit, 1)
	var out []followup.Incoming
	var next followup.Cursor
	err := s.query(ctx, waitingQuery, func(r row) error {
		if len(out) == limit {
			next = followup.Cursor(strconv.FormatInt(place, 10))
			return nil
		}
		in, seq, err := scanBody(r)
		out, place = append(out, in), seq
		return err
	}, place, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read inbox: %w", err)
	}
	return out, next, nil
}

func scanBody(r row) (in followup.Incoming, seq int64, err error) {
	in = followup.Incoming{InboxKey: splitInboxKey(r.text(1)), Topic: r.text(2), Hash: r.text(3), At: time.Unix(0, r.int(5)).UTC()}
	in.Body, err = inflate(r.blob(4))
	return in, r.int(0), err
}

// doneOp is one call of Done.
type doneOp struct {
	keys   []string
	reason string
}

// Done marks bodies done; unknown keys are passed over.
func (s *Store) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	if len(keys) == 0 {
		return ctx.Err()
	}
	o := &doneOp{reason: reason}
	for _, k := range keys {
		o.keys = append(o.keys, inboxKey(k))
	}
	if err := s.w.do(ctx, o); err != nil {
		return fmt.Errorf("mark inbox: %w", err)
	}
	return nil
}

func (o *doneOp) want(*batch) {}

func (o *doneOp) apply(b *batch) error {
	b.finishInbox(o.keys, o.reason)
	return nil
}

// deflate returns v as it is kept: deflated when that is worth it.
func (s *Store) deflate(v []byte) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte(bodyDeflated)
	if len(v) >= deflateFrom {
		w, ok := s.bodies.Get().(*flate.Writer)
		if !ok {
			var err error
			if w, err = flate.NewWriter(nil, flate.BestSpeed); err != nil {
				return nil, err
			}
		}
		defer s.bodies.Put(w)
		w.Reset(&out)
		if _, err := w.Write(v); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		if out.Len() <= len(v) {
			return out.Bytes(), nil
		}
	}
	return append([]byte{bodyPlain}, v...), nil
}

func inflate(v []byte) (_ []byte, err error) {
	if len(v) == 0 {
		return nil, lz.ErrDamaged
	}
	switch v[0] {
	case bodyPlain:
		return bytes.Clone(v[1:]), nil
	case bodyDeflated:
		r := flate.NewReader(bytes.NewReader(v[1:]))
		defer func() { err = errors.Join(err, r.Close()) }()
		return io.ReadAll(r)
	default:
		return nil, newer("body", v[0])
	}
}
