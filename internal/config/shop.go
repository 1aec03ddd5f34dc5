package config

import (
	"fmt"
	"net"
	"time"

	"github.com/goccy/go-yaml/ast"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// Default gives a shop as it is when its configuration says nothing: zone UTC,
// language en, mail 08:00-20:00, calls 10:00-18:00 on workdays, replies within
// eight business hours of 09:00-17:00 on workdays; calls for feedback and all
// marketing need a recorded consent. Name is the id; it has no addresses.
func Default(id followup.ShopID) followup.Shop {
	const hour = civil.Clock(3600)
	return followup.Shop{
		ID: id, Name: string(id), Language: "en", Zone: "UTC",
		Hours: map[followup.Medium]civil.Window{
			followup.Email: {From: 8 * hour, Until: 20 * hour},
			followup.Call:  {From: 10 * hour, Until: 18 * hour, Workdays: true},
		},
		BusinessHours: civil.Window{From: 9 * hour, Until: 17 * hour, Workdays: true},
		ReplyWithin:   civil.Period{Exact: 8 * time.Hour},
		Consent: map[followup.Class]map[followup.Medium]bool{
			followup.Service:   {followup.Email: false, followup.Call: false},
			followup.Feedback:  {followup.Email: false, followup.Call: true},
			followup.Marketing: {followup.Email: true, followup.Call: true},
		},
	}
}

var (
	media   = [...]followup.Medium{followup.Email, followup.Call}
	classes = [...]followup.Class{followup.Service, followup.Feedback, followup.Marketing}
)

// shops reads the list of shops; there must be one.
func (l *loader) shops(n node) []followup.Shop {
	const example = "shops: [{id: main, name: My shop, sender: care@shop.example}]"
	items := l.items(n, example)
	if seq, ok := n.ast.(*ast.SequenceNode); absent(n.ast) || ok && len(seq.Values) == 0 {
		l.caused(n, "missing", "at least one shop", example)
	}
	var all []followup.Shop
	taken := map[string]string{} // variable of secrets -> shop id
	for _, item := range items {
		s := l.shop(item)
		if s.ID == "" {
			continue
		}
		all = append(all, s)
		l.distinct(item, string(s.ID), taken)
	}
	return all
}

// distinct notes shops of the same id, and ids of which one is the other and
// -next: the variables of their secrets would be the same.
func (l *loader) distinct(item node, id string, taken map[string]string) {
	for _, name := range [...]string{id, id + "-next"} {
		other, found := taken[name]
		switch {
		case found && other == id:
			l.shopID(item, id, "an id that no other shop has")
			return
		case found:
			l.shopID(item, id, fmt.Sprintf("another id: its secrets would have the names of those of shop %s", other))
			return
		}
	}
	taken[id], taken[id+"-next"] = id, id
}

func (l *loader) shopID(item node, id, want string) {
	for key, n := range l.entries(item) {
		if key == "id" {
			l.fault(n, id, want, id+"-2")
		}
	}
}

func (l *loader) shop(n node) followup.Shop {
	f := l.fields(n, "id", "name", "sender", "reply_to", "public_url", "phone", "address", "language", "country", "zone",
		"review_url", "staff", "hours", "business_hours", "reply_within", "consent", "paused")
	s := Default(followup.ShopID(required(f, "id", shopID)))
	s.Name = required(f, "name", lineText)
	s.Sender = required(f, "sender", mailAddress)
	s.ReplyTo = optional(f, "reply_to", "", mailAddress)
	s.PublicURL = l.publicURL(f)
	s.Phone = optional(f, "phone", "", phoneNumber)
	s.Address = optional(f, "address", "", addressText)
	s.Language = optional(f, "language", s.Language, languageTag)
	s.Country = optional(f, "country", "", countryCode)
	s.Zone = optional(f, "zone", s.Zone, zoneName)
	s.ReviewURL = optional(f, "review_url", "", webURL)
	s.Staff = l.staff(f.get("staff"))
	l.hours(f.get("hours"), s.Hours)
	s.BusinessHours = optional(f, "business_hours", s.BusinessHours, window)
	s.ReplyWithin = optional(f, "reply_within", s.ReplyWithin, replyPeriod)
	l.consent(f.get("consent"), s.Consent)
	s.Paused = optional(f, "paused", false, yesNo)
	return s
}

// publicURL reads where customers find the answer pages. By default that is
// this machine, which no customer reaches, so a warning says so; a deployment on
// AWS has a better default, and is never told to send its customers here.
func (l *loader) publicURL(f fields) string {
	n := f.get("public_url")
	if absent(n.ast) && l.base != "" {
		return l.base
	}
	if absent(n.ast) {
		host, port, err := net.SplitHostPort(l.cfg.Listen)
		if err != nil || port == "0" {
			port = "8080"
		}
		if ip := net.ParseIP(host); host == "" || err != nil || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		def := "http://" + net.JoinHostPort(host, port)
		l.warn(n, "missing: links in messages go to "+def+", which works on this machine only")
		return def
	}
	stated := optional(f, "public_url", "", publicURL)
	if l.base != "" && here(stated) {
		l.fault(n, stated, "an https address that customers reach, or no such line: links then go to the BaseUrl of the stack", "https://care.shop.example")
	}
	return stated
}

func (l *loader) staff(n node) []string {
	var all []string
	for _, item := range l.items(n, "staff: [anna@shop.example]") {
		if a, ok := scalar(l.reader, item, mailAddress); ok {
			all = append(all, a)
		}
	}
	return all
}

func (l *loader) hours(n node, into map[followup.Medium]civil.Window) {
	f := l.fields(n, words(media[:])...)
	for _, m := range media {
		into[m] = optional(f, string(m), into[m], window)
	}
}

func (l *loader) consent(n node, into map[followup.Class]map[followup.Medium]bool) {
	f := l.fields(n, words(classes[:])...)
	for _, c := range classes {
		of := l.fields(f.get(string(c)), words(media[:])...)
		for _, m := range media {
			into[c][m] = optional(of, string(m), into[c][m], consentWord)
		}
	}
}

var consentWord = rule[bool]{"none (no consent is needed) or stated (a recorded one is)", "stated", func(s string) (bool, bool) {
	return s == "stated", s == "stated" || s == "none"
}}

func words[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
