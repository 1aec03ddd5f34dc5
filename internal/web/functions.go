package web

import (
	"net/url"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// zoneSource says where a zone is known from.
func zoneSource(s string) string {
	switch followup.ZoneSource(s) {
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

// orderPath returns the address of an order's story, below the base of the pages.
// An id that a path would have to escape stands in the query: gateways decode
// paths on their way, some once, some of it, and nobody can tell afterwards.
func orderPath(id followup.JourneyID) string {
	shop, order := id.Split()
	path := "/orders/" + url.PathEscape(string(shop))
	if strings.Trim(order, ".") == "" || strings.ContainsFunc(order, beyondPath) {
		return path + "?order=" + url.QueryEscape(order)
	}
	return path + "/" + order
}

// beyondPath reports whether a rune may be changed in a path.
func beyondPath(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
}

const (
	dayLayout  = "Mon 2 Jan 2006"
	timeLayout = "Mon 2 Jan 2006, 15:04"
)

// localTime writes a wall clock time, as 2026-03-05T10:00:00 or a date, for people.
func localTime(s string) string {
	if d, err := civil.ParseDate(s); err == nil {
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format(dayLayout)
	}
	d, err := civil.ParseDateTime(s)
	if err != nil {
		return s
	}
	return d.Resolve(time.UTC).Format(timeLayout)
}

// stampIn writes a UTC time stamp, or a date, on the clock of loc.
func stampIn(loc *time.Location, s string) string {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return localTime(s)
	}
	return timeIn(loc, at)
}

func timeIn(loc *time.Location, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(loc).Format(timeLayout)
}

// zoneOf returns the zone of a shop, else UTC.
func zoneOf(s *followup.Shop) *time.Location {
	loc, err := civil.Zone(s.Zone)
	if err != nil {
		return time.UTC // the default; configuration has refused a wrong name
	}
	return loc
}

// caseForms is what the forms of one case need.
type caseForms struct {
	ID, State, Back, By string
	Reasons             []string
}

// formsOf collects it; page is one that has a desk.
func formsOf(page interface{ Who() string }, id, state, back string) caseForms {
	return caseForms{ID: id, State: state, Back: back, By: page.Who(), Reasons: engine.CaseReasons}
}

// flow joins the lines that a plain text was broken into for mail programs: a
// page breaks them where its reader's screen ends.
func flow(s string) string {
	var b strings.Builder
	blank := true // nothing stands on the line before
	for line := range strings.SplitSeq(strings.TrimSpace(strip(s, true)), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case b.Len() == 0:
		case blank || text == "" || strings.HasPrefix(text, "- "):
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(text)
		blank = text == ""
	}
	return b.String()
}
