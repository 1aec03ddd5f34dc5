package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// titles are the steps as people call them.
var titles = map[string]string{
	"set-up": "set-up help", "check-in-call": "check-in call", "check-in": "check-in mail", "return-window": "return window",
	"review": "review request", "service-visit": "service visit", "warranty-ending": "warranty reminder",
	"contract-offer": "contract offer", "contract-visit": "contract visit", "recovered": "asked again",
}

// A terminal of the least size that people use. Screen leaves five lines for
// where to click, and one for the cursor.
const (
	screenWidth = 80
	screenLines = 18
)

// Screen writes the first screen: the family's story and the totals, at most 18
// lines of at most 80 columns, so that where to click still fits into 24.
func (w *World) Screen(ctx context.Context, out io.Writer) error {
	js, err := w.form.Store().Journeys(ctx, []followup.JourneyID{familyJourney})
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("A family's story, #%s, a fridge and two hoses. Times are %s:", familyOrder, familyZone)}
	lines = append(lines, w.story(&js[0])...)
	r := &w.Result
	lines = append(lines,
		fmt.Sprintf("%d orders, %d events, %d years: %d follow-ups, %d mails sent, %d calls,", r.Orders, r.Events, r.VirtualYears, r.FollowUps, r.Sent, r.Calls),
		fmt.Sprintf("%d cases; held %d, moved %d, skipped %d, voided %d; latest %d s after its due.", r.Cases, r.Held, r.Moved, r.Skipped, r.Voided, r.LateMax),
		fmt.Sprintf("Sent twice %d, out of hours %d, after a cancellation %d.", r.Duplicates, r.OutOfHours, r.AfterCancel))
	for _, l := range lines[:min(len(lines), screenLines)] {
		fmt.Fprintln(out, clip(l, screenWidth))
	}
	return nil
}

// moment is one line of a story.
type moment struct {
	at   civil.DateTime
	what string
	why  string
}

// story tells what the family got and said, and why then.
func (w *World) story(j *followup.Journey) []string {
	loc := time.UTC
	if l, err := civil.Zone(familyZone); err == nil {
		loc = l
	}
	var all []moment
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State == followup.Voided || row.State == followup.Skipped || row.State == followup.Expired {
			continue
		}
		all = append(all, moment{row.Due, w.got(row), because(j, row)})
	}
	for _, a := range j.Head.Facts.Answers {
		if a.Value != "" {
			all = append(all, moment{civil.DateTimeOf(a.At, loc), "family: " + a.Value, w.caseOf(j, a)})
		}
	}
	for _, c := range j.Head.Facts.Cases {
		all = append(all, moment{civil.DateTimeOf(c.Closed, loc), "case " + c.Outcome, "what was held goes on"})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.what, b.what)) })
	var out []string
	for _, m := range all {
		day := m.at.Date.Weekday().String()[:3]
		out = append(out, fmt.Sprintf("%s %s %s  %-17s  %s", day, m.at.Date, m.at.Clock.String()[:5], m.what, m.why))
	}
	return out
}

// got names what a row was; a mail that was sent needs no more words.
func (w *World) got(row *followup.FollowUp) string {
	switch {
	case row.Channel == followup.Call && row.Outcome != "":
		return fmt.Sprintf("call %d, %s", row.Try(), strings.ReplaceAll(string(row.Outcome), "-", " "))
	case row.State == followup.Sent || row.State == followup.Delivered:
		return w.title(row)
	}
	return w.title(row) + " " + string(row.State)
}

// because says why a row was due then, as short as people would.
func because(j *followup.Journey, row *followup.FollowUp) string {
	if n := missed(j, row); n > 0 {
		return fmt.Sprintf("a mail instead: no answer %d times", n)
	}
	why := reason(row)
	if len(row.Units) > 0 {
		why += ", not the hoses"
	}
	return why
}

// missed counts the calls in vain that a mail stands for; 0 when it stands for none.
func missed(j *followup.Journey, row *followup.FollowUp) int {
	n := 0
	if row.Step != "check-in" {
		return n
	}
	for i := range j.Rows {
		if call := &j.Rows[i]; call.Step == "check-in-call" && call.Outcome == followup.OutcomeNoAnswer {
			n++
		}
	}
	return n
}

func (w *World) title(row *followup.FollowUp) string {
	t := cmp.Or(titles[row.Step], row.Step)
	if row.Channel == followup.Call {
		t += fmt.Sprintf(" %d", row.Try())
	}
	return t
}

// told is what became of a row, and why then.
func told(row *followup.FollowUp) string {
	what := string(row.State)
	if row.Outcome != "" {
		what = strings.ReplaceAll(string(row.Outcome), "-", " ")
	}
	if why := reason(row); why != "" {
		what += ": " + why
	}
	return what
}

// reason is why a row was due when it was.
func reason(row *followup.FollowUp) string {
	why := ""
	for _, d := range row.Decisions {
		if d.Result == followup.ResultPlan || d.Result == followup.ResultMove {
			why = d.Reason
		}
	}
	if _, now, ok := strings.Cut(why, "; now "); ok {
		why = now
	}
	if strings.HasPrefix(why, "nobody answered") {
		return "at another time of day"
	}
	return plainWords(why)
}

// plainWords writes the reason of a due as people would say it.
func plainWords(why string) string {
	why, _, _ = strings.Cut(why, " at 10:00")
	if _, rest, ok := strings.Cut(why, `coverage_end("`); ok {
		_, by, _ := strings.Cut(rest, `") - `)
		return span(by) + " before its end"
	}
	if _, wait, ok := strings.Cut(why, "case_closed + "); ok {
		return span(wait) + " after the case was closed"
	}
	if anchor, wait, ok := strings.Cut(why, " + "); ok {
		wait, more, _ := strings.Cut(wait, ",")
		if _, weekday, moved := strings.Cut(more, "moved from "); moved {
			more = ", off " + strings.TrimSuffix(weekday, " to a workday")
		}
		return span(wait) + " after " + cmp.Or(anchors[anchor], anchor) + more
	}
	return why
}

// anchors are the anchors as nouns.
var anchors = map[string]string{"delivered": "delivery", "ordered": "the order", "fulfilled": "shipping"}

// span writes a period of one unit in words.
func span(period string) string {
	p, err := civil.ParsePeriod(period)
	if err != nil {
		return period
	}
	for _, u := range [...]struct {
		n    int
		word string
	}{{p.Years, "year"}, {p.Months, "month"}, {p.Weeks, "week"}, {p.Days, "day"}} {
		switch {
		case u.n == 1:
			return "a " + u.word
		case u.n > 1:
			return fmt.Sprintf("%d %ss", u.n, u.word)
		}
	}
	return period
}

// caseOf says what followed from an answer.
func (w *World) caseOf(j *followup.Journey, a followup.Answer) string {
	for _, c := range j.Head.Facts.Cases {
		if c.Opened.Equal(a.At) {
			return fmt.Sprintf("case %s-%d is open, the review waits", familyOrder, c.Number)
		}
	}
	if a.Value == "works" {
		return "won back"
	}
	return "by " + a.By
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Calendar writes every follow-up of every order, by due.
func (w *World) Calendar(ctx context.Context, out io.Writer) error {
	var rows []followup.FollowUp
	err := w.each(ctx, func(j *followup.Journey) { rows = append(rows, j.Rows...) })
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b followup.FollowUp) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID)) })
	for i := range rows {
		row := &rows[i]
		_, order := row.ID.Journey().Split()
		fmt.Fprintf(out, "%s %s %-20s %-12s %-18s %s\n", row.Due.Date, row.Due.Clock.String()[:5], row.Zone, "#"+order, w.title(row), told(row))
	}
	return nil
}
