package dynamo_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// meddled is an API whose queries answer item by item, while somebody else is at
// work in between: what a reader sees then hangs on the order in which it reads.
type meddled struct {
	dynamo.API
	after func()                  // once, behind the first page of a query
	got   func()                  // before each answer of GetItem
	put   func(sort string) error // before each PutItem
}

func (m *meddled) Query(ctx context.Context, in *dynamodb.QueryInput, opts ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if m.after == nil {
		return m.API.Query(ctx, in, opts...)
	}
	in.Limit = new(int32(1))
	out, err := m.API.Query(ctx, in, opts...)
	m.after()
	m.after = nil
	return out, err
}

func (m *meddled) GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	out, err := m.API.GetItem(ctx, in, opts...)
	if m.got != nil {
		m.got()
	}
	return out, err
}

func (m *meddled) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if m.put != nil {
		if err := m.put(dynamotest.Text(in.Item, "sk")); err != nil {
			return nil, err
		}
	}
	return m.API.PutItem(ctx, in, opts...)
}

func meddling() (*dynamo.Store, *dynamo.Store, *meddled, *dynamotest.Memory) {
	mem := &dynamotest.Memory{}
	api := &meddled{API: mem}
	c := settings()
	c.Wait = func(ctx context.Context, _ int) error { return ctx.Err() }
	return dynamo.New(api, tables, c), dynamo.New(mem, tables, c), api, mem
}

// TestAHeadIsNeverNewerThanItsRows reads a journey while another writer saves it:
// rows of the head that was read are there.
func TestAHeadIsNeverNewerThanItsRows(t *testing.T) {
	t.Parallel()
	s, other, api, _ := meddling()
	c := storetest.Order(1, 3)
	saved(t, other, followup.Change{Journey: c.Journey, Head: c.Head, Rows: c.Rows[2:], Contacts: c.Contacts, Events: c.Events})
	api.after = func() {
		saved(t, other, followup.Change{Journey: c.Journey, Version: 1, Head: c.Head, Rows: c.Rows[:2]})
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{c.Journey})
	if err != nil {
		t.Fatal(err)
	}
	if j := js[0]; j.Version == 0 || j.Version == 2 && len(j.Rows) != 3 {
		t.Errorf("head %d with %d rows", j.Version, len(j.Rows))
	}
	if api.after != nil {
		t.Error("nobody meddled")
	}
}

// TestAVersionIsNeverNewerThanThePerson reads a contact while another writer saves
// it: whoever writes over that version takes nothing back.
func TestAVersionIsNeverNewerThanThePerson(t *testing.T) {
	t.Parallel()
	s, other, api, _ := meddling()
	if err := save(t, other, storetest.Customer(1)); err != nil {
		t.Fatal(err)
	}
	api.after = func() {
		now := contact(t, other, storetest.Customer(1).ID)
		now.Note(followup.Text{Event: "meanwhile", Body: "kept", At: storetest.Start()})
		if err := save(t, other, now); err != nil {
			t.Fatal(err)
		}
	}
	c := contact(t, s, storetest.Customer(1).ID)
	if c.Version == 0 || c.Version == 2 && len(c.Texts) == 0 {
		t.Errorf("version %d with %d texts", c.Version, len(c.Texts))
	}
	c.Suppress(followup.Suppression{Channel: followup.Email, Reason: "bounce", At: storetest.Start()})
	if err := save(t, s, c); err == nil && len(contact(t, other, c.ID).Texts) == 0 {
		t.Error("what another writer noted is lost")
	}
}

// TestAnEventThatFailsHoldsBackTheHead: the head is the commit, so nothing of it
// is there without its events.
func TestAnEventThatFailsHoldsBackTheHead(t *testing.T) {
	t.Parallel()
	s, other, api, _ := meddling()
	c := storetest.Order(1, 1)
	refused := errors.New("refused")
	api.put = func(sort string) error {
		if strings.HasPrefix(sort, "E#") {
			return refused
		}
		return nil
	}
	errs, err := s.Save(t.Context(), []followup.Change{c})
	if err != nil || !errors.Is(errs[0], refused) {
		t.Errorf("saved: %v, %v", errs, err)
	}
	js, err := other.Journeys(t.Context(), []followup.JourneyID{c.Journey})
	if err != nil || js[0].Version != 0 {
		t.Errorf("the head is there in version %d without its event, %v", js[0].Version, err)
	}
	api.put = nil
	c.Rows[0].Version, c.Contacts[0].Version = 1, 1
	saved(t, s, c)
	if events, _, err := other.Events(t.Context(), c.Journey, "", 10); err != nil || len(events) != 1 {
		t.Errorf("%d events in the end, %v", len(events), err)
	}
}

// armedOnce is a row that an attempt armed, and what ends it, its reservation
// given back.
func armedOnce(t *testing.T, s *dynamo.Store) (followup.Arm, followup.Finish) {
	t.Helper()
	c := storetest.Order(1, 1)
	saved(t, s, c)
	row, person := c.Rows[0], c.Contacts[0]
	row.Version, person.Version = 1, 1
	arm := storetest.Arming(row, person, "att-1", storetest.Start())
	results, err := s.Arm(t.Context(), []followup.Arm{arm})
	if err != nil || results[0] != followup.ArmedNow {
		t.Fatal(results, err)
	}
	f := storetest.Ending(arm, storetest.Start())
	f.Unspend = person.ID
	return arm, f
}

// TestAFinishRepeatedOverALaterWriteIsAConflict: a row of the same state and
// attempt that somebody wrote since is not what this one made.
func TestAFinishRepeatedOverALaterWriteIsAConflict(t *testing.T) {
	t.Parallel()
	_, s, _, _ := meddling()
	_, f := armedOnce(t, s)
	finish := func() error {
		errs, err := s.Finish(t.Context(), []followup.Finish{f})
		return errors.Join(append(errs, err)...)
	}
	for range 2 {
		if err := finish(); err != nil {
			t.Fatalf("repeated: %v", err)
		}
	}
	later := f.Row
	later.Version++
	later.Decide(followup.Decision{At: storetest.Start().Add(time.Hour), Result: followup.ResultRecord, Rule: "reported", Reason: "delayed"})
	saved(t, s, followup.Change{Journey: later.ID.Journey(), Rows: []followup.FollowUp{later}})
	if err := finish(); !errors.Is(err, followup.ErrConflict) {
		t.Errorf("repeated over a later write: %v, want a conflict", err)
	}
}

// TestAReservationIsGivenBackAgainstOthers: other writers of the contact come
// first, some times over, and lose nothing either.
func TestAReservationIsGivenBackAgainstOthers(t *testing.T) {
	t.Parallel()
	s, other, api, _ := meddling()
	arm, f := armedOnce(t, other)
	races := 0
	api.got = func() {
		if races == 5 {
			return
		}
		races++
		c := contact(t, other, arm.Contact.ID)
		c.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, At: storetest.Start().Add(time.Duration(races) * time.Hour)})
		if err := save(t, other, c); err != nil {
			t.Fatal(err)
		}
	}
	errs, err := s.Finish(t.Context(), []followup.Finish{f})
	if err = errors.Join(append(errs, err)...); err != nil || races != 5 {
		t.Fatalf("after %d races: %v", races, err)
	}
	c := contact(t, other, arm.Contact.ID)
	if _, known := c.Consented(followup.Feedback, followup.Email); len(c.Sends) != 0 || !known {
		t.Errorf("%d reservations are left, the others' word is known: %v", len(c.Sends), known)
	}
}

// TestBodiesAreKeptFor35Days, their parts too: that long they can be fed again.
func TestBodiesAreKeptFor35Days(t *testing.T) {
	t.Parallel()
	_, s, _, mem := meddling()
	large := make([]byte, 1<<20)
	for i, x := 0, uint32(1); i < len(large); i++ { // bytes that no zip makes smaller
		x = x*1664525 + 1013904223
		large[i] = byte(x >> 24)
	}
	for key, body := range map[string][]byte{"small": []byte("{}"), "large": large} {
		in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: key}, Hash: key, Body: body, At: storetest.Start()}
		if _, err := s.Accept(t.Context(), []followup.Incoming{in}); err != nil {
			t.Fatal(err)
		}
	}
	items := mem.Items()
	if len(items) < 4 {
		t.Fatalf("%d items", len(items))
	}
	want := strconv.FormatInt(storetest.Start().Add(35*24*time.Hour).Unix(), 10)
	for _, it := range items {
		if got, ok := it["ttl"].(*types.AttributeValueMemberN); !ok || got.Value != want {
			t.Errorf("%s is kept until %v, want %s", dynamotest.Text(it, "pk"), it["ttl"], want)
		}
	}
}
