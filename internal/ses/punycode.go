package ses

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parameters of Punycode, RFC 3492 section 5.
const (
	base, tmin, tmax    = 36, 1, 26
	skew, damp          = 38, 700
	initialBias         = 72
	initialN            = 128
	digits              = "abcdefghijklmnopqrstuvwxyz0123456789"
	acePrefix           = "xn--"
	mostDomainCodepoint = 255
)

// punycoded writes a domain in ASCII: SES takes domains beyond it in that form only.
func punycoded(domain string) string {
	labels := strings.Split(domain, ".")
	for i, l := range labels {
		if !ascii(l) && utf8.RuneCountInString(l) <= mostDomainCodepoint {
			labels[i] = acePrefix + punycode([]rune(strings.Map(unicode.ToLower, l)))
		}
	}
	return strings.Join(labels, ".")
}

// punycode implements RFC 3492 section 6.3 on one label.
func punycode(label []rune) string {
	var out strings.Builder
	for _, r := range label {
		if r < initialN {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	if basic > 0 {
		out.WriteByte('-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for done := basic; done < len(label); {
		next := smallestFrom(label, n)
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			writeDigits(&out, delta, bias)
			bias = adapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return out.String()
}

func smallestFrom(label []rune, n rune) rune {
	least := rune(unicode.MaxRune)
	for _, r := range label {
		if r >= n && r < least {
			least = r
		}
	}
	return least
}

func writeDigits(out *strings.Builder, q, bias int) {
	for k := base; ; k += base {
		t := min(max(k-bias, tmin), tmax)
		if q < t {
			out.WriteByte(digits[q])
			return
		}
		out.WriteByte(digits[t+(q-t)%(base-t)])
		q = (q - t) / (base - t)
	}
}

func adapt(delta, points int, first bool) int {
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (base-tmin)*tmax/2; k += base {
		delta /= base - tmin
	}
	return k + (base-tmin+1)*delta/(delta+skew)
}
