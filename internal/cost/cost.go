// Package cost computes what the AWS form costs: prices with their sources times
// quantities that were measured, computed or assumed, each of which says which.
// It is arithmetic: nothing is asked of AWS.
package cost

import (
	_ "embed" // the tables
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

//go:embed prices.yaml
var priceTable []byte

//go:embed figures.json
var figureTable []byte

// What awstest/cost wrote: scripts/measure-cost.
//
//go:embed measured.json
var measuredTable []byte

// Price is what AWS asks for a quantity of something.
type Price struct {
	ID     string  `yaml:"id" json:"id"`
	USD    float64 `yaml:"usd" json:"usd"`
	Per    float64 `yaml:"per" json:"per"`             // of Unit
	Free   float64 `yaml:"free" json:"free,omitempty"` // each month, for ever
	Unit   string  `yaml:"unit" json:"unit"`
	Source string  `yaml:"source" json:"source"`
}

// Basis is how a quantity is known.
type Basis string

// The bases, the weakest last.
const (
	Given    Basis = "given"    // what is asked about: an order of so many events
	Measured Basis = "measured" // by a program of this project, which From names
	Computed Basis = "computed" // from what the code does
	Assumed  Basis = "assumed"  // From says why
)

// Figure is a quantity.
type Figure struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Basis Basis   `json:"basis"`
	From  string  `json:"from"`
}

// Tables are all that is multiplied.
type Tables struct {
	Region  string
	Dated   string // of the prices
	At      string // of what was measured
	Machine string // on which processor times were
	prices  map[string]Price
	figures map[string]Figure
	order   []string // of the figures, as written
	listed  []string // of the prices
}

// Load returns the tables of this build.
func Load() (*Tables, error) { return parse(priceTable, figureTable, measuredTable) }

func parse(prices, figures, measured []byte) (*Tables, error) {
	var p struct {
		Region string  `yaml:"region"`
		Dated  string  `yaml:"dated"`
		Prices []Price `yaml:"prices"`
	}
	if err := yaml.UnmarshalWithOptions(prices, &p, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	var m struct {
		At      string   `json:"at"`
		Machine string   `json:"machine"`
		Figures []Figure `json:"figures"`
	}
	if err := json.Unmarshal(measured, &m); err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	var told []Figure
	if err := json.Unmarshal(figures, &told); err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	t := &Tables{Region: p.Region, Dated: p.Dated, At: m.At, Machine: m.Machine, prices: map[string]Price{}, figures: map[string]Figure{}}
	for _, x := range p.Prices {
		if x.Per <= 0 || x.USD < 0 || x.Unit == "" || x.Source == "" {
			return nil, fmt.Errorf("read prices: %q needs usd, per, unit and source", x.ID)
		}
		t.prices[x.ID], t.listed = x, append(t.listed, x.ID)
	}
	for _, f := range append(told, m.Figures...) {
		if f.Value < 0 || f.Unit == "" || f.From == "" || weight(f.Basis) == 0 {
			return nil, fmt.Errorf("read figures: %q needs a value, a unit, a basis (given, measured, computed, assumed) and where it is from", f.ID)
		}
		if _, twice := t.figures[f.ID]; twice {
			return nil, fmt.Errorf("read figures: %q is there twice", f.ID)
		}
		t.figures[f.ID], t.order = f, append(t.order, f.ID)
	}
	return t, nil
}

// weight orders bases; 0 is none.
func weight(b Basis) int {
	switch b {
	case Given:
		return 1
	case Measured:
		return 2
	case Computed:
		return 3
	case Assumed:
		return 4
	default:
		return 0
	}
}

// Prices lists the prices as written.
func (t *Tables) Prices() []Price {
	out := make([]Price, len(t.listed))
	for i, id := range t.listed {
		out[i] = t.prices[id]
	}
	return out
}

// Figures lists the quantities as written.
func (t *Tables) Figures() []Figure {
	out := make([]Figure, len(t.order))
	for i, id := range t.order {
		out[i] = t.figures[id]
	}
	return out
}

// Line is one line of a bill.
type Line struct {
	What     string   `json:"what"`
	Quantity float64  `json:"quantity"`
	Price    string   `json:"price"` // id
	Unit     string   `json:"unit"`
	USD      float64  `json:"usd"`
	Basis    Basis    `json:"basis"` // of its weakest figure
	Figures  []string `json:"figures"`
}

// sheet makes lines and remembers what went into each.
type sheet struct {
	t      *Tables
	used   []string
	faults []string
}

// v returns a figure.
func (s *sheet) v(id string) float64 {
	f, ok := s.t.figures[id]
	if !ok {
		s.faults = append(s.faults, "figure "+id)
	}
	s.used = append(s.used, id)
	return f.Value
}

// line prices a quantity made of the figures that were read since the last line.
func (s *sheet) line(what, price string, quantity float64) Line {
	p, ok := s.t.prices[price]
	if !ok {
		s.faults = append(s.faults, "price "+price)
		p.Per = 1
	}
	l := Line{What: what, Quantity: quantity, Price: price, Unit: p.Unit, USD: max(0, quantity-p.Free) / p.Per * p.USD, Basis: Given, Figures: s.used}
	for _, id := range s.used {
		if b := s.t.figures[id].Basis; weight(b) > weight(l.Basis) {
			l.Basis = b
		}
	}
	s.used = nil
	return l
}

func (s *sheet) err() error {
	if len(s.faults) > 0 {
		return fmt.Errorf("compute cost: the tables lack %v", s.faults)
	}
	return nil
}
