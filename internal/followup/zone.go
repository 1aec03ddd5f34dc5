package followup

import (
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/world"
)

// ZoneSource says how a customer's zone is known.
type ZoneSource string

// The sources, best first.
const (
	ZoneStated  ZoneSource = "stated"
	ZoneAddress ZoneSource = "address"
	ZonePhone   ZoneSource = "phone"
	ZoneShop    ZoneSource = "shop"
)

// Zone is where the customer's clock stands. With several candidates the first
// names due times, and a moment must be polite in all of them.
type Zone struct {
	Name       string
	Source     ZoneSource
	Candidates []*time.Location // never empty
	Spread     civil.Clock      // how far they lie apart, in seconds
}

// Loc returns the zone that due times are written in.
func (z Zone) Loc() *time.Location { return z.Candidates[0] }

// String writes the zone and how it is known: "Europe/Berlin (address)".
func (z Zone) String() string { return z.Name + " (" + string(z.Source) + ")" }

// zone resolves the customer's zone: stated, else address, else phone prefix,
// else the shop's. An address in a country of several zones is narrowed by the
// phone where both agree.
func (r *Rules) zone(f *Facts) Zone {
	if z, ok := candidates(ZoneStated, []string{f.Zone}); ok {
		return z
	}
	address := world.Zones(f.Country, f.Region)
	if len(address) > 1 && len(f.PhoneZones) > 0 {
		both := slices.DeleteFunc(slices.Clone(address), func(name string) bool { return !slices.Contains(f.PhoneZones, name) })
		if len(both) > 0 {
			address = both
		}
	}
	if z, ok := candidates(ZoneAddress, address); ok {
		return z
	}
	if z, ok := candidates(ZonePhone, f.PhoneZones); ok {
		return z
	}
	if z, ok := candidates(ZoneShop, []string{r.Shop.Zone}); ok {
		return z
	}
	return Zone{Name: "UTC", Source: ZoneShop, Candidates: []*time.Location{time.UTC}}
}

func candidates(source ZoneSource, names []string) (Zone, bool) {
	z := Zone{Source: source}
	for _, name := range names {
		if name == "" {
			continue
		}
		if loc, err := civil.Zone(name); err == nil {
			if len(z.Candidates) == 0 {
				z.Name = name
			}
			z.Candidates = append(z.Candidates, loc)
		}
	}
	return z.apart(), len(z.Candidates) > 0
}

// zoneProbe is any recent moment: how far apart zones lie hardly changes.
var zoneProbe = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// apart measures how far the candidates lie apart.
func (z Zone) apart() Zone {
	var least, most int
	for i, loc := range z.Candidates {
		_, offset := zoneProbe.In(loc).Zone()
		if i == 0 || offset < least {
			least = offset
		}
		if i == 0 || offset > most {
			most = offset
		}
	}
	z.Spread = civil.Clock(most - least)
	return z
}

// polite returns the zones in which a moment has to lie inside all windows: every
// candidate, unless no hour of the day does. Then the likeliest counts.
func (z Zone) polite(windows []civil.Window) []*time.Location {
	if z.Spread >= shared(windows) {
		return z.Candidates[:1]
	}
	return z.Candidates
}

// shared returns how long all windows are open at once, in seconds; none of them
// is a whole day. One over midnight counts by its length.
func shared(windows []civil.Window) civil.Clock {
	const day = 24 * 3600
	least, from, until := civil.Clock(day), civil.Clock(0), civil.Clock(day)
	for _, w := range windows {
		if w.Overnight() {
			least = min(least, day-w.From+w.Until)
			continue
		}
		from, until = max(from, w.From), min(until, w.Until)
	}
	return max(0, min(least, until-from))
}

// calendar returns the working days where the customer lives, else the shop's.
func (r *Rules) calendar(f *Facts) civil.Calendar {
	country := strings.ToUpper(f.Country)
	if country == "" {
		country = strings.ToUpper(r.Shop.Country)
	}
	return civil.Calendar{Weekend: world.Weekend(country), Holidays: r.Holidays[country]}
}

// BusinessHours returns when people are at the shop.
func (r *Rules) BusinessHours() civil.Hours {
	country := strings.ToUpper(r.Shop.Country)
	loc, err := civil.Zone(r.Shop.Zone)
	if err != nil {
		loc = time.UTC
	}
	return civil.Hours{
		Windows: []civil.Window{r.Shop.BusinessHours},
		Cal:     civil.Calendar{Weekend: world.Weekend(country), Holidays: r.Holidays[country]},
		Zones:   []*time.Location{loc},
	}
}

// ReplyDue returns the promised reply to a problem reported at t: ReplyWithin
// counted in business hours.
func (r *Rules) ReplyDue(t time.Time) time.Time {
	h := r.BusinessHours()
	left := r.Shop.ReplyWithin.Exact
	if left <= 0 {
		left = 8 * time.Hour
	}
	limit := t.AddDate(0, 0, 60)
	for left > 0 {
		open, ok := h.Next(t, limit)
		if !ok {
			return t.Add(left)
		}
		t = open
		for left > 0 && h.Open(t) {
			step := min(left, openFor(&h, t))
			t, left = t.Add(step), left-step
		}
	}
	return t
}

// openFor returns how long h, which is open at t, stays open at least: until its
// window ends, or in a night when the clocks change, until the next minute.
func openFor(h *civil.Hours, t time.Time) time.Duration {
	minute := time.Minute - time.Duration(t.Second())*time.Second
	if len(h.Windows) != 1 || len(h.Zones) != 1 {
		return minute
	}
	w, loc := h.Windows[0], h.Zones[0]
	local := civil.DateTimeOf(t, loc)
	day := local.Date
	if w.Overnight() && local.Clock >= w.From {
		day = day.AddDays(1)
	}
	end := day.At(0)
	if w.Until == 24*3600 {
		end.Date = day.AddDays(1)
	} else {
		end.Clock = w.Until
	}
	until := end.Resolve(loc)
	_, before := t.In(loc).Zone()
	if _, after := until.In(loc).Zone(); after != before || !until.After(t) {
		return minute
	}
	return until.Sub(t)
}
