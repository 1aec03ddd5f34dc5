package dynamo_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

func save(t *testing.T, s *dynamo.Store, c followup.Contact) error {
	t.Helper()
	errs, err := s.SaveContacts(t.Context(), []followup.Contact{c})
	if err != nil {
		t.Fatal(err)
	}
	return errs[0]
}

func contact(t *testing.T, s *dynamo.Store, id followup.ContactID) followup.Contact {
	t.Helper()
	cs, err := s.Contacts(t.Context(), []followup.ContactID{id})
	if err != nil {
		t.Fatal(err)
	}
	return cs[0]
}

// TestAWriterThatLosesLeavesNothing: what is personal is written with the version
// or not at all, whether its writer loses or dies.
func TestAWriterThatLosesLeavesNothing(t *testing.T) {
	t.Parallel()
	mem := &dynamotest.Memory{}
	s := dynamo.New(mem, tables, settings())
	if err := save(t, s, storetest.Customer(1)); err != nil {
		t.Fatal(err)
	}
	read := contact(t, s, storetest.Customer(1).ID)
	consented, noted := read.Clone(), read.Clone()
	consented.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, Given: true, At: storetest.Start()})
	noted.Note(followup.Text{Event: "late", Body: "lost", At: storetest.Start()})
	if err := save(t, s, consented); err != nil {
		t.Fatal(err)
	}
	if err := save(t, s, noted); !errors.Is(err, followup.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
	fresh := storetest.Customer(2)
	for _, who := range []followup.Contact{noted, fresh} {
		who.Note(followup.Text{Event: "dead", Body: "lost", At: storetest.Start()})
		dead := dynamo.New(&dynamotest.Mortal{API: mem}, tables, settings())
		if errs, err := dead.SaveContacts(t.Context(), []followup.Contact{who}); err == nil && !errors.Is(errs[0], dynamotest.ErrDead) {
			t.Errorf("the writer should have died: %v", errs)
		}
	}
	if got := contact(t, s, read.ID); got.Version != 2 || len(got.Texts) != 0 || len(got.Consents) != 2 {
		t.Errorf("version %d, %d texts, %d consents", got.Version, len(got.Texts), len(got.Consents))
	}
	if got := contact(t, s, fresh.ID); got.Version != 0 || len(got.Fields) != 0 {
		t.Errorf("the new contact has version %d, %d fields", got.Version, len(got.Fields))
	}
}

// TestConcurrentWritersOfAContactLoseNothing lets writers add a text each, again
// and again after conflicts.
func TestConcurrentWritersOfAContactLoseNothing(t *testing.T) {
	t.Parallel()
	s := dynamo.New(&dynamotest.Memory{}, tables, settings())
	who := storetest.Customer(1)
	if err := save(t, s, who); err != nil {
		t.Fatal(err)
	}
	const writers = 12
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for {
				c := contact(t, s, who.ID)
				if n%2 == 0 {
					c.Note(followup.Text{Event: string(rune('a' + n)), At: storetest.Start(), Body: "text"})
				} else {
					c.Consent(followup.Consent{Purpose: followup.Class(rune('a' + n)), Channel: followup.Email, Given: true, At: storetest.Start()})
				}
				if err := save(t, s, c); err == nil {
					return
				} else if !errors.Is(err, followup.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := contact(t, s, who.ID)
	if len(got.Texts) != writers/2 || len(got.Consents) != len(who.Consents)+writers/2 {
		t.Errorf("%d texts and %d consents, want %d of each more", len(got.Texts), len(got.Consents), writers/2)
	}
}

// TestAnOptOutBetweenReadAndReserveCloses changes only what may close, and only
// what may not.
func TestAnOptOutBetweenReadAndReserveCloses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*followup.Contact){
		"opt-out": func(c *followup.Contact) {
			c.Suppress(followup.Suppression{Channel: followup.Email, Reason: "complaint", At: storetest.Start()})
		},
		"a new address": func(c *followup.Contact) {
			c.State(followup.Person{Mail: "new@example.org"}, followup.Stamp{Time: storetest.Start().AddDate(0, 0, 1)})
		},
	} {
		s := newStore()
		order := storetest.Order(1, 1)
		if errs, err := s.Save(t.Context(), []followup.Change{order}); err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		js, err := s.Journeys(t.Context(), []followup.JourneyID{order.Journey})
		if err != nil {
			t.Fatal(err)
		}
		read := contact(t, s, order.Head.Contact)
		changed := read.Clone()
		change(&changed)
		if err := save(t, s, changed); err != nil {
			t.Fatal(err)
		}
		got, err := s.Arm(t.Context(), []followup.Arm{storetest.Arming(js[0].Rows[0], read, "a1", storetest.Start())})
		if err != nil || got[0] != followup.Closed {
			t.Errorf("%s: %v, %v, want closed", name, got, err)
		}
	}
}

// TestWhoIsForgottenIsKeptOnlyAsClosed: nothing personal is left, and every
// channel stays closed.
func TestWhoIsForgottenIsKeptOnlyAsClosed(t *testing.T) {
	t.Parallel()
	s := newStore()
	order := storetest.Order(1, 1)
	if errs, err := s.Save(t.Context(), []followup.Change{order}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	c := contact(t, s, order.Head.Contact)
	c.Note(followup.Text{Event: "e", At: storetest.Start(), Body: "it leaks"})
	c.Erase(storetest.Start())
	if err := save(t, s, c); err != nil {
		t.Fatal(err)
	}
	if got := contact(t, s, c.ID); got.Erased.IsZero() || len(got.Fields)+len(got.Texts) > 0 || len(got.Suppressed) != 2 {
		t.Errorf("erased is %+v", got)
	}
}

// again says all that a contact is once more, so many days later.
func again(c *followup.Contact, days int) {
	c.State(followup.Person{Name: c.Field(followup.FieldName), Mail: c.Field(followup.FieldMail)},
		followup.Stamp{Time: storetest.Start().AddDate(0, 0, days), Source: "shopify", ID: "paid"})
}

// TestWhatIsSaidAgainIsLaterThanWhatCameBetween: a late event must not win over a
// word that was repeated after it, also when a mail was sent meanwhile.
func TestWhatIsSaidAgainIsLaterThanWhatCameBetween(t *testing.T) {
	t.Parallel()
	s := newStore()
	order := storetest.Order(1, 2)
	if errs, err := s.Save(t.Context(), []followup.Change{order}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	c := contact(t, s, order.Head.Contact)
	name := c.Field(followup.FieldName)
	again(&c, 3)
	want := c.Clone()
	if err := save(t, s, c); err != nil {
		t.Fatal(err)
	}
	want.Version++
	c = contact(t, s, c.ID)
	if d := cmp.Diff(want, c, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("said again (-want +got):\n%s", d)
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{order.Journey})
	if err != nil {
		t.Fatal(err)
	}
	attempt := storetest.Arming(js[0].Rows[0], c, "a1", storetest.Start())
	if got, err := s.Arm(t.Context(), []followup.Arm{attempt}); err != nil || got[0] != followup.ArmedNow {
		t.Fatal(got, err)
	}
	end := storetest.Ending(attempt, storetest.Start())
	end.Unspend = c.ID // it was refused: the reservation is given back
	if errs, err := s.Finish(t.Context(), []followup.Finish{end}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	c = contact(t, s, c.ID)
	c.State(followup.Person{Name: "Somebody Else"}, followup.Stamp{Time: storetest.Start().AddDate(0, 0, 2)})
	if err := save(t, s, c); err != nil {
		t.Fatal(err)
	}
	if got := contact(t, s, c.ID); got.Field(followup.FieldName) != name {
		t.Errorf("a word of day 2 wins over one that was repeated on day 3")
	}
}

// counted counts requests by kind.
type counted struct {
	dynamo.API
	mu   sync.Mutex
	puts []string
}

func (c *counted) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	c.mu.Lock()
	c.puts = append(c.puts, dynamotest.Text(in.Item, "sk"))
	c.mu.Unlock()
	return c.API.PutItem(ctx, in, opts...)
}

func (c *counted) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	c.mu.Lock()
	for _, w := range in.TransactItems {
		c.puts = append(c.puts, dynamotest.Text(w.Put.Item, "sk"))
	}
	c.mu.Unlock()
	return c.API.TransactWriteItems(ctx, in, opts...)
}

// TestOnlyWhatChangedOfAContactIsWritten: a consent writes S, a text both.
func TestOnlyWhatChangedOfAContactIsWritten(t *testing.T) {
	t.Parallel()
	api := &counted{API: &dynamotest.Memory{}}
	s := dynamo.New(api, tables, settings())
	who := storetest.Customer(1)
	for _, step := range []struct {
		change func(*followup.Contact)
		want   string
	}{
		{func(*followup.Contact) {}, "C S"},
		{func(c *followup.Contact) {
			c.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, Given: true, At: storetest.Start()})
		}, "S"},
		{func(c *followup.Contact) { c.Note(followup.Text{Event: "e", At: storetest.Start(), Body: "b"}) }, "C S"},
		{func(c *followup.Contact) { c.Unspend("nobody") }, "S"},
		{func(c *followup.Contact) { again(c, 1) }, "S"},
		{func(c *followup.Contact) {
			c.State(followup.Person{Mail: "new@example.org"}, followup.Stamp{Time: storetest.Start().AddDate(0, 0, 2)})
		}, "C S"},
	} {
		api.puts = nil
		step.change(&who)
		if err := save(t, s, who); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(api.puts, " "); got != step.want {
			t.Errorf("written %s, want %s", got, step.want)
		}
		who = contact(t, s, who.ID)
	}
}
