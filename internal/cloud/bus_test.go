package cloud_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// twoShops is a stack with a second shop.
func twoShops(t *testing.T) *stack {
	s := newStack(t)
	second := s.config.Shops[0]
	second.ID = "second"
	s.config.Shops = append(s.config.Shops, second)
	return s
}

// reasons are those of the dead letters.
func (s *stack) reasons() (all []string) {
	for _, m := range s.dead.Receive(10) {
		all = append(all, m.Attributes["reason"])
	}
	return all
}

// Of several shops an event of a bus names its own, in either form.
func TestAnEventOfABusNamesItsShop(t *testing.T) {
	s := twoShops(t)
	var whole object
	if err := json.Unmarshal(bought("1000", s.Now()), &whole); err != nil {
		t.Fatal(err)
	}
	whole["shop"] = "second"
	for kind, detail := range map[string]object{"order.created": whole, "order.paid": {"shop": "second", "order": object{"id": "1001"}}} {
		e := event(t, object{"source": "aftersales", "detail-type": kind, "id": kind, "time": s.Now(), "detail": detail})
		s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(e)}}))
	}
	s.work()
	for _, order := range []string{"1000", "1001"} {
		js, err := s.store.Journeys(t.Context(), []followup.JourneyID{followup.NewJourneyID("second", order)})
		if err != nil || len(js) != 1 || js[0].Version == 0 {
			t.Errorf("order %s was not enrolled: %v; log %s", order, err, s.logs.text())
		}
	}
}

// One that does not is told what to add, where, and which shops there are.
func TestAnEventOfABusThatNamesNoShop(t *testing.T) {
	const partner = `{"source":"aws.partner/shopify.com/1/x","detail-type":"shopifyWebhook","id":"b","detail":{"payload":{"id":1},"metadata":{"X-Shopify-Topic":"orders/create"}}}`
	own := func(shop string) string {
		return `{"source":"aftersales","detail-type":"order.paid","id":"c","time":"2026-03-02T08:00:00Z","detail":{` + shop + `"order":{"id":"7"}}}`
	}
	const list = "; the shops are main, second"
	for body, want := range map[string]string{
		own(""):                  `malformed message: it does not say which shop it is of: add "shop": "main" to its detail, at the top, beside "specversion" of a whole CloudEvent` + list,
		own(`"shop":"nowhere",`): `malformed message: it is of shop "nowhere", which the configuration does not have` + list,
		partner:                  `malformed message: the name of its event source does not end in the id of a shop: make it with the shop's id as its name, such as main` + list,
	} {
		s := twoShops(t)
		s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(body)}}))
		s.batch(s.enroll, s.form(config.Enroll).Enroll)
		if got := s.reasons(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s\nburied for %q, want %s", body, got, want)
		}
	}
}

// Where there is one shop nobody has to name it, but who does must name that one.
func TestAnEventOfABusOfAnotherShop(t *testing.T) {
	s := newStack(t)
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(malformed["another shop's"])}}))
	s.batch(s.enroll, s.form(config.Enroll).Enroll)
	if got := s.reasons(); len(got) != 1 || !strings.HasSuffix(got[0], `"other", which the configuration does not have; the shops are main`) {
		t.Errorf("buried for %q", got)
	}
}
