package channeltest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"aftersales/internal/followup"
)

var hostileTexts = []string{
	"Ann\r\nBcc: everyone@evil.example",
	"Ann\nX-Evil: 1",
	"Ann\rX-Evil: 1",
	"Ann\r\n\r\n<script>body</script>",
	"Ann\x00Bob",
	"Ann\u2028X-Evil: 1",
	"\u202Emoc.live\u202C",
	"\u2066Ann\u2069",
	`Ann" <evil@evil.example>, "`,
	"=?utf-8?q?=0D=0ABcc:_everyone@evil.example?=",
	strings.Repeat("very long ", 200),
	strings.Repeat("é", 300),
	"bad \xff\xfe bytes",
}

func hostile(t *testing.T, h Harness) {
	if !h.Writes {
		return // named by the harness: there are no headers
	}
	b := h.New(t)
	mustSend(t, b, b.message(0))
	want := headerNames(wantAccepted(t, b, 1)[0])
	for n, text := range hostileTexts {
		m := b.message(n + 1)
		m.To.Name, m.From.Name, m.Subject = text, text, text
		m.Headers = maps.Clone(m.Headers)
		for name := range m.Headers {
			m.Headers[name] = text
		}
		mustSend(t, b, m)
		all := b.Accepted()
		got := all[len(all)-1]
		if names := headerNames(got); !slices.Equal(names, want) {
			t.Errorf("%q: headers %v, want %v", text, names, want)
		}
		for name, values := range got.Headers {
			if len(values) != 1 || strings.ContainsFunc(values[0], unfitRune) {
				t.Errorf("%q: %s is %q", text, name, values)
			}
		}
	}
}

func unfitRune(r rune) bool {
	return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

func headerNames(a Accepted) []string { return slices.Sorted(maps.Keys(a.Headers)) }

// unfit: an address that is no address is refused, and nothing of it is sent.
func unfit(t *testing.T, h Harness) {
	if !h.Writes {
		return
	}
	b := h.New(t)
	for n, address := range []string{
		"", "zoe.b", `"a> ORCPT=x@y"@z`, "ann@shop.example\r\nRCPT TO:<evil@evil.example>", "ann@shop.example> SIZE=1",
		"ann\x00@shop.example", "ann@shop\u202E.example", "Ann <ann@shop.example>", "ann@shop.example,evil@evil.example",
	} {
		m := b.message(n)
		m.To.Mail = address
		_, err := b.Channel.Send(t.Context(), m)
		if err == nil || followup.Classify(err) != followup.Refused {
			t.Errorf("%q: %v, want it refused for good", address, err)
		}
		if address != "" && err != nil && strings.Contains(err.Error(), address) {
			t.Errorf("%q stands in the error %v", address, err)
		}
	}
	wantAccepted(t, b, 0)
}
