// Package transfer_test moves all state from the single binary's file into tables
// and back, on a real server.
package transfer_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

func TestThereAndBack(t *testing.T) {
	here := memory.New()
	for n := range 20 {
		c := storetest.Order(n, 6)
		if n%10 == 0 {
			c.Rows[0].State, c.Rows[0].Attempt, c.Rows[0].ArmedAt = followup.Armed, "a", storetest.Start()
			c.Contacts[0].Spend(followup.Spend{FollowUp: c.Rows[0].ID, At: storetest.Start(), Channel: followup.Email, Class: followup.Service})
		}
		if errs, err := here.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
			t.Fatal(err, errs)
		}
		body := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: fmt.Sprint(n)}, Hash: fmt.Sprint("h", n), Body: []byte("{}"), At: storetest.Start()}
		if _, err := here.Accept(t.Context(), []followup.Incoming{body}); err != nil {
			t.Fatal(err)
		}
	}
	tables := dynamo.New(localaws.DynamoDB(t), localaws.Tables(t, localaws.DynamoDB(t)), dynamo.Config{Shops: []followup.ShopID{"main"}})
	told := 0
	first := move(t, here, transfer.Target{
		Store: tables, Settings: transfer.Records(tables),
		Enroll: func(_ context.Context, keys []followup.InboxKey) error { told += len(keys); return nil },
	}, 0)
	if first.Journeys.New != 20 || first.Contacts.New != 20 || first.Bodies.New != 20 || first.File.Armed != 2 || told != 20 || first.Epoch != 1 {
		t.Errorf("%+v, told of %d bodies", first, told)
	}
	if again := move(t, here, transfer.Target{Store: tables, Settings: transfer.Records(tables)}, 0); !again.Before {
		t.Errorf("again: %+v", again)
	}
	back := memory.New()
	move(t, tables, transfer.Target{Store: back, Settings: transfer.Records(back)}, first.Epoch)
	if d := cmp.Diff(all(t, here), all(t, back), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	person := storetest.Order(0, 1)
	cs, err := back.Contacts(t.Context(), []followup.ContactID{person.Contacts[0].ID})
	if err != nil || !cs[0].Away(person.Rows[0].ID) {
		t.Errorf("that the send was another store's got lost: %+v, %v", cs, err)
	}
}

func move(t *testing.T, from transfer.Store, to transfer.Target, epoch int) transfer.Report {
	t.Helper()
	var file bytes.Buffer
	h := transfer.Header{ID: fmt.Sprint("x", epoch), At: storetest.Start(), Epoch: epoch, Quiet: true}
	if _, err := transfer.Export(t.Context(), &file, from, h, nil); err != nil {
		t.Fatal(err)
	}
	r, err := transfer.Import(t.Context(), bytes.NewReader(file.Bytes()), to, transfer.Options{Now: storetest.Start()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all is every journey and its log.
func all(t *testing.T, s transfer.Store) []followup.Journey {
	t.Helper()
	ids, _, err := s.Find(t.Context(), followup.Query{All: true}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	js, err := s.Journeys(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for i := range js {
		if js[i].Events, _, err = s.Events(t.Context(), js[i].ID, "", 1000); err != nil {
			t.Fatal(err)
		}
	}
	return js
}
