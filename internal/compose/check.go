package compose

import (
	"fmt"
	"maps"
	"slices"

	"aftersales/internal/followup"
)

// Check says what is wrong with a step's use of its message, for the lint of plans: no such message, a script for a
// mail or a mail for a call, a class that the message was not written for, a value that no letter of the step has. Nil
// is fine.
func (c *Composer) Check(s followup.Step) error {
	if !c.Has(s.Message) {
		return fmt.Errorf("message %q does not exist; add %s/en.md, or use one of %v", s.Message, s.Message, c.Names())
	}
	for _, lang := range slices.Sorted(maps.Keys(c.messages[s.Message])) {
		m := c.messages[s.Message][lang]
		if err := m.fits(s.Channel, s.Class); err != nil {
			return err
		}
		if err := m.speaksOf(s.Anchor); err != nil {
			return err
		}
	}
	return nil
}

// fits says why m cannot be sent on a channel, in a class.
func (m *message) fits(channel followup.Medium, class followup.Class) error {
	switch {
	case channel == followup.Email && m.script:
		return Fault{File: m.file, Line: 1, Column: 1, What: "it has no subject, and the step sends it by e-mail", Mend: mendFront}
	case m.class == string(followup.Marketing) && class != followup.Marketing && class != "":
		return Fault{File: m.file, Line: 1, Column: 1, What: "it sells something, and the step's class is " + string(class), Mend: "give the step class: marketing and a consent"}
	default:
		return nil
	}
}

// speaksOf says what m always speaks of, and a letter of a step with this anchor never has: a coverage, or the case
// that was closed.
func (m *message) speaksOf(a followup.Anchor) error {
	for _, ops := range [...][]op{m.subject, m.preview, m.spoken, m.html, m.text} {
		for i := range ops {
			o := ops[i].out // what stands in an if may be missing
			if o == nil {
				continue
			}
			switch {
			case a.Coverage == "" && o.expr.of == kindCoverage, a.Kind != followup.AnchorCaseClosed && o.expr.of == kindCase:
				return o.fault("{{"+o.expr.src+"}} has no value in this step", o.expr.needs())
			}
		}
	}
	return nil
}

// needs says what a step has to be for a letter of it to have e.
func (e *expr) needs() string {
	if e.of == kindCoverage {
		return noCoverage
	}
	return noCase
}
