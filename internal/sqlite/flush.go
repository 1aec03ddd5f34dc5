package sqlite

import (
	"maps"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

type headOut struct {
	id      followup.JourneyID
	version int64
	contact any // text or nil
	open    any // 1 or nil
	body    []byte
}

type rowOut struct {
	id      followup.FollowUpID
	version int64
	state   int
	next    any // milliseconds or nil
	attempt any // text or nil
	body    []byte
	kept    rowKept // what it will be judged by
}

type contactOut struct {
	id      followup.ContactID
	version int64
	body    []byte
}

type eventOut struct {
	journey   followup.JourneyID
	key       eventKey
	sec, nano int64
	body      []byte
}

type bodyOut struct {
	key, topic, hash string
	body             []byte
	at               int64
}

// flush writes what was staged.
func (b *batch) flush() error {
	for _, write := range []func() error{b.flushContacts, b.flushRows, b.flushEvents, b.flushHeads, b.flushInbox, b.flushDone, b.flushMails} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) flushContacts() error {
	var args []any
	for _, c := range b.contactsOut.list {
		args = append(args, string(c.id), c.version, c.body)
	}
	return b.w.insert(b.ctx, "INSERT INTO contact (id, v, body)", "ON CONFLICT DO UPDATE SET v = excluded.v, body = excluded.body", 3, args)
}

func (b *batch) flushRows() error {
	// In the order of their ids neighbours go to the same page.
	slices.SortFunc(b.rowsOut.list, func(x, y rowOut) int { return strings.Compare(string(x.id), string(y.id)) })
	args := make([]any, 0, 6*len(b.rowsOut.list))
	for i := range b.rowsOut.list {
		r := &b.rowsOut.list[i]
		args = append(args, string(r.id), r.version, r.state, r.next, r.attempt, r.body)
	}
	return b.w.insert(b.ctx, "INSERT INTO followup (id, v, state, next, attempt, body)",
		"ON CONFLICT DO UPDATE SET v = excluded.v, state = excluded.state, next = excluded.next, attempt = excluded.attempt, body = excluded.body", 6, args)
}

func (b *batch) flushEvents() error {
	var args []any
	for _, e := range b.eventsOut {
		args = append(args, string(e.journey), e.sec, e.nano, e.key.source, e.key.id, e.body)
	}
	return b.w.insert(b.ctx, "INSERT INTO event (journey, sec, nano, source, id, body)", "", 6, args)
}

func (b *batch) flushHeads() error {
	var args []any
	for _, h := range b.headsOut.list {
		args = append(args, string(h.id), h.version, h.contact, h.open, h.body)
	}
	return b.w.insert(b.ctx, "INSERT INTO journey (id, v, contact, open_case, body)",
		"ON CONFLICT DO UPDATE SET v = excluded.v, contact = excluded.contact, open_case = excluded.open_case, body = excluded.body", 5, args)
}

func (b *batch) flushInbox() error {
	var args []any
	for _, i := range b.inboxOut {
		args = append(args, i.key, i.topic, i.hash, i.body, i.at)
	}
	if err := b.w.insert(b.ctx, "INSERT INTO inbox (k, topic, hash, body, at)", "", 5, args); err != nil || len(b.inboxAgain) == 0 {
		return err
	}
	return b.w.exec(b.ctx, "UPDATE inbox SET done = NULL, reason = NULL WHERE k IN (SELECT value FROM json_each(?)) AND done IS NOT NULL",
		jsonList(b.inboxAgain))
}

func (b *batch) flushDone() error {
	for _, reason := range slices.Sorted(maps.Keys(b.done)) {
		err := b.w.exec(b.ctx, "UPDATE inbox SET done = 1, reason = ? WHERE k IN (SELECT value FROM json_each(?)) AND done IS NULL",
			nullText(reason), jsonList(b.done[reason]))
		if err != nil {
			return err
		}
	}
	return nil
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}
