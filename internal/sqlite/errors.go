package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Why a database cannot be used, for the operator to mend.
var (
	ErrNewer    = errors.New("the database was written by a newer version of this program")
	ErrReadOnly = errors.New("the disk or the file may only be read")
	ErrFull     = errors.New("the disk is full")
	ErrLocked   = errors.New("another process keeps the database locked")
	ErrDamaged  = errors.New("the file is damaged or no database")
	ErrClosed   = errors.New("the store is closed")
)

// Primary result codes of SQLite, https://sqlite.org/rescode.html.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeUnique   = 19
	codeCantOpen = 14
	codeNotADB   = 26
)

// isConstraint reports whether a key was taken.
func isConstraint(err error) bool {
	se, ok := errors.AsType[*sqlite.Error](err)
	return ok && se.Code()&0xff == codeUnique
}

// classify adds the class to an error of the driver.
func classify(err error) error {
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	var class error
	switch se.Code() & 0xff {
	case codeBusy, codeLocked:
		class = ErrLocked
	case codeReadOnly, codeCantOpen:
		class = ErrReadOnly
	case codeFull:
		class = ErrFull
	case codeCorrupt, codeNotADB:
		class = ErrDamaged
	default:
		return err
	}
	if errors.Is(err, class) {
		return err
	}
	return fmt.Errorf("%w: %w", class, err)
}
