package reach

import (
	"context"
	"errors"

	"aftersales/internal/params"
)

// Secrets returns the secrets of a stack for a person at a command line, with
// the region and credentials of their environment. They can be set before the
// stack is deployed: missing is the error that says so then, an [ErrNoStack].
func Secrets(ctx context.Context, stack string) (secrets *params.Secrets, missing, err error) {
	shared, err := account(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := outputs(ctx, shared, stack); errors.Is(err, ErrNoStack) {
		missing = err // whoever may not ask may still set secrets
	}
	return params.New(shared, stack), missing, nil
}
