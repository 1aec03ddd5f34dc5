package sqlite

import (
	"strconv"
	"strings"
)

// keysOf stands in a query for the table of the keys that are asked for, with
// their places in the list as k.key: a JSON list costs a few microseconds to set
// up and hardly more for a hundred keys than for two.
const keysOf = "json_each(?1) k "

// oneKey is that table for a single key.
const oneKey = "(SELECT ?1 AS value, 0 AS key) k "

// queryKeys runs a query with keysOf for those keys.
func (c *conn) queryKeys(query string, keys []string, scan func(row) error) error {
	if len(keys) != 1 {
		return c.query(query, scan, jsonList(keys))
	}
	single := c.single[query]
	if single == "" {
		single = strings.Replace(query, keysOf, oneKey, 1)
		c.single[query] = single
	}
	return c.query(single, scan, keys[0])
}

// jsonList writes keys as a JSON array for json_each.
func jsonList(keys []string) string {
	n := 2
	for _, k := range keys {
		n += len(k) + 3
	}
	out := make([]byte, 0, n)
	out = append(out, '[')
	for i, k := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendJSON(out, k)
	}
	return string(append(out, ']'))
}

// numberList writes numbers as a JSON array for json_each.
func numberList(numbers []int64) string {
	out := append(make([]byte, 0, 8*len(numbers)+2), '[')
	for i, n := range numbers {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, n, 10)
	}
	return string(append(out, ']'))
}

func appendJSON(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
