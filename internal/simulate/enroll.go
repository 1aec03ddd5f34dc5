package simulate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/compose"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/memory"
	"aftersales/internal/plan"
	"aftersales/internal/source"
	"aftersales/messages"
)

// simulation is one run.
type simulation struct {
	in  Input
	out *Result

	plan      *followup.Plan
	catalogue *followup.Catalogue
	source    source.Source
	env       source.Env
	bodies    []body
	composer  *compose.Composer
	now       time.Time

	journey followup.JourneyID
	store   *memory.Store
	engine  *engine.Engine
	seen    map[followup.FollowUpID]fate
}

// body is an event file as it was understood.
type body struct {
	file    EventFile
	in      followup.Incoming
	reading source.Translation
	time    time.Time // of its newest event; zero: it says none
}

// read understands everything that was given; false when that fails.
func (s *simulation) read() bool {
	s.readPlan()
	s.readTexts()
	s.readEvents()
	return len(s.out.Faults) == 0
}

func (s *simulation) readPlan() {
	var faults plan.Faults
	s.plan, faults = plan.Parse(s.in.Plan.File, s.in.Plan.Src)
	s.catalogue = &followup.Catalogue{}
	if s.in.Products != nil {
		c, more := plan.ParseCatalogue(s.in.Products.File, s.in.Products.Src)
		s.catalogue, faults = c, append(faults, more...)
	}
	for _, f := range Faults(faults) {
		if f.Warning {
			s.out.Warnings = append(s.out.Warnings, f)
		} else {
			s.out.Faults = append(s.out.Faults, f)
		}
	}
}

// addresses of a shop that has none: nothing is sent, but texts name them.
const (
	exampleSender = "care@shop.example"
	exampleURL    = "https://shop.example"
)

func (s *simulation) readTexts() {
	s.in.Shop.Sender = cmp.Or(s.in.Shop.Sender, exampleSender)
	s.in.Shop.PublicURL = cmp.Or(s.in.Shop.PublicURL, exampleURL)
	c, err := compose.New(compose.Options{Messages: s.in.Messages, Defaults: messages.Files(), Links: links(s.in.Shop.PublicURL)})
	if faults, ok := errors.AsType[compose.Faults](err); ok {
		for _, f := range faults {
			s.out.Faults = append(s.out.Faults, Fault{File: f.File, Line: f.Line, Cause: f.What, Mend: f.Mend})
		}
	} else if err != nil {
		s.fault("", err.Error(), "")
	}
	s.composer = c
}

// links are addresses that lead nowhere: nothing of a simulation is sent.
type links string

func (l links) Answer(followup.Letter) string      { return string(l) + "/a/simulated" }
func (l links) Unsubscribe(followup.Letter) string { return string(l) + "/u/simulated" }

// key names contacts within one run only.
var key = []byte("the contacts of a simulation are known to nobody else")

// readEvents translates every body and puts them in the order of their time.
func (s *simulation) readEvents() {
	src, ok := source.Lookup(s.in.Source)
	if !ok {
		s.fault("", fmt.Sprintf("there is no source %q", s.in.Source), "use one of "+strings.Join(source.Names(), ", "))
		return
	}
	s.source = src
	s.env = source.Env{Shop: &s.in.Shop, ContactKey: func(kind, value string) followup.ContactID { return link.ContactID(key, kind, value) }}
	if len(s.in.Events) == 0 {
		s.fault("", "no event is given", "name a body that the shop posted, order.json")
		return
	}
	s.now = s.in.Now
	if s.now.IsZero() {
		for _, f := range s.in.Events {
			if t, err := s.translate(f, time.Time{}); err == nil && newest(t.Events).After(s.now) {
				s.now = newest(t.Events)
			}
		}
	}
	s.out.Now = s.now
	for i, f := range s.in.Events {
		s.add(i, f)
	}
	slices.SortStableFunc(s.bodies, func(a, b body) int { return a.time.Compare(b.time) })
	s.choose()
}

func (s *simulation) translate(f EventFile, at time.Time) (source.Translation, error) {
	return s.source.Translate(s.incoming(f, at), s.env)
}

func (s *simulation) incoming(f EventFile, at time.Time) followup.Incoming {
	sum := sha256.Sum256([]byte(f.Topic + "\x00" + string(f.Body)))
	return followup.Incoming{Topic: f.Topic, Hash: hex.EncodeToString(sum[:]), Body: f.Body, At: at}
}

// add understands one body, received now.
func (s *simulation) add(i int, f EventFile) {
	reading, err := s.translate(f, s.now)
	in := s.incoming(f, s.now)
	if err == nil {
		in.Key, _, err = s.source.Key(source.Request{Method: http.MethodPost, Header: headers(f.Topic), Body: f.Body})
	}
	if err != nil {
		s.refuse(f, err)
		return
	}
	in.Shop, in.Source = s.in.Shop.ID, s.in.Source
	if in.Key == "" {
		in.Key = strconv.Itoa(i)
	}
	s.bodies = append(s.bodies, body{file: f, in: in, reading: reading, time: newest(reading.Events)})
}

func headers(topic string) http.Header {
	h := http.Header{}
	if topic != "" {
		h.Set("X-Shopify-Topic", topic)
	}
	return h
}

func (s *simulation) refuse(f EventFile, err error) {
	if fault, ok := errors.AsType[*source.Fault](err); ok {
		s.fault(f.Name, fault.Detail, fault.Mend)
		return
	}
	s.fault(f.Name, err.Error(), "")
}

func newest(events []followup.Event) (t time.Time) {
	for _, e := range events {
		if e.Time.After(t) {
			t = e.Time
		}
	}
	return t
}

// choose finds the order that the events are about: the only one that any of
// them speaks of. Privacy requests may name others.
func (s *simulation) choose() {
	var orders, asked []string
	for _, b := range s.bodies {
		for _, e := range b.reading.Events {
			list := &orders
			if e.Type == followup.PersonErased || e.Type == followup.PersonAsked {
				list = &asked
			}
			if !slices.Contains(*list, e.Order) {
				*list = append(*list, e.Order)
			}
		}
	}
	if len(orders) == 0 {
		orders = asked
	}
	switch {
	case len(orders) > 1:
		s.fault("", "the events are about several orders: "+strings.Join(orders, ", "), "simulate one order at a time")
	case len(orders) == 1:
		s.out.Order = orders[0]
		s.journey = followup.NewJourneyID(s.in.Shop.ID, orders[0])
	default:
		for _, b := range s.bodies {
			s.out.MatchedBy = cmp.Or(s.out.MatchedBy, b.reading.Ignored)
		}
		s.out.MatchedBy = cmp.Or(s.out.MatchedBy, "the events are about no order")
	}
}

// enroll takes in the events one after another, all of them now, so that what
// an earlier one planned and a later one voids is seen.
func (s *simulation) enroll(ctx context.Context) error {
	s.store = memory.New()
	n := 0
	s.engine = engine.New(engine.Config{
		Store: s.store, Composer: s.composer, Read: s.reading, Parse: s.parse, Log: slog.New(slog.DiscardHandler),
		ID:    func() string { n++; return "simulated-" + strconv.Itoa(n) },
		Shops: map[followup.ShopID]*followup.Rules{s.in.Shop.ID: s.rules()},
	})
	for _, b := range s.bodies {
		verdicts, err := s.store.Accept(ctx, []followup.Incoming{b.in})
		if err != nil {
			return fmt.Errorf("simulate %s: %w", b.file.Name, err)
		}
		if verdicts[0] == followup.Different {
			s.fault(b.file.Name, "another body of the same event is there already", "give the event an id of its own")
			continue
		}
		errs, err := s.engine.Receive(ctx, s.now, []followup.Incoming{b.in})
		if err = errors.Join(append(errs, err)...); err != nil {
			return fmt.Errorf("simulate %s: %w", b.file.Name, err)
		}
	}
	return nil
}

func (s *simulation) rules() *followup.Rules {
	return &followup.Rules{Shop: &s.in.Shop, Plans: []*followup.Plan{s.plan}, Catalogue: s.catalogue, Holidays: s.in.Holidays}
}

func (s *simulation) reading(in followup.Incoming) (engine.Reading, error) {
	t, err := s.source.Translate(in, s.env)
	return engine.Reading{Events: t.Events, Erase: t.Erase, EraseShop: t.EraseShop, Ignored: t.Ignored}, err
}

func (s *simulation) parse(d followup.PlanDoc) (*followup.Plan, error) {
	p, faults := plan.Parse(d.Name, d.Source)
	return p, faults.Err()
}

// until returns the last moment that is shown, on the customer's calendar.
func (s *simulation) until(z followup.Zone) time.Time {
	p := s.in.Until
	if p == (civil.Period{}) {
		p = defaultUntil
	}
	return p.After(s.now, z.Loc())
}
