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

// width is that of the narrowest terminal the screen is written for.
const width = 100

// Screen writes the first screen: the family's story and the totals, at most
// 19 lines, so that where to click still fits into 24.
func (w *World) Screen(ctx context.Context, out io.Writer) error {
	js, err := w.App.Store.Journeys(ctx, []followup.JourneyID{familyJourney})
	if err != nil {
		return err
	}
	j := &js[0]
	fmt.Fprintf(out, "Anna's family, Reykjavík: a fridge and two hoses, order #%s. Times are theirs (%s).\n", familyOrder, "Atlantic/Reykjavik, stated")
	for _, l := range w.story(j) {
		fmt.Fprintln(out, clip(l, width))
	}
	r := &w.Result
	fmt.Fprintf(out, "%d orders, %d events, %d years: %d follow-ups, %d mails sent, %d calls, %d cases; held %d, moved %d,\n",
		r.Orders, r.Events, r.VirtualYears, r.FollowUps, r.Sent, r.Calls, r.Cases, r.Held, r.Moved)
	fmt.Fprintf(out, "skipped %d, voided %d. Sent twice %d, out of hours %d, after a cancellation %d; latest %d s after its due.\n",
		r.Skipped, r.Voided, r.Duplicates, r.OutOfHours, r.AfterCancel, r.LateMax)
	return nil
}

// moment is one line of a story.
type moment struct {
	at   civil.DateTime
	what string
	how  string
}

func (w *World) story(j *followup.Journey) []string {
	loc := time.UTC
	if l, err := civil.Zone("Atlantic/Reykjavik"); err == nil {
		loc = l
	}
	var all []moment
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State == followup.Voided || row.State == followup.Skipped || row.State == followup.Expired {
			continue
		}
		how := told(row)
		if len(row.Units) > 0 {
			how += "; not for the hoses"
		}
		all = append(all, moment{row.Due, w.title(row), how})
	}
	for _, a := range j.Head.Facts.Answers {
		if a.Value != "" {
			all = append(all, moment{civil.DateTimeOf(a.At, loc), "the customer: " + a.Value, "by page" + w.caseOf(j, a)})
		}
	}
	for _, c := range j.Head.Facts.Cases {
		all = append(all, moment{civil.DateTimeOf(c.Closed, loc), "case solved", c.Outcome + "; what was held goes on"})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.what, b.what)) })
	var out []string
	for _, m := range all {
		day := m.at.Date.Weekday().String()[:3]
		out = append(out, fmt.Sprintf("  %s %s %s  %-19s %s", day, m.at.Date, m.at.Clock.String()[:5], m.what, m.how))
	}
	return out
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
		why = "tried at another time of day"
	}
	if why = plainWords(why); why != "" {
		what += ": " + why
	}
	return what
}

// plainWords writes the reason of a due as people would say it.
func plainWords(why string) string {
	why, _, _ = strings.Cut(why, " at 10:00")
	if _, rest, ok := strings.Cut(why, `coverage_end("`); ok {
		name, by, _ := strings.Cut(rest, `") - `)
		return span(by) + " before the " + strings.ReplaceAll(name, "_", " ") + " ends"
	}
	if _, wait, ok := strings.Cut(why, "case_closed + "); ok {
		return span(wait) + " after the case was closed"
	}
	if anchor, wait, ok := strings.Cut(why, " + "); ok {
		wait, more, _ := strings.Cut(wait, ",")
		if _, weekday, moved := strings.Cut(more, "moved from "); moved {
			more = ", off " + strings.TrimSuffix(weekday, " to a workday")
		}
		return span(wait) + " after it was " + anchor + more
	}
	return why
}

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

func (w *World) caseOf(j *followup.Journey, a followup.Answer) string {
	for _, c := range j.Head.Facts.Cases {
		if c.Opened.Equal(a.At) {
			return fmt.Sprintf("; case %s-%d is open, reviews wait", familyOrder, c.Number)
		}
	}
	if a.Value == "works" {
		return "; won back"
	}
	return ""
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
