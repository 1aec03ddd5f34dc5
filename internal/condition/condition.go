package condition

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"aftersales/internal/followup"
)

// Condition is when and not unless, as one. Either may be nil, not both.
type Condition struct {
	When   *Question `json:"when,omitempty"`
	Unless *Question `json:"unless,omitempty"`
}

var _ followup.Condition = (*Condition)(nil)

// Holds reports whether the condition holds. It is safe for concurrent use and
// has no effects; an error names the condition and what went wrong, such as
// amounts in two currencies.
func (c *Condition) Holds(s *followup.Scope) (bool, error) {
	if c.When != nil {
		if ok, err := c.When.ask(s); !ok || err != nil {
			return false, err
		}
	}
	if c.Unless != nil {
		ok, err := c.Unless.ask(s)
		return !ok && err == nil, err
	}
	return true, nil
}

// String writes the condition as the plan does.
func (c *Condition) String() string { return c.write(func(q *Question) string { return q.Source }) }

// Canonical is the same for sources that differ in layout and quoting only.
func (c *Condition) Canonical() string {
	return c.write(func(q *Question) string { return q.Canonical })
}

func (c *Condition) write(text func(*Question) string) string {
	switch {
	case c.Unless == nil:
		return text(c.When)
	case c.When == nil:
		return "unless " + text(c.Unless)
	default:
		return text(c.When) + " unless " + text(c.Unless)
	}
}

// Question is one expression that is true or false. Make it with [New], or read
// it from JSON.
type Question struct {
	Source    string `json:"source"`
	Canonical string `json:"canonical"`
	OfUnit    bool   `json:"of_unit,omitempty"` // it cannot be asked without a unit
	Tree      Node   `json:"tree"`

	eval eval
}

// New returns a question that can be asked; an error names what in its tree is
// not known.
func New(source, canonical string, ofUnit bool, tree Node) (*Question, error) {
	q := &Question{Source: source, Canonical: canonical, OfUnit: ofUnit, Tree: tree}
	return q, q.prepare()
}

func (q *Question) prepare() (err error) {
	if q.eval, err = prepare(&q.Tree); err != nil {
		return fmt.Errorf("prepare %s: %w", quote(q.Source), err)
	}
	return nil
}

// UnmarshalJSON reads a question that can be asked.
func (q *Question) UnmarshalJSON(text []byte) error {
	type plain Question
	if err := json.Unmarshal(text, (*plain)(q)); err != nil {
		return err
	}
	return q.prepare()
}

// ask evaluates the question.
func (q *Question) ask(s *followup.Scope) (bool, error) {
	if s.Unit == nil && q.OfUnit {
		return false, fmt.Errorf("ask %s: no unit is in question", quote(q.Source))
	}
	out, err := q.eval(frame{scope: s})
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", quote(q.Source), err)
	}
	yes, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("ask %s: the answer is not true or false", quote(q.Source))
	}
	return yes, nil
}

// quote writes words of a plan in an error, on one line.
func quote(s string) string { return `"` + strings.Join(strings.Fields(s), " ") + `"` }

// errType cannot happen in a condition that was typed.
var errType = errors.New("values do not fit together")
