package web

import (
	"strings"
	"time"
	"unicode"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/world"
)

// frame is what every page of a customer shows around its subject.
type frame struct {
	look  *look
	T     *texts
	Title string
	Shop  card
}

// Style is the page's style sheet.
func (f frame) Style() css { return f.look.style }

// card says who the shop is and how it is reached. The zero card shows nothing.
type card struct {
	Name, Phone, Dial, Mail, Hours, Address string
}

// cardOf returns the card of a shop.
func cardOf(s *followup.Shop, t *texts) card {
	if s == nil {
		return card{}
	}
	c := card{Name: plain(s.Name), Phone: plain(s.Phone), Mail: s.Sender, Address: plain(s.Address), Hours: hoursOf(s, t)}
	if s.ReplyTo != "" {
		c.Mail = s.ReplyTo
	}
	c.Dial = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s.Phone)
	return c
}

// hoursOf says when people are at the shop, with the shop's place: a customer
// may live elsewhere.
func hoursOf(s *followup.Shop, t *texts) string {
	h := s.BusinessHours
	if h.From == h.Until {
		return ""
	}
	var open []bool
	if h.Workdays {
		for _, free := range world.Weekend(strings.ToUpper(s.Country)) {
			open = append(open, !free)
		}
	}
	return t.place(t.hours(t.clock(h.From), t.clock(h.Until), open), placeOf(s.Zone))
}

// placeOf returns the city of a zone: Europe/Berlin -> Berlin.
func placeOf(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// when says an instant on the customer's clock, naming its place.
func when(t *texts, at time.Time, zone followup.Zone) string {
	return t.place(t.moment(civil.DateTimeOf(at, zone.Loc())), placeOf(zone.Name))
}

// day says the date of an instant on the customer's clock.
func day(t *texts, at time.Time, zone followup.Zone) string {
	return t.date(civil.DateTimeOf(at, zone.Loc()).Date)
}

// plain makes foreign data fit for a line: no control characters, and none
// that turn the direction of what follows.
func plain(s string) string {
	return strings.TrimSpace(strings.Join(strings.Fields(strip(s, false)), " "))
}

// strip takes out control and direction characters; lines keeps line ends and tabs.
func strip(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			if lines {
				return r
			}
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar, r == '\uFEFF':
			return -1
		}
		return r
	}, s)
}
