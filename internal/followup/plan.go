package followup

import (
	"slices"

	"aftersales/internal/civil"
)

// Plan is what a merchant promises: which orders, what covers them, and the
// planned contacts. Package plan reads it from YAML; its meaning is here.
type Plan struct {
	Name    string
	Version int
	About   string
	Shop    ShopID // "" every shop
	Hash    string // of the canonical parsed plan; comments and layout do not count

	From  civil.Date // orders before it (shop's zone) are never written to; zero: all
	When  Condition  // nil: every order
	Units Condition  // per unit; nil: every unit
	Exit  []Exit     // facts that end a unit

	Assume    *Assume
	Late      Late              // for steps that say nothing else; default P3D, skip
	Budget    map[Medium]Budget // per contact; service is exempt
	Coverages []Coverage
	Restart   bool // replaced: restart
	Steps     []Step
	Paused    bool
}

// Exit is a fact that takes a unit out of the plan.
type Exit string

// The exits.
const (
	ExitCancelled Exit = "cancelled"
	ExitReturned  Exit = "returned"
	ExitRefunded  Exit = "refunded"
)

// Assume makes a delivered fact while no real one exists.
type Assume struct {
	After AnchorKind // fulfilled, paid or ordered
	Wait  civil.Period
}

// Late says how late is too late, and what happens then.
type Late struct {
	MoreThan civil.Period // zero: the plan's, else P3D
	Send     bool         // then: send at the next allowed moment; false: skip (EXPIRED)
}

// Budget is a rolling allowance, at most 35 days wide.
type Budget struct {
	Sends int
	Per   civil.Period
}

// Coverage is a warranty, a return window, support, a contract: civil dates in
// the customer's zone.
type Coverage struct {
	Name    string
	Start   Anchor       // Kind AnchorEvent: the dates come with unit.covered
	Length  civil.Period // the catalogue's length of that name wins
	PerUnit bool         // applies: unit; false: order
}

// AnchorKind is a date follow-ups hang on.
type AnchorKind string

// The anchors, a closed list.
const (
	AnchorOrdered       AnchorKind = "ordered"
	AnchorPaid          AnchorKind = "paid"
	AnchorFulfilled     AnchorKind = "fulfilled"
	AnchorDelivered     AnchorKind = "delivered"
	AnchorInstalled     AnchorKind = "installed"
	AnchorRegistered    AnchorKind = "registered"
	AnchorCaseClosed    AnchorKind = "case_closed"
	AnchorCoverageStart AnchorKind = "coverage_start"
	AnchorCoverageEnd   AnchorKind = "coverage_end"
	AnchorEvent         AnchorKind = "event" // only as the start of a coverage
)

// Anchor is a kind and, for coverages, its name.
type Anchor struct {
	Kind     AnchorKind
	Coverage string
}

// String writes a as a plan does: delivered, coverage_end("warranty").
func (a Anchor) String() string {
	if a.Coverage != "" {
		return string(a.Kind) + `("` + a.Coverage + `")`
	}
	return string(a.Kind)
}

// Timing is how a step hangs on its anchor.
type Timing string

// The timings.
const (
	After  Timing = "after"
	Before Timing = "before"
	Every  Timing = "every"
)

// Step is one planned contact.
type Step struct {
	ID        string
	Index     int // position in the plan, from 0
	Class     Class
	Channel   Medium
	Message   string // name of the message; for calls the script
	PerUnit   bool
	When      Condition // when and not unless, as one; nil: always
	Timing    Timing
	Anchor    Anchor
	Wait      civil.Period   // after, every
	By        []civil.Period // before; longest first
	Until     Anchor         // every; Kind "" when Times bounds it
	Times     int            // every; 0: bounded by Until
	At        *civil.Clock   // at: that clock time
	Between   *civil.Window
	Workdays  bool
	Tries     int          // calls; 0 and 1: one
	Spacing   civil.Period // between tries, whole days
	Late      *Late
	Hold      Hold
	Otherwise string // step planned only when this one did not happen
	Unclear   Unclear
}

// Hold is what an open case does to a step.
type Hold struct {
	Off    bool         // hold: off
	AtMost civil.Period // from the due; zero: no cap
}

// Unclear says what to do with a send whose result is not known and cannot be asked.
type Unclear string

// The choices.
const (
	Park   Unclear = "park"   // a person decides
	Resend Unclear = "resend" // once, and only on evidence that the first was lost
)

// Step returns the step with that id, or nil.
func (p *Plan) Step(id string) *Step {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return &p.Steps[i]
		}
	}
	return nil
}

// Source returns the step whose otherwise names id, or nil.
func (p *Plan) Source(id string) *Step {
	if i := p.source(id); i >= 0 {
		return &p.Steps[i]
	}
	return nil
}

// source returns the place of the step whose otherwise names id, or -1.
func (p *Plan) source(id string) int {
	for i := range p.Steps {
		if p.Steps[i].Otherwise == id {
			return i
		}
	}
	return -1
}

// Chain returns id and every step joined to it by otherwise, in either direction.
func (p *Plan) Chain(id string) []string {
	first := id
	for range p.Steps { // bounded, whatever the plan says
		s := p.Source(first)
		if s == nil {
			break
		}
		first = s.ID
	}
	var chain []string
	for s := p.Step(first); s != nil && len(chain) <= len(p.Steps); s = p.Step(s.Otherwise) {
		chain = append(chain, s.ID)
		if s.Otherwise == "" {
			break
		}
	}
	return chain
}

// Condition is a typed expression of a plan. Holds is pure: the same scope
// gives the same answer. An error makes what it guards unwanted.
type Condition interface {
	Holds(s *Scope) (bool, error)
	String() string
}

// Scope is what a condition sees: no clock, no states of follow-ups.
type Scope struct {
	Facts     *Facts
	Plan      *Plan
	Catalogue *Catalogue
	Contact   *Contact // nil while unknown: no consents
	Coverages []Covered
	Unit      *Unit     // the unit in question in unit scope; nil in order scope
	Picked    []UnitKey // live picked units, in the order of the units; nil while units are being picked
	Step      string

	products []listed // by line, see Category
}

// listed is the product of a line, once it was looked up.
type listed struct {
	product *Product // nil: the catalogue does not know the line
	known   bool
}

// Category returns the category of the line at that place: its own, else the
// catalogue's, else the default. The catalogue is looked through once a line.
func (s *Scope) Category(line int) string {
	l := &s.Facts.Lines[line]
	if l.Category != "" || s.Catalogue == nil {
		return l.Category
	}
	if p := s.product(line); p != nil && p.Category != "" {
		return p.Category
	}
	return s.Catalogue.Default.Category
}

// product returns the product of the line at that place, or nil.
func (s *Scope) product(line int) *Product {
	if s.products == nil {
		s.products = make([]listed, len(s.Facts.Lines))
	}
	p := &s.products[line]
	if !p.known {
		p.product, p.known = s.Catalogue.find(&s.Facts.Lines[line]), true
	}
	return p.product
}

// Covered is a coverage of one unit, or of the order, with its dates.
type Covered struct {
	Name  string     `json:"name"`
	Unit  UnitKey    `json:"unit,omitempty"` // "" applies to the order
	From  civil.Date `json:"from"`
	Until civil.Date `json:"until"` // the last day
	Start Fact       `json:"start"` // what it counts from; may be assumed
	Basis string     `json:"basis"` // "P24M of the plan", "P24M of the catalogue", "unit.covered"
}

// Answered implements rule 13: whether the latest answer of the scope's unit
// (order scope: of any unit) equals value; with a step, only answers to it or
// to one of its otherwise chain count.
func (s *Scope) Answered(step, value string) bool {
	if len(s.Facts.Answers) == 0 {
		return s.Unit != nil && value == ""
	}
	var chain []string
	if step != "" {
		chain = s.Plan.Chain(step)
	}
	latest := map[UnitKey]string{}
	for _, a := range s.Facts.Answers {
		if a.Value == "" || step != "" && !slices.Contains(chain, a.Step) {
			continue
		}
		if a.Unit != "" || len(s.Facts.Units) == 0 {
			latest[a.Unit] = a.Value
			continue
		}
		for _, u := range s.Facts.Units { // said of the whole order: of each unit
			latest[u.Key] = a.Value
		}
	}
	if s.Unit != nil {
		return latest[s.Unit.Key] == value
	}
	for _, v := range latest {
		if v == value {
			return true
		}
	}
	return false
}

// Consents implements consents(class, channel): a recorded consent, not
// withdrawn, whatever the shop requires.
func (s *Scope) Consents(class Class, channel Medium) bool {
	if s.Contact == nil {
		return false
	}
	given, ok := s.Contact.Consented(class, channel)
	return ok && given
}
