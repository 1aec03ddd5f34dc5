package cloud

import (
	"context"
	"errors"

	"aftersales/internal/transfer"
)

// here returns an error when the state was moved away: nothing may be sent from
// it, and webhooks have to come again elsewhere. That it cannot be read stops nothing.
func (f *Form) here(ctx context.Context) error {
	if err := transfer.Here(ctx, transfer.Records(f.Store)); closed(err) {
		return err
	}
	return nil
}

// closed reports whether err says that the stack was moved away.
func closed(err error) bool {
	_, moved := errors.AsType[*transfer.Moved](err)
	return moved
}
