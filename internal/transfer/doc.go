// Package transfer moves all state of one store into another, whatever form
// each has: journeys with their logs, contacts, plans, and what the inbox has
// seen. It knows ports only.
//
// The file is one gzip stream of JSON lines: a header, plans, contacts,
// journeys, bodies of the inbox, and an end with the numbers of all of them and a
// checksum, without which nothing is imported. It is personal data.
//
// What may have been sent must not be sent again by the store that takes over.
// So an import raises the epoch: a reservation of before means that nobody knows
// (see the gate "restored" of package followup), and the channels here are not
// believed when they never heard of it ([followup.Spend.Away]). Only where the
// exporting side was at rest, and the row says that nothing is under way, the
// reservation is carried into the new epoch: such a row goes on where it stood.
//
// A store is closed while something is imported into it, by the same note as one that
// was moved away ([Moved]), and opened when all is there: what an import that died has
// left is used, sent and exported by nobody until the import is repeated.
//
// A store that was moved away is closed for good, but for a file that brings back
// what became of it: each store knows the exports that it was made of, and says
// so in its own ([Header.Lineage]). Such a file may take the place of what is here.
package transfer

import (
	"context"
	"errors"

	"aftersales/internal/followup"
)

// Store is what can be moved.
type Store interface {
	followup.Inbox
	followup.Journeys
	followup.Contacts
	followup.Plans
	followup.Census
}

// Settings are values of the store itself, beside journeys: "" was never set.
type Settings interface {
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// Errors of files and stores that do not fit.
var (
	ErrDamaged  = errors.New("the file is damaged")
	ErrCut      = errors.New("the file ends too early: it was cut, or is still being written")
	ErrForeign  = errors.New("this is no state of aftersales")
	ErrNewer    = errors.New("the file was written by a newer version; import it with that one")
	ErrNotEmpty = errors.New("this store has orders, customers or webhooks already")
	ErrKey      = errors.New("the key of customers' names is another one here")
	ErrReturns  = errors.New("all that is here was moved away, and the file brings back what became of it")
	ErrInUse    = errors.New("what is here is in use, and only what was moved away is replaced")
	ErrCopy     = errors.New("the file is a copy of a store that goes on: what both send, customers get twice")
)

// KeyName is [Header.Key] of a store whose contact ids are made by contactKey:
// equal for equal keys, and telling nothing of them.
func KeyName(contactKey func(kind, value string) followup.ContactID) string {
	return string(contactKey("state", "of aftersales"))
}
