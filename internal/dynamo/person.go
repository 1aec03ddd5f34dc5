package dynamo

import (
	"bytes"
	"maps"
	"slices"

	"aftersales/internal/followup"
)

func (s *Store) personItem(c *followup.Contact) (item, error) {
	body, err := s.packs.pack(person{statements(c.Fields), c.Texts, c.Orders, c.Erased})
	if err != nil {
		return nil, err
	}
	it := key(string(c.ID), sortPerson)
	it[attrBody] = bytesOf(body)
	return it, it.fits()
}

// samePerson reports whether C says of a contact what was stored, whenever it was
// said. Without an item it does not.
func (s *Store) samePerson(old item, c *followup.Contact) (bool, error) {
	if old == nil {
		return false, nil
	}
	was, is := followup.Contact{ID: c.ID}, *c
	if err := s.readPerson(old, &was); err != nil {
		return false, err
	}
	was.Fields, is.Fields = timeless(was.Fields), timeless(is.Fields)
	a, err := s.personItem(&was)
	if err != nil {
		return false, err
	}
	b, err := s.personItem(&is)
	return err == nil && bytes.Equal(a.body(), b.body()), err
}

// timeless returns fields without who said them.
func timeless(fields map[string]followup.Stated) map[string]followup.Stated {
	out := make(map[string]followup.Stated, len(fields))
	for name, f := range fields {
		out[name] = followup.Stated{Value: f.Value}
	}
	return out
}

func (s *Store) readPerson(it item, c *followup.Contact) error {
	var p person
	if err := s.packs.unpack(it.body(), &p); err != nil {
		return err
	}
	c.Texts, c.Orders, c.Erased = p.Texts, p.Orders, p.Erased
	for _, st := range p.Fields {
		for name, value := range st.Is {
			if c.Fields == nil {
				c.Fields = map[string]followup.Stated{}
			}
			c.Fields[name] = followup.Stated{Value: value, Stamp: st.At}
		}
	}
	return nil
}

// statements groups fields by the event that stated them: one event states most.
func statements(fields map[string]followup.Stated) []statement {
	var out []statement
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		i := slices.IndexFunc(out, func(st statement) bool { return st.At == f.Stamp })
		if i < 0 {
			i = len(out)
			out = append(out, statement{f.Stamp, map[string]string{}})
		}
		out[i].Is[name] = f.Value
	}
	return out
}
