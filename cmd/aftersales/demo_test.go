package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// With the story and its totals (18 lines, see package demo) it all stays on a
// screen of 24 lines of 80 columns, whatever port is free.
func TestWhereToClickFitsTheScreen(t *testing.T) {
	for _, console := range []string{demoConsole, "127.0.0.1:65535"} {
		text := whereToClick(3, 12345*time.Millisecond, console)
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
		if told := strings.Contains(text, "8081 is taken"); told != (console != demoConsole) {
			t.Errorf("%s: taken is told: %v", console, told)
		}
	}
}
