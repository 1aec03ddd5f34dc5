package sqlite

import (
	"cmp"
	"slices"

	"aftersales/internal/followup"
)

// The events of a journey are kept in one value, packed together: form, and
// each with its place in the log and the document that it is.

// logForm is the first byte of the value before packing.
const logForm = 1

type eventKey struct{ source, id string }

// logged is one event of a log.
type logged struct {
	sec, nano int64
	key       eventKey
	doc       string
}

func (l *logged) place() eventPlace { return eventPlace{l.sec, l.nano, l.key.source, l.key.id} }

func (a eventPlace) compare(b eventPlace) int {
	return cmp.Or(cmp.Compare(a.sec, b.sec), cmp.Compare(a.nano, b.nano), cmp.Compare(a.source, b.source), cmp.Compare(a.id, b.id))
}

// encodeLog returns events as they are kept, before packing.
func encodeLog(events []logged) []byte {
	e := encoder{b: make([]byte, 0, 512*len(events))}
	e.b = append(e.b, logForm)
	for i := range events {
		l := &events[i]
		e.int(l.sec)
		e.uint(uint64(l.nano))
		e.text(l.key.source)
		e.text(l.key.id)
		e.text(l.doc)
	}
	return e.b
}

func decodeLog(value string) ([]logged, error) {
	d := decoder{s: value}
	if form := d.byte(); form != logForm && d.err == nil {
		return nil, newer("log", form)
	}
	var out []logged
	for d.s != "" && d.err == nil {
		out = append(out, logged{d.int(), int64(d.uint()), eventKey{d.text(), d.text()}, d.text()})
	}
	return out, d.end()
}

// log reads the events of a journey, in the order in which they came.
func (p *packers) log(id followup.JourneyID, packed []byte) ([]logged, error) {
	if packed == nil {
		return nil, nil
	}
	value, err := p.unpack("log of ", string(id), packed)
	if err != nil {
		return nil, err
	}
	events, err := decodeLog(value)
	return events, fault("log of ", string(id), err)
}

// behind returns the events behind a place, in the order of the fold.
func behind(events []logged, place eventPlace) []logged {
	events = slices.DeleteFunc(events, func(l logged) bool { return l.place().compare(place) <= 0 })
	slices.SortFunc(events, func(a, b logged) int { return a.place().compare(b.place()) })
	return events
}
