package civil_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aftersales/internal/civil"
)

func TestZone(t *testing.T) {
	for _, name := range append([]string{
		"Etc/GMT+12", "Asia/Ust-Nera", "America/Port-au-Prince", "America/North_Dakota/New_Salem", "EST5EDT", "GB", "Zulu", "Antarctica/DumontDUrville",
	}, zoneNames...) {
		loc, err := civil.Zone(name)
		if err != nil || loc.String() != name {
			t.Errorf("Zone(%q) = %v, %v", name, loc, err)
		}
		if again, _ := civil.Zone(name); again != loc {
			t.Errorf("Zone(%q) is loaded twice", name)
		}
	}
	for _, name := range []string{
		"", "Local", "Mars/Olympus", "Europe", "Europe/", "/Europe/Berlin", "Europe//Berlin", "Europe/../Europe/Berlin", "../zoneinfo/Europe/Berlin",
		"europe/berlin", "right/Europe/Berlin", "posix/Europe/Berlin", "localtime", "posixrules", "zone.tab", `Europe\Berlin`, " Europe/Berlin",
		"Europe/Berlin\x00", "+02:00", "CEST", "Europe/Ber lin", "Europe/Berlin/..", "Europe/B..", "Asia", "Europe/Bérlin", "America/" + strings.Repeat("A", 100),
	} {
		loc, err := civil.Zone(name)
		if err == nil || loc != nil {
			t.Errorf("Zone(%q) = %v, want an error", name, loc)
		} else if !strings.Contains(err.Error(), strconv.Quote(name)) || !strings.Contains(err.Error(), "Europe/Berlin") {
			t.Errorf("Zone(%q): %v: want the value and an example", name, err)
		}
	}
}

func TestZoneConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, name := range zoneNames {
				if _, err := civil.Zone(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestResolve holds zones whose change is unusual, and both edges of it. The zones of testdata are in TestTransitions.
func TestResolve(t *testing.T) {
	tests := []struct{ zone, local, want string }{
		// Tehran, at midnight, the last time in 2022; none since.
		{"Asia/Tehran", "2021-03-21T23:59:59", "2021-03-21T20:29:59Z"},
		{"Asia/Tehran", "2021-03-22T00:00", "2021-03-21T20:30:00Z"},
		{"Asia/Tehran", "2021-03-22T00:30", "2021-03-21T20:30:00Z"},
		{"Asia/Tehran", "2021-03-22T01:00", "2021-03-21T20:30:00Z"},
		{"Asia/Tehran", "2021-03-22T01:00:01", "2021-03-21T20:30:01Z"},
		{"Asia/Tehran", "2021-09-21T22:59:59", "2021-09-21T18:29:59Z"},
		{"Asia/Tehran", "2021-09-21T23:00", "2021-09-21T18:30:00Z"},
		{"Asia/Tehran", "2021-09-21T23:59:59", "2021-09-21T19:29:59Z"},
		{"Asia/Tehran", "2021-09-22T00:00", "2021-09-21T20:30:00Z"},
		{"Asia/Tehran", "2026-03-22T00:30", "2026-03-21T21:00:00Z"},
		// Beirut, at midnight: the day starts at 01:00.
		{"Asia/Beirut", "2026-03-28T23:59:59", "2026-03-28T21:59:59Z"},
		{"Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00:00Z"},
		{"Asia/Beirut", "2026-03-29T01:00", "2026-03-28T22:00:00Z"},
		{"Asia/Beirut", "2026-10-24T22:59:59", "2026-10-24T19:59:59Z"},
		{"Asia/Beirut", "2026-10-24T23:30", "2026-10-24T20:30:00Z"},
		{"Asia/Beirut", "2026-10-25T00:00", "2026-10-24T22:00:00Z"},
		// Lord Howe, half an hour.
		{"Australia/Lord_Howe", "2026-10-04T01:59:59", "2026-10-03T15:29:59Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:29:59", "2026-04-04T14:29:59Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:30", "2026-04-04T14:30:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:59:59", "2026-04-04T14:59:59Z"},
		{"Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30:00Z"},
		// Kathmandu, a quarter of an hour, once.
		{"Asia/Kathmandu", "1985-12-31T23:59:59", "1985-12-31T18:29:59Z"},
		{"Asia/Kathmandu", "1986-01-01T00:00", "1985-12-31T18:30:00Z"},
		{"Asia/Kathmandu", "1986-01-01T00:14:59", "1985-12-31T18:30:00Z"},
		{"Asia/Kathmandu", "1986-01-01T00:15", "1985-12-31T18:30:00Z"},
		{"Asia/Kathmandu", "2026-06-01T10:00", "2026-06-01T04:15:00Z"},
		// Apia lost the 30th of December 2011.
		{"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z"},
		{"Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-30T23:59:59", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31T00:00:01", "2011-12-30T10:00:01Z"},
		{"Pacific/Apia", "2012-01-01T02:00", "2011-12-31T12:00:00Z"},
		// So did Fakaofo; Kiritimati the last of 1994, Kwajalein a Saturday of 1993.
		{"Pacific/Fakaofo", "2011-12-30T12:00", "2011-12-30T11:00:00Z"},
		{"Pacific/Kiritimati", "1994-12-31T12:00", "1994-12-31T10:00:00Z"},
		{"Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-21T12:00:00Z"},
		// Sitka had a day twice when it was sold: the first.
		{"America/Sitka", "1867-10-18T12:00", "1867-10-17T21:01:13Z"},
		// Midnight is skipped or comes twice.
		{"America/Havana", "2026-03-08T00:30", "2026-03-08T05:00:00Z"},
		{"America/Havana", "2026-11-01T00:30", "2026-11-01T04:30:00Z"},
		{"America/Havana", "2026-11-01T01:00", "2026-11-01T06:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", "2019-02-16T23:30", "2019-02-17T01:30:00Z"},
		{"America/Asuncion", "2023-10-01T00:30", "2023-10-01T04:00:00Z"},
		{"Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:00:00Z"},
		{"Africa/Cairo", "2026-10-29T23:30", "2026-10-29T20:30:00Z"},
		{"Atlantic/Azores", "2026-03-29T00:30", "2026-03-29T01:00:00Z"},
		{"Atlantic/Azores", "2026-10-25T00:30", "2026-10-25T00:30:00Z"},
		{"America/Nuuk", "2026-03-28T23:30", "2026-03-29T01:00:00Z"},
		// Winter time that is the exception, in Dublin; summer time left for good, and taken for good.
		{"Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00:00Z"},
		{"Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30:00Z"},
		{"Europe/Moscow", "2014-10-26T01:30", "2014-10-25T21:30:00Z"},
		{"Europe/Istanbul", "2016-03-27T03:30", "2016-03-27T01:00:00Z"},
		{"America/Caracas", "2016-05-01T02:45", "2016-05-01T07:00:00Z"},
		{"Asia/Pyongyang", "2015-08-14T23:45", "2015-08-14T14:45:00Z"},
		{"Asia/Pyongyang", "2018-05-04T23:45", "2018-05-04T15:00:00Z"},
		{"Africa/Juba", "2021-01-31T23:30", "2021-01-31T20:30:00Z"},
		{"Asia/Jerusalem", "2026-03-27T02:30", "2026-03-27T00:00:00Z"},
		{"Asia/Jerusalem", "2026-10-25T01:30", "2026-10-24T22:30:00Z"},
		{"Pacific/Auckland", "2026-09-27T02:30", "2026-09-26T14:00:00Z"},
		{"Pacific/Auckland", "2026-04-05T02:30", "2026-04-04T13:30:00Z"},
		{"Antarctica/Troll", "2026-03-29T02:59:59", "2026-03-29T01:00:00Z"},
		// Long after the last change that any table lists.
		{"America/New_York", "2060-03-14T02:30", "2060-03-14T07:00:00Z"},
		{"America/New_York", "2060-11-07T01:30", "2060-11-07T05:30:00Z"},
		// The largest and smallest offsets, and no zone.
		{"Pacific/Kiritimati", "2026-01-01T00:00", "2025-12-31T10:00:00Z"},
		{"Etc/GMT+12", "2026-01-01T00:00", "2026-01-01T12:00:00Z"},
		{"Asia/Kolkata", "1970-01-01T05:30", "1970-01-01T00:00:00Z"},
		{"UTC", "2026-03-29T02:30", "2026-03-29T02:30:00Z"},
	}
	for _, tt := range tests {
		if got := dateTime(t, tt.local).Resolve(zone(t, tt.zone)); got != instant(t, tt.want) {
			t.Errorf("%s in %s = %s, want %s", tt.local, tt.zone, got.Format(time.RFC3339), tt.want)
		}
	}
	if got := dateTime(t, "2026-03-29T02:30").Resolve(nil); got != instant(t, "2026-03-29T02:30:00Z") {
		t.Errorf("without a zone: %s", got)
	}
	if got := (civil.DateTime{Date: date(t, "2026-03-29"), Clock: 86400}).Resolve(nil); got != instant(t, "2026-03-30T00:00:00Z") {
		t.Errorf("24:00 is %s", got)
	}
}

// TestTransitions checks the seconds at, in and around both edges of every change that another implementation lists.
func TestTransitions(t *testing.T) {
	rows := transitions(t)
	if len(rows) != 56 {
		t.Fatalf("%d changes, want 56", len(rows))
	}
	for _, row := range rows {
		at, before, after := instant(t, row[1]), minutes(t, row[2]), minutes(t, row[3])
		loc := zone(t, row[0])
		// check resolves the local time whose clock reads offset plus d after the change.
		check := func(what string, offset, d, want time.Duration) {
			t.Helper()
			local := civil.DateTimeOf(at.Add(offset+d), time.UTC)
			if got := local.Resolve(loc); got != at.Add(want) {
				t.Errorf("%s at %s, %s: %s = %s, want %s", row[0], row[1], what, local, got, at.Add(want))
			}
		}
		check("last second before", min(before, after), -time.Second, min(0, after-before)-time.Second)
		if after > before {
			check("first skipped", before, 0, 0)
			check("amid the gap", before, (after-before)/2, 0)
			check("last skipped", after, -time.Second, 0)
			check("first after", after, 0, 0)
			check("second after", after, time.Second, time.Second)
		} else {
			check("first that comes twice", after, 0, after-before)
			check("amid the overlap", after, (before-after)/2, (after-before)/2)
			check("last that comes twice", before, -time.Second, -time.Second)
			check("first after", before, 0, before-after)
		}
		for d, offset := range map[time.Duration]time.Duration{-time.Second: before, 0: after} {
			want := civil.DateTimeOf(at.Add(d+offset), time.UTC)
			if got := civil.DateTimeOf(at.Add(d), loc); got != want {
				t.Errorf("%s: %s + %s shows %s, want %s", row[0], row[1], d, got, want)
			}
		}
	}
}

func transitions(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("testdata/transitions_2026_2027.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func minutes(t *testing.T, s string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Minute
}
