package source

import (
	"strings"
	"unicode"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/unicode/norm"
)

// MailAddress reads an address as customers type it. It returns the address to
// write to (domain in lower case and ASCII) and the form that names the
// contact (all in lower case), or ok false: what is not surely an address is
// none. The grammar is narrow on purpose, because the wide one of RFC 5322 lets
// other headers and recipients in: no quoted local part, comment, route,
// address literal, control or invisible character; no asterisk, which masks.
func MailAddress(s string) (address, key string, ok bool) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || !localPart(s[:at]) {
		return "", "", false
	}
	domain, ok := asciiDomain(s[at+1:])
	if !ok || at+1+len(domain) > 254 { // RFC 5321 4.5.3.1.3, less the angle brackets
		return "", "", false
	}
	address = s[:at] + "@" + domain
	return address, strings.ToLower(address), true
}

// localPart reports whether s is a dot-atom of at most 64 bytes.
func localPart(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.#&'+-/=_~"
	return len(s) <= 64 && onlyOf(s, allowed) &&
		s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

func onlyOf(s, allowed string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(allowed, r) })
}

// asciiDomain returns a host name of two labels or more in lower case, its
// international labels as "xn--" ones (RFC 3490, RFC 5891).
func asciiDomain(s string) (string, bool) {
	ascii := !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
	if !ascii {
		s = norm.NFKC.String(strings.ToLower(strings.NewReplacer("\u3002", ".", "\uff61", ".").Replace(s)))
	}
	labels := strings.Split(strings.ToLower(s), ".")
	for i, l := range labels {
		if strings.ContainsFunc(l, func(r rune) bool { return r >= 0x80 }) {
			if !internationalLabel(l) {
				return "", false
			}
			labels[i] = "xn--" + punycode(l)
		}
		if !asciiLabel(labels[i]) {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	if len(labels) < 2 || strings.Trim(last, "0123456789") == "" { // an address of the network is no name
		return "", false
	}
	return strings.Join(labels, "."), true
}

func asciiLabel(l string) bool {
	return l != "" && len(l) <= 63 && onlyOf(l, "abcdefghijklmnopqrstuvwxyz0123456789-") && l[0] != '-' && l[len(l)-1] != '-'
}

// internationalLabel reports whether l is letters, marks, digits and hyphens in
// one direction.
func internationalLabel(l string) bool {
	if len(l) > 200 || !norm.NFC.IsNormalString(l) || !bidirule.ValidString(l) {
		return false
	}
	for i, r := range l {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-' && i > 0:
		case unicode.IsMark(r) && i > 0:
		default:
			return false
		}
	}
	return true
}

// punycode encodes a label as RFC 3492 section 6.3 says.
func punycode(label string) string {
	const base, tMin, tMax, initialBias, initialN = 36, 1, 26, 72, 128
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < initialN {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for done < len(runes) {
		next := rune(unicode.MaxRune)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			switch {
			case r < n:
				delta++
			case r == n:
				q := delta
				for k := base; ; k += base {
					t := min(max(k-bias, tMin), tMax)
					if q < t {
						break
					}
					out = append(out, punyDigit(t+(q-t)%(base-t)))
					q = (q - t) / (base - t)
				}
				out = append(out, punyDigit(q))
				bias = punyBias(delta, done+1, done == basic)
				delta = 0
				done++
			}
		}
		delta++
		n++
	}
	return string(out)
}

func punyDigit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

// punyBias is the function adapt of RFC 3492 section 6.1.
func punyBias(delta, points int, first bool) int {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (base-tMin)*tMax/2 {
		delta /= base - tMin
		k += base
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}
