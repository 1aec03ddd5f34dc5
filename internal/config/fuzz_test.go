package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// FuzzLoad: whatever stands in the two files, there is a whole configuration or
// faults of a line each, and no secret in either.
func FuzzLoad(f *testing.F) {
	for _, file := range []string{
		fmt.Sprintf(minimal, ", zone: Asia/Tehran, country: ir, language: fa", "email: {channel: smtp, smtp: {host: h, username: u}}\nholidays: {DE: days.yaml}\n"),
		"\"a\\nb\": 1\n", "\"a\\u202eb\": &x [*x]\n", "whsec_MTIzNDU2: {\"k\\u0085\": 1}\n", "k: 1\nwhsec_MTIzNDU2: 1\nwhsec_MTIzNDU2: 1\n",
		"shops: [{id: \"b\\0\", hours: {email: 8-20}, consent: {service: {call: stated}}, staff: [a]}]\n", "a: |\n  b\n? c\n: !!str d\n", "holidays: {\"D\\nE\": x}\n",
	} {
		f.Add([]byte(file), []byte("- 2026-12-25\n"))
	}
	const hidden = "hunter2hunter2"
	vars := map[string]string{
		"AFTERSALES_SHOPIFY_SECRET_MAIN": hidden, "AFTERSALES_GENERIC_SECRET_MAIN": "whsec_" + hidden + "!", "AFTERSALES_LINK_KEY": hidden,
		"AFTERSALES_SMTP_PASSWORD": hidden,
	}
	secret := regexp.MustCompile(`(whsec|shpss)_[A-Za-z0-9]{6,}`)
	dir := f.TempDir()
	path := filepath.Join(dir, config.FileName)
	if err := os.Mkdir(filepath.Join(dir, "plans"), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file, days []byte) {
		for name, body := range map[string][]byte{path: file, filepath.Join(dir, "days.yaml"): days} {
			if err := os.WriteFile(name, body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := config.Load(path, env(vars))
		shown := whole(t, c, err)
		found := secret.FindAllString(string(file)+"\n"+string(days), -1)
		if !strings.Contains(string(file)+string(days), hidden) {
			found = append(found, hidden)
		}
		for _, s := range found {
			if strings.Contains(shown, s) {
				t.Errorf("%s is shown: %s", s, shown)
			}
		}
	})
}

// whole fails where there is neither a configuration nor faults that can be read, and returns what is told of it.
func whole(t *testing.T, c *config.Config, err error) string {
	t.Helper()
	var lines []string
	if faults, ok := errors.AsType[config.Faults](err); ok && c == nil && len(faults) > 0 {
		for _, f := range faults {
			lines = append(lines, f.String())
		}
	} else if c == nil || err != nil {
		t.Fatalf("configuration %v, error %v", c, err)
	} else {
		if c.Business == "" || len(c.Shops) == 0 {
			t.Errorf("no business or no shop: %+v", c.Redacted())
		}
		for _, s := range c.Shops {
			if _, err := civil.Zone(s.Zone); err != nil || s.ID == "" || s.Name == "" || !followup.ValidMail(s.Sender) || len(s.Hours) != 2 {
				t.Errorf("half a shop: %+v", s)
			}
		}
		lines = append(lines, c.Warnings...)
	}
	for _, line := range lines {
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || len(line) > 1_000+len(t.Name()) {
			t.Errorf("not a line to read: %q", line)
		}
	}
	return strings.Join(lines, "\n")
}
