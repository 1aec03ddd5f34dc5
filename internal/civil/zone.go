package civil

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are there on hosts without them, such as a Lambda's
)

// zones caches what Zone loaded: string to *time.Location. It can only grow to the number of IANA names.
var zones sync.Map

// Zone gives the location of an IANA zone name, always the same pointer for a name. It refuses "", "Local" and names
// that are none, such as paths. Safe for concurrent use.
func Zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if !zoneName(name) {
		return nil, fmt.Errorf("zone %q: want an IANA zone name, for example Europe/Berlin", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil { // what the loader says names files of the host, which helps nobody
		return nil, fmt.Errorf("zone %q: no such IANA zone; want one like Europe/Berlin or America/New_York", name)
	}
	kept, _ := zones.LoadOrStore(name, loc)
	return kept.(*time.Location), nil
}

// zoneName tells whether each part of s starts with a capital, as all IANA names do. That refuses the files and folders
// beside the zones on a host: posix/, right/ (with leap seconds), localtime, posixrules. The loader refuses dots.
func zoneName(s string) bool {
	const longest = 64 // the longest name so far has 32
	if len(s) > longest || s == "Local" {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] < 'A' || part[0] > 'Z' {
			return false
		}
	}
	return true
}

// offset gives the seconds that loc (nil is UTC) is ahead of UTC at sec.
func offset(sec int64, loc *time.Location) int {
	if loc == nil || loc == time.UTC {
		return 0
	}
	_, off := time.Unix(sec, 0).In(loc).Zone()
	return off
}

// offsetEnd gives the end of the span around sec in which loc keeps its offset: the next change, or math.MaxInt64.
func offsetEnd(sec int64, loc *time.Location) int64 {
	if loc == nil || loc == time.UTC {
		return math.MaxInt64
	}
	_, end := time.Unix(sec, 0).In(loc).ZoneBounds()
	if end.IsZero() {
		return math.MaxInt64
	}
	return end.Unix()
}

// resolve gives the first instant at which a wall clock in loc shows local or later: so the first of two, and the
// end of a gap. No zone was ever more than 16 hours from UTC.
func resolve(local int64, loc *time.Location) int64 {
	const before = 26 * 60 * 60
	sec := local - before // every wall clock is still behind local here
	off := offset(sec, loc)
	if offset(local-int64(off), loc) == off { // no change in between: zones do not change twice within two days
		return local - int64(off)
	}
	for {
		end := offsetEnd(sec, loc)
		if local-int64(off) < end {
			return local - int64(off)
		}
		sec, off = end, offset(end, loc)
		if sec+int64(off) >= local {
			return sec
		}
	}
}
