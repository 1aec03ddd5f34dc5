package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"aftersales/internal/followup"
	"aftersales/internal/sqlite"
)

// HasData reports whether a data folder holds a database already.
func HasData(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, sqlite.FileName))
	return err == nil
}

// StoredPlans returns the plans that a data folder knows, none when it holds no
// database. It works beside a running serve and whatever the plan files say.
func StoredPlans(ctx context.Context, dir string) (_ []followup.PlanDoc, err error) {
	if !HasData(dir) {
		return nil, nil
	}
	store, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.PlanDocs(ctx)
}
