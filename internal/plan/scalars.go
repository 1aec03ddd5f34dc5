package plan

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// Longest texts, in bytes.
const (
	maxText      = 1_000
	maxCondition = 2_000
)

// What YAML may take a value for: 2026-01-01 is text, 10 a number.
var (
	asText   = []nodeKind{textNode}
	asScalar = []nodeKind{textNode, numberNode, boolNode}
)

const namePattern = `^[a-z][a-z0-9_-]{0,62}$`

var nameForm = regexp.MustCompile(namePattern)

// The kinds of values. Their examples are what a merchant is shown.
var (
	nameScalar = &scalar{
		what: "a name", json: "string", pattern: namePattern, plain: asText, read: readName,
		mend: "write small letters, digits, - and _, a letter first, at most 63: check-in",
	}
	textScalar = &scalar{
		what: "text", json: "string", plain: asScalar, read: readText,
		mend: "write one or two sentences, between quotes if they hold a colon",
	}
	versionScalar = &scalar{
		what: "a number", json: "integer", plain: []nodeKind{numberNode}, read: readCount(1_000_000), most: 1_000_000,
		mend: "write a whole number from 1 on, and raise it with every change",
	}
	timesScalar = &scalar{
		what: "a number", json: "integer", plain: []nodeKind{numberNode}, read: readCount(120), most: 120,
		mend: "write a whole number from 1 to 120",
	}
	triesScalar = &scalar{
		what: "a number", json: "integer", plain: []nodeKind{numberNode}, read: readCount(10), most: 10,
		mend: "write a whole number from 1 to 10",
	}
	boolScalar = &scalar{
		what: "true or false", json: "boolean", plain: []nodeKind{boolNode},
		mend: "write true or false", read: func(s string) (any, error) { return s == "true" || s == "True" || s == "TRUE", nil },
	}
	dateScalar = &scalar{
		what: "a date", json: "string", pattern: `^\d{4}-\d{2}-\d{2}$`, plain: asText, read: readDate,
		mend: "write year, month and day of a day that exists: 2026-01-31",
	}
	clockScalar = &scalar{
		what: "a time of day", json: "string", pattern: `^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$`, plain: asText, read: readClock,
		mend: `write hours and minutes between quotes: "10:00"`,
	}
	windowScalar = &scalar{
		what: "hours of the day", json: "string", pattern: `^\d{2}:\d{2}-\d{2}:\d{2}$`, plain: asText, read: readWindow,
		mend: `write start and end between quotes, "10:00-18:00"; workdays go into on: workdays`,
	}
	periodScalar = &scalar{
		what: "a period", json: "string", pattern: periodPattern, plain: asText, read: readPeriod(anyPeriod),
		mend: "write P5D, P2W, P6M or P1Y for calendar days, weeks, months, years, PT36H or PT30M for exact hours and minutes",
	}
	lengthScalar = &scalar{
		what: "a period", json: "string", pattern: periodPattern, plain: asText, read: readPeriod(longPeriod),
		mend: "write a period above zero: P60D, P6M or PT36H",
	}
	daysScalar = &scalar{
		what: "a period of whole days", json: "string", pattern: daysPattern, plain: asText, read: readPeriod(wholeDays),
		mend: "write days, weeks, months or years: P14D, P24M",
	}
	languageScalar = &scalar{
		what: "a language", json: "string", pattern: languageForm.String(), plain: asText, read: readLanguage,
		mend: "write a language tag: en, is, fa, pt-BR",
	}
	linkScalar = &scalar{
		what: "an address", json: "string", pattern: `^https://[^/]+`, plain: asText, read: readLink,
		mend: "write an https address: https://shop.example/manuals/wm",
	}
	budgetScalar = &scalar{
		what: "a budget", json: "string", pattern: `^\d+ per P[0-9YMWDTHS]+$`, plain: asText, read: readBudget,
		mend: "write how many per period of at most P35D: 2 per P7D",
	}
	conditionScalar = &scalar{
		what: "a condition", json: "string", plain: asScalar, read: readCondition,
		mend: `write for example order.total >= money("150.00 EUR") or contact.tier == "vip"`,
	}
	anchorScalar = &scalar{
		what: "an event", json: "string", pattern: anchorPattern, plain: asText, read: readAnchor(stepAnchors),
		mend: anchorMend,
	}
	startScalar = &scalar{
		what: "an event", json: "string", pattern: anchorPattern, plain: asText, read: readAnchor(startAnchors),
		mend: anchorMend,
	}
)

const (
	periodPattern = `^P(\d+[YMWD])*(T(\d+[HMS])+)?$`
	daysPattern   = `^P(\d+[YMWD])+$`
	anchorPattern = `^([a-z]+|case_closed|coverage_(start|end)\("[a-z][a-z0-9_-]*"\))$`
	anchorMend    = `write delivered, case_closed or coverage_end("warranty")`
)

// wrong is an error of a value that knows better than the kind of value how to
// mend it.
type wrong struct{ cause, mend string }

// Error returns the cause.
func (w *wrong) Error() string { return w.cause }

func readName(s string) (any, error) {
	if !nameForm.MatchString(s) {
		return nil, fmt.Errorf("%s is not a name", quote(s))
	}
	return s, nil
}

func readText(s string) (any, error) {
	if len(s) > maxText {
		return nil, fmt.Errorf("the text has %d bytes, at most %d are read", len(s), maxText)
	}
	return s, nil
}

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func readLanguage(s string) (any, error) {
	if !languageForm.MatchString(s) {
		return nil, fmt.Errorf("%s is not a language", quote(s))
	}
	return s, nil
}

func readLink(s string) (any, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s is not an https address", quote(s))
	}
	return s, nil
}

func readCondition(s string) (any, error) {
	switch {
	case strings.TrimSpace(s) == "":
		return nil, errors.New("the condition is empty")
	case len(s) > maxCondition:
		return nil, fmt.Errorf("the condition has %d bytes, at most %d are read", len(s), maxCondition)
	}
	return s, nil
}

// readCount reads a whole number from 1 on.
func readCount(most int) func(string) (any, error) {
	return func(s string) (any, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s is not a number from 1 to %d", quote(s), most)
		}
		return n, nil
	}
}

func readDate(s string) (any, error) {
	d, err := civil.ParseDate(s)
	if err != nil {
		return nil, fmt.Errorf("%s is no day of the calendar", quote(s))
	}
	return d, nil
}

func readClock(s string) (any, error) {
	c, err := civil.ParseClock(s)
	if err != nil || s == "24:00" || s == "24:00:00" {
		return nil, fmt.Errorf("%s is not a time of day", quote(s))
	}
	return c, nil
}

func readWindow(s string) (any, error) {
	w, err := civil.ParseWindow(s)
	if err != nil || w.Workdays {
		return nil, fmt.Errorf("%s is not a span of the day", quote(s))
	}
	return w, nil
}

// readPeriod keeps rule 9: calendar units or exact ones, never both.
func readPeriod(fits func(civil.Period) error) func(string) (any, error) {
	return func(s string) (any, error) {
		p, err := civil.ParsePeriod(s)
		switch {
		case errors.Is(err, civil.ErrMixed):
			return nil, &wrong{
				quote(s) + " mixes calendar and exact units, which no one could tell apart on a day of 23 hours",
				"write only Y, M, W, D (P1D) or only H, M, S (PT26H)",
			}
		case err != nil:
			return nil, fmt.Errorf("%s is not a period", quote(s))
		case strings.HasPrefix(s, "-"):
			return nil, fmt.Errorf("%s goes backwards", quote(s))
		}
		if err := fits(p); err != nil {
			return nil, fmt.Errorf("%s %w", quote(s), err)
		}
		return p, nil
	}
}

func anyPeriod(civil.Period) error { return nil }

func longPeriod(p civil.Period) error {
	if p.IsZero() {
		return errors.New("is no time at all")
	}
	return nil
}

func wholeDays(p civil.Period) error {
	if !p.Calendar() {
		return errors.New("is not in whole days")
	}
	return longPeriod(p)
}

// widest is rule 24: the ledger behind budgets reaches back 35 days.
const widest = 35

func readBudget(s string) (any, error) {
	count, per, _ := strings.Cut(s, " per ")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 || n > 1_000 {
		return nil, fmt.Errorf("%s is not a budget", quote(s))
	}
	v, err := readPeriod(longPeriod)(strings.TrimSpace(per))
	if err != nil {
		return nil, err
	}
	p := v.(civil.Period) // readPeriod returns nothing else
	if p.Years*366+p.Months*31+p.Weeks*7+p.Days > widest || p.Exact.Hours() > widest*24 {
		return nil, fmt.Errorf("%s looks back further than P%dD", quote(s), widest)
	}
	return followup.Budget{Sends: n, Per: p}, nil
}

// The anchors of rule 5; event is only for the start of a coverage.
var (
	stepAnchors = []string{
		"ordered", "paid", "fulfilled", "delivered", "installed", "registered", "case_closed", "coverage_start", "coverage_end",
	}
	startAnchors = []string{
		"ordered", "paid", "fulfilled", "delivered", "installed", "registered", "coverage_start", "coverage_end", "event",
	}
)

var anchorForm = regexp.MustCompile(`^\s*([A-Za-z_ -]+?)\s*(?:\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]*))\s*\))?\s*$`)

func readAnchor(known []string) func(string) (any, error) {
	return func(s string) (any, error) {
		m := anchorForm.FindStringSubmatch(s)
		if m == nil {
			return nil, fmt.Errorf("%s is not an event", quote(s))
		}
		a := followup.Anchor{Kind: followup.AnchorKind(m[1]), Coverage: m[2] + m[3] + m[4]}
		covered := a.Kind == followup.AnchorCoverageStart || a.Kind == followup.AnchorCoverageEnd
		switch {
		case !oneOf(m[1], known):
			return nil, &wrong{quote(m[1]) + " is not an event to count from", suggest(m[1], known)}
		case covered && a.Coverage == "":
			return nil, fmt.Errorf("%s does not say of which coverage", a.Kind)
		case !covered && a.Coverage != "":
			return nil, fmt.Errorf("%s takes no name", a.Kind)
		}
		return a, nil
	}
}

func oneOf(s string, list []string) bool {
	return slices.Contains(list, s)
}
