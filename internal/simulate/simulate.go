// Package simulate says what a plan would do with an order, without sending
// anything: it enrolls the events in a store in memory and walks through time
// with the rules of the engine, deciding each follow-up at its due time as if
// nothing more happened.
package simulate

import (
	"context"
	"io/fs"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// Input is what is simulated.
type Input struct {
	Plan     plan.Source                    // required
	Products *plan.Source                   // the catalogue; nil: none
	Shop     followup.Shop                  // as configured, or as by default
	Source   string                         // whose bodies Events are: generic, shopify
	Events   []EventFile                    // in any order; their times count
	Now      time.Time                      // when they are enrolled; zero: the newest event's time
	Until    civil.Period                   // counted from now, what is due later is hidden; zero: P3Y
	Holidays map[string]map[civil.Date]bool // by country
	Messages fs.FS                          // the merchant's; nil: those that come with the program

	// Configured says that Shop and Messages are the merchant's own: what cannot
	// be rendered is held, and a fault. Else it is only a warning.
	Configured bool
}

// EventFile is a body as a store posts it.
type EventFile struct {
	Name  string // of the file, for faults
	Topic string // what a header would say: orders/create; "" when the body says it, or its shape
	Body  []byte
}

// Result is the answer. Its JSON shape is a contract: `plan simulate --json`.
type Result struct {
	Plan      *string    `json:"plan"` // null: it does not match
	Version   int        `json:"version"`
	Order     string     `json:"order"`
	MatchedBy string     `json:"matched_by"` // what matched, or what would have to be added
	FollowUps []FollowUp `json:"follow_ups"` // by due, plan order, id
	Faults    []Fault    `json:"faults"`

	Now      time.Time     `json:"-"`
	Until    time.Time     `json:"-"` // the last moment shown
	Zone     followup.Zone `json:"-"` // the customer's
	Idle     []Idle        `json:"-"` // steps without a follow-up, in plan order
	Warnings []Fault       `json:"-"` // worth a look; they fail nothing
}

// FollowUp is one follow-up and what would become of it.
type FollowUp struct {
	ID         string   `json:"id"`
	Step       string   `json:"step"`
	Units      []string `json:"units"` // "<line id>/<index>"
	Class      string   `json:"class"`
	Channel    string   `json:"channel"`
	DueLocal   string   `json:"due_local"` // 2026-03-05T10:00:00, in Zone
	Zone       string   `json:"zone"`      // IANA
	ZoneSource string   `json:"zone_source"`
	DueUTC     string   `json:"due_utc"` // RFC 3339 with Z
	State      string   `json:"state"`   // planned: would go
	Rule       string   `json:"rule"`
	Reason     string   `json:"reason"`
	Subject    string   `json:"subject"` // "" for calls, and for what would not go
}

// Idle is a step of which nothing is planned, and why.
type Idle struct {
	Step string
	Why  string
}

// Fault is something wrong with what was given, in the shape of `plan lint --json`.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0: the whole file
	Column  int    `json:"column"` // from 1; 0 with line 0
	Path    string `json:"path"`   // in the plan: steps[2].after.wait
	Cause   string `json:"cause"`
	Mend    string `json:"mend"`
	Warning bool   `json:"warning"` // the plan works all the same
}

// Faults turns the faults of a plan or a catalogue into those of a result.
func Faults(in plan.Faults) []Fault {
	out := make([]Fault, len(in))
	for i, f := range in {
		out[i] = Fault{File: f.File, Line: f.Line, Column: f.Column, Path: f.Path, Cause: f.Cause, Mend: f.Mend, Warning: f.Warning}
	}
	return out
}

// String writes the fault as compilers do: file:line:column: cause; mend.
func (f Fault) String() string {
	return plan.Fault{File: f.File, Line: f.Line, Column: f.Column, Cause: f.Cause, Mend: f.Mend, Warning: f.Warning}.String()
}

// defaultUntil is how far a simulation looks.
var defaultUntil = civil.Period{Years: 3}

// Run simulates. What is wrong with the input is told in Result.Faults; an
// error is a fault of the program or the end of ctx.
func Run(ctx context.Context, in Input) (*Result, error) {
	s := &simulation{in: in, out: &Result{FollowUps: []FollowUp{}, Faults: []Fault{}}}
	if !s.read() {
		return s.out, nil
	}
	if err := s.enroll(ctx); err != nil {
		return nil, err
	}
	if err := s.walk(ctx); err != nil {
		return nil, err
	}
	return s.out, s.tell(ctx)
}

func (s *simulation) fault(file, cause, mend string) {
	s.out.Faults = append(s.out.Faults, Fault{File: file, Cause: cause, Mend: mend})
}
