package dynamo

import (
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
