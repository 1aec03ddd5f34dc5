package dynamo

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/followup"
)

// Limits of keys in bytes.
const (
	pkMost = 2048
	skMost = 1024
)

// Sort keys of a journey. Heads stand behind rows, so that reading backwards
// gives the head first: rows that are read with it are never older.
const (
	sortHead  = "H"
	sortRow   = "F#"
	sortEvent = "E#"
	behindEvt = "E$" // '$' follows '#'
)

// Sort keys of a contact.
const (
	sortPerson = "C"
	sortGate   = "S"
)

// cutMark ends the readable part of a shortened key. No id has it: ids escape
// control characters.
const cutMark = "\x7f"

// short cuts a key that is too long and ends it in its hash.
func short(s string) string {
	if len(s) <= skMost {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	end := cutMark + base64.RawURLEncoding.EncodeToString(sum[:])
	return strings.ToValidUTF8(s[:skMost-len(end)-3], "") + end
}

func isShort(key string) bool { return strings.Contains(key, cutMark) }

// rowSort is the sort key of a row: its id without the journey.
func rowSort(id followup.FollowUpID) string {
	_, rest, _ := strings.Cut(string(id), "/") // shop
	_, rest, _ = strings.Cut(rest, "/")        // order
	return short(sortRow + rest)
}

// rowID is the id that a row's key spells; "" when the key was shortened.
func rowID(pk, sk string) followup.FollowUpID {
	rest, ok := strings.CutPrefix(sk, sortRow)
	if !ok || isShort(sk) {
		return ""
	}
	return followup.FollowUpID(pk + "/" + rest)
}

// escapeSource keeps the parts of an event's key apart.
var escapeSource = strings.NewReplacer("%", "%25", "#", "%23")

func eventSort(e *followup.Event) string {
	return short(sortEvent + escapeSource.Replace(e.Source) + "#" + e.ID)
}

func inboxKey(k followup.InboxKey) string {
	return short(plainKey(k))
}

// shards is the most that a lane has. It may only grow.
const shards = 4

// shardOf spreads journeys over the first of the shards; all rows of one are in one.
func (s *Store) shardOf(pk string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(pk)) // never fails
	return int(h.Sum32() % uint32(s.c.Shards))
}

// shardKey is the hash key of a shard of a lane.
func shardKey(l followup.Lane, shard int) string { return string(l) + "#" + strconv.Itoa(shard) }

// stampForm sorts as text as it does as time, from year 0 to 9999.
const stampForm = "2006-01-02T15:04:05.000Z"

var lastStamp = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)

// stamp writes a time to the millisecond, the past cut off.
func stamp(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Year() < 0:
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case t.After(lastStamp):
		t = lastStamp
	}
	return t.Format(stampForm)
}

// lookSort is where a look stands in its shard: by time, then id.
func lookSort(at time.Time, id followup.FollowUpID) string { return short(stamp(at) + string(id)) }

// lookTime reads the time of a look's sort key.
func lookTime(dr string) (time.Time, error) {
	if len(dr) < len(stampForm) {
		return time.Time{}, fmt.Errorf("look %q has no time", dr)
	}
	return time.Parse(stampForm, dr[:len(stampForm)])
}

// Lists of things that people have to look at.
const (
	listCalls   = "calls"
	listClaimed = "claimed"
	listCases   = "cases"
)

// listKey is the hash key of a shop's list.
func listKey(shop followup.ShopID, list string) string { return string(shop) + "#" + list }

// rowList returns the list that a row is on and where; "" on none. What people
// look for is found journey by journey, so all rows of one stand at one place.
func rowList(f *followup.FollowUp) (lh, lr string) {
	shop, _ := f.ID.Journey().Split()
	at := short(string(f.ID.Journey()))
	switch f.State {
	case followup.Held, followup.Unknown, followup.Parked, followup.Failed:
		return listKey(shop, string(f.State)), at
	case followup.Listed:
		return listKey(shop, listCalls), at
	case followup.Armed:
		if f.Claimed != "" {
			return listKey(shop, listClaimed), at
		}
	default: // nobody has to look at it
	}
	return "", ""
}

// lookKeys is where the next look of a row stands in the index.
func (s *Store) lookKeys(f *followup.FollowUp) (dh, dr types.AttributeValue) {
	return text(shardKey(f.Lane(), s.shardOf(string(f.ID.Journey())))), text(lookSort(f.Next, f.ID))
}

// plainKey is an inbox key in full.
func plainKey(k followup.InboxKey) string {
	return escapeSource.Replace(string(k.Shop)) + "#" + escapeSource.Replace(k.Source) + "#" + k.Key
}

var unescapeSource = strings.NewReplacer("%23", "#", "%25", "%")

// splitInboxKey reads what plainKey wrote.
func splitInboxKey(s string) followup.InboxKey {
	shop, rest, _ := strings.Cut(s, "#")
	source, k, _ := strings.Cut(rest, "#")
	return followup.InboxKey{Shop: followup.ShopID(unescapeSource.Replace(shop)), Source: unescapeSource.Replace(source), Key: k}
}
