package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/followup"
)

func (s *Store) personItem(c *followup.Contact, phone followup.ContactID) (item, error) {
	body, err := s.packs.pack(person{statements(c.Fields), c.Texts, c.Orders, c.Erased})
	if err != nil {
		return nil, err
	}
	it := key(string(c.ID), sortPerson)
	it[attrBody] = bytesOf(body)
	it.set(attrPhone, string(phone))
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

// forgetPhone takes a number of a person who is forgotten out of the index,
// unless it has come to point to another.
func (s *Store) forgetPhone(ctx context.Context, phone string, id followup.ContactID) error {
	in := &dynamodb.DeleteItemInput{
		TableName: &s.t.Contacts, Key: phoneKey(phone), ConditionExpression: new("c = :c"),
		ExpressionAttributeValues:           item{":c": text(string(id))},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := do(ctx, s, func(ctx context.Context) (*dynamodb.DeleteItemOutput, error) { return s.api.DeleteItem(ctx, in) })
	_, err = outcome(err, "")
	return err
}
