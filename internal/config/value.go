package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/world"
)

// rule says how one kind of value is read, and what to tell who got it wrong.
type rule[T any] struct {
	want, example string
	parse         func(string) (T, bool)
}

// optional reads the value of key, or gives def when it is absent or wrong.
func optional[T any](f fields, key string, def T, r rule[T]) T {
	n := f.get(key)
	if absent(n.ast) {
		return def
	}
	if v, ok := scalar(f.r, n, r); ok {
		return v
	}
	return def
}

// required reads the value of key; that it is missing is a fault.
func required[T any](f fields, key string, r rule[T]) T {
	n := f.get(key)
	if absent(n.ast) {
		f.r.caused(n, "missing", r.want, r.example)
		var none T
		return none
	}
	v, _ := scalar(f.r, n, r)
	return v
}

// scalar reads one value and notes a fault when it is none.
func scalar[T any](r *reader, n node, rule rule[T]) (T, bool) {
	if k := kind(n.ast); k != "" {
		var none T
		r.caused(n, k, rule.want, rule.example)
		return none, false
	}
	text := raw(n.ast)
	v, ok := rule.parse(text)
	if !ok {
		r.fault(n, text, rule.want, rule.example)
	}
	return v, ok
}

var (
	lineText = rule[string]{"text of one line, at most 200 characters", "Shop & Sons", func(s string) (string, bool) {
		return s, s != "" && utf8.RuneCountInString(s) <= 200 && strings.TrimSpace(s) == s && printable(s)
	}}
	addressText = rule[string]{"a postal address of at most 500 characters", `"1 High Street, Springfield"`, func(s string) (string, bool) {
		s = strings.TrimSpace(s)
		return s, s != "" && len(s) <= 500 && printable(strings.ReplaceAll(s, "\n", " "))
	}}
	businessName = rule[string]{"a name of at most 100 letters, digits, '-', '_' and '.'", "my-shop", func(s string) (string, bool) {
		return s, s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(c rune) bool { return !wordChar(c) && c != '.' })
	}}
	shopID = rule[string]{"at most 40 lower-case letters, digits and '-', a letter first, and not all, the group of people who see every shop", "main", func(s string) (string, bool) {
		ok := s != "" && s != "all" && len(s) <= 40 && s[0] >= 'a' && s[0] <= 'z' && !strings.HasSuffix(s, "-")
		return s, ok && !strings.ContainsFunc(s, func(c rune) bool { return !wordChar(c) || c == '_' || unicode.IsUpper(c) })
	}}
	mailAddress = rule[string]{"one bare mail address", "care@shop.example", func(s string) (string, bool) {
		return s, strictMail(s)
	}}
	phoneNumber = rule[string]{"a phone number as people dial it", "+49 30 1234567", func(s string) (string, bool) {
		digits := 0
		for _, c := range s {
			if c >= '0' && c <= '9' {
				digits++
			} else if !strings.ContainsRune("+ -()./", c) {
				return "", false
			}
		}
		return s, digits >= 3 && digits <= 15 && strings.LastIndexByte(s, '+') <= 0
	}}
	languageTag = rule[string]{"a BCP 47 language", "en", func(s string) (string, bool) {
		tag, err := language.Parse(s)
		return tag.String(), err == nil && tag != language.Und
	}}
	countryCode = rule[string]{"an ISO 3166 country of two letters", "DE", func(s string) (string, bool) {
		return strings.ToUpper(s), len(s) == 2 && world.Known(s)
	}}
	zoneName = rule[string]{"the IANA name of a time zone", "Europe/Berlin", func(s string) (string, bool) {
		_, err := civil.Zone(s)
		return s, err == nil
	}}
	window = rule[civil.Window]{"hours from-until, then perhaps workdays", `"10:00-18:00 workdays"`, func(s string) (civil.Window, bool) {
		w, err := civil.ParseWindow(s)
		return w, err == nil
	}}
	replyPeriod = rule[civil.Period]{"an exact period of business hours, at most PT720H", "PT8H", func(s string) (civil.Period, bool) {
		p, err := civil.ParsePeriod(s)
		return p, err == nil && p.Exact > 0 && p.Exact <= 720*time.Hour
	}}
	publicURL = rule[string]{"an https address (http only on this machine) without query", "https://care.shop.example", func(s string) (string, bool) {
		return strings.TrimRight(s, "/"), webAddress(s) && !strings.Contains(s, "?")
	}}
	webURL = rule[string]{"an https address", "https://shop.example/reviews", func(s string) (string, bool) {
		return s, webAddress(s)
	}}
	yesNo = rule[bool]{"true or false", "false", func(s string) (bool, bool) {
		return s == "true", s == "true" || s == "false"
	}}
	filePath = rule[string]{"a path, relative to this file or absolute", "plans", func(s string) (string, bool) {
		return s, s != "" && !strings.ContainsRune(s, 0)
	}}
	isoDate = rule[civil.Date]{"a date", "2026-12-25", func(s string) (civil.Date, bool) {
		d, err := civil.ParseDate(s)
		return d, err == nil
	}}
	hostName = rule[string]{"the name or address of a host", "smtp.shop.example", func(s string) (string, bool) {
		return s, net.ParseIP(s) != nil || hostLabels(s, 1)
	}}
	listenAddress = rule[string]{"host:port, port 0 for any free one", "127.0.0.1:8080", func(s string) (string, bool) {
		host, port, err := net.SplitHostPort(s)
		n, errPort := strconv.ParseUint(port, 10, 16)
		return s, err == nil && errPort == nil && strconv.FormatUint(n, 10) == port && (host == "" || net.ParseIP(host) != nil || hostLabels(host, 1))
	}}
	consoleAddress = rule[string]{"host:port on this machine alone: whoever reaches it sees customers", "127.0.0.1:8081", func(s string) (string, bool) {
		host, _, _ := net.SplitHostPort(s)
		_, ok := listenAddress.parse(s)
		return s, ok && loopback(host)
	}}
)

// word is the rule of a value that is one of a few words.
func word(words ...string) rule[string] {
	return rule[string]{"one of " + strings.Join(words, ", "), words[0], func(s string) (string, bool) {
		return s, slices.Contains(words, s)
	}}
}

// number is the rule of a whole number in a range.
func number(least, most int, example string) rule[int] {
	return rule[int]{"a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most), example, func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= least && n <= most
	}}
}

// perSecond is a rate; 0 is no limit.
var perSecond = rule[float64]{"messages per second from 0.01 to 1000, or 0 for no limit", "10", func(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && (n == 0 || n >= 0.01 && n <= 1000)
}}

func wordChar(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

// strictMail takes a bare address that can stand in a mail, at a domain of two
// labels at least: one of another kind works on this network alone.
func strictMail(s string) bool {
	_, domain, _ := strings.Cut(s, "@")
	return followup.ValidMail(s) && strings.Contains(domain, ".")
}

// hostLabels reports whether s is a host name of at least so many labels.
func hostLabels(s string, least int) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.ContainsFunc(l, func(c rune) bool { return !wordChar(c) || c == '_' }) {
			return false
		}
	}
	return len(s) <= 253 && len(labels) >= least
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	host := u.Hostname()
	if net.ParseIP(host) == nil && !hostLabels(host, 1) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(host)
}

// here reports whether address leads to the very machine that opens it.
func here(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
