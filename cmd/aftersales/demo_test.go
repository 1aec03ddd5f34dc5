package main

import (
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// With the story and its totals (18 lines, see package demo) it all stays on a
// screen of 24 lines of 80 columns, whatever port is free.
func TestWhereToClickFitsTheScreen(t *testing.T) {
	for _, ports := range [][2]string{
		{demoPublic, demoConsole}, {demoPublic, "127.0.0.1:65535"}, {"127.0.0.1:65534", demoConsole}, {"127.0.0.1:65534", "127.0.0.1:65535"},
	} {
		listen, console := ports[0], ports[1]
		text := whereToClick(3, 12345*time.Millisecond, listen, console)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 24-1-18 {
			t.Errorf("%d lines, want 5 and one for the cursor", len(lines))
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > 80 {
				t.Errorf("over 80 columns: %s", l)
			}
		}
		for _, want := range []string{"http://" + console + "/mailbox", "http://" + console + "/calls", "http://" + console + "/cases", "Ctrl-C"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in\n%s", want, text)
			}
		}
		for port, taken := range map[string]bool{"8080": listen != demoPublic, "8081": console != demoConsole} {
			_, said, _ := strings.Cut(lines[1], "(")
			if told := strings.Contains(said, port) && strings.Contains(said, "taken"); told != taken {
				t.Errorf("%s and %s: that %s is taken is told: %v", listen, console, port, told)
			}
		}
	}
}

// Two demos at once: each keeps its ports from the beginning, and none has the
// other's.
func TestDoorsOfTwoDemos(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		d, err := freeDoors(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []net.Listener{d.Public, d.Operator} {
			t.Cleanup(func() { _ = l.Close() })
			if addr := l.Addr().String(); seen[addr] || !strings.HasPrefix(addr, "127.0.0.1:") {
				t.Errorf("%s twice, or open to others", addr)
			}
			seen[l.Addr().String()] = true
		}
	}
}
