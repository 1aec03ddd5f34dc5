package dynamo_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// failing answers every write with an error, after doing it when done is set.
type failing struct {
	dynamo.API
	err   error
	done  bool
	calls int
}

func (f *failing) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	f.calls++
	if f.done {
		_, _ = f.API.PutItem(ctx, in, opts...) // the answer is lost
	}
	return nil, f.err
}

func impatient(waits *int) dynamo.Config {
	c := settings()
	c.Parallel = 1
	c.Wait = func(ctx context.Context, _ int) error { *waits++; return ctx.Err() }
	return c
}

func TestWhatPassesIsTriedAgainAndWhatStaysIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{&types.ProvisionedThroughputExceededException{}, 7},
		{&types.InternalServerError{}, 7},
		{context.DeadlineExceeded, 7}, // of one attempt: the caller has time
		{&types.ResourceNotFoundException{}, 1},
		{errors.New("AccessDeniedException"), 1},
	} {
		waits := 0
		api := &failing{API: &dynamotest.Memory{}, err: c.err}
		s := dynamo.New(api, tables, impatient(&waits))
		err := s.SetRecord(t.Context(), "a", nil, 0)
		if !errors.Is(err, c.err) || api.calls != c.want || waits != c.want-1 {
			t.Errorf("%T: answered %v after %d calls and %d waits, want %d calls", c.err, err, api.calls, waits, c.want)
		}
	}
}

// TestAWriteWhoseAnswerIsLostIsFoundDone: the condition fails at the next attempt
// because of our own write, which its name shows.
func TestAWriteWhoseAnswerIsLostIsFoundDone(t *testing.T) {
	t.Parallel()
	mem := &dynamotest.Memory{}
	waits := 0
	lost := dynamo.New(&failing{API: mem, err: &types.InternalServerError{}, done: true}, tables, impatient(&waits))
	if err := lost.SetRecord(t.Context(), "a", []byte("mine"), 0); err == nil || errors.Is(err, followup.ErrConflict) {
		t.Fatalf("%v, want an error that says unknown", err)
	}
	once := &dynamotest.Limits{API: mem, Seed: 7, Rate: 0.6}
	c := settings()
	c.Wait = once.Wait
	s := dynamo.New(once, tables, c)
	for version := int64(1); version < 60; version++ {
		if err := s.SetRecord(t.Context(), "a", []byte("same"), version); err != nil {
			t.Fatal(err)
		}
	}
	if f := once.Seen().Fates; f[dynamotest.TimedOut] == 0 || f[dynamotest.Unheard] == 0 || f[dynamotest.Late] == 0 {
		t.Error("no answer was lost")
	}
	if err := s.SetRecord(t.Context(), "a", []byte("same"), 59); !errors.Is(err, followup.ErrConflict) {
		t.Errorf("another writer of the same value: %v, want a conflict", err)
	}
}

func TestACancelledCallerIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := settings()
		c.Wait = nil // the real one
		s := dynamo.New(&failing{API: &dynamotest.Memory{}, err: &types.InternalServerError{}}, tables, c)
		time.AfterFunc(1, cancel) // in the first wait: no time passes before it
		if err := s.SetRecord(ctx, "a", nil, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
	})
}

// noise is text that cannot be packed.
func noise(n int) string {
	b := make([]byte, n/2)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// TestWhatIsTooLargeIsRefusedBeforeAnythingIsWritten names the part and its size.
func TestWhatIsTooLargeIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(c *followup.Change){
		"head":    func(c *followup.Change) { c.Head.Why = noise(900 << 10) },
		"row":     func(c *followup.Change) { c.Rows[1].Decisions[0].Reason = noise(900 << 10) },
		"event":   func(c *followup.Change) { c.Events[0].Lines[0].Title = noise(900 << 10) },
		"contact": func(c *followup.Change) { c.Contacts[0].Texts = []followup.Text{{Body: noise(900 << 10)}} },
	} {
		mem := &dynamotest.Memory{}
		s := dynamo.New(mem, tables, settings())
		c := storetest.Order(1, 2)
		spoil(&c)
		errs, err := s.Save(t.Context(), []followup.Change{c, storetest.Order(2, 1)})
		if err != nil || errs[0] == nil || errs[1] != nil {
			t.Fatalf("%s: %v, %v", name, errs, err)
		}
		if text := errs[0].Error(); !strings.Contains(text, name) || !strings.Contains(text, "at most 400 KB") || len(text) > 300 {
			t.Errorf("%s: the error says %.300s", name, text)
		}
		for _, it := range mem.Items() {
			if pk := dynamotest.Text(it, "pk"); pk == string(c.Journey) || pk == string(c.Head.Contact) {
				t.Errorf("%s: %s was written", name, dynamotest.Text(it, "sk"))
			}
		}
	}
}

// TestALargeJourneyComesInPages reads more than the megabyte of one page, at a
// page of a megabyte and at one of a few rows.
func TestALargeJourneyComesInPages(t *testing.T) {
	t.Parallel()
	c := large(t)
	for _, page := range []int{1 << 20, 30 << 10} {
		l := &dynamotest.Limits{API: &dynamotest.Memory{}, Page: page}
		s := dynamo.New(l, tables, settings())
		saveLarge(t, s, c)
		if l.Seen().Pages == 0 {
			t.Errorf("nothing was cut at %d bytes", page)
		}
	}
}

// large is an order of 50 units and 7 steps whose rows take several kilobytes.
func large(t *testing.T) followup.Change {
	t.Helper()
	c := storetest.Order(1, 0)
	for n := range 350 {
		r := storetest.Row(c.Journey, c.Head.Contact, 0, storetest.Start())
		r.Step = fmt.Sprintf("step-%d", n%7)
		r.Unit = followup.NewUnitKey("466157049", n/7+1)
		r.ID = followup.NewFollowUpID(c.Journey, r.Step, r.Unit, r.Occurrence)
		r.Decisions[0].Reason = noise(7000)
		c.Rows = append(c.Rows, r)
	}
	return c
}

func saveLarge(t *testing.T, s followup.Store, c followup.Change) {
	t.Helper()
	if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{c.Journey})
	if err != nil {
		t.Fatal(err)
	}
	if js[0].Version != 1 || len(js[0].Rows) != len(c.Rows) {
		t.Fatalf("version %d and %d rows, want 1 and %d", js[0].Version, len(js[0].Rows), len(c.Rows))
	}
	for _, want := range c.Rows {
		if got := js[0].Row(want.ID); got == nil || got.Decisions[0].Reason != want.Decisions[0].Reason {
			t.Fatalf("row %s is another", want.ID)
		}
	}
}

func TestAStoreWithoutShopsSaysSo(t *testing.T) {
	t.Parallel()
	s := dynamo.New(&dynamotest.Memory{}, tables, dynamo.Config{})
	_, _, held := s.Find(t.Context(), followup.Query{State: followup.Held}, "", 1)
	_, _, open := s.Find(t.Context(), followup.Query{OpenCase: true}, "", 1)
	_, plan := s.Plan(t.Context(), "aa")
	for _, err := range []error{held, open, plan} {
		if err == nil || !strings.Contains(err.Error(), "no shops are configured") {
			t.Errorf("%v", err)
		}
	}
}

func TestWaitingIsTheQueuesToAnswer(t *testing.T) {
	t.Parallel()
	if _, _, err := newStore().Waiting(t.Context(), "", 1); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v, want ErrUnsupported", err)
	}
}
