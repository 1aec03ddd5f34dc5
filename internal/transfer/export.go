package transfer

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"

	"aftersales/internal/followup"
)

// How much is read from a store at a time: it bounds the memory. Bodies may have
// a megabyte each.
const (
	page       = 100
	bodiesPage = 16
)

// Export writes all of a store to w. The caller sees to it that nobody changes
// the store meanwhile, or says so in h (Quiet false). progress, when not nil,
// is told now and then how much is written.
func Export(ctx context.Context, w io.Writer, from Store, h Header, progress func(Counts)) (Counts, error) {
	if progress == nil {
		progress = func(Counts) {}
	}
	h.Magic, h.Version, h.At = magic, version, h.At.UTC()
	e := &export{ctx: ctx, from: from, h: h, w: newWriter(w), progress: progress}
	if err := e.all(); err != nil {
		return e.w.counts, fmt.Errorf("export state: %w", err)
	}
	return e.w.counts, nil
}

type export struct {
	ctx      context.Context // of one call of Export
	from     Store
	h        Header
	w        *writer
	progress func(Counts)
}

func (e *export) all() error {
	if err := e.w.put(e.h); err != nil {
		return err
	}
	for _, part := range []func() error{e.plans, e.contacts, e.journeys, e.bodies} {
		if err := part(); err != nil {
			return err
		}
	}
	return e.w.end()
}

func (e *export) plans() error {
	docs, err := e.from.PlanDocs(e.ctx)
	if err != nil {
		return err
	}
	for _, d := range docs {
		p := planLine{Hash: d.Hash, Shop: d.Shop, Name: d.Name, Version: d.Version, Source: d.Source}
		if err := e.w.line(line{Plan: &p}); err != nil {
			return err
		}
	}
	return nil
}

// pages calls read until it ends and hands each page to do.
func pages[T any](e *export, limit int, read func(context.Context, followup.Cursor, int) ([]T, followup.Cursor, error), do func([]T) error) error {
	for after := followup.Cursor(""); ; {
		got, next, err := read(e.ctx, after, limit)
		if err != nil {
			return err
		}
		if err := do(got); err != nil {
			return err
		}
		e.progress(e.w.counts)
		if next == "" {
			return nil
		}
		after = next
	}
}

func (e *export) contacts() error {
	return pages(e, page, e.from.ContactIDs, func(ids []followup.ContactID) error {
		cs, err := e.from.Contacts(e.ctx, ids)
		if err != nil {
			return err
		}
		rows, err := e.reserved(cs)
		if err != nil {
			return err
		}
		for i := range cs {
			if cs[i].Version == 0 { // gone since it was listed
				continue
			}
			c := contactLine{Contact: cs[i]}
			for _, s := range cs[i].Sends {
				if row, ok := rows[s.FollowUp]; ok && e.rests(&row, s) {
					c.Rest = append(c.Rest, s.FollowUp)
				}
			}
			if err := e.w.line(line{Contact: &c}); err != nil {
				return err
			}
		}
		return nil
	})
}

// rests reports whether the reservation s of a row stands for nothing that may
// be under way: no call is made without a durable ARM, and the row is not armed
// or later. A reservation that was unclear here already stays so.
func (e *export) rests(row *followup.FollowUp, s followup.Spend) bool {
	return !row.State.Settled() && !s.Away && s.Epoch >= e.h.Epoch
}

// reserved loads the rows that are in the ledgers of cs.
func (e *export) reserved(cs []followup.Contact) (map[followup.FollowUpID]followup.FollowUp, error) {
	wanted := map[followup.FollowUpID]bool{}
	var ids []followup.JourneyID
	for i := range cs {
		for _, s := range cs[i].Sends {
			wanted[s.FollowUp] = true
			if id := s.FollowUp.Journey(); id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	rows := make(map[followup.FollowUpID]followup.FollowUp, len(wanted))
	for some := range slices.Chunk(slices.Compact(ids), page) {
		js, err := e.from.Journeys(e.ctx, some)
		if err != nil {
			return nil, err
		}
		for i := range js {
			for _, r := range js[i].Rows {
				if wanted[r.ID] {
					rows[r.ID] = r
				}
			}
		}
	}
	return rows, nil
}

func (e *export) journeys() error {
	all := func(ctx context.Context, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
		return e.from.Find(ctx, followup.Query{All: true}, after, limit)
	}
	return pages(e, page, all, func(ids []followup.JourneyID) error {
		js, err := e.from.Journeys(e.ctx, ids)
		if err != nil {
			return err
		}
		for i := range js {
			if js[i].Version == 0 {
				continue
			}
			events, err := log(e.ctx, e.from, js[i].ID)
			if err != nil {
				return err
			}
			j := journeyLine{ID: js[i].ID, Head: js[i].Head, Rows: js[i].Rows, Events: events}
			if err := e.w.line(line{Journey: &j}); err != nil {
				return err
			}
		}
		return nil
	})
}

// log reads all events of one journey.
func log(ctx context.Context, from followup.Journeys, id followup.JourneyID) ([]followup.Event, error) {
	var all []followup.Event
	for after := followup.Cursor(""); ; {
		got, next, err := from.Events(ctx, id, after, 500)
		if err != nil {
			return nil, fmt.Errorf("load events of %s: %w", id, err)
		}
		all = append(all, got...)
		if next == "" {
			return all, nil
		}
		after = next
	}
}

func (e *export) bodies() error {
	return pages(e, bodiesPage, e.from.Bodies, func(kept []followup.Kept) error {
		for _, k := range kept {
			b := bodyLine{InboxKey: k.InboxKey, Topic: k.Topic, Hash: k.Hash, At: k.At.UTC(), Done: k.Done, Reason: k.Reason}
			if !k.Done {
				b.Body = k.Body
			}
			if err := e.w.line(line{Body: &b}); err != nil {
				return err
			}
		}
		return nil
	})
}

// writer writes lines, counting and hashing them.
type writer struct {
	gz     *gzip.Writer
	out    *bufio.Writer
	sum    hash.Hash
	counts Counts
}

func newWriter(w io.Writer) *writer {
	gz := gzip.NewWriter(w)
	return &writer{gz: gz, out: bufio.NewWriterSize(gz, 1<<16), sum: sha256.New()}
}

func (w *writer) line(l line) error {
	w.counts.add(&l)
	return w.put(l)
}

func (w *writer) put(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a line: %w", err)
	}
	b = append(b, '\n')
	_, _ = w.sum.Write(b) // never fails
	if _, err := w.out.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (w *writer) end() error {
	last := end{Counts: w.counts, SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	if err := w.put(line{End: &last}); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := w.gz.Close(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
