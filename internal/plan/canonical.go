package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"aftersales/internal/followup"
)

// hashLength is how much of the SHA-256, in hex digits, names a plan.
const hashLength = 32

// Hash names the content of a plan: the first 32 hex digits of the SHA-256 of
// [Canonical]. Journeys are pinned to it (rule 25).
func Hash(p *followup.Plan) string {
	sum := sha256.Sum256(Canonical(p))
	return hex.EncodeToString(sum[:])[:hashLength]
}

// Canonical writes what a plan means as JSON: the same bytes for files that
// differ in comments, layout, quoting or the order of keys, other bytes for any
// other difference. Name and version count. What is not promised to a customer
// does not: paused. Fields are only ever added, and empty ones left out, so that
// old hashes stay.
func Canonical(p *followup.Plan) []byte {
	c := canonicalPlan{
		Plan: p.Name, Version: p.Version, About: p.About, Shop: string(p.Shop),
		From: p.From.String(), When: canonicalOf(p.When), Units: canonicalOf(p.Units),
		Late: canonicalLate(&p.Late), Restart: p.Restart,
	}
	for _, e := range p.Exit {
		c.Exit = append(c.Exit, string(e))
	}
	slices.Sort(c.Exit)
	if a := p.Assume; a != nil {
		c.Assume = string(a.After) + " " + a.Wait.String()
	}
	for m, b := range p.Budget {
		if c.Budget == nil {
			c.Budget = map[string]canonicalBudget{}
		}
		c.Budget[string(m)] = canonicalBudget{b.Sends, b.Per.String()}
	}
	for _, v := range p.Coverages {
		c.Coverages = append(c.Coverages, canonicalCoverage{v.Name, v.Start.String(), v.Length.String(), v.PerUnit})
	}
	for i := range p.Steps {
		c.Steps = append(c.Steps, canonicalStepOf(&p.Steps[i]))
	}
	out, err := json.Marshal(c)
	if err != nil {
		panic("plan: canonical form: " + err.Error()) // only strings, numbers and lists of them: cannot fail
	}
	return out
}

type canonicalPlan struct {
	Plan      string                     `json:"plan"`
	Version   int                        `json:"version"`
	About     string                     `json:"about,omitempty"`
	Shop      string                     `json:"shop,omitempty"`
	From      string                     `json:"from,omitempty"`
	When      string                     `json:"when,omitempty"`
	Units     string                     `json:"units,omitempty"`
	Exit      []string                   `json:"exit,omitempty"`
	Assume    string                     `json:"assume,omitempty"`
	Late      string                     `json:"late,omitempty"`
	Budget    map[string]canonicalBudget `json:"budget,omitempty"`
	Coverages []canonicalCoverage        `json:"coverage,omitempty"`
	Restart   bool                       `json:"restart,omitempty"`
	Steps     []canonicalStep            `json:"steps,omitempty"`
}

type canonicalBudget struct {
	Sends int    `json:"sends"`
	Per   string `json:"per"`
}

type canonicalCoverage struct {
	Name    string `json:"name"`
	Start   string `json:"start"`
	Length  string `json:"length"`
	PerUnit bool   `json:"per_unit,omitempty"`
}

type canonicalStep struct {
	ID        string   `json:"id"`
	Class     string   `json:"class"`
	Channel   string   `json:"channel"`
	Message   string   `json:"message"`
	PerUnit   bool     `json:"per_unit,omitempty"`
	When      string   `json:"when,omitempty"`
	Timing    string   `json:"timing"`
	Anchor    string   `json:"anchor"`
	Wait      string   `json:"wait,omitempty"`
	By        []string `json:"by,omitempty"`
	Until     string   `json:"until,omitempty"`
	Times     int      `json:"times,omitempty"`
	At        string   `json:"at,omitempty"`
	Between   string   `json:"between,omitempty"`
	Workdays  bool     `json:"workdays,omitempty"`
	Tries     int      `json:"tries,omitempty"`
	Spacing   string   `json:"spacing,omitempty"`
	Late      string   `json:"late,omitempty"`
	HoldOff   bool     `json:"hold_off,omitempty"`
	HoldMost  string   `json:"hold_at_most,omitempty"`
	Otherwise string   `json:"otherwise,omitempty"`
	Unclear   string   `json:"unclear,omitempty"`
}

func canonicalStepOf(s *followup.Step) canonicalStep {
	c := canonicalStep{
		ID: s.ID, Class: string(s.Class), Channel: string(s.Channel), Message: s.Message, PerUnit: s.PerUnit,
		When: canonicalOf(s.When), Timing: string(s.Timing), Anchor: s.Anchor.String(), Wait: s.Wait.String(),
		Until: s.Until.String(), Times: s.Times, Workdays: s.Workdays, Tries: s.Tries, Late: canonicalLate(s.Late),
		HoldOff: s.Hold.Off, Otherwise: s.Otherwise, Unclear: string(s.Unclear),
	}
	for _, by := range s.By {
		c.By = append(c.By, by.String())
	}
	if s.At != nil {
		c.At = s.At.String()
	}
	if s.Between != nil {
		c.Between = s.Between.String()
	}
	if !s.Spacing.IsZero() {
		c.Spacing = s.Spacing.String()
	}
	if !s.Hold.AtMost.IsZero() {
		c.HoldMost = s.Hold.AtMost.String()
	}
	return c
}

func canonicalLate(l *followup.Late) string {
	switch {
	case l == nil:
		return ""
	case l.Send:
		return l.MoreThan.String() + " send"
	default:
		return l.MoreThan.String() + " skip"
	}
}

func canonicalOf(c followup.Condition) string {
	if c == nil {
		return ""
	}
	if own, ok := c.(interface{ Canonical() string }); ok {
		return own.Canonical()
	}
	return c.String()
}
