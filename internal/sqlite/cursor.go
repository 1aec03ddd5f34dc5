package sqlite

import (
	"encoding/json"
	"fmt"
	"math"

	"aftersales/internal/followup"
)

// Cursors are JSON lists of the last key of a page: readable, and of any text.

func cursor(parts ...any) followup.Cursor {
	b, err := json.Marshal(parts)
	if err != nil {
		return "" // numbers and strings always encode
	}
	return followup.Cursor(b)
}

func readCursor(c followup.Cursor, parts ...any) error {
	if err := json.Unmarshal([]byte(c), &parts); err != nil {
		return fmt.Errorf("cursor %q is not one of ours: %w", string(c), err)
	}
	return nil
}

type eventPlace struct {
	sec, nano  int64
	source, id string
}

func eventCursor(p eventPlace) followup.Cursor {
	return cursor(p.sec, p.nano, p.source, p.id)
}

func parseEventCursor(c followup.Cursor) (eventPlace, error) {
	p := eventPlace{sec: math.MinInt64}
	if c == "" {
		return p, nil
	}
	return p, readCursor(c, &p.sec, &p.nano, &p.source, &p.id)
}

type duePlace struct {
	next int64
	id   string
}

func parseDueCursor(c followup.Cursor) (duePlace, error) {
	p := duePlace{next: math.MinInt64}
	if c == "" {
		return p, nil
	}
	return p, readCursor(c, &p.next, &p.id)
}
