package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"aftersales/internal/followup"
)

// mailOp is one call of PutMail, packed.
type mailOp struct {
	followUp followup.FollowUpID
	attempt  string
	at       int64
	body     []byte
	seq      int64 // of the last apply
}

// PutMail keeps m as accepted at that time and returns its id. The same
// follow-up and attempt again changes nothing and returns the first id. Durable
// on return; calls that wait at the same time share a commit.
func (s *Store) PutMail(ctx context.Context, m followup.Message, at time.Time) (string, error) {
	body, err := s.packs.mail(&m)
	if err != nil {
		return "", fmt.Errorf("keep mail: %w", err)
	}
	o := &mailOp{followUp: m.FollowUp, attempt: m.Attempt, at: at.UnixMilli(), body: body}
	if err := s.w.do(ctx, o); err != nil {
		return "", fmt.Errorf("keep mail of %s: %w", m.FollowUp, err)
	}
	return mailID(o.seq), nil
}

func (o *mailOp) want(b *batch) { b.mails.ask(o.followUp) }

func (o *mailOp) apply(b *batch) error {
	kept := b.mails.m[o.followUp]
	if seq, ok := kept[o.attempt]; ok {
		o.seq = seq
		return nil
	}
	if kept == nil {
		kept = map[string]int64{}
		b.mails.m[o.followUp] = kept
	}
	b.lastMail++
	o.seq = b.lastMail
	kept[o.attempt] = o.seq
	b.mailsOut = append(b.mailsOut, o)
	return nil
}

// loadMails reads which attempts of the follow-ups asked for are kept, and the
// greatest number given out.
func (b *batch) loadMails() error {
	if len(b.mails.asked) == 0 {
		return nil
	}
	return errors.Join(
		b.get(b.mails.asked, "SELECT m.followup, m.attempt, m.seq FROM "+keysOf+"CROSS JOIN mail m ON m.followup = k.value", func(r row) error {
			id := followup.FollowUpID(r.text(0))
			if b.mails.m[id] == nil {
				b.mails.m[id] = map[string]int64{}
			}
			b.mails.m[id][r.text(1)] = r.int(2)
			return nil
		}),
		b.w.conn.query("SELECT max(seq) FROM mail", func(r row) error {
			b.lastMail = r.int(0)
			return nil
		}),
	)
}

func (b *batch) flushMails() error {
	for _, o := range b.mailsOut {
		err := b.w.exec("INSERT INTO mail (seq, followup, attempt, at, body) VALUES (?, ?, ?, ?, ?)", o.seq, string(o.followUp), o.attempt, o.at, o.body)
		if err != nil {
			return err
		}
	}
	return nil
}

// mailID writes a number so that text order is number order.
func mailID(seq int64) string { return fmt.Sprintf("%012d", seq) }

// FindMail returns the id of the mail of a follow-up's attempt, or with attempt
// "" of its last; false when there is none.
func (s *Store) FindMail(ctx context.Context, id followup.FollowUpID, attempt string) (string, bool, error) {
	var seq int64
	err := s.query(ctx, "SELECT seq FROM mail WHERE followup = ?1 AND (attempt = ?2 OR ?2 = '') ORDER BY seq DESC LIMIT 1",
		func(r row) error {
			seq = r.int(0)
			return nil
		}, string(id), attempt)
	if err != nil {
		return "", false, fmt.Errorf("find mail of %s: %w", id, err)
	}
	if seq == 0 {
		return "", false, nil
	}
	return mailID(seq), true, nil
}

// Mail returns at most limit messages, newest first, and the before of the next
// page, "" after the last. A before of "" starts at the newest, else the page
// starts below the message with that id. An id nobody gave out is an empty page.
func (s *Store) Mail(ctx context.Context, limit int, before string) ([]followup.Stored, string, error) {
	below := int64(1) << 62
	if before != "" {
		_, ok, err := s.OneMail(ctx, before)
		if err != nil || !ok {
			return nil, "", err
		}
		if below, err = strconv.ParseInt(before, 10, 64); err != nil {
			return nil, "", err
		}
	}
	limit = max(limit, 1)
	out, err := s.mail(ctx, "SELECT seq, at, body FROM mail WHERE seq < ? ORDER BY seq DESC LIMIT ?", below, limit+1)
	if err != nil || len(out) <= limit {
		return out, "", err
	}
	return out[:limit], out[limit-1].ID, nil
}

// OneMail returns the message with that id; false when there is none.
func (s *Store) OneMail(ctx context.Context, id string) (followup.Stored, bool, error) {
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil || mailID(seq) != id {
		return followup.Stored{}, false, ctx.Err() // no id of ours
	}
	out, err := s.mail(ctx, "SELECT seq, at, body FROM mail WHERE seq = ?", seq)
	if err != nil || len(out) == 0 {
		return followup.Stored{}, false, err
	}
	return out[0], true, nil
}

func (s *Store) mail(ctx context.Context, query string, args ...any) ([]followup.Stored, error) {
	var out []followup.Stored
	err := s.query(ctx, query, func(r row) error {
		m := followup.Stored{ID: mailID(r.int(0)), At: time.UnixMilli(r.int(1)).UTC()}
		err := s.packs.undoc("mail ", m.ID, r.blob(2), &m.Message)
		out = append(out, m)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	return out, nil
}
