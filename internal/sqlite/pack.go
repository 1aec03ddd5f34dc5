package sqlite

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// packers are shared by the calls of a store: each carries tables worth keeping.
type packers struct {
	docs docs
	pool sync.Pool // of *packer
}

func (p *packers) pack(v []byte) []byte {
	k, ok := p.pool.Get().(*packer)
	if !ok {
		k = new(packer)
	}
	defer p.pool.Put(k)
	return k.pack(make([]byte, 0, len(v)/2+16), v)
}

// doc packs what v points to.
func (p *packers) doc(what string, v any) ([]byte, error) {
	b, err := p.docs.encode(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return p.pack(b), nil
}

// undoc reads what doc packed into what v points to, which has to be zero.
func (p *packers) undoc(what string, body []byte, v any) error {
	b, err := unpack(body)
	if err == nil {
		err = p.docs.decode(b, v)
	}
	if err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	return nil
}

// row returns f as it is written, under the next version.
func (p *packers) row(f followup.FollowUp) rowOut {
	f.Next = f.Next.Truncate(time.Millisecond)
	r := rowOut{id: f.ID, version: f.Version + 1, state: stateCode(f.State), attempt: nullText(f.Attempt)}
	if !f.Next.IsZero() {
		r.next = f.Next.UnixMilli()
	}
	r.kept = rowKept{version: r.version, state: f.State, attempt: f.Attempt}
	r.body = p.pack(encodeRow(&f))
	return r
}

func (p *packers) contact(c *followup.Contact) (contactOut, error) {
	body, err := p.doc("contact "+string(c.ID), c)
	return contactOut{id: c.ID, version: c.Version + 1, body: body}, err
}

func (p *packers) head(id followup.JourneyID, version int64, h *followup.Head) (headOut, error) {
	out := headOut{id: id, version: version, contact: nullText(string(h.Contact))}
	if slices.ContainsFunc(h.Facts.Cases, followup.Case.Open) {
		out.open = 1
	}
	var err error
	out.body, err = p.doc("head of "+string(id), h)
	return out, err
}

func (p *packers) event(id followup.JourneyID, e *followup.Event) (eventOut, error) {
	body, err := p.doc("event of "+string(id), e)
	return eventOut{
		journey: id, key: eventKey{e.Source, e.ID}, sec: e.Time.Unix(), nano: int64(e.Time.Nanosecond()), body: body,
	}, err
}

// unevent reads a stored event; shop and order are those of its journey.
func (p *packers) unevent(id followup.JourneyID, body []byte) (e followup.Event, err error) {
	err = p.undoc("event of "+string(id), body, &e)
	e.Shop, e.Order = id.Split()
	return e, err
}
