package transfer_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

// TestLedger moves a contact with reservations: only what this side made for rows
// that wait stands for nothing under way. What an older epoch made may have been
// sent, and what was away already stays so.
func TestLedger(t *testing.T) {
	const epoch = 2
	from := memory.New()
	order := storetest.Order(1, 3)
	person := &order.Contacts[0]
	mine, old, away := order.Rows[0].ID, order.Rows[1].ID, order.Rows[2].ID
	for id, s := range map[followup.FollowUpID]followup.Spend{mine: {Epoch: epoch}, old: {Epoch: epoch - 1}, away: {Epoch: epoch, Away: true}} {
		s.FollowUp, s.At, s.Channel, s.Class = id, storetest.Start(), followup.Email, followup.Service
		person.Sends = append(person.Sends, s)
	}
	errs, err := from.Save(t.Context(), []followup.Change{order})
	if err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	var file bytes.Buffer
	if _, err := transfer.Export(t.Context(), &file, from, transfer.Header{ID: "l1", Quiet: true, Key: "k", Epoch: epoch}, nil); err != nil {
		t.Fatal(err)
	}
	for round := range 2 { // a second move changes nothing about it
		to := memory.New()
		r, err := into(t, file.Bytes(), transfer.Target{Store: to, Settings: settings{}}, transfer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cs, err := to.Contacts(t.Context(), []followup.ContactID{person.ID})
		if err != nil || len(cs[0].Sends) != 3 {
			t.Fatalf("%+v, %v", cs, err)
		}
		for _, s := range cs[0].Sends {
			if rests := s.FollowUp == mine; s.Away == rests || rests && s.Epoch != r.Epoch {
				t.Errorf("move %d: reservation of %s: epoch %d, away %t", round+1, s.FollowUp, s.Epoch, s.Away)
			}
		}
		file.Reset()
		if _, err := transfer.Export(t.Context(), &file, to, transfer.Header{ID: "l2", Quiet: true, Key: "k", Epoch: r.Epoch}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsAwayStaysAwayWhateverTheFileSays imports a file that counts a
// reservation of a third store among those that rest: nobody here can say that it
// was not sent.
func TestWhatIsAwayStaysAwayWhateverTheFileSays(t *testing.T) {
	from := memory.New()
	order := storetest.Order(1, 1)
	id, person := order.Rows[0].ID, &order.Contacts[0]
	person.Sends = []followup.Spend{{FollowUp: id, At: storetest.Start(), Channel: followup.Email, Class: followup.Service, Epoch: 1, Away: true}}
	if errs, err := from.Save(t.Context(), []followup.Change{order}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	var lying bytes.Buffer
	rewrite(t, &lying, exported(t, from, 1), func(text string) string {
		text = strings.Replace(text, `{"contact":{`, `{"contact":{"rest":[`+string(jsonOf(t, id))+`],`, 1)
		told, last, _ := strings.Cut(text, `{"end":`)
		sum := sha256.Sum256([]byte(told))
		return told + regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(`{"end":`+last, hex.EncodeToString(sum[:]))
	})
	to := memory.New()
	if _, err := into(t, lying.Bytes(), transfer.Target{Store: to, Settings: settings{}, Key: "k"}, transfer.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := mustContact(t, to, person.ID).Sends; len(got) != 1 || !got[0].Away || got[0].Epoch != 1 {
		t.Errorf("the reservation is now %+v", got)
	}
}
