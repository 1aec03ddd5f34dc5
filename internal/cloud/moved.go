package cloud

import (
	"errors"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/transfer"
)

// movedIn returns an error when the state was moved away, by the note of it: nothing
// may be sent from it, and webhooks have to come again elsewhere. That the note cannot
// be understood stops nothing.
func movedIn(note followup.Record) error {
	if m, err := transfer.ParseMoved(string(note.Value)); err == nil && m != nil {
		return m
	}
	return nil
}

// halfSince is how long an import has been waiting to be finished: what is due waits
// for that. A stack that was moved away keeps nobody waiting.
func halfSince(now time.Time, err error) time.Duration {
	if m, ok := errors.AsType[*transfer.Moved](err); ok && m.Import != "" {
		return now.Sub(m.At)
	}
	return 0
}

// closed reports whether err says that nothing may be sent from here: the stack was
// moved away, or its table of journeys is another since.
func closed(err error) bool {
	_, moved := errors.AsType[*transfer.Moved](err)
	return moved || errors.Is(err, ErrRestored)
}
