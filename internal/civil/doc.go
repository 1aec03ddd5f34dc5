// Package civil computes with wall-clock time: dates, clocks, calendar periods, opening windows and the
// workdays of a country, and resolves them to instants in an IANA zone.
//
// Three rules hold everywhere. Months and years follow the end-of-month rule: 31 August plus six months is the last
// day of February. A local time that a zone change skips is the first instant after the gap. A local time that occurs
// twice is its first occurrence.
//
// Nothing here reads the clock. All values are safe to copy and to read from several goroutines.
package civil
