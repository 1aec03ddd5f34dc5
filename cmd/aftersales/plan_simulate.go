package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
	"aftersales/internal/simulate"
)

// simulateVerb says what a plan would do with an order.
type simulateVerb struct {
	Plan     string       `required:"" placeholder:"FILE" help:"The plan."`
	Products string       `placeholder:"FILE" help:"The catalogue."`
	Source   string       `required:"" placeholder:"NAME" help:"Who posted the events: generic, shopify."`
	Event    []string     `required:"" sep:"none" placeholder:"[TOPIC=]FILE" help:"A body as the store posts it, - for standard input; again for each. TOPIC is what a header would say, orders/create=order.json."`
	More     []string     `arg:"" optional:"" name:"file" help:"More events, as of --event."`
	Now      *moment      `placeholder:"TIME" help:"When the events come in, RFC3339; default is the time of the newest."`
	Until    civil.Period `default:"P3Y" placeholder:"PERIOD" help:"What is due later is hidden; default P3Y from now."`
	Shop     string       `placeholder:"ID" help:"The shop of the configuration that the order came to; default is the plan's, else the first."`
	JSON     bool         `name:"json" help:"Print as JSON."`
}

// Run simulates and prints.
func (v *simulateVerb) Run(ctx context.Context, s *shell) error {
	if err := s.here("plan simulate"); err != nil {
		return err
	}
	in, err := v.input(s)
	if err != nil {
		return err
	}
	r, err := simulate.Run(ctx, in)
	if err != nil {
		return err
	}
	p := s.painter()
	for _, f := range r.Warnings {
		s.warn("%s", f)
	}
	if v.JSON {
		if err := s.json(r); err != nil {
			return err
		}
	} else {
		calendar(s, p, r)
	}
	if len(r.Faults) == 0 {
		return nil
	}
	for _, f := range r.Faults {
		s.warn("%s", f)
	}
	return errTold
}

func (v *simulateVerb) input(s *shell) (in simulate.Input, err error) {
	in = simulate.Input{Source: v.Source, Until: v.Until}
	if v.Now != nil {
		in.Now = v.Now.UTC()
	}
	in.Plan.File = v.Plan
	if in.Plan.Src, err = s.readFile(v.Plan); err != nil {
		return in, err
	}
	for _, spec := range append(append([]string{}, v.Event...), v.More...) {
		e, err := s.event(spec)
		if err != nil {
			return in, err
		}
		in.Events = append(in.Events, e)
	}
	if err := v.shop(s, &in); err != nil {
		return in, err
	}
	if v.Products != "" {
		in.Products = &plan.Source{File: v.Products}
		in.Products.Src, err = s.readFile(v.Products)
	}
	return in, err
}

// shop takes the settings of the configuration where one was named; without,
// those by default.
func (v *simulateVerb) shop(s *shell, in *simulate.Input) error {
	asked := followup.ShopID(v.Shop)
	if p, _ := plan.Parse(v.Plan, in.Plan.Src); p != nil {
		asked = cmp.Or(asked, p.Shop)
	}
	if s.Config == "" {
		in.Shop = config.Default(cmp.Or(asked, "main"))
		return nil
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	in.Configured, in.Holidays, in.Shop = true, cfg.Holidays, cfg.Shops[0]
	if shop, ok := cfg.Shop(asked); ok {
		in.Shop = shop
	} else if v.Shop != "" {
		return misused("--shop %s is not in %s", v.Shop, s.file())
	}
	if cfg.Messages != "" {
		in.Messages = os.DirFS(cfg.Messages)
	}
	v.Products = cmp.Or(v.Products, cfg.Products)
	return nil
}

// event reads FILE or TOPIC=FILE. A file whose name has a "=" is taken as it is.
func (s *shell) event(spec string) (e simulate.EventFile, err error) {
	e.Name = spec
	if _, err := os.Stat(spec); err != nil && spec != "-" {
		if topic, name, ok := strings.Cut(spec, "="); ok {
			e.Topic, e.Name = topic, name
		}
	}
	e.Body, err = s.readFile(e.Name)
	return e, err
}

// warn writes a line for people beside the results.
func (s *shell) warn(format string, args ...any) {
	fmt.Fprintf(s.err, format+"\n", args...)
}

// calendar prints what would go, and when, on the customer's clock.
func calendar(s *shell, p painter, r *simulate.Result) {
	if r.Plan == nil && len(r.Faults) > 0 { // which plan it would follow is not known
		return
	}
	if r.Plan == nil {
		s.printf("Order %s: no plan.\n%s\n", p.paint(plain, cmp.Or(r.Order, "unknown")), p.paint(plain, r.MatchedBy))
		return
	}
	s.printf("Order %s follows plan %s, version %d (%s).\n", p.paint(bold, r.Order), *r.Plan, r.Version, r.MatchedBy)
	s.printf("Times are those of %s (%s), from %s to %s.\n\n", r.Zone.Name, zoneSource(string(r.Zone.Source)),
		r.Now.In(r.Zone.Loc()).Format(screenTime), r.Until.In(r.Zone.Loc()).Format(screenDate))
	t := table{}
	for _, f := range r.FollowUps {
		t.add(cell{wall(f.DueLocal), plain}, cell{f.Zone, faint}, cell{f.Step, bold}, cell{strings.Join(f.Units, " "), plain},
			cell{f.Channel, plain}, cell{f.State, stateStyles[f.State]}, cell{subjectOrWhy(f), plain})
	}
	t.write(s.out, p, nil)
	if len(r.FollowUps) == 0 {
		s.printf("Nothing is planned.\n")
	}
	if len(r.Idle) == 0 {
		return
	}
	s.printf("\nNothing of these steps:\n")
	idle := table{indent: "  "}
	for _, i := range r.Idle {
		idle.add(cell{i.Step, bold}, cell{i.Why, plain})
	}
	idle.write(s.out, p, nil)
}

func subjectOrWhy(f simulate.FollowUp) string {
	if f.Subject != "" {
		return strconv.Quote(f.Subject)
	}
	return f.Reason
}

// zoneSource says how a customer's zone is known.
func zoneSource(source string) string {
	switch followup.ZoneSource(source) {
	case followup.ZoneStated:
		return "as stated"
	case followup.ZoneAddress:
		return "by the address"
	case followup.ZonePhone:
		return "by the phone number"
	default:
		return "the shop's"
	}
}
