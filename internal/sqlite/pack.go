package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"aftersales/internal/followup"
	"aftersales/internal/sqlite/lz"
)

// packers are shared by the calls of a store: each carries tables worth keeping.
type packers struct {
	docs    docs
	ofDocs  sync.Pool // of *packer
	ofMails sync.Pool // of *packer for mails
	room    sync.Pool // of *[]byte
}

// packer packs values, and has room for them while they are made.
type packer struct {
	lz *lz.Packer
	e  encoder
}

// take returns a packer of pool, which makes such as have form.
func take(pool *sync.Pool, form byte) *packer {
	k, ok := pool.Get().(*packer)
	if !ok {
		k = &packer{lz: lz.New(form)}
	}
	k.e.b = k.e.b[:0]
	return k
}

func (p *packers) pack(v []byte) []byte {
	k := take(&p.ofDocs, lz.Documents)
	defer p.ofDocs.Put(k)
	return k.lz.Pack(make([]byte, 0, len(v)/2+16), v)
}

// unpack returns what v was packed from.
func (p *packers) unpack(what, of string, v []byte) (string, error) {
	room, ok := p.room.Get().(*[]byte)
	if !ok {
		room = new([]byte)
	}
	defer p.room.Put(room)
	out, err := unpack(*room, v)
	if err != nil {
		return "", fault(what, of, err)
	}
	*room = out
	return string(out), nil
}

// unpack is [lz.Unpack]; a form that it does not know is that of a newer program.
func unpack(room, v []byte) ([]byte, error) {
	out, err := lz.Unpack(room, v)
	if errors.Is(err, lz.ErrForm) {
		err = newer("packed value", v[0])
	}
	return out, err
}

// fault says whose value cannot be read.
func fault(what, of string, err error) error {
	if err != nil {
		return fmt.Errorf("decode %s%s: %w", what, of, err)
	}
	return nil
}

// doc packs what v points to.
func (p *packers) doc(what, of string, v any) ([]byte, error) {
	k := take(&p.ofDocs, lz.Documents)
	defer p.ofDocs.Put(k)
	return p.docBy(k, what, of, v)
}

// mail packs a message.
func (p *packers) mail(m *followup.Message) ([]byte, error) {
	k := take(&p.ofMails, lz.Mails)
	defer p.ofMails.Put(k)
	return p.docBy(k, "mail of ", string(m.FollowUp), m)
}

func (p *packers) docBy(k *packer, what, of string, v any) ([]byte, error) {
	if err := p.docs.encode(&k.e, v); err != nil {
		return nil, fmt.Errorf("encode %s%s: %w", what, of, err)
	}
	return k.lz.Pack(make([]byte, 0, len(k.e.b)/2+16), k.e.b), nil
}

// undoc reads what doc packed into what v points to, which has to be zero.
func (p *packers) undoc(what, of string, body []byte, v any) error {
	doc, err := p.unpack(what, of, body)
	if err != nil {
		return err
	}
	return fault(what, of, p.docs.decode(doc, v))
}

// rowsOf reads the entries of a journey, behind those in room.
func rowsOf(room []entry, id followup.JourneyID, value string) ([]entry, error) {
	entries, err := decodeRows(room, value)
	return entries, fault("rows of ", string(id), err)
}

// contact is not packed: every send writes one, and packing would be most of it.
func (p *packers) contact(c *followup.Contact) (contactOut, error) {
	k := take(&p.ofDocs, lz.Documents)
	defer p.ofDocs.Put(k)
	k.e.b = append(k.e.b, lz.Plain)
	if err := p.docs.encode(&k.e, c); err != nil {
		return contactOut{}, fmt.Errorf("encode contact %s: %w", c.ID, err)
	}
	return contactOut{id: c.ID, version: c.Version + 1, body: bytes.Clone(k.e.b)}, nil
}

func (p *packers) head(id followup.JourneyID, version int64, h *followup.Head) (headOut, error) {
	out := headOut{version: version, contact: h.Contact}
	if slices.ContainsFunc(h.Facts.Cases, followup.Case.Open) {
		out.open = 1
	}
	var err error
	out.body, err = p.doc("head of ", string(id), h)
	return out, err
}

func (p *packers) event(id followup.JourneyID, e *followup.Event) (logged, error) {
	k := take(&p.ofDocs, lz.Documents)
	defer p.ofDocs.Put(k)
	if err := p.docs.encode(&k.e, e); err != nil {
		return logged{}, fmt.Errorf("encode event of %s: %w", id, err)
	}
	return logged{e.Time.Unix(), int64(e.Time.Nanosecond()), eventKey{e.Source, e.ID}, string(k.e.b)}, nil
}

// unevent reads a logged event; shop and order are those of its journey.
func (p *packers) unevent(id followup.JourneyID, l *logged) (e followup.Event, err error) {
	err = fault("event of ", string(id), p.docs.decode(l.doc, &e))
	e.Shop, e.Order = id.Split()
	return e, err
}
